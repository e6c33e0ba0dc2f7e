/* SPDX-License-Identifier: Apache-2.0 */
/* test-flow.c
 *
 * Flows, written as for ovs-ofctl(8): what the wire, other words and the
 * builders make of them, and which actions are let through.  Sets are in
 * test-flow-set.c. */

#include <config.h>

#include "tests/unit/test-flow.h"

#include <flow.h>
#include <CUnit/Basic.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "random.h"
#include "util.h"

/* ## Helpers ## */

struct tm_flow *
flow_from_text(const char *text)
{
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    char *error = parse_ofp_str(&fm, OFPFC_ADD, text, NULL, NULL, &usable);

    if (error) {
        ovs_fatal(0, "%s: %s", text, error);
    }

    struct ofpbuf ofpacts = ofpbuf_const_initializer(fm.ofpacts,
                                                     fm.ofpacts_len);
    struct match match;
    minimatch_expand(&fm.match, &match);
    uint8_t table = fm.table_id == OFPTT_ALL ? 0 : fm.table_id;
    struct tm_flow *flow = tm_flow_create(table, fm.priority, fm.new_cookie,
                                          &match, &ofpacts, NULL);
    minimatch_destroy(&fm.match);
    free(fm.ofpacts);
    return flow;
}

static char *
flow_to_text(const struct tm_flow *flow)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    tm_flow_format(flow, &s);
    return ds_steal_cstr(&s);
}

/* Says which flows differ, since CUnit only says where. */
static bool
check_same(const char *what, const struct tm_flow *a, const struct tm_flow *b)
{
    if (tm_flow_equal(a, b)) {
        return true;
    }

    char *a_text = flow_to_text(a);
    char *b_text = flow_to_text(b);
    printf("\n%s:\n  %s\n  %s\n", what, a_text, b_text);
    free(a_text);
    free(b_text);
    return false;
}

/* The flow as a switch that got it in a flow_mod would have it. */
static struct tm_flow *
through_flow_mod(const struct tm_flow *flow)
{
    struct ofputil_flow_mod fm = {
        .priority = flow->priority,
        .new_cookie = flow->cookie,
        .table_id = flow->table_id,
        .command = OFPFC_ADD,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .ofpacts = flow->ofpacts,
        .ofpacts_len = flow->ofpacts_len,
    };
    minimatch_clone(&fm.match, &flow->match);
    struct ofpbuf *msg = ofputil_encode_flow_mod(&fm, OFPUTIL_P_OF15_OXM);
    minimatch_destroy(&fm.match);

    struct ofputil_flow_mod decoded;
    struct ofpbuf ofpacts;
    ofpbuf_init(&ofpacts, 64);
    enum ofperr error = ofputil_decode_flow_mod(
        &decoded, msg->data, OFPUTIL_P_OF15_OXM, NULL, NULL, &ofpacts,
        OFPP_MAX, 255);
    CU_ASSERT_EQUAL_FATAL(error, 0);

    struct match match;
    minimatch_expand(&decoded.match, &match);
    struct tm_flow *copy = tm_flow_create(decoded.table_id, decoded.priority,
                                          decoded.new_cookie, &match,
                                          &ofpacts, NULL);
    minimatch_destroy(&decoded.match);
    ofpbuf_uninit(&ofpacts);
    ofpbuf_delete(msg);
    return copy;
}

/* The flow as a switch tells it in a flow stats reply. */
static struct tm_flow *
through_flow_stats(const struct tm_flow *flow)
{
    struct ofputil_flow_stats_request fsr = {
        .out_port = OFPP_ANY, .out_group = OFPG_ANY, .table_id = OFPTT_ALL,
    };
    match_init_catchall(&fsr.match);
    struct ofpbuf *request = ofputil_encode_flow_stats_request(
        &fsr, OFPUTIL_P_OF15_OXM);

    struct ofputil_flow_stats fs = {
        .cookie = flow->cookie,
        .table_id = flow->table_id,
        .priority = flow->priority,
        .ofpacts = flow->ofpacts,
        .ofpacts_len = flow->ofpacts_len,
    };
    minimatch_expand(&flow->match, &fs.match);
    struct ovs_list replies;
    ofpmp_init(&replies, request->data);
    ofputil_append_flow_stats_reply(&fs, &replies, NULL);
    ofpbuf_delete(request);

    struct ofpbuf *reply = ofpbuf_from_list(ovs_list_pop_front(&replies));
    struct ofpbuf ofpacts;
    ofpmsg_update_length(reply);
    reply->header = NULL;       /* Not decoded yet. */
    ofpbuf_init(&ofpacts, 64);
    int retval = ofputil_decode_flow_stats_reply(&fs, reply, true, &ofpacts);
    CU_ASSERT_EQUAL_FATAL(retval, 0);
    struct tm_flow *copy = tm_flow_from_stats(&fs);
    ofpbuf_uninit(&ofpacts);
    ofpbuf_delete(reply);
    return copy;
}

