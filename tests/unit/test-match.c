/* SPDX-License-Identifier: Apache-2.0 */
/* test-match.c
 *
 * The semantics of matching, consequence by consequence, and the words of
 * 'explain'. */

#include <config.h>

#include "tests/unit/test-lib.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* 'want' NULL: the rule matches. */
static const struct { const char *rule, *packet, *want; } why_not_cases[] = {
    /* The worked example of the specification. */
    { "in 1 accept ipv4 tcp 172.16.0.0/24 10000-10001 10.0.0.3 80-80",
      "tcp 172.16.0.5 10000 10.0.0.3 80", NULL },
    { "in 1 accept ipv4 tcp 172.16.0.0/24 10000-10001 10.0.0.3 80-80",
      "tcp 172.16.0.5 10001 10.0.0.3 80", NULL },
    { "in 1 accept ipv4 tcp 172.16.0.0/24 10000-10001 10.0.0.3 80-80",
      "tcp 172.16.0.5 10002 10.0.0.3 80",
      "source port 10002 is not in 10000-10001" },
    { "in 1 accept ipv4 tcp 172.16.0.0/24 10000-10001 10.0.0.3 80-80",
      "tcp 172.16.0.5 10000 10.0.0.3 81",
      "destination port 81 is not in 80-80" },
    { "in 1 accept ipv4 tcp 172.16.0.0/24 10000-10001 10.0.0.3 80-80",
      "udp 172.16.0.5 10000 10.0.0.3 80", "protocol udp is not tcp" },
    { "in 1 accept ipv4 tcp 172.16.0.0/24 10000-10001 10.0.0.3 80-80",
      "tcp 10.0.0.1 10000 10.0.0.3 80",
      "source 10.0.0.1 is not in 172.16.0.0/24" },
    { "in 1 accept ipv4 tcp 172.16.0.0/24 10000-10001 10.0.0.3 80-80",
      "tcp 172.16.0.5 10000 10.0.0.4 80",
      "destination 10.0.0.4 is not in 10.0.0.3/32" },
    { "in 1 accept ipv4 tcp 172.16.0.0/24 10000-10001 10.0.0.3 80-80",
      "tcp 172.16.0.5 0 10.0.0.3 0 frag",
      "packet is a fragment, which shows no ports" },
    { "out 1 reject ipv4 all 192.168.0.0/24 - 10.2.0.0/24 -",
      "47 192.168.0.1 0 10.2.0.255 0", NULL },

    /* Versions of IP do not mix, "all" is all of one. */
    { "in 1 accept ipv4 all - - - -", "tcp ::1 1 ::2 2",
      "packet is IPv6, rule is IPv4" },
    { "in 1 accept ipv6 all - - - -", "tcp 10.0.0.1 1 10.0.0.2 2",
      "packet is IPv4, rule is IPv6" },
    { "in 1 accept ipv6 all - - - -", "icmp6 ::1 0 ::2 0", NULL },
    { "in 1 accept ipv6 all ::/0 - ::/0 -", "0 ::1 0 ::2 0", NULL },
    { "in 1 accept ipv4 all - - - -", "255 10.0.0.1 0 10.0.0.2 0", NULL },
    { "in 1 accept ipv4 all - - - -", "arp", "packet is not IP" },
    { "in 1 accept ipv6 all - - - -", "arp", "packet is not IP" },

    /* Fragments: only a rule that names ports minds. */
    { "in 1 accept ipv4 all - - - -", "tcp 10.0.0.1 0 10.0.0.2 0 frag",
      NULL },
    { "in 1 accept ipv4 tcp - - - -", "tcp 10.0.0.1 0 10.0.0.2 0 frag",
      NULL },
    { "in 1 accept ipv4 icmp - - - -", "icmp 10.0.0.1 0 10.0.0.2 0 frag",
      NULL },
    { "in 1 accept ipv6 icmp6 - - - -", "icmp6 ::1 0 ::2 0 frag", NULL },
    { "in 1 accept ipv4 tcp - 1-65535 - -",
      "tcp 10.0.0.1 1 10.0.0.2 2 frag", "shows no ports" },
    { "in 1 accept ipv4 udp - - - 1-65535",
      "udp 10.0.0.1 1 10.0.0.2 2 frag", "shows no ports" },
    { "in 1 accept ipv4 udp - - - 1-65535",
      "udp 10.0.0.1 1 10.0.0.2 65535", NULL },

    /* One side only; port 0 is in no range. */
    { "in 1 accept ipv4 udp - 53 - -", "udp 10.0.0.1 53 10.0.0.2 9",
      NULL },
    { "in 1 accept ipv4 udp - - - 53", "udp 10.0.0.1 53 10.0.0.2 9",
      "destination port 9 is not in 53-53" },
    { "in 1 accept ipv4 tcp - 1-65535 - -", "tcp 10.0.0.1 0 10.0.0.2 9",
      "source port 0 is not in 1-65535" },
    { "in 1 accept ipv4 tcp - - - -", "tcp 10.0.0.1 0 10.0.0.2 0", NULL },

    /* Names of protocols. */
    { "in 1 accept ipv4 icmp - - - -", "47 10.0.0.1 0 10.0.0.2 0",
      "protocol 47 is not icmp" },
    { "in 1 accept ipv4 icmp - - - -", "icmp6 10.0.0.1 0 10.0.0.2 0",
      "protocol 58 is not icmp" },
    { "in 1 accept ipv6 icmp6 - - - -", "icmp ::1 0 ::2 0",
      "protocol 1 is not icmp6" },
    { "in 1 accept ipv6 tcp - - - -", "icmp6 ::1 0 ::2 0",
      "protocol icmp6 is not tcp" },
    { "in 1 accept ipv6 all 2001:db8::/32 - - -", "tcp ::1 1 ::2 2",
      "source ::1 is not in 2001:db8::/32" },
};

