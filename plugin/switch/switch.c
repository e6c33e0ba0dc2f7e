/* SPDX-License-Identifier: Apache-2.0 */
/* switch.c
 *
 * The connection and its states.  tm_switch_run() looks whether the connection
 * came or went, hands each message to the file that it belongs to, and then,
 * if READY and idle, starts what is due: a new negotiation, a read-back, or a
 * bundle.  All three start from nowhere else, so that at most one of them is
 * under way.
 *
 * Each message that we send has a transaction id from the upper half of the
 * numbers; the library takes those of its own messages from the lower one. */

#include <config.h>

#include "plugin/switch/switch-private.h"

#include <errno.h>
#include <string.h>

#include "coverage.h"
#include "openvswitch/ofp-connection.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-switch.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/rconn.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tm_switch);

COVERAGE_DEFINE(tm_switch_reconnect);

/* For tcp: and ssl:.  The library does not probe a local socket: there, a
 * switch that is slow to answer is only busy, perhaps with our bundle. */
#define PROBE_INTERVAL_S    5
#define MAX_BACKOFF_S       4
#define MESSAGES_PER_RUN    50
#define OWN_XIDS            UINT32_C(0x80000000)
#define BAD_HANDSHAKES      2

#define NO_VERSION "bridge does not allow OpenFlow15; add it to the Bridge " \
                   "row's protocols"

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 6);
static struct vlog_rate_limit version_rl = VLOG_RATE_LIMIT_INIT(1, 1);

static const char *
state_name(enum tm_switch_state state)
{
    switch (state) {
    case TM_SWITCH_DOWN: return "DOWN";
    case TM_SWITCH_NEGOTIATE: return "NEGOTIATE";
    case TM_SWITCH_READBACK: return "READBACK";
    case TM_SWITCH_READY: return "READY";
    default: OVS_NOT_REACHED();
    }
}

/* ## Life ## */

struct tm_switch *
tm_switch_create(void)
{
    struct tm_switch *sw = xzalloc(sizeof *sw);

    sw->rconn = rconn_create(PROBE_INTERVAL_S, MAX_BACKOFF_S, DSCP_DEFAULT,
                             1u << TM_OF_VERSION);
    sw->queued = rconn_packet_counter_create();
    sw->seqno = rconn_get_connection_seqno(sw->rconn);
    sw->state_since = time_msec();
    sw->monitored = bitmap_allocate(UINT8_MAX + 1);
    tm_flow_set_init(&sw->dump, false);
    tm_flow_set_init(&sw->have, false);
    tm_flow_diff_init(&sw->bundle.diff);
    hmap_init(&sw->refused);
    tm_foreign_init(&sw->foreign);
    tm_question_init(&sw->question);
    tm_cure_init(&sw->cure);
    return sw;
}

void
tm_switch_destroy(struct tm_switch *sw)
{
    if (sw) {
        rconn_destroy(sw->rconn);
        rconn_packet_counter_destroy(sw->queued);
        tm_bundle_abandon(sw);
        tm_refused_forget(sw, NULL);
        hmap_destroy(&sw->refused);
        tm_foreign_uninit(&sw->foreign);
        tm_question_uninit(&sw->question);
        tm_cure_uninit(&sw->cure);
        tm_flow_set_uninit(&sw->have);
        tm_flow_set_uninit(&sw->dump);
        bitmap_free(sw->monitored);
        free(sw->target);
        free(sw->last_error);
        free(sw);
    }
}

/* Whatever was under way is void; the next connection reads back. */
static void
go_down(struct tm_switch *sw)
{
    tm_bundle_abandon(sw);
    tm_foreign_abandon(&sw->foreign);
    tm_counters_abandon(sw, "the connection to the switch was lost");
    tm_cure_abandon(&sw->cure);
    tm_flow_set_clear(&sw->dump);
    bitmap_set_multiple(sw->monitored, 0, UINT8_MAX + 1, false);
    sw->connecting = false;
    sw->stale = false;
    sw->renegotiate = false;
    sw->compared = NULL;
    sw->confirmed = 0;
    tm_switch_set_state(sw, TM_SWITCH_DOWN);
}

void
tm_switch_set_target(struct tm_switch *sw, const char *target)
{
    if (nullable_string_is_equal(target, sw->target)) {
        return;
    }
    rconn_disconnect(sw->rconn);
    sw->seqno = rconn_get_connection_seqno(sw->rconn);
    go_down(sw);
    /* These belonged to another switch. */
    tm_flow_set_clear(&sw->have);
    tm_refused_forget(sw, NULL);
    tm_foreign_clear(&sw->foreign);
    sw->n_bad_handshakes = 0;

    free(sw->target);
    sw->target = nullable_xstrdup(target);
    if (target) {
        rconn_connect(sw->rconn, target, target);
        sw->connecting = true;
    }
}

