/* SPDX-License-Identifier: Apache-2.0 */
/* model.c
 *
 * The set of all objects, and what a change to one of them touches.
 *
 * The daemon compiles a filter's rules as one unit and a source ENI with its
 * sessions as another.  So a change is told as the filters and the source ENIs
 * whose units could come out differently:
 *
 *   - a filter: its rules; and the sources that use it only where the filter
 *     gains or loses a direction, or has other problems, since nothing else of
 *     it stands in their unit or state;
 *
 *   - a session: its sources, before and after.  And its target ENI: one that
 *     is a source somewhere as well is refused as such, so whether it is
 *     mirrored hangs on sessions that point to it;
 *
 *   - an ENI or load balancer: the ENI itself, and the sources of the sessions
 *     that send copies to it where its addresses change, or its name, which
 *     stands in the reason when there are none.
 *
 * More than necessary is only slower; less would leave old flows on the
 * switch.  Objects come in any order, so nothing here depends on whether an
 * object that another one names is there already. */

#include <config.h>

#include "lib/model-private.h"

#include <string.h>

#include "hash.h"
#include "util.h"

void
tm_dirty_init(struct tm_dirty *dirty)
{
    dirty->everything = false;
    uuidset_init(&dirty->filters);
    uuidset_init(&dirty->enis);
    dirty->targets = false;
}

void
tm_dirty_uninit(struct tm_dirty *dirty)
{
    if (dirty) {
        uuidset_destroy(&dirty->filters);
        uuidset_destroy(&dirty->enis);
    }
}

void
tm_dirty_clear(struct tm_dirty *dirty)
{
    dirty->everything = false;
    uuidset_clear(&dirty->filters);
    uuidset_clear(&dirty->enis);
    dirty->targets = false;
}

bool
tm_dirty_is_empty(const struct tm_dirty *dirty)
{
    return (!dirty->everything
            && uuidset_is_empty(&dirty->filters)
            && uuidset_is_empty(&dirty->enis)
            && !dirty->targets);
}

void
tm_model_init(struct tm_model *model)
{
    hmap_init(&model->filters);
    hmap_init(&model->sessions);
    hmap_init(&model->enis);
    hmap_init(&model->enis_by_name);
    hmap_init(&model->lbs);
    tm_quotas_init(model->quotas);
    model->quota_row = UUID_ZERO;
    tm_problems_init(&model->quota_problems);
    hmap_init(&model->sessions_by_eni);
    hmap_init(&model->sessions_by_filter);
    hmap_init(&model->sessions_by_target);
}

void
tm_model_uninit(struct tm_model *model)
{
    struct tm_session *s;
    struct tm_filter *f;
    struct tm_eni *eni;
    struct tm_lb *lb;

    if (!model) {
        return;
    }
    HMAP_FOR_EACH_POP (f, node, &model->filters) {
        tm_filter_destroy(f);
    }
    HMAP_FOR_EACH_POP (s, node, &model->sessions) {
        tm_session_destroy(s);
    }
    HMAP_FOR_EACH_POP (eni, node, &model->enis) {
        hmap_remove(&model->enis_by_name, &eni->name_node);
        tm_eni_destroy(eni);
    }
    HMAP_FOR_EACH_POP (lb, node, &model->lbs) {
        tm_lb_destroy(lb);
    }
    hmap_destroy(&model->filters);
    hmap_destroy(&model->sessions);
    hmap_destroy(&model->enis);
    hmap_destroy(&model->enis_by_name);
    hmap_destroy(&model->lbs);
    tm_problems_uninit(&model->quota_problems);
    tm_index_destroy(&model->sessions_by_eni);
    tm_index_destroy(&model->sessions_by_filter);
    tm_index_destroy(&model->sessions_by_target);
}

void
tm_model_set_quotas(struct tm_model *model, const struct uuid *row,
                    const int64_t quotas[TM_N_QUOTAS],
                    struct tm_problems *problems)
{
    model->quota_row = *row;
    memcpy(model->quotas, quotas, sizeof model->quotas);
    tm_problems_uninit(&model->quota_problems);
    if (problems) {
        model->quota_problems = *problems;
        tm_problems_init(problems);
    } else {
        tm_problems_init(&model->quota_problems);
    }
}

static struct tm_filter *
find_filter(const struct tm_model *model, const struct uuid *uuid)
{
    struct tm_filter *f;

    HMAP_FOR_EACH_WITH_HASH (f, node, uuid_hash(uuid), &model->filters) {
        if (uuid_equals(&f->uuid, uuid)) {
            return f;
        }
    }
    return NULL;
}

static struct tm_session *
find_session(const struct tm_model *model, const struct uuid *uuid)
{
    struct tm_session *s;

    HMAP_FOR_EACH_WITH_HASH (s, node, uuid_hash(uuid), &model->sessions) {
        if (uuid_equals(&s->uuid, uuid)) {
            return s;
        }
    }
    return NULL;
}

