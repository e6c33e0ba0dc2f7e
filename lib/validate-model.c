/* SPDX-License-Identifier: Apache-2.0 */
/* validate-model.c
 *
 * The table of all that may forbid a change, one row a constraint: a further
 * one is a function and a row.  Single values are in validate.c, rules and
 * sessions by themselves in validate-object.c, the functions for sessions in
 * validate-session.c, since there are many.
 *
 * A row is asked when its kind of change is proposed.  What is wrong already
 * must not stop what does no harm, so a value is judged only where it changes,
 * and a session as a whole only where the change could make it effective in a
 * new way: what somebody wrote wrongly past the tools can still be disabled,
 * renamed, and stripped of sources. */

#include <config.h>

#include "lib/validate-private.h"

#include <stdlib.h>
#include <string.h>

#include "lib/spread.h"
#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Names of sessions in a message. */
#define IN_USE_MAX 3

static int
compare_session_names(const void *a_, const void *b_)
{
    const struct tm_session *const *a = a_;
    const struct tm_session *const *b = b_;

    return strcmp((*a)->name, (*b)->name);
}

/* "KIND "NAME" is used by sessions "a", "b" and 3 more", or NULL if 'n' is 0.
 * Frees 'sessions'. */
static char *
in_use(const char *kind, const char *name, const struct tm_session **sessions,
       size_t n)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (n) {
        qsort(sessions, n, sizeof *sessions, compare_session_names);
        ds_put_format(&s, "%s ", kind);
        tm_quote_to(name, &s);
        ds_put_format(&s, " is used by session%s ", n > 1 ? "s" : "");
        for (size_t i = 0; i < MIN(n, IN_USE_MAX); i++) {
            ds_put_cstr(&s, i ? ", " : "");
            tm_quote_to(sessions[i]->name, &s);
        }
        if (n > IN_USE_MAX) {
            ds_put_format(&s, " and %"PRIuSIZE" more", n - IN_USE_MAX);
        }
    }
    free(sessions);
    return n ? ds_steal_cstr(&s) : NULL;
}

/* If 'eni' has an address no more, but sessions that send copies to it. */
static char *
loses_address(const struct tm_model *model, const struct tm_eni *eni)
{
    const struct tm_session **sessions;
    size_t n = tm_model_sessions_to(model, &eni->uuid, &sessions);
    char *error = NULL;

    if (n) {
        char *quoted = tm_quote(eni->name);
        char *session;

        qsort(sessions, n, sizeof *sessions, compare_session_names);
        session = tm_quote(sessions[0]->name);
        error = xasprintf("target ENI %s has no address, and it is the target "
                          "of session %s", quoted, session);
        free(quoted);
        free(session);
    }
    free(sessions);
    return error;
}

/* Filters. */

static char *
check_filter_name(const struct tm_proposal *p)
{
    const struct tm_filter *new = p->new, *old = p->old;

    return (old && !strcmp(new->name, old->name)
            ? NULL : tm_validate_name("name", new->name));
}

static char *
check_filter_description(const struct tm_proposal *p)
{
    const struct tm_filter *new = p->new, *old = p->old;

    return (old && !strcmp(new->description, old->description)
            ? NULL : tm_validate_description("description",
                                             new->description));
}

static char *
check_quota_filters(const struct tm_proposal *p)
{
    return (p->old ? NULL
            : tm_check_quota(p->model, TM_QUOTA_FILTERS,
                             hmap_count(&p->model->filters) + 1, "", 0));
}

static char *
check_filter_unused(const struct tm_proposal *p)
{
    const struct tm_filter *f = p->old;
    const struct tm_session **sessions;
    size_t n = tm_model_sessions_with_filter(p->model, &f->uuid, &sessions);

    return in_use("filter", f->name, sessions, n);
}

/* Rules. */

static char *
check_rule_direction(const struct tm_proposal *p)
{
    const struct tm_rule *new = p->new, *old = p->old;

    return (old && new->direction != old->direction
            ? xasprintf("direction: %s is not that of the rule, which cannot "
                        "be changed: %s",
                        tm_direction_to_string(new->direction),
                        tm_direction_to_string(old->direction))
            : NULL);
}

