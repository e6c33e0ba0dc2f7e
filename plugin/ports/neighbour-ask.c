/* SPDX-License-Identifier: Apache-2.0 */
/* neighbour-ask.c: asks the link who has the next hop to a target, whatever
 * the kernel knows already.
 *
 * rtnetlink(7) says by which interface, next hop and source address the target
 * is reached; then an ARP request (RFC 826) or a neighbour solicitation to the
 * solicited-node group (RFC 4861, 7.2.2) goes out of that interface by
 * packet(7).  Having the kernel probe its entry instead would do for ARP but
 * not for IPv6: the answer to a probe, which is unicast, need not say the
 * link-layer address (RFC 4861, 4.4), and then the switch learns nothing.
 *
 * Any of it may fail, for want of the privilege (CAP_NET_RAW) or of a route.
 * It is a help only: the datagram that follows (neighbour.c) deals with
 * neighbours that the kernel does not know either, the common case. */

#include <config.h>
#include "plugin/ports/ports-internal.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dp-packet.h"
#include "netlink.h"
#include "netlink-socket.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tm_neighbour_ask);

struct next_hop {
    uint32_t ifindex;
    struct tm_addr addr;        /* Whom to ask for. */
    struct tm_addr source;      /* Our own address there. */
};

static void
get_addr(const struct nlattr *nla, struct tm_addr *a)
{
    if (a->ip == TM_IPV4) {
        in6_addr_set_mapped_ipv4(&a->in6, nl_attr_get_be32(nla));
    } else {
        a->in6 = nl_attr_get_in6_addr(nla);
    }
}

/* Writes the kernel's answer to "how is 'target' reached" to '*replyp', to be
 * deleted.  Returns 0 or a positive errno. */
static int
get_route(const struct tm_addr *target, struct ofpbuf **replyp)
{
    bool v4 = target->ip == TM_IPV4;
    struct ofpbuf request;
    struct rtmsg *rtm;

    ofpbuf_init(&request, 0);
    nl_msg_put_nlmsghdr(&request, sizeof *rtm, RTM_GETROUTE, NLM_F_REQUEST);
    rtm = ofpbuf_put_zeros(&request, sizeof *rtm);
    rtm->rtm_family = v4 ? AF_INET : AF_INET6;
    rtm->rtm_dst_len = v4 ? 32 : 128;
    if (v4) {
        nl_msg_put_be32(&request, RTA_DST,
                        in6_addr_get_mapped_ipv4(&target->in6));
    } else {
        nl_msg_put_in6_addr(&request, RTA_DST, &target->in6);
    }

    int error = nl_transact(NETLINK_ROUTE, &request, replyp);
    ofpbuf_uninit(&request);
    return error;
}

/* Returns 0 or a positive errno. */
static int
find_next_hop(const struct tm_addr *target, struct next_hop *hop)
{
    enum nl_attr_type type = target->ip == TM_IPV4 ? NL_A_U32 : NL_A_IPV6;
    const struct nl_policy policy[] = {
        [RTA_OIF] = { .type = NL_A_U32 },
        [RTA_GATEWAY] = { .type = type, .optional = true },
        [RTA_PREFSRC] = { .type = type },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    struct ofpbuf *reply;
    int error = get_route(target, &reply);

    if (error) {
        return error;
    }
    if (nl_policy_parse(reply, NLMSG_HDRLEN + sizeof(struct rtmsg), policy,
                        attrs, ARRAY_SIZE(policy))) {
        hop->ifindex = nl_attr_get_u32(attrs[RTA_OIF]);
        hop->addr = hop->source = *target;
        get_addr(attrs[RTA_PREFSRC], &hop->source);
        if (attrs[RTA_GATEWAY]) {
            get_addr(attrs[RTA_GATEWAY], &hop->addr);
        }
    } else {
        error = EPROTO;
    }
    ofpbuf_delete(reply);
    return error;
}

/* Returns 0 or a positive errno. */
static int
get_mac(int fd, uint32_t ifindex, struct eth_addr *mac)
{
    struct ifreq ifr = { .ifr_ifindex = 0 };

    if (!if_indextoname(ifindex, ifr.ifr_name)
        || ioctl(fd, SIOCGIFHWADDR, &ifr) < 0) {
        return errno;
    }
    if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
        return EAFNOSUPPORT;    /* The loopback interface, for example. */
    }
    memcpy(mac, ifr.ifr_hwaddr.sa_data, sizeof *mac);
    return 0;
}

/* Returns 0 or a positive errno. */
static int
ask(int fd, const struct next_hop *hop)
{
    struct sockaddr_ll sll = {
        .sll_family = AF_PACKET,
        .sll_ifindex = hop->ifindex,
    };
    struct dp_packet packet;
    struct eth_addr mac;
    int error = get_mac(fd, hop->ifindex, &mac);

    if (error) {
        return error;
    }

    dp_packet_init(&packet, 0);
    if (hop->addr.ip == TM_IPV4) {
        compose_arp(&packet, ARP_OP_REQUEST, mac, eth_addr_zero, true,
                    in6_addr_get_mapped_ipv4(&hop->source.in6),
                    in6_addr_get_mapped_ipv4(&hop->addr.in6));
    } else {
        compose_nd_ns(&packet, mac, &hop->source.in6, &hop->addr.in6);
    }
    if (sendto(fd, dp_packet_data(&packet), dp_packet_size(&packet),
               MSG_DONTWAIT, ALIGNED_CAST(struct sockaddr *, &sll),
               sizeof sll) < 0) {
        error = errno;
    }
    dp_packet_uninit(&packet);
    return error;
}

void
tm_neighbour_ask(const struct tm_addr *target)
{
    /* Protocol 0: to send only. */
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct next_hop hop;
    int error;

    if (fd < 0) {
        VLOG_DBG("cannot ask for neighbours: %s", ovs_strerror(errno));
        return;
    }
    error = find_next_hop(target, &hop);
    if (!error) {
        error = ask(fd, &hop);
    }
    if (error) {
        VLOG_DBG("cannot ask for a neighbour: %s", ovs_strerror(error));
    }
    close(fd);
}