/* ## Flows ## */

/* One of each form of match and action that the compiler may use. */
static const char *const flow_texts[] = {
    "table=0,priority=0 actions=drop",
    "table=200,priority=65535,ip,nw_frag=later actions=drop",
    "table=202,priority=100,tcp,reg1=2,reg2=0,tp_dst=80 actions=drop",
    "table=202,udp6,tp_src=0x1000/0xf000,ipv6_src=2001:db8::/32 "
        "actions=load:1->NXM_NX_REG2[],resubmit(,203)",
    "table=202,icmp6,icmp_type=1,xxreg1=0x123456789abcdef0fedcba9876543210 "
        "actions=set_field:2->reg2",
    "table=0,in_port=5,reg10=0/0x4000000,cookie=0x746d000000000001 "
        "actions=load:1->NXM_NX_REG10[26],clone(load:5->NXM_NX_REG0[],"
        "load:2->NXM_NX_REG1[],resubmit(,200)),resubmit(,0),"
        "load:0->NXM_NX_REG10[26]",
    "table=0,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 "
        "actions=set_field:0x4000000/0x4000000->reg10",
    "table=201,reg0=1,reg1=1 actions="
        "set_field:0x123456789abcdef0fedcba9876543210->xxreg1,"
        "set_field:0xfedcba98765432100123456789abcdef->xxreg3,resubmit(,202)",
    "table=203,reg0=1,reg2=1 actions=set_field:10.0.0.1->tun_src,"
        "set_field:10.0.0.2->tun_dst,set_field:::->tun_ipv6_src,"
        "set_field:::->tun_ipv6_dst,set_field:77->tun_id,"
        "set_field:0->tun_flags,output:9",
    "table=203,reg0=2 actions=output(port=9,max_len=96)",
    "table=203,reg0=3 actions="
        "multipath(symmetric_l3,0,modulo_n,256,0,NXM_NX_REG3[]),"
        "resubmit(,208),output:9",
    "table=204,vlan_tci=0x1005/0x1fff actions=set_field:0->vlan_tci,"
        "set_field:0x1005->reg8",
    "table=204,vlan_tci=0/0x0fff actions=drop",
    "table=204,vlan_tci=0x1000/0x1000 actions="
        "move:NXM_OF_VLAN_TCI[0..12]->NXM_NX_REG8[0..12]",
    "table=204,vlan_tci=0xf005/0xffff actions=drop",
    /* Part of the priority bits: OpenFlow has all of them or none. */
    "table=204,vlan_tci=0x3005/0x3fff actions=drop",
    "table=206,reg8=0x1005 actions="
        "move:NXM_NX_REG8[0..12]->NXM_OF_VLAN_TCI[0..12],resubmit(,200)",
    "table=202,conj_id=7,xxreg1=0x1 actions=load:1->NXM_NX_REG2[]",
    "table=202,tcp,tp_src=8 actions=conjunction(7,1/2)",
    "table=202,tcp,tp_dst=8 actions=conjunction(7,2/2),conjunction(9,1/3)",
    "table=202,arp,arp_tpa=10.0.0.1 actions=drop",
    "table=32,metadata=0x5,reg14=3,reg15=0x8000/0x8000 actions="
        "clone(clone(set_field:1->reg0),resubmit(,200)),resubmit(,32)",
};

static void
test_normal_form(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(flow_texts); i++) {
        struct tm_flow *flow = flow_from_text(flow_texts[i]);
        struct tm_flow *mod = through_flow_mod(flow);
        struct tm_flow *stats = through_flow_stats(mod);

        CU_ASSERT(check_same("flow_mod", flow, mod));
        CU_ASSERT(check_same("flow stats", flow, stats));
        CU_ASSERT_EQUAL(flow->hash, stats->hash);
        CU_ASSERT_EQUAL(tm_flow_compare(flow, stats), 0);

        char *text = flow_to_text(flow);
        struct tm_flow *again = flow_from_text(text);
        CU_ASSERT(check_same("text", flow, again));
        free(text);

        tm_flow_unref(again);
        tm_flow_unref(flow);
        tm_flow_unref(mod);
        tm_flow_unref(stats);
    }
}

