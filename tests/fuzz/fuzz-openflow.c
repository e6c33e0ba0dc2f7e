/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-openflow.c
 *
 * What a switch tells the daemon (plugin/switch): every message goes to the
 * function that a real one goes to.  There is no connection, and what the
 * daemon sends is lost.
 *
 * The first byte of the input says how far the conversation is when the rest,
 * whole OpenFlow messages one behind the other, comes in.  Answers must have
 * the transaction id of a question.  So that an input means the same whatever
 * the daemon asked before, an id of the form 0xf0f0f0NN stands for one of
 * those that are open, see open_xid(). */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "plugin/compile/pipeline.h"
#include "plugin/switch/switch-private.h"
#include "sset.h"
#include "tests/fuzz/fuzz.h"
#include "unaligned.h"
#include "util.h"

/* The first byte. */
#define FUZZ_STATE      0x03    /* enum tm_switch_state */
#define FUZZ_BUNDLE     0x04    /* READY: a bundle is in flight. */
#define FUZZ_CLEANUP    0x08    /* READY: ... that deletes everything. */
#define FUZZ_QUESTION   0x10    /* Counters were asked for. */
#define FUZZ_FOREIGN    0x20    /* READY: table 0 is being read. */
#define FUZZ_LEAVING    0x40    /* The daemon wants nothing any more. */

#define OPEN_XIDS       UINT32_C(0xf0f0f000)
#define FIRST_TABLE     TM_TABLE_BASE_DEFAULT
#define LAST_TABLE      (TM_TABLE_BASE_DEFAULT + TM_N_TABLES - 1)
#define TUNNEL_PORT     ((OVS_FORCE ofp_port_t) 7)
#define GENERATION      5

/* What the switch has, and what it ought to have. */
static const char *const flows_have[] = {
    "table=0,priority=65534,cookie=0x746d000000000000,in_port=1 "
    "actions=clone(resubmit(,200)),resubmit(,1)",
    "table=202,priority=5,cookie=0x746d000000000001,tcp,tp_dst=80 "
    "actions=set_field:1->reg2",
    "table=203,priority=1,cookie=0x746d000000000002,reg0=1 actions=output:7",
};
static const char *const flows_want[] = {
    "table=0,priority=65534,cookie=0x746d000000000000,in_port=1 "
    "actions=clone(resubmit(,200)),resubmit(,2)",
    "table=202,priority=5,cookie=0x746d000000000003,tcp,tp_dst=80 "
    "actions=set_field:1->reg2",
    "table=201,priority=9,cookie=0x746d000000000004,reg0=2 actions=drop",
};

/* ## Flows ## */

static void
put_flow(struct tm_flow_set *set, const char *text)
{
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    struct tm_origin origin = { .table = "Mirror_Filter_Rule" };
    char *error = parse_ofp_str(&fm, OFPFC_ADD, text, NULL, NULL, &usable);

    ovs_assert(!error);
    struct ofpbuf ofpacts = ofpbuf_const_initializer(fm.ofpacts,
                                                     fm.ofpacts_len);
    struct match match;
    minimatch_expand(&fm.match, &match);
    tm_flow_set_put(set, tm_flow_create(fm.table_id, fm.priority,
                                        fm.new_cookie, &match, &ofpacts,
                                        &origin));
    minimatch_destroy(&fm.match);
    free(fm.ofpacts);
}

static struct ofputil_flow_stats
flow_to_stats(const struct tm_flow *flow)
{
    struct ofputil_flow_stats fs = {
        .cookie = flow->cookie,
        .table_id = flow->table_id,
        .priority = flow->priority,
        .ofpacts = flow->ofpacts,
        .ofpacts_len = flow->ofpacts_len,
        .idle_age = -1,
        .hard_age = -1,
    };

    minimatch_expand(&flow->match, &fs.match);
    return fs;
}

/* Answers the open read-back with 'flows'. */
static void
read_back(struct tm_switch *sw, const struct tm_flow_set *flows)
{
    struct ofputil_flow_stats_request request = {
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = OFPTT_ALL,
    };
    const struct tm_flow_node *node;
    struct ovs_list replies;
    struct ofpbuf *msg;

    match_init_catchall(&request.match);
    msg = ofputil_encode_flow_stats_request(&request, TM_OF_PROTOCOL);
    ((struct ofp_header *) msg->data)->xid = htonl(sw->dump_xid);
    ofpmp_init(&replies, msg->data);
    TM_FLOW_SET_FOR_EACH (node, flows) {
        struct ofputil_flow_stats fs = flow_to_stats(node->flow);

        ofputil_append_flow_stats_reply(&fs, &replies, NULL);
    }
    ofpbuf_delete(msg);
    LIST_FOR_EACH_POP (msg, list_node, &replies) {
        struct ofp_header *oh = msg->data;

        oh->length = htons(msg->size);
        tm_switch_handle(sw, oh, NULL);
        ofpbuf_delete(msg);
    }
}

/* ## The conversation ## */

struct talk {
    struct tm_switch *sw;
    struct tm_flow_set *have, *want;
    bool leaving;
};

static struct tm_flow_set *
wanted(struct talk *t)
{
    return t->leaving ? NULL : t->want;
}

