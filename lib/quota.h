/* SPDX-License-Identifier: Apache-2.0 */
/* quota.h
 *
 * Job.       How many of each thing there may be: the table of
 *            traffic-mirroring.md section 6, once, for command line, gateway
 *            and daemon.
 * Input.     Keys and values as an operator writes them.
 * Output.    Names, defaults, limits.
 * Not here.  Counting what there is (validate.h), rows (store/).
 * Ownership. Constants; messages are malloc()ed.
 * Failure.   NULL means fine. */

#ifndef LIB_QUOTA_H
#define LIB_QUOTA_H 1

#include <stdbool.h>
#include <stdint.h>

/* In the order of 'quota-list'. */
enum tm_quota {
    TM_QUOTA_SOURCES_PER_SESSION,       /* 10 */
    TM_QUOTA_SESSIONS_PER_SOURCE,       /* 3, fixed */
    TM_QUOTA_TARGETS_PER_SESSION,       /* 1, fixed */
    TM_QUOTA_FILTERS_PER_SESSION,       /* 1, fixed */
    TM_QUOTA_SESSIONS_PER_ENI_TARGET,   /* 10 */
    TM_QUOTA_SESSIONS_PER_ELB_TARGET,   /* 200 */
    TM_QUOTA_SESSIONS_PER_FILTER,       /* 1,000, fixed */
    TM_QUOTA_RULES_PER_DIRECTION,       /* 10: of a filter, each direction */
    TM_QUOTA_SESSIONS,                  /* 20,000: in one database */
    TM_QUOTA_FILTERS,                   /* 20,000: in one database */
    TM_N_QUOTAS
};

struct tm_quota_class {
    const char *key;            /* "sources-per-session": of quota-set, of
                                 * TM_Global.quotas, of the gateway. */
    int64_t by_default;
    bool adjustable;            /* False: part of the semantics. */
    int64_t max;                /* Largest value that quota-set takes; the
                                 * least is 0: no more of them. */

    /* For people: "sources in" "a session". */
    const char *things;
    const char *owner;
};

extern const struct tm_quota_class tm_quota_classes[TM_N_QUOTAS];

/* The defaults. */
void tm_quotas_init(int64_t quotas[TM_N_QUOTAS]);

/* A key and value of quota-set.  Stores the quota and the value; an empty
 * value stands for the default. */
char *tm_quota_parse(const char *key, const char *value, enum tm_quota *,
                     int64_t *limit);

/* Likewise, for a value that is a number already: TM_Global.quotas may have
 * been written past the tools. */
char *tm_quota_check(const char *key, int64_t value, enum tm_quota *);

/* "sources-per-session: 11 sources in session "x", the quota
 * sources-per-session is 10": the message for every quota that is used up,
 * where 'n' is what there would be.  'owner' is whose they are, or NULL for
 * the whole database. */
char *tm_quota_exceeded(enum tm_quota, int64_t n, int64_t limit,
                        const char *owner);

#endif /* lib/quota.h */
