/* SPDX-License-Identifier: Apache-2.0 */
/* stats-collect.h
 *
 * Job.       What the switch has counted, as the list of stats.h: sums by rule
 *            and by source, with the names of the rows.
 * Input.     Counters of flows; the model; the tallies of what was not sent,
 *            which are brought up to date by the way.
 * Output.    A list, sorted.
 * Not here.  Asking (stats.c), text (stats-format.c).
 * Ownership. The list owns its strings until tm_stats_clear().
 * Failure.   Cannot fail. */

#ifndef PLUGIN_REPORT_STATS_COLLECT_H
#define PLUGIN_REPORT_STATS_COLLECT_H 1

#include "plugin/report/stats.h"

struct tm_counters;
struct tm_unsent;

void tm_stats_collect(const struct tm_loop *, struct tm_unsent *,
                      const struct tm_counters *, struct tm_stats *);
void tm_stats_clear(struct tm_stats *);

#endif /* plugin/report/stats-collect.h */
