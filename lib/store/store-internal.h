/* store-internal.h
 *
 * Job.       What the files of the store share: its state, and the parts it is
 *            made of.
 * Input.     As in store.h.
 * Output.    As in store.h.
 * Not here.  Anything for callers of the store.
 * Ownership. The store owns everything; row pointers live no longer than a
 *            call.
 * Failure.   As in store.h. */

#ifndef LIB_STORE_INTERNAL_H
#define LIB_STORE_INTERNAL_H 1

#include "lib/store/store.h"
#include "smap.h"

struct ovsdb_idl;
struct tm_reporter;

struct tm_store {
    char *remote;               /* NULL: none. */
    struct ovsdb_idl *idl;      /* NULL iff 'remote' is. */
    unsigned int seqno;         /* Of 'idl', when it was last looked at. */
    bool reached;               /* 'idl' has had a connection. */
    bool whole;                 /* 'idl' has had its whole contents once. */
    bool ready;                 /* Some IDL has: 'model' means something. */

    struct tm_model model;
    int64_t nb_cfg;             /* Copies of the columns of TM_Global. */
    struct smap options;

    struct tm_reporter *reporter;
};

/* True if the contents are here and a transaction could be sent now. */
bool tm_store_can_write(const struct tm_store *);

/* sync.c: rows to model. */

/* Asks 'idl', which has not run yet, for what the daemon needs. */
void tm_sync_monitor(struct ovsdb_idl *idl);

/* Takes over what the last run of the IDL brought.  Returns true if objects of
 * the model were put or removed. */
bool tm_sync_run(struct tm_store *, struct tm_dirty *);

/* report.c: reports to rows. */

struct tm_reporter *tm_reporter_create(void);
void tm_reporter_destroy(struct tm_reporter *);

/* The IDL is about to be destroyed: lets go of it. */
void tm_reporter_forget_idl(struct tm_reporter *);

/* Looks for rows of ours that somebody else changed, among those that the last
 * run of 'idl' brought; 'all' if everything is new. */
void tm_reporter_look(struct tm_reporter *, const struct ovsdb_idl *idl,
                      bool all);
void tm_reporter_wait(const struct tm_store *);

/* How the reports stand, in a few words, and what keeps them from being
 * written, or NULL. */
const char *tm_reporter_state(const struct tm_reporter *);
const char *tm_reporter_error(const struct tm_reporter *);
/* The name of the Agent row, or "". */
const char *tm_reporter_name(const struct tm_reporter *);

#endif /* lib/store/store-internal.h */
