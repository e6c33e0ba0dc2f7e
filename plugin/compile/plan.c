/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c
 *
 * One walk over the ports of the bridge.  A port whose iface-id names an ENI
 * that some session has as a source becomes a 'local'.  Its sessions are taken
 * in the order of matching; each gives a 'row' (the state that the operator
 * sees), and where nothing is against it, a 'hop' (what the flows are made
 * of).  What is against a session is its own affair: the other sessions of the
 * source, and the other sources of the session, go on.
 *
 * The plan is made anew in every pass.  It costs a look-up or two a source,
 * and in return no change of model or node can be missed here. */

#include <config.h>
#include "plugin/compile/plan.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "lib/validate.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "plugin/compile/pipeline.h"
#include "plugin/compile/stage.h"
#include "util.h"

static struct tm_row *
add_row(struct tm_plan *plan, const struct tm_source *source,
        const struct tm_session *session)
{
    struct tm_row *row;

    if (plan->n_rows >= plan->allocated_rows) {
        plan->rows = x2nrealloc(plan->rows, &plan->allocated_rows,
                                sizeof *plan->rows);
    }
    row = &plan->rows[plan->n_rows++];
    memset(row, 0, sizeof *row);
    row->source = source->uuid;
    row->session = session->uuid;
    row->eni = source->eni;
    row->local = plan->n_locals;
    row->status = TM_ATTACHED;
    svec_init(&row->reasons);
    return row;
}

/* Why 'session' cannot copy, malloc()ed, or NULL: then all of 'hop' but the
 * Mirror_Source row is filled in. */
static char *
make_hop(const struct tm_plan *plan, const struct tm_local *local,
         const struct tm_session *session, struct tm_hop *hop)
{
    const struct tm_node *node = plan->node;
    const struct tm_filter *filter;
    const struct tm_lb *lb = NULL;

    if (!session->usable) {
        return xstrdup(session->problems.n ? session->problems.p[0].text
                       : "session is not usable");
    }
    filter = tm_model_get_filter(plan->model, &session->filter);
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
        lb = tm_model_get_lb(plan->model, &session->target);
    }
    if (lb && lb->n_members) {
        hop->has_lb = true;
        hop->lb = lb->uuid;
    } else {
        enum tm_ip prefer = (node->has_encap6 && !node->has_encap4
                             ? TM_IPV6 : 0);
        char *error = tm_model_target_address(plan->model, session, prefer,
                                              &hop->target);
        if (error) {
            return error;
        }
    }
    hop->max_len = tm_deliver_max_len(node, local->eni, local->port, session,
                                      tm_deliver_family(hop, lb));
    return NULL;
}

/* What is remarkable about a row of 'session' that does copy. */
static void
add_remarks(const struct tm_plan *plan, const struct tm_session *session,
            struct tm_row *row)
{
    const struct tm_filter *filter
        = tm_model_get_filter(plan->model, &session->filter);

    if (filter && filter->problems.n) {
        svec_add(&row->reasons, filter->problems.p[0].text);
    }
}

/* Adds the rows of 'session' for 'local', and a hop unless something is
 * against it: 'refused', what is against the ENI, or NULL; or what is against
 * the session.  Where a session names an ENI twice, the first row counts the
 * copies.  'shared' is a remark for the rows, or NULL. */
