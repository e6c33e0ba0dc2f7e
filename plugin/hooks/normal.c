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
 * list of their own, TM_TABLE_TRUNKS, at the end of each VLAN's.
 *
 * Frames to a group take a copy for each receiver in one translation, and the
 * switch gives up on too many, the production packet included.  So the lists
 * have budgets, and sources get places in the order of their ENIs' names.  A
 * frame of one VLAN passes that VLAN's list and the trunks', so a source on a
 * trunk takes its place in every VLAN.
 *
 * A unit's list is its input, so nothing is computed twice: a change of one
 * source touches its own flows, those of its MACs, and the list it is in. */

#include <config.h>
#include "plugin/hooks/hooks.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "hash.h"
#include "packets.h"
#include "plugin/hooks/normal-vlan.h"
#include "util.h"

/* The hook's own resubmits: to TM_TABLE_VLAN, back to table 0, to
 * TM_TABLE_RECEIVE and to TM_TABLE_TRUNKS; and those of a hook on the way in:
 * to TM_TABLE_GUARD, and table 0 once more. */
#define COST_OF_HOOK 6

static const struct tm_origin no_origin;

/* Receivers, a plain value: the input of the units that are lists. */
struct receiver_list {
    struct eth_addr mac;        /* Of TM_UNIT_MAC. */
    uint16_t vlan;              /* Of TM_UNIT_VLAN. */
    uint16_t then_trunks;       /* TM_UNIT_VLAN: go on to TM_TABLE_TRUNKS. */
    struct uuid eni;            /* Of the first receiver. */
    uint32_t n;
    uint16_t ofports[];
};

/* What one packet costs. */
struct load {
    size_t resubmits, copies;
};

/* A list under construction. */
struct mac_list {
    struct hmap_node node;
    struct eth_addr mac;
    struct load load;
    const struct tm_local **locals;
    size_t n, allocated;
};

static bool
is_trunk(const struct tm_local *local)
{
    return local->port->vlan_mode != TM_VLAN_ACCESS;
}

/* NULL if one more receiver of cost 'cost' fits, else the words for what would
 * be exceeded. */
static const char *
excess(const struct load *load, size_t cost)
{
    if (load->copies + 1 > TM_BUDGET_COPIES) {
        return "more than "OVS_STRINGIZE(TM_BUDGET_COPIES)
               " copies of one packet";
    }
    if (COST_OF_HOOK + load->resubmits + cost > TM_BUDGET_RESUBMITS) {
        return "more than "OVS_STRINGIZE(TM_BUDGET_RESUBMITS)
               " resubmits of one packet";
    }
    return NULL;
}

static void
take(struct load *load, size_t cost)
{
    load->copies++;
    load->resubmits += cost;
}

static struct mac_list *
find_mac(const struct hmap *macs, const struct eth_addr *mac)
{
    struct mac_list *list;

    HMAP_FOR_EACH_WITH_HASH (list, node, hash_bytes(mac, sizeof *mac, 0),
                             macs) {
        if (eth_addr_equals(list->mac, *mac)) {
            return list;
        }
    }
    return NULL;
}

/* Fills 'macs' with the receivers of each address, within the budgets.  What
 * does not fit is handed to 'left_out', which may be NULL. */
static void
collect_macs(const struct tm_plan *plan, struct hmap *macs,
             void (*left_out)(struct tm_local *, const struct eth_addr *,
                              const char *why))
{
    hmap_init(macs);
    for (size_t i = 0; i < plan->n_locals; i++) {
        struct tm_local *local = &plan->locals[i];
        size_t cost = tm_local_cost(local);

        for (size_t j = 0; local->has_in && j < local->n_macs; j++) {
            const struct eth_addr *mac = &local->macs[j];
            struct mac_list *list = find_mac(macs, mac);
            const char *why;

            if (!list) {
                list = xzalloc(sizeof *list);
                list->mac = *mac;
                hmap_insert(macs, &list->node,
                            hash_bytes(mac, sizeof *mac, 0));
            }
            why = excess(&list->load, cost);
            if (why) {
                if (left_out) {
                    left_out(local, mac, why);
                }
                continue;
            }
            take(&list->load, cost);
            if (list->n >= list->allocated) {
                list->locals = x2nrealloc(list->locals, &list->allocated,
                                          sizeof *list->locals);
            }
            list->locals[list->n++] = local;
        }
    }
}

