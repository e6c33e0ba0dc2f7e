/* SPDX-License-Identifier: Apache-2.0 */
/* unsent.c
 *
 * A tally remembers what its source had counted the last time, and whether its
 * target could be reached since then.  With each new count the difference is
 * lost if it could not.
 *
 * A source that is counted for the first time may have counted already while
 * there was a route, or another daemon.  Only if its flow is younger than the
 * knowledge that there is no route, all that it has counted is lost. */

#include <config.h>

#include "plugin/report/unsent.h"

#include <string.h>

#include "plugin/ports/ports.h"
#include "timeval.h"
#include "util.h"

struct route {
    struct hmap_node node;      /* In struct tm_unsent's 'routes'. */
    struct tm_addr addr;
    bool found;
    long long int since;        /* When that was first seen, ms. */
    bool keep;
};

void
tm_unsent_init(struct tm_unsent *unsent)
{
    hmap_init(&unsent->routes);
    hmap_init(&unsent->tallies);
}

static void
tally_destroy(struct tm_tally *tally)
{
    free(tally->reason);
    free(tally);
}

void
tm_unsent_uninit(struct tm_unsent *unsent)
{
    struct tm_tally *tally;
    struct route *route;

    HMAP_FOR_EACH_POP (route, node, &unsent->routes) {
        free(route);
    }
    hmap_destroy(&unsent->routes);
    HMAP_FOR_EACH_POP (tally, node, &unsent->tallies) {
        tally_destroy(tally);
    }
    hmap_destroy(&unsent->tallies);
}

/* ## Routes ## */

static struct route *
find_route(const struct tm_unsent *unsent, const struct tm_addr *addr)
{
    struct route *route;

    HMAP_FOR_EACH_WITH_HASH (route, node, tm_addr_hash(addr, 0),
                             &unsent->routes) {
        if (tm_addr_equal(&route->addr, addr)) {
            return route;
        }
    }
    return NULL;
}

/* Returns true if there is none, or was none. */
static bool
look_for_route(struct tm_unsent *unsent, const struct tm_addr *addr)
{
    struct route *route = find_route(unsent, addr);
    bool found = tm_ports_path_mtu(addr) > 0;
    bool remarkable = !found;

    if (!route) {
        route = xzalloc(sizeof *route);
        route->addr = *addr;
        hmap_insert(&unsent->routes, &route->node, tm_addr_hash(addr, 0));
    } else if (route->found == found) {
        route->keep = true;
        return remarkable;
    } else {
        remarkable = true;
    }
    route->found = found;
    route->since = time_msec();
    route->keep = true;
    return remarkable;
}

bool
tm_unsent_look(struct tm_unsent *unsent, const struct tm_model *model)
{
    struct tm_addr *addrs;
    size_t n = tm_model_target_addresses(model, &addrs);
    struct route *route;
    bool news = false;

    HMAP_FOR_EACH (route, node, &unsent->routes) {
        route->keep = false;
    }
    for (size_t i = 0; i < n; i++) {
        news |= look_for_route(unsent, &addrs[i]);
    }
    free(addrs);
    HMAP_FOR_EACH_SAFE (route, node, &unsent->routes) {
        if (!route->keep) {
            news |= !route->found;
            hmap_remove(&unsent->routes, &route->node);
            free(route);
        }
    }
    return news;
}

/* ## Tallies ## */

/* How the targets of a session can be reached. */
struct reach {
    bool none, some_missing;
    long long int since;        /* If 'none'. */
    char *reason;               /* If either; malloc()ed. */
};

static void
reach_address(const struct tm_unsent *unsent, const struct tm_addr *addr,
              struct reach *r)
{
    const struct route *route = find_route(unsent, addr);

    if (!route || route->found) {
        r->none = false;
        return;
    }
    r->since = MAX(r->since, route->since);
    if (!r->reason) {
        char *text = tm_addr_to_string(addr);

        r->reason = xasprintf("no route to %s", text);
        free(text);
    }
}

static struct reach
find_reach(const struct tm_unsent *unsent, const struct tm_model *model,
           const struct tm_node *node, const struct tm_session *session)
{
    const struct tm_lb *lb = NULL;
    struct reach r = { .none = true };
    struct tm_addr addr;

    if (session && session->target_type == TM_TARGET_ELB) {
        lb = tm_model_get_lb(model, &session->target);
    }
    if (lb && lb->n_members) {
        for (size_t i = 0; i < lb->n_members; i++) {
            reach_address(unsent, &lb->members[i], &r);
        }
    } else if (session) {
        char *error = tm_model_target_address(model, session,
                                              tm_node_prefer(node), &addr);
        if (!error) {
            reach_address(unsent, &addr, &r);
        }
        free(error);
    }
    r.none = r.none && r.reason;
    r.some_missing = !r.none && r.reason;
    return r;
}

static struct tm_tally *
find_tally(const struct tm_unsent *unsent, const struct uuid *source)
{
    struct tm_tally *tally;

    HMAP_FOR_EACH_WITH_HASH (tally, node, uuid_hash(source),
                             &unsent->tallies) {
        if (uuid_equals(&tally->source, source)) {
            return tally;
        }
    }
    return NULL;
}

void
tm_unsent_begin(struct tm_unsent *unsent)
{
    struct tm_tally *tally;

    HMAP_FOR_EACH (tally, node, &unsent->tallies) {
        tally->keep = false;
    }
}

static struct tm_tally *
add_tally(struct tm_unsent *unsent, const struct tm_source_state *state)
{
    struct tm_tally *tally = xzalloc(sizeof *tally);

    tally->source = state->source;
    tally->session = state->session;
    tally->reason = xstrdup("");
    hmap_insert(&unsent->tallies, &tally->node, uuid_hash(&tally->source));
    return tally;
}

void
tm_unsent_count(struct tm_unsent *unsent, const struct tm_model *model,
                const struct tm_node *node,
                const struct tm_source_state *state, uint64_t accepted,
                long long int age)
{
    const struct tm_session *session
        = tm_model_get_session(model, &state->session);
    struct reach reach = find_reach(unsent, model, node, session);
    struct tm_tally *tally = find_tally(unsent, &state->source);
    long long int made = time_msec() - age;

    if (!tally) {
        bool since_then = reach.none && made >= reach.since;

        tally = add_tally(unsent, state);
        tally->no_route = since_then;
        tally->counted = since_then ? 0 : accepted;
    } else if (made >= tally->counted_at || accepted < tally->counted) {
        /* Another flow, which began anew. */
        tally->counted = 0;
    }
    if (tally->no_route) {
        tally->lost += accepted - tally->counted;
    }
    tally->counted = accepted;
    tally->counted_at = time_msec();
    tally->no_route = reach.none;
    tally->partial = reach.some_missing;
    tally->keep = true;
    if (reach.reason) {
        free(tally->reason);
        tally->reason = reach.reason;
    }
}

void
tm_unsent_end(struct tm_unsent *unsent)
{
    struct tm_tally *tally;

    HMAP_FOR_EACH_SAFE (tally, node, &unsent->tallies) {
        if (!tally->keep) {
            hmap_remove(&unsent->tallies, &tally->node);
            tally_destroy(tally);
        }
    }
}
