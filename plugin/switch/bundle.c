/* SPDX-License-Identifier: Apache-2.0 */
/* bundle.c
 *
 * Turns 'have' into 'want' by one bundle (OpenFlow 1.5.1, 6.9), atomic and
 * ordered, so that no packet ever sees half of a change.
 *
 *     OPEN, ADD_MESSAGE(flow_mod)..., COMMIT, BARRIER
 *
 * are sent without waiting for answers, and only as fast as the switch takes
 * them: a region's worth of flows is never queued as messages.
 *
 * What comes back, in this order:
 *
 *   - An error with the transaction id of a flow_mod.  The flow is noted as
 *     refused.  Open vSwitch leaves a flow_mod that it cannot decode out and
 *     commits the rest; one that fails in the commit itself makes that fail.
 *   - The reply to COMMIT.  From here on 'have' has the changes: a change
 *     that the flow monitor tells of next is newer.
 *   - The reply to BARRIER: the bundle is done.
 *
 * If flows were refused the next difference, of whole sets, is made without
 * them.  Each turn of this adds to the refused flows, so it ends.  A bundle
 * that fails without naming a flow is nothing that can be mended here: a new
 * connection starts over, with back-off. */

#include <config.h>

#include "plugin/switch/switch-private.h"

#include <string.h>

#include "coverage.h"
#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/rconn.h"
#include "openvswitch/vlog.h"
#include "plugin/compile/pipeline.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tm_bundle);

COVERAGE_DEFINE(tm_switch_bundle_sent);
COVERAGE_DEFINE(tm_switch_bundle_empty);
COVERAGE_DEFINE(tm_switch_flow_refused);

/* Messages in the queue, beyond what the socket holds. */
#define MAX_QUEUED 256

/* Bytes of a flow in the log. */
#define MAX_LOGGED 400

#define BUNDLE_FLAGS (OFPBF_ATOMIC | OFPBF_ORDERED)

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 6);
static struct vlog_rate_limit refused_rl = VLOG_RATE_LIMIT_INIT(10, 10);

/* ## Sending ## */

static struct ofpbuf *
encode_delete_all(void)
{
    struct ofputil_flow_mod fm = {
        .command = OFPFC_DELETE,
        .cookie = htonll(TM_COOKIE_MARK),
        .cookie_mask = htonll(TM_COOKIE_MASK),
        .table_id = OFPTT_ALL,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
    };
    struct ofpbuf *msg;

    minimatch_init_catchall(&fm.match);
    msg = ofputil_encode_flow_mod(&fm, TM_OF_PROTOCOL);
    minimatch_destroy(&fm.match);
    return msg;
}

/* Whether what the flow has counted so far would be told of something else: of
 * another row, or of a rule that decided otherwise. */
static bool
counts_anew(const struct tm_flow_change *change)
{
    const struct tm_flow *have = change->have, *want = change->want;

    return (have && want
            && (want->cookie != have->cookie
                || (want->origin.table
                    && !strcmp(want->origin.table, "Mirror_Filter_Rule"))));
}

/* A modify keeps the flow's counters but cannot alter its cookie, so that a
 * new cookie takes an add.  What is not an add asks for our mark, in case that
 * somebody has just put a flow of theirs in the place of ours. */
static struct ofpbuf *
encode_change(const struct tm_flow_change *change)
{
    const struct tm_flow *flow = change->want ? change->want : change->have;
    struct ofputil_flow_mod fm = {
        .match = flow->match,   /* Shared, only to be read. */
        .priority = flow->priority,
        .table_id = flow->table_id,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
    };

    if (change->want) {
        fm.ofpacts = flow->ofpacts;
        fm.ofpacts_len = flow->ofpacts_len;
    }
    if (change->type == TM_CHANGE_ADD
        || (change->want && change->want->cookie != change->have->cookie)) {
        fm.command = OFPFC_ADD;
        fm.new_cookie = flow->cookie;
    } else {
        fm.command = (change->want ? OFPFC_MODIFY_STRICT
                      : OFPFC_DELETE_STRICT);
        fm.cookie = htonll(TM_COOKIE_MARK);
        fm.cookie_mask = htonll(TM_COOKIE_MASK);
    }
    if (counts_anew(change)) {
        fm.flags = OFPUTIL_FF_RESET_COUNTS;
    }
    return ofputil_encode_flow_mod(&fm, TM_OF_PROTOCOL);
}

