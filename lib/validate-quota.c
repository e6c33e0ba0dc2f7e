/* SPDX-License-Identifier: Apache-2.0 */
/* validate-quota.c
 *
 * Counts what the quotas limit.  The count of the whole model is one walk that
 * names every number it finds to a visitor: one visitor looks for what is too
 * many, another for the most. */

#include <config.h>

#include "lib/validate-private.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "util.h"

/* Whose the things are that 'quota' counts, malloc()ed, or NULL for the
 * database as a whole. */
static char *
owner_of(enum tm_quota quota, const char *name, enum tm_direction direction)
{
    char *quoted = tm_quote(name);
    char *owner = NULL;

    switch (quota) {
    case TM_QUOTA_SOURCES_PER_SESSION:
    case TM_QUOTA_TARGETS_PER_SESSION:
    case TM_QUOTA_FILTERS_PER_SESSION:
        owner = xasprintf("session %s", quoted);
        break;
    case TM_QUOTA_SESSIONS_PER_SOURCE:
        owner = xasprintf("source ENI %s", quoted);
        break;
    case TM_QUOTA_SESSIONS_PER_ENI_TARGET:
        owner = xasprintf("target ENI %s", quoted);
        break;
    case TM_QUOTA_SESSIONS_PER_ELB_TARGET:
        owner = xasprintf("target load balancer %s", quoted);
        break;
    case TM_QUOTA_SESSIONS_PER_FILTER:
        owner = xasprintf("filter %s", quoted);
        break;
    case TM_QUOTA_RULES_PER_DIRECTION:
        owner = xasprintf("the %s direction of filter %s",
                          tm_direction_to_adjective(direction), quoted);
        break;
    case TM_QUOTA_SESSIONS:
    case TM_QUOTA_FILTERS:
    case TM_N_QUOTAS:
        break;
    }
    free(quoted);
    return owner;
}

char *
tm_check_quota(const struct tm_model *model, enum tm_quota quota, int64_t n,
               const char *name, enum tm_direction direction)
{
    char *owner, *error;

    if (n <= model->quotas[quota]) {
        return NULL;
    }
    owner = owner_of(quota, name, direction);
    error = tm_quota_exceeded(quota, n, model->quotas[quota], owner);
    free(owner);
    return error;
}

/* A number that was found. */
struct count {
    enum tm_quota quota;
    int64_t n;
    const char *name;           /* Of the owner. */
    enum tm_direction direction;
    const char *table;          /* The owner's row. */
    const struct uuid *row;
};

/* Who is told. */
struct visitor {
    const struct tm_model *model;
    void (*visit)(struct visitor *, const struct count *);
    struct tm_problems *problems;
    struct tm_quota_use *uses;
};

static void
tell(struct visitor *v, const struct count *count)
{
    if (count->n) {
        v->visit(v, count);
    }
}

static void
count_filter(struct visitor *v, const struct tm_filter *f)
{
    struct count count = {
        .name = f->name, .table = "Mirror_Filter", .row = &f->uuid
    };
    const struct tm_session **sessions;

    count.quota = TM_QUOTA_SESSIONS_PER_FILTER;
    count.n = tm_model_sessions_with_filter(v->model, &f->uuid, &sessions);
    free(sessions);
    tell(v, &count);

    count.quota = TM_QUOTA_RULES_PER_DIRECTION;
    for (int direction = TM_IN; direction <= TM_OUT; direction++) {
        count.direction = direction;
        count.n = 0;
        for (size_t i = 0; i < f->n_rules; i++) {
            count.n += (int) f->rules[i].direction == direction;
        }
        tell(v, &count);
    }
}

