/* SPDX-License-Identifier: Apache-2.0 */
/* normal.c
 *
 * A bridge whose flows end in NORMAL says nowhere who receives a frame, so the
 * hooks in table 0 have to know it before NORMAL does.  A source's own frames
 * are easy: they come in on its port.  What it receives is addressed to one of
 * its MAC addresses, or to a group.  The hook gives such frames to
 * TM_TABLE_VLAN, which finds the VLAN; TM_TABLE_RECEIVE then has a list of
 * receivers for the address, or for the VLAN's group frames, and
 * TM_TABLE_ADMIT asks of each whether its port carries the VLAN
 * (normal-vlan.c).  Sources on trunks may be in any VLAN, so they have one
 * list of their own, TM_TABLE_TRUNKS, at the end of each VLAN's.  Who has a
 * place in a list is the matter of normal-list.c.
 *
 * A unit's list is its input, so nothing is computed twice: a change of one
 * source touches its own flows, those of its MACs, and the list it is in. */

#include <config.h>
#include "plugin/hooks/hooks.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "packets.h"
#include "plugin/hooks/normal-list.h"
#include "plugin/hooks/normal-vlan.h"
#include "util.h"

static const struct tm_origin no_origin;

/* Receivers, a plain value: the input of the units that are lists. */
struct receiver_list {
    struct eth_addr mac;        /* Of TM_UNIT_MAC. */
    uint16_t vlan;              /* Of TM_UNIT_VLAN. */
    struct uuid eni;            /* Of the first receiver. */
    uint32_t n;
    uint16_t ofports[];
};

/* Flows. */

/* mark, clone(to the plugin), the pipeline's own flow, mark off again. */
static void
put_interposer(struct ofpbuf *acts, uint32_t mark, uint8_t table,
               ofp_port_t source)
{
    size_t clone;

    tm_act_set_reg_masked(acts, TM_REG_MARK, mark, mark);
    clone = tm_act_clone_begin(acts);
    if (mark == TM_MARK_OUT) {
        tm_act_set_reg(acts, TM_REG_SOURCE, ofp_to_u16(source));
        tm_act_set_reg(acts, TM_REG_DIRECTION, TM_OUT);
    }
    tm_act_resubmit(acts, table);
    tm_act_clone_end(acts, clone);
    tm_act_resubmit(acts, 0);
    tm_act_set_reg_masked(acts, TM_REG_MARK, 0, mark);
}

static void
match_mark(struct match *match, uint32_t mark)
{
    match_init_catchall(match);
    match_set_reg_masked(match, TM_REG_MARK - MFF_REG0, 0, mark);
}

static void
match_group(struct match *match)
{
    const struct eth_addr bit = ETH_ADDR_C(01,00,00,00,00,00);

    match_set_dl_dst_masked(match, bit, bit);
}

/* Plain value: input of a source's hook. */
struct hook_input {
    struct uuid eni;
    bool in, out;
    struct tm_port_vlans vlans; /* Only its tm_port_vlans_size(). */
};

static void
build_hook(uint8_t base, const void *input, struct tm_flow_list *out)
{
    const struct hook_input *in = input;
    const struct tm_origin origin = { "Network_Interface", in->eni };
    ofp_port_t ofport = in->vlans.ofport;

    if (in->out) {
        struct ofpbuf acts;
        struct match match;

        ofpbuf_init(&acts, 128);
        match_mark(&match, TM_MARK_OUT);
        match_set_in_port(&match, ofport);
        put_interposer(&acts, TM_MARK_OUT, base + TM_TABLE_GUARD, ofport);
        tm_flow_list_add(out, 0, TM_PRIO_HOOK_OUT, &origin, &match, &acts);
        ofpbuf_uninit(&acts);
    }
    if (in->in) {
        tm_normal_add_admit(base, &in->vlans, &origin, out);
    }
}

static void
build_port(uint8_t base, const void *input, struct tm_flow_list *out)
{
    tm_normal_add_vlan(base, input, out);
}

