/* flow-set.h
 *
 * Job.       A set of flows by key, with a journal of the keys that changed.
 * Input.     Flows.
 * Output.    Flows, and the journal.
 * Not here.  Comparing two sets (flow-diff.h).
 * Ownership. The set holds a reference on each flow.
 * Failure.   Cannot fail. */

#ifndef PLUGIN_FLOW_FLOW_SET_H
#define PLUGIN_FLOW_FLOW_SET_H 1

#include "plugin/flow/flow.h"

struct tm_flow_node {
    struct hmap_node node;      /* By the flow's hash. */
    struct tm_flow *flow;
};

struct tm_flow_set {
    struct hmap flows;          /* struct tm_flow_node. */
    bool keep_journal;
    struct hmap journal;        /* The same, as keys: put or removed. */
};

/* Any order; the set must not change meanwhile. */
#define TM_FLOW_SET_FOR_EACH(NODE, SET) \
    HMAP_FOR_EACH (NODE, node, &(SET)->flows)
#define TM_FLOW_SET_FOR_EACH_KEY(NODE, SET) \
    HMAP_FOR_EACH (NODE, node, &(SET)->journal)

void tm_flow_set_init(struct tm_flow_set *, bool keep_journal);
void tm_flow_set_uninit(struct tm_flow_set *);
void tm_flow_set_clear(struct tm_flow_set *);
void tm_flow_set_swap(struct tm_flow_set *, struct tm_flow_set *);
size_t tm_flow_set_count(const struct tm_flow_set *);

/* The flow with the key of 'key', or NULL. */
struct tm_flow *tm_flow_set_find(const struct tm_flow_set *,
                                 const struct tm_flow *key);
/* Takes one reference of 'flow' over.  Replaces the flow with its key, if any;
 * if that one is equal it stays and the journal is not touched. */
void tm_flow_set_put(struct tm_flow_set *, struct tm_flow *flow);
/* Returns false if there is none with that key. */
bool tm_flow_set_remove(struct tm_flow_set *, const struct tm_flow *key);
/* Where 'other' has an equal flow, lets 'set' point to that one too, so that
 * the memory is held once. */
void tm_flow_set_share(struct tm_flow_set *, const struct tm_flow_set *other);
bool tm_flow_set_equal(const struct tm_flow_set *, const struct tm_flow_set *);
void tm_flow_set_clear_journal(struct tm_flow_set *);
bool tm_flow_set_journal_is_empty(const struct tm_flow_set *);

/* All flows, sorted by tm_flow_compare(); malloc()ed array, no references. */
size_t tm_flow_set_sorted(const struct tm_flow_set *,
                          struct tm_flow ***flowsp);
/* One flow a line, sorted. */
void tm_flow_set_format(const struct tm_flow_set *, struct ds *);

#endif /* plugin/flow/flow-set.h */
