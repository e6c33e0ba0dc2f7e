/* SPDX-License-Identifier: Apache-2.0 */
/* validate-model.c
 *
 * Constraints between objects.  Those of a session that is about to be written
 * are a table, one row a constraint: a further one is a function and a row.
 * All look at disabled sessions too, since enabling one must not be what makes
 * the others wrong.
 *
 * tm_validate_source() looks at the same constraints from the other end: the
 * rows are there, written past the tools, and what can be mirrored is.  There
 * a disabled or unusable session is reported, but stops nothing: it is as if
 * absent. */

#include <config.h>

#include "lib/validate.h"

#include <stdlib.h>

#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

/* The name of 'eni' in quotes, or its UUID while it is not known. */
static char *
eni_name(const struct tm_model *model, const struct uuid *uuid)
{
    const struct tm_eni *eni = tm_model_get_eni(model, uuid);

    return (eni ? tm_quote(eni->name)
            : xasprintf(UUID_FMT, UUID_ARGS(uuid)));
}

/* The first session of 'sessions' that is not an older version of 's'. */
static const struct tm_session *
first_other(const struct tm_session **sessions, size_t n,
            const struct tm_session *s)
{
    for (size_t i = 0; i < n; i++) {
        if (!uuid_equals(&sessions[i]->uuid, &s->uuid)) {
            return sessions[i];
        }
    }
    return NULL;
}

static char *
check_source_once(const struct tm_model *model, const struct tm_session *s)
{
    struct uuidset seen = UUIDSET_INITIALIZER(&seen);
    char *error = NULL;

    for (size_t i = 0; i < s->n_sources && !error; i++) {
        const struct uuid *eni = &s->sources[i].eni;

        if (uuidset_contains(&seen, eni)) {
            char *name = eni_name(model, eni);

            error = xasprintf("source: ENI %s is given twice; an ENI may be "
                              "a source of a session once", name);
            free(name);
        }
        uuidset_insert(&seen, eni);
    }
    uuidset_destroy(&seen);
    return error;
}

/* A constraint on one source of a session. */
typedef char *source_check(const struct tm_model *, const struct tm_session *,
                           const struct uuid *eni);

static char *
validate_supported(const struct tm_eni *eni)
{
    char *name, *error;

    if (eni->mirroring_supported) {
        return NULL;
    }
    name = tm_quote(eni->name);
    error = xasprintf("source: ENI %s does not support mirroring "
                      "(mirroring=false); allowed are ENIs that do", name);
    free(name);
    return error;
}

static bool
has_source(const struct tm_session *s, const struct uuid *eni)
{
    for (size_t i = 0; s && i < s->n_sources; i++) {
        if (uuid_equals(&s->sources[i].eni, eni)) {
            return true;
        }
    }
    return false;
}

/* A source that came to be unsupported later is detached, by itself: it must
 * not stop changes of its session (section 7). */
static char *
check_supported(const struct tm_model *model, const struct tm_session *s,
                const struct uuid *uuid)
{
    const struct tm_eni *eni = tm_model_get_eni(model, uuid);

    return (eni && !has_source(tm_model_get_session(model, &s->uuid), uuid)
            ? validate_supported(eni) : NULL);
}

static char *
check_n_sessions(const struct tm_model *model, const struct tm_session *s,
                 const struct uuid *eni)
{
    const struct tm_session **others;
    size_t n = tm_model_all_sessions_of(model, eni, &others);
    size_t n_others = 0;
    char *error = NULL;

    for (size_t i = 0; i < n; i++) {
        n_others += !uuid_equals(&others[i]->uuid, &s->uuid);
    }
    free(others);
    if (n_others >= TM_SESSIONS_PER_SOURCE) {
        char *name = eni_name(model, eni);

        error = xasprintf("source: ENI %s is a source of %"PRIuSIZE" other "
                          "sessions; an ENI may be a source of at most %d "
                          "sessions", name, n_others, TM_SESSIONS_PER_SOURCE);
        free(name);
    }
    return error;
}

static char *
check_priority(const struct tm_model *model, const struct tm_session *s,
               const struct uuid *eni)
{
    const struct tm_session **others;
    size_t n = tm_model_all_sessions_of(model, eni, &others);
    char *error = NULL;

    for (size_t i = 0; i < n && !error; i++) {
        if (others[i]->priority == s->priority
            && !uuid_equals(&others[i]->uuid, &s->uuid)) {
            char *other = tm_quote(others[i]->name);
            char *name = eni_name(model, eni);

            error = xasprintf("priority: %d is already that of session %s, "
                              "which has source ENI %s too; sessions of one "
                              "source need different priorities, 1 to %d",
                              s->priority, other, name,
                              TM_SESSION_PRIORITY_MAX);
            free(other);
            free(name);
        }
    }
    free(others);
    return error;
}

