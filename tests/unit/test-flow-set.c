/* SPDX-License-Identifier: Apache-2.0 */
/* test-flow-set.c
 *
 * Sets and differences: properties over random sets.  The seed is printed;
 * TM_TEST_SEED=N repeats a run. */

#include <config.h>

#include "plugin/flow/flow-set.h"

#include <CUnit/Basic.h>
#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "plugin/flow/flow-diff.h"
#include "random.h"
#include "tests/unit/test-flow.h"
#include "util.h"

/* Few keys, so that two random sets have many in common. */
static struct tm_flow *
random_flow(void)
{
    static const char *const matches[] = {
        "", "ip,", "tcp,tp_dst=80,", "reg0=1,", "reg0=1,reg1=2,",
        "reg0=2,", "reg0=0/2,", "xxreg1=0x1,", "xxreg1=0x10000000000000000,",
    };
    static const char *const actions[] = {
        "drop", "resubmit(,1)", "clone(output:1)", "output:1",
    };
    char *text = xasprintf("table=%u,priority=%u,cookie=%u,%sactions=%s",
                           random_range(3), random_range(3), random_range(2),
                           matches[random_range(ARRAY_SIZE(matches))],
                           actions[random_range(ARRAY_SIZE(actions))]);
    struct tm_flow *flow = flow_from_text(text);

    free(text);
    return flow;
}

static void
put_random(struct tm_flow_set *set, int n)
{
    for (int i = 0; i < n; i++) {
        tm_flow_set_put(set, random_flow());
    }
}

static void
change_random(struct tm_flow_set *set, int n)
{
    for (int i = 0; i < n; i++) {
        struct tm_flow *flow = random_flow();

        if (random_range(2)) {
            tm_flow_set_put(set, flow);
        } else {
            tm_flow_set_remove(set, flow);
            tm_flow_unref(flow);
        }
    }
}

/* Applies 'diff' as strictly as its types say, and checks its order. */
static void
apply(struct tm_flow_set *set, const struct tm_flow_diff *diff)
{
    for (size_t i = 0; i < diff->n; i++) {
        const struct tm_flow_change *c = &diff->changes[i];
        const struct tm_flow *key = c->want ? c->want : c->have;
        const struct tm_flow *old = tm_flow_set_find(set, key);

        CU_ASSERT_EQUAL(c->have != NULL, c->type != TM_CHANGE_ADD);
        CU_ASSERT_EQUAL(c->want != NULL, c->type != TM_CHANGE_DELETE);
        CU_ASSERT_EQUAL(old != NULL, c->have != NULL);
        CU_ASSERT(!old || tm_flow_equal(old, c->have));
        CU_ASSERT(!old || !c->want || !tm_flow_equal(old, c->want));
        if (i) {
            const struct tm_flow_change *p = &diff->changes[i - 1];

            CU_ASSERT(p->type < c->type
                      || (p->type == c->type
                          && tm_flow_compare(p->want ? p->want : p->have,
                                             key) < 0));
        }
        if (c->want) {
            tm_flow_set_put(set, tm_flow_ref(c->want));
        } else {
            tm_flow_set_remove(set, c->have);
        }
    }
}

void
test_diff_full(void)
{
    for (int round = 0; round < 500; round++) {
        struct tm_flow_set have, want;
        struct tm_flow_diff diff;

        tm_flow_set_init(&have, false);
        tm_flow_set_init(&want, false);
        put_random(&have, random_range(60));
        put_random(&want, random_range(60));

        tm_flow_diff_init(&diff);
        tm_flow_diff_full(&diff, &have, &want);
        CU_ASSERT_EQUAL(diff.n == 0, tm_flow_set_equal(&have, &want));
        apply(&have, &diff);
        CU_ASSERT(tm_flow_set_equal(&have, &want));
        tm_flow_diff_uninit(&diff);

        tm_flow_diff_init(&diff);
        tm_flow_diff_full(&diff, &have, &want);
        CU_ASSERT_EQUAL(diff.n, 0);
        tm_flow_diff_uninit(&diff);
        tm_flow_set_uninit(&have);
        tm_flow_set_uninit(&want);
    }
}

