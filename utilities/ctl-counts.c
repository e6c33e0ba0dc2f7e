/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-counts.c
 *
 * Which sessions and rules there are comes from the database, so that one that
 * counted nothing has its zeros; what a node tells of others, which are gone
 * or not here yet, is left out.
 *
 * An answer is gone through twice: only if all of it can be understood, it is
 * added. */

#include <config.h>

#include "utilities/ctl-counts.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "utilities/ctl.h"
#include "uuid.h"
#include "uuidset.h"

static uint32_t
hash_rule(const struct uuid *filter, enum tm_direction direction,
          uint16_t priority)
{
    return hash_2words(uuid_hash(filter), direction << 16 | priority);
}

/* ## What a node said ## */

/* What is not there, or is of another type, is NULL. */
static const struct json *
member(const struct json *object, const char *name, enum json_type type)
{
    const struct json *value = (object->type == JSON_OBJECT
                                ? shash_find_data(json_object(object), name)
                                : NULL);

    return value && value->type == type ? value : NULL;
}

static const char *
string_member(const struct json *object, const char *name)
{
    const struct json *value = member(object, name, JSON_STRING);

    return value ? json_string(value) : "";
}

static bool
count_member(const struct json *object, const char *name, uint64_t *count)
{
    const struct json *value = member(object, name, JSON_INTEGER);

    *count = value && json_integer(value) > 0 ? json_integer(value) : 0;
    return value && json_integer(value) >= 0;
}

static bool
take_count(const struct json *object, struct tm_count *count)
{
    return (count_member(object, "packets", &count->packets)
            && count_member(object, "bytes", &count->bytes));
}

static void
add_count(struct tm_count *sum, const struct tm_count *count)
{
    sum->packets += count->packets;
    sum->bytes += count->bytes;
}

char *
tm_counts_line(const char *text)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    tm_line_to(text, &s);
    return ds_steal_cstr(&s);
}

static struct tm_session_sum *
find_session(const struct tm_counts *st, const struct json *object)
{
    struct tm_session_sum *sum;
    struct uuid uuid;

    if (!uuid_from_string(&uuid, string_member(object, "session_uuid"))) {
        return NULL;
    }
    HMAP_FOR_EACH_WITH_HASH (sum, node, uuid_hash(&uuid), &st->by_session) {
        if (uuid_equals(&sum->session->uuid, &uuid)) {
            return sum;
        }
    }
    return NULL;
}

/* These return false if 'object' is not what it should be. */

static bool
take_source(struct tm_counts *st, const char *node, const struct json *object)
{
    struct tm_session_sum *sum = find_session(st, object);
    const char *name = string_member(object, "source");
    enum tm_action action;
    struct tm_count count;

    if (!tm_action_from_string(string_member(object, "action"), &action)
        || !take_count(object, &count) || !name[0]) {
        return false;
    }
    if (sum && !st->only_look) {
        add_count(&sum->sums[action == TM_REJECT], &count);
        if (sum->n_sources >= sum->allocated_sources) {
            sum->sources = x2nrealloc(sum->sources, &sum->allocated_sources,
                                      sizeof *sum->sources);
        }
        sum->sources[sum->n_sources++] = (struct tm_source_count) {
            .node = node,
            .source = tm_counts_line(name),
            .action = action,
            .count = count,
        };
    }
    return true;
}

static bool
take_rule(struct tm_counts *st, const char *node OVS_UNUSED,
          const struct json *object)
{
    enum tm_direction direction;
    enum tm_action action;
    struct tm_rule_sum *sum;
    struct tm_count count;
    uint64_t priority;
    struct uuid filter;

    if (!uuid_from_string(&filter, string_member(object, "filter_uuid"))
        || !tm_direction_from_string(string_member(object, "direction"),
                                     &direction)
        || !tm_action_from_string(string_member(object, "action"), &action)
        || !count_member(object, "priority", &priority)
        || priority > UINT16_MAX || !take_count(object, &count)) {
        return false;
    }
    HMAP_FOR_EACH_WITH_HASH (sum, node,
                             hash_rule(&filter, direction, priority),
                             &st->by_rule) {
        /* With another action it is how the rule was once. */
        if (uuid_equals(&sum->filter->uuid, &filter)
            && sum->rule->direction == direction
            && sum->rule->priority == priority
            && sum->rule->action == action && !st->only_look) {
            add_count(&sum->count, &count);
        }
    }
    return true;
}

static char *
line_of_reason(const char *reason, bool over)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    tm_line_to(reason, &s);
    ds_put_cstr(&s, over ? " (no more)" : "");
    return ds_steal_cstr(&s);
}

