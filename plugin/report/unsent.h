/* SPDX-License-Identifier: Apache-2.0 */
/* unsent.h
 *
 * Job.       How many copies were decided while the node had no route to
 *            their target, by source.
 * Input.     The model's targets and the node's routes; what the sources have
 *            counted, whenever that is known.
 * Output.    Tallies, with the reason in words.
 * Not here.  Asking the switch, and when to (stats.h).
 * Ownership. Owns its tallies.
 * Failure.   What nobody tells is not guessed: see struct tm_tally.
 *
 * The switch counts a copy as sent before it looks for a route, and drops it
 * without a count if there is none.  So the routes are watched, and the counts
 * before and after a change compared: what was counted while there was no
 * route was not sent.  A change of the routes is seen within 0.2 seconds, but
 * the counts of a switch may lag by half a second, so that of a busy source as
 * much may be told wrongly.  What was counted before the daemon started is not
 * told. */

#ifndef PLUGIN_REPORT_UNSENT_H
#define PLUGIN_REPORT_UNSENT_H 1

#include "lib/model.h"
#include "plugin/compile/compile.h"

struct tm_unsent {
    struct hmap routes;         /* By address. */
    struct hmap tallies;        /* By source. */
};

/* One row of Mirror_Source. */
struct tm_tally {
    struct hmap_node node;      /* By 'source'. */
    struct uuid source, session;
    char *reason;               /* Never NULL; "": no copy was ever lost. */
    bool partial;               /* Some members of a load balancer have no
                                 * route: nobody counts their share. */
    uint64_t lost;              /* Copies. */

    uint64_t counted;           /* At 'counted_at'. */
    long long int counted_at;   /* ms. */
    bool no_route;              /* Since then. */
    bool keep;
};

void tm_unsent_init(struct tm_unsent *);
void tm_unsent_uninit(struct tm_unsent *);

/* Looks for a route to every target of 'model'.  Returns true if the sources
 * should be counted now, since what they count from now on may have another
 * meaning; never while there are routes to all targets. */
bool tm_unsent_look(struct tm_unsent *, const struct tm_model *);

/* A round of counts: begin, each source, end.  'accepted': copies decided up
 * to now by a flow that is 'age' ms old. */
void tm_unsent_begin(struct tm_unsent *);
void tm_unsent_count(struct tm_unsent *, const struct tm_model *,
                     const struct tm_node *, const struct tm_source_state *,
                     uint64_t accepted, long long int age);
/* Sources that were not counted are gone. */
void tm_unsent_end(struct tm_unsent *);

#endif /* plugin/report/unsent.h */
