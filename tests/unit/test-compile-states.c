/* SPDX-License-Identifier: Apache-2.0 */
/* test-compile-states.c
 *
 * What the operator sees: the state of each source and its reason; that what
 * is wrong with one leaves the others working; budgets; and what a change
 * costs in a world of a thousand sources. */

#include <config.h>
#include "tests/unit/test-compile.h"

#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "plugin/hooks/normal-list.h"
#include "tests/unit/compile-world.h"
#include "util.h"

static const char *const both[] = {
    "in 1 accept all - - - -", "out 1 accept all - - - -",
};

static void
check_state(const struct world *w, int session, int eni,
            enum tm_status status, const char *reason)
{
    const struct tm_source_state *state = get_state(w, session, eni);

    if (!state || state->status != status || strcmp(state->reason, reason)) {
        printf("\nsession %d, ENI %d, want \"%s\", have \"%s\"\n", session,
               eni, reason, state ? state->reason : "no state");
        CU_FAIL("state");
    }
}

static size_t
count_flows(const struct world *w)
{
    return tm_flow_set_count(tm_compiler_want(w->compiler));
}

/* Session 1 with ENIs 1 and 2, on access ports of VLAN 10. */
static void
two_sources(struct world *w)
{
    const struct tm_port access = {
        .vlan_mode = TM_VLAN_ACCESS, .tag = 10
    };
    struct tm_session *session = make_session(1, 1, 1, "192.0.2.1");

    world_init(w);
    put_filter(w, 1, both, 2);
    for (int i = 1; i <= 2; i++) {
        put_eni(w, i);
        put_port(w, i, &access);
        session_add_eni(session, 1, i);
    }
    put_session(w, session);
}

static struct tm_session *
edit_session(struct world *w, int n)
{
    struct uuid uuid = session_uuid(n);

    return tm_session_clone(tm_model_get_session(&w->model, &uuid));
}

static struct tm_eni *
edit_eni(struct world *w, int n)
{
    struct uuid uuid = eni_uuid(n);

    return tm_eni_clone(tm_model_get_eni(&w->model, &uuid));
}

static bool
has_source(const struct world *w, int ofport)
{
    const struct tm_flow_node *node;

    TM_FLOW_SET_FOR_EACH (node, tm_compiler_want(w->compiler)) {
        struct match match;

        minimatch_expand(&node->flow->match, &match);
        if (node->flow->table_id == 201
            && match.flow.regs[0] == (uint32_t) ofport) {
            return true;
        }
    }
    return false;
}

static void
test_attached(void)
{
    struct tm_session *session;
    struct world w;
    uint64_t seqno;

    two_sources(&w);
    world_run(&w);
    check_state(&w, 1, 1, TM_ATTACHED, "");
    check_state(&w, 1, 2, TM_ATTACHED, "");
    CU_ASSERT(count_flows(&w) > 0);

    /* Nothing changed: nothing happens. */
    seqno = tm_compiler_states_seqno(w.compiler);
    tm_flow_set_clear_journal(tm_compiler_want(w.compiler));
    w.node_dirty.everything = true;
    world_run(&w);
    CU_ASSERT_EQUAL(tm_compiler_states_seqno(w.compiler), seqno);
    CU_ASSERT_EQUAL(tm_compiler_n_built(w.compiler), 0);
    CU_ASSERT(tm_flow_set_journal_is_empty(tm_compiler_want(w.compiler)));

    /* A disabled session is as if absent: no flow at all is left. */
    session = edit_session(&w, 1);
    session->enabled = false;
    put_session(&w, session);
    world_run(&w);
    check_state(&w, 1, 1, TM_ATTACHED, "");
    CU_ASSERT_EQUAL(count_flows(&w), 0);
    world_uninit(&w);
}

