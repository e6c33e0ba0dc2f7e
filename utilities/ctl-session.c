/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-session.c
 *
 * session-*, source-*. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "lib/validate.h"
#include "openvswitch/dynamic-string.h"
#include "utilities/ctl.h"
#include "uuid.h"

/* A session being composed, with what its keys need to find other things. */
struct edit {
    struct ctl_context *ctx;
    struct tm_session *session;
};

static char *
set_name(const char *key OVS_UNUSED, const char *value, void *edit_)
{
    struct edit *edit = edit_;

    free(edit->session->name);
    edit->session->name = xstrdup(value);
    return NULL;
}

static char *
set_description(const char *key OVS_UNUSED, const char *value, void *edit_)
{
    struct edit *edit = edit_;

    free(edit->session->description);
    edit->session->description = xstrdup(value);
    return NULL;
}

static char *
set_priority(const char *key, const char *value, void *edit_)
{
    struct edit *edit = edit_;
    int64_t priority;
    char *error = tm_validate_integer(key, value, 1, TM_SESSION_PRIORITY_MAX,
                                      &priority);

    if (!error) {
        edit->session->priority = priority;
    }
    return error;
}

static char *
set_vni(const char *key, const char *value, void *edit_)
{
    struct edit *edit = edit_;
    int64_t vni = TM_VNI_DEFAULT;
    char *error = NULL;

    if (value[0]) {
        error = tm_validate_integer(key, value, 0, TM_VNI_MAX, &vni);
    }
    if (!error) {
        edit->session->vni = vni;
    }
    return error;
}

static char *
set_packet_length(const char *key, const char *value, void *edit_)
{
    struct edit *edit = edit_;
    int64_t length = 0;
    char *error = NULL;

    if (value[0]) {
        error = tm_validate_integer(key, value, 1, TM_PACKET_LENGTH_MAX,
                                    &length);
    }
    if (!error) {
        edit->session->packet_length = length;
    }
    return error;
}

static char *
set_filter(const char *key OVS_UNUSED, const char *value, void *edit_)
{
    struct edit *edit = edit_;
    const struct tm_filter *filter;
    char *error = tm_ctl_find_filter(edit->ctx, value, true, &filter);

    if (!error) {
        edit->session->filter = filter->uuid;
    }
    return error;
}

static char *
set_target(const char *key, const char *value, void *edit_)
{
    struct edit *edit = edit_;
    struct tm_session *session = edit->session;
    char *error;

    session->target = UUID_ZERO;
    memset(&session->target_addr, 0, sizeof session->target_addr);
    if (!strncmp(value, "eni:", 4)) {
        const struct tm_eni *eni;

        session->target_type = TM_TARGET_ENI;
        error = tm_ctl_find_eni(edit->ctx, value + 4, true, &eni);
        if (!error) {
            session->target = eni->uuid;
        }
    } else if (!strncmp(value, "elb:", 4)) {
        const struct tm_lb *lb;

        session->target_type = TM_TARGET_ELB;
        error = tm_ctl_find_lb(edit->ctx, value + 4, true, &lb);
        if (!error) {
            session->target = lb->uuid;
        }
    } else if (!strncmp(value, "ip:", 3)) {
        session->target_type = TM_TARGET_IP;
        error = tm_addr_parse(value + 3, &session->target_addr);
    } else {
        error = xstrdup("must be eni:ID, elb:NAME or ip:ADDR");
    }
    return error ? tm_ctl_bad_value(key, value, error) : NULL;
}

static const struct tm_ctl_key add_keys[] = {
    {"vni", set_vni},
    {"packet-length", set_packet_length},
    {"description", set_description},
    {NULL, NULL},
};

static const struct tm_ctl_key set_keys[] = {
    {"name", set_name},
    {"priority", set_priority},
    {"filter", set_filter},
    {"target", set_target},
    {"vni", set_vni},
    {"packet-length", set_packet_length},
    {"description", set_description},
    {NULL, NULL},
};

/* A copy of 'old' without the marks of what was wrong with it: whether it is
 * legal is judged anew. */
