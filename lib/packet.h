/* SPDX-License-Identifier: Apache-2.0 */
/* packet.h
 *
 * Job.       The flow that an operator writes for 'explain', in the syntax of
 *            ovs-ofctl(8), to the packet that match.h judges.
 * Input.     Text; untrusted.
 * Output.    struct tm_packet.
 * Not here.  Judging it.
 * Ownership. Values.
 * Failure.   NULL, or a malloc()ed line. */

#ifndef LIB_PACKET_H
#define LIB_PACKET_H 1

#include "match.h"

struct flow;

/* "tcp,nw_src=172.16.0.5,nw_dst=10.0.0.3,tp_src=10000,tp_dst=80".  What is
 * not given is 0. */
char *tm_packet_parse(const char *, struct tm_packet *);
void tm_packet_from_flow(const struct flow *, struct tm_packet *);

#endif /* lib/packet.h */