static void
free_macs(struct hmap *macs)
{
    struct mac_list *list;

    HMAP_FOR_EACH_POP (list, node, macs) {
        free(list->locals);
        free(list);
    }
    hmap_destroy(macs);
}

static void
report_mac(struct tm_local *local, const struct eth_addr *mac,
           const char *why)
{
    svec_add_nocopy(&local->reasons.in, xasprintf(
        "packets to "ETH_ADDR_FMT" not mirrored: %s",
        ETH_ADDR_ARGS(*mac), why));
}

/* Gives each source its place among the receivers of group frames, or the
 * reason why it has none.  Returns how many have none. */
static size_t
place_groups(struct tm_plan *plan)
{
    struct load *vlans = xcalloc(TM_N_VLANS, sizeof *vlans);
    struct load trunks = { 0, 0 };
    struct load most = { 0, 0 };        /* Of any VLAN, by access sources. */
    size_t n_left_out = 0;

    for (size_t i = 0; i < plan->n_locals; i++) {
        struct tm_local *local = &plan->locals[i];
        size_t cost = tm_local_cost(local);
        struct load *vlan = &vlans[local->port->tag % TM_N_VLANS];
        const struct load *other = is_trunk(local) ? &most : vlan;
        struct load sum = {
            .resubmits = trunks.resubmits + other->resubmits,
            .copies = trunks.copies + other->copies,
        };
        const char *why;

        if (!local->has_in) {
            continue;
        }
        why = excess(&sum, cost);
        local->group = !why;
        if (why) {
            svec_add_nocopy(&local->reasons.in, xasprintf(
                "broadcast and multicast not mirrored: %s", why));
            n_left_out++;
        } else if (is_trunk(local)) {
            take(&trunks, cost);
        } else {
            take(vlan, cost);
            most.resubmits = MAX(most.resubmits, vlan->resubmits);
            most.copies = MAX(most.copies, vlan->copies);
        }
    }
    free(vlans);
    return n_left_out;
}

