/* SPDX-License-Identifier: Apache-2.0 */
/* model-object.c
 *
 * The objects of the model by themselves: made, filled, brought into their one
 * canonical order, copied, freed.  Canonical order is what makes a result
 * independent of the order in which a database happens to list things. */

#include <config.h>

#include "lib/model.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

void
tm_problems_init(struct tm_problems *problems)
{
    memset(problems, 0, sizeof *problems);
}

void
tm_problems_uninit(struct tm_problems *problems)
{
    if (problems) {
        for (size_t i = 0; i < problems->n; i++) {
            free(problems->p[i].text);
        }
        free(problems->p);
        tm_problems_init(problems);
    }
}

void
tm_problems_add(struct tm_problems *problems, const char *table,
                const struct uuid *row, char *text)
{
    struct tm_problem *p;

    if (problems->n >= problems->allocated) {
        problems->p = x2nrealloc(problems->p, &problems->allocated,
                                 sizeof *problems->p);
    }
    p = &problems->p[problems->n++];
    p->table = table;
    p->row = *row;
    p->text = text;
}

void
tm_problems_clone(struct tm_problems *dst, const struct tm_problems *src)
{
    tm_problems_init(dst);
    for (size_t i = 0; i < src->n; i++) {
        const struct tm_problem *p = &src->p[i];

        tm_problems_add(dst, p->table, &p->row, xstrdup(p->text));
    }
}

bool
tm_problems_equal(const struct tm_problems *a, const struct tm_problems *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (strcmp(a->p[i].table, b->p[i].table)
            || !uuid_equals(&a->p[i].row, &b->p[i].row)
            || strcmp(a->p[i].text, b->p[i].text)) {
            return false;
        }
    }
    return true;
}

/* Makes room for one element more in 'p', which has 'n' of 'size' bytes.  The
 * array may have been put there by somebody who did not set '*allocated'. */
static void *
make_room(void *p, size_t n, size_t *allocated, size_t size)
{
    if (n >= *allocated) {
        *allocated = n;
        p = x2nrealloc(p, allocated, size);
    }
    return p;
}

/* A copy of 'n' elements of 'size' bytes at 'p', which may be NULL. */
static void *
clone_array(const void *p, size_t n, size_t size)
{
    return n ? xmemdup(p, n * size) : NULL;
}

/* Filters. */

struct tm_filter *
tm_filter_create(const struct uuid *uuid)
{
    struct tm_filter *f = xzalloc(sizeof *f);

    f->uuid = *uuid;
    f->name = xstrdup("");
    f->description = xstrdup("");
    f->project = xstrdup("");
    return f;
}

void
tm_filter_destroy(struct tm_filter *f)
{
    if (f) {
        for (size_t i = 0; i < f->n_rules; i++) {
            free(f->rules[i].description);
        }
        free(f->rules);
        free(f->name);
        free(f->description);
        free(f->project);
        tm_problems_uninit(&f->problems);
        free(f);
    }
}

struct tm_filter *
tm_filter_clone(const struct tm_filter *src)
{
    struct tm_filter *f = xmemdup(src, sizeof *src);

    f->name = xstrdup(src->name);
    f->description = xstrdup(src->description);
    f->project = xstrdup(src->project);
    f->rules = clone_array(src->rules, src->n_rules, sizeof *src->rules);
    f->allocated_rules = src->n_rules;
    for (size_t i = 0; i < f->n_rules; i++) {
        f->rules[i].description = xstrdup(src->rules[i].description);
    }
    tm_problems_clone(&f->problems, &src->problems);
    return f;
}

void
tm_filter_add_rule(struct tm_filter *f, const struct tm_rule *rule)
{
    f->rules = make_room(f->rules, f->n_rules, &f->allocated_rules,
                         sizeof *f->rules);
    f->rules[f->n_rules] = *rule;
    if (!rule->description) {
        f->rules[f->n_rules].description = xstrdup("");
    }
    f->n_rules++;
}

static int
compare_rules(const void *a_, const void *b_)
{
    const struct tm_rule *a = a_;
    const struct tm_rule *b = b_;

    if (a->direction != b->direction) {
        return a->direction < b->direction ? -1 : 1;
    } else if (a->priority != b->priority) {
        return a->priority < b->priority ? -1 : 1;
    }
    return uuid_compare_3way(&a->uuid, &b->uuid);
}

void
tm_filter_finish(struct tm_filter *f)
{
    size_t n = 0;

    if (f->n_rules) {
        qsort(f->rules, f->n_rules, sizeof *f->rules, compare_rules);
    }
    for (size_t i = 0; i < f->n_rules; i++) {
        struct tm_rule *rule = &f->rules[i];
        const struct tm_rule *last = n ? &f->rules[n - 1] : NULL;

        if (last && last->direction == rule->direction
            && last->priority == rule->priority) {
            char *text = xasprintf(
                "priority: %d is already that of %s rule "UUID_FMT" of the "
                "same filter; a priority may be used once in a direction",
                rule->priority, tm_direction_to_adjective(rule->direction),
                UUID_ARGS(&last->uuid));

            tm_problems_add(&f->problems, "Mirror_Filter_Rule", &rule->uuid,
                            text);
            free(rule->description);
        } else {
            f->rules[n++] = *rule;
        }
    }
    f->n_rules = n;
}

bool
tm_session_has_source(const struct tm_session *s, const struct uuid *eni)
{
    for (size_t i = 0; i < s->n_sources; i++) {
        if (uuid_equals(&s->sources[i].eni, eni)) {
            return true;
        }
    }
    return false;
}

