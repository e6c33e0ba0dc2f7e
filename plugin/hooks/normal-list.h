/* SPDX-License-Identifier: Apache-2.0 */
/* normal-list.h
 *
 * Job.       Which sources have a place in which list of receivers, behind a
 *            pipeline that ends in NORMAL: within the budgets of one packet.
 * Input.     A plan.
 * Output.    Places, or reasons, in the locals of the plan; lists of
 *            addresses.
 * Not here.  Flows (normal.c).
 * Ownership. Lists point to locals of the plan.
 * Failure.   Cannot fail.  Who has no place has a reason. */

#ifndef PLUGIN_HOOKS_NORMAL_LIST_H
#define PLUGIN_HOOKS_NORMAL_LIST_H 1

#include "plugin/compile/plan.h"

/* What one packet costs. */
struct tm_load {
    size_t resubmits, copies;
};

/* The receivers of one MAC address. */
struct tm_mac_list {
    struct hmap_node node;
    struct eth_addr mac;
    struct tm_load load;        /* Private. */
    const struct tm_local **locals;     /* In order; may be none. */
    size_t n, allocated;
};

/* The functions of the same name in struct tm_hooks_class. */
void tm_normal_limit_local(struct tm_local *);
void tm_normal_limit(struct tm_plan *);

/* Fills 'macs' with the list of each address that a source has or had that
 * changed in this pass. */
void tm_mac_lists_collect(const struct tm_plan *, struct hmap *macs);
void tm_mac_lists_free(struct hmap *macs);

static inline bool
tm_local_is_trunk(const struct tm_local *local)
{
    return local->port.vlan_mode != TM_VLAN_ACCESS;
}

#endif /* plugin/hooks/normal-list.h */
