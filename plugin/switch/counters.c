/* SPDX-License-Identifier: Apache-2.0 */
/* counters.c
 *
 * A question is three requests: the flows of the rules, the flows of the
 * sources and sessions, and the tunnel port.  Each has a transaction id of its
 * own, so that their answers may come in any order between those to other
 * requests; the question is answered with the last part of the last of them.
 *
 * What comes back is flows, and what is wanted of them is the row that each
 * stands for.  Its cookie has only 48 bits of that; the flow with the same
 * match among those wanted has all of it.
 *
 * The switch may refuse to tell of the port: a port that has just gone must
 * not take the flows' counters with it. */

#include <config.h>

#include "plugin/switch/counters.h"

#include <string.h>

#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofpbuf.h"
#include "plugin/compile/pipeline.h"
#include "plugin/switch/switch-private.h"
#include "util.h"

/* Places in the bitmap of answers, and behind the first transaction id. */
enum {
    ANSWER_FILTER,
    ANSWER_DELIVER,
    ANSWER_PORT,
};
BUILD_ASSERT_DECL(ANSWER_PORT + 1 == TM_COUNTERS_MESSAGES);

/* ## Counters ## */

void
tm_counters_init(struct tm_counters *counters)
{
    *counters = (struct tm_counters) { .flows = NULL };
}

void
tm_counters_uninit(struct tm_counters *counters)
{
    if (counters) {
        for (size_t i = 0; i < counters->n; i++) {
            tm_flow_unref(counters->flows[i].flow);
        }
        free(counters->flows);
    }
}

static void
add_flow(struct tm_counters *counters, const struct ofputil_flow_stats *fs,
         const struct tm_flow_set *want)
{
    struct tm_flow *key = tm_flow_from_stats(fs);
    struct tm_flow *flow = tm_flow_set_find(want, key);

    /* With another cookie it is another row's, and about to be replaced. */
    if (flow && flow->cookie == key->cookie) {
        if (counters->n >= counters->allocated) {
            counters->flows = x2nrealloc(counters->flows,
                                         &counters->allocated,
                                         sizeof *counters->flows);
        }
        counters->flows[counters->n++] = (struct tm_counter) {
            .flow = tm_flow_ref(flow),
            .packets = fs->packet_count,
            .bytes = fs->byte_count,
            .age = (fs->duration_sec * 1000LL
                    + fs->duration_nsec / 1000000),
        };
    }
    tm_flow_unref(key);
}

bool
tm_counters_add_flows(struct tm_counters *counters,
                      const struct ofp_header *oh,
                      const struct tm_flow_set *want)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofpbuf ofpacts;
    int retval;

    ofpbuf_init(&ofpacts, 1024);
    for (;;) {
        struct ofputil_flow_stats fs;

        retval = ofputil_decode_flow_stats_reply(&fs, &msg, true, &ofpacts);
        if (retval) {
            break;
        }
        add_flow(counters, &fs, want);
    }
    ofpbuf_uninit(&ofpacts);
    return retval == EOF;
}

bool
tm_counters_add_port(struct tm_counters *counters,
                     const struct ofp_header *oh, ofp_port_t port)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));

    for (;;) {
        struct ofputil_port_stats ps;
        int retval = ofputil_decode_port_stats(&ps, &msg);

        if (retval) {
            return retval == EOF;
        }
        if (ps.port_no == port) {
            counters->has_port = true;
            counters->port = (struct tm_port_counters) {
                .tx_packets = ps.stats.tx_packets,
                .tx_bytes = ps.stats.tx_bytes,
                .tx_dropped = ps.stats.tx_dropped,
                .tx_errors = ps.stats.tx_errors,
            };
        }
        netdev_free_custom_stats_counters(&ps.custom_stats);
    }
}

/* ## Questions ## */

void
tm_question_init(struct tm_question *q)
{
    memset(q, 0, sizeof *q);
    tm_counters_init(&q->counters);
    q->error = "nothing was asked yet";
}