static void
put_receivers(struct ofpbuf *acts, uint8_t base,
              const struct receiver_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        size_t clone = tm_act_clone_begin(acts);

        tm_act_set_reg(acts, TM_REG_SOURCE, list->ofports[i]);
        tm_act_set_reg(acts, TM_REG_DIRECTION, TM_IN);
        tm_act_resubmit(acts, base + TM_TABLE_ADMIT);
        tm_act_clone_end(acts, clone);
    }
}

static void
build_mac(uint8_t base, const void *input, struct tm_flow_list *out)
{
    const struct receiver_list *list = input;
    const struct tm_origin origin = { "Network_Interface", list->eni };
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 128);
    match_mark(&match, TM_MARK_IN);
    match_set_dl_dst(&match, list->mac);
    put_interposer(&acts, TM_MARK_IN, base + TM_TABLE_VLAN, OFPP_NONE);
    tm_flow_list_add(out, 0, TM_PRIO_HOOK_IN, &origin, &match, &acts);

    match_init_catchall(&match);
    match_set_dl_dst(&match, list->mac);
    put_receivers(&acts, base, list);
    tm_flow_list_add(out, base + TM_TABLE_RECEIVE, 100, &origin, &match,
                     &acts);
    ofpbuf_uninit(&acts);
}

static void
build_vlan(uint8_t base, const void *input, struct tm_flow_list *out)
{
    const struct receiver_list *list = input;
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 128);
    match_init_catchall(&match);
    match_group(&match);
    match_set_reg_masked(&match, TM_REG_VLAN - MFF_REG0, list->vlan,
                         VLAN_VID_MASK);
    put_receivers(&acts, base, list);
    /* Even if there are none, so that the first one does not touch every VLAN.
     */
    tm_act_resubmit(&acts, base + TM_TABLE_TRUNKS);
    tm_flow_list_add(out, base + TM_TABLE_RECEIVE, 50, &no_origin, &match,
                     &acts);
    ofpbuf_uninit(&acts);
}

static void
build_trunks(uint8_t base, const void *input, struct tm_flow_list *out)
{
    const struct receiver_list *list = input;
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 128);
    match_init_catchall(&match);
    match_group(&match);
    tm_act_resubmit(&acts, base + TM_TABLE_TRUNKS);
    tm_flow_list_add(out, base + TM_TABLE_RECEIVE, 40, &no_origin, &match,
                     &acts);

    match_init_catchall(&match);
    put_receivers(&acts, base, list);
    tm_flow_list_add(out, base + TM_TABLE_TRUNKS, 0, &no_origin, &match,
                     &acts);
    ofpbuf_uninit(&acts);
}

/* Groups that NORMAL never forwards: IEEE 802.1D, 7.12.6, and those of Cisco's
 * and others' link protocols, as Open vSwitch has them (packets.c,
 * eth_addr_is_reserved()). */
static void
add_reserved(uint8_t base, struct tm_flow_list *out)
{
    static const struct {
        struct eth_addr addr, mask;
    } groups[] = {
        { ETH_ADDR_C(01,80,c2,00,00,00), ETH_ADDR_C(ff,ff,ff,ff,ff,f0) },
        { ETH_ADDR_C(01,00,0c,00,00,00), ETH_ADDR_C(ff,ff,ff,ff,ff,ff) },
        { ETH_ADDR_C(01,00,0c,cc,cc,cc), ETH_ADDR_C(ff,ff,ff,ff,ff,ff) },
        { ETH_ADDR_C(01,00,0c,cc,cc,cd), ETH_ADDR_C(ff,ff,ff,ff,ff,ff) },
        { ETH_ADDR_C(01,00,0c,cd,cd,cd), ETH_ADDR_C(ff,ff,ff,ff,ff,ff) },
        { ETH_ADDR_C(01,00,0c,cc,cc,c0), ETH_ADDR_C(ff,ff,ff,ff,ff,f8) },
    };
    struct ofpbuf acts;

    ofpbuf_init(&acts, 0);
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        struct match match;

        match_init_catchall(&match);
        match_set_dl_dst_masked(&match, groups[i].addr, groups[i].mask);
        tm_flow_list_add(out, base + TM_TABLE_VLAN, 200, &no_origin, &match,
                         &acts);
    }
    ofpbuf_uninit(&acts);
}

