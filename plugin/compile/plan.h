/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h
 *
 * Job.       What of model and node matters for the flows: each ENI that is a
 *            source and has a port here, with the sessions that really can
 *            copy it; and what becomes of each row of Mirror_Source.
 * Input.     A model and a node, and what is dirty in each.
 * Output.    A plan, and what of it is another than before.
 * Not here.  Flows (guard.c and the other stages), how packets get to the
 *            plugin's tables (plugin/hooks).
 * Ownership. A plan owns its locals, which point neither into the model nor
 *            into the node.
 * Failure.   Cannot fail.  What is left out has a reason. */

#ifndef PLUGIN_COMPILE_PLAN_H
#define PLUGIN_COMPILE_PLAN_H 1

#include "lib/model.h"
#include "plugin/compile/compile.h"
#include "openvswitch/shash.h"
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

/* A row of Mirror_Source. */
struct tm_row {
    struct uuid source, session;
    enum tm_status status;
    struct svec reasons;
    bool in, out;               /* Takes part in that direction. */
};

/* An address at which a local receives. */
struct tm_local_mac {
    struct eth_addr mac;
    const char *left_out;       /* Why it is not mirrored, or NULL. */
};

/* An ENI that is a source of at least one session, on its port.  Made anew
 * whenever anything of it changes. */
struct tm_local {
    struct hmap_node eni_node;  /* In tm_plan 'by_eni', by 'eni'. */
    struct uuid eni;
    struct tm_port port;        /* 'iface_id' is the name of the ENI. */
    struct tm_hop *hops;        /* In the order of matching. */
    size_t n_hops;
    struct tm_row *rows;
    size_t n_rows, allocated_rows;
    struct tm_reasons reasons;
    bool has_in, has_out;       /* Some hop has the direction. */
    size_t cost;                /* Worst case of resubmits that one copy of a
                                 * received packet costs, from the list of
                                 * receivers on. */

    /* Its places in lists that it shares with others: by the hooks' limit(),
     * which sets 'restated' where it changes one. */
    struct tm_local_mac *macs;  /* Sorted; unicast only. */
    size_t n_macs;
    bool group;                 /* Gets broadcast and multicast copies. */
    const char *no_group;       /* Why it does not, or NULL. */
    bool restated;              /* The states of its rows may be others. */

    /* What the compiler tells of it: 'n_states' of them, or NULL. */
    struct tm_source_state *states;
    size_t n_states;
};

/* Gives up what the bridge's pipeline cannot hook of a source by itself. */
typedef void tm_local_limit(struct tm_local *);

struct tm_plan {
    tm_local_limit *limit;
    bool made;                  /* There was an update. */
    const struct tm_model *model;       /* Of the pass under way. */
    const struct tm_node *node;
    struct tm_local **locals;   /* By name of the ENI. */
    size_t n_locals, allocated_locals;
    struct hmap by_eni;         /* struct tm_local */
    struct hmap filters, lbs;   /* Those that some hop uses (struct tm_use). */
    struct shash twins;         /* iface-id -> problem, malloc()ed. */
    struct sset problems;       /* Of the whole node. */

    /* What the pass changed.  A local that is made anew is in both. */
    bool all;                   /* Nothing is as it was. */
    struct tm_local **gone;     /* As they were. */
    size_t n_gone, allocated_gone;
    struct tm_local **fresh;    /* Also in 'locals'. */
    size_t n_fresh, allocated_fresh;
};

void tm_plan_init(struct tm_plan *, tm_local_limit *);
void tm_plan_uninit(struct tm_plan *);

/* Makes the plan that of 'model' and 'node', in which what is dirty may have
 * changed since the last update.  NULL: everything. */
void tm_plan_update(struct tm_plan *, const struct tm_model *,
                    const struct tm_node *, const struct tm_dirty *,
                    const struct tm_node_dirty *);
/* The pass is over: forgets what it changed. */
void tm_plan_end_update(struct tm_plan *);

/* False: no flow at all is wanted on the bridge. */
bool tm_plan_is_active(const struct tm_plan *);

/* True if some hop uses this filter, or load balancer. */
bool tm_plan_uses_filter(const struct tm_plan *, const struct uuid *);
bool tm_plan_uses_lb(const struct tm_plan *, const struct uuid *);

/* local.c: one source. */

/* The local for 'eni' on 'port', or NULL if it is not a source. */
struct tm_local *tm_local_create(const struct tm_model *,
                                 const struct tm_node *,
                                 const struct tm_eni *,
                                 const struct tm_port *);
void tm_local_destroy(struct tm_local *);

static inline bool
tm_local_is_active(const struct tm_local *local)
{
    return local->has_in || local->has_out;
}

static inline bool
tm_hop_is_active(const struct tm_hop *hop)
{
    return hop->in || hop->out;
}

/* Gives up one direction of 'local', for a reason that its rows get. */
void tm_local_give_up(struct tm_local *, enum tm_direction,
                      const char *reason);
size_t tm_local_cost(const struct tm_local *);

/* All reasons of a row in one line; malloc()ed. */
char *tm_row_reason(const struct tm_local *, const struct tm_row *);

#endif /* plugin/compile/plan.h */
