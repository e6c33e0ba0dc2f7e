/* SPDX-License-Identifier: Apache-2.0 */
/* quota.c
 *
 * The rows of section 6.  Those that are not adjustable are constants of the
 * semantics; they are here, and in quota-list, since they are limits all the
 * same.  The largest values are what was thought of, not what was measured:
 * they keep a slip of the finger from being taken for a wish. */

#include <config.h>

#include "lib/quota.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "lib/validate.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

#define MANY 1000000

#define ADJUSTABLE(KEY, DEFAULT, MAX, THINGS, OWNER) \
    { KEY, DEFAULT, true, MAX, THINGS, OWNER }
#define FIXED(KEY, N, THINGS, OWNER) { KEY, N, false, N, THINGS, OWNER }

const struct tm_quota_class tm_quota_classes[TM_N_QUOTAS] = {
    [TM_QUOTA_SOURCES_PER_SESSION]
    = ADJUSTABLE("sources-per-session", 10, MANY, "sources in", "a session"),
    [TM_QUOTA_SESSIONS_PER_SOURCE]
    = FIXED("sessions-per-source", 3, "sessions of", "a source"),
    [TM_QUOTA_TARGETS_PER_SESSION]
    = FIXED("targets-per-session", 1, "targets of", "a session"),
    [TM_QUOTA_FILTERS_PER_SESSION]
    = FIXED("filters-per-session", 1, "filters of", "a session"),
    [TM_QUOTA_SESSIONS_PER_ENI_TARGET]
    = ADJUSTABLE("sessions-per-eni-target", 10, MANY, "sessions of",
                 "an ENI target"),
    [TM_QUOTA_SESSIONS_PER_ELB_TARGET]
    = ADJUSTABLE("sessions-per-elb-target", 200, MANY, "sessions of",
                 "a load-balancer target"),
    [TM_QUOTA_SESSIONS_PER_FILTER]
    = FIXED("sessions-per-filter", 1000, "sessions of", "a filter"),
    /* Each needs a priority of its own. */
    [TM_QUOTA_RULES_PER_DIRECTION]
    = ADJUSTABLE("rules-per-direction", 10, TM_RULE_PRIORITY_MAX, "rules in",
                 "one direction of a filter"),
    [TM_QUOTA_SESSIONS]
    = ADJUSTABLE("sessions", 20000, MANY, "sessions in", "the database"),
    [TM_QUOTA_FILTERS]
    = ADJUSTABLE("filters", 20000, MANY, "filters in", "the database"),
};

void
tm_quotas_init(int64_t quotas[TM_N_QUOTAS])
{
    for (size_t i = 0; i < TM_N_QUOTAS; i++) {
        quotas[i] = tm_quota_classes[i].by_default;
    }
}

static char *
unknown_key(const char *key)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, "unknown quota ");
    tm_quote_to(key, &s);
    ds_put_cstr(&s, "; there are");
    for (size_t i = 0; i < TM_N_QUOTAS; i++) {
        ds_put_format(&s, "%s %s", i ? "," : "", tm_quota_classes[i].key);
    }
    return ds_steal_cstr(&s);
}

static char *
find_quota(const char *key, enum tm_quota *quota)
{
    for (size_t i = 0; i < TM_N_QUOTAS; i++) {
        if (!strcmp(key, tm_quota_classes[i].key)) {
            *quota = i;
            return NULL;
        }
    }
    return unknown_key(key);
}

/* 'value' as it was written. */
static char *
check_adjustable(const struct tm_quota_class *class, const char *value)
{
    char *quoted, *error;

    if (class->adjustable) {
        return NULL;
    }
    quoted = tm_quote(value);
    error = xasprintf("%s: %s is not allowed; this quota is always %"PRId64,
                      class->key, quoted, class->by_default);
    free(quoted);
    return error;
}

char *
tm_quota_parse(const char *key, const char *value, enum tm_quota *quota,
               int64_t *limit)
{
    const struct tm_quota_class *class;
    char *error = find_quota(key, quota);

    if (error) {
        return error;
    }
    class = &tm_quota_classes[*quota];
    error = check_adjustable(class, value);
    if (!error && !value[0]) {
        *limit = class->by_default;
    } else if (!error) {
        error = tm_validate_integer(key, value, 0, class->max, limit);
    }
    return error;
}

char *
tm_quota_check(const char *key, int64_t value, enum tm_quota *quota)
{
    const struct tm_quota_class *class;
    char *error = find_quota(key, quota);

    if (error) {
        return error;
    }
    class = &tm_quota_classes[*quota];
    if (value != class->by_default) {
        char *text = xasprintf("%"PRId64, value);

        error = check_adjustable(class, text);
        free(text);
    }
    if (!error && (value < 0 || value > class->max)) {
        error = xasprintf("%s: %"PRId64" is not in 0 to %"PRId64, key, value,
                          class->max);
    }
    return error;
}

char *
tm_quota_exceeded(enum tm_quota quota, int64_t n, int64_t limit,
                  const char *owner)
{
    const struct tm_quota_class *class = &tm_quota_classes[quota];

    return xasprintf("%s: %"PRId64" %s %s, the quota %s is %"PRId64,
                     class->key, n, class->things,
                     owner ? owner : class->owner, class->key, limit);
}
