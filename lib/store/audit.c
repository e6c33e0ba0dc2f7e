/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c
 *
 * The IDL keeps with every row what the database has and what the transaction
 * under way makes of it.  So the changes can be read off the rows, and it does
 * not matter which command wrote them.
 *
 * Of two transactions at the same time one could name an old value that the
 * other has replaced.  So what is told is verified, as a read-modify-write is:
 * the second of them is tried again and tells what it then finds. */

#include <config.h>

#include "lib/store/audit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/store/audit-private.h"
#include "lib/store/change.h"
#include "lib/store/change-private.h"
#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "util.h"

/* What nodes and servers report about a row goes with it without a word. */
static const struct { const char *table, *column; } reported[] = {
    {"Agent", "alive_at"},
    {"Agent", "metrics"},
    {"Agent", "nb_cfg"},
    {"Agent", "nb_cfg_timestamp"},
    {"Agent", "problems"},
    {"Connection", "is_connected"},
    {"Connection", "status"},
    {"Mirror_Source", "agent"},
    {"Mirror_Source", "ofport"},
    {"Mirror_Source", "reason"},
    {"Mirror_Source", "status"},
    {"Network_Interface", "agent"},
};

void
tm_audit_monitor(struct ovsdb_idl *idl)
{
    static const struct ovsdb_idl_table_class *const more[] = {
        &tmrec_table_tm_global, &tmrec_table_connection, &tmrec_table_ssl,
        &tmrec_table_rbac_role, &tmrec_table_rbac_permission,
    };

    tm_change_monitor(idl);
    ovsdb_idl_add_table(idl, &tmrec_table_agent);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_name);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_hostname);
    for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
        ovsdb_idl_add_table(idl, more[i]);
        for (size_t j = 0; j < more[i]->n_columns; j++) {
            ovsdb_idl_add_column(idl, &more[i]->columns[j]);
        }
    }
}

/* One row. */

static bool
is_identity(const struct ovsdb_idl_table_class *class,
            const struct ovsdb_idl_column *column)
{
    const struct ovsdb_idl_column *c;
    bool owner;

    for (size_t i = 0; tm_audit_identity(class, i, &c, &owner); i++) {
        if (c == column) {
            return true;
        }
    }
    return false;
}

/* The telling of one row. */
struct telling {
    const struct tm_audit *audit;
    const struct ovsdb_idl_row *row;
    bool existed, remains;
    struct ds s;
    size_t n;                   /* Columns told. */
};

static void
put_column(struct telling *t, const struct ovsdb_idl_column *column)
{
    ds_put_format(&t->s, "%s%s", t->n++ ? ", " : ": ", column->name);
    tm_audit_verify(t->row, column);
}

/* Between the old value and the new one, or before the only one. */
static void
put_values(struct telling *t, const char *old, const char *new)
{
    if (t->existed && t->remains) {
        ds_put_format(&t->s, " %s -> %s", old, new);
    } else {
        ds_put_format(&t->s, "=%s", t->existed ? old : new);
    }
}

/* The value of 'key' in map 'datum', or NULL.  The database takes a reference
 * that is weak out with the row. */
static const union ovsdb_atom *
map_value(const struct telling *t, const struct ovsdb_datum *datum,
          const union ovsdb_atom *key, const struct ovsdb_type *type, bool new)
{
    const union ovsdb_atom *value;
    unsigned int i;

    if (!datum || !ovsdb_datum_find_key(datum, key, type->key.type, &i)) {
        return NULL;
    }
    value = &datum->values[i];
    if (new && ovsdb_base_type_is_weak_ref(&type->value)) {
        const struct ovsdb_idl_row *row = ovsdb_idl_get_row_for_uuid(
            t->audit->idl, tm_audit_referred(&type->value), &value->uuid);

        return row && tm_audit_remains(t->audit, row) ? value : NULL;
    }
    return value;
}

/* The pairs of map 'column' whose keys are in 'datum', except those in 'not'.
 */