static struct tm_session *
clone_session(const struct tm_session *old)
{
    struct tm_session *session = tm_session_clone(old);

    session->usable = true;
    tm_problems_uninit(&session->problems);
    tm_problems_init(&session->problems);
    return session;
}

/* The first session with exactly that name, or NULL. */
static const struct tm_session *
session_by_name(const struct tm_model *model, const char *name)
{
    const struct tm_session *session;

    HMAP_FOR_EACH (session, node, &model->sessions) {
        if (!strcmp(session->name, name)) {
            return session;
        }
    }
    return NULL;
}

static char *
exists(const char *name, const char *word)
{
    char *quoted = tm_quote(name);
    char *error = xasprintf("session %s already exists%s%s", quoted,
                            word ? ", with another " : "", word ? word : "");

    free(quoted);
    return error;
}

/* The word of the first thing in which 'a' and 'b' differ, or NULL. */
static const char *
session_difference(const struct tm_session *a, const struct tm_session *b)
{
    return (a->priority != b->priority ? "priority"
            : !uuid_equals(&a->filter, &b->filter) ? "filter"
            : a->target_type != b->target_type
              || !uuid_equals(&a->target, &b->target)
              || (a->target_type == TM_TARGET_IP
                  && !tm_addr_equal(&a->target_addr, &b->target_addr))
              ? "target"
            : a->vni != b->vni ? "vni"
            : a->packet_length != b->packet_length ? "packet-length"
            : strcmp(a->description, b->description) ? "description"
            : a->enabled != b->enabled ? "state (enabled or disabled)"
            : NULL);
}

/* session-add's arguments into 'edit'. */
static char *
parse_session(struct edit *edit, bool is_new)
{
    struct ctl_context *ctx = edit->ctx;
    char *error = set_priority("priority", ctx->argv[2], edit);

    if (!error) {
        error = set_filter("filter", ctx->argv[3], edit);
    }
    if (!error) {
        error = set_target("target", ctx->argv[4], edit);
    }
    if (!error) {
        error = tm_ctl_set_keys(ctx, 5, add_keys, edit);
    }
    if (is_new) {
        set_name("name", ctx->argv[1], edit);
        edit->session->enabled = true;
    }
    if (shash_find(&ctx->options, "--disabled")) {
        edit->session->enabled = false;
    }
    return error;
}

static void
cmd_session_add(struct ctl_context *ctx)
{
    struct tm_change *c = tm_ctl_change(ctx);
    const char *name = ctx->argv[1];
    const struct tm_session *old = session_by_name(&c->model, name);
    struct edit edit = { .ctx = ctx };
    struct uuid uuid;

    if (old) {
        ctx->error = (shash_find(&ctx->options, "--may-exist")
                      ? tm_ctl_find_session(ctx, name, true, &old)
                      : exists(name, NULL));
        if (ctx->error) {
            return;
        }
        edit.session = clone_session(old);
    } else {
        edit.session = tm_session_create(&UUID_ZERO);
        edit.session->usable = true;
        edit.session->vni = TM_VNI_DEFAULT;
    }

    ctx->error = parse_session(&edit, !old);
    if (!ctx->error && old) {
        const char *word = session_difference(edit.session, old);

        ctx->error = word ? exists(name, word) : NULL;
        uuid = old->uuid;
    }
    if (ctx->error || old) {
        tm_session_destroy(edit.session);
    } else {
        ctx->error = tm_change_put_session(c, edit.session, &uuid);
    }
    if (!ctx->error) {
        tm_ctl_put_uuid(ctx, &uuid);
    }
}

static void
cmd_session_set(struct ctl_context *ctx)
{
    struct tm_change *c = tm_ctl_change(ctx);
    struct edit edit = { .ctx = ctx };
    const struct tm_session *old;

    ctx->error = tm_ctl_find_session(ctx, ctx->argv[1], true, &old);
    if (ctx->error) {
        return;
    }
    edit.session = clone_session(old);
    ctx->error = tm_ctl_set_keys(ctx, 2, set_keys, &edit);
    if (!ctx->error && strcmp(edit.session->name, old->name)
        && session_by_name(&c->model, edit.session->name)) {
        ctx->error = exists(edit.session->name, NULL);
    }
    if (ctx->error) {
        tm_session_destroy(edit.session);
        return;
    }
    ctx->error = tm_change_put_session(c, edit.session, NULL);
}

