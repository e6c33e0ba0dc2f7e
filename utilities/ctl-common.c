/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-common.c
 *
 * What the groups of commands share: words KEY=VALUE, tables, names. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/store/status.h"
#include "lib/text.h"
#include "lib/validate.h"
#include "openvswitch/json.h"
#include "ovsdb-idl.h"
#include "ovsdb-types.h"
#include "sset.h"
#include "utilities/ctl.h"
#include "uuid.h"

/* Turns what could break a message into several lines into blanks. */
static void
make_one_line(char *s)
{
    for (; *s; s++) {
        if ((unsigned char) *s < ' ' || *s == 0x7f) {
            *s = ' ';
        }
    }
}

void
tm_ctl_fail(char *message)
{
    make_one_line(message);
    ctl_fatal("%s", message);
}

void
tm_ctl_usage_error(char *message)
{
    make_one_line(message);
    ovs_error(0, "%s", message);
    exit(TM_CTL_EXIT_USAGE);
}

void
tm_ctl_pre_change(struct ctl_context *ctx)
{
    tm_change_monitor(ctx->idl);
}

void
tm_ctl_pre_status(struct ctl_context *ctx)
{
    tm_change_monitor(ctx->idl);
    tm_status_monitor(ctx->idl);
}

void
tm_ctl_put_uuid(struct ctl_context *ctx, const struct uuid *uuid)
{
    ds_clear(&ctx->output);
    ds_put_format(&ctx->output, UUID_FMT"\n", UUID_ARGS(uuid));
}

/* KEY=VALUE. */

char *
tm_ctl_bad_value(const char *key, const char *value, char *message)
{
    char *quoted = tm_quote(value);
    char *s = xasprintf("%s %s: %s", key, quoted, message);

    free(quoted);
    free(message);
    return s;
}

char *
tm_ctl_parse_addr(const char *key, const char *value, struct tm_addr *addr)
{
    char *error = tm_addr_parse(value, addr);

    return (error ? tm_ctl_bad_value(key, value, error)
            : tm_validate_target_addr(key, addr));
}

static char *
unknown_key(const char *key, const struct tm_ctl_key keys[])
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, "unknown key ");
    tm_quote_to(key, &s);
    ds_put_cstr(&s, " (known are");
    for (const struct tm_ctl_key *k = keys; k->name; k++) {
        ds_put_format(&s, "%s %s", k == keys ? "" : ",", k->name);
    }
    ds_put_char(&s, ')');
    return ds_steal_cstr(&s);
}

static char *
set_key(const char *word, const struct tm_ctl_key keys[], struct sset *seen,
        void *object)
{
    const char *equals = strchr(word, '=');
    char *key, *error = NULL;
    const struct tm_ctl_key *k;

    if (!equals) {
        char *quoted = tm_quote(word);

        error = xasprintf("%s is not KEY=VALUE", quoted);
        free(quoted);
        return error;
    }

    key = xmemdup0(word, equals - word);
    for (k = keys; k->name && strcmp(k->name, key); k++) {
        continue;
    }
    if (!k->name) {
        error = unknown_key(key, keys);
    } else if (!sset_add(seen, key)) {
        error = xasprintf("key %s is given twice", key);
    } else {
        error = k->set(key, equals + 1, object);
    }
    free(key);
    return error;
}

char *
tm_ctl_set_keys(const struct ctl_context *ctx, int first,
                const struct tm_ctl_key keys[], void *object)
{
    struct sset seen = SSET_INITIALIZER(&seen);
    char *error = NULL;

    for (int i = first; i < ctx->argc && !error; i++) {
        error = set_key(ctx->argv[i], keys, &seen, object);
    }
    sset_destroy(&seen);
    return error;
}

/* Tables. */

/* Stores in 't' the columns that 'names', separated by commas, lists. */
static char *
choose_columns(struct tm_ctl_table *t, const char *names)
{
    char *copy = xstrdup(names), *save_ptr = NULL, *error = NULL;
    size_t allocated = t->n_columns;

    for (char *name = strtok_r(copy, ", ", &save_ptr); name && !error;
         name = strtok_r(NULL, ", ", &save_ptr)) {
        size_t i;

        for (i = 0; i < t->n_columns; i++) {
            if (!strcmp(t->columns[i].name, name)) {
                break;
            }
        }
        if (i == t->n_columns) {
            char *quoted = tm_quote(name);

            error = xasprintf("there is no column %s", quoted);
            free(quoted);
        } else {
            if (t->n_order >= allocated) {
                t->order = x2nrealloc(t->order, &allocated, sizeof *t->order);
            }
            t->order[t->n_order++] = i;
        }
    }
    if (!error && !t->n_order) {
        error = xstrdup("--columns names no column");
    }
    free(copy);
    return error;
}

char *
tm_ctl_table_init(struct tm_ctl_table *t, struct ctl_context *ctx,
                  const struct tm_ctl_column columns[])
{
    const char *names = shash_find_data(&ctx->options, "--columns");
    char *error = NULL;

    t->columns = columns;
    for (t->n_columns = 0; columns[t->n_columns].name; t->n_columns++) {
        continue;
    }
    t->order = xmalloc(t->n_columns * sizeof *t->order);
    t->n_order = 0;
    if (names) {
        error = choose_columns(t, names);
    } else {
        for (size_t i = 0; i < t->n_columns; i++) {
            t->order[t->n_order++] = i;
        }
    }
    if (error) {
        tm_ctl_table_uninit(t);
        return error;
    }

    t->table = ctx->table = xmalloc(sizeof *t->table);
    table_init(t->table);
    for (size_t i = 0; i < t->n_order; i++) {
        table_add_column(t->table, "%s", columns[t->order[i]].name);
    }
    return NULL;
}

