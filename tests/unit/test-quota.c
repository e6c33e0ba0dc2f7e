/* SPDX-License-Identifier: Apache-2.0 */
/* test-quota.c
 *
 * Quotas: the numbers, as traffic-mirroring.md section 6 has them; the words
 * of quota-set; every count at the limit, one over and far over, before a
 * change (which must add to what is counted) and in a model that has them
 * already. */

#include <config.h>

#include "tests/unit/test-lib.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/quota.h"
#include "lib/validate.h"
#include "util.h"

static void
test_numbers(void)
{
    static const struct {
        const char *key;
        int64_t by_default;
        bool adjustable;
    } spec[] = {
        { "sources-per-session", 10, true },
        { "sessions-per-source", 3, false },
        { "targets-per-session", 1, false },
        { "filters-per-session", 1, false },
        { "sessions-per-eni-target", 10, true },
        { "sessions-per-elb-target", 200, true },
        { "sessions-per-filter", 1000, false },
        { "rules-per-direction", 10, true },
        { "sessions", 20000, true },
        { "filters", 20000, true },
    };
    int64_t quotas[TM_N_QUOTAS];

    tm_quotas_init(quotas);
    CU_ASSERT_EQUAL_FATAL(ARRAY_SIZE(spec), TM_N_QUOTAS);
    for (size_t i = 0; i < TM_N_QUOTAS; i++) {
        const struct tm_quota_class *class = &tm_quota_classes[i];

        CU_ASSERT_STRING_EQUAL(class->key, spec[i].key);
        CU_ASSERT_EQUAL(class->by_default, spec[i].by_default);
        CU_ASSERT_EQUAL(class->adjustable, spec[i].adjustable);
        CU_ASSERT_EQUAL(quotas[i], spec[i].by_default);
        CU_ASSERT(class->max >= class->by_default);
    }
}

