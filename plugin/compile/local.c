/* SPDX-License-Identifier: Apache-2.0 */
/* local.c
 *
 * One source, as far as it does not depend on other sources.  Its sessions are
 * taken in the order of matching; each gives a 'row' (the state that the
 * operator sees), and where nothing is against it, a 'hop' (what the flows are
 * made of).  What is against a session is its own affair: the other sessions
 * of the source go on. */

#include <config.h>
#include "plugin/compile/plan.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "lib/validate.h"
#include "packets.h"
#include "plugin/compile/pipeline.h"
#include "plugin/compile/stage.h"
#include "util.h"

/* What a local is made from. */
struct maker {
    const struct tm_model *model;
    const struct tm_node *node;
    const struct tm_eni *eni;
    struct tm_local *local;
};

static struct tm_row *
add_row(struct tm_local *local, const struct tm_source *source,
        const struct tm_session *session)
{
    struct tm_row *row;

    if (local->n_rows >= local->allocated_rows) {
        local->rows = x2nrealloc(local->rows, &local->allocated_rows,
                                 sizeof *local->rows);
    }
    row = &local->rows[local->n_rows++];
    memset(row, 0, sizeof *row);
    row->source = source->uuid;
    row->session = session->uuid;
    row->status = TM_ATTACHED;
    svec_init(&row->reasons);
    return row;
}

/* Why 'session' cannot copy, malloc()ed, or NULL: then all of 'hop' but the
 * Mirror_Source row is filled in. */
static char *
make_hop(const struct maker *m, const struct tm_session *session,
         struct tm_hop *hop)
{
    const struct tm_node *node = m->node;
    const struct tm_filter *filter;
    const struct tm_lb *lb = NULL;

    if (!session->usable) {
        return xstrdup(session->problems.n ? session->problems.p[0].text
                       : "session is not usable");
    }
    filter = tm_model_get_filter(m->model, &session->filter);
    if (!filter) {
        return xstrdup("filter is not known yet");
    }

    memset(hop, 0, sizeof *hop);
    hop->session = session->uuid;
    hop->filter = session->filter;
    hop->in = tm_filter_has_direction(filter, TM_IN);
    hop->out = tm_filter_has_direction(filter, TM_OUT);
    hop->vni = session->vni;
    if (session->target_type == TM_TARGET_ELB) {
        lb = tm_model_get_lb(m->model, &session->target);
    }
    if (lb && lb->n_members) {
        hop->has_lb = true;
        hop->lb = lb->uuid;
    } else {
        char *error = tm_model_target_address(m->model, session,
                                              tm_node_prefer(node),
                                              &hop->target);
        if (error) {
            return error;
        }
    }
    hop->max_len = tm_deliver_max_len(node, m->eni, &m->local->port, session,
                                      tm_deliver_family(hop, lb));
    return NULL;
}

/* What is remarkable about a row of 'session' that does copy. */
static void
add_remarks(const struct maker *m, const struct tm_session *session,
            struct tm_row *row)
{
    const struct tm_filter *filter
        = tm_model_get_filter(m->model, &session->filter);

    if (filter && filter->problems.n) {
        svec_add(&row->reasons, filter->problems.p[0].text);
    }
}

/* Adds the rows of 'session' for the local, and a hop unless something is
 * against it: 'refused', what is against copying this ENI at all, or by this
 * session, or NULL; or what is against the session.  Where a session names an
 * ENI twice, the first row counts the copies.  'shared' is a remark for the
 * rows, or NULL. */
static void
add_session(const struct maker *m, const struct tm_session *session,
            const char *refused, const char *shared)
{
    struct tm_local *local = m->local;
    struct tm_hop hop;
    char *error = NULL;
    bool first = true;
    bool copies = false;

    if (refused) {
        error = xstrdup(refused);
    } else if (session->enabled || !session->usable) {
        error = make_hop(m, session, &hop);
        copies = !error;
    }
    for (size_t i = 0; i < session->n_sources; i++) {
        const struct tm_source *source = &session->sources[i];
        struct tm_row *row;

        if (!uuid_equals(&source->eni, &local->eni)) {
            continue;
        }
        row = add_row(local, source, session);
        if (error) {
            row->status = TM_ERROR;
            svec_add(&row->reasons, error);
        } else if (copies) {
            row->in = hop.in;
            row->out = hop.out;
            if (shared) {
                svec_add(&row->reasons, shared);
            }
            if (!first) {
                svec_add(&row->reasons, "named twice in its session");
            }
            add_remarks(m, session, row);
            if (first) {
                hop.row = source->uuid;
            }
        }
        first = false;
    }
    if (copies && (hop.in || hop.out)) {
        local->hops[local->n_hops++] = hop;
        local->has_in |= hop.in;
        local->has_out |= hop.out;
    }
    free(error);
}

/* Why no session at all can copy the ENI, malloc()ed, or NULL. */
static char *
refuse_eni(const struct maker *m)
{
    struct tm_problems problems;
    char *reason = NULL;

    if (!m->node->tunnel) {
        return xstrdup(m->node->tunnel_problem
                       ? m->node->tunnel_problem
                       : "tunnel port is not up yet");
    }
    if (!m->eni->mirroring_supported) {
        return xstrdup("flavor does not support mirroring");
    }
    tm_problems_init(&problems);
    if (tm_validate_source(m->model, m->eni, &problems, &reason)) {
        free(reason);
        reason = NULL;
    }
    tm_problems_uninit(&problems);
    return reason;
}

static bool
is_in_order(const struct tm_session *session)
{
    return session->enabled && session->usable;
}