static void
set_enabled(struct ctl_context *ctx, bool enabled)
{
    const struct tm_session *old;
    struct tm_session *session;

    ctx->error = tm_ctl_find_session(ctx, ctx->argv[1], true, &old);
    if (!ctx->error) {
        session = clone_session(old);
        session->enabled = enabled;
        ctx->error = tm_change_put_session(tm_ctl_change(ctx), session, NULL);
    }
}

static void
cmd_session_enable(struct ctl_context *ctx)
{
    set_enabled(ctx, true);
}

static void
cmd_session_disable(struct ctl_context *ctx)
{
    set_enabled(ctx, false);
}

static void
cmd_session_del(struct ctl_context *ctx)
{
    bool must_exist = !shash_find(&ctx->options, "--if-exists");
    const struct tm_session *session;

    ctx->error = tm_ctl_find_session(ctx, ctx->argv[1], must_exist, &session);
    if (!ctx->error && session) {
        ctx->error = tm_change_remove_session(tm_ctl_change(ctx),
                                              &session->uuid);
    }
}

static char *
format_sources(const struct tm_model *model, const struct tm_session *session)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < session->n_sources; i++) {
        const struct tm_eni *eni
            = tm_model_get_eni(model, &session->sources[i].eni);

        ds_put_format(&s, "%s%s", i ? "," : "", eni ? eni->name : "");
    }
    return ds_steal_cstr(&s);
}

static void
cmd_session_list(struct ctl_context *ctx)
{
    static const struct tm_ctl_column columns[] = {
        {"uuid", false}, {"name", false}, {"priority", true},
        {"enabled", false}, {"filter", false}, {"target", false},
        {"vni", true}, {"packet-length", true}, {"sources", false},
        {"description", false}, {NULL, false},
    };
    const struct tm_model *model = &tm_ctl_change(ctx)->model;
    const struct tm_session **sessions;
    struct tm_ctl_table t;
    size_t n;

    ctx->error = tm_ctl_table_init(&t, ctx, columns);
    if (ctx->error) {
        return;
    }
    n = tm_ctl_sort_sessions(model, &sessions);
    for (size_t i = 0; i < n; i++) {
        const struct tm_session *s = sessions[i];
        const struct tm_filter *f = tm_model_get_filter(model, &s->filter);
        char *cells[] = {
            xasprintf(UUID_FMT, UUID_ARGS(&s->uuid)),
            xstrdup(s->name),
            xasprintf("%"PRIu16, s->priority),
            xstrdup(s->enabled ? "true" : "false"),
            xstrdup(f ? f->name : ""),
            tm_ctl_format_target(model, s),
            xasprintf("%"PRIu32, s->vni),
            (s->packet_length
             ? xasprintf("%"PRIu32, s->packet_length) : xstrdup("")),
            format_sources(model, s),
            xstrdup(s->description),
        };

        tm_ctl_table_row(&t, cells);
    }
    free(sessions);
    tm_ctl_table_uninit(&t);
}

/* The place of ENI 'eni' in the sources of 'session', or -1. */
static int
source_index(const struct tm_session *session, const struct uuid *eni)
{
    for (size_t i = 0; i < session->n_sources; i++) {
        if (uuid_equals(&session->sources[i].eni, eni)) {
            return i;
        }
    }
    return -1;
}

static char *
source_error(const struct tm_session *session, const char *eni,
             const char *problem)
{
    char *session_name = tm_quote(session->name);
    char *eni_name = tm_quote(eni);
    char *error = xasprintf("ENI %s %s session %s", eni_name, problem,
                            session_name);

    free(session_name);
    free(eni_name);
    return error;
}