static void
test_parse(void)
{
    static const struct {
        const char *key, *value;
        int64_t want;
        const char *error;
    } cases[] = {
        { "sessions", "0", 0, NULL },
        { "sessions", "7", 7, NULL },
        { "sessions", "1000000", 1000000, NULL },
        { "sessions", "", 20000, NULL },
        { "rules-per-direction", "65535", 65535, NULL },
        { "rules-per-direction", "65536", -1,
          "rules-per-direction: \"65536\" is not a plain decimal integer from "
          "0 to 65535" },
        { "sessions", "1000001", -1, "from 0 to 1000000" },
        { "sessions", "99999999999999999999", -1, "from 0 to 1000000" },
        { "sessions", "-1", -1, "sessions: \"-1\" is not" },
        { "sessions", "ten", -1, "sessions: \"ten\" is not" },
        { "sessions-per-source", "3", -1,
          "sessions-per-source: \"3\" is not allowed; this quota is always "
          "3" },
        { "sessions-per-filter", "", -1, "this quota is always 1000" },
        { "sessions\n", "7", -1, "unknown quota \"sessions\\n\"; there are "
          "sources-per-session, sessions-per-source," },
        { "", "7", -1, "unknown quota \"\"" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        enum tm_quota quota = TM_N_QUOTAS;
        int64_t limit = -1;
        char *error = tm_quota_parse(cases[i].key, cases[i].value, &quota,
                                     &limit);

        CU_ASSERT(error || !strcmp(tm_quota_classes[quota].key,
                                   cases[i].key));
        CU_ASSERT(t_error_is(error, cases[i].error, cases[i].value));
        CU_ASSERT_EQUAL(limit, cases[i].want);
    }
}

static void
test_check(void)
{
    static const struct {
        const char *key;
        int64_t value;
        const char *error;
    } cases[] = {
        { "filters", 0, NULL },
        { "filters", 1000000, NULL },
        { "filters", 1000001, "filters: 1000001 is not in 0 to 1000000" },
        { "filters", -1, "filters: -1 is not in 0 to 1000000" },
        { "filters", INT64_MIN, "is not in 0 to 1000000" },
        { "sessions-per-source", 3, NULL },
        { "sessions-per-source", 4, "sessions-per-source: \"4\" is not "
          "allowed; this quota is always 3" },
        { "filtres", 3, "unknown quota \"filtres\"" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        enum tm_quota quota;

        CU_ASSERT(t_error_is(tm_quota_check(cases[i].key, cases[i].value,
                                            &quota),
                             cases[i].error, cases[i].key));
    }
}

/* ## Counts ##
 *
 * A case fills a model with 'n' of what its quota counts, and proposes one
 * more, which the model does not have yet. */

static struct tm_session *
session_to(unsigned int n, enum tm_target_type type, unsigned int target)
{
    struct tm_session *s = t_session(n, n % 32766 + 1, n % 7);

    s->target_type = type;
    s->target = t_uuid(type == TM_TARGET_ENI ? T_ENI : T_LB, target);
    return s;
}

static void
put_sessions(struct tm_model *model, int64_t n, enum tm_target_type type)
{
    for (int64_t i = 1; i <= n; i++) {
        struct tm_session *s = session_to(i, type, 1);

        s->enabled = i % 2;
        tm_model_put_session(model, s, NULL);
    }
}

static void
fill_sources(struct tm_model *model, int64_t n)
{
    struct tm_session *s = t_session(1, 1, 1);

    for (int64_t i = 1; i <= n; i++) {
        t_add_source(s, i);
    }
    tm_model_put_session(model, s, NULL);
}

static char *
one_more_source(const struct tm_model *model)
{
    const struct uuid uuid = t_uuid(T_SESSION, 1);
    const struct tm_session *old = tm_model_get_session(model, &uuid);
    struct tm_session *s = tm_session_clone(old);
    char *error;

    t_add_source(s, 5000);
    error = tm_validate_change(&(struct tm_proposal) {
        .model = model, .kind = TM_SESSION, .old = old, .new = s
    });
    tm_session_destroy(s);
    return error;
}

static void
fill_source(struct tm_model *model, int64_t n)
{
    for (int64_t i = 1; i <= n; i++) {
        struct tm_session *s = t_session(i, i, i % 7);

        t_add_source(s, 2);
        s->enabled = i % 2;
        tm_model_put_session(model, s, NULL);
    }
}

/* Takes 's' over. */
static char *
propose(const struct tm_model *model, struct tm_session *s)
{
    char *error = tm_validate_change(&(struct tm_proposal) {
        .model = model, .kind = TM_SESSION, .new = s,
        .old = tm_model_get_session(model, &s->uuid),
    });

    tm_session_destroy(s);
    return error;
}

static char *
one_more_of_source(const struct tm_model *model)
{
    struct tm_session *s = t_session(30001, 30001, 2);

    t_add_source(s, 2);
    return propose(model, s);
}

static void
fill_eni(struct tm_model *model, int64_t n)
{
    put_sessions(model, n, TM_TARGET_ENI);
}

static char *
one_more_to_eni(const struct tm_model *model)
{
    return propose(model, session_to(30001, TM_TARGET_ENI, 1));
}

static void
fill_lb(struct tm_model *model, int64_t n)
{
    put_sessions(model, n, TM_TARGET_ELB);
}

static char *
one_more_to_lb(const struct tm_model *model)
{
    return propose(model, session_to(30001, TM_TARGET_ELB, 1));
}

static void
fill_filter(struct tm_model *model, int64_t n)
{
    for (int64_t i = 1; i <= n; i++) {
        tm_model_put_session(model, t_session(i, 1, 1), NULL);
    }
}

static char *
one_more_of_filter(const struct tm_model *model)
{
    return propose(model, t_session(30001, 1, 1));
}

static void
fill_rules(struct tm_model *model, int64_t n)
{
    struct tm_filter *f = t_filter(1, NULL);

    for (int64_t i = 1; i <= n; i++) {
        char *line = xasprintf("out %"PRId64" accept ipv4 all - - - -", i);
        struct tm_rule rule = t_rule(i, line);

        tm_filter_add_rule(f, &rule);
        free(line);
    }
    tm_filter_finish(f);
    tm_model_put_filter(model, f, NULL);
}

static char *
one_more_rule(const struct tm_model *model)
{
    struct tm_rule rule = t_rule(60000, "out 60000 accept ipv4 all - - - -");
    const struct uuid uuid = t_uuid(T_FILTER, 1);
    struct tm_proposal p = {
        .model = model, .kind = TM_RULE, .new = &rule,
        .filter = tm_model_get_filter(model, &uuid),
    };

    p.n_others = p.filter->n_rules;
    rule.description = xstrdup("");
    char *error = tm_validate_change(&p);
    free(rule.description);
    return error;
}

static void
fill_sessions(struct tm_model *model, int64_t n)
{
    put_sessions(model, n, TM_TARGET_IP);
}

static char *
one_more_session(const struct tm_model *model)
{
    return propose(model, t_session(30001, 1, 2));
}

static void
fill_filters(struct tm_model *model, int64_t n)
{
    for (int64_t i = 10; i < n + 3; i++) {
        tm_model_put_filter(model, t_filter(i, NULL), NULL);
    }
}

static char *
one_more_filter(const struct tm_model *model)
{
    struct tm_filter *f = t_filter(30001, NULL);
    char *error = tm_validate_change(&(struct tm_proposal) {
        .model = model, .kind = TM_FILTER, .new = f
    });

    tm_filter_destroy(f);
    return error;
}

static const struct quota_case {
    enum tm_quota quota;
    int limit;                  /* To test with: less than the default where
                                 * that is much. */
    void (*fill)(struct tm_model *, int64_t n);
    char *(*one_more)(const struct tm_model *);
    const char *owner;          /* In messages. */
    const char *table;          /* Where the daemon reports it. */
} quota_cases[] = {
    { TM_QUOTA_SOURCES_PER_SESSION, 10, fill_sources, one_more_source,
      "sources in session \"s1\"", "Mirror_Session" },
    { TM_QUOTA_SESSIONS_PER_SOURCE, 3, fill_source, one_more_of_source,
      "sessions of source ENI \"e2\"", "Network_Interface" },
    { TM_QUOTA_SESSIONS_PER_ENI_TARGET, 10, fill_eni, one_more_to_eni,
      "sessions of target ENI \"e1\"", "Network_Interface" },
    { TM_QUOTA_SESSIONS_PER_ELB_TARGET, 200, fill_lb, one_more_to_lb,
      "sessions of target load balancer \"l1\"", "Load_Balancer" },
    { TM_QUOTA_SESSIONS_PER_FILTER, 1000, fill_filter, one_more_of_filter,
      "sessions of filter \"f1\"", "Mirror_Filter" },
    { TM_QUOTA_RULES_PER_DIRECTION, 10, fill_rules, one_more_rule,
      "rules in the outbound direction of filter \"f1\"", "Mirror_Filter" },
    { TM_QUOTA_SESSIONS, 50, fill_sessions, one_more_session,
      "sessions in the database", "TM_Global" },
    { TM_QUOTA_FILTERS, 50, fill_filters, one_more_filter,
      "filters in the database", "TM_Global" },
};

/* Seven filters, two ENIs, a load balancer. */
static void
init_world(struct tm_model *model, const struct quota_case *c, int64_t n)
{
    const struct uuid row = t_uuid(T_FILTER, 999);
    int64_t quotas[TM_N_QUOTAS];

    tm_model_init(model);
    for (unsigned int i = 0; i < 7; i++) {
        tm_model_put_filter(model, t_filter(i, NULL), NULL);
    }
    tm_model_put_eni(model, t_eni(1, "10.0.0.1"), NULL);
    tm_model_put_eni(model, t_eni(2, "10.0.0.2"), NULL);
    tm_model_put_lb(model, t_lb(1, "10.0.0.3", NULL), NULL);

    tm_quotas_init(quotas);
    quotas[c->quota] = c->limit;
    tm_model_set_quotas(model, &row, quotas, NULL);
    c->fill(model, n);
}

static void
test_one_more(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(quota_cases); i++) {
        const struct quota_case *c = &quota_cases[i];
        const char *key = tm_quota_classes[c->quota].key;
        const int have[] = { c->limit - 1, c->limit, c->limit * 3 };

        for (size_t j = 0; j < ARRAY_SIZE(have); j++) {
            char *want = xasprintf("%s: %d %s, the quota %s is %d", key,
                                   have[j] + 1, c->owner, key, c->limit);
            struct tm_model model;

            init_world(&model, c, have[j]);
            CU_ASSERT(t_error_is(c->one_more(&model),
                                 have[j] < c->limit ? NULL : want, key));
            tm_model_uninit(&model);
            free(want);
        }
    }
}

/* A model with 'n', where 'limit' are allowed: the one problem, or none. */
static void
check_excess(const struct quota_case *c, int n)
{
    const char *key = tm_quota_classes[c->quota].key;
    char *want = xasprintf("%s: %d %s, the quota %s is %d", key, n, c->owner,
                           key, c->limit);
    struct tm_problems problems;
    struct tm_model model;

    init_world(&model, c, n);
    tm_problems_init(&problems);
    tm_validate_quotas(&model, &problems);
    CU_ASSERT_EQUAL(problems.n, n > c->limit);
    if (problems.n == 1) {
        CU_ASSERT_STRING_EQUAL(problems.p[0].table, c->table);
        CU_ASSERT(t_text_is(problems.p[0].text, want));
    }
    tm_problems_uninit(&problems);
    tm_model_uninit(&model);
    free(want);
}

static void
test_excess(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(quota_cases); i++) {
        check_excess(&quota_cases[i], quota_cases[i].limit);
        check_excess(&quota_cases[i], quota_cases[i].limit + 1);
        check_excess(&quota_cases[i], quota_cases[i].limit * 3);
    }
}

