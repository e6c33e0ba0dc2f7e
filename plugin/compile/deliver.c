/* SPDX-License-Identifier: Apache-2.0 */
/* deliver.c
 *
 * A copy leaves by the one tunnel port, which takes everything from the
 * packet's metadata.  A packet that itself came in by a tunnel still has the
 * metadata of that one, so each copy sets all of them, those of the IP version
 * it does not use to zero (table-design.md F4).  A source address of zero lets
 * the route choose.
 *
 * Cutting costs time in every datapath.  It is left out where no frame of the
 * source can be longer than what fits.
 *
 * A load balancer with members is a hash of the packet's addresses, the same
 * in both directions and for all fragments, to one of 256 slots, and a flow a
 * slot with the member's address.  A group would be the usual way, but one of
 * type select stops the production packet (table-design.md F1). */

#include <config.h>
#include "plugin/compile/stage.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "lib/encap.h"
#include "lib/spread.h"
#include "packets.h"
#include "util.h"

struct tm_tunnel
tm_tunnel_of_node(const struct tm_node *node)
{
    struct tm_tunnel tunnel;

    memset(&tunnel, 0, sizeof tunnel);
    tunnel.ofport = node->tunnel;
    if (node->has_encap4) {
        tunnel.encap4 = node->encap4;
    }
    if (node->has_encap6) {
        tunnel.encap6 = node->encap6;
    }
    return tunnel;
}

/* IPv4 fields are part of the mapped address; all zeros give 0.0.0.0. */
static void
set_ipv4(struct ofpbuf *acts, enum mf_field_id field,
         const struct tm_addr *addr)
{
    union mf_value value;

    memset(&value, 0, sizeof value);
    if (addr) {
        memcpy(&value.be32, &addr->in6.s6_addr[12], sizeof value.be32);
    }
    tm_act_set_field(acts, field, &value);
}

static void
set_ipv6(struct ofpbuf *acts, enum mf_field_id field,
         const struct tm_addr *addr)
{
    union mf_value value;

    memset(&value, 0, sizeof value);
    if (addr) {
        value.ipv6 = addr->in6;
    }
    tm_act_set_field(acts, field, &value);
}

/* Sets the outer addresses of one IP version. */
static void
set_outer(struct ofpbuf *acts, const struct tm_tunnel *tunnel,
          const struct tm_addr *target)
{
    if (target->ip == TM_IPV4) {
        set_ipv4(acts, MFF_TUN_SRC, &tunnel->encap4);
        set_ipv4(acts, MFF_TUN_DST, target);
    } else {
        set_ipv6(acts, MFF_TUN_IPV6_SRC, &tunnel->encap6);
        set_ipv6(acts, MFF_TUN_IPV6_DST, target);
    }
}

/* Clears those of 'ip'. */
static void
clear_outer(struct ofpbuf *acts, enum tm_ip ip)
{
    if (ip == TM_IPV4) {
        set_ipv4(acts, MFF_TUN_SRC, NULL);
        set_ipv4(acts, MFF_TUN_DST, NULL);
    } else {
        set_ipv6(acts, MFF_TUN_IPV6_SRC, NULL);
        set_ipv6(acts, MFF_TUN_IPV6_DST, NULL);
    }
}

static void
put_multipath(struct ofpbuf *acts)
{
    struct ofpact_multipath *mp = ofpact_put_MULTIPATH(acts);

    tm_spread_set_multipath(mp);
    mp->dst.field = mf_from_id(TM_REG_SLOT);
    mp->dst.ofs = 0;
    mp->dst.n_bits = 32;
}

/* A cut that no output takes up falls on the next output of the packet, and
 * where the tunnel has no route or no neighbour yet (userspace datapath), that
 * is production's.  Inside a clone of its own, which the switch turns into a
 * clone of the datapath on account of the cut, it ends with the clone. */
static void
put_output(struct ofpbuf *acts, ofp_port_t port, uint32_t max_len)
{
    if (max_len) {
        size_t clone = tm_act_clone_begin(acts);

        tm_act_output(acts, port, max_len);
        tm_act_clone_end(acts, clone);
    } else {
        tm_act_output(acts, port, 0);
    }
}

static void
put_copy(struct ofpbuf *acts, uint8_t base, const struct tm_tunnel *tunnel,
         const struct tm_hop *hop)
{
    union mf_value vni;

    memset(&vni, 0, sizeof vni);
    vni.be64 = htonll(hop->vni);
    tm_act_set_field(acts, MFF_TUN_ID, &vni);
    if (hop->has_lb) {
        /* The slot sets one version; the other stays cleared. */
        clear_outer(acts, TM_IPV4);
        clear_outer(acts, TM_IPV6);
        tm_act_set_uuid(acts, TM_REG_FILTER, &hop->lb);
        put_multipath(acts);
        tm_act_resubmit(acts, base + TM_TABLE_SLOT);
    } else {
        clear_outer(acts, hop->target.ip == TM_IPV4 ? TM_IPV6 : TM_IPV4);
        set_outer(acts, tunnel, &hop->target);
    }
    put_output(acts, tunnel->ofport, hop->max_len);
}