static struct tm_eni *
find_eni(const struct tm_model *model, const struct uuid *uuid)
{
    struct tm_eni *eni;

    HMAP_FOR_EACH_WITH_HASH (eni, node, uuid_hash(uuid), &model->enis) {
        if (uuid_equals(&eni->uuid, uuid)) {
            return eni;
        }
    }
    return NULL;
}

static struct tm_lb *
find_lb(const struct tm_model *model, const struct uuid *uuid)
{
    struct tm_lb *lb;

    HMAP_FOR_EACH_WITH_HASH (lb, node, uuid_hash(uuid), &model->lbs) {
        if (uuid_equals(&lb->uuid, uuid)) {
            return lb;
        }
    }
    return NULL;
}

const struct tm_filter *
tm_model_get_filter(const struct tm_model *model, const struct uuid *uuid)
{
    return find_filter(model, uuid);
}

const struct tm_session *
tm_model_get_session(const struct tm_model *model, const struct uuid *uuid)
{
    return find_session(model, uuid);
}

const struct tm_eni *
tm_model_get_eni(const struct tm_model *model, const struct uuid *uuid)
{
    return find_eni(model, uuid);
}

/* The database lets no two ENIs have one name, but between two changes of one
 * transaction there may be two here: the smaller UUID is it then. */
const struct tm_eni *
tm_model_get_eni_by_name(const struct tm_model *model, const char *name)
{
    const struct tm_eni *best = NULL;
    const struct tm_eni *eni;

    HMAP_FOR_EACH_WITH_HASH (eni, name_node, hash_string(name, 0),
                             &model->enis_by_name) {
        if (!strcmp(eni->name, name)
            && (!best || uuid_compare_3way(&eni->uuid, &best->uuid) < 0)) {
            best = eni;
        }
    }
    return best;
}

const struct tm_lb *
tm_model_get_lb(const struct tm_model *model, const struct uuid *uuid)
{
    return find_lb(model, uuid);
}

/* What a change touches.  Each of these may be given 'dirty' NULL. */

static void
touch_sources(const struct tm_session *s, struct tm_dirty *dirty)
{
    for (size_t i = 0; dirty && i < s->n_sources; i++) {
        uuidset_insert(&dirty->enis, &s->sources[i].eni);
    }
}

static void
touch_session(const struct tm_session *s, struct tm_dirty *dirty)
{
    touch_sources(s, dirty);
    if (dirty && s->target_type == TM_TARGET_ENI) {
        uuidset_insert(&dirty->enis, &s->target);
    }
}

/* Touches the sources of the sessions that 'index' has at 'key'. */
static void
touch_users(const struct tm_model *model, const struct hmap *index,
            const struct uuid *key, struct tm_dirty *dirty)
{
    const struct uuidset *set = dirty ? tm_index_find(index, key) : NULL;
    const struct uuidset_node *node;

    if (set) {
        UUIDSET_FOR_EACH (node, set) {
            touch_sources(find_session(model, &node->uuid), dirty);
        }
    }
}

/* 'old' or 'new' is NULL for a filter that comes or goes. */
static void
touch_filter(const struct tm_model *model, const struct tm_filter *old,
             const struct tm_filter *new, struct tm_dirty *dirty)
{
    const struct uuid *uuid = &(new ? new : old)->uuid;
    bool sources = !old || !new;

    if (!dirty || (!sources && tm_filter_copies_equal(old, new))) {
        return;
    }
    uuidset_insert(&dirty->filters, uuid);
    sources = sources || !tm_problems_equal(&old->problems, &new->problems);
    for (int dir = TM_IN; !sources && dir <= TM_OUT; dir++) {
        sources = (tm_filter_has_direction(old, dir)
                   != tm_filter_has_direction(new, dir));
    }
    if (sources) {
        touch_users(model, &model->sessions_by_filter, uuid, dirty);
    }
}

void
tm_model_put_filter(struct tm_model *model, struct tm_filter *new,
                    struct tm_dirty *dirty)
{
    struct tm_filter *old = find_filter(model, &new->uuid);

    touch_filter(model, old, new, dirty);
    if (old) {
        hmap_remove(&model->filters, &old->node);
        tm_filter_destroy(old);
    }
    hmap_insert(&model->filters, &new->node, uuid_hash(&new->uuid));
}

void
tm_model_remove_filter(struct tm_model *model, const struct uuid *uuid,
                       struct tm_dirty *dirty)
{
    struct tm_filter *old = find_filter(model, uuid);

    if (old) {
        touch_filter(model, old, NULL, dirty);
        hmap_remove(&model->filters, &old->node);
        tm_filter_destroy(old);
    }
}

/* True if some other session of ENI 'eni' has the priority of 's'. */
static bool
shares_priority(const struct tm_model *model, const struct tm_session *s,
                const struct uuid *eni)
{
    const struct uuidset *set = tm_index_find(&model->sessions_by_eni, eni);
    const struct uuidset_node *node;

    if (set) {
        UUIDSET_FOR_EACH (node, set) {
            if (!uuid_equals(&node->uuid, &s->uuid)
                && find_session(model, &node->uuid)->priority
                   == s->priority) {
                return true;
            }
        }
    }
    return false;
}

