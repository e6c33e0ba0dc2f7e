/* flow-diff.h
 *
 * Job.       The smallest ordered list of changes that turns the flows the
 *            switch has ('have') into those we want ('want').
 * Input.     Two flow sets.  Neither is altered.
 * Output.    Deletes, then modifies, then adds; by table, then falling
 *            priority.  The same inputs give the same list.
 * Not here.  Sending, logging, deciding which flows are ours.
 * Ownership. The list holds references.
 * Failure.   Cannot fail.  Linear in the number of flows, or the journal. */

#ifndef PLUGIN_FLOW_FLOW_DIFF_H
#define PLUGIN_FLOW_FLOW_DIFF_H 1

#include "plugin/flow/flow-set.h"

enum tm_change_type {
    TM_CHANGE_DELETE,           /* 'have' only. */
    TM_CHANGE_MODIFY,           /* Same key, other cookie or actions. */
    TM_CHANGE_ADD,              /* 'want' only. */
};

struct tm_flow_change {
    enum tm_change_type type;
    struct tm_flow *have;       /* NULL for ADD. */
    struct tm_flow *want;       /* NULL for DELETE. */
};

struct tm_flow_diff {
    struct tm_flow_change *changes;
    size_t n, allocated;
};

void tm_flow_diff_init(struct tm_flow_diff *);
void tm_flow_diff_uninit(struct tm_flow_diff *);
/* Whole sets.  'diff' must be empty. */
void tm_flow_diff_full(struct tm_flow_diff *, const struct tm_flow_set *have,
                       const struct tm_flow_set *want);
/* Only the keys in the journal of 'want'. */
void tm_flow_diff_journal(struct tm_flow_diff *,
                          const struct tm_flow_set *have,
                          const struct tm_flow_set *want);
/* Adds what is to be done with one key: at most one of 'have' and 'want',
 * which have it, is NULL.  Finish with tm_flow_diff_sort(). */
void tm_flow_diff_add(struct tm_flow_diff *, const struct tm_flow *have,
                      const struct tm_flow *want);
void tm_flow_diff_sort(struct tm_flow_diff *);
/* Takes the changes out for which 'drop' returns true. */
void tm_flow_diff_drop(struct tm_flow_diff *,
                       bool (*drop)(const struct tm_flow_change *, void *aux),
                       void *aux);
/* Lines "-flow", "+flow"; a modify is both. */
void tm_flow_diff_format(const struct tm_flow_diff *, struct ds *);

#endif /* plugin/flow/flow-diff.h */
