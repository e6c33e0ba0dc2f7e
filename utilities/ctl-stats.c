/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-stats.c
 *
 * stats: what the nodes have counted, with what is configured around it.
 *
 * The counters are with the nodes, never in the database.  Every node of the
 * database is asked, and each of them is in the output: by what it counted, or
 * by a line that says why it could not be asked.  A sum over all nodes that
 * lacks one says so too. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/store/status.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "utilities/ctl.h"
#include "utilities/ctl-ask.h"
#include "utilities/ctl-counts.h"

struct stats {
    struct tm_counts counts;
    struct tm_agent_status *nodes;
    size_t n_nodes;
    char **whys;                /* Why a node's counts are not here, or NULL;
                                 * a place a node. */
};

/* ## Asking ## */

/* The first of 'asks' is to the daemon of this machine, the others to the
 * nodes that publish an address, in their order. */
static size_t
prepare_asks(const struct stats *st, struct tm_ask *asks)
{
    size_t n = 1;

    memset(asks, 0, (st->n_nodes + 1) * sizeof *asks);
    for (size_t i = 0; i < st->n_nodes; i++) {
        if (st->nodes[i].metrics[0]) {
            asks[n++].address = st->nodes[i].metrics;
        }
    }
    return n;
}

static bool
is_answer_of(const struct tm_ask *ask, const struct tm_agent_status *node)
{
    const struct json *name = (ask->answer
                               ? shash_find_data(json_object(ask->answer),
                                                 "node") : NULL);

    return (name && name->type == JSON_STRING
            && !strcmp(json_string(name), node->name));
}

/* Returns NULL or why not. */
static const char *
take_node(struct stats *st, const struct tm_agent_status *node,
          const struct tm_ask *local, const struct tm_ask *remote)
{
    if (is_answer_of(local, node)) {
        return tm_counts_take(&st->counts, node->name, local->answer);
    } else if (!remote) {
        return "publishes no address and is not this node";
    } else if (!remote->answer) {
        return remote->error;
    } else if (!is_answer_of(remote, node)) {
        return "another node answers at its address";
    }
    return tm_counts_take(&st->counts, node->name, remote->answer);
}

static char *
explain_failure(const struct tm_agent_status *node, const char *why,
                const struct tm_ask *local, const struct tm_ask *remote)
{
    /* This may be the node whose daemon cannot be asked. */
    bool local_matters = !remote && local->error;
    const char *dead = node->alive_until ? "" : "stopped; ";

    return (local_matters ? xasprintf("%s%s: %s", dead, why, local->error)
            : xasprintf("%s%s", dead, why));
}

static void
ask_nodes(struct stats *st)
{
    struct tm_ask *asks = xmalloc((st->n_nodes + 1) * sizeof *asks);
    size_t n = prepare_asks(st, asks), next = 1;

    tm_ask_all(asks, n);
    for (size_t i = 0; i < st->n_nodes; i++) {
        const struct tm_agent_status *node = &st->nodes[i];
        const struct tm_ask *remote = node->metrics[0] ? &asks[next++] : NULL;
        const char *why = take_node(st, node, &asks[0], remote);

        if (why) {
            char *text = explain_failure(node, why, &asks[0], remote);

            st->whys[i] = tm_counts_line(text);
            free(text);
        }
    }
    for (size_t i = 0; i < n; i++) {
        tm_ask_uninit(&asks[i]);
    }
    free(asks);
}

/* ## Rows ## */

/* The names that most cells are. */
struct place {
    const char *node, *session, *source, *filter, *rule, *action;
};

static void
put_row(struct tm_ctl_table *t, const struct place *place,
        const struct tm_count *count, const char *packets, const char *reason)
{
#define CELL(S) xstrdup((S) ? (S) : "")
    char *cells[] = {
        CELL(place->node), CELL(place->session), CELL(place->source),
        CELL(place->filter), CELL(place->rule), CELL(place->action),
        count ? xasprintf("%"PRIu64, count->packets) : CELL(packets),
        count ? xasprintf("%"PRIu64, count->bytes) : CELL(NULL),
        CELL(reason),
    };
#undef CELL

    tm_ctl_table_row(t, cells);
}

static int
compare_sources(const void *a_, const void *b_)
{
    const struct tm_source_count *a = a_;
    const struct tm_source_count *b = b_;
    int cmp = strcmp(a->source, b->source);

    if (!cmp) {
        cmp = strcmp(a->node, b->node);
    }
    return cmp ? cmp : (int) a->action - (int) b->action;
}

