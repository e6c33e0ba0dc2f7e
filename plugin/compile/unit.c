/* SPDX-License-Identifier: Apache-2.0 */
/* unit.c
 *
 * A pass touches some units and leaves all others as they are.  What may have
 * no reason to exist any more is dropped; what shall exist is wanted, with its
 * input.  A unit whose input is byte for byte that of the pass before keeps
 * its flows; any other is built afresh, and its old flows go to the list
 * 'gone', as do those of units that were dropped and not wanted again.  A pass
 * that drops all units to begin with starts from nothing.
 *
 * Only at the end does the flow set change: a flow of 'gone' is removed unless
 * some unit that was built in this pass has its key again.  That order
 * matters.  Two servers may swap their OpenFlow ports in one pass, and then
 * the old key of one unit is the new key of another; and a flow that comes out
 * the same must not be taken out and put back, since the journal would send it
 * to the switch. */

#include <config.h>
#include "plugin/compile/unit.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "util.h"

struct tm_unit {
    struct hmap_node node;      /* In tm_units 'units[type]', by 'key'. */
    enum tm_unit_type type;
    uint8_t key[TM_UNIT_KEY_MAX];       /* Padded with zeros. */
    void *input;                /* What 'flows' were made of. */
    size_t size;
    struct tm_flow_list flows;

    /* In this pass. */
    bool touched;               /* It is in 'touched' of tm_units. */
    bool dropped;               /* Goes, unless it is wanted yet. */
    bool built;                 /* Computed. */
};

void
tm_flow_list_init(struct tm_flow_list *list)
{
    memset(list, 0, sizeof *list);
}

void
tm_flow_list_uninit(struct tm_flow_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        tm_flow_unref(list->flows[i]);
    }
    free(list->flows);
}

/* Takes one reference of 'flow' over. */
static void
flow_list_append(struct tm_flow_list *list, struct tm_flow *flow)
{
    if (list->n >= list->allocated) {
        list->flows = x2nrealloc(list->flows, &list->allocated,
                                 sizeof *list->flows);
    }
    list->flows[list->n++] = flow;
}

void
tm_flow_list_add(struct tm_flow_list *list, uint8_t table_id,
                 uint16_t priority, const struct tm_origin *origin,
                 const struct match *match, struct ofpbuf *ofpacts)
{
    ovs_be64 cookie = tm_cookie(origin->table ? &origin->row : NULL);

    flow_list_append(list, tm_flow_create(table_id, priority, cookie, match,
                                          ofpacts, origin));
    ofpbuf_clear(ofpacts);
}

/* Empties 'src'. */
static void
flow_list_move(struct tm_flow_list *dst, struct tm_flow_list *src)
{
    for (size_t i = 0; i < src->n; i++) {
        flow_list_append(dst, src->flows[i]);
    }
    src->n = 0;
}

void
tm_units_init(struct tm_units *units)
{
    memset(units, 0, sizeof *units);
    for (size_t i = 0; i < TM_N_UNIT_TYPES; i++) {
        hmap_init(&units->units[i]);
    }
    tm_flow_list_init(&units->gone);
}

static void
unit_destroy(struct tm_units *units, struct tm_unit *unit)
{
    hmap_remove(&units->units[unit->type], &unit->node);
    tm_flow_list_uninit(&unit->flows);
    free(unit->input);
    free(unit);
}

void
tm_units_uninit(struct tm_units *units)
{
    for (size_t i = 0; i < TM_N_UNIT_TYPES; i++) {
        struct tm_unit *unit;

        HMAP_FOR_EACH_SAFE (unit, node, &units->units[i]) {
            unit_destroy(units, unit);
        }
        hmap_destroy(&units->units[i]);
    }
    tm_flow_list_uninit(&units->gone);
    free(units->touched);
}

static void
pad_key(const struct tm_unit_name *name, uint8_t key[TM_UNIT_KEY_MAX])
{
    ovs_assert(name->key_len <= TM_UNIT_KEY_MAX);
    memset(key, 0, TM_UNIT_KEY_MAX);
    if (name->key_len) {
        memcpy(key, name->key, name->key_len);
    }
}

static uint32_t
hash_key(const uint8_t key[TM_UNIT_KEY_MAX])
{
    return hash_bytes(key, TM_UNIT_KEY_MAX, 0);
}

static struct tm_unit *
find_unit(const struct tm_units *units, enum tm_unit_type type,
          const uint8_t key[TM_UNIT_KEY_MAX])
{
    struct tm_unit *unit;

    HMAP_FOR_EACH_WITH_HASH (unit, node, hash_key(key), &units->units[type]) {
        if (!memcmp(unit->key, key, TM_UNIT_KEY_MAX)) {
            return unit;
        }
    }
    return NULL;
}

static struct tm_unit *
find_name(const struct tm_units *units, const struct tm_unit_name *name)
{
    uint8_t key[TM_UNIT_KEY_MAX];

    pad_key(name, key);
    return find_unit(units, name->type, key);
}

