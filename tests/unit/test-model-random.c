/* SPDX-License-Identifier: Apache-2.0 */
/* test-model-random.c
 *
 * Two properties of the model under random changes.
 *
 * First, a model that was changed step by step answers like one that is made
 * at once from what is there, put in any order.
 *
 * Second, what a step touches is told: wherever an answer about an ENI, a
 * filter or the targets differs before and after, struct tm_dirty has it. */

#include <config.h>

#include "tests/unit/test-lib.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "tests/unit/test-model-view.h"
#include "util.h"

#define N_STEPS 2000

/* What is there, apart from any model.  NULL: not there. */
struct world {
    struct tm_filter *filters[N_FILTERS];
    struct tm_session *sessions[N_SESSIONS];
    struct tm_eni *enis[N_ENIS];
    struct tm_lb *lbs[N_LBS];
};

static bool
one_in(int n)
{
    return !random_range(n);
}

static const char *
pick(const char *const words[], size_t n)
{
    return words[random_range(n)];
}
#define PICK(WORDS) pick(WORDS, ARRAY_SIZE(WORDS))

static const char *const addrs[] = {
    "10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1", "2001:db8::2",
};
static const char *const rules[] = {
    "in 1 accept ipv4 tcp - - - 80",
    "in 2 accept ipv4 all 10.0.0.0/24 - - -",
    "in 2 reject ipv4 tcp - - - 80-90",
    "in 3 reject ipv4 udp - 53 - -",
    "in 4 accept ipv6 all - - - -",
    "out 1 reject ipv4 tcp - - - 80",
    "out 2 accept ipv4 all - - - -",
    "out 2 accept ipv6 icmp6 - - 2001:db8::/32 -",
    "out 3 reject ipv6 all - - - -",
};

static void
set_string(char **s)
{
    free(*s);
    *s = xstrdup(PICK(view_names));
}

/* Random changes of one member, or some.  A case for each member. */

static void
change_filter(struct tm_filter *f)
{
    struct tm_rule rule;

    switch (random_range(4)) {
    case 0:
        set_string(&f->name);
        break;
    case 1:
        if (f->n_rules) {
            set_string(&f->rules[0].description);
        }
        break;
    case 2:
        if (f->n_rules) {
            struct tm_rule *r = &f->rules[random_range(f->n_rules)];

            r->action = one_in(2) ? TM_ACCEPT : TM_REJECT;
            r->dport.hi = r->dport.lo ? 80 + random_range(10) : 0;
        }
        break;
    default:
        rule = t_rule(random_range(50), PICK(rules));
        tm_filter_add_rule(f, &rule);
        if (f->n_rules > 4) {
            free(f->rules[0].description);
            f->rules[0] = f->rules[--f->n_rules];
        }
        break;
    }
    tm_filter_finish(f);
}

static void
change_sources(struct tm_session *s)
{
    if (s->n_sources && one_in(2)) {
        s->sources[random_range(s->n_sources)].position = random_range(9);
    } else if (s->n_sources && one_in(2)) {
        s->sources[0] = s->sources[--s->n_sources];
    } else {
        struct tm_source source = {
            .uuid = t_uuid(T_SOURCE, random_range(100)),
            .eni = t_uuid(T_ENI, random_range(N_ENIS)),
            .position = random_range(9),
        };

        tm_session_add_source(s, &source);
    }
}

static void
change_target(struct tm_session *s)
{
    s->target_type = random_range(TM_TARGET_IP + 1);
    switch (s->target_type) {
    case TM_TARGET_ENI:
        s->target = t_uuid(T_ENI, random_range(N_ENIS));
        break;
    case TM_TARGET_ELB:
        s->target = t_uuid(T_LB, random_range(N_LBS));
        break;
    case TM_TARGET_IP:
        s->target_addr = t_addr(PICK(addrs));
        break;
    }
}

static void
change_session(struct tm_session *s)
{
    switch (random_range(10)) {
    case 0:
        set_string(one_in(2) ? &s->name : &s->description);
        break;
    case 1:
        s->priority = 1 + random_range(4);
        break;
    case 2:
        s->enabled = !s->enabled;
        break;
    case 3:
        s->usable = !one_in(4);
        break;
    case 4:
        s->filter = t_uuid(T_FILTER, random_range(N_FILTERS));
        break;
    case 5:
        change_target(s);
        break;
    case 6:
        s->vni = random_range(3);
        break;
    case 7:
        s->packet_length = random_range(3);
        break;
    case 8:
        tm_problems_uninit(&s->problems);
        if (one_in(3)) {
            tm_problems_add(&s->problems, "Mirror_Session", &s->uuid,
                            xstrdup(PICK(view_names)));
        }
        break;
    default:
        change_sources(s);
        break;
    }
    tm_session_finish(s);
}

