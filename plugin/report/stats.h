/* SPDX-License-Identifier: Apache-2.0 */
/* stats.h
 *
 * Job.       What this node has copied: packets and bytes of each source of a
 *            session and of each rule, accepted and rejected, and what the
 *            tunnel port did with the copies.
 * Input.     Flow statistics and port statistics of the switch, asked for at
 *            the moment of the question.
 * Output.    A list with the rows' names; as JSON for tmirror-ctl, by unixctl
 *            (stats/json) and by HTTP (/stats).
 * Not here.  The messages to the switch (plugin/switch/counters.c), the
 *            Prometheus format (metrics.c).
 * Ownership. The list belongs to stats; it lives as long as the callback.
 * Failure.   The switch is away, or does not answer in time: 'error' says so.
 *
 * Counters are those of the flows on the switch: they outlive the daemon, and
 * begin anew when the flow of the rule or source itself is made anew.
 *
 * What could not be sent is known only as far as somebody tells: see
 * unsent.h. */

#ifndef PLUGIN_REPORT_STATS_H
#define PLUGIN_REPORT_STATS_H 1

#include "lib/model.h"

struct ds;
struct tm_loop;

struct tm_stats_source {        /* One source in one session. */
    struct uuid session_uuid;
    const char *session, *source;   /* Names; the source's is its ENI's. */
    enum tm_action action;      /* Accepted or rejected. */
    uint64_t packets, bytes;    /* Bytes of frame before any cut. */
};

struct tm_stats_rule {          /* One rule, over all its users here. */
    struct uuid filter_uuid;
    const char *filter;
    enum tm_direction direction;
    uint16_t priority;
    enum tm_action action;
    uint64_t packets, bytes;
};

/* Copies that were decided but not sent, as far as the switch and the node
 * tell. */
struct tm_stats_unsent {
    struct uuid session_uuid;   /* Zero: of all sessions together. */
    const char *session;        /* NULL: of all sessions together. */
    const char *reason;         /* "dropped at the tunnel port", ... */
    bool counted;               /* False: how many is not known, 'packets' 0.
                                 */
    bool over;                  /* It is so no more. */
    uint64_t packets;
};

struct tm_stats {
    const char *error;          /* NULL, or why the rest is empty. */
    const char *node;           /* Name of the Agent row. */
    struct tm_stats_source *sources;    /* By session, source, action. */
    size_t n_sources;
    struct tm_stats_rule *rules;    /* By filter, direction, priority. */
    size_t n_rules;
    bool has_tunnel;            /* The tunnel port is there. */
    uint64_t sent_packets, sent_bytes;  /* By the tunnel port. */
    struct tm_stats_unsent *unsent;
    size_t n_unsent;
};

void tm_stats_init(struct tm_loop *);
void tm_stats_uninit(struct tm_loop *);     /* Calls no callback. */

typedef void tm_stats_callback(const struct tm_stats *, void *aux);

/* Calls 'cb' once: in a later turn when the switch has answered, or with an
 * error.  'max_age' (ms): an answer that is at most that old will do, 0: only
 * a fresh one.  Any number of questions may wait at the same time; they share
 * a request where they can. */
void tm_stats_ask(struct tm_loop *, long long max_age, tm_stats_callback *cb,
                  void *aux);
/* Takes back all questions with 'aux': their callback is not called. */
void tm_stats_forget(struct tm_loop *, const void *aux);

/* The addresses that copies go to may be others, and flows to them are about
 * to be sent to the switch. */
void tm_stats_note_targets(struct tm_loop *);

/* One turn; called by the loop behind the switch's. */
void tm_stats_run(struct tm_loop *);
void tm_stats_wait(struct tm_loop *);

/* One JSON object on one line. */
void tm_stats_to_json(const struct tm_stats *, struct ds *);
/* Lines for people. */
void tm_stats_format(const struct tm_stats *, struct ds *);
/* 'stats/json' and 'stats/show' of unixctl. */
void tm_stats_register_commands(struct tm_loop *);

#endif /* plugin/report/stats.h */
