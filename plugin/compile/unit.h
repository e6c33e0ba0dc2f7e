/* SPDX-License-Identifier: Apache-2.0 */
/* unit.h
 *
 * Job.       The dirty engine.  A unit is a group of flows that come from one
 *            thing (a filter, a source, a MAC address, ...).  Its flows are a
 *            pure function of its input, a string of bytes, so they are
 *            computed again only when these differ.
 * Input.     In each pass, between tm_units_begin() and tm_units_end(), the
 *            units that are not to stay as they are: first those that need not
 *            exist any more, then those that shall exist, with their input.
 * Output.    The flow set becomes the union of all units; a flow that stays
 *            the same does not enter its journal.
 * Not here.  What units there are (guard.c, source.c, ..., plugin/hooks).
 * Ownership. The engine owns copies of inputs, and references on flows.
 * Failure.   Two units that make flows with one key are a broken invariant:
 *            ovs_assert. */

#ifndef PLUGIN_COMPILE_UNIT_H
#define PLUGIN_COMPILE_UNIT_H 1

#include "plugin/compile/pipeline.h"
#include "plugin/flow/flow-set.h"

/* What a unit's flows are a function of: 'size' bytes, aligned as from
 * malloc(), without pointers. */
struct tm_unit_input {
    const void *data;
    size_t size;
};

/* What a unit is named by, which is also in the match of all its flows. */
enum tm_unit_type {
    TM_UNIT_GLOBAL,             /* Nothing: flows that exist once. */
    TM_UNIT_TARGET,             /* Address of a target. */
    TM_UNIT_SOURCE,             /* OpenFlow port of a source. */
    TM_UNIT_FILTER,             /* UUID of a filter. */
    TM_UNIT_LB,                 /* UUID of a load balancer. */

    /* Of the 'normal' pipeline. */
    TM_UNIT_INBOUND,            /* Nothing. */
    TM_UNIT_TRUNKS,             /* Nothing. */
    TM_UNIT_HOOK,               /* OpenFlow port of a source. */
    TM_UNIT_MAC,                /* MAC address. */
    TM_UNIT_VLAN,               /* VLAN ID. */
    TM_UNIT_PORT,               /* OpenFlow port of the bridge. */
    TM_N_UNIT_TYPES
};

/* Flows under construction; holds references. */
struct tm_flow_list {
    struct tm_flow **flows;
    size_t n, allocated;
};

void tm_flow_list_init(struct tm_flow_list *);
void tm_flow_list_uninit(struct tm_flow_list *);

/* Appends a flow, with the cookie of 'origin', and empties 'ofpacts' for the
 * next one. */
void tm_flow_list_add(struct tm_flow_list *, uint8_t table_id,
                      uint16_t priority, const struct tm_origin *,
                      const struct match *, struct ofpbuf *ofpacts);

/* Appends the flows that 'input' asks for.  'base' is the first table of the
 * plugin.  Must be a pure function. */
typedef void tm_unit_build(uint8_t base, const void *input,
                           struct tm_flow_list *);

struct tm_unit_name {
    enum tm_unit_type type;
    const void *key;            /* What sets it apart in its type. */
    size_t key_len;             /* At most TM_UNIT_KEY_MAX bytes. */
};
#define TM_UNIT_KEY_MAX 16

struct tm_units {
    struct hmap units[TM_N_UNIT_TYPES];     /* struct tm_unit (unit.c). */
    uint8_t base;               /* Of the last pass. */
    struct tm_unit **touched;   /* Dropped or computed in this pass. */
    size_t n_touched, allocated_touched;
    size_t n_built;             /* Units computed in this or the last pass. */
    struct tm_flow_list gone;   /* Of units computed again or not wanted. */
};

void tm_units_init(struct tm_units *);
void tm_units_uninit(struct tm_units *);

/* Another 'base' than in the last pass drops all units. */
void tm_units_begin(struct tm_units *, uint8_t base);
/* The unit 'name', if there is one, goes, unless it is wanted afterwards. */
void tm_units_drop(struct tm_units *, const struct tm_unit_name *);
void tm_units_drop_type(struct tm_units *, enum tm_unit_type);
void tm_units_drop_all(struct tm_units *);
/* The unit 'name' shall exist, with the flows that 'build' makes of 'input'.
 * Once in a pass for each name. */
void tm_units_want(struct tm_units *, const struct tm_unit_name *,
                   tm_unit_build *build, const struct tm_unit_input *input);
void tm_units_end(struct tm_units *, struct tm_flow_set *);

/* True if 'name' exists and is not dropped. */
bool tm_units_has(const struct tm_units *, const struct tm_unit_name *);

#endif /* plugin/compile/unit.h */