/* True if the status of an ENI may name 's', a session of the model: that is
 * where it contradicts another session (see tm_validate_source()).  Only then
 * a new name is more than a name. */
static bool
is_named(const struct tm_model *model, const struct tm_session *s)
{
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct uuid *eni = &s->sources[i].eni;

        if (tm_index_find(&model->sessions_by_target, eni)
            || shares_priority(model, s, eni)) {
            return true;
        }
    }
    return (s->target_type == TM_TARGET_ENI
            && tm_index_find(&model->sessions_by_eni, &s->target));
}

void
tm_model_put_session(struct tm_model *model, struct tm_session *new,
                     struct tm_dirty *dirty)
{
    struct tm_session *old = find_session(model, &new->uuid);
    bool renamed = old && strcmp(old->name, new->name);
    bool touched = !old || !tm_session_copies_equal(old, new);

    if (dirty && (old ? !tm_session_target_equal(old, new) : new->usable)) {
        dirty->targets = true;
    }
    if (old) {
        if (touched) {
            touch_session(old, dirty);
        }
        tm_model_unindex_session(model, old);
        hmap_remove(&model->sessions, &old->node);
        tm_session_destroy(old);
    }
    hmap_insert(&model->sessions, &new->node, uuid_hash(&new->uuid));
    tm_model_index_session(model, new);
    if (touched || (dirty && renamed && is_named(model, new))) {
        touch_session(new, dirty);
    }
}

void
tm_model_remove_session(struct tm_model *model, const struct uuid *uuid,
                        struct tm_dirty *dirty)
{
    struct tm_session *old = find_session(model, uuid);

    if (old) {
        if (dirty && old->usable) {
            dirty->targets = true;
        }
        touch_session(old, dirty);
        tm_model_unindex_session(model, old);
        hmap_remove(&model->sessions, &old->node);
        tm_session_destroy(old);
    }
}

/* Touches the sessions that send copies to 'uuid', whose addresses changed if
 * 'addrs', and whose name did if not. */
static void
touch_target(const struct tm_model *model, const struct uuid *uuid,
             bool addrs, struct tm_dirty *dirty)
{
    if (dirty && tm_index_find(&model->sessions_by_target, uuid)) {
        dirty->targets |= addrs;
        touch_users(model, &model->sessions_by_target, uuid, dirty);
    }
}

/* 'old' or 'new' is NULL for an ENI that comes or goes. */
static void
touch_eni(const struct tm_model *model, const struct tm_eni *old,
          const struct tm_eni *new, struct tm_dirty *dirty)
{
    const struct uuid *uuid = &(new ? new : old)->uuid;
    bool addrs, renamed;

    if (!dirty || (old && new && tm_eni_equal(old, new))) {
        return;
    }
    uuidset_insert(&dirty->enis, uuid);
    addrs = (!old || !new
             || !tm_addrs_equal(old->addresses, old->n_addresses,
                                new->addresses, new->n_addresses));
    renamed = !old || !new || strcmp(old->name, new->name);
    if (addrs || renamed) {
        touch_target(model, uuid, addrs, dirty);
    }
}

static void
drop_eni(struct tm_model *model, struct tm_eni *eni)
{
    hmap_remove(&model->enis, &eni->node);
    hmap_remove(&model->enis_by_name, &eni->name_node);
    tm_eni_destroy(eni);
}

void
tm_model_put_eni(struct tm_model *model, struct tm_eni *new,
                 struct tm_dirty *dirty)
{
    struct tm_eni *old = find_eni(model, &new->uuid);

    touch_eni(model, old, new, dirty);
    if (old) {
        drop_eni(model, old);
    }
    hmap_insert(&model->enis, &new->node, uuid_hash(&new->uuid));
    hmap_insert(&model->enis_by_name, &new->name_node,
                hash_string(new->name, 0));
}

void
tm_model_remove_eni(struct tm_model *model, const struct uuid *uuid,
                    struct tm_dirty *dirty)
{
    struct tm_eni *old = find_eni(model, uuid);

    if (old) {
        touch_eni(model, old, NULL, dirty);
        drop_eni(model, old);
    }
}

void
tm_model_put_lb(struct tm_model *model, struct tm_lb *new,
                struct tm_dirty *dirty)
{
    struct tm_lb *old = find_lb(model, &new->uuid);

    if (!old || !tm_lb_equal(old, new)) {
        touch_target(model, &new->uuid, true, dirty);
    }
    if (old) {
        hmap_remove(&model->lbs, &old->node);
        tm_lb_destroy(old);
    }
    hmap_insert(&model->lbs, &new->node, uuid_hash(&new->uuid));
}

void
tm_model_remove_lb(struct tm_model *model, const struct uuid *uuid,
                   struct tm_dirty *dirty)
{
    struct tm_lb *old = find_lb(model, uuid);

    if (old) {
        touch_target(model, uuid, true, dirty);
        hmap_remove(&model->lbs, &old->node);
        tm_lb_destroy(old);
    }
}
