/* SPDX-License-Identifier: Apache-2.0 */
/* packet.c
 *
 * Open vSwitch parses the text; what is left is to take from its flow what the
 * semantics look at.  As in the switch, a fragment shows no ports, the first
 * one neither. */

#include <config.h>

#include "lib/packet.h"

#include "flow.h"
#include "openvswitch/ofp-flow.h"
#include "packets.h"

char *
tm_packet_parse(const char *text, struct tm_packet *packet)
{
    struct flow flow;
    char *error = parse_ofp_exact_flow(&flow, NULL, NULL, text, NULL);

    if (error) {
        return error;
    }
    tm_packet_from_flow(&flow, packet);
    return NULL;
}

void
tm_packet_from_flow(const struct flow *flow, struct tm_packet *packet)
{
    memset(packet, 0, sizeof *packet);
    packet->is_ip = is_ip_any(flow);
    if (!packet->is_ip) {
        return;
    }

    if (flow->dl_type == htons(ETH_TYPE_IP)) {
        packet->ip = TM_IPV4;
        packet->src.in6 = in6_addr_mapped_ipv4(flow->nw_src);
        packet->dst.in6 = in6_addr_mapped_ipv4(flow->nw_dst);
    } else {
        packet->ip = TM_IPV6;
        packet->src.in6 = flow->ipv6_src;
        packet->dst.in6 = flow->ipv6_dst;
    }
    packet->src.ip = packet->dst.ip = packet->ip;
    packet->proto = flow->nw_proto;
    packet->fragment = (flow->nw_frag & FLOW_NW_FRAG_ANY) != 0;
    if (!packet->fragment && (flow->nw_proto == IPPROTO_TCP
                              || flow->nw_proto == IPPROTO_UDP)) {
        packet->sport = ntohs(flow->tp_src);
        packet->dport = ntohs(flow->tp_dst);
    }
}
