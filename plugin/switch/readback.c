/* SPDX-License-Identifier: Apache-2.0 */
/* readback.c
 *
 * Asks the switch for all flows with the plugin's mark, in whichever table
 * they are, and collects the parts of the answer in 'dump'.  With the last one
 * it takes the place of 'have'.
 *
 * The switch answers out of one moment, and tells of changes before and after
 * in order, so nothing can slip through between the dump and the flow
 * monitor, provided that the table was followed before.  If flows turn up in a
 * table that was not (hooks of an earlier run), it is followed from now on and
 * everything is read once more. */

#include <config.h>

#include "plugin/switch/switch-private.h"

#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "plugin/compile/pipeline.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tm_readback);

/* Two controllers that fight over a flow shall not do so without a pause. */
#define READBACK_INTERVAL_MS 250

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 6);

void
tm_readback_start(struct tm_switch *sw)
{
    struct ofputil_flow_stats_request request = {
        .cookie = htonll(TM_COOKIE_MARK),
        .cookie_mask = htonll(TM_COOKIE_MASK),
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = OFPTT_ALL,
    };

    match_init_catchall(&request.match);
    tm_flow_set_clear(&sw->dump);
    sw->stale = false;
    sw->compared = NULL;
    sw->confirmed = 0;
    sw->next_readback = time_msec() + READBACK_INTERVAL_MS;
    sw->n_readbacks++;
    sw->dump_xid = tm_switch_send(
        sw, ofputil_encode_flow_stats_request(&request, TM_OF_PROTOCOL));
    tm_switch_set_state(sw, TM_SWITCH_READBACK);
}

/* Where 'want' has the same flow, holds that one: most often it does. */
static void
add_flow(struct tm_switch *sw, const struct ofputil_flow_stats *fs,
         const struct tm_flow_set *want)
{
    struct tm_flow *flow = tm_flow_from_stats(fs);
    struct tm_flow *twin = want ? tm_flow_set_find(want, flow) : NULL;

    if (twin && tm_flow_equal(twin, flow)) {
        tm_flow_unref(flow);
        flow = tm_flow_ref(twin);
    }
    tm_flow_set_put(&sw->dump, flow);
}

static bool
follow_all_tables(struct tm_switch *sw)
{
    const struct tm_flow_node *node;

    TM_FLOW_SET_FOR_EACH (node, &sw->dump) {
        if (!bitmap_is_set(sw->monitored, node->flow->table_id)) {
            return false;
        }
    }
    return true;
}

static void
finish(struct tm_switch *sw)
{
    bool complete = follow_all_tables(sw);

    tm_flow_set_swap(&sw->have, &sw->dump);
    tm_flow_set_clear(&sw->dump);
    if (!complete) {
        tm_switch_enter_negotiate(sw);
        return;
    }
    VLOG_INFO_RL(&rl, "%s: read back %"PRIuSIZE" flows", sw->target,
                 tm_flow_set_count(&sw->have));
    tm_switch_set_state(sw, TM_SWITCH_READY);
    tm_foreign_restart(sw);
}

void
tm_readback_handle_reply(struct tm_switch *sw, const struct ofp_header *oh,
                         const struct tm_flow_set *want)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofpbuf ofpacts;
    int retval;

    if (sw->state != TM_SWITCH_READBACK || ntohl(oh->xid) != sw->dump_xid) {
        return;
    }
    ofpbuf_init(&ofpacts, 1024);
    for (;;) {
        struct ofputil_flow_stats fs;

        retval = ofputil_decode_flow_stats_reply(&fs, &msg, true, &ofpacts);
        if (retval) {
            break;
        }
        add_flow(sw, &fs, want);
    }
    ofpbuf_uninit(&ofpacts);
    if (retval != EOF) {
        tm_switch_fail(sw, "flow stats reply that cannot be understood");
    } else if (!ofpmp_more(oh)) {
        finish(sw);
    }
}