bool
tm_filter_has_direction(const struct tm_filter *f,
                        enum tm_direction direction)
{
    for (size_t i = 0; i < f->n_rules; i++) {
        if (f->rules[i].direction == direction) {
            return true;
        }
    }
    return false;
}

/* Sessions. */

struct tm_session *
tm_session_create(const struct uuid *uuid)
{
    struct tm_session *s = xzalloc(sizeof *s);

    s->uuid = *uuid;
    s->name = xstrdup("");
    s->description = xstrdup("");
    s->project = xstrdup("");
    return s;
}

void
tm_session_destroy(struct tm_session *s)
{
    if (s) {
        free(s->sources);
        free(s->name);
        free(s->description);
        free(s->project);
        tm_problems_uninit(&s->problems);
        free(s);
    }
}

struct tm_session *
tm_session_clone(const struct tm_session *src)
{
    struct tm_session *s = xmemdup(src, sizeof *src);

    s->name = xstrdup(src->name);
    s->description = xstrdup(src->description);
    s->project = xstrdup(src->project);
    s->sources = clone_array(src->sources, src->n_sources,
                             sizeof *src->sources);
    s->allocated_sources = src->n_sources;
    tm_problems_clone(&s->problems, &src->problems);
    return s;
}

void
tm_session_add_source(struct tm_session *s, const struct tm_source *source)
{
    s->sources = make_room(s->sources, s->n_sources, &s->allocated_sources,
                           sizeof *s->sources);
    s->sources[s->n_sources++] = *source;
}

static int
compare_sources(const void *a_, const void *b_)
{
    const struct tm_source *a = a_;
    const struct tm_source *b = b_;

    return (a->position != b->position
            ? (a->position < b->position ? -1 : 1)
            : uuid_compare_3way(&a->uuid, &b->uuid));
}

void
tm_session_finish(struct tm_session *s)
{
    if (s->n_sources) {
        qsort(s->sources, s->n_sources, sizeof *s->sources, compare_sources);
    }
}

/* Elastic network interfaces. */

struct tm_eni *
tm_eni_create(const struct uuid *uuid, const char *name)
{
    struct tm_eni *eni = xzalloc(sizeof *eni);

    eni->uuid = *uuid;
    eni->name = xstrdup(name);
    eni->instance = xstrdup("");
    eni->vpc = xstrdup("");
    return eni;
}

void
tm_eni_destroy(struct tm_eni *eni)
{
    if (eni) {
        free(eni->name);
        free(eni->macs);
        free(eni->addresses);
        free(eni->instance);
        free(eni->vpc);
        tm_problems_uninit(&eni->problems);
        free(eni);
    }
}

struct tm_eni *
tm_eni_clone(const struct tm_eni *src)
{
    struct tm_eni *eni = xmemdup(src, sizeof *src);

    eni->name = xstrdup(src->name);
    eni->macs = clone_array(src->macs, src->n_macs, sizeof *src->macs);
    eni->addresses = clone_array(src->addresses, src->n_addresses,
                                 sizeof *src->addresses);
    eni->instance = xstrdup(src->instance);
    eni->vpc = xstrdup(src->vpc);
    tm_problems_clone(&eni->problems, &src->problems);
    return eni;
}

static int
compare_macs(const void *a_, const void *b_)
{
    const struct eth_addr *a = a_;
    const struct eth_addr *b = b_;

    return eth_addr_compare_3way(*a, *b);
}

static int
compare_addrs(const void *a, const void *b)
{
    return tm_addr_compare(a, b);
}

/* Sorts the 'n' elements of 'size' bytes at 'array' and removes duplicates.
 * Returns how many are left. */
static size_t
sort_unique(void *array, size_t n, size_t size,
            int (*compare)(const void *, const void *))
{
    char *p = array;
    size_t kept = 0;

    if (n) {
        qsort(p, n, size, compare);
    }
    for (size_t i = 0; i < n; i++) {
        if (!kept || compare(p + (kept - 1) * size, p + i * size)) {
            memmove(p + kept++ * size, p + i * size, size);
        }
    }
    return kept;
}

void
tm_eni_finish(struct tm_eni *eni)
{
    eni->n_macs = sort_unique(eni->macs, eni->n_macs, sizeof *eni->macs,
                              compare_macs);
    eni->n_addresses = sort_unique(eni->addresses, eni->n_addresses,
                                   sizeof *eni->addresses, compare_addrs);
}

/* Load balancers. */

struct tm_lb *
tm_lb_create(const struct uuid *uuid, const char *name)
{
    struct tm_lb *lb = xzalloc(sizeof *lb);

    lb->uuid = *uuid;
    lb->name = xstrdup(name);
    return lb;
}

void
tm_lb_destroy(struct tm_lb *lb)
{
    if (lb) {
        free(lb->name);
        free(lb->members);
        tm_problems_uninit(&lb->problems);
        free(lb);
    }
}

struct tm_lb *
tm_lb_clone(const struct tm_lb *src)
{
    struct tm_lb *lb = xmemdup(src, sizeof *src);

    lb->name = xstrdup(src->name);
    lb->members = clone_array(src->members, src->n_members,
                              sizeof *src->members);
    tm_problems_clone(&lb->problems, &src->problems);
    return lb;
}

void
tm_lb_finish(struct tm_lb *lb)
{
    lb->n_members = sort_unique(lb->members, lb->n_members,
                                sizeof *lb->members, compare_addrs);
}
