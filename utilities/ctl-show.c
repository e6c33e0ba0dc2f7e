/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-show.c
 *
 * show, agent-list: what is configured together with what the nodes say. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/store/status.h"
#include "lib/text.h"
#include "lib/warning.h"
#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "utilities/ctl.h"
#include "uuid.h"

static void
show_rules(const struct tm_filter *filter, enum tm_direction direction,
           struct ds *s)
{
    size_t n = 0;

    for (size_t i = 0; i < filter->n_rules; i++) {
        n += filter->rules[i].direction == direction;
    }
    ds_put_format(s, "%"PRIuSIZE" %s rule%s", n,
                  tm_direction_to_adjective(direction), n == 1 ? "" : "s");
}

char *
tm_ctl_split_reason(const char *reason, struct svec *advice)
{
    static const char separator[] = "; "TM_WARNING_PREFIX;
    const char *begin = strstr(reason, TM_WARNING_PREFIX);
    size_t len = begin ? (size_t) (begin - reason) : strlen(reason);

    while (len && strchr("; ", reason[len - 1])) {
        len--;
    }
    while (begin) {
        const char *text = begin + strlen(TM_WARNING_PREFIX);
        const char *end = strstr(text, separator);

        svec_add_nocopy(advice, xmemdup0(text, (end ? (size_t) (end - text)
                                                : strlen(text))));
        begin = end ? end + strlen("; ") : NULL;
    }
    return xmemdup0(reason, len);
}

/* Lines of their own below the one that they are about. */
static void
show_warnings(struct svec *warnings, struct ds *s)
{
    for (size_t i = 0; i < warnings->n; i++) {
        ds_put_format(s, "    "TM_WARNING_PREFIX"%s\n", warnings->names[i]);
    }
    svec_clear(warnings);
}

static void
show_source(const struct ovsdb_idl *idl, const struct tm_model *model,
            const struct tm_source *source, struct ds *s)
{
    const struct tm_eni *eni = tm_model_get_eni(model, &source->eni);
    struct svec advice = SVEC_EMPTY_INITIALIZER;
    struct tm_source_status status;
    char *reason;

    tm_source_status_get(idl, &source->uuid, &status);
    ds_put_cstr(s, "  source ");
    tm_name_to(eni ? eni->name : "", s);
    ds_put_format(s, ": %s", status.status);
    if (!strcmp(status.status, "attached")) {
        ds_put_format(s, " on %s", status.agent);
        if (status.ofport) {
            ds_put_format(s, " (ofport %"PRId64")", status.ofport);
        }
    }
    reason = tm_ctl_split_reason(status.reason, &advice);
    ds_put_format(s, "%s%s\n", reason[0] ? ": " : "", reason);
    show_warnings(&advice, s);
    free(reason);
    svec_destroy(&advice);
    tm_source_status_uninit(&status);
}

static void
show_session(const struct ovsdb_idl *idl, const struct tm_model *model,
             const struct tm_session *session, struct ds *s)
{
    const struct tm_filter *filter
        = tm_model_get_filter(model, &session->filter);
    struct svec warnings = SVEC_EMPTY_INITIALIZER;
    char *target = tm_ctl_format_target(model, session);

    ds_put_cstr(s, "session ");
    tm_name_to(session->name, s);
    ds_put_format(s, " ("UUID_FMT")\n", UUID_ARGS(&session->uuid));
    ds_put_format(s, "  priority %"PRIu16", %s, vni %"PRIu32", target %s\n",
                  session->priority,
                  session->enabled ? "enabled" : "disabled", session->vni,
                  target);
    free(target);
    tm_warning_of_session(model, session, &warnings);
    show_warnings(&warnings, s);
    if (filter) {
        ds_put_cstr(s, "  filter ");
        tm_name_to(filter->name, s);
        ds_put_format(s, " ("UUID_FMT"): ", UUID_ARGS(&filter->uuid));
        show_rules(filter, TM_IN, s);
        ds_put_cstr(s, ", ");
        show_rules(filter, TM_OUT, s);
        ds_put_char(s, '\n');
        tm_warning_of_filter(filter, &warnings);
        show_warnings(&warnings, s);
    }
    for (size_t i = 0; i < session->n_sources; i++) {
        show_source(idl, model, &session->sources[i], s);
    }
    svec_destroy(&warnings);
}

static void
cmd_show(struct ctl_context *ctx)
{
    const struct tm_model *model = &tm_ctl_change(ctx)->model;

    if (ctx->argc > 1) {
        const struct tm_session *session;

        ctx->error = tm_ctl_find_session(ctx, ctx->argv[1], true, &session);
        if (!ctx->error) {
            show_session(ctx->idl, model, session, &ctx->output);
        }
    } else {
        const struct tm_session **sessions;
        size_t n = tm_ctl_sort_sessions(model, &sessions);

        for (size_t i = 0; i < n; i++) {
            show_session(ctx->idl, model, sessions[i], &ctx->output);
        }
        free(sessions);
    }
}

static void
cmd_agent_list(struct ctl_context *ctx)
{
    static const struct tm_ctl_column columns[] = {
        {"name", false}, {"alive", false}, {"version", false},
        {"pipeline", false}, {"applied", true}, {"problems", false},
        {NULL, false},
    };
    int64_t now = tm_ctl_change(ctx)->now;
    struct tm_agent_status *agents;
    struct tm_ctl_table t;
    size_t n;

    ctx->error = tm_ctl_table_init(&t, ctx, columns);
    if (ctx->error) {
        return;
    }
    n = tm_agent_status_list(ctx->idl, &agents);
    for (size_t i = 0; i < n; i++) {
        const struct tm_agent_status *a = &agents[i];
        char *cells[] = {
            xstrdup(a->name),
            xstrdup(a->alive_until > now ? "true" : "false"),
            xstrdup(a->version),
            xstrdup(a->pipeline),
            xasprintf("%"PRId64, a->nb_cfg),
            xstrdup(a->problems),
        };

        tm_ctl_table_row(&t, cells);
    }
    tm_agent_status_destroy(agents, n);
    tm_ctl_table_uninit(&t);
}

const struct ctl_command_syntax tm_ctl_show_commands[] = {
    {"show", 0, 1, "[SESSION]", tm_ctl_pre_status,
     cmd_show, NULL, "", RO},
    {"agent-list", 0, 0, "", tm_ctl_pre_status,
     cmd_agent_list, NULL, "--columns=", RO},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