static char *
check_no_target(const struct tm_model *model, const struct tm_session *s,
                const struct uuid *eni)
{
    const struct tm_session **users;
    const struct tm_session *other;
    char *error = NULL;
    size_t n;

    n = tm_model_sessions_to(model, eni, &users);
    other = (s->target_type == TM_TARGET_ENI && uuid_equals(&s->target, eni)
             ? s : first_other(users, n, s));
    if (other) {
        char *target_of = tm_quote(other->name);
        char *name = eni_name(model, eni);

        error = xasprintf("source: ENI %s is the target of session %s; an "
                          "ENI may not be a source and a target at the same "
                          "time", name, target_of);
        free(target_of);
        free(name);
    }
    free(users);
    return error;
}

static char *
check_each(const struct tm_model *model, const struct tm_session *s,
           source_check *check)
{
    char *error = NULL;

    for (size_t i = 0; i < s->n_sources && !error; i++) {
        error = check(model, s, &s->sources[i].eni);
    }
    return error;
}

static char *
check_sources_supported(const struct tm_model *model,
                        const struct tm_session *s)
{
    return check_each(model, s, check_supported);
}

static char *
check_sources_n_sessions(const struct tm_model *model,
                         const struct tm_session *s)
{
    return check_each(model, s, check_n_sessions);
}

static char *
check_sources_priority(const struct tm_model *model,
                       const struct tm_session *s)
{
    return check_each(model, s, check_priority);
}

static char *
check_sources_no_target(const struct tm_model *model,
                        const struct tm_session *s)
{
    return check_each(model, s, check_no_target);
}

static char *
check_target_no_source(const struct tm_model *model,
                       const struct tm_session *s)
{
    const struct tm_session **users;
    const struct tm_session *other;
    char *error = NULL;
    size_t n;

    if (s->target_type != TM_TARGET_ENI) {
        return NULL;
    }
    n = tm_model_all_sessions_of(model, &s->target, &users);
    other = first_other(users, n, s);
    if (other) {
        char *source_of = tm_quote(other->name);
        char *name = eni_name(model, &s->target);

        error = xasprintf("target: ENI %s is a source of session %s; an ENI "
                          "may not be a source and a target at the same time",
                          name, source_of);
        free(source_of);
        free(name);
    }
    free(users);
    return error;
}

static char *
check_target_address(const struct tm_model *model,
                     const struct tm_session *s)
{
    struct tm_addr addr;
    char *why = tm_model_target_address(model, s, 0, &addr);
    char *error;

    if (!why) {
        return tm_validate_target_addr("target", &addr);
    }
    error = xasprintf("target: %s; allowed is a target with an address "
                      "that copies can be sent to", why);
    free(why);
    return error;
}

/* In the order in which they are told: what is wrong with the request itself
 * first, then what the rest of the database forbids. */
static const struct {
    char *(*check)(const struct tm_model *, const struct tm_session *);
} session_constraints[] = {
    { check_source_once },
    { check_sources_supported },
    { check_sources_no_target },
    { check_target_no_source },
    { check_sources_priority },
    { check_sources_n_sessions },
    { check_target_address },
};

char *
tm_validate_session_in(const struct tm_model *model,
                       const struct tm_session *s)
{
    char *error = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(session_constraints) && !error; i++) {
        error = session_constraints[i].check(model, s);
    }
    return error;
}

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
report_n_sessions(const struct source_view *v)
{
    if (v->n_sessions > TM_SESSIONS_PER_SOURCE) {
        report(v, "Network_Interface", &v->eni->uuid,
               xasprintf("source: ENI %s is a source of %"PRIuSIZE" "
                         "sessions; an ENI may be a source of at most %d "
                         "sessions", v->name, v->n_sessions,
                         TM_SESSIONS_PER_SOURCE));
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
    *reason = validate_supported(eni);
    if (*reason) {
        report(&v, "Network_Interface", &eni->uuid, xstrdup(*reason));
    }
    report_targets(&v, reason);
    report_n_sessions(&v);
    report_priorities(&v);
    report_repeats(&v);
    free(v.sessions);
    free(v.name);
    return !*reason;
}
