/* SPDX-License-Identifier: Apache-2.0 */
/* test-space.c
 *
 * Sets of packets (lib/space), what is warned of (lib/warning), what a change
 * does (lib/effect): each is held against match.c, packet by packet.  The seed
 * of what is random is printed; TM_TEST_SEED=N repeats a run. */

#include <config.h>

#include "tests/unit/test-space.h"

#include <CUnit/Basic.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/space.h"
#include "openvswitch/dynamic-string.h"
#include "random.h"
#include "util.h"

/* Calls 'check' for every corner of the rules of 'filter'.  Returns false if
 * that did, once. */
static bool
each_corner(const struct tm_filter *filter, bool wide,
            bool (*check)(const struct tm_packet *, void *aux), void *aux)
{
    static const enum tm_ip versions[] = { TM_IPV4, TM_IPV6 };
    bool ok = true;

    for (size_t i = 0; i < ARRAY_SIZE(versions) && ok; i++) {
        struct t_corners corners;

        t_corners_init(&corners, versions[i], wide);
        for (size_t j = 0; j < filter->n_rules; j++) {
            t_corners_add(&corners, &filter->rules[j]);
        }
        for (size_t n = t_corners_n(&corners); n-- > 0 && ok; ) {
            struct tm_packet pkt = t_corners_packet(&corners, n);

            ok = check(&pkt, aux);
        }
        t_corners_uninit(&corners);
    }
    return ok;
}

/* One rule is one box: the same packets are in both. */

static bool
box_is_rule(const struct tm_packet *pkt, void *rule_)
{
    const struct tm_rule *rule = rule_;
    struct tm_box box;

    tm_box_from_rule(rule, &box);
    return tm_box_contains(&box, pkt) == tm_rule_matches(rule, pkt);
}

static void
test_box(void)
{
    const struct tm_packet arp = t_packet("arp");

    for (int i = 0; i < 200; i++) {
        struct tm_filter *f = t_random_filter(1, 3);

        for (size_t j = 0; j < f->n_rules; j++) {
            CU_ASSERT(each_corner(f, true, box_is_rule, &f->rules[j]));
            CU_ASSERT(box_is_rule(&arp, &f->rules[j]));
        }
        tm_filter_destroy(f);
    }
}

/* The first rule less the others. */
struct rest {
    const struct tm_filter *filter;
    struct tm_space space;
};

static size_t
n_boxes_with(const struct tm_space *space, const struct tm_packet *pkt)
{
    size_t n = 0;

    for (size_t i = 0; i < space->n; i++) {
        n += tm_box_contains(&space->boxes[i], pkt);
    }
    return n;
}

static bool
rest_is_right(const struct tm_packet *pkt, void *rest_)
{
    const struct rest *rest = rest_;
    const struct tm_rule *rules = rest->filter->rules;
    bool want = tm_rule_matches(&rules[0], pkt);

    for (size_t i = 1; i < rest->filter->n_rules; i++) {
        want = want && !tm_rule_matches(&rules[i], pkt);
    }
    /* In one box: no two overlap. */
    return (n_boxes_with(&rest->space, pkt) == want
            && tm_space_contains(&rest->space, pkt) == want);
}

static void
test_subtract(void)
{
    for (int i = 0; i < 200; i++) {
        struct rest rest = { .filter = t_random_filter(1, 5) };
        struct tm_box box;

        tm_space_init(&rest.space);
        for (size_t j = 0; j < rest.filter->n_rules; j++) {
            tm_box_from_rule(&rest.filter->rules[j], &box);
            if (!j) {
                tm_space_add(&rest.space, &box);
            } else {
                tm_space_subtract(&rest.space, &box);
            }
        }
        if (rest.filter->n_rules) {
            size_t n = rest.space.n;

            CU_ASSERT(!rest.space.unknown);
            CU_ASSERT(each_corner(rest.filter, false, rest_is_right, &rest));
            tm_space_simplify(&rest.space);
            CU_ASSERT(rest.space.n <= n);
            CU_ASSERT(each_corner(rest.filter, false, rest_is_right, &rest));
        }
        tm_space_uninit(&rest.space);
        tm_filter_destroy(CONST_CAST(struct tm_filter *, rest.filter));
    }
}

/* What 'first' matches and 'second', unless it is NULL, does not, in words. */
static char *
difference(const char *first, const char *second)
{
    const struct tm_rule a = t_rule(1, first);
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct tm_space space;
    struct tm_box box;

    tm_space_init(&space);
    tm_box_from_rule(&a, &box);
    tm_space_add(&space, &box);
    if (second) {
        const struct tm_rule b = t_rule(2, second);

        tm_box_from_rule(&b, &box);
        tm_space_subtract(&space, &box);
        tm_space_simplify(&space);
    }
    for (size_t i = 0; i < space.n; i++) {
        tm_box_format(&space.boxes[i], &ds);
        ds_put_char(&ds, '\n');
    }
    tm_space_uninit(&space);
    return ds_steal_cstr(&ds);
}

