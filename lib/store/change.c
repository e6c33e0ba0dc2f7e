/* SPDX-License-Identifier: Apache-2.0 */
/* change.c
 *
 * The frame of a change: a model of the whole database as the transaction sees
 * it, kept in step with what the transaction writes, so that several commands
 * in one transaction see each other's effects.
 *
 * Most constraints of Traffic_Mirror speak about rows that a change does not
 * touch: no other filter has this name, no other session of this source has
 * this priority, nobody uses this ENI.  OVSDB can check that columns of given
 * rows stay as they were, but not that no row appears.  So every change of
 * that sort also increments a number in TM_Global.external_ids after verifying
 * it: two writers that decided on the same state collide there, and the loser
 * decides again.  The number is in external_ids because no node looks there:
 * it wakes nobody up.  Rules need none of this; they verify their filter's
 * column 'rules' and the quotas, so that writers of different filters never
 * meet. */

#include <config.h>

#include "lib/store/change.h"

#include <stdlib.h>
#include <string.h>

#include "lib/store/change-private.h"
#include "lib/store/from-row.h"
#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "smap.h"
#include "util.h"

/* As many letters of a UUID as ovs-vsctl wants. */
#define PREFIX_MIN 4

static void
monitor_table(struct ovsdb_idl *idl, const struct ovsdb_idl_table_class *table)
{
    ovsdb_idl_add_table(idl, table);
    for (size_t i = 0; i < table->n_columns; i++) {
        ovsdb_idl_add_column(idl, &table->columns[i]);
    }
}

/* The state of a source changes often and decides nothing here: it is left to
 * tm_status_monitor(). */
void
tm_change_monitor(struct ovsdb_idl *idl)
{
    monitor_table(idl, &tmrec_table_mirror_filter);
    monitor_table(idl, &tmrec_table_mirror_filter_rule);
    monitor_table(idl, &tmrec_table_mirror_session);
    monitor_table(idl, &tmrec_table_network_interface);
    monitor_table(idl, &tmrec_table_load_balancer);
    ovsdb_idl_add_table(idl, &tmrec_table_mirror_source);
    ovsdb_idl_add_column(idl, &tmrec_mirror_source_col_interface);
    ovsdb_idl_add_column(idl, &tmrec_mirror_source_col_position);
    ovsdb_idl_add_table(idl, &tmrec_table_tm_global);
    ovsdb_idl_add_column(idl, &tmrec_tm_global_col_external_ids);
    ovsdb_idl_add_column(idl, &tmrec_tm_global_col_nb_cfg);
    ovsdb_idl_add_column(idl, &tmrec_tm_global_col_options);
    ovsdb_idl_add_column(idl, &tmrec_tm_global_col_quotas);
}

void
tm_change_init(struct tm_change *c, struct ovsdb_idl *idl,
               struct ovsdb_idl_txn *txn, int64_t now)
{
    c->idl = idl;
    c->txn = txn;
    c->now = now;
    c->guarded = false;
    tm_model_init(&c->model);
    tm_model_from_idl(&c->model, idl);
}

void
tm_change_uninit(struct tm_change *c)
{
    tm_model_uninit(&c->model);
}

bool
tm_change_put_global(struct tm_change *c)
{
    if (tmrec_tm_global_first(c->idl)) {
        return false;
    }
    tmrec_tm_global_insert(c->txn);
    return true;
}

char *
tm_change_bump(struct tm_change *c)
{
    const struct tmrec_tm_global *global = tmrec_tm_global_first(c->idl);

    if (!global) {
        return xstrdup("table TM_Global is empty; run tmirror-ctl init");
    }
    ovsdb_idl_txn_increment(c->txn, &global->header_,
                            &tmrec_tm_global_col_nb_cfg, true);
    return NULL;
}

void
tm_change_guard(struct tm_change *c)
{
    const struct tmrec_tm_global *global;
    unsigned long long int n;
    struct smap ids;

    if (c->guarded) {
        return;
    }
    c->guarded = true;

    /* The table holds one row at most: who inserts it collides as well. */
    tm_change_put_global(c);
    global = tmrec_tm_global_first(c->idl);
    tmrec_tm_global_verify_external_ids(global);
    n = smap_get_ullong(&global->external_ids, TM_CHANGE_KEY, 0);
    smap_clone(&ids, &global->external_ids);
    smap_remove(&ids, TM_CHANGE_KEY);
    smap_add_format(&ids, TM_CHANGE_KEY, "%llu", n + 1);
    tmrec_tm_global_set_external_ids(global, &ids);
    smap_destroy(&ids);
}

void
tm_change_verify_quotas(struct tm_change *c)
{
    tm_change_put_global(c);
    tmrec_tm_global_verify_quotas(tmrec_tm_global_first(c->idl));
}

/* True if 'row', which may be NULL, has 'limit' for 'key', or nothing if
 * 'is_default'. */
static bool
has_quota(const struct tmrec_tm_global *row, const char *key, int64_t limit,
          bool is_default)
{
    for (size_t i = 0; row && i < row->n_quotas; i++) {
        if (!strcmp(row->key_quotas[i], key)) {
            return !is_default && row->value_quotas[i] == limit;
        }
    }
    return is_default;
}

/* Writes 'limit' for 'key', or takes 'key' away if 'is_default', whatever is
 * there.  Not by an update of the one key, since that is in no row before it
 * is committed. */
