/* SPDX-License-Identifier: Apache-2.0 */
/* model-index.c
 *
 * Who uses whom.  Every index is a hash table of sets of session UUIDs, keyed
 * by the UUID of what is used; an entry exists while its set is not empty.
 * The indexes follow from the sessions alone, so that it does not matter
 * whether a session arrives before or after the ENI, filter or load balancer
 * that it names. */

#include <config.h>

#include "lib/model-private.h"

#include <stdlib.h>

#include "lib/text.h"
#include "util.h"

/* The sessions that use the object 'key'. */
struct users {
    struct hmap_node node;      /* In an index, by 'key'. */
    struct uuid key;
    struct uuidset sessions;    /* Never empty. */
};

static struct users *
users_find(const struct hmap *index, const struct uuid *key)
{
    struct users *users;

    HMAP_FOR_EACH_WITH_HASH (users, node, uuid_hash(key), index) {
        if (uuid_equals(&users->key, key)) {
            return users;
        }
    }
    return NULL;
}

static void
users_remove(struct hmap *index, struct users *users)
{
    hmap_remove(index, &users->node);
    uuidset_destroy(&users->sessions);
    free(users);
}

static void
index_add(struct hmap *index, const struct uuid *key,
          const struct uuid *session)
{
    struct users *users = users_find(index, key);

    if (!users) {
        users = xmalloc(sizeof *users);
        users->key = *key;
        uuidset_init(&users->sessions);
        hmap_insert(index, &users->node, uuid_hash(key));
    }
    uuidset_insert(&users->sessions, session);
}

static void
index_remove(struct hmap *index, const struct uuid *key,
             const struct uuid *session)
{
    struct users *users = users_find(index, key);

    if (users) {
        uuidset_find_and_delete(&users->sessions, session);
        if (uuidset_is_empty(&users->sessions)) {
            users_remove(index, users);
        }
    }
}

void
tm_index_destroy(struct hmap *index)
{
    struct users *users;

    HMAP_FOR_EACH_SAFE (users, node, index) {
        users_remove(index, users);
    }
    hmap_destroy(index);
}

const struct uuidset *
tm_index_find(const struct hmap *index, const struct uuid *key)
{
    const struct users *users = users_find(index, key);

    return users ? &users->sessions : NULL;
}

void
tm_model_index_session(struct tm_model *model, const struct tm_session *s)
{
    for (size_t i = 0; i < s->n_sources; i++) {
        index_add(&model->sessions_by_eni, &s->sources[i].eni, &s->uuid);
    }
    index_add(&model->sessions_by_filter, &s->filter, &s->uuid);
    if (s->target_type != TM_TARGET_IP) {
        index_add(&model->sessions_by_target, &s->target, &s->uuid);
    }
}

void
tm_model_unindex_session(struct tm_model *model, const struct tm_session *s)
{
    for (size_t i = 0; i < s->n_sources; i++) {
        index_remove(&model->sessions_by_eni, &s->sources[i].eni, &s->uuid);
    }
    index_remove(&model->sessions_by_filter, &s->filter, &s->uuid);
    if (s->target_type != TM_TARGET_IP) {
        index_remove(&model->sessions_by_target, &s->target, &s->uuid);
    }
}

static int
compare_sessions(const void *a_, const void *b_)
{
    const struct tm_session *const *ap = a_;
    const struct tm_session *const *bp = b_;
    const struct tm_session *a = *ap;
    const struct tm_session *b = *bp;

    return (a->priority != b->priority
            ? (a->priority < b->priority ? -1 : 1)
            : uuid_compare_3way(&a->uuid, &b->uuid));
}

/* The sessions of 'index' at 'key' in the order of matching. */
static size_t
collect_sessions(const struct tm_model *model, const struct hmap *index,
                 const struct uuid *key, const struct tm_session ***sessionsp)
{
    const struct uuidset *set = tm_index_find(index, key);
    const struct tm_session **sessions;
    const struct uuidset_node *node;
    size_t n = 0;

    *sessionsp = NULL;
    if (!set) {
        return 0;
    }
    sessions = xmalloc(uuidset_count(set) * sizeof *sessions);
    UUIDSET_FOR_EACH (node, set) {
        sessions[n++] = tm_model_get_session(model, &node->uuid);
    }
    qsort(sessions, n, sizeof *sessions, compare_sessions);
    *sessionsp = sessions;
    return n;
}

/* It takes part in matching. */
static bool
is_live(const struct tm_session *s)
{
    return s->enabled && s->usable;
}

/* How many may, at one source. */
static const struct tm_quota_class *const live_quota
    = &tm_quota_classes[TM_QUOTA_SESSIONS_PER_SOURCE];
#define MAX_LIVE (live_quota->by_default)

size_t
tm_model_sessions_of(const struct tm_model *model, const struct uuid *eni,
                     const struct tm_session ***sessionsp)
{
    size_t n = tm_model_all_sessions_of(model, eni, sessionsp);
    const struct tm_session **sessions = *sessionsp;
    int64_t n_live = 0;

    for (size_t i = 0; i < n && n_live < MAX_LIVE; i++) {
        if (is_live(sessions[i])) {
            sessions[n_live++] = sessions[i];
        }
    }
    return n_live;
}

size_t
tm_model_all_sessions_of(const struct tm_model *model,
                         const struct uuid *eni,
                         const struct tm_session ***sessionsp)
{
    return collect_sessions(model, &model->sessions_by_eni, eni, sessionsp);
}

