/* SPDX-License-Identifier: Apache-2.0 */
/* test-model-touch.c
 *
 * What each kind of change touches, exactly: neither less nor more.  That
 * nothing is forgotten in any mixture is the matter of test-model-random.c. */

#include <config.h>

#include "tests/unit/test-lib.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* The world: filter 1 with an inbound rule; session 1 with sources 1, 2 to
 * ENI 5; session 2 with source 3 to load balancer 1. */

static const char *in_rule[] = { "in 1 accept ipv4 all - - - -", NULL };

static struct tm_session *
session_one(void)
{
    struct tm_session *s = t_session(1, 1, 1);

    t_add_source(s, 1);
    t_add_source(s, 2);
    s->target_type = TM_TARGET_ENI;
    s->target = t_uuid(T_ENI, 5);
    return s;
}

static struct tm_session *
session_two(void)
{
    struct tm_session *s = t_session(2, 2, 1);

    t_add_source(s, 3);
    s->target_type = TM_TARGET_ELB;
    s->target = t_uuid(T_LB, 1);
    return s;
}

static void
put_name(char **name, const char *new)
{
    free(*name);
    *name = xstrdup(new);
}

static void
add_problem(struct tm_problems *problems)
{
    const struct uuid row = t_uuid(T_ENI, 1);

    tm_problems_add(problems, "Table", &row, xstrdup("is wrong"));
}

static void
append_numbers(const struct uuidset *set, char letter, struct ds *ds)
{
    for (unsigned int n = 0; n < 20; n++) {
        const struct uuid uuid = t_uuid(letter == 'f' ? T_FILTER : T_ENI, n);

        if (uuidset_contains(set, &uuid)) {
            ds_put_format(ds, "%c%u ", letter, n);
        }
    }
}

/* Compares with a text: "f1 e1 e2 targets". */
static bool
touches(struct tm_dirty *dirty, const char *want)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    bool ok;

    append_numbers(&dirty->filters, 'f', &ds);
    append_numbers(&dirty->enis, 'e', &ds);
    ds_put_cstr(&ds, dirty->targets ? "targets" : "");
    ds_chomp(&ds, ' ');
    ok = t_text_is(ds_cstr(&ds), want) && !dirty->everything;
    ok &= tm_dirty_is_empty(dirty) == !*want;
    ds_destroy(&ds);
    tm_dirty_clear(dirty);
    return ok;
}

struct world {
    struct tm_model model;
    struct tm_dirty dirty;
};

static void
world_init(struct world *w)
{
    tm_dirty_init(&w->dirty);
    tm_model_init(&w->model);
    tm_model_put_filter(&w->model, t_filter(1, in_rule), NULL);
    tm_model_put_session(&w->model, session_one(), NULL);
    tm_model_put_session(&w->model, session_two(), NULL);
    for (unsigned int i = 1; i <= 5; i++) {
        tm_model_put_eni(&w->model, t_eni(i, i == 5 ? "10.0.0.5" : NULL),
                         NULL);
    }
    tm_model_put_lb(&w->model, t_lb(1, "10.0.1.1", NULL), NULL);
}

static void
world_uninit(struct world *w)
{
    tm_model_uninit(&w->model);
    tm_dirty_uninit(&w->dirty);
}

static void
test_touch_filter(void)
{
    static const char *other_in[] = { "in 1 reject ipv4 all - - - -", NULL };
    static const char *both[] = { "in 1 reject ipv4 all - - - -",
                                  "out 1 reject ipv4 all - - - -", NULL };
    const struct uuid one = t_uuid(T_FILTER, 1);
    struct tm_filter *f;
    struct world w;

    world_init(&w);
    f = t_filter(1, in_rule);
    put_name(&f->name, "other");
    put_name(&f->description, "other");
    put_name(&f->project, "other");
    put_name(&f->rules[0].description, "other");
    tm_model_put_filter(&w.model, f, &w.dirty);
    CU_ASSERT(touches(&w.dirty, ""));
    CU_ASSERT_PTR_EQUAL(tm_model_get_filter(&w.model, &one), f);

    tm_model_put_filter(&w.model, t_filter(1, other_in), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "f1"));
    tm_model_put_filter(&w.model, t_filter(1, both), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "f1 e1 e2 e3"));
    tm_model_put_filter(&w.model, t_filter(1, other_in), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "f1 e1 e2 e3"));
    f = t_filter(1, other_in);
    add_problem(&f->problems);
    tm_model_put_filter(&w.model, f, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "f1 e1 e2 e3"));
    tm_model_remove_filter(&w.model, &one, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "f1 e1 e2 e3"));
    tm_model_remove_filter(&w.model, &one, &w.dirty);
    CU_ASSERT(touches(&w.dirty, ""));
    tm_model_put_filter(&w.model, t_filter(1, NULL), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "f1 e1 e2 e3"));
    tm_model_put_filter(&w.model, t_filter(7, in_rule), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "f7"));
    f = t_filter(7, in_rule);
    add_problem(&f->problems);
    tm_model_put_filter(&w.model, f, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "f7"));
    world_uninit(&w);
}

