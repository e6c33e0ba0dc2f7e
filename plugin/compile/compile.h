/* compile.h
 *
 * Job.       Model and node to the flows wanted on the switch, and the state
 *            of every mirror source that is here.  Computes again only the
 *            units (a filter, a source, a MAC, a VLAN, a port) that a change
 *            touches; a unit's flows are a pure function of model and node, so
 *            that all-from-nothing gives the same flows.
 * Input.     A model, a node, and what is dirty in each.
 * Output.    A flow set, with the journal of its changes; states.
 * Not here.  What the switch has, sending, rows.
 * Ownership. The compiler owns flow set and states.
 * Failure.   Cannot fail.  What cannot be mirrored has its reason in its
 *            state. */

#ifndef PLUGIN_COMPILE_COMPILE_H
#define PLUGIN_COMPILE_COMPILE_H 1

#include "lib/model.h"
#include "plugin/compile/node.h"
#include "plugin/flow/flow-set.h"

enum tm_status {
    TM_DETACHED,                /* The ENI has no port here. */
    TM_ATTACHED,
    TM_ERROR,
};
const char *tm_status_to_string(enum tm_status);    /* As in the database. */

/* The state of one row of Mirror_Source whose ENI has a port here. */
struct tm_source_state {
    struct hmap_node node;      /* By 'source'. */
    struct uuid source;         /* Mirror_Source row. */
    struct uuid session, eni;
    enum tm_status status;
    char *reason;               /* Never NULL; "" where there is none. */
    ofp_port_t ofport;
    bool in, out;               /* Mirrored in that direction, if the filter
                                 * has rules of it. */
};

struct tm_compiler;

struct tm_compiler *tm_compiler_create(void);
void tm_compiler_destroy(struct tm_compiler *);

/* One pass.  After it tm_compiler_want() is what model and node ask for. */
void tm_compiler_run(struct tm_compiler *, const struct tm_model *,
                     const struct tm_node *, const struct tm_dirty *,
                     const struct tm_node_dirty *);

/* The flows wanted.  Its journal has the keys that runs touched; who applies
 * them clears it. */
struct tm_flow_set *tm_compiler_want(struct tm_compiler *);

/* struct tm_source_state by source UUID. */
const struct hmap *tm_compiler_states(const struct tm_compiler *);
/* That of one source, or NULL. */
const struct tm_source_state *tm_compiler_find_state(
    const struct tm_compiler *, const struct uuid *source);
/* The sources whose state came, went or is another since the last
 * tm_compiler_clear_news(); who reports them calls that. */
const struct uuidset *tm_compiler_news(const struct tm_compiler *);
void tm_compiler_clear_news(struct tm_compiler *);
/* Counts up whenever a state changed. */
uint64_t tm_compiler_states_seqno(const struct tm_compiler *);

/* Problems of the whole node (budget used up, two ports with one iface-id):
 * one line each.  Changes with tm_compiler_states_seqno(). */
const struct sset *tm_compiler_problems(const struct tm_compiler *);

/* How many units the last pass computed. */
size_t tm_compiler_n_built(const struct tm_compiler *);

#endif /* plugin/compile/compile.h */