static bool
take_unsent(struct tm_counts *st, const char *node, const struct json *object)
{
    bool of_all = !string_member(object, "session_uuid")[0];
    struct tm_session_sum *sum = (of_all ? &st->sessions[st->n_sessions]
                               : find_session(st, object));
    const char *reason = string_member(object, "reason");
    uint64_t packets;
    bool counted = count_member(object, "packets", &packets);

    if (!reason[0]) {
        return false;
    }
    if (sum && !st->only_look) {
        if (sum->n_unsent >= sum->allocated_unsent) {
            sum->unsent = x2nrealloc(sum->unsent, &sum->allocated_unsent,
                                     sizeof *sum->unsent);
        }
        sum->unsent[sum->n_unsent++] = (struct tm_unsent_count) {
            .node = node,
            .reason = line_of_reason(reason,
                                     member(object, "over", JSON_TRUE)),
            .packets = (counted ? xasprintf("%"PRIu64, packets)
                        : xstrdup("")),
        };
    }
    return true;
}

/* Returns false if 'answer' has no list 'name', or something else in it. */
static bool
take_list(struct tm_counts *st, const char *node, const struct json *answer,
          const char *name,
          bool (*take)(struct tm_counts *, const char *, const struct json *))
{
    const struct json *list = member(answer, name, JSON_ARRAY);

    for (size_t i = 0; list && i < list->array.n; i++) {
        if (!take(st, node, list->array.elems[i])) {
            return false;
        }
    }
    return list != NULL;
}

static bool
take_lists(struct tm_counts *st, const char *node, const struct json *answer)
{
    return (take_list(st, node, answer, "sources", take_source)
            && take_list(st, node, answer, "rules", take_rule)
            && take_list(st, node, answer, "unsent", take_unsent));
}

const char *
tm_counts_take(struct tm_counts *st, const char *node,
               const struct json *answer)
{
    const char *error = string_member(answer, "error");
    bool ok;

    if (error[0]) {
        return error;
    }
    st->only_look = true;
    ok = take_lists(st, node, answer);
    st->only_look = false;
    if (ok) {
        take_lists(st, node, answer);
    }
    return ok ? NULL : "its answer cannot be understood";
}

/* ## What there is ## */

/* 'only' NULL: all sessions. */
static void
add_sessions(struct tm_counts *st, const struct tm_model *model,
             const struct tm_session *only)
{
    const struct tm_session **sessions;
    size_t n = tm_ctl_sort_sessions(model, &sessions);

    st->sessions = xcalloc(n + 1, sizeof *st->sessions);
    for (size_t i = 0; i < n; i++) {
        if (!only || sessions[i] == only) {
            struct tm_session_sum *sum = &st->sessions[st->n_sessions++];

            sum->session = sessions[i];
            hmap_insert(&st->by_session, &sum->node,
                        uuid_hash(&sessions[i]->uuid));
        }
    }
    free(sessions);
}

static void
add_rules_of(struct tm_counts *st, const struct tm_filter *filter,
             size_t *allocated)
{
    for (size_t i = 0; i < filter->n_rules; i++) {
        if (st->n_rules >= *allocated) {
            st->rules = x2nrealloc(st->rules, allocated, sizeof *st->rules);
        }
        st->rules[st->n_rules++] = (struct tm_rule_sum) {
            .filter = filter,
            .rule = &filter->rules[i],
        };
    }
}

/* Those of the filters of the sessions. */
static void
add_rules(struct tm_counts *st, const struct tm_model *model)
{
    struct uuidset used = UUIDSET_INITIALIZER(&used);
    const struct tm_filter **filters;
    size_t n = tm_ctl_sort_filters(model, &filters);
    size_t allocated = 0;

    for (size_t i = 0; i < st->n_sessions; i++) {
        uuidset_insert(&used, &st->sessions[i].session->filter);
    }
    for (size_t i = 0; i < n; i++) {
        if (uuidset_contains(&used, &filters[i]->uuid)) {
            add_rules_of(st, filters[i], &allocated);
        }
    }
    for (size_t i = 0; i < st->n_rules; i++) {
        struct tm_rule_sum *sum = &st->rules[i];

        hmap_insert(&st->by_rule, &sum->node,
                    hash_rule(&sum->filter->uuid, sum->rule->direction,
                              sum->rule->priority));
    }
    free(filters);
    uuidset_destroy(&used);
}

void
tm_counts_init(struct tm_counts *st, const struct tm_model *model,
               const struct tm_session *only)
{
    memset(st, 0, sizeof *st);
    hmap_init(&st->by_session);
    hmap_init(&st->by_rule);
    add_sessions(st, model, only);
    add_rules(st, model);
}

void
tm_counts_uninit(struct tm_counts *st)
{
    for (size_t i = 0; i <= st->n_sessions; i++) {
        struct tm_session_sum *sum = &st->sessions[i];

        for (size_t j = 0; j < sum->n_sources; j++) {
            free(sum->sources[j].source);
        }
        for (size_t j = 0; j < sum->n_unsent; j++) {
            free(sum->unsent[j].reason);
            free(sum->unsent[j].packets);
        }
        free(sum->sources);
        free(sum->unsent);
    }
    hmap_destroy(&st->by_session);
    free(st->sessions);
    hmap_destroy(&st->by_rule);
    free(st->rules);
}