static void
test_errors(void)
{
    const struct uuid row = session_uuid(2);
    struct tm_session *session;
    struct tm_eni *eni;
    struct world w;

    /* An ENI that must not be mirrored; the other goes on. */
    two_sources(&w);
    eni = edit_eni(&w, 2);
    eni->mirroring_supported = false;
    tm_model_put_eni(&w.model, eni, &w.dirty);
    world_run(&w);
    check_state(&w, 1, 1, TM_ATTACHED, "");
    check_state(&w, 1, 2, TM_ERROR, "flavor does not support mirroring");
    CU_ASSERT(has_source(&w, 1));
    CU_ASSERT(!has_source(&w, 2));

    /* A session without a target address, and one that is not usable: the
     * first session goes on. */
    session = make_session(2, 2, 1, NULL);
    session_add_eni(session, 2, 1);
    session->usable = false;
    tm_problems_add(&session->problems, "Mirror_Session", &row,
                    xstrdup("vni: 99999999 is out of range"));
    put_session(&w, session);
    session = make_session(3, 3, 1, NULL);
    session_add_eni(session, 3, 1);
    put_session(&w, session);
    session = make_session(4, 4, 9, "192.0.2.4");
    session_add_eni(session, 4, 1);
    put_session(&w, session);
    world_run(&w);
    check_state(&w, 1, 1, TM_ATTACHED, "");
    check_state(&w, 2, 1, TM_ERROR, "vni: 99999999 is out of range");
    check_state(&w, 3, 1, TM_ERROR, "no target address is given");
    check_state(&w, 4, 1, TM_ERROR, "filter is not known yet");
    CU_ASSERT(has_source(&w, 1));

    /* An ENI that is a target too. */
    session = make_session(3, 3, 1, NULL);
    session->target_type = TM_TARGET_ENI;
    session->target = eni_uuid(1);
    put_session(&w, session);
    world_run(&w);
    check_state(&w, 1, 1, TM_ATTACHED, "");     /* It has no sources. */
    session = make_session(3, 3, 1, NULL);
    session->target_type = TM_TARGET_ENI;
    session->target = eni_uuid(1);
    session_add_eni(session, 3, 2);
    put_session(&w, session);
    world_run(&w);
    CU_ASSERT(get_state(&w, 1, 1)->status == TM_ERROR);
    CU_ASSERT(*get_state(&w, 1, 1)->reason);
    CU_ASSERT_EQUAL(count_flows(&w), 0);
    world_uninit(&w);
}

static void
test_tunnel(void)
{
    struct world w;

    two_sources(&w);
    w.node.tunnel = 0;
    world_run(&w);
    check_state(&w, 1, 1, TM_ERROR, "tunnel port is not up yet");
    CU_ASSERT_EQUAL(count_flows(&w), 0);
    w.node.tunnel_problem = xstrdup("could not add: File exists");
    w.node_dirty.everything = true;
    world_run(&w);
    check_state(&w, 1, 2, TM_ERROR, "could not add: File exists");
    CU_ASSERT_EQUAL(count_flows(&w), 0);
    w.node.tunnel = TUNNEL_PORT;
    w.node_dirty.everything = true;
    world_run(&w);
    check_state(&w, 1, 2, TM_ATTACHED, "");
    CU_ASSERT(count_flows(&w) > 0);
    world_uninit(&w);
}

