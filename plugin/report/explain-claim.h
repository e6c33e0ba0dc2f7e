/* SPDX-License-Identifier: Apache-2.0 */
/* explain-claim.h
 *
 * Job.       What explain and the switch each say of one packet, in a form
 *            that can be compared.
 * Input.     An explanation and the way of its copy; a trace.
 * Output.    Agreement or difference, in words.
 * Not here.  Asking the switch (explain.c).
 * Ownership. A claim is a plain value.
 * Failure.   Cannot fail. */

#ifndef PLUGIN_REPORT_EXPLAIN_CLAIM_H
#define PLUGIN_REPORT_EXPLAIN_CLAIM_H 1

#include "lib/explain.h"

struct ds;
struct tm_trace;

struct tm_claim {
    bool decided;               /* A rule was found: the next two count. */
    uint64_t rule;              /* Cookie of the rule's flows. */
    uint64_t delivery;          /* ... of those of session and source. */
    enum tm_action verdict;

    bool copied;                /* The rest counts. */
    uint32_t vni;
    struct tm_addr to;
    uint32_t max_len;           /* Bytes kept of a longer frame; 0: all. */
};

/* What follows for the plugin's tables from what explain says.  'way' is NULL
 * if no rule decided. */
struct tm_claim tm_claim_of(const struct tm_explain *,
                            const struct tm_explain_way *);

/* True if the switch does what 'claim' says.  A copy that it would send if it
 * had a route, or knew the neighbour, is one that it makes. */
bool tm_claim_is_kept(const struct tm_claim *, const struct tm_trace *);

/* Appends lines. */
void tm_claim_format_agreement(const struct tm_claim *,
                               const struct tm_trace *, struct ds *);
void tm_claim_format_difference(const struct tm_claim *,
                                const struct tm_trace *, struct ds *);

#endif /* plugin/report/explain-claim.h */
