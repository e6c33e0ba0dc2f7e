/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h
 *
 * Job.       The daemon's 'explain': lib/explain.h with all that the node
 *            knows, and on request compared with the switch's own trace of the
 *            packet through the plugin's tables.
 * Input.     The loop's stages; ovs-vswitchd.
 * Output.    Answers to unixctl connections, at once or later.
 * Not here.  Judging packets (lib/explain.h), reading traces
 *            (plugin/switch/trace.h), hooks: a packet that is explained has
 *            passed them.
 * Ownership. The loop owns a struct tm_explainer.
 * Failure.   An error reply: of one line if the question is wrong or
 *            ovs-vswitchd does not answer, with both answers if they
 *            differ. */

#ifndef PLUGIN_REPORT_EXPLAIN_H
#define PLUGIN_REPORT_EXPLAIN_H 1

struct tm_explainer;
struct tm_loop;

struct tm_explainer *tm_explainer_create(void);
void tm_explainer_destroy(struct tm_explainer *);

void tm_explainer_register(struct tm_loop *);

/* One turn.  Answers what is left when the loop comes to its end, so that
 * nobody waits for a daemon that is gone. */
void tm_explainer_run(struct tm_loop *);
void tm_explainer_wait(const struct tm_explainer *);

#endif /* plugin/report/explain.h */
