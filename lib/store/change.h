/* SPDX-License-Identifier: Apache-2.0 */
/* change.h
 *
 * Job.       The changes that command line and gateway make to Traffic_Mirror,
 *            each checked against all the rest before it is written.
 * Input.     A transaction under way; objects of the model as they shall be,
 *            those with a zero UUID being new.
 * Output.    Writes in the transaction, and with them checks ("verify") of all
 *            that the decision rested on: of two clients that decide on the
 *            same state one is told TXN_TRY_AGAIN and decides anew.
 * Not here.  Committing, retrying, words of the command line, what nodes
 *            report (status.h).
 * Ownership. A struct tm_change owns its model; _put takes the object over in
 *            every case.  Row pointers stay inside.
 * Failure.   A malloc()ed line that names key, value and what is allowed; the
 *            transaction must then be aborted.  NULL means done. */

#ifndef LIB_STORE_CHANGE_H
#define LIB_STORE_CHANGE_H 1

#include "lib/model.h"

struct ovsdb_idl;
struct ovsdb_idl_txn;

/* One transaction's view of the database, with what it changed so far. */
struct tm_change {
    struct ovsdb_idl *idl;
    struct ovsdb_idl_txn *txn;
    int64_t now;                /* Milliseconds since the epoch. */
    struct tm_model model;      /* Read it; do not alter it. */
    bool guarded;               /* tm_change_guard() was here. */
};

/* Adds to 'idl', before its first run, the columns that this module reads. */
void tm_change_monitor(struct ovsdb_idl *);

/* 'idl' must have its whole contents and 'txn' be its open transaction.  The
 * model is read here: writes to the transaction that go past this module need
 * a new tm_change. */
void tm_change_init(struct tm_change *, struct ovsdb_idl *,
                    struct ovsdb_idl_txn *, int64_t now);
void tm_change_uninit(struct tm_change *);

/* Finds what an operator calls 'text': exact name, else UUID, else the first
 * 4 or more characters of a UUID.  '*p' is NULL if there is none.  An error
 * means that it is ambiguous; it lists the UUIDs. */
char *tm_change_find_filter(const struct tm_change *, const char *text,
                            const struct tm_filter **p);
char *tm_change_find_session(const struct tm_change *, const char *text,
                             const struct tm_session **p);

/* Makes the database's one TM_Global row if it is missing.  Returns false if
 * it was there. */
bool tm_change_put_global(struct tm_change *);

/* Increments TM_Global.nb_cfg with this transaction, even if nothing else
 * changes: nodes confirm it.  Error if the row is missing. */
char *tm_change_bump(struct tm_change *);

/* A key and value of quota-set: an empty value stands for the default. */
char *tm_change_put_quota(struct tm_change *, const char *key,
                          const char *value);

/* Each _put makes the object if its UUID is zero, else turns the one with its
 * UUID into it.  Stores its UUID in '*uuid' unless NULL.  That of a new object
 * is final, but another one if the transaction has to be tried again.
 *
 * The rules of a filter have functions of their own; _put_filter() ignores
 * them. */
char *tm_change_put_filter(struct tm_change *, struct tm_filter *,
                           struct uuid *uuid);
char *tm_change_put_session(struct tm_change *, struct tm_session *,
                            struct uuid *uuid);
char *tm_change_put_eni(struct tm_change *, struct tm_eni *,
                        struct uuid *uuid);
char *tm_change_put_lb(struct tm_change *, struct tm_lb *, struct uuid *uuid);

/* Refused, with the names of the sessions, while one uses it. */
char *tm_change_remove_filter(struct tm_change *, const struct uuid *);
char *tm_change_remove_eni(struct tm_change *, const struct uuid *);
char *tm_change_remove_lb(struct tm_change *, const struct uuid *);
char *tm_change_remove_session(struct tm_change *, const struct uuid *);

/* 'rule' with a zero UUID is new.  The direction of a rule that exists cannot
 * be changed. */
char *tm_change_put_rule(struct tm_change *, const struct uuid *filter,
                         const struct tm_rule *rule, struct uuid *uuid);
void tm_change_remove_rule(struct tm_change *, const struct uuid *filter,
                           const struct uuid *rule);

/* The UUIDs, malloc()ed in '*rulesp', of the rules of 'filter' with that
 * direction (0: any) and that priority (0: any).  Finds also rules that are
 * wrong and therefore not in the model. */
size_t tm_change_find_rules(const struct tm_change *,
                            const struct uuid *filter, int direction,
                            int64_t priority, struct uuid **rulesp);

#endif /* lib/store/change.h */
