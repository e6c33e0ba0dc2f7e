/* SPDX-License-Identifier: Apache-2.0 */
/* test-explain.c
 *
 * The answers of 'explain', and what they are held against: the text of
 * Open vSwitch's own trace. */

#include <config.h>

#include "tests/unit/test-explain.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "lib/encap.h"
#include "lib/explain.h"
#include "lib/packet.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

/* A world with one filter in which everything is accepted or rejected by its
 * protocol, session s1 of it to 'target', and e1 as its source. */
static struct tm_session *
put_world(struct tm_model *model)
{
    const char *rules[] = {
        "in 1 reject ipv4 udp - - - 53-53",
        "in 2 accept ipv4 all - - - -",
        "out 7 accept ipv6 all - - - -",
        NULL,
    };
    struct tm_session *s = t_session(1, 4, 1);
    struct tm_eni *eni = t_eni(1, NULL);

    tm_model_init(model);
    tm_model_put_filter(model, t_filter(1, rules), NULL);
    eni->macs = xmalloc(sizeof *eni->macs);
    eni->macs[0] = (struct eth_addr) ETH_ADDR_C(0a,00,00,00,00,01);
    eni->n_macs = 1;
    tm_model_put_eni(model, eni, NULL);
    tm_model_put_eni(model, t_eni(2, NULL), NULL);
    t_add_source(s, 1);
    s->vni = 77;
    return s;
}

/* What a node says of its source. */
static struct tm_explain_way
attached(bool is_node)
{
    return (struct tm_explain_way) {
        .status = "attached", .agent = "hv1", .reason = "", .ofport = 5,
        .mirrored = true, .is_node = is_node, .max_len = 1464,
        .vxlan_port = 4789, .tunnel = 9, .tunnel_name = "tun",
        .path_mtu = 9000,
    };
}

/* A question: which ENI, direction ("in", "out"), flow, place, way. */
struct question {
    unsigned int eni;
    const char *direction, *flow;
    struct tm_explain_place place;
    struct tm_explain_way way;
};

static struct question
ask_node(const char *direction, const char *flow)
{
    return (struct question) {
        .eni = 1, .direction = direction, .flow = flow,
        .place = {
            .vxlan_port = 4789, .plugged = true,
            .mac = ETH_ADDR_C(0a,00,00,00,00,99),
        },
        .way = attached(true),
    };
}

static struct question
ask_database(const char *direction, const char *flow)
{
    return (struct question) {
        .eni = 1, .direction = direction, .flow = flow,
        .place = { .vxlan_port = TM_VXLAN_PORT_DEFAULT },
        .way = attached(false),
    };
}

/* True if the answer, behind the trials, is 'want'. */
static bool
answers(const struct tm_model *model, const struct question *q,
        const char *want)
{
    const struct uuid uuid = t_uuid(T_ENI, q->eni);
    struct ds ds = DS_EMPTY_INITIALIZER;
    enum tm_direction direction;
    struct tm_explain e;
    struct flow flow;
    const char *have;
    bool ok;

    CU_ASSERT_FATAL(tm_direction_from_string(q->direction, &direction));
    CU_ASSERT_FATAL(t_error_is(tm_packet_parse_flow(q->flow, &flow), NULL,
                               q->flow));
    tm_explain_init(&e, model, tm_model_get_eni(model, &uuid), direction,
                    &flow, &q->place);
    tm_explain_format(&e, &q->way, &ds);
    tm_explain_uninit(&e);
    have = strstr(ds_cstr(&ds), "decision: ");
    ok = t_text_is(have ? have : ds_cstr(&ds), want);
    ds_destroy(&ds);
    return ok;
}

#define BY_RULE_2 "session \"s1\" (priority 4), inbound rule 2 (accept)\n"

