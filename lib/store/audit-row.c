/* SPDX-License-Identifier: Apache-2.0 */
/* audit-row.c
 *
 * Rows as they were and as they will be.
 *
 * A row that the transaction deletes is skipped by the iteration that the IDL
 * offers, but it stays in its table.  The tables are found by a row of each
 * before anything is written; a table that was empty then has none to delete.
 *
 * The rows of some tables live only while another row refers to them, and the
 * database itself deletes those to which nothing refers any more.  All of them
 * are referred to by rows of other sort, so one look at all references before
 * and after tells which go.  The same look tells whose rule or source a row
 * is. */

#include <config.h>

#include "lib/store/audit-private.h"

#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "uuid.h"

/* 'row' refers to the row 'uuid', which lives only while somebody does. */
struct owner {
    struct hmap_node node;
    struct uuid uuid;
    const struct ovsdb_idl_row *row;
};

/* How a row is called, where that is not its column "name". */
static const struct {
    const char *table;
    bool owner;                 /* After the name of its owner... */
    const char *columns[2];     /* ...come these. */
} identities[] = {
    {"Connection", false, {"target", NULL}},
    {"Mirror_Filter_Rule", true, {"direction", "priority"}},
    {"Mirror_Source", true, {"interface", NULL}},
    {"RBAC_Permission", false, {"table", NULL}},
};

static struct owner *
find_owner(const struct hmap *owners, const struct uuid *uuid)
{
    struct owner *o;

    HMAP_FOR_EACH_WITH_HASH (o, node, uuid_hash(uuid), owners) {
        if (uuid_equals(&o->uuid, uuid)) {
            return o;
        }
    }
    return NULL;
}

void
tm_audit_clear_owners(struct hmap *owners)
{
    struct owner *o;

    HMAP_FOR_EACH_POP (o, node, owners) {
        free(o);
    }
}

static const struct ovsdb_idl_table_class *
class_by_name(const char *name)
{
    for (size_t i = 0; i < tmrec_idl_class.n_tables; i++) {
        if (!strcmp(tmrec_idl_class.tables[i].name, name)) {
            return &tmrec_idl_class.tables[i];
        }
    }
    return NULL;
}

const struct ovsdb_idl_table_class *
tm_audit_referred(const struct ovsdb_base_type *base)
{
    return (ovsdb_base_type_is_ref(base)
            ? class_by_name(base->uuid.refTableName) : NULL);
}

bool
tm_audit_owns_rows(const struct ovsdb_idl_column *column)
{
    const struct ovsdb_base_type *key = &column->type.key;

    return (ovsdb_base_type_is_strong_ref(key)
            && !tm_audit_referred(key)->is_root);
}

static size_t
column_index(const struct ovsdb_idl_row *row,
             const struct ovsdb_idl_column *column)
{
    return column - row->table->class_->columns;
}

const struct ovsdb_datum *
tm_audit_old(const struct ovsdb_idl_row *row,
             const struct ovsdb_idl_column *column)
{
    size_t i = column_index(row, column);

    return (row->old_datum && row->table->modes[i] & OVSDB_IDL_MONITOR
            ? &row->old_datum[i] : NULL);
}

const struct ovsdb_datum *
tm_audit_new(const struct ovsdb_idl_row *row,
             const struct ovsdb_idl_column *column)
{
    return (row->new_datum ? ovsdb_idl_read(row, column)
            : tm_audit_old(row, column));
}

bool
tm_audit_remains(const struct tm_audit *audit, const struct ovsdb_idl_row *row)
{
    return (row->table->class_->is_root
            ? row->new_datum != NULL
            : find_owner(&audit->after, &row->uuid) != NULL);
}

static void
add_owners(struct hmap *owners, const struct ovsdb_idl_row *row,
           const struct ovsdb_datum *datum)
{
    for (size_t i = 0; datum && i < datum->n; i++) {
        const struct uuid *uuid = &datum->keys[i].uuid;

        if (!find_owner(owners, uuid)) {
            struct owner *o = xmalloc(sizeof *o);

            o->uuid = *uuid;
            o->row = row;
            hmap_insert(owners, &o->node, uuid_hash(uuid));
        }
    }
}

struct ovsdb_idl_table *
tm_audit_table(const struct tm_audit *audit, size_t i)
{
    const struct ovsdb_idl_row *row;

    if (audit->tables[i]) {
        return audit->tables[i];
    }
    row = ovsdb_idl_first_row(audit->idl, &tmrec_idl_class.tables[i]);
    return row ? row->table : NULL;
}

void
tm_audit_find_owners(struct tm_audit *audit)
{
    tm_audit_clear_owners(&audit->before);
    tm_audit_clear_owners(&audit->after);
    for (size_t i = 0; i < TMREC_N_TABLES; i++) {
        const struct ovsdb_idl_table_class *class = &tmrec_idl_class.tables[i];
        struct ovsdb_idl_table *table = tm_audit_table(audit, i);
        const struct ovsdb_idl_row *row;

        for (size_t j = 0; table && j < class->n_columns; j++) {
            const struct ovsdb_idl_column *column = &class->columns[j];

            if (!tm_audit_owns_rows(column)) {
                continue;
            }
            ovs_assert(class->is_root); /* Else one look were not enough. */
            HMAP_FOR_EACH (row, hmap_node, &table->rows) {
                add_owners(&audit->before, row, tm_audit_old(row, column));
                if (row->new_datum) {
                    add_owners(&audit->after, row, tm_audit_new(row, column));
                }
            }
        }
    }
}