static void
change_eni(struct tm_eni *eni)
{
    switch (random_range(6)) {
    case 0:
        set_string(&eni->name);
        break;
    case 1:
        eni->mtu = random_range(3);
        break;
    case 2:
        eni->mirroring_supported = !one_in(4);
        break;
    case 3:
        free(eni->macs);
        eni->macs = xzalloc(sizeof *eni->macs);
        eni->macs[0].ea[5] = random_range(3);
        eni->n_macs = random_range(2);
        break;
    case 4:
        set_string(one_in(2) ? &eni->vpc : &eni->instance);
        break;
    default:
        free(eni->addresses);
        eni->addresses = xmalloc(2 * sizeof *eni->addresses);
        eni->addresses[0] = t_addr(PICK(addrs));
        eni->addresses[1] = t_addr(PICK(addrs));
        eni->n_addresses = random_range(3);
        break;
    }
    tm_eni_finish(eni);
}

static void
change_lb(struct tm_lb *lb)
{
    switch (random_range(3)) {
    case 0:
        set_string(&lb->name);
        break;
    case 1:
        lb->has_vip = one_in(2);
        lb->vip = t_addr(PICK(addrs));
        break;
    default:
        free(lb->members);
        lb->members = xmalloc(2 * sizeof *lb->members);
        lb->members[0] = t_addr(PICK(addrs));
        lb->members[1] = t_addr(PICK(addrs));
        lb->n_members = random_range(3);
        break;
    }
    tm_lb_finish(lb);
}

/* One random change to 'w' and 'model': an object goes, or comes, or becomes
 * a changed one. */

static void
step_filter(struct world *w, struct tm_model *model, struct tm_dirty *dirty)
{
    unsigned int i = random_range(N_FILTERS);
    struct uuid uuid = t_uuid(T_FILTER, i);

    if (w->filters[i] && one_in(6)) {
        tm_filter_destroy(w->filters[i]);
        w->filters[i] = NULL;
        tm_model_remove_filter(model, &uuid, dirty);
        return;
    }
    if (!w->filters[i]) {
        w->filters[i] = t_filter(i, NULL);
    }
    change_filter(w->filters[i]);
    tm_model_put_filter(model, tm_filter_clone(w->filters[i]), dirty);
}

static void
step_session(struct world *w, struct tm_model *model, struct tm_dirty *dirty)
{
    unsigned int i = random_range(N_SESSIONS);
    struct uuid uuid = t_uuid(T_SESSION, i);

    if (w->sessions[i] && one_in(12)) {
        tm_session_destroy(w->sessions[i]);
        w->sessions[i] = NULL;
        tm_model_remove_session(model, &uuid, dirty);
        return;
    }
    if (!w->sessions[i]) {
        w->sessions[i] = t_session(i, 1 + random_range(4),
                                   random_range(N_FILTERS));
        change_target(w->sessions[i]);
        change_sources(w->sessions[i]);
    }
    change_session(w->sessions[i]);
    tm_model_put_session(model, tm_session_clone(w->sessions[i]), dirty);
}

static void
step_eni(struct world *w, struct tm_model *model, struct tm_dirty *dirty)
{
    unsigned int i = random_range(N_ENIS);
    struct uuid uuid = t_uuid(T_ENI, i);

    if (w->enis[i] && one_in(6)) {
        tm_eni_destroy(w->enis[i]);
        w->enis[i] = NULL;
        tm_model_remove_eni(model, &uuid, dirty);
        return;
    }
    if (!w->enis[i]) {
        w->enis[i] = t_eni(i, one_in(2) ? PICK(addrs) : NULL);
    }
    change_eni(w->enis[i]);
    tm_model_put_eni(model, tm_eni_clone(w->enis[i]), dirty);
}

static void
step_lb(struct world *w, struct tm_model *model, struct tm_dirty *dirty)
{
    unsigned int i = random_range(N_LBS);
    struct uuid uuid = t_uuid(T_LB, i);

    if (w->lbs[i] && one_in(6)) {
        tm_lb_destroy(w->lbs[i]);
        w->lbs[i] = NULL;
        tm_model_remove_lb(model, &uuid, dirty);
        return;
    }
    if (!w->lbs[i]) {
        w->lbs[i] = t_lb(i, NULL, NULL);
    }
    change_lb(w->lbs[i]);
    tm_model_put_lb(model, tm_lb_clone(w->lbs[i]), dirty);
}

static void
step(struct world *w, struct tm_model *model, struct tm_dirty *dirty)
{
    switch (random_range(6)) {
    case 0:
        step_filter(w, model, dirty);
        break;
    case 1:
        step_eni(w, model, dirty);
        break;
    case 2:
        step_lb(w, model, dirty);
        break;
    default:
        step_session(w, model, dirty);
        break;
    }
}