void
tm_switch_set_tables(struct tm_switch *sw, uint8_t first, uint8_t last)
{
    if (sw->first_table != first || sw->last_table != last) {
        sw->first_table = first;
        sw->last_table = last;
        sw->renegotiate = sw->state != TM_SWITCH_DOWN;
    }
}

/* ## For the other files ## */

void
tm_switch_set_state(struct tm_switch *sw, enum tm_switch_state state)
{
    if (sw->state != state) {
        VLOG_DBG("%s: %s", sw->target ? sw->target : "no bridge",
                 state_name(state));
        sw->state = state;
        sw->state_since = time_msec();
    }
}

uint32_t
tm_switch_allocate_xids(struct tm_switch *sw, size_t n)
{
    uint32_t first;

    if (n > OWN_XIDS - sw->next_xid) {
        sw->next_xid = 0;
    }
    first = OWN_XIDS + sw->next_xid;
    sw->next_xid += n;
    return first;
}

void
tm_switch_send_as(struct tm_switch *sw, struct ofpbuf *msg, uint32_t xid)
{
    struct ofp_header *oh = msg->data;

    oh->xid = htonl(xid);
    /* An error here is a lost connection, which is seen elsewhere. */
    rconn_send(sw->rconn, msg, sw->queued);
}

uint32_t
tm_switch_send(struct tm_switch *sw, struct ofpbuf *msg)
{
    uint32_t xid = tm_switch_allocate_xids(sw, 1);

    tm_switch_send_as(sw, msg, xid);
    return xid;
}

void
tm_switch_fail(struct tm_switch *sw, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    free(sw->last_error);
    sw->last_error = xvasprintf(format, args);
    va_end(args);

    VLOG_WARN_RL(&rl, "%s: %s, connecting again", sw->target, sw->last_error);
    COVERAGE_INC(tm_switch_reconnect);
    rconn_reconnect(sw->rconn);
    sw->seqno = rconn_get_connection_seqno(sw->rconn);
    go_down(sw);
}

void
tm_switch_enter_negotiate(struct tm_switch *sw)
{
    const struct ofputil_async_cfg nothing = OFPUTIL_ASYNC_CFG_INIT;
    const struct tm_flow_node *node;

    sw->renegotiate = false;
    tm_switch_send(sw, ofpraw_alloc(OFPRAW_OFPT_FEATURES_REQUEST,
                                    TM_OF_VERSION, 0));
    tm_switch_send(sw, ofputil_encode_set_async_config(
                       &nothing, (1u << OAM_PACKET_IN)
                       | (1u << OAM_PORT_STATUS) | (1u << OAM_FLOW_REMOVED),
                       TM_OF_VERSION));
    for (unsigned int t = sw->first_table; t <= sw->last_table; t++) {
        tm_monitor_add(sw, t);
    }
    /* Where most hooks are. */
    tm_monitor_add(sw, 0);
    TM_FLOW_SET_FOR_EACH (node, &sw->have) {
        tm_monitor_add(sw, node->flow->table_id);
    }
    sw->negotiated_xid = tm_switch_send(
        sw, ofputil_encode_barrier_request(TM_OF_VERSION));
    tm_switch_set_state(sw, TM_SWITCH_NEGOTIATE);
}

/* ## Messages ## */

static void
handle_features(struct tm_switch *sw, const struct ofp_header *oh)
{
    struct ofpbuf b = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofputil_switch_features features;

    if (ofputil_pull_switch_features(&b, &features)) {
        tm_switch_fail(sw, "features reply that cannot be understood");
    } else {
        sw->datapath_id = features.datapath_id;
    }
}

static void
handle_error(struct tm_switch *sw, const struct ofp_header *oh)
{
    enum ofperr error = ofperr_decode_msg(oh, NULL);
    uint32_t xid = ntohl(oh->xid);

    if (!ofperr_is_valid(error)) {
        tm_switch_fail(sw, "error that cannot be understood");
    } else if (tm_bundle_handle_error(sw, xid, error)
               || tm_foreign_handle_error(sw, xid)
               || tm_counters_handle_error(sw, xid)) {
        return;
    } else if ((sw->state == TM_SWITCH_READBACK && xid == sw->dump_xid)
               || (sw->state == TM_SWITCH_NEGOTIATE
                   && xid == sw->negotiated_xid)) {
        tm_switch_fail(sw, "switch does not tell its flows (%s)",
                       ofperr_get_name(error));
    } else {
        VLOG_WARN_RL(&rl, "%s: switch refused a request (%s)", sw->target,
                     ofperr_get_name(error));
    }
}

