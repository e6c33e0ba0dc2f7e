/* SPDX-License-Identifier: Apache-2.0 */
/* packet.c
 *
 * Open vSwitch parses the text, as ovs-ofctl does, so that all its names for
 * a field are known here ("tp_dst" after "udp" too).  That parser is for
 * matches, and so takes much that means nothing for one packet: masks that
 * leave a choice, what the switch alone knows of a packet, tables and output
 * ports; and it drops a field without a word if the protocol that has it is
 * missing.  Each of these is an error here.
 *
 * What is left is to take what the semantics look at.  As in the switch, a
 * fragment shows no ports, the first one neither. */

#include <config.h>

#include "lib/packet.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-parse.h"
#include "packets.h"
#include "sset.h"
#include "util.h"

/* Text that a message repeats comes from outside. */
static char *
complain(const char *what, const char *why)
{
    char *quoted = tm_quote(what);
    char *error = xasprintf("%s %s", quoted, why);

    free(quoted);
    return error;
}

/* Returns the name of a field that 'match' leaves a choice in, or NULL.
 * nw_frag is none: "later" and "first" are masks of two bits; neither are the
 * VLAN fields, which are parts of each other. */
static const char *
find_partial_field(const struct match *match)
{
    static const enum mf_field_id ids[] = {
        MFF_ETH_SRC, MFF_ETH_DST,
        MFF_IPV4_SRC, MFF_IPV4_DST, MFF_IPV6_SRC, MFF_IPV6_DST,
        MFF_TCP_SRC, MFF_TCP_DST, MFF_UDP_SRC, MFF_UDP_DST,
        MFF_SCTP_SRC, MFF_SCTP_DST,
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

/* meta-flow.h lists what a switch knows of a packet beside its contents before
 * all fields of headers.  That the packet is Ethernet is said by every
 * protocol. */
static bool
is_in_packet(const struct mf_field *mf)
{
    return mf->id >= MFF_ETH_SRC || mf->id == MFF_PACKET_TYPE;
}

/* Returns an error if the packet of 'match' cannot have the field that was
 * given as 'name'. */
static char *
check_field(const char *name, const struct mf_field *mf,
            const struct match *match)
{
    uint8_t proto = match->flow.nw_proto;

    if (!is_in_packet(mf)) {
        return complain(name, "is not a field of a packet: ENI and DIRECTION "
                        "say where it is seen");
    }
    if (!strcmp(name, "tp_src") || !strcmp(name, "tp_dst")) {
        /* Of TCP by its number, but any of these by custom. */
        if (is_ip_any(&match->flow)
            && (proto == IPPROTO_TCP || proto == IPPROTO_UDP
                || proto == IPPROTO_SCTP)) {
            return NULL;
        }
    } else if (mf_are_match_prereqs_ok(mf, match)) {
        return NULL;
    }
    return complain(name, "is not a field of this packet: the protocol that "
                    "has it must be given too");
}

/* Looks at each word of 'text', which Open vSwitch has parsed to 'match'. */
static char *
check_words(const char *text, const struct match *match)
{
    struct sset seen = SSET_INITIALIZER(&seen);
    char *copy = xstrdup(text);
    char *pos = copy;
    char *name, *value, *error = NULL;
    size_t n_protocols = 0;

    while (!error && ofputil_parse_key_value(&pos, &name, &value)) {
        const struct ofp_protocol *protocol;
        const struct mf_field *mf = mf_from_name(name);

        if (!sset_add(&seen, name)) {
            error = complain(name, "is given twice");
        } else if (ofp_parse_protocol(name, &protocol)) {
            if (n_protocols++) {
                error = complain(name, "is a second protocol");
            }
        } else if (mf) {
            error = check_field(name, mf, match);
        } else if (strcmp(name, "eth")) {
            error = complain(name, "is not a field of a packet");
        }
    }
    if (!error && sset_is_empty(&seen)) {
        error = xstrdup("a flow without any field says nothing of a packet");
    }
    sset_destroy(&seen);
    free(copy);
    return error;
}

static char *
check_match(const char *text, const struct match *match)
{
    const char *partial;
    char *error = check_words(text, match);

    if (error) {
        return error;
    }
    partial = find_partial_field(match);
    if (partial) {
        return xasprintf("field %s must have one value, without a mask",
                         partial);
    }
    return (match->flow.packet_type != htonl(PT_ETH)
            ? xstrdup("only Ethernet frames are mirrored") : NULL);
}

/* Open vSwitch's errors do not always say what they are about. */
static char *
about_text(const char *text, char *error)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&ds, "flow ");
    tm_quote_to(text, &ds);
    ds_put_cstr(&ds, ": ");
    tm_line_to(error, &ds);
    free(error);
    return ds_steal_cstr(&ds);
}

