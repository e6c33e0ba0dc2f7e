/* SPDX-License-Identifier: Apache-2.0 */
/* packet.h
 *
 * Job.       The flow that an operator writes for 'explain', in the syntax of
 *            ovs-ofctl(8), to the packet that match.h judges.
 * Input.     Text; untrusted.
 * Output.    struct tm_packet, Open vSwitch's struct flow, text again.
 * Not here.  Judging it.
 * Ownership. Values.
 * Failure.   NULL, or a malloc()ed line. */

#ifndef LIB_PACKET_H
#define LIB_PACKET_H 1

#include "match.h"

struct ds;
struct flow;

/* "tcp,nw_src=172.16.0.5,nw_dst=10.0.0.3,tp_src=10000,tp_dst=80".  What is
 * not given is 0.  What is not in a packet (registers, ports of the switch,
 * tunnel and connection fields) is an error, as is a field without the
 * protocol that has it. */
char *tm_packet_parse(const char *, struct tm_packet *);
char *tm_packet_parse_flow(const char *, struct flow *);
void tm_packet_from_flow(const struct flow *, struct tm_packet *);

/* Appends 'flow' as Open vSwitch's exact parser takes it, the one of
 * 'ofproto/trace': without ports if it is a fragment. */
void tm_packet_format_flow(const struct flow *, struct ds *);

#endif /* lib/packet.h */