/* Puts object number 'i' of all of 'w' into 'model', as a copy. */
static void
put_again(const struct world *w, size_t i, struct tm_model *model,
          struct tm_dirty *dirty)
{
    if (i < N_FILTERS) {
        if (w->filters[i]) {
            tm_model_put_filter(model, tm_filter_clone(w->filters[i]), dirty);
        }
        return;
    }
    i -= N_FILTERS;
    if (i < N_SESSIONS) {
        if (w->sessions[i]) {
            tm_model_put_session(model, tm_session_clone(w->sessions[i]),
                                 dirty);
        }
        return;
    }
    i -= N_SESSIONS;
    if (i < N_ENIS) {
        if (w->enis[i]) {
            tm_model_put_eni(model, tm_eni_clone(w->enis[i]), dirty);
        }
        return;
    }
    i -= N_ENIS;
    if (w->lbs[i]) {
        tm_model_put_lb(model, tm_lb_clone(w->lbs[i]), dirty);
    }
}
#define N_ALL (N_FILTERS + N_SESSIONS + N_ENIS + N_LBS)

/* A model from nothing, its objects put in random order. */
static void
make_model(const struct world *w, struct tm_model *model)
{
    size_t order[N_ALL];

    for (size_t i = 0; i < N_ALL; i++) {
        size_t j = random_range(i + 1);

        order[i] = order[j];
        order[j] = i;
    }
    tm_model_init(model);
    for (size_t i = 0; i < N_ALL; i++) {
        put_again(w, order[i], model, NULL);
    }
}

static void
world_destroy(struct world *w)
{
    for (size_t i = 0; i < N_FILTERS; i++) {
        tm_filter_destroy(w->filters[i]);
    }
    for (size_t i = 0; i < N_SESSIONS; i++) {
        tm_session_destroy(w->sessions[i]);
    }
    for (size_t i = 0; i < N_ENIS; i++) {
        tm_eni_destroy(w->enis[i]);
    }
    for (size_t i = 0; i < N_LBS; i++) {
        tm_lb_destroy(w->lbs[i]);
    }
}

static void
test_random(void)
{
    struct tm_model model, fresh;
    struct view old, new, want;
    struct world w = { .filters = { NULL } };
    struct tm_dirty dirty;

    tm_dirty_init(&dirty);
    tm_model_init(&model);
    view_init(&old, &model);
    for (int i = 0; i < N_STEPS; i++) {
        bool ok;

        for (int n = 1 + random_range(3); n > 0; n--) {
            step(&w, &model, &dirty);
        }
        view_init(&new, &model);
        ok = view_is_told(&old, &new, &dirty);
        view_uninit(&old);

        make_model(&w, &fresh);
        view_init(&want, &fresh);
        ok &= view_equal(&new, &want);
        view_uninit(&want);
        tm_model_uninit(&fresh);

        /* What is equal touches nothing. */
        tm_dirty_clear(&dirty);
        put_again(&w, random_range(N_ALL), &model, &dirty);
        ok &= tm_dirty_is_empty(&dirty);

        CU_ASSERT_FATAL(ok);
        old = new;
    }
    view_uninit(&old);
    tm_model_uninit(&model);
    tm_dirty_uninit(&dirty);
    world_destroy(&w);
}

/* Emptied one by one, a model has nothing left in any index. */
static void
test_empty(void)
{
    struct world w = { .filters = { NULL } };
    struct view have, want;
    struct tm_model model, none;

    tm_model_init(&model);
    for (int i = 0; i < 200; i++) {
        step(&w, &model, NULL);
    }
    for (unsigned int i = 0; i < N_SESSIONS; i++) {
        const struct uuid filter = t_uuid(T_FILTER, i);
        const struct uuid session = t_uuid(T_SESSION, i);
        const struct uuid eni = t_uuid(T_ENI, i);
        const struct uuid lb = t_uuid(T_LB, i);

        tm_model_remove_filter(&model, &filter, NULL);
        tm_model_remove_session(&model, &session, NULL);
        tm_model_remove_eni(&model, &eni, NULL);
        tm_model_remove_lb(&model, &lb, NULL);
    }
    tm_model_init(&none);
    view_init(&have, &model);
    view_init(&want, &none);
    CU_ASSERT(view_equal(&have, &want));
    view_uninit(&have);
    view_uninit(&want);
    tm_model_uninit(&model);
    tm_model_uninit(&none);
    world_destroy(&w);
}

CU_TestInfo tm_test_model_random[] = {
    { "step by step and at once", test_random },
    { "nothing left", test_empty },
    CU_TEST_INFO_NULL
};