char *
tm_packet_parse_flow(const char *text, struct flow *flow)
{
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;

    /* Command -1: matches only, no actions. */
    char *error = parse_ofp_str(&fm, -1, text, NULL, NULL, &usable);
    if (error) {
        return about_text(text, error);
    }

    struct match match;
    minimatch_expand(&fm.match, &match);
    minimatch_destroy(&fm.match);
    error = check_match(text, &match);
    if (error) {
        return about_text(text, error);
    }
    *flow = match.flow;
    return NULL;
}

char *
tm_packet_parse(const char *text, struct tm_packet *packet)
{
    struct flow flow;
    char *error = tm_packet_parse_flow(text, &flow);

    if (!error) {
        tm_packet_from_flow(&flow, packet);
    }
    return error;
}

/* The protocol that the switch shows. */
static uint8_t
shown_protocol(const struct flow *flow)
{
    /* Open vSwitch shows the header there is, not the one of the first
     * fragment (flow.c, parse_ipv6_ext_hdrs()). */
    return (flow->dl_type == htons(ETH_TYPE_IPV6)
            && flow->nw_frag & FLOW_NW_FRAG_LATER
            ? IPPROTO_FRAGMENT : flow->nw_proto);
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
    packet->proto = shown_protocol(flow);
    packet->fragment = (flow->nw_frag & FLOW_NW_FRAG_ANY) != 0;
    if (!packet->fragment && (flow->nw_proto == IPPROTO_TCP
                              || flow->nw_proto == IPPROTO_UDP)) {
        packet->sport = ntohs(flow->tp_src);
        packet->dport = ntohs(flow->tp_dst);
    }
}

/* Ports, or the type of ICMP. */
static void
format_transport(const struct flow *flow, struct ds *ds)
{
    static const struct {
        uint8_t proto;
        const char *src, *dst;
    } names[] = {
        { IPPROTO_TCP, "tcp_src", "tcp_dst" },
        { IPPROTO_UDP, "udp_src", "udp_dst" },
        { IPPROTO_SCTP, "sctp_src", "sctp_dst" },
        { IPPROTO_ICMP, "icmp_type", "icmp_code" },
        { IPPROTO_ICMPV6, "icmpv6_type", "icmpv6_code" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        bool other_ip = flow->dl_type == htons(ETH_TYPE_IP)
                        ? names[i].proto == IPPROTO_ICMPV6
                        : names[i].proto == IPPROTO_ICMP;

        if (names[i].proto == flow->nw_proto && !other_ip) {
            ds_put_format(ds, ",%s=%"PRIu16",%s=%"PRIu16,
                          names[i].src, ntohs(flow->tp_src),
                          names[i].dst, ntohs(flow->tp_dst));
        }
    }
}

static void
format_ip(const struct flow *flow, struct ds *ds)
{
    if (flow->dl_type == htons(ETH_TYPE_IP)) {
        ds_put_format(ds, ",nw_src="IP_FMT",nw_dst="IP_FMT,
                      IP_ARGS(flow->nw_src), IP_ARGS(flow->nw_dst));
    } else {
        ds_put_cstr(ds, ",ipv6_src=");
        ipv6_format_addr(&flow->ipv6_src, ds);
        ds_put_cstr(ds, ",ipv6_dst=");
        ipv6_format_addr(&flow->ipv6_dst, ds);
    }
    ds_put_format(ds, ",nw_proto=%"PRIu8, shown_protocol(flow));
    if (flow->nw_frag & FLOW_NW_FRAG_ANY) {
        ds_put_format(ds, ",nw_frag=%s",
                      flow->nw_frag & FLOW_NW_FRAG_LATER ? "later" : "first");
    } else {
        format_transport(flow, ds);
    }
}

void
tm_packet_format_flow(const struct flow *flow, struct ds *ds)
{
    ds_put_format(ds, "dl_src="ETH_ADDR_FMT",dl_dst="ETH_ADDR_FMT,
                  ETH_ADDR_ARGS(flow->dl_src), ETH_ADDR_ARGS(flow->dl_dst));
    if (flow->vlans[0].tci) {
        ds_put_format(ds, ",vlan_tci=0x%04"PRIx16, ntohs(flow->vlans[0].tci));
    }
    ds_put_format(ds, ",dl_type=0x%04"PRIx16, ntohs(flow->dl_type));
    if (is_ip_any(flow)) {
        format_ip(flow, ds);
    }
}
