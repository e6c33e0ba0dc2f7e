/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-explain.c
 *
 * explain: what the daemon of the source's node would answer, as far as the
 * database knows it.  Of the node it has what that wrote about the source, and
 * takes for granted that copies go to the usual UDP port. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "lib/encap.h"
#include "lib/explain.h"
#include "lib/packet.h"
#include "lib/store/status.h"
#include "svec.h"
#include "utilities/ctl.h"
#include "uuid.h"

/* "inbound not mirrored: " begins the part of a reason that says so. */
static bool
is_mirrored(const char *reason, enum tm_direction direction)
{
    char *phrase = xasprintf("%s not mirrored: ",
                             tm_direction_to_adjective(direction));
    bool mirrored = !strstr(reason, phrase);

    free(phrase);
    return mirrored;
}

static void
put_explanation(struct ctl_context *ctx, const struct tm_explain *e)
{
    struct svec advice = SVEC_EMPTY_INITIALIZER;
    struct tm_source_status status;
    char *reason;

    tm_source_status_get(ctx->idl, &e->source, &status);
    reason = tm_ctl_split_reason(status.reason, &advice);
    struct tm_explain_way way = {
        .status = status.status,
        .agent = status.agent,
        .reason = reason,
        .ofport = status.ofport,
        .mirrored = is_mirrored(reason, e->direction),
    };
    tm_explain_format(e, &way, &ctx->output);
    free(reason);
    svec_destroy(&advice);
    tm_source_status_uninit(&status);
}

/* True if 'eni', a source of 'session', is the bridge's own port. */
static bool
is_local(const struct ctl_context *ctx, const struct tm_session *session,
         const struct tm_eni *eni)
{
    bool local = false;

    for (size_t i = 0; i < session->n_sources; i++) {
        const struct tm_source *source = &session->sources[i];

        if (uuid_equals(&source->eni, &eni->uuid)) {
            struct tm_source_status status;

            tm_source_status_get(ctx->idl, &source->uuid, &status);
            local |= status.ofport == ofp_to_u16(OFPP_LOCAL);
            tm_source_status_uninit(&status);
        }
    }
    return local;
}

/* The place of 'eni' according to the node it is on. */
static struct tm_explain_place
find_place(const struct ctl_context *ctx, const struct tm_model *model,
           const struct tm_eni *eni)
{
    struct tm_explain_place place = { .vxlan_port = TM_VXLAN_PORT_DEFAULT };
    char *agent = tm_status_eni_agent(ctx->idl, &eni->uuid);
    const struct tm_session **sessions;
    size_t n = tm_model_all_sessions_of(model, &eni->uuid, &sessions);

    place.prefer = tm_status_agent_prefers(ctx->idl, agent);
    free(agent);
    for (size_t i = 0; i < n; i++) {
        place.local |= is_local(ctx, sessions[i], eni);
    }
    free(sessions);
    return place;
}

static void
cmd_explain(struct ctl_context *ctx)
{
    const struct tm_model *model = &tm_ctl_change(ctx)->model;
    struct tm_explain_place place;
    enum tm_direction direction;
    const struct tm_eni *eni;
    struct tm_explain e;
    struct flow flow;

    ctx->error = tm_ctl_find_eni(ctx, ctx->argv[1], true, &eni);
    if (!ctx->error && !tm_direction_from_string(ctx->argv[2], &direction)) {
        ctx->error = tm_ctl_bad_value("direction", ctx->argv[2],
                                      xstrdup("must be in or out"));
    }
    if (!ctx->error) {
        ctx->error = tm_packet_parse_flow(ctx->argv[3], &flow);
    }
    if (ctx->error) {
        return;
    }

    place = find_place(ctx, model, eni);
    tm_explain_init(&e, model, eni, direction, &flow, &place);
    put_explanation(ctx, &e);
    tm_explain_uninit(&e);
}

const struct ctl_command_syntax tm_ctl_explain_commands[] = {
    {"explain", 3, 3, "ENI DIRECTION FLOW", tm_ctl_pre_status,
     cmd_explain, NULL, "", RO},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
