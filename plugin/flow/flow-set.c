/* SPDX-License-Identifier: Apache-2.0 */
/* flow-set.c
 *
 * Two hash maps of the same shape: the flows, and the keys that were touched
 * since somebody took the journal over.  A key in the journal is a flow too
 * (the first that was put or removed under that key); only its key is looked
 * at, and whether it is in the set now says what became of it. */

#include <config.h>

#include "plugin/flow/flow-set.h"

#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

static struct tm_flow_node *
find_node(const struct hmap *map, const struct tm_flow *key)
{
    struct tm_flow_node *node;

    HMAP_FOR_EACH_WITH_HASH (node, node, key->hash, map) {
        if (tm_flow_key_equal(node->flow, key)) {
            return node;
        }
    }
    return NULL;
}

/* Takes one reference over. */
static void
insert_node(struct hmap *map, struct tm_flow *flow)
{
    struct tm_flow_node *node = xmalloc(sizeof *node);

    node->flow = flow;
    hmap_insert(map, &node->node, flow->hash);
}

static void
clear_nodes(struct hmap *map)
{
    struct tm_flow_node *node;

    HMAP_FOR_EACH_POP (node, node, map) {
        tm_flow_unref(node->flow);
        free(node);
    }
    hmap_shrink(map);
}

static void
touch(struct tm_flow_set *set, const struct tm_flow *key)
{
    if (set->keep_journal && !find_node(&set->journal, key)) {
        insert_node(&set->journal, tm_flow_ref(key));
    }
}

void
tm_flow_set_init(struct tm_flow_set *set, bool keep_journal)
{
    hmap_init(&set->flows);
    hmap_init(&set->journal);
    set->keep_journal = keep_journal;
}

void
tm_flow_set_uninit(struct tm_flow_set *set)
{
    if (set) {
        clear_nodes(&set->flows);
        clear_nodes(&set->journal);
        hmap_destroy(&set->flows);
        hmap_destroy(&set->journal);
    }
}

void
tm_flow_set_clear(struct tm_flow_set *set)
{
    struct tm_flow_node *node;

    TM_FLOW_SET_FOR_EACH (node, set) {
        touch(set, node->flow);
    }
    clear_nodes(&set->flows);
}

void
tm_flow_set_swap(struct tm_flow_set *a, struct tm_flow_set *b)
{
    bool keep_journal = a->keep_journal;

    /* A map cannot be copied as a struct: an empty one points into itself. */
    hmap_swap(&a->flows, &b->flows);
    hmap_swap(&a->journal, &b->journal);
    a->keep_journal = b->keep_journal;
    b->keep_journal = keep_journal;
}

size_t
tm_flow_set_count(const struct tm_flow_set *set)
{
    return hmap_count(&set->flows);
}

struct tm_flow *
tm_flow_set_find(const struct tm_flow_set *set, const struct tm_flow *key)
{
    struct tm_flow_node *node = find_node(&set->flows, key);

    return node ? node->flow : NULL;
}

void
tm_flow_set_put(struct tm_flow_set *set, struct tm_flow *flow)
{
    struct tm_flow_node *node = find_node(&set->flows, flow);

    if (!node) {
        insert_node(&set->flows, flow);
    } else if (tm_flow_equal(node->flow, flow)) {
        tm_flow_unref(flow);
        return;
    } else {
        tm_flow_unref(node->flow);
        node->flow = flow;
    }
    touch(set, flow);
}

bool
tm_flow_set_remove(struct tm_flow_set *set, const struct tm_flow *key)
{
    struct tm_flow_node *node = find_node(&set->flows, key);

    if (!node) {
        return false;
    }
    touch(set, node->flow);
    hmap_remove(&set->flows, &node->node);
    /* Last, since 'key' may be the very flow that this frees. */
    tm_flow_unref(node->flow);
    free(node);
    return true;
}

void
tm_flow_set_share(struct tm_flow_set *set, const struct tm_flow_set *other)
{
    struct tm_flow_node *node;

    TM_FLOW_SET_FOR_EACH (node, set) {
        const struct tm_flow *twin = tm_flow_set_find(other, node->flow);

        if (twin && twin != node->flow && tm_flow_equal(twin, node->flow)) {
            tm_flow_unref(node->flow);
            node->flow = tm_flow_ref(twin);
        }
    }
}

bool
tm_flow_set_equal(const struct tm_flow_set *a, const struct tm_flow_set *b)
{
    struct tm_flow_node *node;

    if (tm_flow_set_count(a) != tm_flow_set_count(b)) {
        return false;
    }
    TM_FLOW_SET_FOR_EACH (node, a) {
        const struct tm_flow *other = tm_flow_set_find(b, node->flow);

        if (!other || !tm_flow_equal(node->flow, other)) {
            return false;
        }
    }
    return true;
}

void
tm_flow_set_clear_journal(struct tm_flow_set *set)
{
    clear_nodes(&set->journal);
}

bool
tm_flow_set_journal_is_empty(const struct tm_flow_set *set)
{
    return hmap_is_empty(&set->journal);
}

static int
compare_flow_ptrs(const void *a_, const void *b_)
{
    struct tm_flow *const *a = a_;
    struct tm_flow *const *b = b_;

    return tm_flow_compare(*a, *b);
}

size_t
tm_flow_set_sorted(const struct tm_flow_set *set, struct tm_flow ***flowsp)
{
    struct tm_flow **flows = xmalloc((tm_flow_set_count(set) + 1)
                                     * sizeof *flows);
    struct tm_flow_node *node;
    size_t n = 0;

    TM_FLOW_SET_FOR_EACH (node, set) {
        flows[n++] = node->flow;
    }
    qsort(flows, n, sizeof *flows, compare_flow_ptrs);
    *flowsp = flows;
    return n;
}

void
tm_flow_set_format(const struct tm_flow_set *set, struct ds *s)
{
    struct tm_flow **flows;
    size_t n = tm_flow_set_sorted(set, &flows);

    for (size_t i = 0; i < n; i++) {
        tm_flow_format(flows[i], s);
        ds_put_char(s, '\n');
    }
    free(flows);
}