static void
tell_pairs(struct telling *t, const struct ovsdb_idl_column *column,
           const struct ovsdb_datum *datum, const struct ovsdb_datum *not)
{
    const struct ovsdb_datum *old = t->existed ? tm_audit_old(t->row, column)
                                               : NULL;
    const struct ovsdb_datum *new = t->remains ? tm_audit_new(t->row, column)
                                               : NULL;
    const struct ovsdb_type *type = &column->type;

    for (unsigned int i = 0; datum && i < datum->n; i++) {
        const union ovsdb_atom *key = &datum->keys[i];
        const union ovsdb_atom *a = map_value(t, old, key, type, false);
        const union ovsdb_atom *b = map_value(t, new, key, type, true);
        struct ds x = DS_EMPTY_INITIALIZER, y = DS_EMPTY_INITIALIZER;

        if (map_value(t, not, key, type, false)
            || (!t->audit->noise && column == &tmrec_tm_global_col_external_ids
                && !strcmp(json_string(key->s), TM_CHANGE_KEY))
            || (a && b ? ovsdb_atom_equals(a, b, type->value.type) : a == b)) {
            continue;
        }
        put_column(t, column);
        ds_put_char(&t->s, ':');
        tm_audit_put_atom(t->audit, key, &type->key, &t->s);
        ds_put_cstr(&x, a ? "" : "[]");
        ds_put_cstr(&y, b ? "" : "[]");
        if (a) {
            tm_audit_put_atom(t->audit, a, &type->value, &x);
        }
        if (b) {
            tm_audit_put_atom(t->audit, b, &type->value, &y);
        }
        put_values(t, ds_cstr(&x), ds_cstr(&y));
        ds_destroy(&x);
        ds_destroy(&y);
    }
}

/* Rows that came or went are told themselves: here are those that have another
 * owner now. */
static void
tell_owned(struct telling *t, const struct ovsdb_idl_column *column,
           const struct ovsdb_datum *datum, const struct ovsdb_datum *not,
           char sign)
{
    const struct ovsdb_base_type *key = &column->type.key;
    unsigned int pos;

    for (unsigned int i = 0; datum && i < datum->n; i++) {
        const struct ovsdb_idl_row *row = ovsdb_idl_get_row_for_uuid(
            t->audit->idl, tm_audit_referred(key), &datum->keys[i].uuid);

        if (row && row->old_datum && tm_audit_remains(t->audit, row)
            && !(not && ovsdb_datum_find_key(not, &datum->keys[i], key->type,
                                             &pos))) {
            put_column(t, column);
            ds_put_format(&t->s, " %c[", sign);
            tm_audit_put_atom(t->audit, &datum->keys[i], key, &t->s);
            ds_put_char(&t->s, ']');
        }
    }
}

static bool
is_noise(const struct telling *t, const struct ovsdb_idl_column *column)
{
    if (!t->existed || !t->remains) {
        for (size_t i = 0; i < ARRAY_SIZE(reported); i++) {
            if (!strcmp(reported[i].table, t->row->table->class_->name)
                && !strcmp(reported[i].column, column->name)) {
                return true;
            }
        }
    }
    return (!t->audit->noise && (!strcmp(column->name, "created_at")
                                 || !strcmp(column->name, "updated_at")));
}

static void
tell_column(struct telling *t, const struct ovsdb_idl_column *column)
{
    const struct ovsdb_type *type = &column->type;
    const struct ovsdb_datum *old = t->existed ? tm_audit_old(t->row, column)
                                               : NULL;
    const struct ovsdb_datum *new = t->remains ? tm_audit_new(t->row, column)
                                               : NULL;
    struct ds x = DS_EMPTY_INITIALIZER, y = DS_EMPTY_INITIALIZER;

    if ((t->existed && !old) || is_noise(t, column)) {
        return;
    } else if (tm_audit_owns_rows(column)) {
        tell_owned(t, column, old, new, '-');
        tell_owned(t, column, new, old, '+');
        return;
    } else if (ovsdb_type_is_map(type)) {
        tell_pairs(t, column, old, NULL);
        tell_pairs(t, column, new, old);
        return;
    }

    if (old && new
        ? ovsdb_datum_equals(old, new, type)
        : (is_identity(t->row->table->class_, column)
           || ovsdb_datum_is_default(old ? old : new, type))) {
        return;
    }
    put_column(t, column);
    if (old) {
        tm_audit_put_datum(t->audit, old, type, &x);
    }
    if (new) {
        tm_audit_put_datum(t->audit, new, type, &y);
    }
    put_values(t, ds_cstr(&x), ds_cstr(&y));
    ds_destroy(&x);
    ds_destroy(&y);
}

