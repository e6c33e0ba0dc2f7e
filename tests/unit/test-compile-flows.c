/* SPDX-License-Identifier: Apache-2.0 */
/* test-compile-flows.c
 *
 * Exact flows of small cases, as ovs-ofctl(8) writes them, one table at a
 * time. */

#include <config.h>
#include "tests/unit/test-compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "openvswitch/dynamic-string.h"
#include "plugin/compile/stage.h"
#include "tests/unit/compile-world.h"
#include "util.h"

/* Compares the flows of 'table' with 'want', lines "PRIORITY[,MATCH] actions".
 * Cookies are another test's. */
static void
check_table(const struct world *w, const char *name, int table,
            const char *want)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct tm_flow **flows;
    size_t n = tm_flow_set_sorted(tm_compiler_want(w->compiler), &flows);

    for (size_t i = 0; i < n; i++) {
        struct ds line = DS_EMPTY_INITIALIZER;

        if (flows[i]->table_id == table) {
            tm_flow_format(flows[i], &line);
            ds_put_format(&s, "%s\n", strstr(ds_cstr(&line), "priority=")
                          + strlen("priority="));
        }
        ds_destroy(&line);
    }
    free(flows);
    if (strcmp(ds_cstr(&s), want)) {
        printf("\n%s, table %d, want:\n%shave:\n%s", name, table, want,
               ds_cstr(&s));
        CU_FAIL("flows");
    }
    ds_destroy(&s);
}

/* One session of filter 1 with ENI 5 on port 5. */
static void
small_world(struct world *w, const char *const *rules, size_t n,
            const struct tm_port *vlan, const char *target)
{
    struct tm_session *session;

    world_init(w);
    put_filter(w, 1, rules, n);
    put_eni(w, 5);
    put_port(w, 5, vlan);
    session = make_session(1, 1, 1, target);
    session_add_eni(session, 1, 5);
    put_session(w, session);
}

static const char *const example[] = {
    "in 1 accept tcp 172.16.0.0/24 10000-10001 10.0.0.3/32 80-80",
    "out 1 reject all 192.168.0.0/24 - 10.2.0.0/24 -",
};

#define FILTER_1 "reg4=0x1000100,reg5=0x1,reg6=0x1,reg7=0x42"
#define SESSION_1 "reg12=0x3000100,reg13=0x1,reg14=0x3,reg15=0x42"
#define CHAIN_1 \
    "set_field:0x1000100000000010000000100000042->xxreg1," \
    "set_field:0x3000100000000010000000300000042->xxreg3,resubmit(,202)"
#define MARK_IN "set_field:0x8000000/0x8000000->reg10,"
#define UNMARK_IN "set_field:0/0x8000000->reg10\n"
#define ADMIT_5 "clone(set_field:0x5->reg0,set_field:0x1->reg1,resubmit(,206))"
#define OWN_VLAN \
    "move:NXM_OF_VLAN_TCI[]->NXM_NX_REG8[0..15],set_field:0->vlan_tci," \
    "resubmit(,205)\n"
#define RESERVED \
    "200,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 actions=drop\n" \
    "200,dl_dst=01:00:0c:cc:cc:c0/ff:ff:ff:ff:ff:f8 actions=drop\n" \
    "200,dl_dst=01:00:0c:00:00:00 actions=drop\n" \
    "200,dl_dst=01:00:0c:cc:cc:cc actions=drop\n" \
    "200,dl_dst=01:00:0c:cc:cc:cd actions=drop\n" \
    "200,dl_dst=01:00:0c:cd:cd:cd actions=drop\n"

