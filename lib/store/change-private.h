/* SPDX-License-Identifier: Apache-2.0 */
/* change-private.h
 *
 * Job.       What the files of change.h share among themselves.
 * Input.     See change.h.
 * Output.    See change.h.
 * Not here.  Anything for others to call.
 * Ownership. See change.h.
 * Failure.   See change.h. */

#ifndef LIB_STORE_CHANGE_PRIVATE_H
#define LIB_STORE_CHANGE_PRIVATE_H 1

#include "lib/store/change.h"

struct ovsdb_idl_row;
struct ovsdb_idl_table_class;

/* The key in TM_Global.external_ids of tm_change_guard()'s number. */
#define TM_CHANGE_KEY "tmirror-changes"

/* Makes this transaction and every other one that calls this collide, so that
 * each decides on the result of the one before.  For what rests on more rows
 * than those it writes: names, priorities of other sessions, who uses what. */
void tm_change_guard(struct tm_change *);

/* Makes the transaction fail, to be tried again, if a quota changes meanwhile.
 * What is guarded needs no more. */
void tm_change_verify_quotas(struct tm_change *);

/* Makes the transaction fail, to be tried again, if a column of 'row' changes
 * meanwhile.  Call it before writing to 'row'. */
void tm_change_verify(const struct ovsdb_idl_row *,
                      const struct ovsdb_idl_table_class *);

/* 'row', of a table whose rows live only while another row refers to them, is
 * referred to no more.  The database deletes it by itself, except that it
 * first checks what a row that this transaction made refers to; so unmake
 * that. */
void tm_change_drop(const struct ovsdb_idl_row *row);

/* "table "x" ...: gone meanwhile" for a UUID without a row. */
char *tm_change_no_row(const char *table, const struct uuid *);

#endif /* lib/store/change-private.h */
