/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h
 *
 * Job.       What of model and node matters for the flows: each ENI that is a
 *            source and has a port here, with the sessions that really can
 *            copy it; and what becomes of each row of Mirror_Source.
 * Input.     A model and a node.
 * Output.    A plan, valid while both stay as they are.
 * Not here.  Flows (guard.c and the other stages), how packets get to the
 *            plugin's tables (plugin/hooks).
 * Ownership. A plan owns what it has; ENIs and ports belong to model and node.
 * Failure.   Cannot fail.  What is left out has a reason. */

#ifndef PLUGIN_COMPILE_PLAN_H
#define PLUGIN_COMPILE_PLAN_H 1

#include "lib/model.h"
#include "plugin/compile/compile.h"
#include "plugin/compile/node.h"
#include "sset.h"
#include "svec.h"

/* A session in the chain of a source.  A plain value: part of the input of a
 * unit, so without pointers. */
struct tm_hop {
    struct uuid session;
    struct uuid row;            /* Of Mirror_Source. */
    struct uuid filter;
    bool in, out;               /* The filter has rules of that direction. */
    bool has_lb;                /* Copies are spread over the members of 'lb',
                                 * instead of going to 'target'. */
    struct uuid lb;
    struct tm_addr target;
    uint32_t vni;
    uint32_t max_len;           /* Bytes of frame kept, 0: all. */
};

/* Why a source is not mirrored in full, by direction. */
struct tm_reasons {
    struct svec in, out;
};

/* An ENI that is a source of at least one session, on its port. */
struct tm_local {
    const struct tm_eni *eni;
    const struct tm_port *port;
    struct eth_addr *macs;      /* Sorted; unicast only. */
    size_t n_macs;
    struct tm_hop *hops;        /* In the order of matching. */
    size_t n_hops;
    struct tm_reasons reasons;
    bool has_in, has_out;       /* Some hop has the direction. */
    bool group;                 /* Gets broadcast and multicast copies. */
};

/* A row of Mirror_Source. */
struct tm_row {
    struct uuid source, session, eni;
    size_t local;               /* Index of its ENI in 'locals'. */
    enum tm_status status;
    struct svec reasons;
    bool in, out;               /* Takes part in that direction. */
};

struct tm_plan {
    const struct tm_model *model;
    const struct tm_node *node;
    struct tm_local *locals;    /* By name of the ENI. */
    size_t n_locals, allocated_locals;
    struct tm_row *rows;
    size_t n_rows, allocated_rows;
    struct sset problems;       /* Of the whole node. */
};

void tm_plan_init(struct tm_plan *, const struct tm_model *,
                  const struct tm_node *);
void tm_plan_uninit(struct tm_plan *);

/* False: no flow at all is wanted on the bridge. */
bool tm_plan_is_active(const struct tm_plan *);

/* Gives up one direction of 'local', for a reason that its rows get. */
void tm_local_give_up(struct tm_local *, enum tm_direction,
                      const char *reason);
/* Worst case of resubmits that one copy of a received packet costs, from the
 * list of receivers on. */
size_t tm_local_cost(const struct tm_local *);

/* All reasons of a row in one line; malloc()ed. */
char *tm_row_reason(const struct tm_plan *, const struct tm_row *);

#endif /* plugin/compile/plan.h */
