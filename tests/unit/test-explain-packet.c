/* SPDX-License-Identifier: Apache-2.0 */
/* test-explain-packet.c
 *
 * The flow that an operator writes; and the member of a load balancer that a
 * packet belongs to. */

#include <config.h>

#include "tests/unit/test-explain.h"

#include <stdlib.h>

#include "flow.h"
#include "lib/packet.h"
#include "lib/spread.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "util.h"

/* What is taken, and the same again for Open vSwitch's exact parser. */
static void
test_parse(void)
{
    static const struct {
        const char *text, *exact;
    } cases[] = {
        { "tcp,nw_src=1.2.3.4,nw_dst=5.6.7.8,tp_src=9,tp_dst=10",
          "dl_type=0x0800,nw_src=1.2.3.4,nw_dst=5.6.7.8,nw_proto=6,"
          "tcp_src=9,tcp_dst=10" },
        { "udp,tp_src=9,tp_dst=10",
          "dl_type=0x0800,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_proto=17,"
          "udp_src=9,udp_dst=10" },
        { "udp6,udp_src=9,ipv6_src=fd00::1,ipv6_dst=fd00::2",
          "dl_type=0x86dd,ipv6_src=fd00::1,ipv6_dst=fd00::2,nw_proto=17,"
          "udp_src=9,udp_dst=0" },
        { "dl_type=0x800,nw_proto=132,tp_dst=3",
          "dl_type=0x0800,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_proto=132,"
          "sctp_src=0,sctp_dst=3" },
        { "icmp,icmp_type=3,icmp_code=1",
          "dl_type=0x0800,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_proto=1,"
          "icmp_type=3,icmp_code=1" },
        { "icmp6,icmpv6_type=128",
          "dl_type=0x86dd,ipv6_src=::,ipv6_dst=::,nw_proto=58,"
          "icmpv6_type=128,icmpv6_code=0" },
        { "ip,nw_proto=58",
          "dl_type=0x0800,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_proto=58" },
        { "udp,tp_dst=9,nw_frag=first",
          "dl_type=0x0800,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_proto=17,"
          "nw_frag=first" },
        { "udp6,nw_frag=later",
          "dl_type=0x86dd,ipv6_src=::,ipv6_dst=::,nw_proto=44,"
          "nw_frag=later" },
        { "arp,arp_op=1", "dl_type=0x0806" },
        { "eth,dl_vlan=5,dl_type=0x88cc", "vlan_tci=0x1005,dl_type=0x88cc" },
        { "ip,nw_proto=47,nw_tos=8,nw_ttl=3",
          "dl_type=0x0800,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_proto=47" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds ds = DS_EMPTY_INITIALIZER;
        struct ds want = DS_EMPTY_INITIALIZER;
        struct flow flow, again;

        CU_ASSERT_FATAL(t_error_is(tm_packet_parse_flow(cases[i].text, &flow),
                                   NULL, cases[i].text));
        tm_packet_format_flow(&flow, &ds);
        ds_put_format(&want, "dl_src=00:00:00:00:00:00,"
                      "dl_dst=00:00:00:00:00:00,%s", cases[i].exact);
        CU_ASSERT(t_text_is(ds_cstr(&ds), ds_cstr(&want)));
        CU_ASSERT(t_error_is(parse_ofp_exact_flow(&again, NULL, NULL,
                                                  ds_cstr(&ds), NULL),
                             NULL, ds_cstr(&ds)));
        ds_destroy(&ds);
        ds_destroy(&want);
    }
}

static void
test_refuse(void)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "", "without any field" },
        { " , ", "without any field" },
        { "tcp,bogus=1", "bogus" },
        { "tcp,nw_src=1.2.3", "1.2.3" },
        { "tcp,nw_src=1.2.3.4/24", "without a mask" },
        { "tcp,tp_dst=0x50/0xfff0", "without a mask" },
        { "tcp,dl_src=01:00:00:00:00:00/01:00:00:00:00:00",
          "without a mask" },
        { "tcp,in_port=1", "\"in_port\" is not a field of a packet" },
        { "tcp,reg0=1", "\"reg0\" is not a field of a packet" },
        { "tcp,xxreg1=1", "\"xxreg1\" is not a field of a packet" },
        { "tcp,metadata=1", "\"metadata\" is not a field of a packet" },
        { "tcp,tun_id=1", "\"tun_id\" is not a field of a packet" },
        { "tcp,ct_state=+trk", "\"ct_state\" is not a field of a packet" },
        { "tcp,reg0[0..3]=1", "\"reg0[0..3]\" is not a field of a packet" },
        { "tcp,table=3", "\"table\" is not a field of a packet" },
        { "tcp,out_port=3", "\"out_port\" is not a field of a packet" },
        { "tcp,cookie=0/1", "\"cookie\" is not a field of a packet" },
        { "nw_src=1.2.3.4", "\"nw_src\" is not a field of this packet" },
        { "ip,tp_src=1", "\"tp_src\" is not a field of this packet" },
        { "icmp,tp_src=1", "\"tp_src\" is not a field of this packet" },
        { "tcp,udp_src=1", "\"udp_src\" is not a field of this packet" },
        { "tcp6,nw_src=1.2.3.4", "\"nw_src\" is not a field of this packet" },
        { "tcp,tp_dst=1,tp_dst=2", "\"tp_dst\" is given twice" },
        { "tcp,udp", "\"udp\" is a second protocol" },
        { "tcp,actions=drop", "actions" },
        { "ip,packet_type=(1,0x800)", "Ethernet" },
        { "\033[31m\ntcp", "u001b" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tm_packet packet;

        CU_ASSERT(t_error_is(tm_packet_parse(cases[i].text, &packet),
                             cases[i].error, cases[i].text));
    }
}

