/* SPDX-License-Identifier: Apache-2.0 */
/* validate-source.c
 *
 * The constraints on sessions from the other end: the rows are there, written
 * past the tools, and what can be mirrored is.  Disabled and unusable sessions
 * are reported too, but stop nothing: they are as if absent.  How many
 * sessions a source has is told by validate-quota.c. */

#include <config.h>

#include "lib/validate-private.h"

#include <stdlib.h>

#include "lib/text.h"
#include "util.h"

/* One source as the daemon finds it. */
struct source_view {
    const struct tm_model *model;
    const struct tm_eni *eni;
    char *name;                         /* The ENI's, in quotes. */
    const struct tm_session **sessions; /* All it is a source of, in order. */
    size_t n_sessions;
    struct tm_problems *problems;
};

/* Takes 'text' over.  What is no source of anything has no problem as one. */
static void
report(const struct source_view *v, const char *table, const struct uuid *row,
       char *text)
{
    if (v->n_sessions) {
        tm_problems_add(v->problems, table, row, text);
    } else {
        free(text);
    }
}

static void
report_priorities(const struct source_view *v)
{
    for (size_t i = 1; i < v->n_sessions; i++) {
        const struct tm_session *a = v->sessions[i - 1];
        const struct tm_session *b = v->sessions[i];

        if (a->priority == b->priority) {
            char *first = tm_quote(a->name);
            char *second = tm_quote(b->name);

            report(v, "Mirror_Session", &b->uuid,
                   xasprintf("priority: %d is that of session %s and of "
                             "session %s, which both have source ENI %s; %s "
                             "goes first; sessions of one source need "
                             "different priorities", b->priority, first,
                             second, v->name, first));
            free(first);
            free(second);
        }
    }
}

static void
report_repeats(const struct source_view *v)
{
    for (size_t i = 0; i < v->n_sessions; i++) {
        const struct tm_session *s = v->sessions[i];
        bool seen = false;

        for (size_t j = 0; j < s->n_sources; j++) {
            if (!uuid_equals(&s->sources[j].eni, &v->eni->uuid)) {
                continue;
            }
            if (seen) {
                report(v, "Mirror_Source", &s->sources[j].uuid,
                       xasprintf("interface: ENI %s is given twice in one "
                                 "session; an ENI may be a source of a "
                                 "session once", v->name));
            }
            seen = true;
        }
    }
}

/* Reports that the ENI is a target too.  Sets '*reason' if that is so by a
 * session that is in force. */
static void
report_targets(const struct source_view *v, char **reason)
{
    const struct tm_session **users;
    size_t n = tm_model_sessions_to(v->model, &v->eni->uuid, &users);

    for (size_t i = 0; i < n; i++) {
        char *target_of = tm_quote(users[i]->name);
        char *text = xasprintf("source: ENI %s is the target of session %s; "
                               "an ENI may not be a source and a target at "
                               "the same time", v->name, target_of);

        /* A session without sources sends nothing to its target. */
        if (!*reason && users[i]->enabled && users[i]->usable
            && users[i]->n_sources) {
            *reason = xstrdup(text);
        }
        report(v, "Mirror_Session", &users[i]->uuid, text);
        free(target_of);
    }
    free(users);
}

bool
tm_validate_source(const struct tm_model *model, const struct tm_eni *eni,
                   struct tm_problems *problems, char **reason)
{
    struct source_view v = {
        .model = model,
        .eni = eni,
        .name = tm_quote(eni->name),
        .problems = problems,
    };

    v.n_sessions = tm_model_all_sessions_of(model, &eni->uuid, &v.sessions);
    *reason = tm_check_supported(eni);
    if (*reason) {
        report(&v, "Network_Interface", &eni->uuid, xstrdup(*reason));
    }
    report_targets(&v, reason);
    report_priorities(&v);
    report_repeats(&v);
    free(v.sessions);
    free(v.name);
    return !*reason;
}