/* A rule that keeps its row: each of its members counts. */
static void
test_touch_rule(void)
{
    static const char *versions[] = {
        "in 1 accept ipv4 tcp 10.0.0.0/8 1-2 10.0.0.0/9 3-4",
        "in 2 accept ipv4 tcp 10.0.0.0/8 1-2 10.0.0.0/9 3-4",
        "in 2 reject ipv4 tcp 10.0.0.0/8 1-2 10.0.0.0/9 3-4",
        "in 2 reject ipv4 udp 10.0.0.0/8 1-2 10.0.0.0/9 3-4",
        "in 2 reject ipv4 udp 10.0.0.0/9 1-2 10.0.0.0/9 3-4",
        "in 2 reject ipv4 udp - 1-2 10.0.0.0/9 3-4",
        "in 2 reject ipv4 udp - 1-2 10.0.0.0/8 3-4",
        "in 2 reject ipv4 udp - 1-2 - 3-4",
        "in 2 reject ipv6 udp - 1-2 - 3-4",
        "in 2 reject ipv6 udp - 1-3 - 3-4",
        "in 2 reject ipv6 udp - 2-3 - 3-4",
        "in 2 reject ipv6 udp - 2-3 - 3-5",
        "in 2 reject ipv6 udp - 2-3 - 4-5",
        "in 2 reject ipv6 udp - 2-3 - -",
    };
    struct world w;

    world_init(&w);
    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        const char *rules[] = { versions[i], NULL };

        tm_model_put_filter(&w.model, t_filter(1, rules), &w.dirty);
        CU_ASSERT(touches(&w.dirty, "f1"));
        tm_model_put_filter(&w.model, t_filter(1, rules), &w.dirty);
        CU_ASSERT(touches(&w.dirty, ""));
    }

    /* The direction, of a filter that keeps both. */
    const char *a[] = { "in 1 accept ipv4 all - - - -",
                        "in 2 accept ipv4 all - - - -",
                        "out 3 accept ipv4 all - - - -", NULL };
    const char *b[] = { a[0], "out 2 accept ipv4 all - - - -", a[2], NULL };

    tm_model_put_filter(&w.model, t_filter(1, a), NULL);
    tm_model_put_filter(&w.model, t_filter(1, b), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "f1"));
    world_uninit(&w);
}