/* What the daemon does when a connection is up, as far as 'how' says. */
static void
advance(struct talk *t, uint8_t how)
{
    enum tm_switch_state state = how & FUZZ_STATE;
    struct tm_switch *sw = t->sw;

    if (state >= TM_SWITCH_NEGOTIATE) {
        tm_switch_enter_negotiate(sw);
    }
    if (state >= TM_SWITCH_READBACK) {
        tm_readback_start(sw);
    }
    if (state == TM_SWITCH_READY) {
        read_back(sw, t->have);
        ovs_assert(sw->state == TM_SWITCH_READY);
        ovs_assert(tm_flow_set_equal(&sw->have, t->have));
        if (how & FUZZ_CLEANUP) {
            tm_switch_start_cleanup(sw);
        }
        if (how & (FUZZ_CLEANUP | FUZZ_BUNDLE)) {
            tm_bundle_start(sw, t->want, GENERATION);
            ovs_assert(sw->bundle.in_flight);
        }
        if (how & FUZZ_FOREIGN) {
            tm_foreign_run(sw);
        }
    }
    if (how & FUZZ_QUESTION) {
        tm_counters_ask(sw, FIRST_TABLE, TUNNEL_PORT);
    }
}

static void
talk_init(struct talk *t, uint8_t how)
{
    /* The same for all inputs: nobody alters them. */
    static struct tm_flow_set have, want;
    static bool done;

    if (!done) {
        done = true;
        tm_flow_set_init(&have, false);
        tm_flow_set_init(&want, true);
        for (size_t i = 0; i < ARRAY_SIZE(flows_have); i++) {
            put_flow(&have, flows_have[i]);
        }
        for (size_t i = 0; i < ARRAY_SIZE(flows_want); i++) {
            put_flow(&want, flows_want[i]);
        }
    }
    t->leaving = how & FUZZ_LEAVING;
    t->have = &have;
    t->want = &want;
    t->sw = tm_switch_create();
    t->sw->target = xstrdup("fuzz");
    tm_switch_set_tables(t->sw, FIRST_TABLE, LAST_TABLE);
    advance(t, how);
}

static uint32_t
open_xid(const struct tm_switch *sw, uint32_t xid)
{
    if ((xid & ~UINT32_C(0xff)) != OPEN_XIDS) {
        return xid;
    }
    xid &= 0xff;
    switch (xid) {
    case 0: return sw->negotiated_xid;
    case 1: return sw->dump_xid;
    case 2: return sw->foreign.xid;
    case 3: return sw->bundle.open_xid;
    case 4: return sw->bundle.commit_xid;
    case 5: return sw->bundle.barrier_xid;
    case 8: case 9: case 10: return sw->question.first + (xid - 8);
    default: return sw->bundle.first + (xid - 16);
    }
}

/* Whether the library's connection would let 'oh' through. */
static bool
is_expected_version(const struct ofp_header *oh)
{
    enum ofptype type;

    return (oh->version == TM_OF_VERSION
            || (!ofptype_decode(&type, oh)
                && (type == OFPTYPE_HELLO || type == OFPTYPE_ERROR
                    || type == OFPTYPE_ECHO_REQUEST
                    || type == OFPTYPE_ECHO_REPLY)));
}

/* Tells 'sw' the message of 'size' bytes at 'data'. */
static void
tell(struct talk *t, const uint8_t *data, size_t size)
{
    struct ofp_header *oh = xmemdup(data, size);
    struct tm_switch *sw = t->sw;

    oh->xid = htonl(open_xid(sw, ntohl(oh->xid)));
    if (is_expected_version(oh)) {
        tm_switch_handle(sw, oh, wanted(t));
    }
    free(oh);

    /* No pauses. */
    sw->next_readback = 0;
    for (size_t i = 0; i < ARRAY_SIZE(sw->foreign.tables); i++) {
        sw->foreign.tables[i].not_before = 0;
    }
    tm_switch_run(sw, wanted(t), GENERATION);
    ovs_assert(!sw->bundle.in_flight || sw->state == TM_SWITCH_READY);
    ovs_assert(!sw->confirmed || sw->confirmed == GENERATION);
}

/* ## What has become of it ## */

/* A flow that was read once looks the same to the next reader, if it could be
 * the plugin's. */
static void
check_flow(const struct tm_flow *flow)
{
    char *problem = tm_flow_check_actions(flow->ofpacts, flow->ofpacts_len);
    struct ds s = DS_EMPTY_INITIALIZER;

    if (problem) {
        fuzz_check_error(problem);
    } else {
        struct ofputil_flow_stats fs = flow_to_stats(flow);
        struct tm_flow *again = tm_flow_from_stats(&fs);

        ovs_assert(tm_flow_equal(flow, again));
        tm_flow_unref(again);
    }
    tm_flow_format(flow, &s);
    fuzz_check_line(ds_cstr(&s));
    ds_destroy(&s);
}

static void
check_switch(struct tm_switch *sw)
{
    const struct tm_flow_node *node;
    const struct tm_refused *refused;
    struct ds s = DS_EMPTY_INITIALIZER;
    const char *line;

    TM_FLOW_SET_FOR_EACH (node, &sw->have) {
        check_flow(node->flow);
    }
    SSET_FOR_EACH (line, tm_switch_problems(sw)) {
        fuzz_check_line(line);
    }
    HMAP_FOR_EACH (refused, node, tm_switch_refused(sw)) {
        fuzz_check_line(refused->error);
    }
    if (!tm_counters_is_open(sw)) {
        const struct tm_counters *counters = tm_counters_answer(sw, &line);

        ovs_assert(!counters == !!line);
    }
    tm_switch_show(sw, &s);
    ds_destroy(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk t;

    fuzz_init();
    if (!size) {
        return 0;
    }
    talk_init(&t, *data++);
    size--;
    while (size >= sizeof(struct ofp_header)) {
        size_t length = ntohs(get_unaligned_be16(
            (const ovs_be16 *) (data + offsetof(struct ofp_header, length))));

        /* The connection ends here, too. */
        if (length < sizeof(struct ofp_header) || length > size) {
            break;
        }
        tell(&t, data, length);
        data += length;
        size -= length;
    }
    check_switch(t.sw);
    tm_switch_destroy(t.sw);
    return 0;
}
