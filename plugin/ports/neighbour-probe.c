/* SPDX-License-Identifier: Apache-2.0 */
/* neighbour-probe.c: has the kernel verify a neighbour that it knows.
 *
 * Three questions to rtnetlink(7): by which next hop and interface does the
 * target go; in what state is the entry of that next hop; and if it is one that
 * was learned, "probe it" (what 'ip neigh change ... nud probe' does).  In
 * that state the kernel goes on using the entry while it asks, so that nothing
 * of production is disturbed.  Entries that an administrator made are not
 * touched.
 *
 * Any of it may fail, for want of the privilege or of an entry; it is a help
 * only, and the datagram that follows (neighbour.c) deals with neighbours that
 * the kernel does not know. */

#include <config.h>
#include "plugin/ports/ports-internal.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "netlink.h"
#include "netlink-socket.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tm_neighbour_probe);

struct next_hop {
    uint32_t ifindex;
    struct tm_addr addr;
};

static int
family_of(const struct tm_addr *a)
{
    return a->ip == TM_IPV4 ? AF_INET : AF_INET6;
}

static void
put_addr(struct ofpbuf *b, uint16_t type, const struct tm_addr *a)
{
    if (a->ip == TM_IPV4) {
        nl_msg_put_be32(b, type, in6_addr_get_mapped_ipv4(&a->in6));
    } else {
        nl_msg_put_in6_addr(b, type, &a->in6);
    }
}

static void
get_addr(const struct nlattr *nla, struct tm_addr *a)
{
    if (a->ip == TM_IPV4) {
        in6_addr_set_mapped_ipv4(&a->in6, nl_attr_get_be32(nla));
    } else {
        a->in6 = nl_attr_get_in6_addr(nla);
    }
}

/* Returns 0 or a positive errno. */
static int
find_next_hop(const struct tm_addr *target, struct next_hop *hop)
{
    const struct nl_policy policy[] = {
        [RTA_OIF] = { .type = NL_A_U32 },
        [RTA_GATEWAY] = { .type = target->ip == TM_IPV4 ? NL_A_U32
                                                        : NL_A_IPV6,
                          .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    struct ofpbuf request, *reply;
    struct rtmsg *rtm;
    int error;

    ofpbuf_init(&request, 0);
    nl_msg_put_nlmsghdr(&request, sizeof *rtm, RTM_GETROUTE, NLM_F_REQUEST);
    rtm = ofpbuf_put_zeros(&request, sizeof *rtm);
    rtm->rtm_family = family_of(target);
    rtm->rtm_dst_len = target->ip == TM_IPV4 ? 32 : 128;
    put_addr(&request, RTA_DST, target);
    error = nl_transact(NETLINK_ROUTE, &request, &reply);
    ofpbuf_uninit(&request);
    if (error) {
        return error;
    }

    if (nl_policy_parse(reply, NLMSG_HDRLEN + sizeof *rtm, policy, attrs,
                        ARRAY_SIZE(policy))) {
        hop->ifindex = nl_attr_get_u32(attrs[RTA_OIF]);
        hop->addr = *target;
        if (attrs[RTA_GATEWAY]) {
            get_addr(attrs[RTA_GATEWAY], &hop->addr);
        }
    } else {
        error = EPROTO;
    }
    ofpbuf_delete(reply);
    return error;
}

/* A request about the entry of 'hop', of 'type' and 'flags'. */
static int
transact_neighbour(const struct next_hop *hop, int type, int flags,
                   uint16_t state, struct ofpbuf **replyp)
{
    struct ofpbuf request;
    struct ndmsg *ndm;
    int error;

    ofpbuf_init(&request, 0);
    nl_msg_put_nlmsghdr(&request, sizeof *ndm, type, NLM_F_REQUEST | flags);
    ndm = ofpbuf_put_zeros(&request, sizeof *ndm);
    ndm->ndm_family = family_of(&hop->addr);
    ndm->ndm_ifindex = hop->ifindex;
    ndm->ndm_state = state;
    put_addr(&request, NDA_DST, &hop->addr);
    error = nl_transact(NETLINK_ROUTE, &request, replyp);
    ofpbuf_uninit(&request);
    return error;
}

/* Was the entry of 'hop' learned, and is it in use? */
static bool
is_resolved(const struct next_hop *hop)
{
    const uint16_t learned = NUD_REACHABLE | NUD_STALE | NUD_DELAY;
    struct ofpbuf *reply;
    bool resolved = false;

    if (!transact_neighbour(hop, RTM_GETNEIGH, 0, 0, &reply)) {
        const struct ndmsg *ndm = ofpbuf_at(reply, NLMSG_HDRLEN, sizeof *ndm);

        resolved = ndm && ndm->ndm_state & learned;
        ofpbuf_delete(reply);
    }
    return resolved;
}

void
tm_neighbour_probe(const struct tm_addr *target)
{
    struct next_hop hop;

    if (!find_next_hop(target, &hop) && is_resolved(&hop)) {
        int error = transact_neighbour(&hop, RTM_NEWNEIGH, NLM_F_REPLACE,
                                       NUD_PROBE, NULL);
        if (error) {
            VLOG_DBG("cannot have a neighbour probed: %s",
                     ovs_strerror(error));
        }
    }
}