/* The journal gives the same list as the whole sets. */
void
test_diff_journal(void)
{
    struct tm_flow_set have, want;

    tm_flow_set_init(&have, false);
    tm_flow_set_init(&want, true);
    for (int round = 0; round < 500; round++) {
        struct tm_flow_diff by_journal, full;
        struct ds journal_s = DS_EMPTY_INITIALIZER;
        struct ds full_s = DS_EMPTY_INITIALIZER;

        if (random_range(20)) {
            change_random(&want, random_range(30));
        } else {
            tm_flow_set_clear(&want);
            put_random(&want, random_range(60));
        }
        tm_flow_diff_init(&by_journal);
        tm_flow_diff_init(&full);
        tm_flow_diff_journal(&by_journal, &have, &want);
        tm_flow_diff_full(&full, &have, &want);
        tm_flow_diff_format(&by_journal, &journal_s);
        tm_flow_diff_format(&full, &full_s);
        CU_ASSERT_STRING_EQUAL(ds_cstr(&journal_s), ds_cstr(&full_s));

        apply(&have, &by_journal);
        CU_ASSERT(tm_flow_set_equal(&have, &want));
        tm_flow_set_clear_journal(&want);
        CU_ASSERT(tm_flow_set_journal_is_empty(&want));

        ds_destroy(&journal_s);
        ds_destroy(&full_s);
        tm_flow_diff_uninit(&by_journal);
        tm_flow_diff_uninit(&full);
    }
    tm_flow_set_uninit(&have);
    tm_flow_set_uninit(&want);
}

/* 'set' has the flow 'same', and another one under the key of 'other_flow'. */
static void
check_share_and_swap(const struct tm_flow_set *set,
                     const struct tm_flow *other_flow,
                     const struct tm_flow *same)
{
    struct tm_flow_set other;
    tm_flow_set_init(&other, false);
    tm_flow_set_put(&other, tm_flow_ref(other_flow));
    tm_flow_set_put(&other, flow_from_text("table=1,priority=3 actions=drop"));
    tm_flow_set_share(&other, set);
    CU_ASSERT_PTR_EQUAL(tm_flow_set_find(&other, other_flow), other_flow);
    CU_ASSERT_PTR_EQUAL(tm_flow_set_find(&other, same), same);

    /* Swapped with an empty set and back, it is still good for use. */
    struct tm_flow_set empty;
    tm_flow_set_init(&empty, false);
    tm_flow_set_swap(&empty, &other);
    CU_ASSERT_EQUAL(tm_flow_set_count(&empty), 2);
    CU_ASSERT_EQUAL(tm_flow_set_count(&other), 0);
    tm_flow_set_put(&other, tm_flow_ref(other_flow));
    tm_flow_set_swap(&empty, &other);
    CU_ASSERT_EQUAL(tm_flow_set_count(&other), 2);
    CU_ASSERT_EQUAL(tm_flow_set_count(&empty), 1);
    tm_flow_set_uninit(&empty);
    tm_flow_set_uninit(&other);
}

void
test_set(void)
{
    struct tm_flow *a = flow_from_text("table=1,priority=2 actions=drop");
    struct tm_flow *a2 = flow_from_text("table=1,priority=2 actions=drop");
    struct tm_flow *b = flow_from_text("table=1,priority=2 actions=output:1");
    struct tm_flow *c = flow_from_text("table=1,priority=3 actions=drop");
    struct tm_flow_set set;
    struct ds s = DS_EMPTY_INITIALIZER;

    tm_flow_set_init(&set, true);
    tm_flow_set_put(&set, tm_flow_ref(a));
    CU_ASSERT_FALSE(tm_flow_set_journal_is_empty(&set));
    tm_flow_set_clear_journal(&set);

    /* An equal flow changes nothing, not even the pointer. */
    tm_flow_set_put(&set, tm_flow_ref(a2));
    CU_ASSERT(tm_flow_set_journal_is_empty(&set));
    CU_ASSERT_PTR_EQUAL(tm_flow_set_find(&set, a2), a);
    CU_ASSERT_EQUAL(a2->n_refs, 1);

    tm_flow_set_put(&set, tm_flow_ref(b));
    CU_ASSERT_EQUAL(tm_flow_set_count(&set), 1);
    CU_ASSERT_PTR_EQUAL(tm_flow_set_find(&set, a), b);
    CU_ASSERT_FALSE(tm_flow_set_remove(&set, c));
    tm_flow_set_put(&set, tm_flow_ref(c));

    check_share_and_swap(&set, a2, c);

    tm_flow_set_format(&set, &s);
    CU_ASSERT_STRING_EQUAL(
        ds_cstr(&s), "cookie=0x0, table=1, priority=3 actions=drop\n"
        "cookie=0x0, table=1, priority=2 actions=output:1\n");
    ds_destroy(&s);

    CU_ASSERT(tm_flow_set_remove(&set, a));
    tm_flow_set_clear(&set);
    CU_ASSERT_EQUAL(tm_flow_set_count(&set), 0);
    tm_flow_set_uninit(&set);

    /* Nobody holds a reference any more. */
    CU_ASSERT_EQUAL(a->n_refs, 1);
    CU_ASSERT_EQUAL(b->n_refs, 1);
    CU_ASSERT_EQUAL(c->n_refs, 1);
    tm_flow_unref(a);
    tm_flow_unref(a2);
    tm_flow_unref(b);
    tm_flow_unref(c);
    tm_flow_unref(NULL);
}
