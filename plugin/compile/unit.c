/* SPDX-License-Identifier: Apache-2.0 */
/* unit.c
 *
 * A pass names all units that shall exist.  One whose input is byte for byte
 * that of the pass before keeps its flows; any other is built afresh, and its
 * old flows go to the list 'gone', as do those of units that nobody named.
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
    struct hmap_node node;      /* In tm_units 'units', by 'type', 'key'. */
    enum tm_unit_type type;
    uint8_t key[TM_UNIT_KEY_MAX];       /* Padded with zeros. */
    void *input;                /* What 'flows' were made of. */
    size_t size;
    struct tm_flow_list flows;
    bool wanted;                /* Named in this pass. */
    bool built;                 /* Computed in this pass. */
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
    hmap_init(&units->units);
    tm_flow_list_init(&units->gone);
}

static void
unit_destroy(struct tm_units *units, struct tm_unit *unit)
{
    hmap_remove(&units->units, &unit->node);
    tm_flow_list_uninit(&unit->flows);
    free(unit->input);
    free(unit);
}

void
tm_units_uninit(struct tm_units *units)
{
    struct tm_unit *unit;

    HMAP_FOR_EACH_SAFE (unit, node, &units->units) {
        unit_destroy(units, unit);
    }
    hmap_destroy(&units->units);
    tm_flow_list_uninit(&units->gone);
}

void
tm_units_begin(struct tm_units *units, uint8_t base)
{
    struct tm_unit *unit;

    units->stale = units->base != base;
    units->base = base;
    units->n_built = 0;
    HMAP_FOR_EACH (unit, node, &units->units) {
        unit->wanted = unit->built = false;
    }
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

static struct tm_unit *
find_unit(const struct tm_units *units, const struct tm_unit_name *name,
          const uint8_t key[TM_UNIT_KEY_MAX], uint32_t hash)
{
    struct tm_unit *unit;

    HMAP_FOR_EACH_WITH_HASH (unit, node, hash, &units->units) {
        if (unit->type == name->type
            && !memcmp(unit->key, key, TM_UNIT_KEY_MAX)) {
            return unit;
        }
    }
    return NULL;
}

void
tm_units_want(struct tm_units *units, const struct tm_unit_name *name,
              tm_unit_build *build, const void *input, size_t size)
{
    uint8_t key[TM_UNIT_KEY_MAX];
    struct tm_unit *unit;
    uint32_t hash;

    pad_key(name, key);
    hash = hash_bytes(key, sizeof key, name->type);
    unit = find_unit(units, name, key, hash);
    if (!unit) {
        unit = xzalloc(sizeof *unit);
        unit->type = name->type;
        memcpy(unit->key, key, sizeof key);
        tm_flow_list_init(&unit->flows);
        hmap_insert(&units->units, &unit->node, hash);
    } else {
        ovs_assert(!unit->wanted);      /* Named twice in one pass. */
        if (!units->stale && unit->size == size
            && (!size || !memcmp(unit->input, input, size))) {
            unit->wanted = true;
            return;
        }
    }

    flow_list_move(&units->gone, &unit->flows);
    free(unit->input);
    unit->input = size ? xmemdup(input, size) : NULL;
    unit->size = size;
    unit->wanted = unit->built = true;
    units->n_built++;
    build(units->base, unit->input, &unit->flows);
}

bool
tm_units_keep(struct tm_units *units, const struct tm_unit_name *name)
{
    uint8_t key[TM_UNIT_KEY_MAX];
    struct tm_unit *unit;

    pad_key(name, key);
    unit = find_unit(units, name, key,
                     hash_bytes(key, sizeof key, name->type));
    if (!unit || units->stale) {
        return false;
    }
    unit->wanted = true;
    return true;
}

bool
tm_units_keep_type(struct tm_units *units, enum tm_unit_type type)
{
    struct tm_unit *unit;

    if (units->stale) {
        return false;
    }
    HMAP_FOR_EACH (unit, node, &units->units) {
        if (unit->type == type) {
            unit->wanted = true;
        }
    }
    return true;
}

void
tm_units_end(struct tm_units *units, struct tm_flow_set *want)
{
    struct tm_flow_set fresh;
    struct tm_unit *unit;

    tm_flow_set_init(&fresh, false);
    HMAP_FOR_EACH_SAFE (unit, node, &units->units) {
        if (!unit->wanted) {
            flow_list_move(&units->gone, &unit->flows);
            unit_destroy(units, unit);
            continue;
        }
        for (size_t i = 0; unit->built && i < unit->flows.n; i++) {
            struct tm_flow *flow = unit->flows.flows[i];

            /* A key in two units would be lost when one of them goes. */
            ovs_assert(!tm_flow_set_find(&fresh, flow));
            tm_flow_set_put(&fresh, tm_flow_ref(flow));
        }
    }

    for (size_t i = 0; i < units->gone.n; i++) {
        struct tm_flow *flow = units->gone.flows[i];

        if (!tm_flow_set_find(&fresh, flow)) {
            tm_flow_set_remove(want, flow);
        }
        tm_flow_unref(flow);
    }
    units->gone.n = 0;

    HMAP_FOR_EACH (unit, node, &units->units) {
        for (size_t i = 0; unit->built && i < unit->flows.n; i++) {
            tm_flow_set_put(want, tm_flow_ref(unit->flows.flows[i]));
        }
    }
    tm_flow_set_uninit(&fresh);
}

void
tm_units_revise(struct tm_units *units, const struct tm_unit_name *name,
                tm_unit_build *build, const struct tm_unit_input *input,
                struct tm_flow_set *want)
{
    uint8_t key[TM_UNIT_KEY_MAX];
    struct tm_flow_list fresh;
    struct tm_flow_set keys;
    struct tm_unit *unit;

    pad_key(name, key);
    unit = find_unit(units, name, key,
                     hash_bytes(key, sizeof key, name->type));
    if (!unit || (unit->size == input->size
                  && !memcmp(unit->input, input->data, input->size))) {
        return;
    }

    tm_flow_list_init(&fresh);
    build(units->base, input->data, &fresh);
    units->n_built = 1;

    tm_flow_set_init(&keys, false);
    for (size_t i = 0; i < fresh.n; i++) {
        tm_flow_set_put(&keys, tm_flow_ref(fresh.flows[i]));
        tm_flow_set_put(want, tm_flow_ref(fresh.flows[i]));
    }
    for (size_t i = 0; i < unit->flows.n; i++) {
        if (!tm_flow_set_find(&keys, unit->flows.flows[i])) {
            tm_flow_set_remove(want, unit->flows.flows[i]);
        }
    }
    tm_flow_set_uninit(&keys);

    tm_flow_list_uninit(&unit->flows);
    unit->flows = fresh;
    free(unit->input);
    unit->input = xmemdup(input->data, input->size);
    unit->size = input->size;
}