/* The embedded message has the id of the one around it.  Consumes 'inner'.
 * Returns false if both together are too long. */
static bool
send_add(struct tm_switch *sw, struct ofpbuf *inner, uint32_t xid)
{
    struct ofp_header *oh = inner->data;
    struct ofputil_bundle_add_msg add = {
        .bundle_id = sw->bundle.id,
        .flags = BUNDLE_FLAGS,
        .msg = oh,
    };
    bool fits = (inner->size + sizeof(struct ofp14_bundle_ctrl_msg)
                 + sizeof *oh <= UINT16_MAX);

    if (fits) {
        oh->xid = htonl(xid);
        tm_switch_send_as(sw, ofputil_encode_bundle_add(TM_OF_VERSION, &add),
                          xid);
    }
    ofpbuf_delete(inner);
    return fits;
}

static uint32_t
send_control(struct tm_switch *sw, uint16_t type)
{
    struct ofputil_bundle_ctrl_msg control = {
        .bundle_id = sw->bundle.id,
        .type = type,
        .flags = BUNDLE_FLAGS,
    };

    return tm_switch_send(
        sw, ofputil_encode_bundle_ctrl_request(TM_OF_VERSION, &control));
}

static void
note_refused(struct tm_switch *sw, size_t i, const char *error)
{
    struct tm_bundle *bundle = &sw->bundle;
    const struct tm_flow *flow = bundle->diff.changes[i].want;

    if (!bitmap_is_set(bundle->refused, i)) {
        bitmap_set1(bundle->refused, i);
        bundle->n_refused++;
        tm_refused_add(sw, flow, error);
        COVERAGE_INC(tm_switch_flow_refused);
        if (!VLOG_DROP_WARN(&refused_rl)) {
            struct ds s = DS_EMPTY_INITIALIZER;

            tm_flow_format(flow, &s);
            if (s.length > MAX_LOGGED) {
                ds_truncate(&s, MAX_LOGGED);
                ds_put_cstr(&s, "...");
            }
            VLOG_WARN("%s: switch refused flow (%s): %s", sw->target, error,
                      ds_cstr(&s));
            ds_destroy(&s);
        }
    }
}

void
tm_bundle_run(struct tm_switch *sw)
{
    struct tm_bundle *bundle = &sw->bundle;

    if (!bundle->in_flight || bundle->closed) {
        return;
    }
    for (; bundle->n_sent < bundle->diff.n; bundle->n_sent++) {
        size_t i = bundle->n_sent;

        if (rconn_packet_counter_n_packets(sw->queued) >= MAX_QUEUED) {
            /* tm_switch_wait() wakes up when the socket takes more. */
            return;
        }
        if (!send_add(sw, encode_change(&bundle->diff.changes[i]),
                      bundle->first + i)) {
            note_refused(sw, i, "too long for an OpenFlow message");
        }
    }
    bundle->commit_xid = send_control(sw, OFPBCT_COMMIT_REQUEST);
    bundle->barrier_xid = tm_switch_send(
        sw, ofputil_encode_barrier_request(TM_OF_VERSION));
    bundle->closed = true;
    COVERAGE_INC(tm_switch_bundle_sent);
}

/* ## Starting ## */

