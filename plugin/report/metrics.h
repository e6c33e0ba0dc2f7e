/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h
 *
 * Job.       What monitoring asks of the daemon, over HTTP:
 *
 *                /metrics    all counters, in Prometheus' text format 0.0.4
 *                /stats      what was copied, as JSON, for tmirror-ctl
 *                /healthz    200: the daemon runs
 *                /readyz     200: the switch has confirmed everything; else
 *                            503 with the reason
 *
 * Input.     The loop's stages; the switch's statistics (stats.h).
 * Output.    Replies.
 * Not here.  HTTP (http.h).
 * Ownership. Must be destroyed before the loop.
 * Failure.   The switch does not answer: /metrics answers with the rest, and
 *            tmirror_stats_up is 0. */

#ifndef PLUGIN_REPORT_METRICS_H
#define PLUGIN_REPORT_METRICS_H 1

struct ds;
struct tm_http_counters;
struct tm_loop;
struct tm_metrics;
struct tm_stats;

/* Serves at 'address', as in tm_http_create(), and publishes that in
 * 'loop->metrics'.  Returns NULL or a malloc()ed line. */
char *tm_metrics_create(struct tm_loop *, const char *address,
                        struct tm_metrics **);
void tm_metrics_destroy(struct tm_metrics *);

/* NULL is allowed in both, and does nothing. */
void tm_metrics_run(struct tm_metrics *);
void tm_metrics_wait(struct tm_metrics *);

/* metrics-text.c: the whole answer of /metrics.  'started_at' is in ms since
 * the epoch. */
void tm_metrics_format(const struct tm_loop *, const struct tm_stats *,
                       const struct tm_http_counters *, long long started_at,
                       struct ds *);

#endif /* plugin/report/metrics.h */