static char *
check_rule_values(const struct tm_proposal *p)
{
    return tm_validate_rule(p->new);
}

static char *
check_rule_description(const struct tm_proposal *p)
{
    const struct tm_rule *new = p->new;

    return tm_validate_description("description", new->description);
}

static char *
check_rule_priority(const struct tm_proposal *p)
{
    const struct tm_rule *new = p->new;
    char *name, *error;

    if (!p->is_taken) {
        return NULL;
    }
    name = tm_quote(p->filter->name);
    error = xasprintf("priority: filter %s already has an %s rule with "
                      "priority %"PRIu16"; rules of one direction need "
                      "different priorities, 1 to %d", name,
                      tm_direction_to_adjective(new->direction),
                      new->priority, TM_RULE_PRIORITY_MAX);
    free(name);
    return error;
}

static char *
check_quota_rules(const struct tm_proposal *p)
{
    const struct tm_rule *new = p->new;

    return (p->old ? NULL
            : tm_check_quota(p->model, TM_QUOTA_RULES_PER_DIRECTION,
                             p->n_others + 1, p->filter->name,
                             new->direction));
}

/* ENIs. */

static char *
check_eni_name(const struct tm_proposal *p)
{
    const struct tm_eni *new = p->new;
    const char *s = new->name;
    bool ok = true;
    char *name, *error;
    size_t n;

    for (n = 0; *s && ok; n++) {
        uint32_t cp;

        ok = tm_utf8_next(&s, &cp) && cp > ' ' && cp != 0x7f;
    }
    if (p->old || (ok && n && n <= TM_ENI_NAME_MAX)) {
        return NULL;
    }
    name = tm_quote(new->name);
    error = xasprintf("ENI %s: an ENI has 1 to %d characters and no blanks",
                      name, TM_ENI_NAME_MAX);
    free(name);
    return error;
}

static char *
exists(const char *kind, const char *name)
{
    char *quoted = tm_quote(name);
    char *error = xasprintf("%s %s already exists", kind, quoted);

    free(quoted);
    return error;
}

static char *
check_eni_unique(const struct tm_proposal *p)
{
    const struct tm_eni *new = p->new;
    const struct tm_eni *other = tm_model_get_eni_by_name(p->model,
                                                          new->name);

    return (other && !uuid_equals(&other->uuid, &new->uuid)
            ? exists("ENI", new->name) : NULL);
}

static char *
check_eni_address(const struct tm_proposal *p)
{
    const struct tm_eni *new = p->new, *old = p->old;

    return (old && old->n_addresses && !new->n_addresses
            ? loses_address(p->model, new) : NULL);
}

static char *
check_eni_unused(const struct tm_proposal *p)
{
    const struct tm_eni *eni = p->old;
    const struct tm_session **sessions;
    size_t n;

    n = tm_model_all_sessions_of(p->model, &eni->uuid, &sessions);
    if (!n) {
        free(sessions);
        n = tm_model_sessions_to(p->model, &eni->uuid, &sessions);
    }
    return in_use("ENI", eni->name, sessions, n);
}

/* Load balancers. */

static char *
check_lb_name(const struct tm_proposal *p)
{
    const struct tm_lb *new = p->new;

    return p->old ? NULL : tm_validate_name("name", new->name);
}

static char *
check_lb_unique(const struct tm_proposal *p)
{
    const struct tm_lb *new = p->new;
    const struct tm_lb *other;

    HMAP_FOR_EACH (other, node, &p->model->lbs) {
        if (!strcmp(other->name, new->name)
            && !uuid_equals(&other->uuid, &new->uuid)) {
            return exists("load balancer", new->name);
        }
    }
    return NULL;
}

static char *
check_lb_kind(const struct tm_proposal *p)
{
    const struct tm_lb *new = p->new;

    return (new->has_vip && new->n_members
            ? xstrdup("vip and members exclude each other; \"vip=\" or "
                      "\"members=\" clears what is there") : NULL);
}