/* Another session of 'sessions', which are in order, that has the priority of
 * 'sessions[i]', or NULL. */
static const struct tm_session *
find_twin(const struct tm_session **sessions, size_t n, size_t i)
{
    uint16_t priority = sessions[i]->priority;
    size_t j = i;

    if (!is_in_order(sessions[i])) {
        return NULL;
    }
    while (j > 0 && sessions[j - 1]->priority == priority) {
        j--;
    }
    for (; j < n && sessions[j]->priority == priority; j++) {
        if (j != i && is_in_order(sessions[j])) {
            return sessions[j];
        }
    }
    return NULL;
}

static int
compare_macs(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct eth_addr));
}

/* The addresses at which the local receives: those the operator gave, and that
 * of the port. */
static void
collect_macs(const struct maker *m)
{
    const struct tm_eni *eni = m->eni;
    struct tm_local *local = m->local;
    struct eth_addr *macs = xmalloc((eni->n_macs + 1) * sizeof *macs);
    size_t n = 0;

    for (size_t i = 0; i < eni->n_macs; i++) {
        macs[n++] = eni->macs[i];
    }
    if (local->port.has_mac) {
        macs[n++] = local->port.mac;
    }
    if (n) {
        qsort(macs, n, sizeof *macs, compare_macs);
    }
    local->macs = xcalloc(n + 1, sizeof *local->macs);
    for (size_t i = 0; i < n; i++) {
        /* Who has a group address receives what all others do. */
        if (!eth_addr_is_multicast(macs[i]) && !eth_addr_is_zero(macs[i])
            && (!i || !eth_addr_equals(macs[i], macs[i - 1]))) {
            local->macs[local->n_macs++].mac = macs[i];
        }
    }
    free(macs);
}

static void
add_sessions(const struct maker *m, const struct tm_session **sessions,
             size_t n)
{
    char *refused = refuse_eni(m);

    for (size_t i = 0; i < n; i++) {
        const struct tm_session *twin = find_twin(sessions, n, i);
        char *shared = twin ? xasprintf("shares priority %"PRIu16
                                        " with session %s",
                                        twin->priority, twin->name) : NULL;
        char *left_out = tm_model_why_left_out(sessions, i);

        add_session(m, sessions[i], refused ? refused : left_out, shared);
        free(left_out);
        free(shared);
    }
    free(refused);
}

struct tm_local *
tm_local_create(const struct tm_model *model, const struct tm_node *node,
                const struct tm_eni *eni, const struct tm_port *port)
{
    const struct tm_session **sessions;
    size_t n = tm_model_all_sessions_of(model, &eni->uuid, &sessions);
    struct maker maker = { model, node, eni, NULL };
    struct tm_local *local;

    if (!n) {
        free(sessions);
        return NULL;
    }
    maker.local = local = xzalloc(sizeof *local);
    local->eni = eni->uuid;
    local->restated = true;
    tm_port_clone(&local->port, port);
    local->hops = xmalloc(n * sizeof *local->hops);
    svec_init(&local->reasons.in);
    svec_init(&local->reasons.out);
    collect_macs(&maker);
    add_sessions(&maker, sessions, n);
    free(sessions);
    return local;
}

void
tm_local_give_up(struct tm_local *local, enum tm_direction direction,
                 const char *reason)
{
    for (size_t i = 0; i < local->n_hops; i++) {
        struct tm_hop *hop = &local->hops[i];

        *(direction == TM_IN ? &hop->in : &hop->out) = false;
    }
    if (direction == TM_IN) {
        local->has_in = false;
        svec_add(&local->reasons.in, reason);
    } else {
        local->has_out = false;
        svec_add(&local->reasons.out, reason);
    }
}

size_t
tm_local_cost(const struct tm_local *local)
{
    size_t cost = 5;            /* ADMIT, GUARD, GUARD_ADDR, SOURCE, DELIVER */
    bool slot = false;

    for (size_t i = 0; i < local->n_hops; i++) {
        cost += local->hops[i].in;              /* FILTER */
        slot |= local->hops[i].in && local->hops[i].has_lb;
    }
    return cost + slot;
}

void
tm_local_destroy(struct tm_local *local)
{
    tm_port_uninit(&local->port);
    free(local->hops);
    for (size_t i = 0; i < local->n_rows; i++) {
        svec_destroy(&local->rows[i].reasons);
    }
    free(local->rows);
    svec_destroy(&local->reasons.in);
    svec_destroy(&local->reasons.out);
    free(local->macs);
    free(local);
}

/* The reasons why 'local' is not mirrored inbound that hang on others. */
static void
append_left_out(const struct tm_local *local, struct svec *all)
{
    for (size_t i = 0; i < local->n_macs; i++) {
        const struct tm_local_mac *m = &local->macs[i];

        if (m->left_out) {
            svec_add_nocopy(all, xasprintf(
                "packets to "ETH_ADDR_FMT" not mirrored: %s",
                ETH_ADDR_ARGS(m->mac), m->left_out));
        }
    }
    if (local->no_group) {
        svec_add_nocopy(all, xasprintf(
            "broadcast and multicast not mirrored: %s", local->no_group));
    }
}

char *
tm_row_reason(const struct tm_local *local, const struct tm_row *row)
{
    struct svec all;
    char *reason;

    svec_clone(&all, &row->reasons);
    if (row->in) {
        svec_append(&all, &local->reasons.in);
        append_left_out(local, &all);
    }
    if (row->out) {
        svec_append(&all, &local->reasons.out);
    }
    reason = svec_join(&all, "; ", "");
    svec_destroy(&all);
    return reason;
}