static void
test_why_not(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(why_not_cases); i++) {
        const char *want = why_not_cases[i].want;
        struct tm_rule rule = t_rule(1, why_not_cases[i].rule);
        struct tm_packet pkt = t_packet(why_not_cases[i].packet);
        bool matches = tm_rule_matches(&rule, &pkt);

        CU_ASSERT_EQUAL(matches, !want);
        CU_ASSERT(t_error_is(tm_rule_why_not(&rule, &pkt), want,
                             why_not_cases[i].packet));
    }
}

/* Checks the decision for 'packet' at ENI 'eni': "s1 100 copied", the session,
 * the rule, the verdict; or "none".  With and without trials. */
static bool
decides(const struct tm_model *model, unsigned int eni,
        enum tm_direction direction, const char *packet, const char *want)
{
    const struct uuid uuid = t_uuid(T_ENI, eni);
    struct tm_packet pkt = t_packet(packet);
    bool ok = true;

    for (int with_trials = 0; with_trials < 2; with_trials++) {
        struct tm_decision d;
        char *have;

        tm_match(model, &uuid, direction, &pkt, with_trials, &d);
        have = (d.session
                ? xasprintf("%s %u %s", d.session->name,
                            d.rule->uuid.parts[0],
                            d.copied ? "copied" : "rejected")
                : xstrdup("none"));
        ok &= t_text_is(have, want);
        ok &= with_trials || (!d.n_trials && !d.target);
        ok &= !d.session == !d.rule;
        free(have);
        tm_decision_uninit(&d);
    }
    return ok;
}

#define TO_WEB "tcp 10.0.0.1 999 10.0.0.2 80"
#define TO_SSH "tcp 10.0.0.1 999 10.0.0.2 22"
#define TO_DNS "udp 10.0.0.1 999 10.0.0.2 53"

/* Three sessions of ENI 1, in an order that is not that of their UUIDs:
 * s2 (priority 1) rejects ssh, s1 (2) copies all tcp but rejects the web going
 * out, s3 (3) copies all. */
static void
put_three_sessions(struct tm_model *model)
{
    const char *no_ssh[] = { "in 5 reject ipv4 tcp - - - 22", NULL };
    const char *tcp[] = { "in 2 accept ipv4 tcp - - - -",
                          "in 1 accept ipv4 tcp - - - 80",
                          "out 1 reject ipv4 tcp - - - 80", NULL };
    const char *all[] = { "in 1 accept ipv4 all - - - -",
                          "out 1 accept ipv4 all - - - -", NULL };
    struct tm_session *s[4] = { NULL, t_session(1, 2, 1), t_session(2, 1, 2),
                                t_session(3, 3, 3) };

    for (int i = 1; i <= 3; i++) {
        t_add_source(s[i], 1);
        tm_model_put_session(model, s[i], NULL);
    }
    tm_model_put_filter(model, t_filter(1, tcp), NULL);
    tm_model_put_filter(model, t_filter(2, no_ssh), NULL);
    tm_model_put_filter(model, t_filter(3, all), NULL);
    tm_model_put_eni(model, t_eni(1, "10.0.0.2"), NULL);
}

static struct tm_session *
clone_session(const struct tm_model *model, unsigned int n)
{
    const struct uuid uuid = t_uuid(T_SESSION, n);

    return tm_session_clone(tm_model_get_session(model, &uuid));
}