/* Different words for what a switch treats the same. */
static void
test_equal_words(void)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        { "actions=load:5->NXM_NX_REG0[]", "actions=set_field:5->reg0", true },
        { "actions=load:1->NXM_NX_REG10[26]",
          "actions=set_field:0x4000000/0x4000000->reg10", true },
        { "ip,nw_dst=10.1.2.3/8 actions=drop",
          "ip,nw_dst=10.0.0.0/8 actions=drop", true },
        { "reg0=1,reg1=2 actions=drop",
          "xreg0=0x100000002 actions=drop", true },
        { "cookie=1 actions=drop", "cookie=2 actions=drop", false },
        { "reg0=1 actions=drop", "reg0=2 actions=drop", false },
        { "actions=output:1", "actions=output:2", false },
        { "actions=output:1", "actions=output(port=1,max_len=100)", false },
        { "priority=1 actions=drop", "priority=2 actions=drop", false },
        { "table=1 actions=drop", "table=2 actions=drop", false },
        { "actions=clone(output:1),output:2",
          "actions=clone(output:1,output:2)", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tm_flow *a = flow_from_text(cases[i].a);
        struct tm_flow *b = flow_from_text(cases[i].b);

        if (cases[i].equal) {
            CU_ASSERT(check_same("words", a, b));
        } else {
            CU_ASSERT_FALSE(tm_flow_equal(a, b));
        }
        tm_flow_unref(a);
        tm_flow_unref(b);
    }
}

static struct tm_flow *
flow_from_actions(struct ofpbuf *ofpacts)
{
    struct match match;

    match_init_catchall(&match);
    struct tm_flow *flow = tm_flow_create(0, OFP_DEFAULT_PRIORITY, 0, &match,
                                          ofpacts, NULL);
    ofpbuf_clear(ofpacts);
    return flow;
}

static void
check_actions(struct ofpbuf *ofpacts, const char *text)
{
    struct tm_flow *built = flow_from_actions(ofpacts);
    struct tm_flow *parsed = flow_from_text(text);

    CU_ASSERT(check_same("builder", built, parsed));
    tm_flow_unref(built);
    tm_flow_unref(parsed);
}

static void
test_builders(void)
{
    const struct uuid uuid
        = { { 0x12345678, 0x9abcdef0, 0xfedcba98, 0x76543210 } };
    union mf_value value;
    struct ofpbuf b;

    ofpbuf_init(&b, 16);        /* Small, so that it is moved on the way. */
    tm_act_set_reg(&b, MFF_REG0, 5);
    tm_act_set_reg_masked(&b, MFF_REG10, UINT32_MAX, 1u << 26);
    tm_act_set_uuid(&b, MFF_XXREG1, &uuid);
    check_actions(&b, "actions=set_field:5->reg0,"
                  "set_field:0x4000000/0x4000000->reg10,"
                  "set_field:0x123456789abcdef0fedcba9876543210->xxreg1");

    memset(&value, 0, sizeof value);
    value.be32 = htonl(0x0a000001);
    tm_act_set_field(&b, MFF_TUN_DST, &value);
    tm_act_move(&b, MFF_REG8, 0, MFF_VLAN_TCI, 0, 13);
    tm_act_output(&b, u16_to_ofp(9), 0);
    tm_act_output(&b, u16_to_ofp(9), 96);
    check_actions(&b, "actions=set_field:10.0.0.1->tun_dst,"
                  "move:NXM_NX_REG8[0..12]->NXM_OF_VLAN_TCI[0..12],"
                  "output:9,output(port=9,max_len=96)");

    size_t outer = tm_act_clone_begin(&b);
    tm_act_set_reg(&b, MFF_REG0, 1);
    size_t inner = tm_act_clone_begin(&b);
    tm_act_set_uuid(&b, MFF_XXREG3, &uuid);
    tm_act_clone_end(&b, inner);
    tm_act_resubmit(&b, 200);
    tm_act_clone_end(&b, outer);
    tm_act_resubmit(&b, 0);
    check_actions(&b, "actions=clone(set_field:1->reg0,clone("
                  "set_field:0x123456789abcdef0fedcba9876543210->xxreg3),"
                  "resubmit(,200)),resubmit(,0)");

    tm_act_conjunction(&b, 7, 1, 2);
    tm_act_conjunction(&b, 9, 3, 3);
    check_actions(&b, "actions=conjunction(7,1/2),conjunction(9,3/3)");

    struct match match;
    match_init_catchall(&match);
    tm_match_reg(&match, MFF_REG0, 5);
    tm_match_uuid(&match, MFF_XXREG1, &uuid);
    struct tm_flow *built = tm_flow_create(3, 4, htonll(5), &match, &b, NULL);
    struct tm_flow *parsed = flow_from_text(
        "table=3,priority=4,cookie=5,reg0=5,"
        "xxreg1=0x123456789abcdef0fedcba9876543210 actions=drop");
    CU_ASSERT(check_same("match", built, parsed));
    tm_flow_unref(built);
    tm_flow_unref(parsed);
    ofpbuf_uninit(&b);
}

