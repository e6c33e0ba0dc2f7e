/* SPDX-License-Identifier: Apache-2.0 */
/* test-effect.c
 *
 * What a change does to copies, in words: a table of changes. */

#include <config.h>

#include "tests/unit/test-space.h"

#include <stdlib.h>

#include "lib/effect.h"
#include "openvswitch/dynamic-string.h"
#include "smap.h"
#include "util.h"

/* The text of the change from 'before' to 'after'; e1 is on node hv1. */
static char *
effect_text(const struct tm_model *before, const struct tm_model *after)
{
    struct smap nodes = SMAP_INITIALIZER(&nodes);
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct tm_effects effects;

    smap_add(&nodes, "e1", "hv1");
    tm_effects_init(&effects, before, after);
    tm_effects_format(&effects, &nodes, &ds);
    tm_effects_uninit(&effects);
    smap_destroy(&nodes);
    return ds_steal_cstr(&ds);
}

/* e1 and e2 are sources of s1 (priority 1) and s2 (2); s1's filter accepts tcp
 * to port 80 inbound, s2's everything in both directions. */
static void
usual_model(struct tm_model *model)
{
    const char *web[] = { "in 1 accept ipv4 tcp 172.16.0.0/24 - 10.0.0.3 80",
                          NULL };
    const char *all[] = { "in 1 accept ipv4 all - - - -",
                          "out 1 accept ipv4 all - - - -", NULL };

    tm_model_init(model);
    tm_model_put_filter(model, t_filter(1, web), NULL);
    tm_model_put_filter(model, t_filter(2, all), NULL);
    tm_model_put_lb(model, t_lb(1, "10.7.0.1", NULL), NULL);
    for (unsigned int i = 1; i <= 4; i++) {
        tm_model_put_eni(model, t_eni(i, i == 3 ? "10.5.0.3" : NULL), NULL);
    }
    for (unsigned int i = 1; i <= 2; i++) {
        struct tm_session *s = t_session(i, i, i);

        t_add_source(s, 1);
        t_add_source(s, 2);
        tm_model_put_session(model, s, NULL);
    }
}

static struct tm_session *
edit_session(const struct tm_model *model, unsigned int n)
{
    const struct uuid uuid = t_uuid(T_SESSION, n);

    return tm_session_clone(tm_model_get_session(model, &uuid));
}

/* The changes that are looked at. */

static void
rename_s1(struct tm_model *m)
{
    struct tm_session *s = edit_session(m, 1);

    free(s->name);
    s->name = xstrdup("renamed");
    free(s->description);
    s->description = xstrdup("described");
    tm_model_put_session(m, s, NULL);
}

static void
disable(struct tm_model *m, unsigned int n)
{
    struct tm_session *s = edit_session(m, n);

    s->enabled = false;
    tm_model_put_session(m, s, NULL);
}

static void
disable_s1(struct tm_model *m)
{
    disable(m, 1);
}

static void
disable_s2(struct tm_model *m)
{
    disable(m, 2);
}

static void
shrink_s1(struct tm_model *m)
{
    struct tm_session *s = edit_session(m, 1);

    s->n_sources = 1;
    s->vni = 7;
    s->packet_length = 96;
    tm_model_put_session(m, s, NULL);
}

static void
target_s1(struct tm_model *m, enum tm_target_type type, enum t_kind kind,
          unsigned int n)
{
    struct tm_session *s = edit_session(m, 1);

    s->target_type = type;
    s->target = t_uuid(kind, n);
    tm_model_put_session(m, s, NULL);
}

static void
send_s1_to_e3(struct tm_model *m)
{
    target_s1(m, TM_TARGET_ENI, T_ENI, 3);
}

/* e4 has no address: as if s1 were absent. */
static void
send_s1_to_e4(struct tm_model *m)
{
    target_s1(m, TM_TARGET_ENI, T_ENI, 4);
}