static void
test_touch_session(void)
{
    const struct uuid one = t_uuid(T_SESSION, 1);
    struct tm_session *s;
    struct world w;

    world_init(&w);
    s = session_one();
    put_name(&s->name, "other");
    put_name(&s->description, "other");
    put_name(&s->project, "other");
    /* Another order of the sources alone. */
    s->sources[0].position = 7;
    tm_session_finish(s);
    tm_model_put_session(&w.model, s, &w.dirty);
    CU_ASSERT(touches(&w.dirty, ""));
    CU_ASSERT_PTR_EQUAL(tm_model_get_session(&w.model, &one), s);

    s = session_one();
    s->vni = 9;
    tm_model_put_session(&w.model, s, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e5"));
    s = session_one();
    s->enabled = false;
    tm_model_put_session(&w.model, s, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e5"));
    s = session_one();
    t_add_source(s, 4);
    tm_model_put_session(&w.model, s, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e4 e5"));
    tm_model_put_session(&w.model, session_one(), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e4 e5"));
    s = session_one();
    s->target = t_uuid(T_ENI, 6);
    tm_model_put_session(&w.model, s, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e5 e6 targets"));
    s = session_one();
    s->usable = false;
    tm_model_put_session(&w.model, s, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e5 e6 targets"));
    tm_model_remove_session(&w.model, &one, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e5"));
    tm_model_remove_session(&w.model, &one, &w.dirty);
    CU_ASSERT(touches(&w.dirty, ""));
    tm_model_put_session(&w.model, session_one(), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e5 targets"));
    tm_model_remove_session(&w.model, &one, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e5 targets"));
    world_uninit(&w);
}

/* A name counts where a status tells it: of two sessions that contradict each
 * other. */
static void
test_touch_rename(void)
{
    struct tm_session *s;
    struct world w;

    world_init(&w);
    /* Two sessions of one source, in good order. */
    s = t_session(3, 3, 1);
    t_add_source(s, 1);
    tm_model_put_session(&w.model, tm_session_clone(s), NULL);
    put_name(&s->name, "other");
    tm_model_put_session(&w.model, s, &w.dirty);
    CU_ASSERT(touches(&w.dirty, ""));

    /* The same with one priority. */
    s = tm_session_clone(s);
    s->priority = 1;
    tm_model_put_session(&w.model, tm_session_clone(s), NULL);
    put_name(&s->name, "again");
    tm_model_put_session(&w.model, s, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1"));

    /* A session whose target is a source, and one whose source is a target.
     */
    s = t_session(4, 4, 1);
    s->target_type = TM_TARGET_ENI;
    s->target = t_uuid(T_ENI, 3);
    tm_model_put_session(&w.model, tm_session_clone(s), NULL);
    put_name(&s->name, "again");
    tm_model_put_session(&w.model, s, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e3"));
    s = session_two();
    put_name(&s->name, "again");
    tm_model_put_session(&w.model, s, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e3"));
    world_uninit(&w);
}

static void
test_touch_eni(void)
{
    const struct uuid five = t_uuid(T_ENI, 5);
    struct tm_eni *eni;
    struct world w;

    world_init(&w);
    tm_model_put_eni(&w.model, t_eni(5, "10.0.0.5"), &w.dirty);
    CU_ASSERT(touches(&w.dirty, ""));
    eni = t_eni(1, NULL);
    eni->mtu = 1500;
    tm_model_put_eni(&w.model, eni, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1"));
    eni = t_eni(5, "10.0.0.5");
    eni->mtu = 1500;
    tm_model_put_eni(&w.model, eni, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e5"));
    eni = t_eni(5, "10.0.0.5");
    put_name(&eni->name, "other");
    tm_model_put_eni(&w.model, eni, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e5"));
    tm_model_put_eni(&w.model, t_eni(5, "10.0.0.6"), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e5 targets"));
    tm_model_remove_eni(&w.model, &five, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e5 targets"));
    tm_model_remove_eni(&w.model, &five, &w.dirty);
    CU_ASSERT(touches(&w.dirty, ""));
    tm_model_put_eni(&w.model, t_eni(5, NULL), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e1 e2 e5 targets"));
    tm_model_put_eni(&w.model, t_eni(6, "10.0.0.6"), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e6"));
    eni = t_eni(6, "10.0.0.6");
    add_problem(&eni->problems);
    tm_model_put_eni(&w.model, eni, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e6"));
    world_uninit(&w);
}

static void
test_touch_lb(void)
{
    const struct uuid one = t_uuid(T_LB, 1);
    struct world w;
    struct tm_lb *lb;

    world_init(&w);
    tm_model_put_lb(&w.model, t_lb(1, "10.0.1.1", NULL), &w.dirty);
    CU_ASSERT(touches(&w.dirty, ""));
    tm_model_put_lb(&w.model, t_lb(1, "10.0.1.2", NULL), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e3 targets"));
    tm_model_put_lb(&w.model, t_lb(1, "10.0.1.2", "10.0.1.3"), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e3 targets"));
    tm_model_remove_lb(&w.model, &one, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e3 targets"));
    tm_model_remove_lb(&w.model, &one, &w.dirty);
    CU_ASSERT(touches(&w.dirty, ""));
    tm_model_put_lb(&w.model, t_lb(1, NULL, NULL), &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e3 targets"));
    lb = t_lb(1, NULL, NULL);
    add_problem(&lb->problems);
    tm_model_put_lb(&w.model, lb, &w.dirty);
    CU_ASSERT(touches(&w.dirty, "e3 targets"));
    tm_model_put_lb(&w.model, t_lb(2, "10.0.1.2", NULL), &w.dirty);
    CU_ASSERT(touches(&w.dirty, ""));
    world_uninit(&w);
}

CU_TestInfo tm_test_model_touch[] = {
    { "touched by a filter", test_touch_filter },
    { "touched by a rule", test_touch_rule },
    { "touched by a session", test_touch_session },
    { "touched by a name", test_touch_rename },
    { "touched by an ENI", test_touch_eni },
    { "touched by a load balancer", test_touch_lb },
    CU_TEST_INFO_NULL
};
