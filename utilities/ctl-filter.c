/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-filter.c
 *
 * init, filter-*. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "utilities/ctl.h"
#include "uuid.h"

/* "init": the server has the database when we come here, see ctl-db.c. */
static void
cmd_init(struct ctl_context *ctx)
{
    tm_change_put_global(tm_ctl_change(ctx));
}

const struct ctl_command_syntax tm_ctl_global_commands[] = {
    {"init", 0, 0, "", tm_ctl_pre_change, cmd_init, NULL, "", RW},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};

static char *
set_name(const char *key OVS_UNUSED, const char *value, void *filter_)
{
    struct tm_filter *filter = filter_;

    free(filter->name);
    filter->name = xstrdup(value);
    return NULL;
}

static char *
set_description(const char *key OVS_UNUSED, const char *value, void *filter_)
{
    struct tm_filter *filter = filter_;

    free(filter->description);
    filter->description = xstrdup(value);
    return NULL;
}

static const struct tm_ctl_key add_keys[] = {
    {"description", set_description},
    {NULL, NULL},
};

static const struct tm_ctl_key set_keys[] = {
    {"name", set_name},
    {"description", set_description},
    {NULL, NULL},
};

/* The first filter with exactly that name, or NULL. */
static const struct tm_filter *
filter_by_name(const struct tm_model *model, const char *name)
{
    const struct tm_filter *filter;

    HMAP_FOR_EACH (filter, node, &model->filters) {
        if (!strcmp(filter->name, name)) {
            return filter;
        }
    }
    return NULL;
}

static char *
exists(const char *name, const char *more)
{
    char *quoted = tm_quote(name);
    char *error = xasprintf("filter %s already exists%s", quoted, more);

    free(quoted);
    return error;
}

/* 'filter' is as the command wants it, 'old' as it is. */
static void
may_exist(struct ctl_context *ctx, const struct tm_filter *filter,
          const struct tm_filter *old)
{
    if (strcmp(filter->description, old->description)) {
        ctx->error = exists(old->name, ", with another description");
        return;
    }
    tm_ctl_put_uuid(ctx, &old->uuid);
}

static void
cmd_filter_add(struct ctl_context *ctx)
{
    struct tm_change *c = tm_ctl_change(ctx);
    const char *name = ctx->argv[1];
    const struct tm_filter *old = filter_by_name(&c->model, name);
    struct tm_filter *filter;
    struct uuid uuid;

    if (old) {
        if (!shash_find(&ctx->options, "--may-exist")) {
            ctx->error = exists(name, "");
            return;
        }
        ctx->error = tm_ctl_find_filter(ctx, name, true, &old);
        if (ctx->error) {
            return;
        }
    }

    filter = old ? tm_filter_clone(old) : tm_filter_create(&UUID_ZERO);
    set_name(NULL, name, filter);
    ctx->error = tm_ctl_set_keys(ctx, 2, add_keys, filter);
    if (ctx->error) {
        tm_filter_destroy(filter);
    } else if (old) {
        may_exist(ctx, filter, old);
        tm_filter_destroy(filter);
    } else {
        ctx->error = tm_change_put_filter(c, filter, &uuid);
        if (!ctx->error) {
            tm_ctl_put_uuid(ctx, &uuid);
        }
    }
}

static void
cmd_filter_set(struct ctl_context *ctx)
{
    struct tm_change *c = tm_ctl_change(ctx);
    const struct tm_filter *old, *other;
    struct tm_filter *filter;

    ctx->error = tm_ctl_find_filter(ctx, ctx->argv[1], true, &old);
    if (ctx->error) {
        return;
    }
    filter = tm_filter_clone(old);
    ctx->error = tm_ctl_set_keys(ctx, 2, set_keys, filter);
    if (!ctx->error && strcmp(filter->name, old->name)) {
        other = filter_by_name(&c->model, filter->name);
        ctx->error = other ? exists(filter->name, "") : NULL;
    }
    if (ctx->error) {
        tm_filter_destroy(filter);
        return;
    }
    ctx->error = tm_change_put_filter(c, filter, NULL);
}

static void
cmd_filter_del(struct ctl_context *ctx)
{
    bool must_exist = !shash_find(&ctx->options, "--if-exists");
    const struct tm_filter *filter;

    ctx->error = tm_ctl_find_filter(ctx, ctx->argv[1], must_exist, &filter);
    if (!ctx->error && filter) {
        ctx->error = tm_change_remove_filter(tm_ctl_change(ctx),
                                             &filter->uuid);
    }
}

static size_t
count_rules(const struct tm_filter *filter, enum tm_direction direction)
{
    size_t n = 0;

    for (size_t i = 0; i < filter->n_rules; i++) {
        n += filter->rules[i].direction == direction;
    }
    return n;
}

static void
cmd_filter_list(struct ctl_context *ctx)
{
    static const struct tm_ctl_column columns[] = {
        {"uuid", false}, {"name", false}, {"inbound", true},
        {"outbound", true}, {"sessions", true}, {"description", false},
        {NULL, false},
    };
    const struct tm_model *model = &tm_ctl_change(ctx)->model;
    const struct tm_filter **filters;
    struct tm_ctl_table t;
    size_t n;

    ctx->error = tm_ctl_table_init(&t, ctx, columns);
    if (ctx->error) {
        return;
    }
    n = tm_ctl_sort_filters(model, &filters);
    for (size_t i = 0; i < n; i++) {
        const struct tm_filter *f = filters[i];
        const struct tm_session **sessions;
        char *cells[] = {
            xasprintf(UUID_FMT, UUID_ARGS(&f->uuid)),
            xstrdup(f->name),
            xasprintf("%"PRIuSIZE, count_rules(f, TM_IN)),
            xasprintf("%"PRIuSIZE, count_rules(f, TM_OUT)),
            xasprintf("%"PRIuSIZE,
                      tm_model_sessions_with_filter(model, &f->uuid,
                                                    &sessions)),
            xstrdup(f->description),
        };

        tm_ctl_table_row(&t, cells);
        free(sessions);
    }
    free(filters);
    tm_ctl_table_uninit(&t);
}

const struct ctl_command_syntax tm_ctl_filter_commands[] = {
    {"filter-add", 1, INT_MAX, "NAME [description=TEXT]", tm_ctl_pre_change,
     cmd_filter_add, NULL, "--may-exist", RW},
    {"filter-set", 2, INT_MAX, "FILTER KEY=VALUE...", tm_ctl_pre_change,
     cmd_filter_set, NULL, "", RW},
    {"filter-del", 1, 1, "FILTER", tm_ctl_pre_change,
     cmd_filter_del, NULL, "--if-exists", RW},
    {"filter-list", 0, 0, "", tm_ctl_pre_change,
     cmd_filter_list, NULL, "--columns=", RO},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