/* The same address by another name. */
static void
send_s1_to_same(struct tm_model *m)
{
    send_s1_to_e4(m);
    tm_model_put_eni(m, t_eni(4, "10.9.9.9"), NULL);
}

static void
send_s1_to_l1(struct tm_model *m)
{
    target_s1(m, TM_TARGET_ELB, T_LB, 1);
}

static void
send_s1_to_ten(struct tm_model *m)
{
    struct tm_lb *lb = t_lb(1, "10.7.0.1", NULL);

    send_s1_to_l1(m);
    lb->members = xmalloc(10 * sizeof *lb->members);
    for (lb->n_members = 0; lb->n_members < 10; lb->n_members++) {
        lb->members[lb->n_members] = t_addr("10.8.0.0");
        lb->members[lb->n_members].in6.s6_addr[15] = lb->n_members;
    }
    tm_model_put_lb(m, lb, NULL);
}

/* The member that differs is not among those that are named. */
static void
send_s1_to_others(struct tm_model *m)
{
    const struct uuid uuid = t_uuid(T_LB, 1);
    struct tm_lb *lb;

    send_s1_to_ten(m);
    lb = tm_lb_clone(tm_model_get_lb(m, &uuid));
    lb->members[9].in6.s6_addr[15] = 99;
    tm_model_put_lb(m, lb, NULL);
}

static void
refuse_e2(struct tm_model *m)
{
    struct tm_eni *eni = t_eni(2, NULL);

    eni->mirroring_supported = false;
    tm_model_put_eni(m, eni, NULL);
}

static void
rename_e2(struct tm_model *m)
{
    struct tm_eni *eni = t_eni(2, NULL);

    free(eni->name);
    eni->name = xstrdup("x\n");
    tm_model_put_eni(m, eni, NULL);
}

/* Two that are one set of packets, and are listed as that. */
static void
put_two_rules(struct tm_model *m)
{
    const char *rules[] = { "in 1 accept ipv4 udp - - - 20-29",
                            "in 2 accept ipv4 udp - - - 10-19", NULL };

    tm_model_put_filter(m, t_filter(1, rules), NULL);
}

static void
put_seven_rules(struct tm_model *m)
{
    struct tm_filter *f = t_filter(1, NULL);

    for (int i = 1; i <= 7; i++) {
        char *line = xasprintf("in %d accept ipv4 udp - - - %d", i, i * 10);
        struct tm_rule rule = t_rule(i, line);

        tm_filter_add_rule(f, &rule);
        free(line);
    }
    tm_filter_finish(f);
    tm_model_put_filter(m, f, NULL);
}

/* What s2 copies then has too many pieces. */
static void
put_too_many_rules(struct tm_model *m)
{
    struct tm_filter *f = t_filter(1, NULL);

    for (int i = 1; i <= 250; i++) {
        char *line = xasprintf("in %d reject ipv4 udp 10.0.%d.0/25 %d "
                               "10.1.%d.128/25 %d", i, i, i * 2, i, i * 2);
        struct tm_rule rule = t_rule(i, line);

        tm_filter_add_rule(f, &rule);
        free(line);
    }
    tm_filter_finish(f);
    tm_model_put_filter(m, f, NULL);
}

#define E1 "e1 on hv1, inbound: "
#define E2 "e2 (on no node), inbound: "
#define WEB "copying tcp 172.16.0.0/24:any -> 10.0.0.3/32:80-80"
#define S1 " by session \"s1\" to "
#define S2 " by session \"s2\" to "
#define IP "ip:10.9.9.9, vni 1\n"
#define NAMED \
    "10.8.0.0, 10.8.0.1, 10.8.0.2, 10.8.0.3, 10.8.0.4, 10.8.0.5, 10.8.0.6, " \
    "10.8.0.7 and "
#define TWO(PLACE) \
    PLACE "starts copying udp 0.0.0.0/0:any -> 0.0.0.0/0:10-29" S1 IP \
    PLACE "stops " WEB S1 IP