static void
normal_limit(struct tm_plan *plan)
{
    struct hmap macs;
    size_t n_left_out;

    for (size_t i = 0; i < plan->n_locals; i++) {
        struct tm_local *local = &plan->locals[i];

        if (!local->has_in) {
            continue;
        }
        if (local->port->vlan_mode == TM_VLAN_DOT1Q_TUNNEL) {
            tm_local_give_up(local, TM_IN, "inbound not mirrored: port is a "
                             "dot1q-tunnel");
        } else if (!local->n_macs) {
            tm_local_give_up(local, TM_IN, "inbound not mirrored: no MAC "
                             "address known");
        }
    }

    collect_macs(plan, &macs, report_mac);
    free_macs(&macs);
    n_left_out = place_groups(plan);
    if (n_left_out) {
        sset_add_and_free(&plan->problems, xasprintf(
            "broadcast and multicast: %"PRIuSIZE" sources left out, since "
            "one packet may make %d copies and %d resubmits", n_left_out,
            TM_BUDGET_COPIES, TM_BUDGET_RESUBMITS));
    }
}

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
    struct tm_port_vlans vlans;
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
    if (list->then_trunks) {
        tm_act_resubmit(&acts, base + TM_TABLE_TRUNKS);
    }
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

    /* NORMAL does not forward the reserved addresses (IEEE 802.1D, 7.12.6). */
    match_init_catchall(&match);
    match_set_dl_dst_masked(&match,
                            (struct eth_addr) ETH_ADDR_C(01,80,c2,00,00,00),
                            (struct eth_addr) ETH_ADDR_C(ff,ff,ff,ff,ff,f0));
    tm_flow_list_add(out, base + TM_TABLE_VLAN, 200, &no_origin, &match,
                     &acts);
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
declare_macs(struct tm_units *units, const struct tm_plan *plan)
{
    struct mac_list *mac;
    struct hmap macs;

    collect_macs(plan, &macs, NULL);
    HMAP_FOR_EACH (mac, node, &macs) {
        const struct tm_unit_name name = {
            TM_UNIT_MAC, &mac->mac, sizeof mac->mac
        };
        struct receiver_list *list = receiver_list_create(mac->n);

        list->mac = mac->mac;
        list->eni = mac->locals[0]->eni->uuid;
        for (size_t i = 0; i < mac->n; i++) {
            const struct tm_port *port = mac->locals[i]->port;

            list->ofports[list->n++] = ofp_to_u16(port->ofport);
        }
        tm_units_want(units, &name, build_mac, list, receiver_list_size(list));
        free(list);
    }
    free_macs(&macs);
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
        const struct tm_local *local = &plan->locals[i];
        uint16_t vlan = local->port->tag % TM_N_VLANS;
        struct receiver_list *list = trunks;

        if (!local->group) {
            continue;
        }
        if (!is_trunk(local)) {
            if (!vlans[vlan]) {
                vlans[vlan] = receiver_list_create(TM_BUDGET_COPIES);
                vlans[vlan]->vlan = vlan;
            }
            list = vlans[vlan];
        }
        list->ofports[list->n++] = ofp_to_u16(local->port->ofport);
        any = true;
    }

    for (size_t i = 0; i < TM_N_VLANS; i++) {
        if (vlans[i]) {
            const struct tm_unit_name name = {
                TM_UNIT_VLAN, &vlans[i]->vlan, sizeof vlans[i]->vlan
            };

            vlans[i]->then_trunks = trunks->n > 0;
            tm_units_want(units, &name, build_vlan, vlans[i],
                          receiver_list_size(vlans[i]));
            free(vlans[i]);
        }
    }
    if (trunks->n) {
        tm_units_want(units, &trunks_name, build_trunks, trunks,
                      receiver_list_size(trunks));
    }
    free(vlans);
    free(trunks);
    return any;
}

static void
declare_hook(struct tm_units *units, const struct tm_local *local)
{
    const struct tm_unit_name name = {
        TM_UNIT_HOOK, &local->port->ofport, sizeof local->port->ofport
    };
    struct hook_input in;

    memset(&in, 0, sizeof in);
    in.eni = local->eni->uuid;
    in.in = local->has_in;
    in.out = local->has_out;
    tm_port_vlans_init(&in.vlans, local->port);
    tm_units_want(units, &name, build_hook, &in, sizeof in);
}

static void
normal_declare(struct tm_units *units, const struct tm_plan *plan)
{
    const struct tm_unit_name inbound = { TM_UNIT_INBOUND, NULL, 0 };
    bool any_in = false;
    bool group;

    for (size_t i = 0; i < plan->n_locals; i++) {
        const struct tm_local *local = &plan->locals[i];

        if (local->has_in || local->has_out) {
            declare_hook(units, local);
        }
        any_in |= local->has_in;
    }
    if (!any_in) {
        return;
    }

    declare_macs(units, plan);
    group = declare_groups(units, plan);
    tm_units_want(units, &inbound, build_inbound, &group, sizeof group);
    for (size_t i = 0; i < plan->node->n_ports; i++) {
        const struct tm_port *port = &plan->node->ports[i];
        const struct tm_unit_name name = {
            TM_UNIT_PORT, &port->ofport, sizeof port->ofport
        };
        struct tm_port_vlans vlans;

        tm_port_vlans_init(&vlans, port);
        tm_units_want(units, &name, build_port, &vlans, sizeof vlans);
    }
}

const struct tm_hooks_class tm_hooks_normal = {
    .name = "normal",
    .limit = normal_limit,
    .declare = normal_declare,
};
