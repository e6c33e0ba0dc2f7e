/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c
 *
 * The first table behind the hooks decides what is looked at at all.  Only IP
 * goes on; ARP and the like find no flow.  UDP to the VXLAN port may be a copy
 * on its way to a target, which must not be copied again; whether it is, shows
 * only its destination.  That second look is in a table of its own: it keeps
 * the addresses of targets out of the datapath flows of all other traffic,
 * which would otherwise be as narrow as an IPv6 host (table-design.md 6).
 *
 * A frame that a server sends to its own address is sent, not received, so a
 * source is left out among the receivers of its own frames. */

#include <config.h>
#include "plugin/compile/stage.h"

#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "lib/encap.h"
#include "packets.h"
#include "util.h"

static const struct tm_origin no_origin;

/* Plain value: input of the global unit. */
struct global_input {
    ofp_port_t tunnel;
    uint16_t vxlan_port;
};

static void
match_udp(struct match *match, enum tm_ip ip)
{
    match_init_catchall(match);
    match_set_dl_type(match, htons(ip == TM_IPV4 ? ETH_TYPE_IP
                                   : ETH_TYPE_IPV6));
    match_set_nw_proto(match, IPPROTO_UDP);
}

static void
add_ip_flows(uint8_t base, const struct global_input *in, enum tm_ip ip,
             struct tm_flow_list *out)
{
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 64);
    match_udp(&match, ip);
    match_set_tp_dst(&match, htons(in->vxlan_port));
    tm_act_resubmit(&acts, base + TM_TABLE_GUARD_ADDR);
    tm_flow_list_add(out, base + TM_TABLE_GUARD, 90, &no_origin, &match,
                     &acts);

    match_init_catchall(&match);
    match_set_dl_type(&match, htons(ip == TM_IPV4 ? ETH_TYPE_IP
                                    : ETH_TYPE_IPV6));
    tm_act_resubmit(&acts, base + TM_TABLE_SOURCE);
    tm_flow_list_add(out, base + TM_TABLE_GUARD, 0, &no_origin, &match, &acts);
    ofpbuf_uninit(&acts);
}

static void
build_global(uint8_t base, const void *input, struct tm_flow_list *out)
{
    const struct global_input *in = input;
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 64);

    /* What comes back on the tunnel port is nobody's. */
    match_init_catchall(&match);
    match_set_in_port(&match, in->tunnel);
    tm_flow_list_add(out, 0, TM_PRIO_TUNNEL_DROP, &no_origin, &match, &acts);

    add_ip_flows(base, in, TM_IPV4, out);
    add_ip_flows(base, in, TM_IPV6, out);

    match_init_catchall(&match);
    tm_act_resubmit(&acts, base + TM_TABLE_SOURCE);
    tm_flow_list_add(out, base + TM_TABLE_GUARD_ADDR, 0, &no_origin, &match,
                     &acts);
    ofpbuf_uninit(&acts);
}

static void
build_target(uint8_t base, const void *input, struct tm_flow_list *out)
{
    const struct tm_addr *addr = input;
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 64);
    match_udp(&match, addr->ip);
    if (addr->ip == TM_IPV4) {
        match_set_nw_dst(&match, in6_addr_get_mapped_ipv4(&addr->in6));
    } else {
        match_set_ipv6_dst(&match, &addr->in6);
    }
    tm_flow_list_add(out, base + TM_TABLE_GUARD_ADDR, 90, &no_origin, &match,
                     &acts);
    ofpbuf_uninit(&acts);
}

void
tm_guard_declare(struct tm_units *units, const struct tm_plan *plan,
                 bool targets_changed)
{
    const struct tm_unit_name global = { TM_UNIT_GLOBAL, NULL, 0 };
    struct global_input input;
    struct tm_addr *addrs;
    size_t n;

    memset(&input, 0, sizeof input);
    input.tunnel = plan->node->tunnel;
    input.vxlan_port = plan->node->vxlan_port;
    tm_units_want(units, &global, build_global,
                  &(struct tm_unit_input) { &input, sizeof input });

    if (!targets_changed) {
        return;
    }
    tm_units_drop_type(units, TM_UNIT_TARGET);
    n = tm_model_target_addresses(plan->model, &addrs);
    for (size_t i = 0; i < n; i++) {
        const struct tm_unit_name name = {
            TM_UNIT_TARGET, &addrs[i].in6, sizeof addrs[i].in6
        };
        const struct tm_unit_input target = { &addrs[i], sizeof addrs[i] };

        tm_units_want(units, &name, build_target, &target);
    }
    free(addrs);
}

/* ICMP errors that the node itself receives at LOCAL may be answers to its
 * copies, so they are not copied. */
static void
add_local_errors(uint8_t base, const struct tm_origin *origin,
                 struct tm_flow_list *out)
{
    struct ofpbuf acts;

    ofpbuf_init(&acts, 0);
    for (size_t i = 0; i < tm_n_icmp_errors; i++) {
        const struct tm_icmp_error *e = &tm_icmp_errors[i];
        struct match match;

        match_init_catchall(&match);
        tm_match_reg(&match, TM_REG_SOURCE, ofp_to_u16(OFPP_LOCAL));
        tm_match_reg(&match, TM_REG_DIRECTION, TM_IN);
        match_set_dl_type(&match, e->dl_type);
        match_set_nw_proto(&match, e->proto);
        match_set_icmp_type(&match, e->type);
        tm_flow_list_add(out, base + TM_TABLE_GUARD, 95, origin, &match,
                         &acts);
    }
    ofpbuf_uninit(&acts);
}

void
tm_guard_add_sender(uint8_t base, ofp_port_t in_port,
                    const struct tm_origin *origin, struct tm_flow_list *out)
{
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 64);
    match_init_catchall(&match);
    match_set_in_port(&match, in_port);
    tm_match_reg(&match, TM_REG_SOURCE, ofp_to_u16(in_port));
    tm_match_reg(&match, TM_REG_DIRECTION, TM_IN);
    tm_flow_list_add(out, base + TM_TABLE_GUARD, 100, origin, &match, &acts);
    ofpbuf_uninit(&acts);
    if (in_port == OFPP_LOCAL) {
        add_local_errors(base, origin, out);
    }
}
