/* switch.h
 *
 * Job.       The OpenFlow 1.5 connection to the integration bridge: reads back
 *            the flows that carry the plugin's mark, sends differences as one
 *            atomic ordered bundle with a barrier, follows foreign changes by
 *            a flow monitor, and says which generation the switch confirmed.
 * Input.     The target ("unix:.../br-int.mgmt"), the flows wanted and the
 *            generation that they stand for.
 * Output.    Flows on the switch ('have'), the confirmed generation, refused
 *            flows with the reason.
 * Not here.  Computing flows, ports of the bridge, rows.
 * Ownership. The switch owns 'have'.  'want' stays the caller's.
 * Failure.   A lost connection or an unparsable reply leads to a new
 *            connection with back-off.  A refused flow is left out of the
 *            bundle that follows, until 'want' has another in its place.
 *
 * States, each with what it sends, waits for, and where it goes:
 *
 *   DOWN       no connection; connects with back-off      -> NEGOTIATE
 *   NEGOTIATE  sends features, flow monitors, barrier;
 *              waits for the barrier's reply              -> READBACK
 *   READBACK   sends a flow stats request for the mark;
 *              waits for its last part                    -> READY
 *   READY      sends bundles, one at a time; a foreign
 *              change of a marked flow                    -> READBACK
 *
 * From every state, a connection that is lost leads to DOWN. */

#ifndef PLUGIN_SWITCH_SWITCH_H
#define PLUGIN_SWITCH_SWITCH_H 1

#include "plugin/flow/flow-set.h"

struct sset;
struct tm_flow_diff;
struct tm_switch;

struct tm_switch *tm_switch_create(void);
/* Leaves the flows on the switch as they are. */
void tm_switch_destroy(struct tm_switch *);

/* NULL: no bridge; disconnects.  The same target again changes nothing. */
void tm_switch_set_target(struct tm_switch *, const char *target);
/* First and last table of the plugin, for the flow monitor.  Tables outside
 * (table 0 and other hooks) are followed as soon as a flow of 'want' or 'have'
 * is in them.  A change leads to NEGOTIATE. */
void tm_switch_set_tables(struct tm_switch *, uint8_t first, uint8_t last);

/* Processes messages, and if READY and idle, sends what turns 'have' into
 * 'want'; clears the journal of 'want' when it has taken it over.  'want'
 * NULL: not known yet (keep what is on the switch).  'generation' counts up
 * with every change the caller wants to see confirmed. */
void tm_switch_run(struct tm_switch *, struct tm_flow_set *want,
                   uint64_t generation);
void tm_switch_wait(struct tm_switch *);

/* The newest generation all of whose flows the switch has confirmed with a
 * barrier; 0 before the first, and again while it is not known what the switch
 * has (no connection, or somebody else changed our flows). */
uint64_t tm_switch_confirmed(const struct tm_switch *);
bool tm_switch_is_ready(const struct tm_switch *);

const struct tm_flow_set *tm_switch_have(const struct tm_switch *);

/* Whether the switch keeps stale datapath flows unless changes are made in a
 * way of their own (cure.h). */
void tm_switch_set_cure(struct tm_switch *, bool);

/* What is still to be done, 'have' to 'want'; 'diff' must be empty.  Flows
 * that the cure keeps on the switch are not among it. */
void tm_switch_diff(const struct tm_switch *, const struct tm_flow_set *want,
                    struct tm_flow_diff *diff);

/* Sends a bundle that deletes every marked flow; for 'exit --cleanup'.  The
 * caller goes on with tm_switch_run(want = NULL) until
 * tm_switch_cleanup_done(). */
void tm_switch_start_cleanup(struct tm_switch *);
bool tm_switch_cleanup_done(const struct tm_switch *);

/* Flows that the switch refused: 'flow' is a reference that the switch keeps,
 * 'error' its words ("OFPBMC_BAD_FIELD").  tm_switch_refused_seqno() counts up
 * when the list changes. */
struct tm_refused {
    struct hmap_node node;
    struct tm_flow *flow;
    char *error;
};
const struct hmap *tm_switch_refused(const struct tm_switch *);
uint64_t tm_switch_refused_seqno(const struct tm_switch *);

/* Flows of others that stand in the plugin's way, a line each (foreign.h).
 * None while the plugin has no flows on the switch. */
const struct sset *tm_switch_problems(const struct tm_switch *);

/* How often things happened since the program began. */
struct tm_switch_health {
    uint64_t n_connections;     /* That came about. */
    uint64_t n_readbacks;
    uint64_t n_foreign;         /* Changes of our flows by others. */
    uint64_t n_bundles, n_flow_mods;    /* Committed. */
};
void tm_switch_get_health(const struct tm_switch *,
                          struct tm_switch_health *);

/* Lines for conn/show: state, target, version, times, counters, last error. */
void tm_switch_show(const struct tm_switch *, struct ds *);

#endif /* plugin/switch/switch.h */