/* What does not add is allowed where there is too much already. */
static void
test_lowered(void)
{
    const struct uuid row = UUID_ZERO;
    int64_t none[TM_N_QUOTAS] = { 0 };
    struct tm_model model;
    struct tm_session *s;
    struct tm_filter *f;
    struct tm_rule rule;

    init_world(&model, &quota_cases[0], 5);
    fill_rules(&model, 3);
    tm_model_set_quotas(&model, &row, none, NULL);

    s = t_session(1, 77, 1);
    for (unsigned int i = 1; i <= 4; i++) {
        t_add_source(s, i);
    }
    free(s->name);
    s->name = xstrdup("renamed");
    s->vni = 9;
    CU_ASSERT(t_error_is(propose(&model, tm_session_clone(s)), NULL, "less"));
    /* A source in another's place adds a session to that one. */
    s->sources[3].eni = t_uuid(T_ENI, 4000);
    CU_ASSERT(t_error_is(propose(&model, tm_session_clone(s)),
                         "sessions-per-source: 1 sessions of", "another"));
    s->sources[3].eni = t_uuid(T_ENI, 4);
    s->filter = t_uuid(T_FILTER, 3);
    CU_ASSERT(t_error_is(propose(&model, tm_session_clone(s)),
                         "sessions-per-filter: 1 sessions of filter \"f3\"",
                         "filter"));
    tm_session_destroy(s);

    f = t_filter(1, NULL);
    free(f->name);
    f->name = xstrdup("renamed");
    CU_ASSERT(t_error_is(tm_validate_change(&(struct tm_proposal) {
        .model = &model, .kind = TM_FILTER, .new = f,
        .old = tm_model_get_filter(&model, &f->uuid) }), NULL, "filter"));

    rule = t_rule(1, "out 99 reject ipv4 tcp - - - -");
    rule.description = xstrdup("");
    CU_ASSERT(t_error_is(tm_validate_change(&(struct tm_proposal) {
        .model = &model, .kind = TM_RULE, .new = &rule, .filter = f,
        .old = &(struct tm_rule) { .direction = TM_OUT },
        .n_others = 2 }), NULL, "rule"));
    free(rule.description);
    tm_filter_destroy(f);
    tm_model_uninit(&model);
}

