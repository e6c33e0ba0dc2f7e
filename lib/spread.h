/* SPDX-License-Identifier: Apache-2.0 */
/* spread.h
 *
 * Job.       Which member of a load balancer a packet's copy goes to: a hash
 *            of the packet's addresses to a slot, a hash of slot and member
 *            to a member.
 * Input.     A packet; members.
 * Output.    A slot; an index into the members.
 * Not here.  The flows that do it (plugin/compile/deliver.c).
 * Ownership. None: plain values.
 * Failure.   Cannot fail. */

#ifndef LIB_SPREAD_H
#define LIB_SPREAD_H 1

#include <stddef.h>
#include <stdint.h>

struct ofpact_multipath;
struct tm_addr;
struct tm_packet;

/* How finely copies are spread over members. */
#define TM_N_SLOTS 256

/* Fills in how the switch finds the slot, all but the field it goes to. */
void tm_spread_set_multipath(struct ofpact_multipath *);

/* The slot of an IP packet: the same in both directions and for all
 * fragments. */
uint32_t tm_spread_slot(const struct tm_packet *);

/* The member that 'slot' belongs to: the one with the highest hash of both,
 * so that the loss of a member moves only its own slots, and all nodes agree.
 * 'n' must not be 0. */
size_t tm_spread_member(const struct tm_addr *members, size_t n,
                        uint32_t slot);

#endif /* lib/spread.h */
