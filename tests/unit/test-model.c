/* SPDX-License-Identifier: Apache-2.0 */
/* test-model.c
 *
 * The model: words, canonical order, copies, look-ups. */

#include <config.h>

#include "tests/unit/test-lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

static void
test_words(void)
{
    enum tm_direction direction;
    enum tm_protocol protocol;
    enum tm_action action;
    enum tm_ip ip;

    CU_ASSERT_STRING_EQUAL(tm_direction_to_string(TM_IN), "in");
    CU_ASSERT_STRING_EQUAL(tm_direction_to_string(TM_OUT), "out");
    CU_ASSERT_STRING_EQUAL(tm_direction_to_adjective(TM_IN), "inbound");
    CU_ASSERT_STRING_EQUAL(tm_direction_to_adjective(TM_OUT), "outbound");
    CU_ASSERT(tm_direction_from_string("ingress", &direction)
              && direction == TM_IN);
    CU_ASSERT(tm_direction_from_string("outbound", &direction)
              && direction == TM_OUT);
    CU_ASSERT(tm_direction_from_string("egress", &direction)
              && direction == TM_OUT);
    CU_ASSERT(!tm_direction_from_string("IN", &direction));
    CU_ASSERT(!tm_direction_from_string("", &direction));

    CU_ASSERT_STRING_EQUAL(tm_action_to_string(TM_ACCEPT), "accept");
    CU_ASSERT(tm_action_from_string("reject", &action)
              && action == TM_REJECT);
    CU_ASSERT(!tm_action_from_string("drop", &action));

    CU_ASSERT_STRING_EQUAL(tm_ip_to_string(TM_IPV6), "ipv6");
    CU_ASSERT(tm_ip_from_string("ipv4", &ip) && ip == TM_IPV4);
    CU_ASSERT(tm_ip_from_string("IPv6", &ip) && ip == TM_IPV6);
    CU_ASSERT(!tm_ip_from_string("4", &ip));

    for (int p = TM_PROTO_ALL; p <= TM_PROTO_ICMP6; p++) {
        CU_ASSERT(tm_protocol_from_string(tm_protocol_to_string(p), &protocol)
                  && protocol == (enum tm_protocol) p);
    }
    CU_ASSERT(tm_protocol_from_string("icmpv6", &protocol)
              && protocol == TM_PROTO_ICMP6);
    CU_ASSERT(!tm_protocol_from_string("6", &protocol));
    CU_ASSERT_EQUAL(tm_protocol_number(TM_PROTO_ALL), 0);
    CU_ASSERT_EQUAL(tm_protocol_number(TM_PROTO_ICMP), 1);
    CU_ASSERT_EQUAL(tm_protocol_number(TM_PROTO_TCP), 6);
    CU_ASSERT_EQUAL(tm_protocol_number(TM_PROTO_UDP), 17);
    CU_ASSERT_EQUAL(tm_protocol_number(TM_PROTO_ICMP6), 58);
}

/* Rules sort by direction, priority, UUID; of two with one priority the
 * smaller UUID stays. */
static void
test_filter_finish(void)
{
    static const char *rules[] = {
        "out 1 accept ipv4 all - - - -",    /* 100 */
        "in 7 accept ipv4 all - - - -",     /* 101 */
        "in 7 reject ipv4 all - - - -",     /* 102, out */
        "in 2 accept ipv4 all - - - -",     /* 103 */
        "out 7 accept ipv4 all - - - -",    /* 104 */
        "in 7 accept ipv6 all - - - -",     /* 105, out */
        NULL
    };
    static const unsigned int want[] = { 103, 101, 100, 104 };
    struct tm_filter *f = t_filter(1, rules);
    struct tm_filter *clone = tm_filter_clone(f);

    for (int again = 0; again < 2; again++) {
        CU_ASSERT_EQUAL_FATAL(clone->n_rules, ARRAY_SIZE(want));
        for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
            CU_ASSERT_EQUAL(clone->rules[i].uuid.parts[0], want[i]);
            CU_ASSERT_STRING_EQUAL(clone->rules[i].description, "");
        }
        CU_ASSERT_EQUAL_FATAL(clone->problems.n, 2);
        for (size_t i = 0; i < 2; i++) {
            const struct tm_problem *p = &clone->problems.p[i];

            CU_ASSERT_STRING_EQUAL(p->table, "Mirror_Filter_Rule");
            CU_ASSERT_EQUAL(p->row.parts[0], i ? 105 : 102);
            CU_ASSERT(t_error_is(xstrdup(p->text), "priority: 7 is already "
                                 "that of inbound rule 00000065-", "rule"));
        }
        CU_ASSERT(tm_problems_equal(&clone->problems, &f->problems));
        tm_filter_finish(clone);
    }

    /* A copy can grow. */
    for (unsigned int i = 0; i < 9; i++) {
        struct tm_rule rule = t_rule(200 + i, rules[0]);

        rule.priority = 100 + i;
        tm_filter_add_rule(clone, &rule);
    }
    tm_filter_finish(clone);
    CU_ASSERT_EQUAL(clone->n_rules, ARRAY_SIZE(want) + 9);
    tm_filter_destroy(f);
    tm_filter_destroy(clone);
    tm_filter_destroy(NULL);
}

