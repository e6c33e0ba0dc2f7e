/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-flow.c
 *
 * The flow that an operator gives to 'explain' (lib/packet.h).  It is parsed
 * by Open vSwitch: no text may end the program, what is taken is a packet that
 * match.h can judge, and what the switch is asked about is that packet. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "lib/packet.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "packets.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

static void
check_packet(const struct tm_packet *packet)
{
    bool has_ports = ((packet->proto == IPPROTO_TCP
                       || packet->proto == IPPROTO_UDP)
                      && packet->is_ip && !packet->fragment);

    ovs_assert(has_ports || (!packet->sport && !packet->dport));
    if (!packet->is_ip) {
        ovs_assert(!packet->proto && !packet->fragment);
        return;
    }
    ovs_assert(packet->ip == TM_IPV4 || packet->ip == TM_IPV6);
    ovs_assert(packet->src.ip == packet->ip && packet->dst.ip == packet->ip);
    ovs_assert(packet->ip == TM_IPV6
               || (IN6_IS_ADDR_V4MAPPED(&packet->src.in6)
                   && IN6_IS_ADDR_V4MAPPED(&packet->dst.in6)));
}

static bool
packets_equal(const struct tm_packet *a, const struct tm_packet *b)
{
    return (a->is_ip == b->is_ip
            && (!a->is_ip || (a->ip == b->ip
                              && tm_addr_equal(&a->src, &b->src)
                              && tm_addr_equal(&a->dst, &b->dst)))
            && a->proto == b->proto && a->fragment == b->fragment
            && a->sport == b->sport && a->dport == b->dport);
}

/* Open vSwitch's exact parser takes what is written for it. */
static void
check_format(const struct flow *flow, const struct tm_packet *packet)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct tm_packet again;
    struct flow exact;
    char *error;

    tm_packet_format_flow(flow, &s);
    error = parse_ofp_exact_flow(&exact, NULL, NULL, ds_cstr(&s), NULL);
    ovs_assert(!error);
    tm_packet_from_flow(&exact, &again);
    ovs_assert(packets_equal(packet, &again));
    ds_destroy(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct tm_packet packet;
    struct flow flow;
    char *error;

    fuzz_init();
    error = tm_packet_parse_flow(text, &flow);
    if (error) {
        fuzz_check_error(error);
    } else {
        tm_packet_from_flow(&flow, &packet);
        check_packet(&packet);
        check_format(&flow, &packet);
    }
    free(text);
    return 0;
}