static void
count_session(struct visitor *v, const struct tm_session *s)
{
    struct count count = {
        .name = s->name, .table = "Mirror_Session", .row = &s->uuid
    };

    count.quota = TM_QUOTA_SOURCES_PER_SESSION;
    count.n = s->n_sources;
    tell(v, &count);

    /* The columns hold no more than one. */
    count.quota = TM_QUOTA_TARGETS_PER_SESSION;
    count.n = 1;
    tell(v, &count);
    count.quota = TM_QUOTA_FILTERS_PER_SESSION;
    tell(v, &count);
}

static void
count_eni(struct visitor *v, const struct tm_eni *eni)
{
    struct count count = {
        .name = eni->name, .table = "Network_Interface", .row = &eni->uuid
    };
    const struct tm_session **sessions;

    count.quota = TM_QUOTA_SESSIONS_PER_SOURCE;
    count.n = tm_model_all_sessions_of(v->model, &eni->uuid, &sessions);
    free(sessions);
    tell(v, &count);

    count.quota = TM_QUOTA_SESSIONS_PER_ENI_TARGET;
    count.n = tm_model_sessions_to(v->model, &eni->uuid, &sessions);
    free(sessions);
    tell(v, &count);
}

static void
count_all(struct visitor *v)
{
    struct count count = { .name = "", .table = "TM_Global" };
    const struct tm_session *s;
    const struct tm_filter *f;
    const struct tm_eni *eni;
    const struct tm_lb *lb;

    count.row = &v->model->quota_row;
    count.quota = TM_QUOTA_SESSIONS;
    count.n = hmap_count(&v->model->sessions);
    tell(v, &count);
    count.quota = TM_QUOTA_FILTERS;
    count.n = hmap_count(&v->model->filters);
    tell(v, &count);

    HMAP_FOR_EACH (f, node, &v->model->filters) {
        count_filter(v, f);
    }
    HMAP_FOR_EACH (s, node, &v->model->sessions) {
        count_session(v, s);
    }
    HMAP_FOR_EACH (eni, node, &v->model->enis) {
        count_eni(v, eni);
    }
    HMAP_FOR_EACH (lb, node, &v->model->lbs) {
        const struct tm_session **sessions;

        count.quota = TM_QUOTA_SESSIONS_PER_ELB_TARGET;
        count.n = tm_model_sessions_to(v->model, &lb->uuid, &sessions);
        count.name = lb->name;
        count.table = "Load_Balancer";
        count.row = &lb->uuid;
        free(sessions);
        tell(v, &count);
    }
}

static void
report_excess(struct visitor *v, const struct count *count)
{
    char *error = tm_check_quota(v->model, count->quota, count->n,
                                 count->name, count->direction);

    if (error) {
        tm_problems_add(v->problems, count->table, count->row, error);
    }
}

void
tm_validate_quotas(const struct tm_model *model, struct tm_problems *problems)
{
    struct visitor v = {
        .model = model, .visit = report_excess, .problems = problems
    };

    count_all(&v);
}

/* Of two of the same size, the one whose name sorts first. */
static void
keep_most(struct visitor *v, const struct count *count)
{
    struct tm_quota_use *use = &v->uses[count->quota];
    char *owner;

    if (count->n < use->n) {
        return;
    }
    owner = owner_of(count->quota, count->name, count->direction);
    if (count->n > use->n
        || (owner && use->owner && strcmp(owner, use->owner) < 0)) {
        free(use->owner);
        use->owner = owner;
        use->n = count->n;
    } else {
        free(owner);
    }
}

void
tm_quota_uses(const struct tm_model *model,
              struct tm_quota_use uses[TM_N_QUOTAS])
{
    struct visitor v = { .model = model, .visit = keep_most, .uses = uses };

    memset(uses, 0, TM_N_QUOTAS * sizeof *uses);
    count_all(&v);
}

void
tm_validate_model(const struct tm_model *model, struct tm_problems *problems)
{
    const struct tm_eni *eni;

    tm_validate_quotas(model, problems);
    HMAP_FOR_EACH (eni, node, &model->enis) {
        char *reason;

        tm_validate_source(model, eni, problems, &reason);
        free(reason);
    }
}