void
tm_ctl_table_uninit(struct tm_ctl_table *t)
{
    free(t->order);
}

void
tm_ctl_table_row(struct tm_ctl_table *t, char *cells[])
{
    table_add_row(t->table);
    for (size_t i = 0; i < t->n_order; i++) {
        const struct tm_ctl_column *column = &t->columns[t->order[i]];
        const char *text = cells[t->order[i]];
        struct cell *cell = table_add_cell(t->table);
        long long int number;

        if (column->integer && str_to_llong(text, 10, &number)) {
            cell->json = json_integer_create(number);
            cell->type = &ovsdb_type_integer;
        } else if (*text || !column->integer) {
            cell->text = xstrdup(text);
        } /* No number: null in JSON, which a cell without text is. */
    }
    for (size_t i = 0; i < t->n_columns; i++) {
        free(cells[i]);
    }
}

/* Names. */

static char *
not_found(const char *kind, const char *text)
{
    char *quoted = tm_quote(text);
    char *error = xasprintf("no %s %s", kind, quoted);

    free(quoted);
    return error;
}

char *
tm_ctl_find_filter(struct ctl_context *ctx, const char *text, bool must_exist,
                   const struct tm_filter **p)
{
    char *error = tm_change_find_filter(tm_ctl_change(ctx), text, p);

    return (error ? error
            : !*p && must_exist ? not_found("filter", text)
            : NULL);
}

char *
tm_ctl_find_session(struct ctl_context *ctx, const char *text, bool must_exist,
                    const struct tm_session **p)
{
    char *error = tm_change_find_session(tm_ctl_change(ctx), text, p);

    return (error ? error
            : !*p && must_exist ? not_found("session", text)
            : NULL);
}

char *
tm_ctl_find_eni(struct ctl_context *ctx, const char *name, bool must_exist,
                const struct tm_eni **p)
{
    *p = tm_model_get_eni_by_name(&tm_ctl_change(ctx)->model, name);
    return !*p && must_exist ? not_found("ENI", name) : NULL;
}

char *
tm_ctl_find_lb(struct ctl_context *ctx, const char *name, bool must_exist,
               const struct tm_lb **p)
{
    const struct tm_lb *lb;

    *p = NULL;
    HMAP_FOR_EACH (lb, node, &tm_ctl_change(ctx)->model.lbs) {
        if (!strcmp(lb->name, name)) {
            *p = lb;
        }
    }
    return !*p && must_exist ? not_found("load balancer", name) : NULL;
}

static int
compare_names(const char *name_a, const struct uuid *uuid_a,
              const char *name_b, const struct uuid *uuid_b)
{
    int cmp = strcmp(name_a, name_b);

    return cmp ? cmp : uuid_compare_3way(uuid_a, uuid_b);
}

static int
compare_filters(const void *a_, const void *b_)
{
    const struct tm_filter *a = *(const struct tm_filter *const *) a_;
    const struct tm_filter *b = *(const struct tm_filter *const *) b_;

    return compare_names(a->name, &a->uuid, b->name, &b->uuid);
}

static int
compare_sessions(const void *a_, const void *b_)
{
    const struct tm_session *a = *(const struct tm_session *const *) a_;
    const struct tm_session *b = *(const struct tm_session *const *) b_;

    return compare_names(a->name, &a->uuid, b->name, &b->uuid);
}

size_t
tm_ctl_sort_filters(const struct tm_model *model,
                    const struct tm_filter ***filtersp)
{
    const struct tm_filter **filters
        = xmalloc((hmap_count(&model->filters) + 1) * sizeof *filters);
    const struct tm_filter *filter;
    size_t n = 0;

    HMAP_FOR_EACH (filter, node, &model->filters) {
        filters[n++] = filter;
    }
    qsort(filters, n, sizeof *filters, compare_filters);
    *filtersp = filters;
    return n;
}

size_t
tm_ctl_sort_sessions(const struct tm_model *model,
                     const struct tm_session ***sessionsp)
{
    const struct tm_session **sessions
        = xmalloc((hmap_count(&model->sessions) + 1) * sizeof *sessions);
    const struct tm_session *session;
    size_t n = 0;

    HMAP_FOR_EACH (session, node, &model->sessions) {
        sessions[n++] = session;
    }
    qsort(sessions, n, sizeof *sessions, compare_sessions);
    *sessionsp = sessions;
    return n;
}

char *
tm_ctl_format_target(const struct tm_model *model, const struct tm_session *s)
{
    const struct tm_eni *eni;
    const struct tm_lb *lb;
    char *addr, *text;

    switch (s->target_type) {
    case TM_TARGET_ENI:
        eni = tm_model_get_eni(model, &s->target);
        return xasprintf("eni:%s", eni ? eni->name : "");
    case TM_TARGET_ELB:
        lb = tm_model_get_lb(model, &s->target);
        return xasprintf("elb:%s", lb ? lb->name : "");
    case TM_TARGET_IP:
        /* A session that is written wrongly may lack it. */
        addr = s->target_addr.ip ? tm_addr_to_string(&s->target_addr)
                                 : xstrdup("");
        text = xasprintf("ip:%s", addr);
        free(addr);
        return text;
    default:
        OVS_NOT_REACHED();
    }
}
