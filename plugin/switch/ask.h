/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h
 *
 * Job.       One command to ovs-vswitchd over its control socket, as
 *            ovs-appctl(8) does it, but without ever blocking.
 * Input.     A command and its arguments.
 * Output.    The answer, or why there is none.
 * Not here.  What the answer means (trace.h); OpenFlow (switch.h).
 * Ownership. The caller owns the question and the answer.
 * Failure.   No ovs-vswitchd, a refusal, or no answer in time: an error of one
 *            line or, if ovs-vswitchd refused, in its words. */

#ifndef PLUGIN_SWITCH_ASK_H
#define PLUGIN_SWITCH_ASK_H 1

#include <stdbool.h>
#include <stddef.h>

struct tm_ask;

/* 'args' are 'n_args' strings.  Never NULL: what goes wrong comes out of the
 * first run. */
struct tm_ask *tm_ask_create(const char *command, const char *const *args,
                             size_t n_args);
void tm_ask_destroy(struct tm_ask *);

/* Returns false as long as there is no answer.  Else stores a malloc()ed
 * string in '*answer' or in '*error', NULL in the other, and is not to be
 * called again. */
bool tm_ask_run(struct tm_ask *, char **answer, char **error);
void tm_ask_wait(const struct tm_ask *);

#endif /* plugin/switch/ask.h */