/* What inbound mirroring needs once.  'input' is whether there is a receiver
 * of group frames. */
static void
build_inbound(uint8_t base, const void *input, struct tm_flow_list *out)
{
    static const uint16_t eth_types[] = { ETH_TYPE_IP, ETH_TYPE_IPV6 };
    const bool *group = input;
    struct ofpbuf acts;
    struct match match;

    tm_normal_add_vlan_default(base, out);
    if (!*group) {
        return;
    }

    /* Only IP enters, so that ARP never pays for the list. */
    ofpbuf_init(&acts, 128);
    for (size_t i = 0; i < ARRAY_SIZE(eth_types); i++) {
        match_mark(&match, TM_MARK_IN);
        match_group(&match);
        match_set_dl_type(&match, htons(eth_types[i]));
        put_interposer(&acts, TM_MARK_IN, base + TM_TABLE_VLAN, OFPP_NONE);
        tm_flow_list_add(out, 0, TM_PRIO_HOOK_IN, &no_origin, &match, &acts);
    }

    add_reserved(base, out);
    ofpbuf_uninit(&acts);
}

/* Units. */

/* A list with room for 'n' receivers. */
static struct receiver_list *
receiver_list_create(size_t n)
{
    return xzalloc(sizeof(struct receiver_list) + n * sizeof(uint16_t));
}

static size_t
receiver_list_size(const struct receiver_list *list)
{
    return sizeof *list + list->n * sizeof list->ofports[0];
}

static void
want_list(struct tm_units *units, const struct tm_unit_name *name,
          tm_unit_build *build, const struct receiver_list *list)
{
    const struct tm_unit_input input = { list, receiver_list_size(list) };

    tm_units_want(units, name, build, &input);
}

/* The lists of addresses of sources that changed. */
static void
declare_macs(struct tm_units *units, const struct tm_plan *plan)
{
    struct tm_mac_list *mac;
    struct hmap macs;

    tm_mac_lists_collect(plan, &macs);
    HMAP_FOR_EACH (mac, node, &macs) {
        const struct tm_unit_name name = {
            TM_UNIT_MAC, &mac->mac, sizeof mac->mac
        };
        struct receiver_list *list;

        if (!mac->n) {
            tm_units_drop(units, &name);
            continue;
        }
        list = receiver_list_create(mac->n);
        list->mac = mac->mac;
        list->eni = mac->locals[0]->eni;
        for (size_t i = 0; i < mac->n; i++) {
            list->ofports[list->n++]
                = ofp_to_u16(mac->locals[i]->port.ofport);
        }
        want_list(units, &name, build_mac, list);
        free(list);
    }
    tm_mac_lists_free(&macs);
}

/* Declares the lists of group frames.  Returns false if there are none. */
static bool
declare_groups(struct tm_units *units, const struct tm_plan *plan)
{
    const struct tm_unit_name trunks_name = { TM_UNIT_TRUNKS, NULL, 0 };
    struct receiver_list *trunks = receiver_list_create(TM_BUDGET_COPIES);
    struct receiver_list **vlans = xcalloc(TM_N_VLANS, sizeof *vlans);
    bool any = false;

    for (size_t i = 0; i < plan->n_locals; i++) {
        const struct tm_local *local = plan->locals[i];
        uint16_t vlan = local->port.tag % TM_N_VLANS;
        struct receiver_list *list = trunks;

        if (!local->group) {
            continue;
        }
        if (!tm_local_is_trunk(local)) {
            if (!vlans[vlan]) {
                vlans[vlan] = receiver_list_create(TM_BUDGET_COPIES);
                vlans[vlan]->vlan = vlan;
            }
            list = vlans[vlan];
        }
        list->ofports[list->n++] = ofp_to_u16(local->port.ofport);
        any = true;
    }

    tm_units_drop_type(units, TM_UNIT_VLAN);
    for (size_t i = 0; i < TM_N_VLANS; i++) {
        if (vlans[i]) {
            const struct tm_unit_name name = {
                TM_UNIT_VLAN, &vlans[i]->vlan, sizeof vlans[i]->vlan
            };

            want_list(units, &name, build_vlan, vlans[i]);
            free(vlans[i]);
        }
    }
    tm_units_drop(units, &trunks_name);
    if (trunks->n) {
        want_list(units, &trunks_name, build_trunks, trunks);
    }
    free(vlans);
    free(trunks);
    return any;
}