/* Adds what happens to 'row', if anything does. */
static void
tell_row(const struct tm_audit *audit, const struct ovsdb_idl_row *row,
         struct svec *lines)
{
    const struct ovsdb_idl_table_class *class = row->table->class_;
    struct telling t = {
        .audit = audit,
        .row = row,
        .existed = row->old_datum != NULL,
        .remains = ((row->old_datum || row->new_datum)
                    && tm_audit_remains(audit, row)),
        .s = DS_EMPTY_INITIALIZER,
    };
    const struct ovsdb_idl_column *column;
    size_t length;
    bool owner;

    if (!t.existed && !t.remains) {
        return;
    }
    ds_put_format(&t.s, "%s %s ", (!t.existed ? "insert"
                                   : t.remains ? "modify" : "delete"),
                  class->name);
    length = t.s.length;
    tm_audit_put_identity(audit, row, &t.s);
    if (t.s.length == length) {
        ds_chomp(&t.s, ' ');
    }
    for (size_t i = 0; i < class->n_columns; i++) {
        tell_column(&t, &class->columns[i]);
    }
    if (t.existed && t.remains && !t.n) {
        ds_destroy(&t.s);
        return;
    }
    for (size_t i = 0; tm_audit_identity(class, i, &column, &owner); i++) {
        tm_audit_verify(row, column);
    }
    svec_add_nocopy(lines, ds_steal_cstr(&t.s));
}

/* The transaction. */

static char *
tell_all(const struct tm_audit *audit)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < TMREC_N_TABLES; i++) {
        struct ovsdb_idl_table *table = tm_audit_table(audit, i);
        struct svec lines = SVEC_EMPTY_INITIALIZER;
        const struct ovsdb_idl_row *row;
        const char *line;
        size_t j;

        if (table) {
            HMAP_FOR_EACH (row, hmap_node, &table->rows) {
                tell_row(audit, row, &lines);
            }
        }
        svec_sort(&lines);
        SVEC_FOR_EACH (j, line, &lines) {
            ds_put_format(&s, "%s%s", s.length ? "; " : "", line);
        }
        svec_destroy(&lines);
    }
    return ds_steal_cstr(&s);
}

char *
tm_audit_changes(struct tm_audit *audit)
{
    char *changes;

    tm_audit_find_owners(audit);
    audit->noise = false;
    changes = tell_all(audit);
    if (!*changes) {
        free(changes);
        audit->noise = true;
        changes = tell_all(audit);
    }
    return changes;
}

struct tm_audit *
tm_audit_begin(struct ovsdb_idl *idl)
{
    struct tm_audit *audit = xzalloc(sizeof *audit);

    audit->idl = idl;
    hmap_init(&audit->before);
    hmap_init(&audit->after);
    for (size_t i = 0; i < TMREC_N_TABLES; i++) {
        audit->tables[i] = tm_audit_table(audit, i);
    }
    return audit;
}

void
tm_audit_destroy(struct tm_audit *audit)
{
    if (audit) {
        tm_audit_clear_owners(&audit->before);
        tm_audit_clear_owners(&audit->after);
        hmap_destroy(&audit->before);
        hmap_destroy(&audit->after);
        free(audit);
    }
}

char *
tm_audit_line(const char *program, const char *user, const char *action,
              const char *changes)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    char *line = xasprintf("%s: user %s: %s: %s", program, user, action,
                           *changes ? changes : "no change");

    tm_line_to(line, &s);
    free(line);
    return ds_steal_cstr(&s);
}