static void
test_node(void)
{
    struct tm_model model;
    struct question q;

    tm_model_put_session(&model, put_world(&model), NULL);
    q = ask_node("in", "tcp");
    CU_ASSERT(answers(
        &model, &q,
        "decision: copied to address 10.9.9.9: " BY_RULE_2
        "source: attached on hv1 (ofport 5)\n"
        "copy: VXLAN to 10.9.9.9, UDP port 4789, VNI 77\n"
        "kept: the first 1464 bytes of a longer frame (MTU 1500 less 36 bytes "
        "of outer headers)\n"
        "tunnel: tun (ofport 9)\n"
        "route: MTU 9000\n"));

    q.way.max_len = 0;
    q.way.path_mtu = 0;
    q.way.reason = "one \033thing";
    CU_ASSERT(answers(
        &model, &q,
        "decision: copied to address 10.9.9.9: " BY_RULE_2
        "source: attached on hv1 (ofport 5): one \\u001bthing\n"
        "copy: VXLAN to 10.9.9.9, UDP port 4789, VNI 77\n"
        "kept: the whole frame\n"
        "tunnel: tun (ofport 9)\n"
        "route: this node has none to 10.9.9.9: the copy goes nowhere\n"));

    q = ask_node("in", "udp,tp_dst=53");
    CU_ASSERT(answers(&model, &q,
                      "decision: not copied: session \"s1\" (priority 4), "
                      "inbound rule 1 (reject)\n"));
    q = ask_node("in", "tcp6");
    CU_ASSERT(answers(&model, &q,
                      "decision: not copied: no rule of any session "
                      "matches\n"));
    tm_model_uninit(&model);
}

/* Why the copy of a packet that is to be copied goes nowhere. */
static void
test_goes_nowhere(void)
{
    struct tm_model model;
    struct question q;

    tm_model_put_session(&model, put_world(&model), NULL);
    q = ask_node("in", "tcp");
    q.way.status = "detached";
    q.way.reason = "no port";
    CU_ASSERT(answers(
        &model, &q,
        "decision: copied to address 10.9.9.9: " BY_RULE_2
        "source: detached: no port\n"
        "copy: none now: the source is detached (else VXLAN to 10.9.9.9, UDP "
        "port 4789, VNI 77)\n"));
    q = ask_database("in", "tcp");
    q.way.status = "error";
    q.way.reason = "no tunnel";
    CU_ASSERT(answers(
        &model, &q,
        "decision: copied to address 10.9.9.9: " BY_RULE_2
        "source: error: no tunnel\n"
        "copy: none now: the source is in error (else VXLAN to 10.9.9.9, VNI "
        "77)\n"));
    q = ask_database("in", "tcp");
    q.way.mirrored = false;
    CU_ASSERT(answers(
        &model, &q,
        "decision: copied to address 10.9.9.9: " BY_RULE_2
        "source: attached on hv1 (ofport 5)\n"
        "copy: none now: the source is not mirrored inbound (else VXLAN to "
        "10.9.9.9, VNI 77)\n"));
    tm_model_uninit(&model);
}

