/* SPDX-License-Identifier: Apache-2.0 */
/* encap.c
 *
 * Destination unreachable, source quench, redirect, time exceeded, parameter
 * problem; and of ICMPv6 everything that RFC 4443 defines as an error. */

#include <config.h>

#include "lib/encap.h"

#include <netinet/in.h>

#include "flow.h"
#include "packets.h"
#include "util.h"

const struct tm_icmp_error tm_icmp_errors[] = {
    { CONSTANT_HTONS(ETH_TYPE_IP), IPPROTO_ICMP, 3 },
    { CONSTANT_HTONS(ETH_TYPE_IP), IPPROTO_ICMP, 4 },
    { CONSTANT_HTONS(ETH_TYPE_IP), IPPROTO_ICMP, 5 },
    { CONSTANT_HTONS(ETH_TYPE_IP), IPPROTO_ICMP, 11 },
    { CONSTANT_HTONS(ETH_TYPE_IP), IPPROTO_ICMP, 12 },
    { CONSTANT_HTONS(ETH_TYPE_IPV6), IPPROTO_ICMPV6, 1 },
    { CONSTANT_HTONS(ETH_TYPE_IPV6), IPPROTO_ICMPV6, 2 },
    { CONSTANT_HTONS(ETH_TYPE_IPV6), IPPROTO_ICMPV6, 3 },
    { CONSTANT_HTONS(ETH_TYPE_IPV6), IPPROTO_ICMPV6, 4 },
};
const size_t tm_n_icmp_errors = ARRAY_SIZE(tm_icmp_errors);

bool
tm_flow_is_icmp_error(const struct flow *flow)
{
    if (flow->nw_frag & FLOW_NW_FRAG_ANY) {
        return false;
    }
    for (size_t i = 0; i < tm_n_icmp_errors; i++) {
        const struct tm_icmp_error *e = &tm_icmp_errors[i];

        if (flow->dl_type == e->dl_type && flow->nw_proto == e->proto
            && flow->tp_src == htons(e->type)) {
            return true;
        }
    }
    return false;
}
