/* SPDX-License-Identifier: Apache-2.0 */
/* path-mtu.c
 *
 * How long a packet the node's link towards a target takes, as its routing
 * table has it.  A connected datagram socket knows, and sends nothing for it.
 * The userspace datapath follows the same routes. */

#include <config.h>
#include "plugin/ports/ports.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packets.h"

/* RFC 863.  Nothing is sent there. */
#define DISCARD_PORT 9

static uint32_t
mtu_of_socket(int fd, int level, int option, const struct sockaddr *sa,
              socklen_t sa_len)
{
    socklen_t len = sizeof(int);
    int mtu = 0;

    if (connect(fd, sa, sa_len) || getsockopt(fd, level, option, &mtu, &len)) {
        return 0;
    }
    return mtu > 0 ? mtu : 0;
}

uint32_t
tm_ports_path_mtu(const struct tm_addr *target)
{
    bool v4 = target->ip == TM_IPV4;
    int fd = socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    uint32_t mtu;

    if (fd < 0) {
        return 0;
    }
    if (v4) {
        struct sockaddr_in sin = {
            .sin_family = AF_INET,
            .sin_port = htons(DISCARD_PORT),
            .sin_addr.s_addr = in6_addr_get_mapped_ipv4(&target->in6),
        };

        mtu = mtu_of_socket(fd, IPPROTO_IP, IP_MTU,
                            (const struct sockaddr *) &sin, sizeof sin);
    } else {
        struct sockaddr_in6 sin6 = {
            .sin6_family = AF_INET6,
            .sin6_port = htons(DISCARD_PORT),
            .sin6_addr = target->in6,
        };

        mtu = mtu_of_socket(fd, IPPROTO_IPV6, IPV6_MTU,
                            (const struct sockaddr *) &sin6, sizeof sin6);
    }
    close(fd);
    return mtu;
}
