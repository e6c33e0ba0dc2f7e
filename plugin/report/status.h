/* SPDX-License-Identifier: Apache-2.0 */
/* status.h
 *
 * Job.       What the node says of itself in the database: its Agent row, the
 *            state of the mirror sources that are here, ENIs plugged here.
 * Input.     The loop's stages.
 * Output.    One report to the store, when something is new.
 * Not here.  Writing rows (lib/store), deciding states (compiler).
 * Ownership. Nothing is kept but the marks in struct tm_loop.
 * Failure.   Database away: the store sends the report when it is back. */

#ifndef PLUGIN_REPORT_STATUS_H
#define PLUGIN_REPORT_STATUS_H 1

#include <stdbool.h>

struct tm_loop;
struct tm_source_state;
struct sset;

/* Returns true if everything has been written. */
bool tm_status_report(struct tm_loop *);
void tm_status_wait(struct tm_loop *);

/* The switch's words if it refused a flow that the source of 'state' needs,
 * else NULL. */
const char *tm_status_find_refusal(const struct tm_loop *,
                                   const struct tm_source_state *state);

/* Everything that an operator of this node can mend, one line each. */
void tm_status_collect_problems(const struct tm_loop *, struct sset *);

#endif /* plugin/report/status.h */
