/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h
 *
 * Job.       One turn of the daemon, and the only place that orders its
 *            stages: databases, compiler, switch, report.
 * Input.     The remote of the local Open_vSwitch database.
 * Output.    Flows on the switch; rows that say how things stand.
 * Not here.  The stages themselves; unixctl (report/commands.c).
 * Ownership. The loop owns every stage.
 * Failure.   A database or the switch that is away: what is on the switch
 *            stays, and the loop goes on when it is back. */

#ifndef PLUGIN_LOOP_H
#define PLUGIN_LOOP_H 1

#include "lib/store/store.h"
#include "plugin/compile/compile.h"
#include "plugin/compile/pipeline.h"
#include "plugin/flow/flow-diff.h"
#include "plugin/ports/ports.h"
#include "plugin/switch/switch.h"

/* Where the program is in its life. */
enum tm_phase {
    TM_RUNNING,
    TM_CLEANING,                /* 'exit --cleanup': flows and ports go. */
    TM_LEAVING,                 /* The Agent row says good-bye. */
    TM_GONE,
};

struct tm_loop {
    struct tm_ports *ports;
    struct tm_store *store;
    struct tm_compiler *compiler;
    struct tm_switch *sw;
    struct tm_switch *retired;  /* Cleans a former bridge up, or NULL. */
    long long retired_until;    /* When that is given up, ms. */
    char *target;               /* Of 'sw', or NULL. */
    char *metrics;              /* "ADDR:PORT" where HTTP is served, or NULL;
                                 * malloc()ed. */
    struct tm_metrics *server;  /* Of 'metrics', or NULL. */
    struct tm_stats_book *stats;/* See report/stats.h. */
    struct tm_explainer *explainer; /* See report/explain.h. */
    bool cure_given, cure;      /* 'stale-flow-cure' said so. */

    /* What the compiler has not seen yet. */
    struct tm_dirty dirty;
    struct tm_node_dirty node_dirty;
    bool compiled;              /* At least once. */

    /* Counts the turns whose result the switch is to confirm. */
    uint64_t generation;
    int64_t nb_cfg;             /* Newest seen in the database. */
    int64_t nb_cfg_confirmed;
    int64_t nb_cfg_timestamp;   /* Of the confirmation; ms, wall clock. */

    /* What was reported. */
    uint64_t states_reported;   /* tm_compiler_states_seqno(), or MAX. */
    uint64_t refused_reported;
    struct uuidset enis_news;   /* ENIs that may have been plugged in, or out,
                                 * since then. */
    bool enis_all;              /* Any may. */
    struct tm_advice *advice;   /* See report/advice.h. */
    struct sset logged;         /* What was said of sources in the log. */
    int64_t alive_at;
    long long alive_next;       /* When to write it again, ms. */
    long long unconfirmed_since;/* 0: everything is confirmed. */

    enum tm_phase phase;
    long long phase_until;      /* CLEANING, LEAVING: give up then, ms. */
    bool cleaned;               /* Flows and ports have been taken off. */
};

void tm_loop_init(struct tm_loop *, const char *ovs_remote);
void tm_loop_uninit(struct tm_loop *);

/* One turn.  Never blocks. */
void tm_loop_run(struct tm_loop *);
void tm_loop_wait(struct tm_loop *);

/* Ends the program in an orderly way: the phase becomes TM_GONE after some
 * further turns, a few seconds at most.  'cleanup' takes the plugin's flows
 * and ports off the switch first. */
void tm_loop_exit(struct tm_loop *, bool cleanup);

/* Throws away what the compiler has and computes it again.  Returns NULL if
 * nothing changed by that, else the difference (malloc()ed). */
char *tm_loop_recompute(struct tm_loop *);

/* True if what the databases ask for is on the switch, as far as it can be. */
bool tm_loop_is_settled(const struct tm_loop *);

#endif /* plugin/loop.h */
