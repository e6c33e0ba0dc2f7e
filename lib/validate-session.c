/* SPDX-License-Identifier: Apache-2.0 */
/* validate-session.c
 *
 * What forbids that a session is written: the checks that the table in
 * validate-model.c names.  All look at disabled sessions too, since enabling
 * one must not be what makes the others wrong.
 *
 * A quota counts what the change adds to, and only that: the sources if there
 * are more than before, the sessions of a filter that was not this session's
 * before. */

#include <config.h>

#include "lib/validate-private.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "util.h"

/* True if 'new' has a source that 'old' lacks. */
static bool
gains_source(const struct tm_session *new, const struct tm_session *old)
{
    for (size_t i = 0; i < new->n_sources; i++) {
        if (!tm_session_has_source(old, &new->sources[i].eni)) {
            return true;
        }
    }
    return new->n_sources > old->n_sources;
}

bool
tm_session_takes_effect(const struct tm_session *new,
                        const struct tm_session *old)
{
    return (!old
            || (new->enabled && !old->enabled)
            || new->priority != old->priority
            || new->vni != old->vni
            || new->packet_length != old->packet_length
            || !uuid_equals(&new->filter, &old->filter)
            || !tm_session_same_target(new, old)
            || gains_source(new, old));
}

/* Values. */

char *
tm_check_session_name(const struct tm_proposal *p)
{
    const struct tm_session *new = p->new, *old = p->old;

    return (old && !strcmp(new->name, old->name)
            ? NULL : tm_validate_name("name", new->name));
}

char *
tm_check_session_description(const struct tm_proposal *p)
{
    const struct tm_session *new = p->new, *old = p->old;

    return (old && !strcmp(new->description, old->description)
            ? NULL : tm_validate_description("description",
                                             new->description));
}

char *
tm_check_session_values(const struct tm_proposal *p)
{
    return tm_validate_session(p->new);
}

char *
tm_check_session_filter(const struct tm_proposal *p)
{
    const struct tm_session *s = p->new;

    return (tm_model_get_filter(p->model, &s->filter) ? NULL
            : xasprintf("filter: "UUID_FMT" does not exist; exactly one "
                        "filter is needed", UUID_ARGS(&s->filter)));
}

/* Sources. */

char *
tm_eni_in_quotes(const struct tm_model *model, const struct uuid *uuid)
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

char *
tm_check_session_source_once(const struct tm_proposal *p)
{
    const struct tm_session *s = p->new;
    struct uuidset seen = UUIDSET_INITIALIZER(&seen);
    char *error = NULL;

    for (size_t i = 0; i < s->n_sources && !error; i++) {
        const struct uuid *eni = &s->sources[i].eni;

        if (uuidset_contains(&seen, eni)) {
            char *name = tm_eni_in_quotes(p->model, eni);

            error = xasprintf("source: ENI %s is given twice; an ENI may be "
                              "a source of a session once", name);
            free(name);
        }
        uuidset_insert(&seen, eni);
    }
    uuidset_destroy(&seen);
    return error;
}

/* Asks 'check' for each source of the session. */
static char *
check_each(const struct tm_proposal *p,
           char *(*check)(const struct tm_proposal *, const struct uuid *eni))
{
    const struct tm_session *s = p->new;
    char *error = NULL;

    for (size_t i = 0; i < s->n_sources && !error; i++) {
        error = check(p, &s->sources[i].eni);
    }
    return error;
}

static bool
is_old_source(const struct tm_proposal *p, const struct uuid *eni)
{
    return p->old && tm_session_has_source(p->old, eni);
}

char *
tm_check_supported(const struct tm_eni *eni)
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

/* A source that came to be unsupported later is detached, by itself: it must
 * not stop changes of its session (section 7). */
static char *
check_supported(const struct tm_proposal *p, const struct uuid *uuid)
{
    const struct tm_eni *eni = tm_model_get_eni(p->model, uuid);

    return eni && !is_old_source(p, uuid) ? tm_check_supported(eni) : NULL;
}

char *
tm_check_session_sources_supported(const struct tm_proposal *p)
{
    return check_each(p, check_supported);
}

