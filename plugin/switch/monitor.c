/* SPDX-License-Identifier: Apache-2.0 */
/* monitor.c
 *
 * Other controllers share the bridge; one that starts may delete every flow.
 * So the switch is asked to tell of each change in the tables that the
 * plugin's flows are in (OpenFlow 1.5.1, 7.3.5.17).  Our own changes come
 * back as one short ABBREV and are ignored.
 *
 * What others change is compared with 'have'.  One of our flows removed, or
 * altered, or replaced by a flow of theirs with the same match, means that
 * 'have' is stale, and the flows are read back.  No attempt is made to follow
 * the change itself: reading back is cheap and always right.
 *
 * If we are slow to read, the switch pauses the monitor and, later, tells
 * what has changed meanwhile in full, our own changes too.  Since a flow that
 * equals the one in 'have' is no news, that needs no case of its own: removals
 * are told even during a pause, and everything else comes before RESUMED. */

#include <config.h>

#include "plugin/switch/switch-private.h"

#include "coverage.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "plugin/compile/pipeline.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tm_monitor);

COVERAGE_DEFINE(tm_switch_wipe_seen);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 6);

bool
tm_monitor_add(struct tm_switch *sw, uint8_t table)
{
    struct ofputil_flow_monitor_request request = {
        .id = table + 1,
        .command = OFPFMC_ADD,
        .flags = (OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY
                  | OFPFMF_INSTRUCTIONS),
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = table,
    };
    struct ofpbuf *msg;

    if (bitmap_is_set(sw->monitored, table)) {
        return false;
    }
    bitmap_set1(sw->monitored, table);
    match_init_catchall(&request.match);
    msg = ofpbuf_new(0);
    ofputil_append_flow_monitor_request(&request, msg, TM_OF_PROTOCOL);
    tm_switch_send(sw, msg);
    return true;
}

/* Whether 'have' says otherwise than 'update' does. */
static bool
contradicts_have(const struct tm_switch *sw,
                 const struct ofputil_flow_update *update)
{
    const struct ofputil_flow_stats fs = {
        .match = update->match,
        .cookie = update->cookie,
        .table_id = update->table_id,
        .priority = update->priority,
        .ofpacts = update->ofpacts,
        .ofpacts_len = update->ofpacts_len,
    };
    struct tm_flow *told = tm_flow_from_stats(&fs);
    const struct tm_flow *have = tm_flow_set_find(&sw->have, told);
    bool marked = ((update->cookie & htonll(TM_COOKIE_MASK))
                   == htonll(TM_COOKIE_MARK));
    bool contradicts;

    if (update->event == OFPFME_REMOVED) {
        contradicts = have != NULL;
    } else if (have) {
        contradicts = !tm_flow_equal(have, told);
    } else {
        contradicts = marked;
    }
    tm_flow_unref(told);
    return contradicts;
}

static void
handle_update(struct tm_switch *sw, const struct ofputil_flow_update *update)
{
    switch (update->event) {
    case OFPFME_ADDED:
    case OFPFME_REMOVED:
    case OFPFME_MODIFIED:
        tm_foreign_note_update(sw, update);
        /* Before READY there is nothing to compare with, and the dump that is
         * under way is newer: the switch tells things in order. */
        if (sw->state == TM_SWITCH_READY && !sw->stale
            && contradicts_have(sw, update)) {
            COVERAGE_INC(tm_switch_wipe_seen);
            sw->n_foreign++;
            sw->stale = true;
            sw->confirmed = 0;
            VLOG_INFO_RL(&rl, "%s: somebody else changed our flows in table "
                         "%"PRIu8", reading them back", sw->target,
                         update->table_id);
        }
        break;

    case OFPFME_INITIAL:
    case OFPFME_ABBREV:
    case OFPFME_PAUSED:
    case OFPFME_RESUMED:
    default:
        break;
    }
}

void
tm_monitor_handle_update(struct tm_switch *sw, const struct ofp_header *oh)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofpbuf ofpacts;
    int retval;

    ofpbuf_init(&ofpacts, 256);
    for (;;) {
        struct ofputil_flow_update update = { .cookie = 0 };

        retval = ofputil_decode_flow_update(&update, &msg, &ofpacts);
        if (retval) {
            break;
        }
        handle_update(sw, &update);
    }
    ofpbuf_uninit(&ofpacts);
    if (retval != EOF) {
        tm_switch_fail(sw, "flow update that cannot be understood");
    }
}