static struct tm_unit *
add_unit(struct tm_units *units, const struct tm_unit_name *name)
{
    struct tm_unit *unit = xzalloc(sizeof *unit);

    unit->type = name->type;
    pad_key(name, unit->key);
    tm_flow_list_init(&unit->flows);
    hmap_insert(&units->units[unit->type], &unit->node, hash_key(unit->key));
    return unit;
}

static void
touch(struct tm_units *units, struct tm_unit *unit)
{
    if (unit->touched) {
        return;
    }
    if (units->n_touched >= units->allocated_touched) {
        units->touched = x2nrealloc(units->touched, &units->allocated_touched,
                                    sizeof *units->touched);
    }
    units->touched[units->n_touched++] = unit;
    unit->touched = true;
}

static void
drop_unit(struct tm_units *units, struct tm_unit *unit)
{
    touch(units, unit);
    unit->dropped = true;
}

void
tm_units_begin(struct tm_units *units, uint8_t base)
{
    units->n_built = 0;
    if (units->base != base) {
        tm_units_drop_all(units);
        for (size_t i = 0; i < units->n_touched; i++) {
            struct tm_unit *unit = units->touched[i];

            /* In other tables the same input makes other flows. */
            flow_list_move(&units->gone, &unit->flows);
            free(unit->input);
            unit->input = NULL;
            unit->size = SIZE_MAX;
        }
        units->base = base;
    }
}

void
tm_units_drop(struct tm_units *units, const struct tm_unit_name *name)
{
    struct tm_unit *unit = find_name(units, name);

    if (unit) {
        drop_unit(units, unit);
    }
}

void
tm_units_drop_type(struct tm_units *units, enum tm_unit_type type)
{
    struct tm_unit *unit;

    HMAP_FOR_EACH (unit, node, &units->units[type]) {
        drop_unit(units, unit);
    }
}

void
tm_units_drop_all(struct tm_units *units)
{
    for (size_t i = 0; i < TM_N_UNIT_TYPES; i++) {
        tm_units_drop_type(units, i);
    }
}

void
tm_units_want(struct tm_units *units, const struct tm_unit_name *name,
              tm_unit_build *build, const struct tm_unit_input *input)
{
    struct tm_unit *unit = find_name(units, name);

    if (unit) {
        ovs_assert(!unit->built);       /* Wanted twice in one pass. */
        unit->dropped = false;
        if (unit->size == input->size
            && (!input->size
                || !memcmp(unit->input, input->data, input->size))) {
            return;
        }
    } else {
        unit = add_unit(units, name);
    }

    touch(units, unit);
    flow_list_move(&units->gone, &unit->flows);
    free(unit->input);
    unit->input = input->size ? xmemdup(input->data, input->size) : NULL;
    unit->size = input->size;
    unit->built = true;
    units->n_built++;
    build(units->base, unit->input, &unit->flows);
}

bool
tm_units_has(const struct tm_units *units, const struct tm_unit_name *name)
{
    const struct tm_unit *unit = find_name(units, name);

    return unit && !unit->dropped;
}

/* Collects the keys of all flows that were computed in this pass. */
static void
collect_fresh(const struct tm_units *units, struct tm_flow_set *fresh)
{
    tm_flow_set_init(fresh, false);
    for (size_t i = 0; i < units->n_touched; i++) {
        const struct tm_unit *unit = units->touched[i];

        for (size_t j = 0; unit->built && j < unit->flows.n; j++) {
            struct tm_flow *flow = unit->flows.flows[j];

            /* A key in two units would be lost when one of them goes. */
            ovs_assert(!tm_flow_set_find(fresh, flow));
            tm_flow_set_put(fresh, tm_flow_ref(flow));
        }
    }
}

void
tm_units_end(struct tm_units *units, struct tm_flow_set *want)
{
    struct tm_flow_set fresh;

    for (size_t i = 0; i < units->n_touched; ) {
        struct tm_unit *unit = units->touched[i];

        if (unit->dropped) {
            flow_list_move(&units->gone, &unit->flows);
            unit_destroy(units, unit);
            units->touched[i] = units->touched[--units->n_touched];
        } else {
            i++;
        }
    }

    collect_fresh(units, &fresh);
    for (size_t i = 0; i < units->gone.n; i++) {
        struct tm_flow *flow = units->gone.flows[i];

        if (!tm_flow_set_find(&fresh, flow)) {
            tm_flow_set_remove(want, flow);
        }
        tm_flow_unref(flow);
    }
    units->gone.n = 0;
    tm_flow_set_uninit(&fresh);

    for (size_t i = 0; i < units->n_touched; i++) {
        struct tm_unit *unit = units->touched[i];

        for (size_t j = 0; unit->built && j < unit->flows.n; j++) {
            tm_flow_set_put(want, tm_flow_ref(unit->flows.flows[j]));
        }
        unit->touched = unit->built = false;
    }
    units->n_touched = 0;
}