static const struct {
    int table;
    const char *flows;
} example_flows[] = {
    { 0,
      "65535,in_port=999 actions=drop\n"
      "65534,reg10=0/0x4000000,in_port=5 actions="
      "set_field:0x4000000/0x4000000->reg10,clone(set_field:0x5->reg0,"
      "set_field:0x2->reg1,resubmit(,200)),resubmit(,0),"
      "set_field:0/0x4000000->reg10\n"
      "65533,reg10=0/0x8000000,dl_dst=02:00:00:00:00:05 actions="
      MARK_IN "clone(resubmit(,204)),resubmit(,0)," UNMARK_IN
      "65533,ip,reg10=0/0x8000000,"
      "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 actions="
      MARK_IN "clone(resubmit(,204)),resubmit(,0)," UNMARK_IN
      "65533,ipv6,reg10=0/0x8000000,"
      "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 actions="
      MARK_IN "clone(resubmit(,204)),resubmit(,0)," UNMARK_IN },
    { 200,
      "100,reg0=0x5,reg1=0x1,in_port=5 actions=drop\n"
      "90,udp,tp_dst=4789 actions=resubmit(,209)\n"
      "90,udp6,tp_dst=4789 actions=resubmit(,209)\n"
      "0,ip actions=resubmit(,201)\n"
      "0,ipv6 actions=resubmit(,201)\n" },
    { 201,
      "100,reg0=0x5,reg1=0x1 actions=" CHAIN_1 "\n"
      "100,reg0=0x5,reg1=0x2 actions=" CHAIN_1 "\n" },
    { 202,
      "65535,ip,reg1=0x2,reg2=0," FILTER_1
      ",nw_src=192.168.0.0/24,nw_dst=10.2.0.0/24 actions="
      "set_field:0x2->reg2,resubmit(,203)\n"
      "65535,tcp,reg1=0x1,reg2=0," FILTER_1
      ",nw_src=172.16.0.0/24,nw_dst=10.0.0.3,tp_src=0x2710/0xfffe,tp_dst=80 "
      "actions=set_field:0x1->reg2,resubmit(,203)\n" },
    { 203,
      "100,reg0=0x5,reg2=0x1," SESSION_1 " actions=set_field:0x65->tun_id,"
      "set_field:::->tun_ipv6_src,set_field:::->tun_ipv6_dst,"
      "set_field:0.0.0.0->tun_src,set_field:172.31.1.9->tun_dst,"
      "clone(output(port=999,max_len=1464))\n"
      "100,reg0=0x5,reg2=0x2," SESSION_1 " actions=drop\n" },
    { 204, RESERVED "1 actions=" OWN_VLAN },
    { 205,
      "100,dl_dst=02:00:00:00:00:05 actions=" ADMIT_5 "\n"
      "40,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 actions="
      "resubmit(,207)\n" },
    { 206,
      "96,reg0=0x5,reg8=0x1000/0xffff actions=resubmit(,200)\n"
      "95,reg0=0x5 actions=move:NXM_NX_REG8[0..15]->NXM_OF_VLAN_TCI[],"
      "resubmit(,200)\n" },
    { 207, "0 actions=" ADMIT_5 "\n" },
    { 208, "" },
    { 209,
      "90,udp,nw_dst=172.31.1.9 actions=drop\n"
      "0 actions=resubmit(,201)\n" },
};

static void
test_example(void)
{
    struct world w;

    small_world(&w, example, 2, NULL, "172.31.1.9");
    world_run(&w);
    for (size_t i = 0; i < ARRAY_SIZE(example_flows); i++) {
        check_table(&w, "example", example_flows[i].table,
                    example_flows[i].flows);
    }
    world_uninit(&w);
}

static void
test_cookies(void)
{
    const struct uuid rule = rule_uuid(1, TM_OUT, 1);
    const struct uuid row = source_uuid(1, 5);
    const struct uuid eni = eni_uuid(5);
    struct tm_flow **flows;
    struct world w;
    size_t n;
    int n_rows = 0;

    small_world(&w, example, 2, NULL, "172.31.1.9");
    world_run(&w);
    n = tm_flow_set_sorted(tm_compiler_want(w.compiler), &flows);
    for (size_t i = 0; i < n; i++) {
        const struct tm_flow *f = flows[i];
        const struct tm_origin *o = &f->origin;
        char *bad = tm_flow_check_actions(f->ofpacts, f->ofpacts_len);

        CU_ASSERT_PTR_NULL(bad);
        free(bad);
        CU_ASSERT((f->cookie & htonll(TM_COOKIE_MASK))
                  == htonll(TM_COOKIE_MARK));
        CU_ASSERT(f->cookie == tm_cookie(o->table ? &o->row : NULL));
        if (f->table_id == 203) {
            CU_ASSERT_STRING_EQUAL(o->table, "Mirror_Source");
            CU_ASSERT(uuid_equals(&o->row, &row));
            n_rows++;
        } else if (f->table_id == 201) {
            CU_ASSERT_STRING_EQUAL(o->table, "Network_Interface");
            CU_ASSERT(uuid_equals(&o->row, &eni));
            n_rows++;
        } else if (f->table_id == 202) {
            CU_ASSERT_STRING_EQUAL(o->table, "Mirror_Filter_Rule");
            n_rows += uuid_equals(&o->row, &rule);
        }
    }
    CU_ASSERT_EQUAL(n_rows, 5);
    free(flows);
    world_uninit(&w);
}