/* The slots as Open vSwitch 3.1.0 told them in a trace, both ways. */
static void
test_slot(void)
{
    static const struct {
        const char *text, *reply;
        uint32_t slot;
    } cases[] = {
        { "icmp,nw_src=1.2.3.4,nw_dst=10.0.0.1",
          "icmp,nw_src=10.0.0.1,nw_dst=1.2.3.4", 0xed },
        { "icmp,nw_src=1.2.3.6,nw_dst=10.0.0.1",
          "udp,nw_src=10.0.0.1,nw_dst=1.2.3.6,tp_src=5,nw_frag=later", 0x94 },
        { "tcp6,ipv6_src=fd00::1,ipv6_dst=fd00::2,tp_src=7",
          "ipv6,ipv6_src=fd00::2,ipv6_dst=fd00::1", 0xf0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tm_packet packet, reply;

        CU_ASSERT_FATAL(t_error_is(tm_packet_parse(cases[i].text, &packet),
                                   NULL, cases[i].text));
        CU_ASSERT_FATAL(t_error_is(tm_packet_parse(cases[i].reply, &reply),
                                   NULL, cases[i].reply));
        CU_ASSERT_EQUAL(tm_spread_slot(&packet), cases[i].slot);
        CU_ASSERT_EQUAL(tm_spread_slot(&reply), cases[i].slot);
    }
}

/* Known values: another release must not send connections elsewhere. */
static void
test_member(void)
{
    const struct tm_addr members[] = {
        t_addr("172.31.1.2"), t_addr("172.31.1.3"), t_addr("172.31.1.9"),
    };

    CU_ASSERT_EQUAL(tm_spread_member(members, 1, 17), 0);
    CU_ASSERT_EQUAL(tm_spread_member(members, 3, 237), 2);
    CU_ASSERT_EQUAL(tm_spread_member(members, 3, 148), 0);
    CU_ASSERT_EQUAL(tm_spread_member(members, 3, 37), 2);
}

CU_TestInfo tm_test_packet[] = {
    { "flows that are taken", test_parse },
    { "flows that are refused", test_refuse },
    { "slot of a packet", test_slot },
    { "member of a slot", test_member },
    CU_TEST_INFO_NULL
};