static void
put_session(struct tm_ctl_table *t, struct tm_session_sum *sum,
            const char *missing)
{
    struct place place = {
        .session = sum->session ? sum->session->name : NULL
    };

    for (size_t i = 0; sum->session && i < ARRAY_SIZE(sum->sums); i++) {
        place.action = tm_action_to_string(i ? TM_REJECT : TM_ACCEPT);
        put_row(t, &place, &sum->sums[i], NULL, missing);
    }
    if (sum->n_sources) {
        qsort(sum->sources, sum->n_sources, sizeof *sum->sources,
              compare_sources);
    }
    for (size_t i = 0; i < sum->n_sources; i++) {
        const struct tm_source_count *source = &sum->sources[i];

        place.node = source->node;
        place.source = source->source;
        place.action = tm_action_to_string(source->action);
        put_row(t, &place, &source->count, NULL, NULL);
    }
    place.source = NULL;
    place.action = "unsent";
    for (size_t i = 0; i < sum->n_unsent; i++) {
        place.node = sum->unsent[i].node;
        put_row(t, &place, NULL, sum->unsent[i].packets,
                sum->unsent[i].reason);
    }
}

static void
put_rules(struct tm_ctl_table *t, const struct tm_counts *counts,
          const char *missing)
{
    for (size_t i = 0; i < counts->n_rules; i++) {
        const struct tm_rule_sum *sum = &counts->rules[i];
        char *rule = xasprintf("%s %"PRIu16,
                               tm_direction_to_string(sum->rule->direction),
                               sum->rule->priority);

        put_row(t, &(struct place) {
                    .filter = sum->filter->name,
                    .rule = rule,
                    .action = tm_action_to_string(sum->rule->action),
                }, &sum->count, NULL, missing);
        free(rule);
    }
}

/* "without hv2, hv3", or NULL. */
static char *
list_missing(const struct stats *st)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < st->n_nodes; i++) {
        if (st->whys[i]) {
            ds_put_format(&s, "%s%s", s.length ? ", " : "without ",
                          st->nodes[i].name);
        }
    }
    return s.length ? ds_steal_cstr(&s) : NULL;
}

static void
put_all(struct tm_ctl_table *t, struct stats *st)
{
    struct tm_counts *counts = &st->counts;
    char *missing = list_missing(st);

    for (size_t i = 0; i < counts->n_sessions; i++) {
        put_session(t, &counts->sessions[i], missing);
    }
    put_rules(t, counts, missing);
    put_session(t, &counts->sessions[counts->n_sessions], NULL);
    for (size_t i = 0; i < st->n_nodes; i++) {
        if (st->whys[i]) {
            put_row(t, &(struct place) { .node = st->nodes[i].name }, NULL,
                    NULL, st->whys[i]);
        }
    }
    free(missing);
}

static void
stats_init(struct stats *st, struct ctl_context *ctx,
           const struct tm_session *only)
{
    tm_counts_init(&st->counts, &tm_ctl_change(ctx)->model, only);
    st->n_nodes = tm_agent_status_list(ctx->idl, &st->nodes);
    st->whys = xcalloc(st->n_nodes + 1, sizeof *st->whys);
}

static void
stats_uninit(struct stats *st)
{
    tm_counts_uninit(&st->counts);
    for (size_t i = 0; i < st->n_nodes; i++) {
        free(st->whys[i]);
    }
    free(st->whys);
    tm_agent_status_destroy(st->nodes, st->n_nodes);
}

static void
cmd_stats(struct ctl_context *ctx)
{
    static const struct tm_ctl_column columns[] = {
        {"node", false}, {"session", false}, {"source", false},
        {"filter", false}, {"rule", false}, {"action", false},
        {"packets", true}, {"bytes", true}, {"reason", false},
        {NULL, false},
    };
    const struct tm_session *only = NULL;
    struct stats st;
    struct tm_ctl_table t;

    if (ctx->argc > 1) {
        ctx->error = tm_ctl_find_session(ctx, ctx->argv[1], true, &only);
    }
    if (!ctx->error) {
        ctx->error = tm_ctl_table_init(&t, ctx, columns);
    }
    if (ctx->error) {
        return;
    }
    stats_init(&st, ctx, only);
    ask_nodes(&st);
    put_all(&t, &st);
    stats_uninit(&st);
    tm_ctl_table_uninit(&t);
}

const struct ctl_command_syntax tm_ctl_stats_commands[] = {
    {"stats", 0, 1, "[SESSION]", tm_ctl_pre_status,
     cmd_stats, NULL, "--columns=", RO},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