/* VLAN columns, and what they make of TM_TABLE_VLAN and TM_TABLE_ADMIT. */

#define STRIP "set_field:0->vlan_tci,resubmit(,205)\n"
#define MOVE "move:NXM_OF_VLAN_TCI[]->NXM_NX_REG8[0..15],"
#define TAG_10 MOVE "set_field:0x100a/0x1fff->reg8," STRIP
#define ON "move:NXM_NX_REG8[0..15]->NXM_OF_VLAN_TCI[],resubmit(,200)\n"

static const struct {
    const char *name;
    enum tm_vlan_mode mode;
    uint16_t tag;
    int trunks[4];              /* -1: end.  First -1: NULL. */
    const char *vlan, *admit;
} vlan_cases[] = {
    { "access 10", TM_VLAN_ACCESS, 10, { -1 },
      "100,in_port=5,vlan_tci=0x0000/0x0fff actions=" TAG_10
      "90,in_port=5 actions=drop\n",
      "96,reg0=0x5,reg8=0xa/0xfff actions=resubmit(,200)\n" },
    { "access without tag", TM_VLAN_ACCESS, 0, { -1 },
      "100,in_port=5,vlan_tci=0x0000/0x0fff actions=" MOVE STRIP
      "90,in_port=5 actions=drop\n",
      "96,reg0=0x5,reg8=0/0xfff actions=resubmit(,200)\n" },
    { "trunk of 0, 10, 11", TM_VLAN_TRUNK, 0, { 0, 10, 11, -1 },
      "95,in_port=5,vlan_tci=0x0000/0x0fff actions=" MOVE STRIP
      "95,in_port=5,vlan_tci=0x100a/0x1ffe actions=" MOVE STRIP
      "90,in_port=5 actions=drop\n",
      "96,reg0=0x5,reg8=0x1000/0xffff actions=resubmit(,200)\n"
      "95,reg0=0x5,reg8=0xa/0xffe actions=" ON
      "95,reg0=0x5,reg8=0/0xfff actions=" ON },
    { "native-tagged 10, trunks 0, 20", TM_VLAN_NATIVE_TAGGED, 10,
      { 0, 20, -1 },
      "100,in_port=5,vlan_tci=0x0000/0x0fff actions=" TAG_10
      "95,in_port=5,dl_vlan=10 actions=" MOVE STRIP
      "95,in_port=5,dl_vlan=20 actions=" MOVE STRIP
      "90,in_port=5 actions=drop\n",
      "95,reg0=0x5,reg8=0xa/0xfff actions=" ON
      "95,reg0=0x5,reg8=0x14/0xfff actions=" ON },
    { "native-untagged 10, trunks 20", TM_VLAN_NATIVE_UNTAGGED, 10,
      { 20, -1 },
      "100,in_port=5,vlan_tci=0x0000/0x0fff actions=" TAG_10
      "95,in_port=5,dl_vlan=10 actions=" MOVE STRIP
      "95,in_port=5,dl_vlan=20 actions=" MOVE STRIP
      "90,in_port=5 actions=drop\n",
      "96,reg0=0x5,reg8=0xa/0xfff actions=resubmit(,200)\n"
      "95,reg0=0x5,reg8=0xa/0xfff actions=" ON
      "95,reg0=0x5,reg8=0x14/0xfff actions=" ON },
};