char *
tm_model_why_left_out(const struct tm_session *const *all, size_t i)
{
    int64_t before = 0;

    for (size_t j = 0; is_live(all[i]) && j < i && before < MAX_LIVE; j++) {
        before += is_live(all[j]);
    }
    return (before < MAX_LIVE ? NULL
            : xasprintf("%s: left out, since %"PRId64" sessions of its source "
                        "go before it in the order of matching; the quota %s "
                        "is %"PRId64, live_quota->key, before,
                        live_quota->key, MAX_LIVE));
}

size_t
tm_model_sessions_with_filter(const struct tm_model *model,
                              const struct uuid *filter,
                              const struct tm_session ***sessionsp)
{
    return collect_sessions(model, &model->sessions_by_filter, filter,
                            sessionsp);
}

size_t
tm_model_sessions_to(const struct tm_model *model, const struct uuid *target,
                     const struct tm_session ***sessionsp)
{
    return collect_sessions(model, &model->sessions_by_target, target,
                            sessionsp);
}

/* Takes the first address of version 'prefer', or else the first.  Returns
 * false if there is none. */
static bool
choose_addr(const struct tm_addr *addrs, size_t n, enum tm_ip prefer,
            struct tm_addr *addr)
{
    if (!n) {
        return false;
    }
    *addr = addrs[0];
    for (size_t i = 0; i < n; i++) {
        if (addrs[i].ip == prefer) {
            *addr = addrs[i];
            break;
        }
    }
    return true;
}

static char *
no_address(const char *what, const char *name)
{
    char *quoted = tm_quote(name);
    char *msg = xasprintf("target %s %s has no address", what, quoted);

    free(quoted);
    return msg;
}

static char *
no_members(const char *name)
{
    char *quoted = tm_quote(name);
    char *msg = xasprintf("target load balancer %s has neither members nor "
                          "a vip", quoted);

    free(quoted);
    return msg;
}

char *
tm_model_target_address(const struct tm_model *model,
                        const struct tm_session *s, enum tm_ip prefer,
                        struct tm_addr *addr)
{
    const struct tm_eni *eni;
    const struct tm_lb *lb;

    switch (s->target_type) {
    case TM_TARGET_IP:
        *addr = s->target_addr;
        return addr->ip ? NULL : xstrdup("no target address is given");

    case TM_TARGET_ENI:
        eni = tm_model_get_eni(model, &s->target);
        if (!eni) {
            return xasprintf("target ENI "UUID_FMT" does not exist",
                             UUID_ARGS(&s->target));
        }
        return (choose_addr(eni->addresses, eni->n_addresses, prefer, addr)
                ? NULL : no_address("ENI", eni->name));

    case TM_TARGET_ELB:
        lb = tm_model_get_lb(model, &s->target);
        if (!lb) {
            return xasprintf("target load balancer "UUID_FMT" does not exist",
                             UUID_ARGS(&s->target));
        }
        /* Members are the more exact wish where both are given. */
        return (choose_addr(lb->members, lb->n_members, prefer, addr)
                || choose_addr(&lb->vip, lb->has_vip, prefer, addr)
                ? NULL : no_members(lb->name));
    }
    OVS_NOT_REACHED();
}

struct addrs {
    struct tm_addr *a;
    size_t n, allocated;
};

static void
addrs_add(struct addrs *addrs, const struct tm_addr *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (addrs->n >= addrs->allocated) {
            addrs->a = x2nrealloc(addrs->a, &addrs->allocated,
                                  sizeof *addrs->a);
        }
        addrs->a[addrs->n++] = a[i];
    }
}

static void
addrs_add_target(struct addrs *addrs, const struct tm_model *model,
                 const struct tm_session *s)
{
    const struct tm_eni *eni;
    const struct tm_lb *lb;

    switch (s->target_type) {
    case TM_TARGET_IP:
        addrs_add(addrs, &s->target_addr, s->target_addr.ip ? 1 : 0);
        break;

    case TM_TARGET_ENI:
        eni = tm_model_get_eni(model, &s->target);
        if (eni) {
            addrs_add(addrs, eni->addresses, eni->n_addresses);
        }
        break;

    case TM_TARGET_ELB:
        lb = tm_model_get_lb(model, &s->target);
        if (lb) {
            addrs_add(addrs, &lb->vip, lb->has_vip);
            addrs_add(addrs, lb->members, lb->n_members);
        }
        break;
    }
}

static int
compare_addrs(const void *a, const void *b)
{
    return tm_addr_compare(a, b);
}

size_t
tm_model_target_addresses(const struct tm_model *model,
                          struct tm_addr **addrsp)
{
    struct addrs addrs = { NULL, 0, 0 };
    const struct tm_session *s;
    size_t n = 0;

    HMAP_FOR_EACH (s, node, &model->sessions) {
        if (s->usable) {
            addrs_add_target(&addrs, model, s);
        }
    }
    if (addrs.n) {
        qsort(addrs.a, addrs.n, sizeof *addrs.a, compare_addrs);
    }
    for (size_t i = 0; i < addrs.n; i++) {
        if (!n || !tm_addr_equal(&addrs.a[n - 1], &addrs.a[i])) {
            addrs.a[n++] = addrs.a[i];
        }
    }
    *addrsp = addrs.a;
    return n;
}