static void
add_session(struct tm_plan *plan, struct tm_local *local,
            const struct tm_session *session, const char *refused,
            const char *shared)
{
    struct tm_hop hop;
    char *error = NULL;
    bool first = true;
    bool copies = false;

    if (refused) {
        error = xstrdup(refused);
    } else if (session->enabled || !session->usable) {
        error = make_hop(plan, local, session, &hop);
        copies = !error;
    }
    for (size_t i = 0; i < session->n_sources; i++) {
        const struct tm_source *source = &session->sources[i];
        struct tm_row *row;

        if (!uuid_equals(&source->eni, &local->eni->uuid)) {
            continue;
        }
        row = add_row(plan, source, session);
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
            add_remarks(plan, session, row);
            if (local->n_hops >= TM_BUDGET_CHAIN) {
                svec_add_nocopy(&row->reasons, xasprintf(
                    "not mirrored: more than %d sessions of one source",
                    TM_BUDGET_CHAIN));
                row->status = TM_ERROR;
                copies = false;
            } else if (first) {
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

/* Why no session at all can copy 'eni', malloc()ed, or NULL. */
static char *
refuse_eni(const struct tm_plan *plan, const struct tm_eni *eni)
{
    struct tm_problems problems;
    char *reason = NULL;

    if (!plan->node->tunnel) {
        return xstrdup(plan->node->tunnel_problem
                       ? plan->node->tunnel_problem
                       : "tunnel port is not up yet");
    }
    if (!eni->mirroring_supported) {
        return xstrdup("flavor does not support mirroring");
    }
    tm_problems_init(&problems);
    if (tm_validate_source(plan->model, eni, &problems, &reason)) {
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

/* The addresses at which 'local' receives: those the operator gave, and that
 * of the port. */
static void
collect_macs(struct tm_local *local)
{
    const struct tm_eni *eni = local->eni;
    size_t n = 0;

    local->macs = xmalloc((eni->n_macs + 1) * sizeof *local->macs);
    for (size_t i = 0; i < eni->n_macs; i++) {
        local->macs[n++] = eni->macs[i];
    }
    if (local->port->has_mac) {
        local->macs[n++] = local->port->mac;
    }
    if (n) {
        qsort(local->macs, n, sizeof *local->macs, compare_macs);
    }
    for (size_t i = 0; i < n; i++) {
        struct eth_addr mac = local->macs[i];

        /* Who has a group address receives what all others do. */
        if (!eth_addr_is_multicast(mac) && !eth_addr_is_zero(mac)
            && (!local->n_macs
                || !eth_addr_equals(mac, local->macs[local->n_macs - 1]))) {
            local->macs[local->n_macs++] = mac;
        }
    }
}

static void
add_local(struct tm_plan *plan, const struct tm_eni *eni,
          const struct tm_port *port)
{
    const struct tm_session **sessions;
    size_t n = tm_model_all_sessions_of(plan->model, &eni->uuid, &sessions);
    struct tm_local *local;
    char *refused;

    if (!n) {
        free(sessions);
        return;
    }
    if (plan->n_locals >= plan->allocated_locals) {
        plan->locals = x2nrealloc(plan->locals, &plan->allocated_locals,
                                  sizeof *plan->locals);
    }
    local = &plan->locals[plan->n_locals];
    memset(local, 0, sizeof *local);
    local->eni = eni;
    local->port = port;
    local->hops = xmalloc(n * sizeof *local->hops);
    svec_init(&local->reasons.in);
    svec_init(&local->reasons.out);
    collect_macs(local);

    refused = refuse_eni(plan, eni);
    for (size_t i = 0; i < n; i++) {
        const struct tm_session *twin = find_twin(sessions, n, i);
        char *shared = twin ? xasprintf("shares priority %"PRIu16
                                        " with session %s",
                                        twin->priority, twin->name) : NULL;

        add_session(plan, local, sessions[i], refused, shared);
        free(shared);
    }
    free(refused);
    free(sessions);
    plan->n_locals++;
}

static int
compare_enis(const void *a_, const void *b_)
{
    const struct tm_port *const *a = a_;
    const struct tm_port *const *b = b_;

    return strcmp((*a)->iface_id, (*b)->iface_id);
}

/* The ports that carry an ENI, by its name; malloc()ed.  Of two with one
 * iface-id, that with the lower number counts. */
static size_t
find_eni_ports(struct tm_plan *plan, const struct tm_port ***portsp)
{
    const struct tm_node *node = plan->node;
    const struct tm_port **ports = xmalloc((node->n_ports + 1)
                                           * sizeof *ports);
    struct shash seen = SHASH_INITIALIZER(&seen);
    size_t n = 0;

    for (size_t i = 0; i < node->n_ports; i++) {
        const struct tm_port *port = &node->ports[i];
        const struct tm_port *other;

        if (!port->iface_id) {
            continue;
        }
        other = shash_find_data(&seen, port->iface_id);
        if (other) {
            sset_add_and_free(&plan->problems, xasprintf(
                "ports \"%s\" (%"PRIu32") and \"%s\" (%"PRIu32") have one "
                "iface-id \"%s\": only the first counts",
                other->name, (uint32_t) ofp_to_u16(other->ofport), port->name,
                (uint32_t) ofp_to_u16(port->ofport), port->iface_id));
        } else {
            shash_add(&seen, port->iface_id, port);
            ports[n++] = port;
        }
    }
    shash_destroy(&seen);
    qsort(ports, n, sizeof *ports, compare_enis);
    *portsp = ports;
    return n;
}

void
tm_plan_init(struct tm_plan *plan, const struct tm_model *model,
             const struct tm_node *node)
{
    const struct tm_port **ports;
    size_t n;

    memset(plan, 0, sizeof *plan);
    plan->model = model;
    plan->node = node;
    sset_init(&plan->problems);
    if (!node->has_bridge) {
        return;
    }
    n = find_eni_ports(plan, &ports);
    for (size_t i = 0; i < n; i++) {
        const struct tm_eni *eni
            = tm_model_get_eni_by_name(model, ports[i]->iface_id);

        if (eni) {
            add_local(plan, eni, ports[i]);
        }
    }
    free(ports);
}

void
tm_plan_uninit(struct tm_plan *plan)
{
    for (size_t i = 0; i < plan->n_locals; i++) {
        struct tm_local *local = &plan->locals[i];

        free(local->macs);
        free(local->hops);
        svec_destroy(&local->reasons.in);
        svec_destroy(&local->reasons.out);
    }
    free(plan->locals);
    for (size_t i = 0; i < plan->n_rows; i++) {
        svec_destroy(&plan->rows[i].reasons);
    }
    free(plan->rows);
    sset_destroy(&plan->problems);
}

bool
tm_plan_is_active(const struct tm_plan *plan)
{
    for (size_t i = 0; i < plan->n_locals; i++) {
        if (plan->locals[i].has_in || plan->locals[i].has_out) {
            return true;
        }
    }
    return false;
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

char *
tm_row_reason(const struct tm_plan *plan, const struct tm_row *row)
{
    const struct tm_reasons *more = &plan->locals[row->local].reasons;
    struct svec all;
    char *reason;

    svec_clone(&all, &row->reasons);
    if (row->in) {
        svec_append(&all, &more->in);
    }
    if (row->out) {
        svec_append(&all, &more->out);
    }
    reason = svec_join(&all, "; ", "");
    svec_destroy(&all);
    return reason;
}
