/* SPDX-License-Identifier: Apache-2.0 */
/* packet.c
 *
 * Open vSwitch parses the text, as ovs-ofctl does, so that all its names for
 * a field are known here ("tp_dst" after "udp" too).  A packet has one value
 * in each field: a mask that leaves a choice is an error.  What is left is to
 * take what the semantics look at.  As in the switch, a fragment shows no
 * ports, the first one neither. */

#include <config.h>

#include "lib/packet.h"

#include "flow.h"
#include "openvswitch/match.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-flow.h"
#include "packets.h"
#include "util.h"

/* Returns the name of a field that 'match' leaves a choice in, or NULL.
 * nw_frag is none: "later" and "first" are masks of two bits. */
static const char *
find_partial_field(const struct match *match)
{
    static const enum mf_field_id ids[] = {
        MFF_IPV4_SRC, MFF_IPV4_DST, MFF_IPV6_SRC, MFF_IPV6_DST,
        MFF_TCP_SRC, MFF_TCP_DST, MFF_UDP_SRC, MFF_UDP_DST,
    };

    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        const struct mf_field *mf = mf_from_id(ids[i]);

        union mf_value mask;

        if (!mf_are_match_prereqs_ok(mf, match)) {
            continue;
        }
        mf_get_mask(mf, &match->wc, &mask);
        if (!is_all_zeros(&mask, mf->n_bytes)
            && !is_all_ones(&mask, mf->n_bytes)) {
            return mf->name;
        }
    }
    return NULL;
}

char *
tm_packet_parse(const char *text, struct tm_packet *packet)
{
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;

    /* Command -1: matches only, no actions. */
    char *error = parse_ofp_str(&fm, -1, text, NULL, NULL, &usable);
    if (error) {
        return error;
    }

    struct match match;
    minimatch_expand(&fm.match, &match);
    minimatch_destroy(&fm.match);

    const char *partial = find_partial_field(&match);
    if (partial) {
        return xasprintf("%s: field %s must have one value, without a mask",
                         text, partial);
    }
    tm_packet_from_flow(&match.flow, packet);
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
    if (packet->ip == TM_IPV6 && flow->nw_frag & FLOW_NW_FRAG_LATER) {
        /* Open vSwitch shows the header there is, not the one of the first
         * fragment (flow.c, parse_ipv6_ext_hdrs()). */
        packet->proto = IPPROTO_FRAGMENT;
    }
    if (!packet->fragment && (flow->nw_proto == IPPROTO_TCP
                              || flow->nw_proto == IPPROTO_UDP)) {
        packet->sport = ntohs(flow->tp_src);
        packet->dport = ntohs(flow->tp_dst);
    }
}
