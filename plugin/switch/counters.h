/* SPDX-License-Identifier: Apache-2.0 */
/* counters.h
 *
 * Job.       Asks the switch what the plugin's flows and its tunnel port have
 *            counted (OpenFlow 1.5.1, 7.3.5.2 and 7.3.5.6).
 * Input.     A question; the switch's answers, in any number of parts; the
 *            flows wanted, which know their rows.
 * Output.    For each flow of the rules and sources its packets and bytes;
 *            what the port has sent.
 * Not here.  Sums and names (plugin/report/stats.h), when to ask.
 * Ownership. The switch owns the question and the answer to it; counters hold
 *            references on their flows.
 * Failure.   A lost connection, or an answer that cannot be understood, ends
 *            the question with an error.
 *
 * A question disturbs nothing: it may be asked while a bundle is in flight or
 * flows are read back, and takes its place in the order of messages. */

#ifndef PLUGIN_SWITCH_COUNTERS_H
#define PLUGIN_SWITCH_COUNTERS_H 1

#include "plugin/switch/switch.h"

struct ofp_header;

struct tm_counter {
    struct tm_flow *flow;       /* Of the flows wanted: it has an origin. */
    uint64_t packets, bytes;    /* Bytes of frame. */
    long long int age;          /* Of the flow, in ms. */
};

/* UINT64_MAX: the switch does not count it. */
struct tm_port_counters {
    uint64_t tx_packets, tx_bytes, tx_dropped, tx_errors;
};

struct tm_counters {
    struct tm_counter *flows;   /* Any order. */
    size_t n, allocated;
    bool has_port;              /* The tunnel port is there. */
    struct tm_port_counters port;
};

void tm_counters_init(struct tm_counters *);
void tm_counters_uninit(struct tm_counters *);

/* Decode one part of an answer, as it came, and add it to 'counters'.  Of
 * flows that are not in 'want' nothing is noted: they are about to go.  Return
 * false if the message cannot be understood. */
bool tm_counters_add_flows(struct tm_counters *, const struct ofp_header *,
                           const struct tm_flow_set *want);
bool tm_counters_add_port(struct tm_counters *, const struct ofp_header *,
                          ofp_port_t port);

/* A question, inside struct tm_switch. */
#define TM_COUNTERS_MESSAGES 3
struct tm_question {
    bool asked;                 /* And not answered yet. */
    uint32_t first;             /* Transaction ids from here on. */
    unsigned int open;          /* Bitmap: answers that are not complete. */
    ofp_port_t port;            /* Tunnel port, 0: none. */
    struct tm_counters counters;
    const char *error;          /* NULL or why 'counters' are not complete. */
};
void tm_question_init(struct tm_question *);
void tm_question_uninit(struct tm_question *);

/* Asks for the flows of FILTER and DELIVER behind the first table of the
 * plugin, 'base', and for 'port' (0: none).  A question that is open is given
 * up.  Ends at once, with an error, if there is no connection. */
void tm_counters_ask(struct tm_switch *, uint8_t base, ofp_port_t port);
/* Gives up the question, if one is open, with 'error', which is static. */
void tm_counters_abandon(struct tm_switch *, const char *error);

/* True while a question is open. */
bool tm_counters_is_open(const struct tm_switch *);
/* The answer to the last question: NULL and '*errorp', or the counters, which
 * stay until the next question. */
const struct tm_counters *tm_counters_answer(const struct tm_switch *,
                                             const char **errorp);

/* For switch.c.  Return false if the message is no answer to the question. */
bool tm_counters_handle_reply(struct tm_switch *, const struct ofp_header *,
                              const struct tm_flow_set *want);
bool tm_counters_handle_error(struct tm_switch *, uint32_t xid);

#endif /* plugin/switch/counters.h */