static char *
check_priority(const struct tm_proposal *p, const struct uuid *eni)
{
    const struct tm_session *s = p->new;
    const struct tm_session **others;
    size_t n = tm_model_all_sessions_of(p->model, eni, &others);
    char *error = NULL;

    for (size_t i = 0; i < n && !error; i++) {
        if (others[i]->priority == s->priority
            && !uuid_equals(&others[i]->uuid, &s->uuid)) {
            char *other = tm_quote(others[i]->name);
            char *name = tm_eni_in_quotes(p->model, eni);

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

char *
tm_check_session_priority(const struct tm_proposal *p)
{
    return check_each(p, check_priority);
}

static char *
check_no_target(const struct tm_proposal *p, const struct uuid *eni)
{
    const struct tm_session *s = p->new;
    const struct tm_session **users;
    const struct tm_session *other;
    char *error = NULL;
    size_t n;

    n = tm_model_sessions_to(p->model, eni, &users);
    other = (s->target_type == TM_TARGET_ENI && uuid_equals(&s->target, eni)
             ? s : first_other(users, n, s));
    if (other) {
        char *target_of = tm_quote(other->name);
        char *name = tm_eni_in_quotes(p->model, eni);

        error = xasprintf("source: ENI %s is the target of session %s; an "
                          "ENI may not be a source and a target at the same "
                          "time", name, target_of);
        free(target_of);
        free(name);
    }
    free(users);
    return error;
}

char *
tm_check_session_sources_no_target(const struct tm_proposal *p)
{
    return check_each(p, check_no_target);
}

/* The target. */

char *
tm_check_session_target_no_source(const struct tm_proposal *p)
{
    const struct tm_session *s = p->new;
    const struct tm_session **users;
    const struct tm_session *other;
    char *error = NULL;
    size_t n;

    if (s->target_type != TM_TARGET_ENI) {
        return NULL;
    }
    n = tm_model_all_sessions_of(p->model, &s->target, &users);
    other = first_other(users, n, s);
    if (other) {
        char *source_of = tm_quote(other->name);
        char *name = tm_eni_in_quotes(p->model, &s->target);

        error = xasprintf("target: ENI %s is a source of session %s; an ENI "
                          "may not be a source and a target at the same time",
                          name, source_of);
        free(source_of);
        free(name);
    }
    free(users);
    return error;
}

/* True if 's' goes to a load balancer that has no address yet. */
static bool
is_empty_lb(const struct tm_model *model, const struct tm_session *s)
{
    const struct tm_lb *lb = (s->target_type == TM_TARGET_ELB
                              ? tm_model_get_lb(model, &s->target) : NULL);

    return lb && !lb->has_vip && !lb->n_members;
}

char *
tm_check_session_target_address(const struct tm_proposal *p)
{
    struct tm_addr addr;
    char *why = tm_model_target_address(p->model, p->new, 0, &addr);
    char *error;

    if (!why) {
        return tm_validate_target_addr("target", &addr);
    }
    /* Members come and go; while there is none, the sources say so. */
    if (is_empty_lb(p->model, p->new)) {
        free(why);
        return NULL;
    }
    error = xasprintf("target: %s; allowed is a target with an address "
                      "that copies can be sent to", why);
    free(why);
    return error;
}

/* Quotas. */

/* How many of the sessions are not 's'.  Frees 'sessions'. */
static size_t
count_others(const struct tm_session **sessions, size_t n,
             const struct tm_session *s)
{
    size_t n_others = 0;

    for (size_t i = 0; i < n; i++) {
        n_others += !uuid_equals(&sessions[i]->uuid, &s->uuid);
    }
    free(sessions);
    return n_others;
}

char *
tm_check_quota_sources(const struct tm_proposal *p)
{
    const struct tm_session *new = p->new, *old = p->old;

    return (new->n_sources <= (old ? old->n_sources : 0) ? NULL
            : tm_check_quota(p->model, TM_QUOTA_SOURCES_PER_SESSION,
                             new->n_sources, new->name, 0));
}

static char *
check_source_sessions(const struct tm_proposal *p, const struct uuid *uuid)
{
    const struct tm_session **others;
    char *error = NULL;

    if (!is_old_source(p, uuid)) {
        const struct tm_eni *eni = tm_model_get_eni(p->model, uuid);
        size_t n = tm_model_all_sessions_of(p->model, uuid, &others);

        error = tm_check_quota(p->model, TM_QUOTA_SESSIONS_PER_SOURCE,
                               count_others(others, n, p->new) + 1,
                               eni ? eni->name : "", 0);
    }
    return error;
}

char *
tm_check_quota_source_sessions(const struct tm_proposal *p)
{
    return check_each(p, check_source_sessions);
}

char *
tm_check_quota_target_sessions(const struct tm_proposal *p)
{
    const struct tm_session *new = p->new;
    const struct tm_session **others;
    const struct tm_eni *eni;
    const struct tm_lb *lb;
    enum tm_quota quota;
    const char *name;
    size_t n;

    if (new->target_type == TM_TARGET_IP
        || (p->old && tm_session_same_target(new, p->old))) {
        return NULL;
    }
    if (new->target_type == TM_TARGET_ENI) {
        eni = tm_model_get_eni(p->model, &new->target);
        name = eni ? eni->name : "";
        quota = TM_QUOTA_SESSIONS_PER_ENI_TARGET;
    } else {
        lb = tm_model_get_lb(p->model, &new->target);
        name = lb ? lb->name : "";
        quota = TM_QUOTA_SESSIONS_PER_ELB_TARGET;
    }
    n = tm_model_sessions_to(p->model, &new->target, &others);
    return tm_check_quota(p->model, quota, count_others(others, n, new) + 1,
                          name, 0);
}

char *
tm_check_quota_filter_sessions(const struct tm_proposal *p)
{
    const struct tm_session *new = p->new, *old = p->old;
    const struct tm_filter *filter
        = tm_model_get_filter(p->model, &new->filter);
    const struct tm_session **others;
    size_t n;

    if (old && uuid_equals(&new->filter, &old->filter)) {
        return NULL;
    }
    n = tm_model_sessions_with_filter(p->model, &new->filter, &others);
    return tm_check_quota(p->model, TM_QUOTA_SESSIONS_PER_FILTER,
                          count_others(others, n, new) + 1,
                          filter ? filter->name : "", 0);
}

char *
tm_check_quota_sessions(const struct tm_proposal *p)
{
    return (p->old ? NULL
            : tm_check_quota(p->model, TM_QUOTA_SESSIONS,
                             hmap_count(&p->model->sessions) + 1, "", 0));
}
