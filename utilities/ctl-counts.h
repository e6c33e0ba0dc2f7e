/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-counts.h
 *
 * Job.       Adds up what nodes have counted, by session, source and rule.
 * Input.     The model, which says what there is; answers of nodes, in the
 *            form of plugin/report/stats-format.c, untrusted.
 * Output.    Sums.
 * Not here.  Asking (ctl-ask.h), rows of a table (ctl-stats.c).
 * Ownership. Sums point into the model and to the names of nodes, and own
 *            what they copied out of answers.
 * Failure.   An answer that is not in the form is not added at all. */

#ifndef UTILITIES_CTL_COUNTS_H
#define UTILITIES_CTL_COUNTS_H 1

#include "lib/model.h"
#include "openvswitch/hmap.h"

struct json;

struct tm_count {
    uint64_t packets, bytes;
};

/* What a node said of one source of a session. */
struct tm_source_count {
    const char *node;
    char *source;
    enum tm_action action;
    struct tm_count count;
};

/* ... and of copies that were not sent. */
struct tm_unsent_count {
    const char *node;
    char *reason;
    char *packets;              /* "": nobody knows. */
};

/* One session; the last one, without 'session', has what is told of none. */
struct tm_session_sum {
    struct hmap_node node;      /* In struct tm_counts, by UUID. */
    const struct tm_session *session;
    struct tm_count sums[2];       /* Accepted, rejected. */
    struct tm_source_count *sources;
    size_t n_sources, allocated_sources;
    struct tm_unsent_count *unsent;
    size_t n_unsent, allocated_unsent;
};

struct tm_rule_sum {
    struct hmap_node node;      /* In struct tm_counts, by its names. */
    const struct tm_filter *filter;
    const struct tm_rule *rule;
    struct tm_count count;
};

struct tm_counts {
    struct tm_session_sum *sessions;
    size_t n_sessions;          /* Without the last one. */
    struct hmap by_session;
    struct tm_rule_sum *rules;
    size_t n_rules;
    struct hmap by_rule;
    bool only_look;             /* Check an answer, and add nothing. */
};

/* 'only' NULL: all sessions. */
void tm_counts_init(struct tm_counts *, const struct tm_model *,
                    const struct tm_session *only);
void tm_counts_uninit(struct tm_counts *);

/* Adds what 'node' answered.  Returns NULL or why not; static, or part of
 * 'answer'. */
const char *tm_counts_take(struct tm_counts *, const char *node,
                           const struct json *answer);

/* A text from outside on one line; malloc()ed. */
char *tm_counts_line(const char *);

#endif /* utilities/ctl-counts.h */
