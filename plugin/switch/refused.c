/* SPDX-License-Identifier: Apache-2.0 */
/* refused.c
 *
 * Flows that the switch does not take.  They are few and stay in 'want', since
 * the compiler is right as far as it knows; here they are taken out of what is
 * sent, until the compiler wants something else under their key. */

#include <config.h>

#include "plugin/switch/switch-private.h"

#include "util.h"

static struct tm_refused *
find_refused(const struct tm_switch *sw, const struct tm_flow *flow)
{
    struct tm_refused *refused;

    HMAP_FOR_EACH_WITH_HASH (refused, node, flow->hash, &sw->refused) {
        if (tm_flow_equal(refused->flow, flow)) {
            return refused;
        }
    }
    return NULL;
}

void
tm_refused_add(struct tm_switch *sw, const struct tm_flow *flow,
               const char *error)
{
    if (!find_refused(sw, flow)) {
        struct tm_refused *refused = xmalloc(sizeof *refused);

        refused->flow = tm_flow_ref(flow);
        refused->error = xstrdup(error);
        hmap_insert(&sw->refused, &refused->node, flow->hash);
        sw->refused_seqno++;
    }
}

void
tm_refused_filter(const struct tm_switch *sw, struct tm_flow_diff *diff)
{
    size_t n = 0;

    if (hmap_is_empty(&sw->refused)) {
        return;
    }
    for (size_t i = 0; i < diff->n; i++) {
        struct tm_flow_change change = diff->changes[i];

        if (change.want && find_refused(sw, change.want)) {
            tm_flow_unref(change.want);
            if (!change.have) {
                continue;
            }
            change.want = NULL;
            change.type = TM_CHANGE_DELETE;
        }
        diff->changes[n++] = change;
    }
    diff->n = n;
}

void
tm_refused_forget(struct tm_switch *sw, const struct tm_flow_set *want)
{
    struct tm_refused *refused;

    HMAP_FOR_EACH_SAFE (refused, node, &sw->refused) {
        const struct tm_flow *flow
            = want ? tm_flow_set_find(want, refused->flow) : NULL;

        if (!flow || !tm_flow_equal(flow, refused->flow)) {
            hmap_remove(&sw->refused, &refused->node);
            tm_flow_unref(refused->flow);
            free(refused->error);
            free(refused);
            sw->refused_seqno++;
        }
    }
}