static void
write_quota(const struct tmrec_tm_global *row, const char *key, int64_t limit,
            bool is_default)
{
    const char **keys = xmalloc((row->n_quotas + 1) * sizeof *keys);
    int64_t *values = xmalloc((row->n_quotas + 1) * sizeof *values);
    size_t n = 0;

    for (size_t i = 0; i < row->n_quotas; i++) {
        if (strcmp(row->key_quotas[i], key)) {
            keys[n] = row->key_quotas[i];
            values[n++] = row->value_quotas[i];
        }
    }
    if (!is_default) {
        keys[n] = key;
        values[n++] = limit;
    }
    tmrec_tm_global_set_quotas(row, keys, values, n);
    free(keys);
    free(values);
}

char *
tm_change_put_quota(struct tm_change *c, const char *key, const char *value)
{
    const struct tmrec_tm_global *row = tmrec_tm_global_first(c->idl);
    enum tm_quota quota;
    bool is_default;
    int64_t limit;
    char *error = tm_quota_parse(key, value, &quota, &limit);

    if (error) {
        return error;
    }
    is_default = limit == tm_quota_classes[quota].by_default;
    if (!has_quota(row, key, limit, is_default)) {
        tm_change_guard(c);
        row = tmrec_tm_global_first(c->idl);
        tmrec_tm_global_verify_quotas(row);
        write_quota(row, key, limit, is_default);
        tm_model_put_global(&c->model, row);
    }
    return NULL;
}

void
tm_change_verify(const struct ovsdb_idl_row *row,
                 const struct ovsdb_idl_table_class *table)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        ovsdb_idl_txn_verify(row, &table->columns[i]);
    }
}

void
tm_change_drop(const struct ovsdb_idl_row *row)
{
    if (!row->old_datum) {
        ovsdb_idl_txn_delete(row);
    }
}

char *
tm_change_no_row(const char *table, const struct uuid *uuid)
{
    return xasprintf("table %s has no row "UUID_FMT, table, UUID_ARGS(uuid));
}

/* What is looked for, and what was found. */
struct finder {
    const char *kind;           /* "filter" or "session". */
    const char *text;           /* What the operator wrote. */
    struct uuid uuid;           /* 'text' as a UUID... */
    bool is_uuid;               /* ...if it is one. */
    bool is_prefix;             /* 'text' may begin a UUID. */

    const void *by_name, *by_uuid, *by_prefix;
    struct uuidset names, prefixes;
};

static void
finder_init(struct finder *f, const char *kind, const char *text)
{
    memset(f, 0, sizeof *f);
    f->kind = kind;
    f->text = text;
    f->is_uuid = uuid_from_string(&f->uuid, text);
    f->is_prefix = uuid_is_partial_string(text) >= PREFIX_MIN;
    uuidset_init(&f->names);
    uuidset_init(&f->prefixes);
}

static void
finder_try(struct finder *f, const char *name, const struct uuid *uuid,
           const void *object)
{
    if (!strcmp(name, f->text)) {
        f->by_name = object;
        uuidset_insert(&f->names, uuid);
    }
    if (f->is_uuid && uuid_equals(uuid, &f->uuid)) {
        f->by_uuid = object;
    }
    if (f->is_prefix && uuid_is_partial_match(uuid, f->text)) {
        f->by_prefix = object;
        uuidset_insert(&f->prefixes, uuid);
    }
}

static int
compare_uuids(const void *a, const void *b)
{
    return uuid_compare_3way(a, b);
}

static char *
ambiguous(const struct finder *f, const struct uuidset *uuids)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct uuid *array = uuidset_array(uuids);
    size_t n = uuidset_count(uuids);

    qsort(array, n, sizeof *array, compare_uuids);
    ds_put_format(&s, "%s ", f->kind);
    tm_quote_to(f->text, &s);
    ds_put_cstr(&s, " is ambiguous:");
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&s, "%s "UUID_FMT, i ? "," : "", UUID_ARGS(&array[i]));
    }
    free(array);
    return ds_steal_cstr(&s);
}

/* Stores the result in '*objectp' and frees 'f'. */
static char *
finder_finish(struct finder *f, const void **objectp)
{
    char *error = NULL;

    *objectp = NULL;
    if (f->by_name) {
        *objectp = f->by_name;
        if (uuidset_count(&f->names) > 1) {
            error = ambiguous(f, &f->names);
        }
    } else if (f->by_uuid) {
        *objectp = f->by_uuid;
    } else if (f->by_prefix) {
        *objectp = f->by_prefix;
        if (uuidset_count(&f->prefixes) > 1) {
            error = ambiguous(f, &f->prefixes);
        }
    }
    uuidset_destroy(&f->names);
    uuidset_destroy(&f->prefixes);
    return error;
}

char *
tm_change_find_filter(const struct tm_change *c, const char *text,
                      const struct tm_filter **p)
{
    const struct tm_filter *filter;
    struct finder f;
    const void *object;
    char *error;

    finder_init(&f, "filter", text);
    HMAP_FOR_EACH (filter, node, &c->model.filters) {
        finder_try(&f, filter->name, &filter->uuid, filter);
    }
    error = finder_finish(&f, &object);
    *p = object;
    return error;
}

char *
tm_change_find_session(const struct tm_change *c, const char *text,
                       const struct tm_session **p)
{
    const struct tm_session *session;
    struct finder f;
    const void *object;
    char *error;

    finder_init(&f, "session", text);
    HMAP_FOR_EACH (session, node, &c->model.sessions) {
        finder_try(&f, session->name, &session->uuid, session);
    }
    error = finder_finish(&f, &object);
    *p = object;
    return error;
}