static void
begin(struct tm_switch *sw, uint64_t generation)
{
    struct tm_bundle *bundle = &sw->bundle;
    size_t n_messages = bundle->cleanup ? 1 : bundle->diff.n;

    bundle->in_flight = true;
    bundle->id++;
    bundle->generation = generation;
    bundle->refused = bitmap_allocate(n_messages);
    bundle->n_refused = 0;
    bundle->n_sent = 0;
    bundle->closed = false;
    bundle->committed = false;
    bundle->error = 0;
    bundle->first = tm_switch_allocate_xids(sw, n_messages);
    bundle->open_xid = send_control(sw, OFPBCT_OPEN_REQUEST);
    if (bundle->cleanup) {
        send_add(sw, encode_delete_all(), bundle->first);
    }
    tm_bundle_run(sw);
}

static void
follow_new_tables(struct tm_switch *sw)
{
    const struct tm_flow_diff *diff = &sw->bundle.diff;

    for (size_t i = 0; i < diff->n; i++) {
        if (diff->changes[i].want) {
            tm_monitor_add(sw, diff->changes[i].want->table_id);
        }
    }
}

/* With a cure, a clean-up is a change to nothing, after which the hooks stay a
 * moment longer. */
static void
start_cleanup(struct tm_switch *sw)
{
    struct tm_bundle *bundle = &sw->bundle;
    struct tm_flow_set nothing;

    if (sw->cleanup_done) {
        return;
    }
    tm_flow_set_init(&nothing, false);
    if (sw->cure.on && !sw->cleanup_begun) {
        sw->cleanup_begun = true;
        tm_flow_diff_full(&bundle->diff, &sw->have, &nothing);
        tm_cure_adjust(sw, &bundle->diff);
    } else if (tm_flow_set_count(&sw->cure.held)) {
        tm_cure_step(sw, &nothing, &bundle->diff);
    } else {
        bundle->cleanup = true;
    }
    tm_flow_set_uninit(&nothing);
    if (bundle->diff.n || bundle->cleanup) {
        begin(sw, 0);
    }
}

/* What the cure still has to do: nothing that 'want' knows of. */
static void
start_step(struct tm_switch *sw, const struct tm_flow_set *want)
{
    tm_cure_step(sw, want, &sw->bundle.diff);
    if (sw->bundle.diff.n) {
        begin(sw, sw->confirmed);
    }
}

void
tm_bundle_start(struct tm_switch *sw, struct tm_flow_set *want,
                uint64_t generation)
{
    struct tm_bundle *bundle = &sw->bundle;

    if (sw->cleanup) {
        start_cleanup(sw);
        return;
    }
    if (!want) {
        return;
    }

    tm_refused_forget(sw, want);
    if (sw->compared != want) {
        tm_flow_diff_full(&bundle->diff, &sw->have, want);
        tm_flow_set_share(&sw->have, want);
        sw->compared = want;
    } else {
        tm_flow_diff_journal(&bundle->diff, &sw->have, want);
    }
    tm_flow_set_clear_journal(want);
    tm_refused_filter(sw, &bundle->diff);
    tm_cure_adjust(sw, &bundle->diff);

    if (bundle->diff.n) {
        follow_new_tables(sw);
        begin(sw, generation);
    } else {
        if (sw->confirmed != generation) {
            COVERAGE_INC(tm_switch_bundle_empty);
            sw->confirmed = generation;
        }
        start_step(sw, want);
    }
}

/* ## Ending ## */

void
tm_bundle_abandon(struct tm_switch *sw)
{
    struct tm_bundle *bundle = &sw->bundle;

    bundle->in_flight = false;
    bundle->cleanup = false;
    tm_flow_diff_uninit(&bundle->diff);
    tm_flow_diff_init(&bundle->diff);
    free(bundle->refused);
    bundle->refused = NULL;
}