static void
test_remarks(void)
{
    struct tm_session *session;
    struct tm_port port;
    struct tm_eni *eni;
    struct world w;

    /* No MAC address: outbound goes on. */
    two_sources(&w);
    eni = edit_eni(&w, 2);
    eni->n_macs = 0;
    tm_model_put_eni(&w.model, eni, &w.dirty);

    /* One priority twice. */
    session = make_session(2, 1, 1, "192.0.2.2");
    session_add_eni(session, 2, 1);
    put_session(&w, session);

    /* Two ports with one iface-id. */
    memset(&port, 0, sizeof port);
    port.ofport = u16_to_ofp(7);
    port.name = xstrdup("twin");
    port.iface_id = eni_name(1);
    tm_node_add_port(&w.node, &port);
    tm_node_sort(&w.node);
    world_run(&w);

    check_state(&w, 1, 1, TM_ATTACHED, "shares priority 1 with session s2");
    check_state(&w, 2, 1, TM_ATTACHED, "shares priority 1 with session s1");
    check_state(&w, 1, 2, TM_ATTACHED,
                "inbound not mirrored: no MAC address known");
    CU_ASSERT(has_source(&w, 2));
    CU_ASSERT(sset_contains(tm_compiler_problems(w.compiler),
                            "ports \"p1\" (1) and \"twin\" (7) have one "
                            "iface-id \"vm0001\": only the first counts"));
    CU_ASSERT_EQUAL(get_state(&w, 1, 1)->ofport, u16_to_ofp(1));

    /* The port knows the MAC address. */
    w.node.ports[1].has_mac = true;
    w.node.ports[1].mac = eni_mac(2);
    w.node_dirty.ports = true;
    world_run(&w);
    check_state(&w, 1, 2, TM_ATTACHED, "");

    w.node.ports[1].vlan_mode = TM_VLAN_DOT1Q_TUNNEL;
    w.node_dirty.ports = true;
    world_run(&w);
    check_state(&w, 1, 2, TM_ATTACHED,
                "inbound not mirrored: port is a dot1q-tunnel");
    world_uninit(&w);
}

/* A problem of a filter is told at its sources, and no longer than it is
 * there. */
static void
test_filter_problem(void)
{
    static const char *const twice[] = {
        "in 1 accept all - - - -", "in 1 reject all - - - -",
        "out 1 accept all - - - -",
    };
    struct world w;

    two_sources(&w);
    world_run(&w);
    check_state(&w, 1, 1, TM_ATTACHED, "");
    put_filter(&w, 1, twice, 3);
    world_run(&w);
    CU_ASSERT_EQUAL(get_state(&w, 1, 1)->status, TM_ATTACHED);
    CU_ASSERT(*get_state(&w, 1, 1)->reason);
    put_filter(&w, 1, both, 2);
    world_run(&w);
    check_state(&w, 1, 1, TM_ATTACHED, "");
    world_uninit(&w);
}

/* Only what a source's sessions ask for is hooked. */
static void
test_directions(void)
{
    struct run run;
    struct flow flow;
    struct world w;

    two_sources(&w);
    put_filter(&w, 1, &both[1], 1);
    world_run(&w);
    memset(&flow, 0, sizeof flow);
    flow.in_port.ofp_port = u16_to_ofp(2);
    flow.dl_dst = eni_mac(1);
    flow.dl_type = htons(ETH_TYPE_IP);
    run_packet(tm_compiler_want(w.compiler), &flow, &run);
    CU_ASSERT_EQUAL(run.n_copies, 1);
    CU_ASSERT_EQUAL(run.n_production, 1);
    flow.in_port.ofp_port = u16_to_ofp(9);
    run_packet(tm_compiler_want(w.compiler), &flow, &run);
    CU_ASSERT_EQUAL(run.n_copies, 0);
    CU_ASSERT_EQUAL(run.n_resubmits, 0);
    world_uninit(&w);
}

/* ## Budgets ## */

static void
many_sources(struct world *w, int n, int n_sessions, bool one_mac)
{
    const struct tm_port access = {
        .vlan_mode = TM_VLAN_ACCESS, .tag = 10
    };
    static const char *const never[] = { "in 1 accept all 1.2.3.4 - - -" };

    world_init(w);
    put_filter(w, 0, never, 1);
    put_filter(w, 1, both, 2);
    for (int i = 1; i <= n; i++) {
        struct tm_eni *eni = make_eni(i);

        if (one_mac) {
            eni->macs[0] = eni_mac(0);
        }
        tm_model_put_eni(&w->model, eni, &w->dirty);
        put_port(w, i, i % 2 ? &access : NULL);
    }
    for (int s = 0; s < n_sessions; s++) {
        /* Only the last session ever matches: the worst case. */
        struct tm_session *session
            = make_session(s, 1 + s, s == n_sessions - 1, "192.0.2.1");

        for (int i = 1; i <= n; i++) {
            session_add_eni(session, s, i);
        }
        put_session(w, session);
    }
}

