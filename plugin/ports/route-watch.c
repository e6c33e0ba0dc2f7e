/* SPDX-License-Identifier: Apache-2.0 */
/* route-watch.c
 *
 * Hears from the kernel (rtnetlink(7)) that routes, addresses or links of the
 * node have changed.  What exactly does not matter: who wants to know asks for
 * the route (tm_ports_path_mtu()).  Links too, since an IPv4 route that ends
 * with its link is not reported as a route. */

#include <config.h>
#include "plugin/ports/ports.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "netlink-notifier.h"
#include "util.h"

static const int groups[] = {
    RTNLGRP_LINK,
    RTNLGRP_IPV4_IFADDR,
    RTNLGRP_IPV6_IFADDR,
    RTNLGRP_IPV4_ROUTE,
    RTNLGRP_IPV6_ROUTE,
};

struct tm_route_watch {
    struct nln *nln;
    struct nln_notifier *notifiers[ARRAY_SIZE(groups)];
    bool changed;
};

/* Every message is taken for one of the first group, whose notifier tells. */
static int
parse_nothing(struct ofpbuf *buf OVS_UNUSED, void *change OVS_UNUSED)
{
    return groups[0];
}

static void
note_change(const void *change OVS_UNUSED, void *watch_)
{
    struct tm_route_watch *watch = watch_;

    watch->changed = true;
}

struct tm_route_watch *
tm_route_watch_create(void)
{
    struct tm_route_watch *watch = xzalloc(sizeof *watch);

    watch->nln = nln_create(NETLINK_ROUTE, parse_nothing, watch);
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        watch->notifiers[i] = nln_notifier_create(watch->nln, groups[i],
                                                  note_change, watch);
    }
    return watch;
}

void
tm_route_watch_destroy(struct tm_route_watch *watch)
{
    if (watch) {
        for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
            nln_notifier_destroy(watch->notifiers[i]);
        }
        nln_destroy(watch->nln);
        free(watch);
    }
}

bool
tm_route_watch_run(struct tm_route_watch *watch)
{
    bool changed;

    nln_run(watch->nln);
    changed = watch->changed;
    watch->changed = false;
    return changed;
}

void
tm_route_watch_wait(const struct tm_route_watch *watch)
{
    nln_wait(watch->nln);
}