void
tm_deliver_add(uint8_t base, const struct tm_tunnel *tunnel, ofp_port_t ofport,
               const struct tm_hop *hop, struct tm_flow_list *out)
{
    const struct tm_origin origin = { "Mirror_Source", hop->row };
    struct ofpbuf acts;

    ofpbuf_init(&acts, 256);
    for (int verdict = TM_ACCEPT; verdict <= TM_REJECT; verdict++) {
        struct match match;

        match_init_catchall(&match);
        tm_match_reg(&match, TM_REG_SOURCE, ofp_to_u16(ofport));
        tm_match_uuid(&match, TM_REG_SESSION, &hop->session);
        tm_match_reg(&match, TM_REG_VERDICT, verdict);
        if (verdict == TM_ACCEPT) {
            put_copy(&acts, base, tunnel, hop);
        }
        tm_flow_list_add(out, base + TM_TABLE_DELIVER, 100, &origin, &match,
                         &acts);
    }
    ofpbuf_uninit(&acts);
}

enum tm_ip
tm_deliver_family(const struct tm_hop *hop, const struct tm_lb *lb)
{
    if (!hop->has_lb) {
        return hop->target.ip;
    }
    for (size_t i = 0; i < lb->n_members; i++) {
        if (lb->members[i].ip == TM_IPV6) {
            return TM_IPV6;
        }
    }
    return TM_IPV4;
}

uint32_t
tm_deliver_max_len(const struct tm_node *node, const struct tm_eni *eni,
                   const struct tm_port *port,
                   const struct tm_session *session, enum tm_ip outer)
{
    uint32_t mtu = eni->mtu ? eni->mtu : port->mtu ? port->mtu
                   : TM_MTU_DEFAULT;
    uint32_t way = node->tunnel_mtu ? node->tunnel_mtu : mtu;
    uint32_t overhead = (outer == TM_IPV4 ? TM_OVERHEAD_IPV4
                         : TM_OVERHEAD_IPV6);
    /* What the operator says of the ENI may be less than what its port lets
     * through; a frame that is not cut and too long would be lost. */
    uint32_t largest = MAX(mtu, port->mtu) + ETH_HEADER_LEN;
    uint32_t cut = way > overhead ? way - overhead : 0;

    if (port->vlan_mode != TM_VLAN_ACCESS) {
        largest += VLAN_HEADER_LEN;
    }
    if (session->packet_length) {
        cut = MIN(cut, session->packet_length);
    }
    cut = MAX(cut, TM_MIN_MAX_LEN);

    /* The field of the action has 32 bits, but a frame fewer. */
    return cut < largest ? cut : 0;
}

/* Load balancers. */

/* Plain value.  'n_members' addresses follow. */
struct lb_input {
    struct uuid uuid;
    struct tm_tunnel tunnel;
    size_t n_members;
    struct tm_addr members[];
};

static void
build_lb(uint8_t base, const void *input, struct tm_flow_list *out)
{
    const struct lb_input *in = input;
    const struct tm_origin origin = { "Load_Balancer", in->uuid };
    struct ofpbuf acts;

    ofpbuf_init(&acts, 64);
    for (uint32_t slot = 0; slot < TM_N_SLOTS; slot++) {
        size_t i = tm_spread_member(in->members, in->n_members, slot);
        struct match match;

        match_init_catchall(&match);
        tm_match_uuid(&match, TM_REG_FILTER, &in->uuid);
        tm_match_reg(&match, TM_REG_SLOT, slot);
        set_outer(&acts, &in->tunnel, &in->members[i]);
        tm_flow_list_add(out, base + TM_TABLE_SLOT, 100, &origin, &match,
                         &acts);
    }
    ofpbuf_uninit(&acts);
}

static struct tm_unit_name
lb_name(const struct uuid *lb)
{
    return (struct tm_unit_name) { TM_UNIT_LB, lb, sizeof *lb };
}

static void
declare_lb(struct tm_units *units, const struct tm_plan *plan,
           const struct uuid *uuid)
{
    const struct tm_lb *lb = tm_model_get_lb(plan->model, uuid);
    const struct tm_unit_name name = lb_name(uuid);
    struct tm_unit_input input;
    struct lb_input *in;

    input.size = sizeof *in + lb->n_members * sizeof *in->members;
    input.data = in = xzalloc(input.size);
    in->uuid = lb->uuid;
    in->tunnel = tm_tunnel_of_node(plan->node);
    in->n_members = lb->n_members;
    memcpy(in->members, lb->members, lb->n_members * sizeof *in->members);
    tm_units_want(units, &name, build_lb, &input);
    free(in);
}

/* Adds the load balancers of 'locals' to 'lbs'. */
static void
collect_lbs(struct tm_local **locals, size_t n, struct uuidset *lbs)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < locals[i]->n_hops; j++) {
            const struct tm_hop *hop = &locals[i]->hops[j];

            if (hop->has_lb) {
                uuidset_insert(lbs, &hop->lb);
            }
        }
    }
}

/* A load balancer that changed has made all its sources dirty, so it is among
 * those of 'fresh'. */
void
tm_deliver_declare(struct tm_units *units, const struct tm_plan *plan)
{
    const struct uuidset_node *node;
    struct uuidset lbs;

    uuidset_init(&lbs);
    collect_lbs(plan->gone, plan->n_gone, &lbs);
    collect_lbs(plan->fresh, plan->n_fresh, &lbs);
    UUIDSET_FOR_EACH (node, &lbs) {
        const struct tm_unit_name name = lb_name(&node->uuid);

        if (tm_plan_uses_lb(plan, &node->uuid)) {
            declare_lb(units, plan, &node->uuid);
        } else {
            tm_units_drop(units, &name);
        }
    }
    uuidset_destroy(&lbs);
}
