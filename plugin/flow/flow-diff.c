/* SPDX-License-Identifier: Apache-2.0 */
/* flow-diff.c
 *
 * Each key is looked up in both sets, which says what is to be done with it.
 * The list is sorted at the end, since hash order depends on history and the
 * same change should always give the same messages.  Only changes are sorted:
 * the common case, thousands of flows and none or a few changes, is linear. */

#include <config.h>

#include "plugin/flow/flow-diff.h"

#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

void
tm_flow_diff_init(struct tm_flow_diff *diff)
{
    *diff = (struct tm_flow_diff) { .changes = NULL };
}

void
tm_flow_diff_uninit(struct tm_flow_diff *diff)
{
    if (diff) {
        for (size_t i = 0; i < diff->n; i++) {
            tm_flow_unref(diff->changes[i].have);
            tm_flow_unref(diff->changes[i].want);
        }
        free(diff->changes);
    }
}

void
tm_flow_diff_add(struct tm_flow_diff *diff, const struct tm_flow *have,
                 const struct tm_flow *want)
{
    if (have && want && tm_flow_equal(have, want)) {
        return;
    }
    if (diff->n >= diff->allocated) {
        diff->changes = x2nrealloc(diff->changes, &diff->allocated,
                                   sizeof *diff->changes);
    }
    diff->changes[diff->n++] = (struct tm_flow_change) {
        .type = (!want ? TM_CHANGE_DELETE
                 : !have ? TM_CHANGE_ADD
                 : TM_CHANGE_MODIFY),
        .have = tm_flow_ref(have),
        .want = tm_flow_ref(want),
    };
}

static int
compare_changes(const void *a_, const void *b_)
{
    const struct tm_flow_change *a = a_;
    const struct tm_flow_change *b = b_;

    if (a->type != b->type) {
        return a->type < b->type ? -1 : 1;
    }
    return tm_flow_compare(a->want ? a->want : a->have,
                           b->want ? b->want : b->have);
}

void
tm_flow_diff_sort(struct tm_flow_diff *diff)
{
    if (diff->n) {
        qsort(diff->changes, diff->n, sizeof *diff->changes, compare_changes);
    }
}

void
tm_flow_diff_full(struct tm_flow_diff *diff, const struct tm_flow_set *have,
                  const struct tm_flow_set *want)
{
    const struct tm_flow_node *node;

    ovs_assert(!diff->n);
    TM_FLOW_SET_FOR_EACH (node, want) {
        tm_flow_diff_add(diff, tm_flow_set_find(have, node->flow), node->flow);
    }
    TM_FLOW_SET_FOR_EACH (node, have) {
        if (!tm_flow_set_find(want, node->flow)) {
            tm_flow_diff_add(diff, node->flow, NULL);
        }
    }
    tm_flow_diff_sort(diff);
}

void
tm_flow_diff_journal(struct tm_flow_diff *diff, const struct tm_flow_set *have,
                     const struct tm_flow_set *want)
{
    const struct tm_flow_node *node;

    ovs_assert(!diff->n);
    TM_FLOW_SET_FOR_EACH_KEY (node, want) {
        const struct tm_flow *old = tm_flow_set_find(have, node->flow);
        const struct tm_flow *new = tm_flow_set_find(want, node->flow);

        if (old || new) {
            tm_flow_diff_add(diff, old, new);
        }
    }
    tm_flow_diff_sort(diff);
}

void
tm_flow_diff_drop(struct tm_flow_diff *diff,
                  bool (*drop)(const struct tm_flow_change *, void *aux),
                  void *aux)
{
    size_t n = 0;

    for (size_t i = 0; i < diff->n; i++) {
        struct tm_flow_change change = diff->changes[i];

        if (drop(&change, aux)) {
            tm_flow_unref(change.have);
            tm_flow_unref(change.want);
        } else {
            diff->changes[n++] = change;
        }
    }
    diff->n = n;
}

static void
format_line(char sign, const struct tm_flow *flow, struct ds *s)
{
    if (flow) {
        ds_put_char(s, sign);
        tm_flow_format(flow, s);
        ds_put_char(s, '\n');
    }
}

void
tm_flow_diff_format(const struct tm_flow_diff *diff, struct ds *s)
{
    for (size_t i = 0; i < diff->n; i++) {
        format_line('-', diff->changes[i].have, s);
        format_line('+', diff->changes[i].want, s);
    }
}
