/* SPDX-License-Identifier: Apache-2.0 */
/* stats-collect.c
 *
 * Two tables have all that there is.  A flow of FILTER belongs to a rule,
 * which may have many of them; its match names the filter.  A flow of DELIVER
 * belongs to a source in a session, and its match says which verdict it
 * counts.
 *
 * Flows whose rows are gone by now are left out: they are about to go too. */

#include <config.h>

#include "plugin/report/stats-collect.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/loop.h"
#include "plugin/report/unsent.h"
#include "plugin/switch/counters.h"
#include "util.h"

/* ## Lists ## */

void
tm_stats_clear(struct tm_stats *s)
{
    free(CONST_CAST(char *, s->node));
    for (size_t i = 0; i < s->n_sources; i++) {
        free(CONST_CAST(char *, s->sources[i].session));
        free(CONST_CAST(char *, s->sources[i].source));
    }
    free(s->sources);
    for (size_t i = 0; i < s->n_rules; i++) {
        free(CONST_CAST(char *, s->rules[i].filter));
    }
    free(s->rules);
    for (size_t i = 0; i < s->n_unsent; i++) {
        free(CONST_CAST(char *, s->unsent[i].session));
        free(CONST_CAST(char *, s->unsent[i].reason));
    }
    free(s->unsent);
    memset(s, 0, sizeof *s);
}

static int
compare_sources(const void *a_, const void *b_)
{
    const struct tm_stats_source *a = a_;
    const struct tm_stats_source *b = b_;
    int cmp = strcmp(a->session, b->session);

    if (!cmp) {
        cmp = uuid_compare_3way(&a->session_uuid, &b->session_uuid);
    }
    if (!cmp) {
        cmp = strcmp(a->source, b->source);
    }
    return cmp ? cmp : (int) a->action - (int) b->action;
}

static int
compare_rules(const void *a_, const void *b_)
{
    const struct tm_stats_rule *a = a_;
    const struct tm_stats_rule *b = b_;
    int cmp = strcmp(a->filter, b->filter);

    if (!cmp) {
        cmp = uuid_compare_3way(&a->filter_uuid, &b->filter_uuid);
    }
    if (!cmp) {
        cmp = (int) a->direction - (int) b->direction;
    }
    return cmp ? cmp : (int) a->priority - (int) b->priority;
}

static int
compare_unsent(const void *a_, const void *b_)
{
    const struct tm_stats_unsent *a = a_;
    const struct tm_stats_unsent *b = b_;
    int cmp = strcmp(a->session ? a->session : "",
                     b->session ? b->session : "");

    if (!cmp) {
        cmp = uuid_compare_3way(&a->session_uuid, &b->session_uuid);
    }
    return cmp ? cmp : strcmp(a->reason, b->reason);
}

/* ## From counters to lists ## */

/* Sums of rules under construction. */
struct rule_node {
    struct hmap_node node;      /* By UUID of the rule. */
    struct uuid uuid;
    struct tm_stats_rule sum;
};

static struct uuid
uuid_of_xxreg(const struct flow *flow, enum mf_field_id field)
{
    struct uuid uuid;
    union mf_value value;

    mf_get_value(mf_from_id(field), flow, &value);
    for (size_t i = 0; i < ARRAY_SIZE(uuid.parts); i++) {
        ovs_be32 part;

        memcpy(&part, (uint8_t *) &value.be128 + i * sizeof part,
               sizeof part);
        uuid.parts[i] = ntohl(part);
    }
    return uuid;
}

static const struct tm_rule *
find_rule(const struct tm_filter *filter, const struct uuid *uuid)
{
    for (size_t i = 0; filter && i < filter->n_rules; i++) {
        if (uuid_equals(&filter->rules[i].uuid, uuid)) {
            return &filter->rules[i];
        }
    }
    return NULL;
}

static void
add_rule(const struct tm_model *model, const struct tm_counter *c,
         const struct flow *match, struct hmap *rules)
{
    const struct uuid *uuid = &c->flow->origin.row;
    struct rule_node *rn;

    HMAP_FOR_EACH_WITH_HASH (rn, node, uuid_hash(uuid), rules) {
        if (uuid_equals(&rn->uuid, uuid)) {
            rn->sum.packets += c->packets;
            rn->sum.bytes += c->bytes;
            return;
        }
    }

    struct uuid filter_uuid = uuid_of_xxreg(match, TM_REG_FILTER);
    const struct tm_filter *filter = tm_model_get_filter(model, &filter_uuid);
    const struct tm_rule *rule = find_rule(filter, uuid);
    if (!rule) {
        return;
    }
    rn = xzalloc(sizeof *rn);
    rn->uuid = *uuid;
    rn->sum = (struct tm_stats_rule) {
        .filter_uuid = filter_uuid,
        .filter = xstrdup(filter->name),
        .direction = rule->direction,
        .priority = rule->priority,
        .action = rule->action,
        .packets = c->packets,
        .bytes = c->bytes,
    };
    hmap_insert(rules, &rn->node, uuid_hash(uuid));
}

static void
add_source(const struct tm_loop *loop, struct tm_unsent *unsent,
           const struct tm_counter *c, const struct flow *match,
           struct tm_stats *s)
{
    const struct tm_model *model = tm_store_model(loop->store);
    const struct tm_source_state *state
        = tm_compiler_find_state(loop->compiler, &c->flow->origin.row);
    union mf_value verdict;

    if (!state) {
        return;
    }
    mf_get_value(mf_from_id(TM_REG_VERDICT), match, &verdict);

