/* SPDX-License-Identifier: Apache-2.0 */
/* advice.c
 *
 * The link is as wide as tmirror-tunnel-mtu says, or else as the node's route
 * to the target does.  Where the target is a load balancer that spreads copies
 * over members, all of these are looked at.
 *
 * Routes change without any row changing.  So the answer for each target is
 * kept, and when the kernel tells of a change all are asked for again; if one
 * is another, the sources are to be reported anew.  What the kernel does not
 * tell (a socket's buffer may run over) is noticed when somebody asks without
 * reason, which the caller does from time to time. */

#include <config.h>

#include "plugin/report/advice.h"

#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "plugin/loop.h"
#include "svec.h"
#include "util.h"

/* How many bytes the MTU of a source should be under that of the links: 14
 * Ethernet, 20 IPv4, 8 UDP, 8 VXLAN, and some to spare. */
#define HEADROOM 64

/* Targets that a line names. */
#define NAMED_MAX 3

/* The way to a target. */
struct route {
    struct hmap_node node;      /* In tm_advice 'routes', by address. */
    struct tm_addr target;
    uint32_t mtu;               /* 0: there is none. */
};

struct tm_advice {
    struct tm_route_watch *watch;
    struct hmap routes;         /* struct route: what was last said. */
    bool changed;               /* It was another for another source. */
};

struct tm_advice *
tm_advice_create(void)
{
    struct tm_advice *advice = xzalloc(sizeof *advice);

    advice->watch = tm_route_watch_create();
    hmap_init(&advice->routes);
    return advice;
}

void
tm_advice_clear(struct tm_advice *advice)
{
    struct route *route;

    HMAP_FOR_EACH_POP (route, node, &advice->routes) {
        free(route);
    }
    advice->changed = false;
}

void
tm_advice_destroy(struct tm_advice *advice)
{
    if (advice) {
        tm_advice_clear(advice);
        hmap_destroy(&advice->routes);
        tm_route_watch_destroy(advice->watch);
        free(advice);
    }
}

bool
tm_advice_run(struct tm_advice *advice, bool look)
{
    struct route *route;

    if (tm_route_watch_run(advice->watch) || look) {
        HMAP_FOR_EACH (route, node, &advice->routes) {
            uint32_t mtu = tm_ports_path_mtu(&route->target);

            advice->changed |= mtu != route->mtu;
            route->mtu = mtu;
        }
    }
    return advice->changed;
}

void
tm_advice_wait(const struct tm_advice *advice)
{
    tm_route_watch_wait(advice->watch);
}

/* Asks the kernel, and remembers the answer. */
static uint32_t
find_mtu(struct tm_advice *advice, const struct tm_addr *target)
{
    uint32_t mtu = tm_ports_path_mtu(target);
    uint32_t hash = tm_addr_hash(target, 0);
    struct route *route;

    HMAP_FOR_EACH_WITH_HASH (route, node, hash, &advice->routes) {
        if (tm_addr_equal(&route->target, target)) {
            advice->changed |= mtu != route->mtu;
            route->mtu = mtu;
            return mtu;
        }
    }
    route = xmalloc(sizeof *route);
    route->target = *target;
    route->mtu = mtu;
    hmap_insert(&advice->routes, &route->node, hash);
    return mtu;
}

/* Stores in '*targetsp' (malloc()ed) where this node sends copies of
 * 'session'. */
static size_t
find_targets(const struct tm_loop *loop, const struct tm_session *session,
             struct tm_addr **targetsp)
{
    const struct tm_model *model = tm_store_model(loop->store);
    const struct tm_lb *lb = (session->target_type == TM_TARGET_ELB
                              ? tm_model_get_lb(model, &session->target)
                              : NULL);

    if (lb && lb->n_members) {
        *targetsp = xmemdup(lb->members,
                            lb->n_members * sizeof *lb->members);
        return lb->n_members;
    }

    enum tm_ip prefer = tm_node_prefer(tm_ports_node(loop->ports));
    struct tm_addr *target = xmalloc(sizeof *target);
    char *error = tm_model_target_address(model, session, prefer, target);
    *targetsp = target;
    if (error) {
        free(error);
        return 0;
    }
    return 1;
}

/* The 'n' targets without a route. */
static char *
no_route(const struct tm_addr *targets, size_t n)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    ds_put_format(&ds, "node has no route to target%s ", n > 1 ? "s" : "");
    for (size_t i = 0; i < MIN(n, NAMED_MAX); i++) {
        ds_put_cstr(&ds, i ? ", " : "");
        tm_addr_format(&targets[i], &ds);
    }
    if (n > NAMED_MAX) {
        ds_put_format(&ds, " and %"PRIuSIZE" more", n - NAMED_MAX);
    }
    return ds_steal_cstr(&ds);
}

void
tm_advice_of(const struct tm_loop *loop, const struct tm_source_state *state,
             struct svec *lines)
{
    const struct tm_model *model = tm_store_model(loop->store);
    const struct tm_node *node = tm_ports_node(loop->ports);
    const struct tm_session *session
        = tm_model_get_session(model, &state->session);
    const struct tm_eni *eni = tm_model_get_eni(model, &state->eni);
    struct tm_addr *targets;
    uint32_t link = UINT32_MAX;
    size_t n_without = 0;

    if (!session || !eni) {
        return;
    }

    size_t n = find_targets(loop, session, &targets);
    for (size_t i = 0; i < n; i++) {
        uint32_t mtu = find_mtu(loop->advice, &targets[i]);

        if (mtu) {
            link = MIN(link, mtu);
        } else {
            targets[n_without++] = targets[i];
        }
    }
    link = node->tunnel_mtu ? node->tunnel_mtu : link;

    const struct tm_port *port = tm_node_find_eni(node, eni->name);
    uint32_t mtu = eni->mtu ? eni->mtu : port ? port->mtu : 0;
    if (n && mtu && link != UINT32_MAX && mtu + HEADROOM > link) {
        svec_add_nocopy(lines, xasprintf(
            "MTU %"PRIu32" is not %d bytes under the link's %"PRIu32
            ", so copies of long packets are cut", mtu, HEADROOM, link));
    }
    if (n_without) {
        svec_add_nocopy(lines, no_route(targets, n_without));
    }
    free(targets);
}