static void
test_order(void)
{
    struct tm_model model;

    tm_model_init(&model);
    put_three_sessions(&model);

    /* The first rule that matches ends everything: a reject hides. */
    CU_ASSERT(decides(&model, 1, TM_IN, TO_SSH, "s2 200 rejected"));
    /* Rules in the order of priority, not of adding. */
    CU_ASSERT(decides(&model, 1, TM_IN, TO_WEB, "s1 101 copied"));
    /* No rule of two sessions matches: the third is tried. */
    CU_ASSERT(decides(&model, 1, TM_IN, TO_DNS, "s3 300 copied"));
    /* The other direction has other rules. */
    CU_ASSERT(decides(&model, 1, TM_OUT, TO_WEB, "s1 102 rejected"));
    CU_ASSERT(decides(&model, 1, TM_OUT, TO_SSH, "s3 301 copied"));
    CU_ASSERT(decides(&model, 1, TM_IN, "arp", "none"));
    CU_ASSERT(decides(&model, 1, TM_IN, "tcp ::1 1 ::2 22", "none"));
    /* A source that is none, and one that is not known. */
    tm_model_put_eni(&model, t_eni(2, NULL), NULL);
    CU_ASSERT(decides(&model, 2, TM_IN, TO_WEB, "none"));
    CU_ASSERT(decides(&model, 3, TM_IN, TO_WEB, "none"));

    tm_model_uninit(&model);
}

static void
test_absent(void)
{
    struct tm_session *s;
    struct uuid uuid;
    struct tm_model model;

    tm_model_init(&model);
    put_three_sessions(&model);

    /* Disabled and unusable sessions are as if absent, and hide nothing. */
    s = clone_session(&model, 2);
    s->enabled = false;
    tm_model_put_session(&model, s, NULL);
    CU_ASSERT(decides(&model, 1, TM_IN, TO_SSH, "s1 100 copied"));
    s = clone_session(&model, 1);
    s->usable = false;
    tm_model_put_session(&model, s, NULL);
    CU_ASSERT(decides(&model, 1, TM_IN, TO_SSH, "s3 300 copied"));

    /* So is a filter that is not here. */
    uuid = t_uuid(T_FILTER, 3);
    tm_model_remove_filter(&model, &uuid, NULL);
    CU_ASSERT(decides(&model, 1, TM_IN, TO_SSH, "none"));

    /* An ENI that is not in the model is no source. */
    tm_model_put_session(&model, t_session(2, 1, 1), NULL);
    s = clone_session(&model, 1);
    s->usable = true;
    tm_model_put_session(&model, s, NULL);
    CU_ASSERT(decides(&model, 1, TM_IN, TO_SSH, "s1 100 copied"));
    uuid = t_uuid(T_ENI, 1);
    tm_model_remove_eni(&model, &uuid, NULL);
    CU_ASSERT(decides(&model, 1, TM_IN, TO_SSH, "none"));

    tm_model_uninit(&model);
}

/* Two sessions with one priority, written past the tools: the smaller UUID
 * goes first, whatever came first. */
static void
test_same_priority(void)
{
    const char *all[] = { "in 1 accept ipv4 all - - - -", NULL };

    for (int first = 1; first <= 2; first++) {
        struct tm_model model;

        tm_model_init(&model);
        tm_model_put_filter(&model, t_filter(1, all), NULL);
        tm_model_put_eni(&model, t_eni(1, NULL), NULL);
        for (int i = 0; i < 2; i++) {
            struct tm_session *s = t_session(i ? 3 - first : first, 7, 1);

            t_add_source(s, 1);
            tm_model_put_session(&model, s, NULL);
        }
        CU_ASSERT(decides(&model, 1, TM_IN, TO_WEB, "s1 100 copied"));
        tm_model_uninit(&model);
    }
}

static char *
explain(const struct tm_model *model, enum tm_direction direction,
        const char *packet)
{
    const struct uuid uuid = t_uuid(T_ENI, 1);
    struct tm_packet pkt = t_packet(packet);
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct tm_decision d;

    tm_match(model, &uuid, direction, &pkt, true, &d);
    tm_decision_format(&d, &ds);
    tm_decision_uninit(&d);
    return ds_steal_cstr(&ds);
}

static bool
explains(const struct tm_model *model, enum tm_direction direction,
         const char *packet, const char *want)
{
    char *have = explain(model, direction, packet);
    bool ok = t_text_is(have, want);

    free(have);
    return ok;
}