static void
test_session_finish(void)
{
    static const struct { unsigned int uuid; int64_t position; } in[] = {
        { 3, 5 }, { 2, 5 }, { 1, 9 }, { 4, -1 },
    };
    static const unsigned int want[] = { 4, 2, 3, 1 };
    struct tm_session *s = t_session(1, 1, 1);
    struct tm_session *clone;

    for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
        struct tm_source source = {
            .uuid = t_uuid(T_SOURCE, in[i].uuid),
            .eni = t_uuid(T_ENI, in[i].uuid),
            .position = in[i].position,
        };

        tm_session_add_source(s, &source);
    }
    tm_session_finish(s);
    clone = tm_session_clone(s);
    tm_session_destroy(s);
    for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
        CU_ASSERT_EQUAL(clone->sources[i].uuid.parts[0], want[i]);
    }
    t_add_source(clone, 9);
    CU_ASSERT_EQUAL(clone->n_sources, 5);

    /* An array that somebody put there who knows only how long it is. */
    clone->allocated_sources = 0;
    t_add_source(clone, 9);
    CU_ASSERT(clone->n_sources == 6 && clone->allocated_sources >= 6);
    tm_session_destroy(clone);
    tm_session_destroy(NULL);
}

static void
test_eni_finish(void)
{
    static const char *in[] = { "::2", "10.0.0.9", "10.0.0.10", "::1",
                                "10.0.0.9" };
    static const char *want[] = { "10.0.0.9", "10.0.0.10", "::1", "::2" };
    struct tm_eni *eni = t_eni(1, NULL), *clone;
    struct tm_lb *lb = t_lb(1, NULL, NULL), *lb_clone;

    eni->addresses = xmalloc(sizeof in / sizeof *in * sizeof *eni->addresses);
    lb->members = xmalloc(sizeof in / sizeof *in * sizeof *lb->members);
    for (size_t i = 0; i < ARRAY_SIZE(in); i++) {
        eni->addresses[i] = lb->members[i] = t_addr(in[i]);
    }
    eni->n_addresses = lb->n_members = ARRAY_SIZE(in);
    eni->macs = xzalloc(3 * sizeof *eni->macs);
    eni->macs[0].ea[0] = 4;
    eni->macs[1].ea[5] = 2;
    eni->macs[2].ea[0] = 4;
    eni->n_macs = 3;
    tm_eni_finish(eni);
    tm_lb_finish(lb);

    clone = tm_eni_clone(eni);
    lb_clone = tm_lb_clone(lb);
    tm_eni_destroy(eni);
    tm_lb_destroy(lb);
    CU_ASSERT_EQUAL(clone->n_macs, 2);
    CU_ASSERT_EQUAL(clone->macs[0].ea[5], 2);
    CU_ASSERT_EQUAL_FATAL(clone->n_addresses, ARRAY_SIZE(want));
    CU_ASSERT_EQUAL_FATAL(lb_clone->n_members, ARRAY_SIZE(want));
    for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
        struct tm_addr addr = t_addr(want[i]);

        CU_ASSERT(tm_addr_equal(&clone->addresses[i], &addr));
        CU_ASSERT(tm_addr_equal(&lb_clone->members[i], &addr));
    }
    tm_eni_destroy(clone);
    tm_lb_destroy(lb_clone);
    tm_eni_destroy(NULL);
    tm_lb_destroy(NULL);
}

/* Two ENIs may have one name between two changes. */
static void
test_by_name(void)
{
    const struct uuid one = t_uuid(T_ENI, 1);
    struct tm_model model;
    struct tm_eni *eni;

    tm_model_init(&model);
    tm_model_put_eni(&model, t_eni(1, NULL), NULL);
    CU_ASSERT_PTR_EQUAL(tm_model_get_eni_by_name(&model, "e1"),
                        tm_model_get_eni(&model, &one));
    eni = t_eni(2, NULL);
    free(eni->name);
    eni->name = xstrdup("e1");
    tm_model_put_eni(&model, eni, NULL);
    CU_ASSERT_PTR_EQUAL(tm_model_get_eni_by_name(&model, "e1"),
                        tm_model_get_eni(&model, &one));
    tm_model_remove_eni(&model, &one, NULL);
    CU_ASSERT_PTR_EQUAL(tm_model_get_eni_by_name(&model, "e1"), eni);

    /* A new name leaves no trace of the old one. */
    tm_model_put_eni(&model, t_eni(2, NULL), NULL);
    CU_ASSERT_PTR_NULL(tm_model_get_eni_by_name(&model, "e1"));
    CU_ASSERT_PTR_NOT_NULL(tm_model_get_eni_by_name(&model, "e2"));
    tm_model_uninit(&model);
}

/* Checks a list of sessions by their names, and frees it. */
static bool
lists(const struct tm_session **sessions, size_t n, const char *want)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    bool ok;

    for (size_t i = 0; i < n; i++) {
        ds_put_format(&ds, "%s ", sessions[i]->name);
    }
    ds_chomp(&ds, ' ');
    ok = t_text_is(ds_cstr(&ds), want);
    ds_destroy(&ds);
    free(sessions);
    return ok;
}

