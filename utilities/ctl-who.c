/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-who.c
 *
 * who-mirrors: an ENI from the other side, with the sessions that copy it and
 * those that send copies to it.  An ENI is a target also where a session names
 * only its address, by itself or as that of a load balancer. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/store/status.h"
#include "svec.h"
#include "utilities/ctl.h"
#include "uuid.h"

/* What is printed. */
struct who {
    struct ctl_context *ctx;
    const struct tm_model *model;
    const struct tm_eni *eni;
    struct tm_ctl_table t;
};

/* Takes 'status' over. */
static void
put_row(struct who *who, const struct tm_session *s, const char *role,
        char *status)
{
    const struct tm_filter *f = tm_model_get_filter(who->model, &s->filter);
    char *cells[] = {
        xstrdup(s->name),
        xasprintf(UUID_FMT, UUID_ARGS(&s->uuid)),
        xstrdup(role),
        xasprintf("%"PRIu16, s->priority),
        xstrdup(s->enabled ? "true" : "false"),
        xstrdup(f ? f->name : ""),
        tm_ctl_format_target(who->model, s),
        xasprintf("%"PRIu32, s->vni),
        status,
    };

    tm_ctl_table_row(&who->t, cells);
}

/* "attached on hv1", "error: flavor does not support mirroring". */
static char *
describe_source(const struct who *who, const struct uuid *source)
{
    struct svec advice = SVEC_EMPTY_INITIALIZER;
    struct tm_source_status status;
    char *reason, *text;

    tm_source_status_get(who->ctx->idl, source, &status);
    reason = tm_ctl_split_reason(status.reason, &advice);
    text = xasprintf("%s%s%s%s%s", status.status,
                     strcmp(status.status, "attached") ? "" : " on ",
                     strcmp(status.status, "attached") ? "" : status.agent,
                     reason[0] ? ": " : "", reason);
    free(reason);
    svec_destroy(&advice);
    tm_source_status_uninit(&status);
    return text;
}

/* In the order of matching; twice if a session names the ENI twice. */
static void
put_sources(struct who *who)
{
    const struct tm_session **sessions;
    size_t n = tm_model_all_sessions_of(who->model, &who->eni->uuid,
                                        &sessions);

    for (size_t i = 0; i < n; i++) {
        const struct tm_session *s = sessions[i];

        for (size_t j = 0; j < s->n_sources; j++) {
            if (uuid_equals(&s->sources[j].eni, &who->eni->uuid)) {
                put_row(who, s, "source",
                        describe_source(who, &s->sources[j].uuid));
            }
        }
    }
    free(sessions);
}

static bool
has_address(const struct tm_eni *eni, const struct tm_addr *addr)
{
    for (size_t i = 0; i < eni->n_addresses; i++) {
        if (tm_addr_equal(&eni->addresses[i], addr)) {
            return true;
        }
    }
    return false;
}

/* True if copies to 'lb' may go to 'eni'. */
static bool
lb_has_address(const struct tm_lb *lb, const struct tm_eni *eni)
{
    for (size_t i = 0; i < lb->n_members; i++) {
        if (has_address(eni, &lb->members[i])) {
            return true;
        }
    }
    return lb->has_vip && !lb->n_members && has_address(eni, &lb->vip);
}

/* How the ENI is the target of 's', or NULL. */
static const char *
target_role(const struct who *who, const struct tm_session *s)
{
    static const char by_address[] = "target (by address)";
    const struct tm_lb *lb;

    switch (s->target_type) {
    case TM_TARGET_ENI:
        return uuid_equals(&s->target, &who->eni->uuid) ? "target" : NULL;
    case TM_TARGET_ELB:
        lb = tm_model_get_lb(who->model, &s->target);
        return lb && lb_has_address(lb, who->eni) ? by_address : NULL;
    case TM_TARGET_IP:
        return has_address(who->eni, &s->target_addr) ? by_address : NULL;
    default:
        OVS_NOT_REACHED();
    }
}

static void
put_targets(struct who *who)
{
    const struct tm_session **sessions;
    size_t n = tm_ctl_sort_sessions(who->model, &sessions);

    for (size_t i = 0; i < n; i++) {
        const char *role = target_role(who, sessions[i]);

        if (role) {
            put_row(who, sessions[i], role, xstrdup(""));
        }
    }
    free(sessions);
}

static void
cmd_who_mirrors(struct ctl_context *ctx)
{
    static const struct tm_ctl_column columns[] = {
        {"session", false}, {"uuid", false}, {"role", false},
        {"priority", true}, {"enabled", false}, {"filter", false},
        {"target", false}, {"vni", true}, {"status", false}, {NULL, false},
    };
    struct who who = { .ctx = ctx, .model = &tm_ctl_change(ctx)->model };

    ctx->error = tm_ctl_find_eni(ctx, ctx->argv[1], true, &who.eni);
    if (!ctx->error) {
        ctx->error = tm_ctl_table_init(&who.t, ctx, columns);
    }
    if (!ctx->error) {
        put_sources(&who);
        put_targets(&who);
        tm_ctl_table_uninit(&who.t);
    }
}

const struct ctl_command_syntax tm_ctl_who_commands[] = {
    {"who-mirrors", 1, 1, "ENI", tm_ctl_pre_status,
     cmd_who_mirrors, NULL, "--columns=", RO},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