/* Adds the ENI called 'name', which is made if need be, to 'session'. */
static char *
add_source(struct ctl_context *ctx, struct tm_session *session,
           const char *name)
{
    struct tm_source source = { .uuid = UUID_ZERO };
    const struct tm_eni *eni;
    char *error;

    error = tm_ctl_find_eni(ctx, name, false, &eni);
    if (error) {
        return error;
    } else if (eni) {
        source.eni = eni->uuid;
    } else {
        struct tm_eni *new = tm_eni_create(&UUID_ZERO, name);

        new->mirroring_supported = true;
        error = tm_change_put_eni(tm_ctl_change(ctx), new, &source.eni);
        if (error) {
            return error;
        }
    }

    if (source_index(session, &source.eni) >= 0) {
        return (shash_find(&ctx->options, "--may-exist")
                ? NULL
                : source_error(session, name, "is already a source of"));
    }
    for (size_t i = 0; i < session->n_sources; i++) {
        source.position = MAX(source.position,
                              session->sources[i].position + 1);
    }
    tm_session_add_source(session, &source);
    return NULL;
}

static void
cmd_source_add(struct ctl_context *ctx)
{
    const struct tm_session *old;
    struct tm_session *session;

    ctx->error = tm_ctl_find_session(ctx, ctx->argv[1], true, &old);
    if (ctx->error) {
        return;
    }
    session = clone_session(old);
    for (int i = 2; i < ctx->argc && !ctx->error; i++) {
        ctx->error = add_source(ctx, session, ctx->argv[i]);
    }
    if (ctx->error) {
        tm_session_destroy(session);
        return;
    }
    ctx->error = tm_change_put_session(tm_ctl_change(ctx), session, NULL);
}

static char *
del_source(struct ctl_context *ctx, struct tm_session *session,
           const char *name)
{
    bool if_exists = shash_find(&ctx->options, "--if-exists");
    const struct tm_eni *eni;
    char *error = tm_ctl_find_eni(ctx, name, !if_exists, &eni);
    int i = eni ? source_index(session, &eni->uuid) : -1;

    if (error || (i < 0 && if_exists)) {
        return error;
    } else if (i < 0) {
        return source_error(session, name, "is not a source of");
    }
    session->n_sources--;
    memmove(&session->sources[i], &session->sources[i + 1],
            (session->n_sources - i) * sizeof *session->sources);
    return NULL;
}

static void
cmd_source_del(struct ctl_context *ctx)
{
    const struct tm_session *old;
    struct tm_session *session;

    ctx->error = tm_ctl_find_session(ctx, ctx->argv[1], true, &old);
    if (ctx->error) {
        return;
    }
    session = clone_session(old);
    if (ctx->argc == 2) {
        session->n_sources = 0;
    }
    for (int i = 2; i < ctx->argc && !ctx->error; i++) {
        ctx->error = del_source(ctx, session, ctx->argv[i]);
    }
    if (ctx->error) {
        tm_session_destroy(session);
        return;
    }
    ctx->error = tm_change_put_session(tm_ctl_change(ctx), session, NULL);
}

const struct ctl_command_syntax tm_ctl_session_commands[] = {
    {"session-add", 4, INT_MAX, "NAME PRIORITY FILTER TARGET [KEY=VALUE]...",
     tm_ctl_pre_change, cmd_session_add, NULL,
     "--may-exist,--disabled", RW},
    {"session-set", 2, INT_MAX, "SESSION KEY=VALUE...", tm_ctl_pre_change,
     cmd_session_set, NULL, "", RW},
    {"session-enable", 1, 1, "SESSION", tm_ctl_pre_change,
     cmd_session_enable, NULL, "", RW},
    {"session-disable", 1, 1, "SESSION", tm_ctl_pre_change,
     cmd_session_disable, NULL, "", RW},
    {"session-del", 1, 1, "SESSION", tm_ctl_pre_change,
     cmd_session_del, NULL, "--if-exists", RW},
    {"session-list", 0, 0, "", tm_ctl_pre_change,
     cmd_session_list, NULL, "--columns=", RO},
    {"source-add", 2, INT_MAX, "SESSION ENI...", tm_ctl_pre_change,
     cmd_source_add, NULL, "--may-exist", RW},
    {"source-del", 1, INT_MAX, "SESSION [ENI...]", tm_ctl_pre_change,
     cmd_source_del, NULL, "--if-exists", RW},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