static struct tm_unit_name
hook_name(const struct tm_local *local)
{
    return (struct tm_unit_name) {
        TM_UNIT_HOOK, &local->port.ofport, sizeof local->port.ofport
    };
}

static void
declare_hooks(struct tm_units *units, const struct tm_plan *plan)
{
    for (size_t i = 0; i < plan->n_gone; i++) {
        const struct tm_unit_name name = hook_name(plan->gone[i]);

        tm_units_drop(units, &name);
    }
    for (size_t i = 0; i < plan->n_fresh; i++) {
        const struct tm_local *local = plan->fresh[i];
        const struct tm_unit_name name = hook_name(local);
        struct tm_unit_input input;
        struct hook_input in;

        if (!tm_local_is_active(local)) {
            continue;
        }
        memset(&in, 0, offsetof(struct hook_input, vlans));
        in.eni = local->eni;
        in.in = local->has_in;
        in.out = local->has_out;
        tm_port_vlans_init(&in.vlans, &local->port);
        input.data = &in;
        input.size = (offsetof(struct hook_input, vlans)
                      + tm_port_vlans_size(&in.vlans));
        tm_units_want(units, &name, build_hook, &input);
    }
}

static void
declare_ports(struct tm_units *units, const struct tm_node *node)
{
    tm_units_drop_type(units, TM_UNIT_PORT);
    for (size_t i = 0; i < node->n_ports; i++) {
        const struct tm_port *port = &node->ports[i];
        const struct tm_unit_name name = {
            TM_UNIT_PORT, &port->ofport, sizeof port->ofport
        };
        struct tm_port_vlans vlans;
        struct tm_unit_input input;

        tm_port_vlans_init(&vlans, port);
        input.data = &vlans;
        input.size = tm_port_vlans_size(&vlans);
        tm_units_want(units, &name, build_port, &input);
    }
}

static void
drop_inbound(struct tm_units *units)
{
    static const enum tm_unit_type types[] = {
        TM_UNIT_INBOUND, TM_UNIT_MAC, TM_UNIT_VLAN, TM_UNIT_TRUNKS,
        TM_UNIT_PORT,
    };

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        tm_units_drop_type(units, types[i]);
    }
}

static bool
receives(const struct tm_plan *plan)
{
    for (size_t i = 0; i < plan->n_locals; i++) {
        if (plan->locals[i]->has_in) {
            return true;
        }
    }
    return false;
}

static void
normal_declare(struct tm_units *units, const struct tm_plan *plan, bool ports)
{
    const struct tm_unit_name inbound = { TM_UNIT_INBOUND, NULL, 0 };
    struct tm_unit_input input;
    bool group;

    declare_hooks(units, plan);
    if (!receives(plan)) {
        drop_inbound(units);
        return;
    }

    /* The first that receives makes the ports matter. */
    if (ports || !tm_units_has(units, &inbound)) {
        declare_ports(units, plan->node);
    }
    declare_macs(units, plan);
    group = declare_groups(units, plan);
    input.data = &group;
    input.size = sizeof group;
    tm_units_want(units, &inbound, build_inbound, &input);
}

const struct tm_hooks_class tm_hooks_normal = {
    .name = "normal",
    .limit_local = tm_normal_limit_local,
    .limit = tm_normal_limit,
    .declare = normal_declare,
};