/* More than a message holds is kept, so that the switch can refuse it. */
static void
test_too_long(void)
{
    struct ofpbuf b;

    ofpbuf_init(&b, 0);
    for (int i = 0; i < 10000; i++) {
        tm_act_resubmit(&b, 1); /* 16 bytes each on the wire. */
    }
    struct tm_flow *flow = flow_from_actions(&b);
    CU_ASSERT(flow->ofpacts_len > UINT16_MAX);
    tm_flow_unref(flow);
    ofpbuf_uninit(&b);
}

static void
test_check_actions(void)
{
    static const struct {
        const char *actions;
        const char *problem;    /* NULL: allowed. */
    } cases[] = {
        { "drop", NULL },
        { "set_field:1->reg0,move:NXM_NX_REG0[]->NXM_NX_REG1[],resubmit(,3)",
          NULL },
        { "clone(clone(output:3,output(port=3,max_len=64))),LOCAL", NULL },
        { "conjunction(3,1/2)", NULL },
        { "multipath(symmetric_l3,0,modulo_n,256,0,NXM_NX_REG3[])", NULL },
        { "group:1", "group" },
        { "clone(clone(group:1))", "group" },
        { "exit", "exit" },
        { "clone(output:1),clone(output:2,exit)", "exit" },
        { "ct(table=1)", "ct" },
        { "ct_clear", "ct_clear" },
        { "dec_ttl", "dec_ttl" },
        { "pop_vlan", "strip_vlan" },
        { "learn(table=1)", "learn" },
        { "meter:1", "meter" },
        { "controller", "output to reserved port 0xfffd" },
        { "controller(reason=action,userdata=00)", "controller" },
        { "goto_table:5", "goto_table" },
        { "NORMAL", "output to reserved port 0xfffa" },
        { "clone(IN_PORT)", "output to reserved port 0xfff8" },
        { "output(port=IN_PORT,max_len=64)",
          "output to reserved port 0xfff8" },
        { "bundle(eth_src,0,active_backup,ofport,members:1,2)", "bundle" },
        { "note:00", "note" },
        { "write_actions(output:1)", "write_actions" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        enum ofputil_protocol usable;
        struct ofpbuf ofpacts;
        struct ofpact_parse_params pp = {
            .ofpacts = &ofpacts,
            .usable_protocols = &usable,
        };

        ofpbuf_init(&ofpacts, 64);
        char *error = ofpacts_parse_instructions(cases[i].actions, &pp);
        if (error) {
            ovs_fatal(0, "%s: %s", cases[i].actions, error);
        }
        char *problem = tm_flow_check_actions(ofpacts.data, ofpacts.size);
        if (!nullable_string_is_equal(problem, cases[i].problem)) {
            printf("\n%s: %s\n", cases[i].actions, problem);
            CU_FAIL("unexpected verdict");
        } else {
            CU_PASS("verdict");
        }
        free(problem);
        ofpbuf_uninit(&ofpacts);
    }
}

int
main(void)
{
    static CU_TestInfo tests[] = {
        { "normal form survives the wire", test_normal_form },
        { "equal words, equal flows", test_equal_words },
        { "builders", test_builders },
        { "more actions than a message holds", test_too_long },
        { "forbidden actions", test_check_actions },
        { "set", test_set },
        { "difference of whole sets", test_diff_full },
        { "difference by journal", test_diff_journal },
        CU_TEST_INFO_NULL
    };
    CU_SuiteInfo suites[] = {
        { .pName = "flow", .pTests = tests },
        CU_SUITE_INFO_NULL
    };
    const char *env = getenv("TM_TEST_SEED");

    uint32_t seed = env ? strtoul(env, NULL, 10) : (uint32_t) time(NULL);

    printf("TM_TEST_SEED=%"PRIu32"\n", seed);
    random_set_seed(seed ? seed : 1);

    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned int n_failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return n_failures != 0;
}
