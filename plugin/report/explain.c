/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c
 *
 * Without --trace the answer is given at once.  With it, ovs-vswitchd is asked
 * to put the very packet through the plugin's tables, from the first one on as
 * a hook does, and the question waits in a list until the answer has come or
 * its time is over; the daemon goes on meanwhile.  The databases may change
 * while it waits: a difference between explain and switch is an error only if
 * neither has anything new to learn of the other. */

#include <config.h>

#include "plugin/report/explain.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "lib/packet.h"
#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/meta-flow.h"
#include "plugin/compile/stage.h"
#include "plugin/loop.h"
#include "plugin/report/explain-claim.h"
#include "plugin/report/status.h"
#include "plugin/switch/ask.h"
#include "plugin/switch/trace.h"
#include "unixctl.h"
#include "util.h"

/* Questions that wait for ovs-vswitchd at a time. */
#define MAX_QUESTIONS 16

struct tm_explainer {
    struct ovs_list questions;  /* struct question */
    size_t n_questions;
};

struct question {
    struct ovs_list list_node;
    struct unixctl_conn *conn;  /* Stays for as long as it is not answered. */
    struct tm_ask *ask;
    struct ds text;             /* The answer so far. */
    struct tm_claim claim;
    uint8_t base;
    bool settled;               /* When it was asked. */
    uint64_t generation;
};

struct tm_explainer *
tm_explainer_create(void)
{
    struct tm_explainer *explainer = xzalloc(sizeof *explainer);

    ovs_list_init(&explainer->questions);
    return explainer;
}

static void
question_destroy(struct tm_explainer *explainer, struct question *q)
{
    ovs_list_remove(&q->list_node);
    explainer->n_questions--;
    tm_ask_destroy(q->ask);
    ds_destroy(&q->text);
    free(q);
}

void
tm_explainer_destroy(struct tm_explainer *explainer)
{
    if (explainer) {
        struct question *q;

        LIST_FOR_EACH_SAFE (q, list_node, &explainer->questions) {
            question_destroy(explainer, q);
        }
        free(explainer);
    }
}

/* What was asked, and what the node knows about it. */
struct inquiry {
    const struct tm_loop *loop;
    const struct tm_eni *eni;
    enum tm_direction direction;
    struct flow flow;
    bool trace;

    const struct tm_port *port;     /* NULL: the ENI has none here. */
    struct tm_explain explain;
    struct tm_explain_way way;
    char *refusal;                  /* Of 'way', malloc()ed, or NULL. */
};

/* Returns NULL or a malloc()ed line. */
static char *
parse_inquiry(const struct tm_loop *loop, int argc, const char *argv[],
              struct inquiry *q)
{
    memset(q, 0, sizeof *q);
    q->loop = loop;
    q->trace = !strcmp(argv[1], "--trace");
    argv += q->trace;
    argc -= q->trace;
    if (argc != 4) {
        return xstrdup("usage: explain [--trace] ENI DIRECTION FLOW");
    }

    q->eni = tm_model_get_eni_by_name(tm_store_model(loop->store), argv[1]);
    if (!q->eni) {
        char *name = tm_quote(argv[1]);
        char *error = xasprintf("no ENI %s", name);

        free(name);
        return error;
    }
    if (!tm_direction_from_string(argv[2], &q->direction)) {
        return xstrdup("direction must be in or out");
    }
    return tm_packet_parse_flow(argv[3], &q->flow);
}

static struct tm_explain_place
find_place(const struct inquiry *q)
{
    const struct tm_node *node = tm_ports_node(q->loop->ports);
    struct tm_explain_place place = {
        .vxlan_port = node->vxlan_port,
        .prefer = tm_node_prefer(node),
        .plugged = q->port != NULL,
    };

    if (q->port) {
        place.local = q->port->ofport == OFPP_LOCAL;
        if (q->port->has_mac) {
            place.mac = q->port->mac;
        }
    }
    return place;
}