static void
test_vlan_modes(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(vlan_cases); i++) {
        struct tm_port vlan = {
            .vlan_mode = vlan_cases[i].mode, .tag = vlan_cases[i].tag
        };
        struct world w;
        char *want;

        if (vlan_cases[i].trunks[0] >= 0) {
            vlan.trunks = bitmap_allocate(4096);
            for (size_t j = 0; vlan_cases[i].trunks[j] >= 0; j++) {
                bitmap_set1(vlan.trunks, vlan_cases[i].trunks[j]);
            }
        }
        small_world(&w, example, 2, &vlan, "172.31.1.9");
        world_run(&w);
        want = xasprintf(RESERVED "%s1 actions=" OWN_VLAN,
                         vlan_cases[i].vlan);
        check_table(&w, vlan_cases[i].name, 204, want);
        check_table(&w, vlan_cases[i].name, 206, vlan_cases[i].admit);
        free(want);
        world_uninit(&w);
    }
}

/* Port ranges: how many flows in TM_TABLE_FILTER. */

static const struct {
    const char *rule;
    size_t n_flows;
    bool conjunction;
} range_cases[] = {
    { "in 7 accept all - - - -", 1, false },
    { "in 7 accept tcp - 80 - 80", 1, false },
    { "in 7 accept tcp - 1-65535 - -", 16, false },
    { "in 7 accept udp6 - - - 1-65534", 30, false },
    { "in 7 accept tcp - 1-65535 - 80", 16, false },
    { "in 7 accept tcp - 10000-10001 - 1-65534", 30, false },
    { "in 7 accept tcp - 80-83 - 80-82", 2, false },
    { "in 7 accept tcp - 80-82 - 80-82", 4, false },        /* 4 <= 5 */
    { "in 7 accept tcp - 1000-64534 - 1000-64534", 33, true },
    { "in 7 accept tcp - 1-65534 - 1-65534", 61, true },
};

static bool
looks_at_ports(const struct tm_flow *flow)
{
    struct match match;

    minimatch_expand(&flow->match, &match);
    return match.wc.masks.tp_src || match.wc.masks.tp_dst;
}

static void
test_port_ranges(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(range_cases); i++) {
        const char *rule = range_cases[i].rule;
        struct tm_flow **flows;
        struct world w;
        size_t n, n_filter = 0;
        bool conj = false;

        small_world(&w, &rule, 1, NULL, "172.31.1.9");
        world_run(&w);
        n = tm_flow_set_sorted(tm_compiler_want(w.compiler), &flows);
        for (size_t j = 0; j < n; j++) {
            struct match match;

            if (flows[j]->table_id != 202) {
                continue;
            }
            n_filter++;
            CU_ASSERT_EQUAL(flows[j]->priority, 65536 - 7);
            minimatch_expand(&flows[j]->match, &match);
            if (match.wc.masks.conj_id) {
                conj = true;
                CU_ASSERT_EQUAL(match.flow.conj_id, 7);
                CU_ASSERT(!looks_at_ports(flows[j]));
                CU_ASSERT(match.wc.masks.regs[4] && match.wc.masks.regs[1]
                          && match.wc.masks.regs[2]);
            }
            if (!i) {
                CU_ASSERT(!looks_at_ports(flows[j]));
            }
        }
        if (n_filter != range_cases[i].n_flows
            || conj != range_cases[i].conjunction) {
            printf("\n%s: %"PRIuSIZE" flows, conjunction %d\n", rule,
                   n_filter, conj);
            CU_FAIL("ranges");
        }
        free(flows);
        world_uninit(&w);
    }
}

/* How much of a frame is kept. */