static void
handle_barrier(struct tm_switch *sw, const struct ofp_header *oh)
{
    uint32_t xid = ntohl(oh->xid);

    if (!tm_bundle_handle_barrier(sw, xid)
        && sw->state == TM_SWITCH_NEGOTIATE && xid == sw->negotiated_xid) {
        tm_readback_start(sw);
    }
}

void
tm_switch_handle(struct tm_switch *sw, const struct ofp_header *oh,
                 const struct tm_flow_set *want)
{
    enum ofptype type_;

    if (ofptype_decode(&type_, oh)) {
        tm_switch_fail(sw, "message that cannot be understood");
        return;
    }

    /* Not 'enum ofptype': a compiler would want all of them named. */
    unsigned int type = type_;

    switch (type) {
    case OFPTYPE_ECHO_REQUEST:
        rconn_send(sw->rconn, ofputil_encode_echo_reply(oh), NULL);
        break;
    case OFPTYPE_FEATURES_REPLY:
        handle_features(sw, oh);
        break;
    case OFPTYPE_ERROR:
        handle_error(sw, oh);
        break;
    case OFPTYPE_BARRIER_REPLY:
        handle_barrier(sw, oh);
        break;
    case OFPTYPE_FLOW_STATS_REPLY:
        if (!tm_foreign_handle_reply(sw, oh)
            && !tm_counters_handle_reply(sw, oh, want)) {
            tm_readback_handle_reply(sw, oh, want);
        }
        break;
    case OFPTYPE_PORT_STATS_REPLY:
        tm_counters_handle_reply(sw, oh, want);
        break;
    case OFPTYPE_FLOW_MONITOR_STATS_REPLY:
        tm_monitor_handle_update(sw, oh);
        break;
    case OFPTYPE_BUNDLE_CONTROL:
        tm_bundle_handle_control(sw, oh);
        break;
    default:
        break;
    }
}

/* ## Run and wait ## */

/* Two sides without a common version find that out at the same time, so that a
 * handshake ends with EPROTO or, as often, with a peer that has hung up.  The
 * latter is only believed the second time.  (After a connection that was up
 * the same errors mean something else, hence 'connecting'.) */
static void
note_attempt(struct tm_switch *sw)
{
    bool was_connecting = sw->connecting;
    int error = rconn_get_last_error(sw->rconn);

    sw->connecting = !strcmp(rconn_get_state(sw->rconn), "CONNECTING");
    if (!was_connecting || sw->connecting) {
        return;
    }
    if (error != EPROTO && error != EPIPE && error != ECONNRESET
        && error != EOF) {
        sw->n_bad_handshakes = 0;
        return;
    }
    sw->n_bad_handshakes += error == EPROTO ? BAD_HANDSHAKES : 1;
    if (sw->n_bad_handshakes >= BAD_HANDSHAKES) {
        VLOG_WARN_RL(&version_rl, "%s: "NO_VERSION, sw->target);
    }
}

static void
run_connection(struct tm_switch *sw)
{
    unsigned int seqno;

    rconn_run(sw->rconn);
    seqno = rconn_get_connection_seqno(sw->rconn);
    if (seqno != sw->seqno) {
        sw->seqno = seqno;
        if (sw->state != TM_SWITCH_DOWN) {
            free(sw->last_error);
            sw->last_error = xasprintf(
                "connection lost (%s)",
                ovs_retval_to_string(rconn_get_last_error(sw->rconn)));
            VLOG_INFO_RL(&rl, "%s: %s", sw->target, sw->last_error);
            COVERAGE_INC(tm_switch_reconnect);
            go_down(sw);
        }
    }
    if (!rconn_is_connected(sw->rconn)) {
        note_attempt(sw);
    } else if (sw->state == TM_SWITCH_DOWN) {
        /* Perhaps another switch, that takes more. */
        tm_refused_forget(sw, NULL);
        sw->connecting = false;
        sw->n_bad_handshakes = 0;
        sw->n_connections++;
        tm_switch_enter_negotiate(sw);
    }
}

static bool
is_idle(const struct tm_switch *sw)
{
    return sw->state == TM_SWITCH_READY && !sw->bundle.in_flight;
}

static void
start_what_is_due(struct tm_switch *sw, struct tm_flow_set *want,
                  uint64_t generation)
{
    if (want && sw->compared != want) {
        /* The whole sets will be compared, when it comes to it. */
        tm_flow_set_clear_journal(want);
    }
    if (!is_idle(sw)) {
        return;
    }
    if (sw->renegotiate) {
        tm_switch_enter_negotiate(sw);
    } else if (sw->stale) {
        if (time_msec() >= sw->next_readback) {
            tm_readback_start(sw);
        }
    } else {
        tm_bundle_start(sw, want, generation);
        if (sw->bundle.in_flight) {
            tm_foreign_note_bundle(sw);
        } else {
            tm_foreign_run(sw);
        }
    }
}