/* A member without a slot could never get a copy. */
static char *
check_lb_members(const struct tm_proposal *p)
{
    const struct tm_lb *new = p->new, *old = p->old;

    return (new->n_members > MAX(TM_N_SLOTS, old ? old->n_members : 0)
            ? xasprintf("members: %"PRIuSIZE" are too many (at most %d, the "
                        "number of slots that copies are spread over)",
                        new->n_members, TM_N_SLOTS)
            : NULL);
}

static char *
check_lb_unused(const struct tm_proposal *p)
{
    const struct tm_lb *lb = p->old;
    const struct tm_session **sessions;
    size_t n = tm_model_sessions_to(p->model, &lb->uuid, &sessions);

    return in_use("load balancer", lb->name, sessions, n);
}

/* When a row is asked. */
enum when {
    WRITTEN,                    /* The object is made or changed. */
    EFFECTIVE,                  /* A session, in a way that may take effect. */
    REMOVED,
};

/* In the order in which they are told: what is wrong with the request itself
 * first, then what the rest of the database forbids. */
static const struct {
    enum tm_object kind;
    enum when when;
    char *(*check)(const struct tm_proposal *);
} constraints[] = {
    { TM_FILTER, WRITTEN, check_filter_name },
    { TM_FILTER, WRITTEN, check_filter_description },
    { TM_FILTER, WRITTEN, check_quota_filters },
    { TM_FILTER, REMOVED, check_filter_unused },

    { TM_RULE, WRITTEN, check_rule_direction },
    { TM_RULE, WRITTEN, check_rule_values },
    { TM_RULE, WRITTEN, check_rule_description },
    { TM_RULE, WRITTEN, check_rule_priority },
    { TM_RULE, WRITTEN, check_quota_rules },

    { TM_SESSION, WRITTEN, tm_check_session_name },
    { TM_SESSION, WRITTEN, tm_check_session_description },
    { TM_SESSION, EFFECTIVE, tm_check_session_values },
    { TM_SESSION, EFFECTIVE, tm_check_session_filter },
    { TM_SESSION, EFFECTIVE, tm_check_session_source_once },
    { TM_SESSION, EFFECTIVE, tm_check_session_sources_supported },
    { TM_SESSION, EFFECTIVE, tm_check_session_sources_no_target },
    { TM_SESSION, EFFECTIVE, tm_check_session_target_no_source },
    { TM_SESSION, EFFECTIVE, tm_check_session_priority },
    { TM_SESSION, EFFECTIVE, tm_check_quota_sources },
    { TM_SESSION, EFFECTIVE, tm_check_quota_source_sessions },
    { TM_SESSION, EFFECTIVE, tm_check_quota_target_sessions },
    { TM_SESSION, EFFECTIVE, tm_check_quota_filter_sessions },
    { TM_SESSION, EFFECTIVE, tm_check_quota_sessions },
    { TM_SESSION, EFFECTIVE, tm_check_session_target_address },

    { TM_ENI, WRITTEN, check_eni_name },
    { TM_ENI, WRITTEN, check_eni_unique },
    { TM_ENI, WRITTEN, check_eni_address },
    { TM_ENI, REMOVED, check_eni_unused },

    { TM_LB, WRITTEN, check_lb_name },
    { TM_LB, WRITTEN, check_lb_unique },
    { TM_LB, WRITTEN, check_lb_kind },
    { TM_LB, WRITTEN, check_lb_members },
    { TM_LB, REMOVED, check_lb_unused },
};

static bool
is_asked(enum when when, const struct tm_proposal *p)
{
    switch (when) {
    case WRITTEN:
        return p->new;
    case EFFECTIVE:
        return p->new && tm_session_takes_effect(p->new, p->old);
    case REMOVED:
        return !p->new;
    }
    OVS_NOT_REACHED();
}

char *
tm_validate_change(const struct tm_proposal *p)
{
    char *error = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(constraints) && !error; i++) {
        if (constraints[i].kind == p->kind
            && is_asked(constraints[i].when, p)) {
            error = constraints[i].check(p);
        }
    }
    return error;
}
