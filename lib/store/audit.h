/* SPDX-License-Identifier: Apache-2.0 */
/* audit.h
 *
 * Job.       Says in one line what a transaction changes: table, row in an
 *            operator's words, column, old and new value.
 * Input.     A transaction under way, by whatever code it was written, and who
 *            writes it.
 * Output.    Text: for the transaction's comment, so that it is in the
 *            database's log with the change itself, and for the system log.
 *            The old values that it names are verified with the transaction.
 * Not here.  Committing, logging.  Changes by tm_store_report().
 * Ownership. A struct tm_audit must not outlive its transaction; text is
 *            malloc()ed.
 * Failure.   Cannot fail.  Linear in the number of rows that the IDL has. */

#ifndef LIB_STORE_AUDIT_H
#define LIB_STORE_AUDIT_H 1

struct ovsdb_idl;
struct tm_audit;

/* Adds to 'idl', before its first run, what an operator may change.  A column
 * that is not monitored is told only in rows that the transaction makes. */
void tm_audit_monitor(struct ovsdb_idl *);

/* The transaction must be open, with nothing written yet.  Columns must not be
 * written by partial updates of maps and sets: the IDL does not see those. */
struct tm_audit *tm_audit_begin(struct ovsdb_idl *);
void tm_audit_destroy(struct tm_audit *);

/* The changes so far, or "" if there are none.  Call it last before the
 * commit.  Between changes is "; ", and each is one of
 *
 *     insert TABLE ROW: COLUMN=VALUE, ...
 *     modify TABLE ROW: COLUMN OLD -> NEW, ...
 *     delete TABLE ROW: COLUMN=VALUE, ...
 *
 * including the rows that the database deletes because nothing refers to them
 * any more.  Columns that are empty, zero or false are left out of the first
 * and the last.  VALUE is as in ovs-vsctl(8), but a row that it refers to has
 * its name.  Times of a change and the like are told only if there is nothing
 * else to tell. */
char *tm_audit_changes(struct tm_audit *);

/* "PROGRAM: user USER: ACTION: CHANGES", or "... no change", on one line
 * whatever is in the arguments. */
char *tm_audit_line(const char *program, const char *user, const char *action,
                    const char *changes);

#endif /* lib/store/audit.h */