static void
check_budget(struct world *w, struct eth_addr dst, size_t n_copies)
{
    struct flow flow;
    struct run run;

    memset(&flow, 0, sizeof flow);
    flow.in_port.ofp_port = u16_to_ofp(1);
    flow.dl_dst = dst;
    flow.dl_type = htons(ETH_TYPE_IP);
    run_packet(tm_compiler_want(w->compiler), &flow, &run);
    CU_ASSERT_EQUAL(run.n_production, 1);
    CU_ASSERT(!run.production_changed);
    if (run.n_copies != n_copies || run.n_resubmits > TM_BUDGET_RESUBMITS) {
        printf("\n%"PRIuSIZE" copies, %"PRIuSIZE" resubmits\n", run.n_copies,
               run.n_resubmits);
        CU_FAIL("budget");
    }
}

static void
test_copies_budget(void)
{
    struct world w;

    /* Of the 100 places in VLAN 10 the sender has one; it does not receive,
     * but is copied as the sender. */
    many_sources(&w, 300, 1, false);
    world_run(&w);
    check_budget(&w, eth_addr_broadcast, 100);
    check_state(&w, 0, 100, TM_ATTACHED, "");
    check_state(&w, 0, 101, TM_ATTACHED,
                "broadcast and multicast not mirrored: more than 100 copies "
                "of one packet");
    CU_ASSERT_EQUAL(sset_count(tm_compiler_problems(w.compiler)), 1);
    check_budget(&w, eni_mac(200), 2);
    world_uninit(&w);

    /* One unicast address of all. */
    many_sources(&w, 300, 1, true);
    world_run(&w);
    check_budget(&w, eni_mac(0), 100);
    check_state(&w, 0, 101, TM_ATTACHED,
                "packets to 02:00:00:00:00:00 not mirrored: more than 100 "
                "copies of one packet; broadcast and multicast not mirrored: "
                "more than 100 copies of one packet");
    world_uninit(&w);
}

static void
test_resubmits_budget(void)
{
    struct tm_plan plan;
    struct world w;

    /* With 3 sessions a source the budget of copies is used up first, so the
     * other one is asked for sources that cost more. */
    many_sources(&w, 20, 3, false);
    tm_plan_init(&plan, tm_normal_limit_local);
    tm_plan_update(&plan, &w.model, &w.node, NULL, NULL);
    CU_ASSERT_EQUAL(plan.n_locals, 20);
    for (size_t i = 0; i < plan.n_locals; i++) {
        CU_ASSERT_EQUAL(plan.locals[i]->cost, 8);
        plan.locals[i]->cost = 205;
    }
    tm_normal_limit(&plan);
    /* 9 of 205 resubmits each fit. */
    for (size_t i = 0; i < plan.n_locals; i++) {
        const struct tm_local *local = plan.locals[i];

        CU_ASSERT_EQUAL(local->group, i < 9);
        CU_ASSERT(i < 9 ? !local->no_group
                  : !strcmp(local->no_group,
                            "more than 2000 resubmits of one packet"));
    }
    CU_ASSERT_EQUAL(sset_count(&plan.problems), 1);
    tm_plan_end_update(&plan);
    tm_plan_uninit(&plan);
    world_uninit(&w);
}

static void
test_sessions_of_a_source(void)
{
    static const char left_out[]
        = "sessions-per-source: left out, since 3 sessions of its source go "
          "before it in the order of matching; the quota sessions-per-source "
          "is 3";
    struct tm_session *s;
    struct world w;

    /* Of five sessions the first three are in force.  Only the last has a
     * rule that matches. */
    many_sources(&w, 1, 5, false);
    world_run(&w);
    check_state(&w, 2, 1, TM_ATTACHED, "");
    check_state(&w, 3, 1, TM_ERROR, left_out);
    check_state(&w, 4, 1, TM_ERROR, left_out);
    check_budget(&w, eth_addr_broadcast, 0);

    /* What is disabled takes no place, nor what is not usable. */
    s = edit_session(&w, 0);
    s->enabled = false;
    put_session(&w, s);
    world_run(&w);
    check_state(&w, 3, 1, TM_ATTACHED, "");
    check_state(&w, 4, 1, TM_ERROR, left_out);
    s = edit_session(&w, 2);
    s->usable = false;
    put_session(&w, s);
    world_run(&w);
    check_state(&w, 4, 1, TM_ATTACHED, "");
    check_budget(&w, eth_addr_broadcast, 1);
    world_uninit(&w);
}