static void
test_uses(void)
{
    struct tm_quota_use uses[TM_N_QUOTAS];
    struct tm_model model;
    struct tm_session *s;

    init_world(&model, &quota_cases[0], 4);
    s = t_session(2, 2, 1);
    for (unsigned int i = 1; i <= 4; i++) {
        t_add_source(s, i);
    }
    tm_model_put_session(&model, s, NULL);
    tm_quota_uses(&model, uses);
    CU_ASSERT_EQUAL(uses[TM_QUOTA_SOURCES_PER_SESSION].n, 4);
    CU_ASSERT(t_text_is(uses[TM_QUOTA_SOURCES_PER_SESSION].owner,
                        "session \"s1\""));
    CU_ASSERT_EQUAL(uses[TM_QUOTA_SESSIONS_PER_SOURCE].n, 2);
    CU_ASSERT(t_text_is(uses[TM_QUOTA_SESSIONS_PER_SOURCE].owner,
                        "source ENI \"e1\""));
    CU_ASSERT_EQUAL(uses[TM_QUOTA_SESSIONS_PER_ELB_TARGET].n, 0);
    CU_ASSERT_PTR_NULL(uses[TM_QUOTA_SESSIONS_PER_ELB_TARGET].owner);
    CU_ASSERT_EQUAL(uses[TM_QUOTA_TARGETS_PER_SESSION].n, 1);
    CU_ASSERT_EQUAL(uses[TM_QUOTA_SESSIONS].n, 2);
    CU_ASSERT_PTR_NULL(uses[TM_QUOTA_SESSIONS].owner);
    CU_ASSERT_EQUAL(uses[TM_QUOTA_FILTERS].n, 7);
    for (size_t i = 0; i < TM_N_QUOTAS; i++) {
        free(uses[i].owner);
    }
    tm_model_uninit(&model);
}

