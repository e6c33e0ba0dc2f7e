/* SPDX-License-Identifier: Apache-2.0 */
/* advice.h
 *
 * Job.       What an operator should know of a source that is mirrored as it
 *            should be: that its MTU leaves no room for the headers of copies
 *            (traffic-mirroring.md section 3).
 * Input.     The loop's stages; the node's routes.
 * Output.    A line, for the reason of the source's state.
 * Not here.  Problems (status.c), cutting (plugin/compile).
 * Ownership. The line is malloc()ed.
 * Failure.   NULL: nothing to say, or the way to the target is not known. */

#ifndef PLUGIN_REPORT_ADVICE_H
#define PLUGIN_REPORT_ADVICE_H 1

struct tm_loop;
struct tm_source_state;

/* 'state' must be TM_ATTACHED. */
char *tm_advice_of(const struct tm_loop *, const struct tm_source_state *);

#endif /* plugin/report/advice.h */
