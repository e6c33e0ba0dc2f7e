/* SPDX-License-Identifier: Apache-2.0 */
/* trace.h
 *
 * Job.       What 'ofproto/trace' of the plugin's tables says: which rule
 *            decided, what was copied where to, and the switch's words about
 *            the tunnel.
 * Input.     The text that ovs-vswitchd (3.1) prints; the first table.
 * Output.    Values.
 * Not here.  Asking for it (ask.h), comparing it (plugin/report/explain.c).
 * Ownership. A trace owns its strings.
 * Failure.   Text of another form gives a trace in which nothing happened, or
 *            an error. */

#ifndef PLUGIN_SWITCH_TRACE_H
#define PLUGIN_SWITCH_TRACE_H 1

#include "lib/cidr.h"
#include "lib/model.h"
#include "openvswitch/types.h"

struct tm_trace {
    /* The flow of TM_TABLE_FILTER that was found first. */
    char *rule;                 /* In the switch's words, or NULL. */
    uint64_t rule_cookie;
    uint32_t verdict;           /* enum tm_action; 0: it gave none. */

    /* The flow of TM_TABLE_DELIVER. */
    char *delivery;             /* Likewise. */
    uint64_t delivery_cookie;

    /* What the datapath is told. */
    bool sent;                  /* A packet leaves by a tunnel. */
    uint32_t vni;
    struct tm_addr to;          /* 'ip' 0: not understood. */
    uint32_t max_len;           /* Bytes kept; 0: all. */
    char *tunnel;               /* What the switch says of output and tunnel,
                                 * separated by "; "; never NULL. */
};

/* Returns NULL, or a malloc()ed line; 'trace' is to be uninitialized either
 * way. */
char *tm_trace_parse(const char *text, uint8_t base, struct tm_trace *);
void tm_trace_uninit(struct tm_trace *);

#endif /* plugin/switch/trace.h */