/* 'have' gets what the switch has now. */
static void
apply(struct tm_switch *sw)
{
    const struct tm_bundle *bundle = &sw->bundle;
    unsigned int n[3] = { 0, 0, 0 };

    if (bundle->cleanup) {
        VLOG_INFO("%s: deleted all our flows", sw->target);
        tm_flow_set_clear(&sw->have);
        return;
    }
    for (size_t i = 0; i < bundle->diff.n; i++) {
        const struct tm_flow_change *change = &bundle->diff.changes[i];

        if (bitmap_is_set(bundle->refused, i)) {
            continue;
        }
        n[change->type]++;
        if (change->want) {
            tm_flow_set_put(&sw->have, tm_flow_ref(change->want));
        } else {
            tm_flow_set_remove(&sw->have, change->have);
        }
    }
    sw->n_bundles++;
    sw->n_flow_mods += bundle->diff.n - bundle->n_refused;
    VLOG_INFO_RL(&rl, "%s: bundle committed: +%u -%u ~%u", sw->target,
                 n[TM_CHANGE_ADD], n[TM_CHANGE_DELETE], n[TM_CHANGE_MODIFY]);
}

void
tm_bundle_handle_control(struct tm_switch *sw, const struct ofp_header *oh)
{
    struct tm_bundle *bundle = &sw->bundle;
    struct ofputil_bundle_ctrl_msg control;

    if (bundle->in_flight && bundle->closed
        && ntohl(oh->xid) == bundle->commit_xid
        && !ofputil_decode_bundle_ctrl(oh, &control)
        && control.type == OFPBCT_COMMIT_REPLY
        && !bundle->committed) {
        bundle->committed = true;
        apply(sw);
    }
}

/* A full table takes none of the flows that follow either; to find that out
 * one by one would take a bundle each. */
static void
note_full_table(struct tm_switch *sw, size_t full)
{
    const struct tm_flow_diff *diff = &sw->bundle.diff;

    for (size_t i = full + 1; i < diff->n; i++) {
        if (diff->changes[i].type == TM_CHANGE_ADD
            && (diff->changes[i].want->table_id
                == diff->changes[full].want->table_id)) {
            note_refused(sw, i, ofperr_get_name(OFPERR_OFPFMFC_TABLE_FULL));
        }
    }
}

bool
tm_bundle_handle_error(struct tm_switch *sw, uint32_t xid, enum ofperr error)
{
    struct tm_bundle *bundle = &sw->bundle;
    size_t i = (uint32_t) (xid - bundle->first);

    if (!bundle->in_flight) {
        return false;
    }
    if (i < bundle->n_sent && bundle->diff.changes[i].want) {
        note_refused(sw, i, ofperr_get_name(error));
        if (error == OFPERR_OFPFMFC_TABLE_FULL) {
            note_full_table(sw, i);
        }
        return true;
    }
    if (i < bundle->n_sent || (bundle->cleanup && !i)
        || xid == bundle->open_xid
        || (bundle->closed && xid == bundle->commit_xid)) {
        /* A commit says only that it failed if a flow was named. */
        if (!(xid == bundle->commit_xid && bundle->n_refused
              && error == OFPERR_OFPBFC_MSG_FAILED)) {
            bundle->error = error;
        }
        return true;
    }
    return false;
}

bool
tm_bundle_handle_barrier(struct tm_switch *sw, uint32_t xid)
{
    struct tm_bundle *bundle = &sw->bundle;

    if (!bundle->in_flight || !bundle->closed || xid != bundle->barrier_xid) {
        return false;
    }
    if (bundle->error || (!bundle->committed && !bundle->n_refused)) {
        tm_switch_fail(sw, "bundle failed (%s)",
                       bundle->error ? ofperr_get_name(bundle->error)
                       : "no reply");
        return true;
    }
    if (bundle->n_refused) {
        sw->compared = NULL;
    } else if (bundle->cleanup) {
        sw->cleanup_done = true;
    } else if (!sw->stale) {
        sw->confirmed = bundle->generation;
    }
    tm_cure_note_done(sw);
    tm_bundle_abandon(sw);
    return true;
}
