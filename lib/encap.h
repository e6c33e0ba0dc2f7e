/* SPDX-License-Identifier: Apache-2.0 */
/* encap.h
 *
 * Job.       The outer side of copies, in numbers: ports, sizes, and the
 *            messages that answer them.
 * Input.     A flow.
 * Output.    Constants; whether a packet may be an answer to a copy.
 * Not here.  Tables and registers (plugin/compile/pipeline.h).
 * Ownership. None: constants.
 * Failure.   Cannot fail. */

#ifndef LIB_ENCAP_H
#define LIB_ENCAP_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct flow;

#define TM_VXLAN_PORT_DEFAULT 4789  /* RFC 7348, section 8. */

/* Sizes, in bytes. */
#define TM_OVERHEAD_IPV4    36  /* 20 IPv4 + 8 UDP + 8 VXLAN (RFC 7348). */
#define TM_OVERHEAD_IPV6    56
#define TM_MIN_MAX_LEN      14  /* OVS refuses to cut below. */
#define TM_MTU_DEFAULT      1500

/* ICMP errors (RFC 792, RFC 4443), by which a target or a router on the way
 * answers a copy that it does not like. */
struct tm_icmp_error {
    ovs_be16 dl_type;
    uint8_t proto, type;
};
extern const struct tm_icmp_error tm_icmp_errors[];
extern const size_t tm_n_icmp_errors;

/* A fragment is none: the switch shows no type of it. */
bool tm_flow_is_icmp_error(const struct flow *);

#endif /* lib/encap.h */