static const struct {
    uint32_t eni_mtu, port_mtu, tunnel_mtu, packet_length;
    bool access;
    const char *target;
    uint32_t max_len;           /* 0: all. */
} cut_cases[] = {
    { 0, 0, 0, 0, false, "192.0.2.1", 1464 },
    { 0, 0, 0, 0, false, "2001:db8::1", 1444 },
    { 0, 9000, 0, 0, false, "192.0.2.1", 8964 },
    { 1400, 9000, 0, 0, false, "192.0.2.1", 1364 },
    { 1400, 1400, 1500, 0, false, "192.0.2.1", 0 },     /* 1418 fit. */
    { 1400, 1500, 1500, 0, false, "192.0.2.1", 1464 },  /* 1518 may come. */
    { 1446, 0, 1500, 0, false, "192.0.2.1", 0 },        /* 1464 do. */
    { 1447, 0, 1500, 0, false, "192.0.2.1", 1464 },     /* 1465 do not. */
    { 1450, 0, 1500, 0, true, "192.0.2.1", 0 },         /* No tag. */
    { 1451, 0, 1500, 0, true, "192.0.2.1", 1464 },
    { 1430, 0, 1500, 0, true, "2001:db8::1", 0 },
    { 1431, 0, 1500, 0, true, "2001:db8::1", 1444 },
    { 0, 0, 0, 96, false, "192.0.2.1", 96 },
    { 0, 0, 0, 1, false, "192.0.2.1", 14 },
    { 0, 0, 0, 65535, false, "192.0.2.1", 1464 },
    { 1500, 0, 9000, 65535, false, "192.0.2.1", 0 },
    { 1500, 0, 9000, 1514, true, "192.0.2.1", 0 },
    { 1500, 0, 9000, 1513, true, "192.0.2.1", 1513 },
    { 0, 0, 20, 0, false, "192.0.2.1", 14 },
};

static void
test_cut(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(cut_cases); i++) {
        struct tm_port port = {
            .vlan_mode = cut_cases[i].access ? TM_VLAN_ACCESS : TM_VLAN_TRUNK,
            .mtu = cut_cases[i].port_mtu,
        };
        struct tm_addr target = addr(cut_cases[i].target);
        struct tm_session *session = make_session(1, 1, 1, NULL);
        struct tm_eni *eni = make_eni(1);
        struct tm_node node;
        uint32_t max_len;

        tm_node_init(&node);
        node.tunnel_mtu = cut_cases[i].tunnel_mtu;
        eni->mtu = cut_cases[i].eni_mtu;
        session->packet_length = cut_cases[i].packet_length;
        max_len = tm_deliver_max_len(&node, eni, &port, session, target.ip);
        if (max_len != cut_cases[i].max_len) {
            printf("\ncase %"PRIuSIZE": %"PRIu32"\n", i, max_len);
            CU_FAIL("cut");
        }
        tm_session_destroy(session);
        tm_eni_destroy(eni);
        tm_node_uninit(&node);
    }
}

/* Outer addresses of both IP versions. */
static void
test_outer(void)
{
    struct world w;

    small_world(&w, example, 1, NULL, "2001:db8::9");
    w.node.has_encap4 = w.node.has_encap6 = true;
    w.node.encap4 = addr("172.31.0.1");
    w.node.encap6 = addr("fd99::1");
    w.node.tunnel_mtu = 9000;
    world_run(&w);
    check_table(&w, "IPv6", 203,
                "100,reg0=0x5,reg2=0x1," SESSION_1 " actions="
                "set_field:0x65->tun_id,set_field:0.0.0.0->tun_src,"
                "set_field:0.0.0.0->tun_dst,set_field:fd99::1->tun_ipv6_src,"
                "set_field:2001:db8::9->tun_ipv6_dst,output:999\n"
                "100,reg0=0x5,reg2=0x2," SESSION_1 " actions=drop\n");
    check_table(&w, "IPv6", 209,
                "90,udp6,ipv6_dst=2001:db8::9 actions=drop\n"
                "0 actions=resubmit(,201)\n");
    world_uninit(&w);
}

CU_TestInfo flows_tests[] = {
    { "worked example", test_example },
    { "cookies, origins, allowed actions", test_cookies },
    { "VLAN modes", test_vlan_modes },
    { "port ranges", test_port_ranges },
    { "cut", test_cut },
    { "outer addresses", test_outer },
    CU_TEST_INFO_NULL
};