/* How the source stands with the session that decided. */
static void
find_state(struct inquiry *q)
{
    const struct tm_source_state *state
        = tm_compiler_find_state(q->loop->compiler, &q->explain.source);
    const char *refusal;

    if (!state) {
        q->way.status = tm_status_to_string(TM_DETACHED);
        q->way.reason = "the ENI has no port on this node";
        return;
    }
    q->way.status = tm_status_to_string(state->status);
    q->way.reason = state->reason;
    q->way.ofport = ofp_to_u16(state->ofport);
    q->way.mirrored = q->direction == TM_IN ? state->in : state->out;
    refusal = tm_status_find_refusal(q->loop, state);
    if (refusal) {
        q->refusal = xasprintf("switch refused a flow: %s", refusal);
        q->way.status = tm_status_to_string(TM_ERROR);
        q->way.reason = q->refusal;
    }
}

static void
find_way(struct inquiry *q)
{
    const struct tm_node *node = tm_ports_node(q->loop->ports);
    const struct tm_explain *e = &q->explain;

    q->way = (struct tm_explain_way) {
        .agent = tm_ports_settings(q->loop->ports)->system_id,
        .is_node = true,
        .vxlan_port = node->vxlan_port,
        .tunnel = ofp_to_u16(node->tunnel),
        .tunnel_name = TM_TUNNEL_NAME,
    };
    find_state(q);
    if (tm_explain_is_sent(e, &q->way)) {
        q->way.max_len = tm_deliver_max_len(node, q->eni, q->port,
                                            e->decision.session, e->outer);
        q->way.path_mtu = tm_ports_path_mtu(&e->to);
    }
}

static void
explain(struct inquiry *q)
{
    const struct tm_model *model = tm_store_model(q->loop->store);
    struct tm_explain_place place;

    q->port = tm_node_find_eni(tm_ports_node(q->loop->ports), q->eni->name);
    place = find_place(q);
    tm_explain_init(&q->explain, model, q->eni, q->direction, &q->flow,
                    &place);
    find_way(q);
}

static void
inquiry_uninit(struct inquiry *q)
{
    tm_explain_uninit(&q->explain);
    free(q->refusal);
}

/* Why there is nothing to ask the switch, or NULL. */
static const char *
why_not_ask(const struct inquiry *q)
{
    return (!q->port ? "the ENI has no port on this node"
            : q->explain.unseen ? "the packet does not get to the plugin's "
                                  "tables"
            : NULL);
}

/* The packet as a hook hands it over. */
static void
put_trace_flow(const struct inquiry *q, struct ds *ds)
{
    uint32_t ofport = ofp_to_u16(q->port->ofport);

    /* A packet that is received has come in elsewhere, wherever. */
    if (q->direction == TM_OUT || q->explain.itself) {
        if (q->port->ofport == OFPP_LOCAL) {
            ds_put_cstr(ds, "in_port=LOCAL,");
        } else {
            ds_put_format(ds, "in_port=%"PRIu32",", ofport);
        }
    }
    tm_packet_format_flow(&q->flow, ds);
}

static struct tm_ask *
ask_switch(const struct inquiry *q)
{
    const struct tm_node *node = tm_ports_node(q->loop->ports);
    struct ds flow = DS_EMPTY_INITIALIZER;
    struct tm_ask *ask;
    char *actions;

    put_trace_flow(q, &flow);
    actions = xasprintf("set_field:%"PRIu32"->%s,set_field:%d->%s,"
                        "resubmit(,%d)",
                        (uint32_t) ofp_to_u16(q->port->ofport),
                        mf_from_id(TM_REG_SOURCE)->name, q->direction,
                        mf_from_id(TM_REG_DIRECTION)->name,
                        node->table_base + TM_TABLE_GUARD);
    const char *args[] = {
        tm_ports_settings(q->loop->ports)->bridge, ds_cstr(&flow), actions,
    };
    ask = tm_ask_create("ofproto/trace-packet-out", args, ARRAY_SIZE(args));
    free(actions);
    ds_destroy(&flow);
    return ask;
}