/* What stops a packet although a rule matches. */
static void
test_before(void)
{
    static const struct {
        const char *direction, *flow;
        bool local;
        const char *want;
    } cases[] = {
        { "in", "arp", false, "packet is not IP" },
        { "in", "udp,nw_dst=10.9.9.9,tp_dst=4789", false,
          "loop guard: UDP to port 4789 of the mirror target 10.9.9.9 may be "
          "a copy" },
        { "out", "udp,nw_dst=10.9.9.9,tp_dst=4789", false,
          "loop guard: UDP to port 4789 of the mirror target 10.9.9.9 may be "
          "a copy" },
        { "in", "udp,nw_dst=10.9.9.9,tp_dst=4789,nw_frag=first", false, NULL },
        { "in", "udp,nw_dst=10.9.9.9,tp_dst=4790", false, NULL },
        { "in", "tcp,nw_dst=10.9.9.9,tp_dst=4789", false, NULL },
        { "in", "udp,nw_dst=10.9.9.8,tp_dst=4789", false, NULL },
        { "in", "icmp,icmp_type=3", false, NULL },
        { "in", "icmp,icmp_type=3", true,
          "loop guard: an ICMP error to the bridge's own port may be the "
          "answer to a copy" },
        { "in", "icmp,icmp_type=3,nw_frag=first", true, NULL },
        { "in", "icmp,icmp_type=8", true, NULL },
        { "in", "tcp,dl_dst=0a:00:00:00:00:01", false, NULL },
        { "in", "tcp,dl_dst=0a:00:00:00:00:99", false, NULL },
        { "in", "tcp,dl_dst=ff:ff:ff:ff:ff:ff", false, NULL },
        { "in", "tcp,dl_dst=0a:00:00:00:00:02", false,
          "not received: 0a:00:00:00:00:02 is not an address of the ENI" },
        { "in", "tcp,dl_src=0a:00:00:00:00:99", false,
          "not received: the ENI sent it itself, from 0a:00:00:00:00:99" },
        { "in", "tcp,dl_src=0a:00:00:00:00:01", false,
          "not received: the ENI sent it itself, from 0a:00:00:00:00:01" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct question q = ask_node(cases[i].direction, cases[i].flow);
        struct ds want = DS_EMPTY_INITIALIZER;
        struct tm_model model;

        tm_model_put_session(&model, put_world(&model), NULL);
        q.place.local = cases[i].local;
        q.way.status = "detached";
        if (cases[i].want) {
            ds_put_format(&want, "decision: not copied: %s\n", cases[i].want);
        } else {
            ds_put_cstr(&want, "decision: copied to address 10.9.9.9: "
                        BY_RULE_2
                        "source: detached\n"
                        "copy: none now: the source is detached (else VXLAN "
                        "to 10.9.9.9, UDP port 4789, VNI 77)\n");
        }
        CU_ASSERT(answers(&model, &q, ds_cstr(&want)));
        ds_destroy(&want);
        tm_model_uninit(&model);
    }
}

static void
test_no_source(void)
{
    struct tm_model model;
    struct tm_session *s;
    struct tm_eni *eni;
    struct question q;

    tm_model_put_session(&model, put_world(&model), NULL);
    q = ask_node("in", "tcp");
    q.eni = 2;
    CU_ASSERT(answers(&model, &q, "decision: not copied: ENI \"e2\" is not a "
                      "source of any session\n"));

    eni = tm_eni_clone(tm_model_get_eni_by_name(&model, "e1"));
    eni->mirroring_supported = false;
    tm_model_put_eni(&model, eni, NULL);
    q.eni = 1;
    CU_ASSERT(answers(&model, &q, "decision: not copied: flavor does not "
                      "support mirroring\n"));

    eni = tm_eni_clone(tm_model_get_eni_by_name(&model, "e1"));
    eni->mirroring_supported = true;
    tm_model_put_eni(&model, eni, NULL);
    s = t_session(2, 9, 1);
    t_add_source(s, 2);
    s->target_type = TM_TARGET_ENI;
    s->target = t_uuid(T_ENI, 1);
    tm_model_put_session(&model, s, NULL);
    CU_ASSERT(answers(&model, &q, "decision: not copied: source: ENI \"e1\" "
                      "is the target of session \"s2\"; an ENI may not be a "
                      "source and a target at the same time\n"));
    tm_model_uninit(&model);
}

/* What the database alone says of the length, and of addresses that it does
 * not know. */
static void
test_database(void)
{
    static const struct {
        uint32_t mtu, length;
        bool ipv6;
        const char *kept;
    } cases[] = {
        { 0, 0, false, "as much as the MTU of the source leaves room for, "
          "which its node knows" },
        { 0, 96, false, "the first 96 bytes of a longer frame (packet length "
          "96), unless its node knows of another MTU" },
        { 0, 3, false, "the first 14 bytes of a longer frame (packet length "
          "3), unless its node knows of another MTU" },
        { 1500, 0, false, "the first 1464 bytes of a longer frame (MTU 1500 "
          "less 36 bytes of outer headers), unless its node knows of another "
          "MTU" },
        { 1500, 0, true, "the first 1444 bytes of a longer frame (MTU 1500 "
          "less 56 bytes of outer headers), unless its node knows of another "
          "MTU" },
        { 1500, 1464, false, "the first 1464 bytes of a longer frame (packet "
          "length 1464), unless its node knows of another MTU" },
        { 1500, 1465, false, "the first 1464 bytes of a longer frame (MTU "
          "1500 less 36 bytes of outer headers), unless its node knows of "
          "another MTU" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct question q = ask_database("in", "tcp,"
                                         "dl_dst=0a:00:00:00:00:02");
        const char *to = cases[i].ipv6 ? "fd00::9" : "10.9.9.9";
        struct tm_model model;
        struct tm_session *s = put_world(&model);
        struct tm_eni *eni = tm_eni_clone(tm_model_get_eni_by_name(&model,
                                                                   "e1"));
        char *want = xasprintf(
            "decision: copied to address %s: " BY_RULE_2
            "note: whether 0a:00:00:00:00:02 is an address of the ENI, so "
            "that it receives the packet, its node knows\n"
            "source: attached on hv1 (ofport 5)\n"
            "copy: VXLAN to %s, VNI 77\n"
            "kept: %s\n", to, to, cases[i].kept);

        s->packet_length = cases[i].length;
        s->target_addr = t_addr(to);
        tm_model_put_session(&model, s, NULL);
        eni->mtu = cases[i].mtu;
        tm_model_put_eni(&model, eni, NULL);
        CU_ASSERT(answers(&model, &q, want));
        free(want);
        tm_model_uninit(&model);
    }
}

/* The member, and the version of IP that is preferred. */
static void
test_targets(void)
{
    const char *members[] = { "172.31.1.2", "172.31.1.3", "fd31::9" };
    struct tm_model model;
    struct tm_session *s = put_world(&model);
    struct tm_lb *lb = t_lb(1, NULL, NULL);
    struct question q;
    struct tm_eni *eni;

    lb->members = xmalloc(3 * sizeof *lb->members);
    for (size_t i = 0; i < 3; i++) {
        lb->members[lb->n_members++] = t_addr(members[i]);
    }
    tm_lb_finish(lb);
    tm_model_put_lb(&model, lb, NULL);
    s->target_type = TM_TARGET_ELB;
    s->target = t_uuid(T_LB, 1);
    tm_model_put_session(&model, s, NULL);

    q = ask_node("in", "tcp,nw_src=1.2.3.6,nw_dst=10.0.0.1");
    q.way.max_len = 1444;
    CU_ASSERT(answers(
        &model, &q,
        "decision: copied to load balancer \"l1\", member 172.31.1.2 (slot "
        "148, 3 members): " BY_RULE_2
        "source: attached on hv1 (ofport 5)\n"
        "copy: VXLAN to 172.31.1.2, UDP port 4789, VNI 77\n"
        "kept: the first 1444 bytes of a longer frame (MTU 1500 less 56 bytes "
        "of outer headers)\n"
        "tunnel: tun (ofport 9)\n"
        "route: MTU 9000\n"));

    eni = t_eni(3, "10.0.0.5");
    eni->addresses = xrealloc(eni->addresses, 2 * sizeof *eni->addresses);
    eni->addresses[eni->n_addresses++] = t_addr("fd00::5");
    tm_model_put_eni(&model, eni, NULL);
    s = tm_session_clone(tm_model_get_session(&model, &s->uuid));
    s->target_type = TM_TARGET_ENI;
    s->target = t_uuid(T_ENI, 3);
    tm_model_put_session(&model, s, NULL);
    q.place.prefer = TM_IPV6;
    q.way.status = "detached";
    CU_ASSERT(answers(
        &model, &q,
        "decision: copied to ENI \"e3\" at fd00::5: " BY_RULE_2
        "source: detached\n"
        "copy: none now: the source is detached (else VXLAN to fd00::5, UDP "
        "port 4789, VNI 77)\n"));
    tm_model_uninit(&model);
}

CU_TestInfo tm_test_explain[] = {
    { "all that the node knows", test_node },
    { "a copy that goes nowhere", test_goes_nowhere },
    { "what stops a packet before the rules", test_before },
    { "an ENI that is no source", test_no_source },
    { "what the database knows", test_database },
    { "which member, which address", test_targets },
    CU_TEST_INFO_NULL
};

int
main(void)
{
    CU_SuiteInfo suites[] = {
        { .pName = "packet", .pTests = tm_test_packet },
        { .pName = "explain", .pTests = tm_test_explain },
        { .pName = "trace", .pTests = tm_test_trace },
        CU_SUITE_INFO_NULL
    };
    unsigned int n_failures;

    if (CU_initialize_registry() || CU_register_suites(suites)) {
        fprintf(stderr, "cannot register the tests\n");
        return 1;
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    n_failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return n_failures != 0;
}