void
tm_question_uninit(struct tm_question *q)
{
    tm_counters_uninit(&q->counters);
}

static void
ask_flows(struct tm_switch *sw, unsigned int answer, uint8_t table)
{
    struct ofputil_flow_stats_request request = {
        .cookie = htonll(TM_COOKIE_MARK),
        .cookie_mask = htonll(TM_COOKIE_MASK),
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = table,
    };

    match_init_catchall(&request.match);
    tm_switch_send_as(
        sw, ofputil_encode_flow_stats_request(&request, TM_OF_PROTOCOL),
        sw->question.first + answer);
    sw->question.open |= 1u << answer;
}

void
tm_counters_ask(struct tm_switch *sw, uint8_t base, ofp_port_t port)
{
    struct tm_question *q = &sw->question;

    tm_question_uninit(q);
    tm_question_init(q);
    if (sw->state == TM_SWITCH_DOWN) {
        q->error = "no connection to the switch";
        return;
    }
    q->asked = true;
    q->error = NULL;
    q->port = port;
    q->first = tm_switch_allocate_xids(sw, TM_COUNTERS_MESSAGES);
    ask_flows(sw, ANSWER_FILTER, base + TM_TABLE_FILTER);
    ask_flows(sw, ANSWER_DELIVER, base + TM_TABLE_DELIVER);
    if (port) {
        tm_switch_send_as(
            sw, ofputil_encode_dump_ports_request(TM_OF_VERSION, port),
            q->first + ANSWER_PORT);
        q->open |= 1u << ANSWER_PORT;
    }
}

void
tm_counters_abandon(struct tm_switch *sw, const char *error)
{
    if (sw->question.asked) {
        sw->question.asked = false;
        sw->question.error = error;
    }
}

bool
tm_counters_is_open(const struct tm_switch *sw)
{
    return sw->question.asked;
}

const struct tm_counters *
tm_counters_answer(const struct tm_switch *sw, const char **errorp)
{
    const struct tm_question *q = &sw->question;

    *errorp = q->asked ? "the switch has not answered yet" : q->error;
    return *errorp ? NULL : &q->counters;
}

/* ## Answers ## */

/* Which of the open answers 'xid' belongs to; -1: none. */
static int
find_answer(const struct tm_question *q, uint32_t xid)
{
    uint32_t i = xid - q->first;

    return (q->asked && i < TM_COUNTERS_MESSAGES && q->open & (1u << i)
            ? (int) i : -1);
}

static void
finish_answer(struct tm_question *q, int answer)
{
    q->open &= ~(1u << answer);
    if (!q->open) {
        q->asked = false;
    }
}

bool
tm_counters_handle_reply(struct tm_switch *sw, const struct ofp_header *oh,
                         const struct tm_flow_set *want)
{
    struct tm_question *q = &sw->question;
    int answer = find_answer(q, ntohl(oh->xid));
    bool ok;

    if (answer < 0) {
        return false;
    }
    if (!want) {
        tm_counters_abandon(sw, "the daemon is leaving the switch");
        return true;
    }
    ok = (answer == ANSWER_PORT
          ? tm_counters_add_port(&q->counters, oh, q->port)
          : tm_counters_add_flows(&q->counters, oh, want));
    if (!ok) {
        tm_counters_abandon(sw, "the switch's answer cannot be understood");
    } else if (!ofpmp_more(oh)) {
        finish_answer(q, answer);
    }
    return true;
}

bool
tm_counters_handle_error(struct tm_switch *sw, uint32_t xid)
{
    int answer = find_answer(&sw->question, xid);

    if (answer < 0) {
        return false;
    }
    if (answer == ANSWER_PORT) {
        finish_answer(&sw->question, answer);
    } else {
        tm_counters_abandon(sw, "the switch refuses to tell");
    }
    return true;
}
