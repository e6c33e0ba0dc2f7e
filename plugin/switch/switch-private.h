/* switch-private.h
 *
 * Job.       What the files of plugin/switch share: the struct and the parts
 *            of the connection, a file each.
 * Input.     See switch.h.
 * Output.    See switch.h.
 * Not here.  Anything for users of the switch.
 * Ownership. See switch.h.
 * Failure.   tm_switch_fail() gives the connection up; the rest follows when
 *            the next one is there. */

#ifndef PLUGIN_SWITCH_SWITCH_PRIVATE_H
#define PLUGIN_SWITCH_SWITCH_PRIVATE_H 1

#include "bitmap.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-protocol.h"
#include "plugin/flow/flow-diff.h"
#include "plugin/switch/counters.h"
#include "plugin/switch/cure.h"
#include "plugin/switch/foreign.h"
#include "plugin/switch/switch.h"

struct ofp_header;

#define TM_OF_VERSION OFP15_VERSION
#define TM_OF_PROTOCOL OFPUTIL_P_OF15_OXM

enum tm_switch_state {
    TM_SWITCH_DOWN,
    TM_SWITCH_NEGOTIATE,
    TM_SWITCH_READBACK,
    TM_SWITCH_READY,
};

/* The bundle in flight.  Its flow_mods have the transaction ids from 'first'
 * on, in the order of 'diff', so that an error leads to its flow. */
struct tm_bundle {
    bool in_flight;
    bool cleanup;               /* One flow_mod that deletes all; no 'diff'. */
    uint32_t id;
    uint64_t generation;        /* What it stands for. */
    struct tm_flow_diff diff;
    unsigned long *refused;     /* A bit for each change in 'diff'. */
    size_t n_refused;
    size_t n_sent;              /* Changes handed to the connection. */
    bool closed;                /* Commit and barrier too. */

    uint32_t first;
    uint32_t open_xid;
    uint32_t commit_xid;
    uint32_t barrier_xid;
    bool committed;             /* The commit was confirmed. */
    enum ofperr error;          /* Other than that a flow was refused. */
};

struct tm_switch {
    struct rconn *rconn;
    struct rconn_packet_counter *queued;
    char *target;               /* NULL: no bridge. */
    enum tm_switch_state state;
    unsigned int seqno;         /* Of the connection. */
    uint32_t next_xid;          /* Without the upper bit. */
    bool connecting;            /* The last turn saw an attempt to. */
    unsigned int n_bad_handshakes;  /* Without a common version. */

    /* NEGOTIATE. */
    uint8_t first_table, last_table;
    unsigned long *monitored;   /* Bitmap: tables with a flow monitor. */
    uint32_t negotiated_xid;    /* Barrier. */
    bool renegotiate;           /* Tables changed: NEGOTIATE when idle. */
    uint64_t datapath_id;

    /* READBACK. */
    uint32_t dump_xid;
    struct tm_flow_set dump;    /* Incomplete. */
    bool stale;                 /* 'have' may be wrong: READBACK when idle. */
    long long int next_readback;    /* Not before, in msec, if 'stale'. */

    /* READY. */
    struct tm_flow_set have;
    const struct tm_flow_set *compared; /* Its journal suffices; or NULL. */
    struct tm_bundle bundle;
    uint64_t confirmed;
    struct hmap refused;        /* struct tm_refused. */
    uint64_t refused_seqno;
    bool cleanup;               /* Wanted. */
    bool cleanup_begun;         /* All but the hooks is gone, see cure.h. */
    bool cleanup_done;
    struct tm_cure cure;
    struct tm_foreign foreign;

    /* Any state but DOWN. */
    struct tm_question question;

    /* For conn/show. */
    unsigned long long int n_bundles, n_flow_mods, n_readbacks, n_foreign;
    unsigned long long int n_connections;
    long long int state_since;
    char *last_error;
};

/* switch.c */
/* Gives 'msg' a transaction id, which is returned, and queues it. */
uint32_t tm_switch_send(struct tm_switch *, struct ofpbuf *msg);
void tm_switch_send_as(struct tm_switch *, struct ofpbuf *msg, uint32_t xid);
/* Returns the first of 'n' consecutive ids. */
uint32_t tm_switch_allocate_xids(struct tm_switch *, size_t n);
void tm_switch_set_state(struct tm_switch *, enum tm_switch_state);
void tm_switch_enter_negotiate(struct tm_switch *);
/* Takes one message, which is whole: it is as long as its header says. */
void tm_switch_handle(struct tm_switch *, const struct ofp_header *,
                      const struct tm_flow_set *want);
/* Logs why, notes it for conn/show, and closes the connection. */
void tm_switch_fail(struct tm_switch *, const char *format, ...)
    OVS_PRINTF_FORMAT(2, 3);

/* readback.c */
void tm_readback_start(struct tm_switch *);
void tm_readback_handle_reply(struct tm_switch *, const struct ofp_header *,
                              const struct tm_flow_set *want);

/* monitor.c */
/* Follows 'table', if it is not followed yet.  Returns whether it was new. */
bool tm_monitor_add(struct tm_switch *, uint8_t table);
void tm_monitor_handle_update(struct tm_switch *, const struct ofp_header *);

/* bundle.c */
/* Starts one if 'want', or a cleanup, asks for it. */
void tm_bundle_start(struct tm_switch *, struct tm_flow_set *want,
                     uint64_t generation);
/* Goes on with the one in flight, as far as the connection takes it. */
void tm_bundle_run(struct tm_switch *);
/* Forgets the one in flight, whatever became of it. */
void tm_bundle_abandon(struct tm_switch *);
void tm_bundle_handle_control(struct tm_switch *, const struct ofp_header *);
/* Both return false if 'xid' is of no bundle. */
bool tm_bundle_handle_error(struct tm_switch *, uint32_t xid, enum ofperr);
bool tm_bundle_handle_barrier(struct tm_switch *, uint32_t xid);

/* refused.c */
void tm_refused_add(struct tm_switch *, const struct tm_flow *,
                    const char *error);
/* Takes out of 'diff' what was refused before.  A flow whose replacement was
 * refused is deleted: to keep it would be worse. */
void tm_refused_filter(const struct tm_switch *, struct tm_flow_diff *);
/* Forgets those that 'want' does not want any more; NULL: all. */
void tm_refused_forget(struct tm_switch *, const struct tm_flow_set *want);

#endif /* plugin/switch/switch-private.h */