static void
test_explain(void)
{
    struct tm_session *s;
    struct tm_model model;

    tm_model_init(&model);
    CU_ASSERT(explains(&model, TM_IN, TO_WEB,
                       "decision: not copied: no rule of any session "
                       "matches\n"));
    put_three_sessions(&model);
    CU_ASSERT(explains(
        &model, TM_IN, TO_DNS,
        "session \"s2\" (priority 1):\n"
        "  inbound rule 5 (reject): protocol udp is not tcp\n"
        "session \"s1\" (priority 2):\n"
        "  inbound rule 1 (accept): protocol udp is not tcp\n"
        "  inbound rule 2 (accept): protocol udp is not tcp\n"
        "session \"s3\" (priority 3):\n"
        "  inbound rule 1 (accept): matches\n"
        "decision: copied to address 10.9.9.9: session \"s3\" (priority 3), "
        "inbound rule 1 (accept)\n"));
    CU_ASSERT(explains(
        &model, TM_OUT, TO_WEB,
        "session \"s2\" (priority 1):\n"
        "  filter \"f2\" has no outbound rule\n"
        "session \"s1\" (priority 2):\n"
        "  outbound rule 1 (reject): matches\n"
        "decision: not copied: session \"s1\" (priority 2), outbound rule 1 "
        "(reject)\n"));

    s = clone_session(&model, 2);
    s->enabled = false;
    tm_model_put_session(&model, s, NULL);
    s = clone_session(&model, 1);
    s->usable = false;
    tm_problems_add(&s->problems, "Mirror_Session", &s->uuid,
                    xstrdup("vni: is wrong"));
    tm_model_put_session(&model, s, NULL);
    s = clone_session(&model, 3);
    s->filter = t_uuid(T_FILTER, 9);
    tm_model_put_session(&model, s, NULL);
    CU_ASSERT(explains(
        &model, TM_IN, TO_WEB,
        "session \"s2\" (priority 1):\n"
        "  session is disabled\n"
        "session \"s1\" (priority 2):\n"
        "  session is not usable: vni: is wrong\n"
        "session \"s3\" (priority 3):\n"
        "  filter 00000009-0000-0001-0000-000000007e57 does not exist\n"
        "decision: not copied: no rule of any session matches\n"));
    tm_model_uninit(&model);
}

/* "copied to ..." for each kind of target. */
static void
test_explain_target(void)
{
    static const struct {
        enum tm_target_type type;
        enum t_kind kind;
        unsigned int n;
        const char *want;
    } cases[] = {
        { TM_TARGET_ENI, T_ENI, 5, "copied to ENI \"e5\" at 10.0.0.5: " },
        { TM_TARGET_ENI, T_ENI, 6,
          "  session cannot copy: target ENI \"e6\" has no address\n"
          "decision: not copied: no rule of any session matches\n" },
        { TM_TARGET_ENI, T_ENI, 7,
          "  session cannot copy: target ENI 00000007-" },
        { TM_TARGET_ELB, T_LB, 1,
          "copied to load balancer \"l1\" at 10.0.1.1: " },
        { TM_TARGET_ELB, T_LB, 2,
          "copied to load balancer \"l2\", member 10.0.1.9 (slot 155, "
          "1 member): " },
    };
    const char *all[] = { "in 1 accept ipv4 all - - - -", NULL };
    struct tm_model model;

    tm_model_init(&model);
    tm_model_put_filter(&model, t_filter(1, all), NULL);
    tm_model_put_eni(&model, t_eni(1, NULL), NULL);
    tm_model_put_eni(&model, t_eni(5, "10.0.0.5"), NULL);
    tm_model_put_eni(&model, t_eni(6, NULL), NULL);
    tm_model_put_lb(&model, t_lb(1, "10.0.1.1", NULL), NULL);
    tm_model_put_lb(&model, t_lb(2, "10.0.1.2", "10.0.1.9"), NULL);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tm_session *s = t_session(1, 1, 1);

        t_add_source(s, 1);
        s->target_type = cases[i].type;
        s->target = t_uuid(cases[i].kind, cases[i].n);
        tm_model_put_session(&model, s, NULL);
        char *text = explain(&model, TM_IN, TO_WEB);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, cases[i].want));
        free(text);
    }
    tm_model_uninit(&model);
}

CU_TestInfo tm_test_match[] = {
    { "one rule, one packet", test_why_not },
    { "order of sessions and rules", test_order },
    { "what is as if absent", test_absent },
    { "two sessions of one priority", test_same_priority },
    { "explain", test_explain },
    { "explain, targets", test_explain_target },
    CU_TEST_INFO_NULL
};
