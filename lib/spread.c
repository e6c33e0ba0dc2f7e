/* SPDX-License-Identifier: Apache-2.0 */
/* spread.c
 *
 * The switch's part is its action 'multipath', executed here by the very
 * function that ovs-vswitchd has for it: its hash depends on the release of
 * Open vSwitch, and nobody else knows it.  Ours, from slot to member, must not
 * depend on any release. */

#include <config.h>

#include "lib/spread.h"

#include "flow.h"
#include "lib/match.h"
#include "multipath.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "packets.h"

void
tm_spread_set_multipath(struct ofpact_multipath *mp)
{
    mp->fields = NX_HASH_FIELDS_SYMMETRIC_L3;
    mp->basis = 0;
    mp->algorithm = NX_MP_ALG_MODULO_N;
    mp->max_link = TM_N_SLOTS - 1;
    mp->arg = 0;
}

uint32_t
tm_spread_slot(const struct tm_packet *packet)
{
    struct ofpact_multipath mp;
    struct flow_wildcards wc;
    struct flow flow;

    memset(&flow, 0, sizeof flow);
    if (packet->ip == TM_IPV4) {
        flow.dl_type = htons(ETH_TYPE_IP);
        flow.nw_src = in6_addr_get_mapped_ipv4(&packet->src.in6);
        flow.nw_dst = in6_addr_get_mapped_ipv4(&packet->dst.in6);
    } else {
        flow.dl_type = htons(ETH_TYPE_IPV6);
        flow.ipv6_src = packet->src.in6;
        flow.ipv6_dst = packet->dst.in6;
    }

    memset(&mp, 0, sizeof mp);
    tm_spread_set_multipath(&mp);
    mp.dst.field = mf_from_id(MFF_REG0);
    mp.dst.ofs = 0;
    mp.dst.n_bits = 32;
    flow_wildcards_init_catchall(&wc);
    multipath_execute(&mp, &flow, &wc);
    return flow.regs[0];
}

/* Must be the same on every node, whatever its processor, and in every
 * release: so none of the library's hashes.  This is FNV-1a with the finalizer
 * of splitmix64, for its spread in the high bits. */
static uint64_t
slot_hash(const struct tm_addr *member, uint32_t slot)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < sizeof member->in6.s6_addr; i++) {
        hash = (hash ^ member->in6.s6_addr[i]) * UINT64_C(0x100000001b3);
    }
    hash = (hash ^ slot) * UINT64_C(0x100000001b3);
    hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
    return hash ^ hash >> 31;
}

size_t
tm_spread_member(const struct tm_addr *members, size_t n, uint32_t slot)
{
    uint64_t best_hash = slot_hash(&members[0], slot);
    size_t best = 0;

    for (size_t i = 1; i < n; i++) {
        uint64_t hash = slot_hash(&members[i], slot);

        if (hash > best_hash
            || (hash == best_hash
                && tm_addr_compare(&members[i], &members[best]) < 0)) {
            best_hash = hash;
            best = i;
        }
    }
    return best;
}