void
tm_switch_run(struct tm_switch *sw, struct tm_flow_set *want,
              uint64_t generation)
{
    run_connection(sw);
    for (int i = 0; i < MESSAGES_PER_RUN; i++) {
        struct ofpbuf *msg = rconn_recv(sw->rconn);

        if (!msg) {
            break;
        }
        tm_switch_handle(sw, msg->data, want);
        ofpbuf_delete(msg);
    }
    tm_bundle_run(sw);
    start_what_is_due(sw, want, generation);
}

void
tm_switch_wait(struct tm_switch *sw)
{
    rconn_run_wait(sw->rconn);
    rconn_recv_wait(sw->rconn);
    if (rconn_get_connection_seqno(sw->rconn) != sw->seqno) {
        poll_immediate_wake();
    }
    if (is_idle(sw) && sw->stale) {
        poll_timer_wait_until(sw->next_readback);
    } else if (is_idle(sw)) {
        tm_foreign_wait(sw);
        tm_cure_wait(sw);
    }
}

/* ## Questions ## */

uint64_t
tm_switch_confirmed(const struct tm_switch *sw)
{
    return sw->confirmed;
}

bool
tm_switch_is_ready(const struct tm_switch *sw)
{
    return sw->state == TM_SWITCH_READY;
}

const struct tm_flow_set *
tm_switch_have(const struct tm_switch *sw)
{
    return &sw->have;
}

void
tm_switch_set_cure(struct tm_switch *sw, bool on)
{
    if (sw->cure.on != on) {
        VLOG_INFO("stale datapath flows: cure %s", on ? "on" : "off");
        sw->cure.on = on;
        /* Its rows come with the next change, and go with the next one. */
        sw->compared = NULL;
    }
}

void
tm_switch_diff(const struct tm_switch *sw, const struct tm_flow_set *want,
               struct tm_flow_diff *diff)
{
    tm_flow_diff_full(diff, &sw->have, want);
    tm_cure_hide(sw, diff);
}

void
tm_switch_start_cleanup(struct tm_switch *sw)
{
    sw->cleanup = true;
}

bool
tm_switch_cleanup_done(const struct tm_switch *sw)
{
    return sw->cleanup_done;
}

const struct hmap *
tm_switch_refused(const struct tm_switch *sw)
{
    return &sw->refused;
}

uint64_t
tm_switch_refused_seqno(const struct tm_switch *sw)
{
    return sw->refused_seqno;
}

void
tm_switch_get_health(const struct tm_switch *sw,
                     struct tm_switch_health *health)
{
    *health = (struct tm_switch_health) {
        .n_connections = sw->n_connections,
        .n_readbacks = sw->n_readbacks,
        .n_foreign = sw->n_foreign,
        .n_bundles = sw->n_bundles,
        .n_flow_mods = sw->n_flow_mods,
    };
}

void
tm_switch_show(const struct tm_switch *sw, struct ds *ds)
{
    ds_put_format(ds, "switch: %s\n", sw->target ? sw->target : "no bridge");
    if (!sw->target) {
        return;
    }
    ds_put_format(ds, "    state: %s for %lld s, connection %s\n",
                  state_name(sw->state),
                  (time_msec() - sw->state_since) / 1000,
                  rconn_get_state(sw->rconn));
    if (sw->n_bad_handshakes >= BAD_HANDSHAKES) {
        ds_put_cstr(ds, "    "NO_VERSION"\n");
    }
    if (sw->state != TM_SWITCH_DOWN) {
        ds_put_format(ds, "    OpenFlow 1.5, datapath %016"PRIx64"\n",
                      sw->datapath_id);
    }
    ds_put_format(ds, "    flows: %"PRIuSIZE", refused %"PRIuSIZE"\n",
                  tm_flow_set_count(&sw->have), hmap_count(&sw->refused));
    ds_put_format(ds, "    sent: %llu flow changes in %llu bundles%s\n",
                  sw->n_flow_mods, sw->n_bundles,
                  sw->bundle.in_flight ? ", one in flight" : "");
    if (sw->cure.on) {
        ds_put_cstr(ds, "    cached flows: this Open vSwitch may keep stale "
                    "ones on its userspace datapath; cure on\n");
    }
    ds_put_format(ds, "    connections %llu, read back %llu times, foreign "
                  "changes %llu\n", sw->n_connections, sw->n_readbacks,
                  sw->n_foreign);
    if (sw->last_error) {
        ds_put_format(ds, "    last error: %s\n", sw->last_error);
    }
}
