/* SPDX-License-Identifier: Apache-2.0 */
/* audit-private.h
 *
 * Job.       Rows before and after the transaction, for the files of audit.h.
 * Input.     See audit.h.
 * Output.    Values, and how rows and values are written.
 * Not here.  What is told of a row (audit.c).
 * Ownership. See audit.h.  Pointers are the IDL's.
 * Failure.   Cannot fail. */

#ifndef LIB_STORE_AUDIT_PRIVATE_H
#define LIB_STORE_AUDIT_PRIVATE_H 1

#include "lib/store/audit.h"

#include "openvswitch/hmap.h"
#include "ovsdb-data.h"
#include "ovsdb-idl.h"
#include "ovsdb-idl-provider.h"
#include "ovsdb-schema/traffic-mirror-idl.h"

struct ds;

struct tm_audit {
    const struct ovsdb_idl *idl;
    struct ovsdb_idl_table *tables[TMREC_N_TABLES]; /* NULL: was empty. */
    struct hmap before, after;  /* Of "struct owner", by 'uuid'. */
    bool noise;                 /* Tell what is no news as well. */
};

/* Fills in, from the references in all rows, 'before' and 'after'. */
void tm_audit_find_owners(struct tm_audit *);
void tm_audit_clear_owners(struct hmap *owners);

/* The 'i'th table, by any of its rows; NULL if it has none and had none. */
struct ovsdb_idl_table *tm_audit_table(const struct tm_audit *, size_t i);

/* The table that 'base' refers to, or NULL if it is no reference. */
const struct ovsdb_idl_table_class *tm_audit_referred(
    const struct ovsdb_base_type *base);

/* True if the column decides which rows of another table live. */
bool tm_audit_owns_rows(const struct ovsdb_idl_column *);

/* What the database has; NULL if the row is new or nobody asked for it. */
const struct ovsdb_datum *tm_audit_old(const struct ovsdb_idl_row *,
                                       const struct ovsdb_idl_column *);
/* What it will have, if it remains.  A row that lives by its owner stays,
 * although the transaction "deletes" it, if it keeps its owner. */
const struct ovsdb_datum *tm_audit_new(const struct ovsdb_idl_row *,
                                       const struct ovsdb_idl_column *);
bool tm_audit_remains(const struct tm_audit *, const struct ovsdb_idl_row *);

/* Makes the transaction fail, to be tried again, if the database has another
 * old value by then. */
void tm_audit_verify(const struct ovsdb_idl_row *,
                     const struct ovsdb_idl_column *);

/* Returns false at the end of the columns that a row of that table is called
 * by, else the 'i'th of them in '*columnp'.  '*owner': the name of the row's
 * owner comes before them. */
bool tm_audit_identity(const struct ovsdb_idl_table_class *, size_t i,
                       const struct ovsdb_idl_column **columnp, bool *owner);
/* What the row was called before the transaction; nothing if it has no name.
 */
void tm_audit_put_identity(const struct tm_audit *,
                           const struct ovsdb_idl_row *, struct ds *);

void tm_audit_put_atom(const struct tm_audit *, const union ovsdb_atom *,
                       const struct ovsdb_base_type *, struct ds *);
/* A datum that is no map. */
void tm_audit_put_datum(const struct tm_audit *, const struct ovsdb_datum *,
                        const struct ovsdb_type *, struct ds *);

#endif /* lib/store/audit-private.h */