/* Beyond the third session in force of a source. */
static void
test_left_out(void)
{
    static const char why[] = "sessions-per-source: left out, since 3 "
                              "sessions of its source go before it in the "
                              "order of matching; the quota "
                              "sessions-per-source is 3";
    const char *all[] = { "in 1 accept ipv4 all - - - -", NULL };
    struct tm_packet pkt = t_packet("tcp 10.0.0.1 1 10.0.0.2 2");
    const struct uuid eni = t_uuid(T_ENI, 2);
    const struct tm_session **sessions;
    struct tm_decision d;
    struct tm_model model;
    size_t n;

    /* Sessions 1, 3, 5 and 7 are enabled; only the last has a rule. */
    init_world(&model, &quota_cases[1], 7);
    tm_model_put_filter(&model, t_filter(0, all), NULL);

    n = tm_model_all_sessions_of(&model, &eni, &sessions);
    CU_ASSERT_EQUAL_FATAL(n, 7);
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT(t_error_is(tm_model_why_left_out(sessions, i),
                             i == 6 ? why : NULL, sessions[i]->name));
    }
    free(sessions);
    n = tm_model_sessions_of(&model, &eni, &sessions);
    CU_ASSERT_EQUAL(n, 3);
    free(sessions);

    tm_match(&model, &eni, TM_IN, &pkt, true, &d);
    CU_ASSERT(!d.copied);
    CU_ASSERT(d.n_trials && !strcmp(d.trials[d.n_trials - 1].why_not, why));
    tm_decision_uninit(&d);

    tm_model_put_session(&model, t_session(3, 3, 3), NULL);
    tm_match(&model, &eni, TM_IN, &pkt, false, &d);
    CU_ASSERT(d.copied);
    tm_decision_uninit(&d);
    tm_model_uninit(&model);
}

CU_TestInfo tm_test_quota[] = {
    { "the numbers of the specification", test_numbers },
    { "words of quota-set", test_parse },
    { "values in the database", test_check },
    { "one more: at the limit, one over, far over", test_one_more },
    { "in a model: at the limit, one over, far over", test_excess },
    { "a lowered quota stops nothing that adds nothing", test_lowered },
    { "the most of each", test_uses },
    { "beyond the third session of a source", test_left_out },
    CU_TEST_INFO_NULL
};
