/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c
 *
 * Nothing is counted here: the switch counts, and is asked when somebody wants
 * to know.  Questions that come while it is being asked wait for the next
 * answer, so that every answer is younger than its question, unless the asker
 * is content with less; and those that wait share one request.
 *
 * Besides the questions of others there is one of our own: when the routes to
 * targets change, what was counted up to then is needed (unsent.h). */

#include <config.h>

#include "plugin/report/stats.h"

#include <limits.h>
#include <stdlib.h>

#include "coverage.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "plugin/loop.h"
#include "plugin/report/stats-collect.h"
#include "plugin/report/unsent.h"
#include "plugin/switch/counters.h"
#include "timeval.h"
#include "util.h"

COVERAGE_DEFINE(tm_stats_request);

/* How long the switch may take. */
#define PATIENCE_MS 2500

/* Routes are looked up once in so many ms at most. */
#define LOOK_INTERVAL_MS 200

/* When the switch could not be asked on our own account. */
#define RETRY_MS 1000

struct question {
    struct ovs_list node;       /* In struct tm_stats_book's 'questions'. */
    tm_stats_callback *cb;
    void *aux;
    long long int not_before;   /* An answer asked for from then on will do;
                                 * LLONG_MAX: the next one. */
    bool covered;               /* By the request under way. */
    bool due;                   /* While answers are given. */
};

struct tm_stats_book {
    struct ovs_list questions;
    const struct tm_switch *asked;      /* NULL: no request is under way. */
    long long int asked_at;
    struct tm_stats last;       /* The last answer without an error ... */
    long long int last_at;      /* ... and when it was asked for; 0: none. */

    struct tm_unsent unsent;
    struct tm_route_watch *routes;
    bool look;                  /* Routes may be others. */
    long long int next_look;
    bool recount;               /* A request on our own account is due. */
    long long int next_recount;
};

/* ## Questions ## */

void
tm_stats_init(struct tm_loop *loop)
{
    struct tm_stats_book *book = xzalloc(sizeof *book);

    ovs_list_init(&book->questions);
    tm_unsent_init(&book->unsent);
    book->routes = tm_route_watch_create();
    loop->stats = book;
}

void
tm_stats_uninit(struct tm_loop *loop)
{
    struct tm_stats_book *book = loop->stats;
    struct question *q;

    LIST_FOR_EACH_POP (q, node, &book->questions) {
        free(q);
    }
    tm_stats_clear(&book->last);
    tm_unsent_uninit(&book->unsent);
    tm_route_watch_destroy(book->routes);
    free(book);
    loop->stats = NULL;
}

void
tm_stats_ask(struct tm_loop *loop, long long max_age, tm_stats_callback *cb,
             void *aux)
{
    struct tm_stats_book *book = loop->stats;
    struct question *q = xzalloc(sizeof *q);

    q->cb = cb;
    q->aux = aux;
    q->not_before = max_age > 0 ? time_msec() - max_age : LLONG_MAX;
    q->covered = book->asked && book->asked_at >= q->not_before;
    ovs_list_push_back(&book->questions, &q->node);
}

void
tm_stats_forget(struct tm_loop *loop, const void *aux)
{
    struct question *q;

    LIST_FOR_EACH_SAFE (q, node, &loop->stats->questions) {
        if (q->aux == aux) {
            ovs_list_remove(&q->node);
            free(q);
        }
    }
}

enum which { COVERED, YOUNG_ENOUGH, ALL };

static bool
is_among(const struct tm_stats_book *book, const struct question *q,
         enum which which)
{
    return (which == COVERED ? q->covered
            : which == YOUNG_ENOUGH ? (book->last_at
                                       && book->last_at >= q->not_before)
            : true);
}

static struct question *
first_due(const struct tm_stats_book *book)
{
    struct question *q;

    LIST_FOR_EACH (q, node, &book->questions) {
        if (q->due) {
            return q;
        }
    }
    return NULL;
}

/* Answers 'which' of the questions.  A callback may ask again, and may take
 * back other questions. */
static void
answer(struct tm_stats_book *book, enum which which, const struct tm_stats *s)
{
    struct question *q;

    LIST_FOR_EACH (q, node, &book->questions) {
        q->due = is_among(book, q, which);
    }
    while ((q = first_due(book))) {
        ovs_list_remove(&q->node);
        q->cb(s, q->aux);
        free(q);
    }
}