#define SEVEN(PLACE) \
    PLACE "starts copying udp 0.0.0.0/0:any -> 0.0.0.0/0:10-10" S1 IP \
    PLACE "starts copying udp 0.0.0.0/0:any -> 0.0.0.0/0:20-20" S1 IP \
    PLACE "starts copying udp 0.0.0.0/0:any -> 0.0.0.0/0:30-30" S1 IP \
    PLACE "starts copying udp 0.0.0.0/0:any -> 0.0.0.0/0:40-40" S1 IP \
    PLACE "starts copying udp 0.0.0.0/0:any -> 0.0.0.0/0:50-50" S1 IP \
    "  and 2 more sets of packets\n" \
    PLACE "stops " WEB S1 IP
#define UNKNOWN(PLACE) \
    PLACE "may change what session \"s2\" copies, in too many pieces to " \
    "list\n" \
    PLACE "stops " WEB S1 IP

/* At e1 and e2 alike. */
#define BOTH(STARTS, STOPS) \
    E1 "starts " WEB STARTS E1 "stops " WEB STOPS \
    E2 "starts " WEB STARTS E2 "stops " WEB STOPS

static const struct {
    void (*before)(struct tm_model *);
    void (*change)(struct tm_model *);
    const char *want;
} text_cases[] = {
    { NULL, rename_s1, "no source would start or stop copying anything\n" },
    { NULL, send_s1_to_same,
      "no source would start or stop copying anything\n" },
    { disable_s1, refuse_e2,
      "e2 (on no node), inbound: stops copying all 0.0.0.0/0 -> 0.0.0.0/0"
      S2 IP
      "e2 (on no node), outbound: stops copying all 0.0.0.0/0 -> 0.0.0.0/0"
      S2 IP },
    /* What the one does not copy any more the next does. */
    { NULL, disable_s1, BOTH(S2 IP, S1 IP) },
    { NULL, send_s1_to_e4, BOTH(S2 IP, S1 IP) },
    { disable_s2, disable_s1, E1 "stops " WEB S1 IP E2 "stops " WEB S1 IP },
    { disable_s2, shrink_s1,
      E1 "starts " WEB S1 "ip:10.9.9.9, vni 7, packet length 96\n"
      E1 "stops " WEB S1 IP
      E2 "stops " WEB S1 IP },
    { disable_s2, send_s1_to_e3,
      BOTH(S1 "eni:e3 at 10.5.0.3, vni 1\n", S1 IP) },
    { disable_s2, send_s1_to_l1,
      BOTH(S1 "elb:l1 at 10.7.0.1, vni 1\n", S1 IP) },
    { disable_s2, send_s1_to_ten,
      BOTH(S1 "elb:l1 over " NAMED "2 more, vni 1\n", S1 IP) },
    { send_s1_to_ten, send_s1_to_others,
      BOTH(S1 "elb:l1 over " NAMED "2 more, vni 1\n",
           S1 "elb:l1 over " NAMED "2 more, vni 1\n") },
    { disable_s2, rename_e2,
      E2 "stops " WEB S1 IP
      "\"x\\n\" (on no node), inbound: starts " WEB S1 IP },
    { disable_s2, put_two_rules, TWO(E1) TWO(E2) },
    { disable_s2, put_seven_rules, SEVEN(E1) SEVEN(E2) },
    { NULL, put_too_many_rules, UNKNOWN(E1) UNKNOWN(E2) },
};

static void
test_text(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(text_cases); i++) {
        struct tm_model before, after;
        char *have;

        usual_model(&before);
        if (text_cases[i].before) {
            text_cases[i].before(&before);
        }
        t_clone_model(&after, &before);
        text_cases[i].change(&after);
        have = effect_text(&before, &after);
        CU_ASSERT(t_text_is(have, text_cases[i].want));
        free(have);
        tm_model_uninit(&before);
        tm_model_uninit(&after);
    }
}

CU_TestInfo tm_test_effect[] = {
    { "changes in words", test_text },
    CU_TEST_INFO_NULL
};