/* ovsdb_idl_txn_verify() does nothing for what is written already, and wants
 * no row that is deleted. */
void
tm_audit_verify(const struct ovsdb_idl_row *row_,
                const struct ovsdb_idl_column *column)
{
    struct ovsdb_idl_row *row = CONST_CAST(struct ovsdb_idl_row *, row_);
    size_t i = column_index(row, column);

    if (!tm_audit_old(row, column)) {
        return;
    }
    if (row->new_datum && !(row->written && bitmap_is_set(row->written, i))) {
        ovsdb_idl_txn_verify(row, column);
        return;
    }
    if (!row->prereqs) {
        row->prereqs = bitmap_allocate(row->table->class_->n_columns);
    }
    bitmap_set1(row->prereqs, i);
}

/* Values. */

static bool
is_plain_char(uint32_t cp)
{
    return ((cp >= '0' && cp <= '9')
            || (cp >= 'A' && cp <= 'Z')
            || (cp >= 'a' && cp <= 'z')
            || (cp && cp < 0x80 && strchr("_-.:/", cp))
            || (cp >= 0x4e00 && cp <= 0x9fff)); /* Chinese characters. */
}

/* A word that no other text can be mistaken for needs no quotes. */
static void
put_word(const char *s, struct ds *ds)
{
    const char *p = s;
    uint32_t cp;

    while (*p && tm_utf8_next(&p, &cp) && is_plain_char(cp)) {
        if (!*p) {
            ds_put_cstr(ds, s);
            return;
        }
    }
    tm_quote_all_to(s, ds);
}

static void
put_reference(const struct tm_audit *audit,
              const struct ovsdb_idl_table_class *class,
              const struct uuid *uuid, struct ds *ds)
{
    const struct ovsdb_idl_row *row
        = ovsdb_idl_get_row_for_uuid(audit->idl, class, uuid);
    size_t length = ds->length;

    if (row && (row->old_datum || row->new_datum)) {
        tm_audit_put_identity(audit, row, ds);
    }
    if (ds->length == length) {
        ds_put_format(ds, UUID_FMT, UUID_ARGS(uuid));
    }
}

void
tm_audit_put_atom(const struct tm_audit *audit, const union ovsdb_atom *atom,
                  const struct ovsdb_base_type *base, struct ds *ds)
{
    const struct ovsdb_idl_table_class *class = tm_audit_referred(base);

    if (class) {
        put_reference(audit, class, &atom->uuid, ds);
    } else if (base->type == OVSDB_TYPE_STRING) {
        put_word(json_string(atom->s), ds);
    } else {
        ovsdb_atom_to_string(atom, base->type, ds);
    }
}

void
tm_audit_put_datum(const struct tm_audit *audit,
                   const struct ovsdb_datum *datum,
                   const struct ovsdb_type *type, struct ds *ds)
{
    bool brackets = type->n_max > 1 || !datum->n;

    ds_put_cstr(ds, brackets ? "[" : "");
    for (size_t i = 0; i < datum->n; i++) {
        ds_put_cstr(ds, i ? ", " : "");
        tm_audit_put_atom(audit, &datum->keys[i], &type->key, ds);
    }
    ds_put_cstr(ds, brackets ? "]" : "");
}

bool
tm_audit_identity(const struct ovsdb_idl_table_class *class, size_t i,
                  const struct ovsdb_idl_column **columnp, bool *owner)
{
    static const char *const by_name[] = { "name", NULL };
    const char *const *names = by_name;

    *owner = false;
    for (size_t j = 0; j < ARRAY_SIZE(identities); j++) {
        if (!strcmp(identities[j].table, class->name)) {
            names = identities[j].columns;
            *owner = identities[j].owner;
        }
    }
    if (i >= ARRAY_SIZE(identities[0].columns) || !names[i]) {
        return false;
    }
    for (size_t j = 0; j < class->n_columns; j++) {
        if (!strcmp(class->columns[j].name, names[i])) {
            *columnp = &class->columns[j];
            return true;
        }
    }
    return false;
}

void
tm_audit_put_identity(const struct tm_audit *audit,
                      const struct ovsdb_idl_row *row, struct ds *ds)
{
    const struct ovsdb_idl_column *column;
    size_t start = ds->length;
    bool owner;

    for (size_t i = 0; tm_audit_identity(row->table->class_, i, &column,
                                         &owner); i++) {
        const struct ovsdb_datum *datum = (row->old_datum
                                           ? tm_audit_old(row, column)
                                           : tm_audit_new(row, column));

        if (!i && owner) {
            const struct owner *o = find_owner(
                row->old_datum ? &audit->before : &audit->after, &row->uuid);

            if (o) {
                tm_audit_put_identity(audit, o->row, ds);
            }
        }
        if (datum && datum->n) {
            ds_put_cstr(ds, ds->length > start ? " " : "");
            tm_audit_put_datum(audit, datum, &column->type, ds);
        }
    }
}

