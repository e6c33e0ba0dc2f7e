/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-lb.c
 *
 * lb-*.  A load balancer is an outside one, which has an address, or a list of
 * members over which the nodes spread copies themselves. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "utilities/ctl.h"
#include "uuid.h"

static char *
set_vip(const char *key, const char *value, void *lb_)
{
    struct tm_lb *lb = lb_;

    lb->has_vip = value[0] != '\0';
    return lb->has_vip ? tm_ctl_parse_addr(key, value, &lb->vip) : NULL;
}

/* A member that is there twice gets no more than the others, so one of the two
 * was probably to be another. */
static char *
add_member(const char *key, const char *word, struct tm_lb *lb)
{
    struct tm_addr addr;
    char *error = tm_ctl_parse_addr(key, word, &addr);

    for (size_t i = 0; !error && i < lb->n_members; i++) {
        if (tm_addr_equal(&lb->members[i], &addr)) {
            error = tm_ctl_bad_value(key, word, xstrdup("is given twice"));
        }
    }
    if (!error) {
        lb->members = xrealloc(lb->members, ((lb->n_members + 1)
                                             * sizeof *lb->members));
        lb->members[lb->n_members++] = addr;
    }
    return error;
}

static char *
set_members(const char *key, const char *value, void *lb_)
{
    char *copy = xstrdup(value), *next = copy, *word, *error = NULL;
    struct tm_lb *lb = lb_;

    lb->n_members = 0;
    while (value[0] && !error && (word = strsep(&next, ","))) {
        error = add_member(key, word, lb);
    }
    free(copy);
    return error;
}

static const struct tm_ctl_key keys[] = {
    {"vip", set_vip},
    {"members", set_members},
    {NULL, NULL},
};

static char *
format_members(const struct tm_lb *lb)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < lb->n_members; i++) {
        ds_put_cstr(&s, i ? "," : "");
        tm_addr_format(&lb->members[i], &s);
    }
    return ds_steal_cstr(&s);
}

/* The word of the first thing in which 'a' and 'b' differ, or NULL. */
static const char *
lb_difference(const struct tm_lb *a, const struct tm_lb *b)
{
    char *members_a, *members_b;
    bool equal;

    if (a->has_vip != b->has_vip
        || (a->has_vip && !tm_addr_equal(&a->vip, &b->vip))) {
        return "vip";
    }
    members_a = format_members(a);
    members_b = format_members(b);
    equal = !strcmp(members_a, members_b);
    free(members_a);
    free(members_b);
    return equal ? NULL : "members";
}

static char *
exists(const char *name, const char *word)
{
    char *quoted = tm_quote(name);
    char *error = xasprintf("load balancer %s already exists%s%s", quoted,
                            word ? ", with another " : "", word ? word : "");

    free(quoted);
    return error;
}

static void
cmd_lb_add(struct ctl_context *ctx)
{
    const struct tm_lb *old;
    struct tm_lb *lb;
    struct uuid uuid;

    ctx->error = tm_ctl_find_lb(ctx, ctx->argv[1], false, &old);
    if (!ctx->error && old && !shash_find(&ctx->options, "--may-exist")) {
        ctx->error = exists(old->name, NULL);
    }
    if (ctx->error) {
        return;
    }

    lb = old ? tm_lb_clone(old) : tm_lb_create(&UUID_ZERO, ctx->argv[1]);
    ctx->error = tm_ctl_set_keys(ctx, 2, keys, lb);
    if (!ctx->error && old) {
        const char *word;

        tm_lb_finish(lb);
        word = lb_difference(lb, old);
        ctx->error = word ? exists(old->name, word) : NULL;
    }
    if (ctx->error) {
        tm_lb_destroy(lb);
        return;
    }
    ctx->error = tm_change_put_lb(tm_ctl_change(ctx), lb, &uuid);
    if (!ctx->error) {
        tm_ctl_put_uuid(ctx, &uuid);
    }
}

static void
cmd_lb_set(struct ctl_context *ctx)
{
    const struct tm_lb *old;
    struct tm_lb *lb;

    ctx->error = tm_ctl_find_lb(ctx, ctx->argv[1], true, &old);
    if (ctx->error) {
        return;
    }
    lb = tm_lb_clone(old);
    ctx->error = tm_ctl_set_keys(ctx, 2, keys, lb);
    if (ctx->error) {
        tm_lb_destroy(lb);
        return;
    }
    ctx->error = tm_change_put_lb(tm_ctl_change(ctx), lb, NULL);
}

static void
cmd_lb_del(struct ctl_context *ctx)
{
    bool must_exist = !shash_find(&ctx->options, "--if-exists");
    const struct tm_lb *lb;

    ctx->error = tm_ctl_find_lb(ctx, ctx->argv[1], must_exist, &lb);
    if (!ctx->error && lb) {
        ctx->error = tm_change_remove_lb(tm_ctl_change(ctx), &lb->uuid);
    }
}

static int
compare_lbs(const void *a_, const void *b_)
{
    const struct tm_lb *const *a = a_;
    const struct tm_lb *const *b = b_;

    return strcmp((*a)->name, (*b)->name);
}

static size_t
count_sessions(const struct tm_model *model, const struct tm_lb *lb)
{
    const struct tm_session **sessions;
    size_t n = tm_model_sessions_to(model, &lb->uuid, &sessions);

    free(sessions);
    return n;
}

static void
cmd_lb_list(struct ctl_context *ctx)
{
    static const struct tm_ctl_column columns[] = {
        {"uuid", false}, {"name", false}, {"vip", false}, {"members", false},
        {"sessions", true}, {NULL, false},
    };
    const struct tm_model *model = &tm_ctl_change(ctx)->model;
    const struct tm_lb **lbs, *lb;
    struct tm_ctl_table t;
    size_t n = 0;

    ctx->error = tm_ctl_table_init(&t, ctx, columns);
    if (ctx->error) {
        return;
    }
    lbs = xmalloc((hmap_count(&model->lbs) + 1) * sizeof *lbs);
    HMAP_FOR_EACH (lb, node, &model->lbs) {
        lbs[n++] = lb;
    }
    qsort(lbs, n, sizeof *lbs, compare_lbs);
    for (size_t i = 0; i < n; i++) {
        char *cells[] = {
            xasprintf(UUID_FMT, UUID_ARGS(&lbs[i]->uuid)),
            xstrdup(lbs[i]->name),
            lbs[i]->has_vip ? tm_addr_to_string(&lbs[i]->vip) : xstrdup(""),
            format_members(lbs[i]),
            xasprintf("%"PRIuSIZE, count_sessions(model, lbs[i])),
        };

        tm_ctl_table_row(&t, cells);
    }
    free(lbs);
    tm_ctl_table_uninit(&t);
}

const struct ctl_command_syntax tm_ctl_lb_commands[] = {
    {"lb-add", 1, INT_MAX, "NAME [KEY=VALUE]...", tm_ctl_pre_change,
     cmd_lb_add, NULL, "--may-exist", RW},
    {"lb-set", 2, INT_MAX, "NAME KEY=VALUE...", tm_ctl_pre_change,
     cmd_lb_set, NULL, "", RW},
    {"lb-del", 1, 1, "NAME", tm_ctl_pre_change,
     cmd_lb_del, NULL, "--if-exists", RW},
    {"lb-list", 0, 0, "", tm_ctl_pre_change,
     cmd_lb_list, NULL, "--columns=", RO},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
