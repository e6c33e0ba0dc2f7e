/* SPDX-License-Identifier: Apache-2.0 */
/* normal-list.c
 *
 * Frames to a group take a copy for each receiver in one translation, and the
 * switch gives up on too many, the production packet included.  So the lists
 * have budgets, and sources get places in the order of their ENIs' names.  A
 * frame of one VLAN passes that VLAN's list and the trunks', so a source on a
 * trunk takes its place in every VLAN.
 *
 * One source that comes or goes may push another out of a list or let it in.
 * For the lists of addresses only those are looked at that a changed source is
 * in.  The places for group frames are given anew each time: that takes a few
 * additions a source. */

#include <config.h>
#include "plugin/hooks/normal-list.h"

#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "plugin/compile/pipeline.h"
#include "plugin/hooks/normal-vlan.h"
#include "util.h"

/* The hook's own resubmits: to TM_TABLE_VLAN, back to table 0, to
 * TM_TABLE_RECEIVE and to TM_TABLE_TRUNKS; and those of a hook on the way in:
 * to TM_TABLE_GUARD, and table 0 once more. */
#define COST_OF_HOOK 6

/* NULL if one more receiver of cost 'cost' fits, else the words for what would
 * be exceeded. */
static const char *
excess(const struct tm_load *load, size_t cost)
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
take(struct tm_load *load, size_t cost)
{
    load->copies++;
    load->resubmits += cost;
}

static struct tm_mac_list *
find_mac(const struct hmap *macs, const struct eth_addr *mac, uint32_t hash)
{
    struct tm_mac_list *list;

    HMAP_FOR_EACH_WITH_HASH (list, node, hash, macs) {
        if (eth_addr_equals(list->mac, *mac)) {
            return list;
        }
    }
    return NULL;
}

/* Adds an empty list for each address of 'locals'. */
static void
add_lists(struct tm_local **locals, size_t n, struct hmap *macs)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < locals[i]->n_macs; j++) {
            const struct eth_addr *mac = &locals[i]->macs[j].mac;
            uint32_t hash = hash_mac(*mac, 0, 0);

            if (!find_mac(macs, mac, hash)) {
                struct tm_mac_list *list = xzalloc(sizeof *list);

                list->mac = *mac;
                hmap_insert(macs, &list->node, hash);
            }
        }
    }
}

static void
add_receiver(struct tm_mac_list *list, const struct tm_local *local)
{
    if (list->n >= list->allocated) {
        list->locals = x2nrealloc(list->locals, &list->allocated,
                                  sizeof *list->locals);
    }
    list->locals[list->n++] = local;
}

void
tm_mac_lists_collect(const struct tm_plan *plan, struct hmap *macs)
{
    hmap_init(macs);
    add_lists(plan->gone, plan->n_gone, macs);
    add_lists(plan->fresh, plan->n_fresh, macs);
    for (size_t i = 0; i < plan->n_locals; i++) {
        const struct tm_local *local = plan->locals[i];

        for (size_t j = 0; local->has_in && j < local->n_macs; j++) {
            const struct tm_local_mac *m = &local->macs[j];
            struct tm_mac_list *list = find_mac(macs, &m->mac,
                                                hash_mac(m->mac, 0, 0));

            if (list && !m->left_out) {
                add_receiver(list, local);
            }
        }
    }
}

void
tm_mac_lists_free(struct hmap *macs)
{
    struct tm_mac_list *list;

    HMAP_FOR_EACH_POP (list, node, macs) {
        free(list->locals);
        free(list);
    }
    hmap_destroy(macs);
}

/* Limits. */

/* Writes to '*place' why 'local' has none in a list, or NULL. */
static void
set_place(struct tm_local *local, const char **place, const char *why)
{
    if (*place != why) {
        *place = why;
        local->restated = true;
    }
}

static void
place_macs(struct tm_plan *plan)
{
    struct hmap macs = HMAP_INITIALIZER(&macs);

    add_lists(plan->gone, plan->n_gone, &macs);
    add_lists(plan->fresh, plan->n_fresh, &macs);
    for (size_t i = 0; i < plan->n_locals; i++) {
        struct tm_local *local = plan->locals[i];

        for (size_t j = 0; local->has_in && j < local->n_macs; j++) {
            struct tm_local_mac *m = &local->macs[j];
            struct tm_mac_list *list = find_mac(&macs, &m->mac,
                                                hash_mac(m->mac, 0, 0));

            if (list) {
                set_place(local, &m->left_out,
                          excess(&list->load, local->cost));
                if (!m->left_out) {
                    take(&list->load, local->cost);
                }
            }
        }
    }
    tm_mac_lists_free(&macs);
}

/* Gives each source its place among the receivers of group frames.  Returns
 * how many have none. */
static size_t
place_groups(struct tm_plan *plan)
{
    struct tm_load *vlans = xcalloc(TM_N_VLANS, sizeof *vlans);
    struct tm_load trunks = { 0, 0 };
    struct tm_load most = { 0, 0 };     /* Of any VLAN, by access sources. */
    size_t n_left_out = 0;

    for (size_t i = 0; i < plan->n_locals; i++) {
        struct tm_local *local = plan->locals[i];
        bool trunk = tm_local_is_trunk(local);
        struct tm_load *vlan = &vlans[local->port.tag % TM_N_VLANS];
        const struct tm_load *other = trunk ? &most : vlan;
        struct tm_load sum = {
            .resubmits = trunks.resubmits + other->resubmits,
            .copies = trunks.copies + other->copies,
        };

        if (!local->has_in) {
            continue;
        }
        set_place(local, &local->no_group, excess(&sum, local->cost));
        local->group = !local->no_group;
        if (!local->group) {
            n_left_out++;
        } else if (trunk) {
            take(&trunks, local->cost);
        } else {
            take(vlan, local->cost);
            most.resubmits = MAX(most.resubmits, vlan->resubmits);
            most.copies = MAX(most.copies, vlan->copies);
        }
    }
    free(vlans);
    return n_left_out;
}

void
tm_normal_limit_local(struct tm_local *local)
{
    if (!local->has_in) {
        return;
    }
    if (local->port.vlan_mode == TM_VLAN_DOT1Q_TUNNEL) {
        tm_local_give_up(local, TM_IN, "inbound not mirrored: port is a "
                         "dot1q-tunnel");
    } else if (!local->n_macs) {
        tm_local_give_up(local, TM_IN, "inbound not mirrored: no MAC "
                         "address known");
    }
}

void
tm_normal_limit(struct tm_plan *plan)
{
    size_t n_left_out;

    place_macs(plan);
    n_left_out = place_groups(plan);
    if (n_left_out) {
        sset_add_and_free(&plan->problems, xasprintf(
            "broadcast and multicast: %"PRIuSIZE" sources left out, since "
            "one packet may make %d copies and %d resubmits", n_left_out,
            TM_BUDGET_COPIES, TM_BUDGET_RESUBMITS));
    }
}
