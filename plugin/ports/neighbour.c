/* SPDX-License-Identifier: Apache-2.0 */
/* neighbour.c: makes a userspace datapath know the MAC address of the next hop
 * to each target before the first copy is sent.
 *
 * The userspace datapath builds the outer Ethernet header itself.  It knows
 * only neighbours whose ARP or ND answers it saw pass, and it looks at them
 * only while there is a tunnel port.  A copy to an unknown neighbour makes it
 * ask, but that copy, and all up to the answer, are lost: about a second.  So
 * the kernel, which shares the addresses of the switch's bridges, is brought
 * to ask first, by an empty datagram to the target's discard port (RFC 863).
 *
 * The kernel asks nobody whom it knows already, although the switch may not:
 * the tunnel port is newer than the kernel's entry, or ovs-vswitchd was
 * restarted.  For that case neighbour-ask.c asks past the kernel.
 *
 * What was sent may be lost, the switch may be a moment from being ready, and
 * it forgets a neighbour that is not used for 15 minutes.  Therefore each
 * target has a turn again after one second, after five, and then every five
 * minutes, which also keeps the targets of quiet sources known. */

#include <config.h>
#include "plugin/ports/ports-internal.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coverage.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "random.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tm_neighbour);
COVERAGE_DEFINE(tm_neighbour_resolve);

#define DISCARD_PORT 9

/* Milliseconds from one turn to the next; the last one goes on for ever. */
static const int intervals[] = { 1000, 5000, 300 * 1000 };

struct neighbour {
    struct hmap_node node;      /* In tm_neighbours 'targets'. */
    struct tm_addr addr;
    size_t n_turns;             /* Up to ARRAY_SIZE(intervals). */
    long long int due;          /* In time_msec(). */
    bool keep;                  /* For tm_neighbours_set_targets(). */
};

void
tm_neighbours_init(struct tm_neighbours *ns)
{
    *ns = (struct tm_neighbours) { .fd4 = -1, .fd6 = -1 };
    hmap_init(&ns->targets);
}

static void
forget(struct tm_neighbours *ns, struct neighbour *n)
{
    hmap_remove(&ns->targets, &n->node);
    free(n);
}

static void
close_socket(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

void
tm_neighbours_uninit(struct tm_neighbours *ns)
{
    struct neighbour *n;

    HMAP_FOR_EACH_SAFE (n, node, &ns->targets) {
        forget(ns, n);
    }
    hmap_destroy(&ns->targets);
    close_socket(&ns->fd4);
    close_socket(&ns->fd6);
}

void
tm_neighbours_set_active(struct tm_neighbours *ns, bool active,
                         uint64_t epoch)
{
    struct neighbour *n;

    if (active && (!ns->active || epoch != ns->epoch)) {
        HMAP_FOR_EACH (n, node, &ns->targets) {
            n->n_turns = 0;
            n->due = 0;
        }
    }
    ns->active = active;
    ns->epoch = epoch;
}

static struct neighbour *
find(struct tm_neighbours *ns, const struct tm_addr *addr)
{
    struct neighbour *n;

    HMAP_FOR_EACH_WITH_HASH (n, node, tm_addr_hash(addr, 0), &ns->targets) {
        if (tm_addr_equal(&n->addr, addr)) {
            return n;
        }
    }
    return NULL;
}

void
tm_neighbours_set_targets(struct tm_neighbours *ns,
                          const struct tm_addr *targets, size_t n_targets)
{
    struct neighbour *n;

    HMAP_FOR_EACH (n, node, &ns->targets) {
        n->keep = false;
    }
    for (size_t i = 0; i < n_targets; i++) {
        n = find(ns, &targets[i]);
        if (!n) {
            n = xzalloc(sizeof *n);
            n->addr = targets[i];
            hmap_insert(&ns->targets, &n->node, tm_addr_hash(&n->addr, 0));
        }
        n->keep = true;
    }
    HMAP_FOR_EACH_SAFE (n, node, &ns->targets) {
        if (!n->keep) {
            forget(ns, n);
        }
    }
}

/* Returns a socket for the addresses of 'ip', or -1. */
static int
open_socket(struct tm_neighbours *ns, enum tm_ip ip)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 1);
    int *fd = ip == TM_IPV4 ? &ns->fd4 : &ns->fd6;

    if (*fd < 0) {
        int family = ip == TM_IPV4 ? AF_INET : AF_INET6;

        *fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (*fd < 0) {
            VLOG_INFO_RL(&rl, "no UDP socket for IPv%d: %s", ip,
                         ovs_strerror(errno));
        }
    }
    return *fd;
}

/* Returns 0 or a positive errno. */
static int
send_datagram(struct tm_neighbours *ns, const struct tm_addr *addr)
{
    struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
    int fd = open_socket(ns, addr->ip);
    socklen_t len;

    if (fd < 0) {
        return errno;
    }
    if (addr->ip == TM_IPV4) {
        struct sockaddr_in *sin = ALIGNED_CAST(struct sockaddr_in *, &ss);

        sin->sin_family = AF_INET;
        sin->sin_port = htons(DISCARD_PORT);
        sin->sin_addr.s_addr = in6_addr_get_mapped_ipv4(&addr->in6);
        len = sizeof *sin;
    } else {
        struct sockaddr_in6 *sin6 = ALIGNED_CAST(struct sockaddr_in6 *, &ss);

        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(DISCARD_PORT);
        sin6->sin6_addr = addr->in6;
        len = sizeof *sin6;
    }
    return (sendto(fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL,
                   ALIGNED_CAST(struct sockaddr *, &ss), len) < 0
            ? errno : 0);
}

/* Up to a tenth is taken off at random, so that the nodes of a region do not
 * ask in step. */
static long long int
next_due(struct neighbour *n)
{
    size_t i = MIN(n->n_turns, ARRAY_SIZE(intervals) - 1);

    n->n_turns = i + 1;
    return time_msec() + intervals[i] - random_range(intervals[i] / 10);
}

void
tm_neighbours_run(struct tm_neighbours *ns)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
    long long int now = time_msec();
    struct neighbour *n;

    if (!ns->active) {
        return;
    }
    HMAP_FOR_EACH (n, node, &ns->targets) {
        if (now < n->due) {
            continue;
        }
        COVERAGE_INC(tm_neighbour_resolve);
        n->due = next_due(n);
        tm_neighbour_ask(&n->addr);

        int error = send_datagram(ns, &n->addr);
        if (error) {
            char *s = tm_addr_to_string(&n->addr);
            VLOG_INFO_RL(&rl, "no way to target %s yet: %s", s,
                         ovs_strerror(error));
            free(s);
        }
    }
}

void
tm_neighbours_wait(const struct tm_neighbours *ns)
{
    const struct neighbour *n;

    if (ns->active) {
        HMAP_FOR_EACH (n, node, &ns->targets) {
            poll_timer_wait_until(n->due);
        }
    }
}