static void
test_format(void)
{
    static const struct {
        const char *first, *second, *want;
    } cases[] = {
        { "in 1 accept ipv4 tcp 172.16.0.0/24 - 10.0.0.3 80", NULL,
          "tcp 172.16.0.0/24:any -> 10.0.0.3/32:80-80\n" },
        { "in 1 accept ipv4 all - - 10.2.0.0/24 -", NULL,
          "all 0.0.0.0/0 -> 10.2.0.0/24\n" },
        { "in 1 accept ipv6 udp 2001:db8::/32 - - 53", NULL,
          "udp [2001:db8::/32]:any -> [::/0]:53-53\n" },
        { "in 1 accept ipv6 icmp6 2001:db8::1 - - -", NULL,
          "icmp6 2001:db8::1/128 -> ::/0\n" },
        { "in 1 accept ipv4 icmp - - - -", "in 1 accept ipv4 all - - - -",
          "" },
        { "in 1 accept ipv4 tcp - - - -",
          "in 1 accept ipv4 tcp - - - 1-65535",
          "tcp 0.0.0.0/0:any -> 0.0.0.0/0:0-0\n"
          "fragments of tcp 0.0.0.0/0:any -> 0.0.0.0/0:any\n" },
        { "in 1 accept ipv4 udp 10.0.0.0/30 53 - -",
          "in 1 accept ipv4 udp 10.0.0.1 - - -",
          "udp 10.0.0.0/32:53-53 -> 0.0.0.0/0:any\n"
          "udp 10.0.0.2/31:53-53 -> 0.0.0.0/0:any\n" },
        { "in 1 accept ipv4 icmp 10.0.0.0/30 - - -",
          "in 1 accept ipv4 icmp 10.0.0.3 - - -",
          "icmp 10.0.0.0-10.0.0.2 -> 0.0.0.0/0\n" },
        { "in 1 accept ipv6 all 2001:db8::/126 - - -",
          "in 1 accept ipv6 icmp6 2001:db8:: - - -",
          "protocols 0-57 2001:db8::/126 -> ::/0\n"
          "icmp6 2001:db8::1-2001:db8::3 -> ::/0\n"
          "protocols 59-255 2001:db8::/126 -> ::/0\n" },
        /* Another IP version takes nothing. */
        { "in 1 accept ipv6 icmp6 - - - -", "in 1 accept ipv4 all - - - -",
          "icmp6 ::/0 -> ::/0\n" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *have = difference(cases[i].first, cases[i].second);

        CU_ASSERT(t_text_is(have, cases[i].want));
        free(have);
    }
}

/* Words that only sets have which no pair of rules makes. */
static void
test_format_odd(void)
{
    const struct tm_rule rule = t_rule(1, "in 1 accept ipv4 icmp - - - -");
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct tm_box box;

    tm_box_from_rule(&rule, &box);
    box.dims[TM_DIM_FRAGMENT].hi.u64.lo = 0;
    box.dims[TM_DIM_PROTO].lo.u64.lo = box.dims[TM_DIM_PROTO].hi.u64.lo = 58;
    tm_box_format(&box, &ds);
    CU_ASSERT(t_text_is(ds_cstr(&ds),
                        "unfragmented protocol 58 0.0.0.0/0 -> 0.0.0.0/0"));
    ds_destroy(&ds);
}

/* Beyond the limit nothing is said, and nothing can be computed from that. */
static void
test_limit(void)
{
    struct tm_rule rule = t_rule(1, "in 1 accept ipv4 all - - - -");
    struct tm_space space, other;
    struct tm_box box;
    int i;

    tm_space_init(&space);
    tm_box_from_rule(&rule, &box);
    tm_space_add(&space, &box);
    for (i = 0; !space.unknown && i <= TM_SPACE_MAX; i++) {
        char *line = xasprintf("in 1 accept ipv4 all 10.%d.%d.0/24 - - -",
                               i >> 7, (i & 0x7f) << 1);

        rule = t_rule(1, line);
        tm_box_from_rule(&rule, &box);
        tm_space_subtract(&space, &box);
        free(line);
        CU_ASSERT(space.unknown || space.n <= TM_SPACE_MAX);
    }
    CU_ASSERT(space.unknown);
    CU_ASSERT(i > TM_SPACE_MAX / 2);
    CU_ASSERT(!tm_space_is_empty(&space));

    tm_space_subtract(&space, &box);
    tm_space_add(&space, &box);
    CU_ASSERT(space.unknown);
    tm_space_clone(&other, &space);
    CU_ASSERT(other.unknown);
    tm_space_uninit(&other);

    tm_space_init(&other);
    tm_space_add(&other, &box);
    tm_space_subtract_space(&other, &space);
    CU_ASSERT(other.unknown && !tm_space_is_empty(&other));
    tm_space_uninit(&other);
    tm_space_uninit(&space);
}

CU_TestInfo tm_test_space[] = {
    { "a rule as a box", test_box },
    { "what is left of a rule", test_subtract },
    { "sets in words", test_format },
    { "odd sets in words", test_format_odd },
    { "the limit of sets", test_limit },
    CU_TEST_INFO_NULL
};

int
main(void)
{
    CU_SuiteInfo suites[] = {
        { .pName = "space", .pTests = tm_test_space },
        { .pName = "warning", .pTests = tm_test_warning },
        { .pName = "effect", .pTests = tm_test_effect },
        { .pName = "effect, random", .pTests = tm_test_effect_random },
        CU_SUITE_INFO_NULL
    };
    const char *env = getenv("TM_TEST_SEED");
    uint32_t seed = env ? strtoul(env, NULL, 10) : (uint32_t) time(NULL);
    unsigned int n_failures;

    seed = seed ? seed : 1;
    printf("TM_TEST_SEED=%"PRIu32"\n", seed);
    random_set_seed(seed);

    if (CU_initialize_registry() || CU_register_suites(suites)) {
        fprintf(stderr, "cannot register the tests\n");
        return 1;
    }
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    n_failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return n_failures != 0;
}