/* ## Size ## */

#define N_SOURCES 1000
#define N_MANY_FILTERS 100

static void
put_big_filter(struct world *w, int n, const char *last)
{
    char *rules[20];

    for (int i = 0; i < 20; i++) {
        rules[i] = xasprintf("%s %d accept tcp 10.%d.0.0/16 - - %d-%d",
                             i % 2 ? "in" : "out", 1 + i, n, 1000 + i,
                             1010 + i);
    }
    if (last) {
        free(rules[19]);
        rules[19] = xstrdup(last);
    }
    put_filter(w, n, (const char *const *) rules, 20);
    for (int i = 0; i < 20; i++) {
        free(rules[i]);
    }
}

/* N_SOURCES sources in 50 VLANs, three sessions each. */
static void
big_world(struct world *w)
{
    world_init(w);
    for (int f = 0; f < N_MANY_FILTERS; f++) {
        put_big_filter(w, f, NULL);
    }
    for (int i = 0; i < N_SOURCES; i++) {
        const struct tm_port access = {
            .vlan_mode = TM_VLAN_ACCESS, .tag = 1 + i % 50
        };

        put_eni(w, i + 1);
        put_port(w, i + 1, &access);
    }
    for (int s = 0; s < 3 * N_SOURCES / 10; s++) {
        struct tm_session *session
            = make_session(s, 1 + s % 3, s % N_MANY_FILTERS, "192.0.2.1");

        for (int i = 1; i <= 10; i++) {
            session_add_eni(session, s, s / 3 * 10 + i);
        }
        put_session(w, session);
    }
}

static void
test_size(void)
{
    struct tm_flow_set *want;
    struct tm_flow_node *node;
    struct tm_eni *eni;
    struct world w;

    big_world(&w);
    want = tm_compiler_want(w.compiler);
    world_run(&w);
    printf("%"PRIuSIZE" flows ", count_flows(&w));
    CU_ASSERT(count_flows(&w) < 25000);

    /* A rule costs its filter, and only its own flows change. */
    tm_flow_set_clear_journal(want);
    put_big_filter(&w, 7, "in 20 reject udp 10.7.0.0/16 - - 53");
    world_run(&w);
    CU_ASSERT_EQUAL(tm_compiler_n_built(w.compiler), 1);
    CU_ASSERT(!tm_flow_set_journal_is_empty(want));
    TM_FLOW_SET_FOR_EACH_KEY (node, want) {
        CU_ASSERT_EQUAL(node->flow->priority, 65536 - 20);
        CU_ASSERT_EQUAL(node->flow->table_id, 202);
    }

    /* A MAC address costs its source's flows and those of the addresses. */
    tm_flow_set_clear_journal(want);
    eni = edit_eni(&w, 17);
    eni->macs[0] = eni_mac(5000);
    tm_model_put_eni(&w.model, eni, &w.dirty);
    world_run(&w);
    CU_ASSERT_EQUAL(tm_compiler_n_built(w.compiler), 1);
    CU_ASSERT_EQUAL(hmap_count(&want->journal), 4);
    world_uninit(&w);
}

CU_TestInfo states_tests[] = {
    { "attached", test_attached },
    { "errors", test_errors },
    { "tunnel port", test_tunnel },
    { "remarks", test_remarks },
    { "problem of a filter", test_filter_problem },
    { "directions", test_directions },
    { "budget of copies", test_copies_budget },
    { "budget of resubmits", test_resubmits_budget },
    { "sessions of a source", test_sessions_of_a_source },
    { "size", test_size },
    CU_TEST_INFO_NULL
};