/* Takes 'text' over. */
static void
add_question(struct tm_loop *loop, struct unixctl_conn *conn,
             const struct inquiry *inquiry, const struct ds *text)
{
    struct tm_explainer *explainer = loop->explainer;
    struct question *q = xzalloc(sizeof *q);

    q->conn = conn;
    q->ask = ask_switch(inquiry);
    q->text = *text;
    q->claim = tm_claim_of(&inquiry->explain, &inquiry->way);
    q->base = tm_ports_node(loop->ports)->table_base;
    q->settled = tm_loop_is_settled(loop);
    q->generation = loop->generation;
    ovs_list_push_back(&explainer->questions, &q->list_node);
    explainer->n_questions++;
}

static void
run_explain(struct unixctl_conn *conn, int argc, const char *argv[],
            void *loop_)
{
    struct tm_loop *loop = loop_;
    struct inquiry q;
    char *error = parse_inquiry(loop, argc, argv, &q);

    if (!error && q.trace
        && (loop->explainer->n_questions >= MAX_QUESTIONS
            || loop->phase != TM_RUNNING)) {
        error = xstrdup(loop->phase != TM_RUNNING ? "the daemon is exiting"
                        : "too many traces at a time");
    }
    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
        return;
    }

    struct ds text = DS_EMPTY_INITIALIZER;
    explain(&q);
    tm_explain_format(&q.explain, &q.way, &text);
    const char *why_not = q.trace ? why_not_ask(&q) : NULL;
    if (why_not) {
        ds_put_format(&text, "switch: not asked: %s\n", why_not);
    }
    if (q.trace && !why_not) {
        add_question(loop, conn, &q, &text);
    } else {
        unixctl_command_reply(conn, ds_cstr(&text));
        ds_destroy(&text);
    }
    inquiry_uninit(&q);
}

void
tm_explainer_register(struct tm_loop *loop)
{
    unixctl_command_register("explain", "[--trace] ENI DIRECTION FLOW", 3, 4,
                             run_explain, loop);
}

/* Answers 'q' with what the switch says. */
static void
compare(const struct tm_loop *loop, struct question *q, const char *answer)
{
    bool settled = (q->settled && tm_loop_is_settled(loop)
                    && q->generation == loop->generation);
    struct tm_trace trace;
    char *error = tm_trace_parse(answer, q->base, &trace);
    bool kept = !error && tm_claim_is_kept(&q->claim, &trace);

    if (error) {
        ds_put_format(&q->text, "switch: %s\n", error);
    } else if (kept) {
        tm_claim_format_agreement(&q->claim, &trace, &q->text);
    } else {
        ds_put_format(&q->text, "%s\n",
                      settled ? "ERROR: the switch differs"
                      : "switch: differs, but has not confirmed the newest "
                        "flows yet");
        tm_claim_format_difference(&q->claim, &trace, &q->text);
    }
    tm_trace_uninit(&trace);
    if (error || (!kept && settled)) {
        unixctl_command_reply_error(q->conn, ds_cstr(&q->text));
    } else {
        unixctl_command_reply(q->conn, ds_cstr(&q->text));
    }
    free(error);
}

static void
answer_error(struct question *q, const char *error)
{
    ds_put_cstr(&q->text, "switch: ");
    tm_line_to(error, &q->text);
    ds_put_char(&q->text, '\n');
    unixctl_command_reply_error(q->conn, ds_cstr(&q->text));
}

void
tm_explainer_run(struct tm_loop *loop)
{
    struct question *q;

    LIST_FOR_EACH_SAFE (q, list_node, &loop->explainer->questions) {
        char *answer = NULL, *error = NULL;

        if (loop->phase != TM_RUNNING) {
            error = xstrdup("the daemon is exiting");
        } else if (!tm_ask_run(q->ask, &answer, &error)) {
            continue;
        }
        if (answer) {
            compare(loop, q, answer);
        } else {
            answer_error(q, error);
        }
        free(answer);
        free(error);
        question_destroy(loop->explainer, q);
    }
}

void
tm_explainer_wait(const struct tm_explainer *explainer)
{
    const struct question *q;

    LIST_FOR_EACH (q, list_node, &explainer->questions) {
        tm_ask_wait(q->ask);
    }
}