static void
test_sessions_of(void)
{
    static const struct {
        uint16_t priority;
        unsigned int filter, target;
        bool enabled, usable;
    } in[] = {
        { 7, 1, 5, true, true },
        { 3, 1, 5, true, false },
        { 5, 2, 5, false, true },
        { 7, 1, 6, true, true },
        { 1, 1, 0, true, true },
    };
    const struct uuid one = t_uuid(T_ENI, 1), two = t_uuid(T_ENI, 2);
    const struct uuid five = t_uuid(T_ENI, 5), f1 = t_uuid(T_FILTER, 1);
    const struct tm_session **list;
    struct tm_model model;
    size_t n;

    tm_model_init(&model);
    for (size_t i = ARRAY_SIZE(in); i-- > 0; ) {
        struct tm_session *s = t_session(i, in[i].priority, in[i].filter);

        t_add_source(s, 1);
        t_add_source(s, 1);
        s->enabled = in[i].enabled;
        s->usable = in[i].usable;
        s->target_type = in[i].target ? TM_TARGET_ENI : TM_TARGET_IP;
        s->target = t_uuid(T_ENI, in[i].target);
        tm_model_put_session(&model, s, NULL);
    }
    n = tm_model_sessions_of(&model, &one, &list);
    CU_ASSERT(lists(list, n, "s4 s0 s3"));
    n = tm_model_all_sessions_of(&model, &one, &list);
    CU_ASSERT(lists(list, n, "s4 s1 s2 s0 s3"));
    n = tm_model_sessions_of(&model, &two, &list);
    CU_ASSERT(lists(list, n, ""));
    n = tm_model_sessions_with_filter(&model, &f1, &list);
    CU_ASSERT(lists(list, n, "s4 s1 s0 s3"));
    n = tm_model_sessions_to(&model, &five, &list);
    CU_ASSERT(lists(list, n, "s1 s2 s0"));
    tm_model_uninit(&model);
}

static void
test_target_address(void)
{
    static const struct { int prefer; const char *want; } cases[] = {
        { 0, "10.0.0.5" }, { TM_IPV4, "10.0.0.5" }, { TM_IPV6, "2001:db8::5" },
    };
    struct tm_session *s = t_session(1, 1, 1);
    struct tm_addr addr, want, *addrs;
    struct tm_model model;
    struct tm_eni *eni;

    tm_model_init(&model);
    eni = t_eni(5, NULL);
    eni->addresses = xmalloc(2 * sizeof *eni->addresses);
    eni->addresses[0] = t_addr("10.0.0.5");
    eni->addresses[1] = t_addr("2001:db8::5");
    eni->n_addresses = 2;
    tm_model_put_eni(&model, eni, NULL);
    s->target_type = TM_TARGET_ENI;
    s->target = t_uuid(T_ENI, 5);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        want = t_addr(cases[i].want);
        CU_ASSERT(t_error_is(tm_model_target_address(&model, s,
                                                     cases[i].prefer, &addr),
                             NULL, cases[i].want));
        CU_ASSERT(tm_addr_equal(&addr, &want));
    }

    /* What is not there in the version that is preferred. */
    tm_model_put_eni(&model, t_eni(5, "10.0.0.6"), NULL);
    want = t_addr("10.0.0.6");
    CU_ASSERT(t_error_is(tm_model_target_address(&model, s, TM_IPV6, &addr),
                         NULL, "IPv6"));
    CU_ASSERT(tm_addr_equal(&addr, &want));
    tm_model_put_session(&model, s, NULL);

    /* All targets: sorted, once, without those of unusable sessions. */
    s = t_session(2, 1, 1);
    s->target_type = TM_TARGET_ELB;
    s->target = t_uuid(T_LB, 1);
    s->enabled = false;
    tm_model_put_session(&model, s, NULL);
    tm_model_put_lb(&model, t_lb(1, "10.0.0.7", "10.0.0.6"), NULL);
    tm_model_put_session(&model, t_session(3, 1, 1), NULL);
    s = t_session(4, 1, 1);
    s->usable = false;
    s->target_addr = t_addr("10.0.0.1");
    tm_model_put_session(&model, s, NULL);
    CU_ASSERT_EQUAL_FATAL(tm_model_target_addresses(&model, &addrs), 3);
    static const char *all[] = { "10.0.0.6", "10.0.0.7", "10.9.9.9" };
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        want = t_addr(all[i]);
        CU_ASSERT(tm_addr_equal(&addrs[i], &want));
    }
    free(addrs);
    tm_model_uninit(&model);
}

CU_TestInfo tm_test_model[] = {
    { "words", test_words },
    { "rules of a filter", test_filter_finish },
    { "sources of a session", test_session_finish },
    { "addresses of ENI and load balancer", test_eni_finish },
    { "ENI by name", test_by_name },
    { "sessions of an object", test_sessions_of },
    { "target's addresses", test_target_address },
    CU_TEST_INFO_NULL
};