static void
answer_error(struct tm_loop *loop, enum which which, const char *error)
{
    const struct tm_settings *settings = tm_ports_settings(loop->ports);

    answer(loop->stats, which, &(struct tm_stats) {
        .error = error,
        .node = settings->system_id ? settings->system_id : "",
    });
}

/* ## Requests ## */

/* NULL, or why the switch cannot be asked. */
static const char *
find_obstacle(const struct tm_loop *loop)
{
    return (!loop->compiled ? "the databases have not been read yet"
            : !tm_ports_node(loop->ports)->has_bridge
            ? "there is no integration bridge on this node"
            : NULL);
}

static bool
is_request_due(const struct tm_stats_book *book)
{
    return (!ovs_list_is_empty(&book->questions)
            || (book->recount && time_msec() >= book->next_recount));
}

static void
start_request(struct tm_loop *loop)
{
    struct tm_stats_book *book = loop->stats;
    const struct tm_node *node = tm_ports_node(loop->ports);
    struct question *q;

    LIST_FOR_EACH (q, node, &book->questions) {
        q->covered = true;
    }
    book->asked = loop->sw;
    book->asked_at = time_msec();
    tm_counters_ask(loop->sw, node->table_base, node->tunnel);
}

/* The end of the request under way. */
static void
finish_request(struct tm_loop *loop)
{
    struct tm_stats_book *book = loop->stats;
    const struct tm_counters *counters = NULL;
    const char *error;

    if (book->asked != loop->sw) {
        error = "the integration bridge is another one now";
    } else {
        counters = tm_counters_answer(loop->sw, &error);
    }
    book->asked = NULL;
    if (counters) {
        COVERAGE_INC(tm_stats_request);
        tm_stats_clear(&book->last);
        tm_stats_collect(loop, &book->unsent, counters, &book->last);
        book->last_at = book->asked_at;
        book->recount = false;
        answer(book, COVERED, &book->last);
    } else {
        book->next_recount = time_msec() + RETRY_MS;
        answer_error(loop, COVERED, error);
    }
}

static void
run_request(struct tm_loop *loop)
{
    struct tm_stats_book *book = loop->stats;

    if (book->asked == loop->sw
        && time_msec() >= book->asked_at + PATIENCE_MS) {
        tm_counters_abandon(loop->sw, "the switch does not answer");
    }
    if (book->asked && (book->asked != loop->sw
                        || !tm_counters_is_open(loop->sw))) {
        finish_request(loop);
    }
}

static void
look_for_routes(struct tm_loop *loop)
{
    struct tm_stats_book *book = loop->stats;

    book->look = false;
    book->next_look = time_msec() + LOOK_INTERVAL_MS;
    if (tm_unsent_look(&book->unsent, tm_store_model(loop->store))) {
        book->recount = true;
        book->next_recount = 0;
    }
}

/* Before flows for them are on the switch. */
void
tm_stats_note_targets(struct tm_loop *loop)
{
    look_for_routes(loop);
}

static void
run_routes(struct tm_loop *loop)
{
    struct tm_stats_book *book = loop->stats;

    if (tm_route_watch_run(book->routes)) {
        book->look = true;
    }
    if (book->look && loop->compiled && time_msec() >= book->next_look) {
        look_for_routes(loop);
    }
}

void
tm_stats_run(struct tm_loop *loop)
{
    struct tm_stats_book *book = loop->stats;

    if (loop->phase != TM_RUNNING) {
        answer_error(loop, ALL, "the daemon is exiting");
        return;
    }
    run_routes(loop);
    run_request(loop);
    answer(book, YOUNG_ENOUGH, &book->last);
    if (!book->asked && is_request_due(book)) {
        const char *obstacle = find_obstacle(loop);

        if (obstacle) {
            book->next_recount = time_msec() + RETRY_MS;
            answer_error(loop, ALL, obstacle);
        } else {
            start_request(loop);
            run_request(loop);
        }
    }
}

void
tm_stats_wait(struct tm_loop *loop)
{
    struct tm_stats_book *book = loop->stats;

    if (loop->phase != TM_RUNNING) {
        return;
    }
    tm_route_watch_wait(book->routes);
    if (book->look && loop->compiled) {
        poll_timer_wait_until(book->next_look);
    }
    if (book->asked) {
        poll_timer_wait_until(book->asked_at + PATIENCE_MS);
    } else if (!ovs_list_is_empty(&book->questions)) {
        poll_immediate_wake();
    } else if (book->recount) {
        poll_timer_wait_until(book->next_recount);
    }
}