    const struct tm_session *session
        = tm_model_get_session(model, &state->session);
    const struct tm_eni *eni = tm_model_get_eni(model, &state->eni);
    enum tm_action action = ntohl(verdict.be32);
    s->sources[s->n_sources++] = (struct tm_stats_source) {
        .session_uuid = state->session,
        .session = xstrdup(session ? session->name : "?"),
        .source = xstrdup(eni ? eni->name : "?"),
        .action = action,
        .packets = c->packets,
        .bytes = c->bytes,
    };
    if (action == TM_ACCEPT) {
        tm_unsent_count(unsent, model, tm_ports_node(loop->ports), state,
                        c->packets, c->age);
    }
}

static void
take_rules(struct hmap *rules, struct tm_stats *s)
{
    struct rule_node *rn;

    s->rules = xmalloc((hmap_count(rules) + 1) * sizeof *s->rules);
    HMAP_FOR_EACH_POP (rn, node, rules) {
        s->rules[s->n_rules++] = rn->sum;
        free(rn);
    }
    hmap_destroy(rules);
}

static void
collect_flows(const struct tm_loop *loop, struct tm_unsent *unsent,
              const struct tm_counters *counters, struct tm_stats *s)
{
    uint8_t base = tm_ports_node(loop->ports)->table_base;
    struct hmap rules = HMAP_INITIALIZER(&rules);

    s->sources = xmalloc((counters->n + 1) * sizeof *s->sources);
    tm_unsent_begin(unsent);
    for (size_t i = 0; i < counters->n; i++) {
        const struct tm_counter *c = &counters->flows[i];
        struct match match;

        minimatch_expand(&c->flow->match, &match);
        if (c->flow->table_id == base + TM_TABLE_FILTER) {
            add_rule(tm_store_model(loop->store), c, &match.flow, &rules);
        } else if (c->flow->table_id == base + TM_TABLE_DELIVER) {
            add_source(loop, unsent, c, &match.flow, s);
        }
    }
    tm_unsent_end(unsent);
    take_rules(&rules, s);
    if (s->n_sources) {
        qsort(s->sources, s->n_sources, sizeof *s->sources, compare_sources);
    }
    if (s->n_rules) {
        qsort(s->rules, s->n_rules, sizeof *s->rules, compare_rules);
    }
}

/* Takes 'reason' over.  Adds to what there is of that session and reason.
 * Returns what it added to. */
static struct tm_stats_unsent *
add_unsent(struct tm_stats *s, const struct tm_session *session, char *reason,
           bool counted, uint64_t packets)
{
    struct uuid uuid = session ? session->uuid : UUID_ZERO;

    for (size_t i = 0; i < s->n_unsent; i++) {
        struct tm_stats_unsent *u = &s->unsent[i];

        if (uuid_equals(&u->session_uuid, &uuid)
            && !strcmp(u->reason, reason)) {
            u->packets += packets;
            free(reason);
            return u;
        }
    }
    s->unsent = xrealloc(s->unsent, (s->n_unsent + 1) * sizeof *s->unsent);
    s->unsent[s->n_unsent++] = (struct tm_stats_unsent) {
        .session_uuid = uuid,
        .session = session ? xstrdup(session->name) : NULL,
        .reason = reason,
        .counted = counted,
        .over = true,
        .packets = packets,
    };
    return &s->unsent[s->n_unsent - 1];
}

static void
collect_tallies(const struct tm_loop *loop, const struct tm_unsent *unsent,
                struct tm_stats *s)
{
    const struct tm_model *model = tm_store_model(loop->store);
    const struct tm_tally *tally;

    HMAP_FOR_EACH (tally, node, &unsent->tallies) {
        const struct tm_session *session
            = tm_model_get_session(model, &tally->session);

        if (session && (tally->no_route || tally->lost)) {
            struct tm_stats_unsent *u
                = add_unsent(s, session, xstrdup(tally->reason), true,
                             tally->lost);

            u->over = u->over && !tally->no_route;
        }
        if (session && tally->partial) {
            add_unsent(s, session,
                       xasprintf("%s, a member of the load balancer",
                                 tally->reason), false, 0)->over = false;
        }
    }
}

static void
collect_port(const struct tm_counters *counters, struct tm_stats *s)
{
    const struct tm_port_counters *port = &counters->port;

    s->has_tunnel = counters->has_port;
    if (!counters->has_port) {
        return;
    }
    s->sent_packets = port->tx_packets != UINT64_MAX ? port->tx_packets : 0;
    s->sent_bytes = port->tx_bytes != UINT64_MAX ? port->tx_bytes : 0;
    if (port->tx_dropped && port->tx_dropped != UINT64_MAX) {
        add_unsent(s, NULL, xstrdup("dropped at the tunnel port"), true,
                   port->tx_dropped)->over = false;
    }
    if (port->tx_errors && port->tx_errors != UINT64_MAX) {
        add_unsent(s, NULL, xstrdup("errors of the tunnel port"), true,
                   port->tx_errors)->over = false;
    }
}

void
tm_stats_collect(const struct tm_loop *loop, struct tm_unsent *unsent,
                 const struct tm_counters *counters, struct tm_stats *s)
{
    memset(s, 0, sizeof *s);
    s->node = xstrdup(tm_ports_settings(loop->ports)->system_id);
    collect_flows(loop, unsent, counters, s);
    collect_tallies(loop, unsent, s);
    collect_port(counters, s);
    if (s->n_unsent) {
        qsort(s->unsent, s->n_unsent, sizeof *s->unsent, compare_unsent);
    }
}
