/* SPDX-License-Identifier: Apache-2.0 */
/* advice.h
 *
 * Job.       What an operator should know of a source that is mirrored as it
 *            should be: that its MTU leaves no room for the headers of copies
 *            (traffic-mirroring.md section 3), that the node has no route for
 *            them.
 * Input.     The loop's stages; the node's routes.
 * Output.    Lines, for the reason of the source's state; that they may be
 *            others now, although no row has changed.
 * Not here.  Problems (status.c), cutting (plugin/compile).
 * Ownership. The loop owns a struct tm_advice.
 * Failure.   No line where there is nothing to say, or the target has no
 *            address. */

#ifndef PLUGIN_REPORT_ADVICE_H
#define PLUGIN_REPORT_ADVICE_H 1

#include <stdbool.h>

struct svec;
struct tm_advice;
struct tm_loop;
struct tm_source_state;

struct tm_advice *tm_advice_create(void);
void tm_advice_destroy(struct tm_advice *);

/* Returns true if routes have changed that a line came from since the last
 * tm_advice_clear(): then all sources are to be asked again.  Looks when the
 * kernel tells of a change, and whenever 'look' is true. */
bool tm_advice_run(struct tm_advice *, bool look);
void tm_advice_wait(const struct tm_advice *);

/* To be called before all sources are asked. */
void tm_advice_clear(struct tm_advice *);
/* Adds what is to be said of a source; 'state' must be TM_ATTACHED. */
void tm_advice_of(const struct tm_loop *, const struct tm_source_state *,
                  struct svec *lines);

#endif /* plugin/report/advice.h */
