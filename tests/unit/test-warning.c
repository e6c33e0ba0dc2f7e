/* SPDX-License-Identifier: Apache-2.0 */
/* test-warning.c
 *
 * Warnings about sessions and filters.  That a rule can never match is held
 * against match.c: of all packets at the corners of the rules none comes to a
 * rule that is warned of, and to every other rule comes one. */

#include <config.h>

#include "tests/unit/test-space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/warning.h"
#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "util.h"

/* The warnings of a filter with 'rules', one a line. */
static char *
warnings(const char *rules[])
{
    struct tm_filter *f = t_filter(1, rules);
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    char *all;

    tm_warning_of_filter(f, &lines);
    all = svec_join(&lines, "\n", "");
    svec_destroy(&lines);
    tm_filter_destroy(f);
    return all;
}

#define NO_ACCEPT "filter has no accept rule, so the session copies nothing " \
    "and only hides packets from later sessions"

static const struct {
    const char *rules[9];
    const char *want;
} filter_cases[] = {
    { { NULL }, "filter has no rules, so the session copies nothing" },
    { { "in 1 reject ipv4 all - - - -" }, NO_ACCEPT },
    { { "in 1 reject ipv4 all - - - -", "out 1 accept ipv6 all - - - -" },
      "" },
    { { "in 1 accept ipv4 tcp - - - -", "in 2 reject ipv4 tcp - - - 80" },
      "inbound rule 2 can never match: inbound rule 1 covers it" },
    /* Not in the other direction or IP version, and not before it. */
    { { "in 1 accept ipv4 tcp - - - -", "out 2 accept ipv4 tcp - - - 80" },
      "" },
    { { "in 1 accept ipv4 all - - - -", "in 2 accept ipv6 all - - - -" },
      "" },
    { { "in 1 accept ipv4 tcp - - - 80", "in 2 accept ipv4 tcp - - - -" },
      "" },
    /* Only together, one of the three being spared. */
    { { "out 1 accept ipv4 all 0.0.0.0/1 - - -",
        "out 2 accept ipv4 all - - 10.0.0.0/8 -",
        "out 3 reject ipv4 all 128.0.0.0/1 - - -",
        "out 7 accept ipv4 tcp 10.0.0.0/7 - - -",
        "out 8 accept ipv4 udp - - - 53" },
      "outbound rule 7 can never match: outbound rule 1 covers it\n"
      "outbound rule 8 can never match: outbound rules 1 and 3 cover it" },
    { { "in 1 accept ipv4 udp 0.0.0.0/2 - - -",
        "in 2 accept ipv4 udp 64.0.0.0/2 - - -",
        "in 3 accept ipv4 udp 128.0.0.0/1 - - -",
        "in 4 accept ipv4 udp - - - -" },
      "inbound rule 4 can never match: inbound rules 1, 2 and 3 cover it"
    },
    /* One that covers it alone is better than two. */
    { { "in 1 accept ipv4 udp 0.0.0.0/1 - - -",
        "in 2 accept ipv4 udp 128.0.0.0/1 - - -",
        "in 3 accept ipv4 all - - - -",
        "in 4 accept ipv4 udp - - - -" },
      "inbound rule 4 can never match: inbound rule 3 covers it" },
    /* All ports are not all packets: port 0 and fragments. */
    { { "in 1 accept ipv4 tcp - - - 1-65535",
        "in 2 accept ipv4 tcp - - - -" }, "" },
    { { "in 1 accept ipv4 tcp - - - 1-80",
        "in 2 accept ipv4 tcp - - - 81-65535",
        "in 3 accept ipv4 tcp - - - 80-90" },
      "inbound rule 3 can never match: inbound rules 1 and 2 cover it" },
    /* icmp is part of all, and nothing of icmp6 is. */
    { { "in 1 accept ipv4 all - - - -", "in 2 accept ipv4 icmp - - - -" },
      "inbound rule 2 can never match: inbound rule 1 covers it" },
    { { "in 1 reject ipv4 all 0.0.0.0/3 - - -",
        "in 2 reject ipv4 all 32.0.0.0/3 - - -",
        "in 3 reject ipv4 all 64.0.0.0/3 - - -",
        "in 4 reject ipv4 all 96.0.0.0/3 - - -",
        "in 5 reject ipv4 all 128.0.0.0/2 - - -",
        "in 6 reject ipv4 all 192.0.0.0/3 - - -",
        "in 7 reject ipv4 all 224.0.0.0/3 - - -",
        "in 8 accept ipv4 all - - - -" },
      "inbound rule 8 can never match: inbound rules 1, 2, 3, 4, 5 and 2 "
      "more cover it" },
};

static void
test_filter(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(filter_cases); i++) {
        const char *rules[ARRAY_SIZE(filter_cases[i].rules)];

        memcpy(rules, filter_cases[i].rules, sizeof rules);
        char *have = warnings(rules);
        CU_ASSERT(t_text_is(have, filter_cases[i].want));
        free(have);
    }
}

static void
test_session(void)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    struct tm_session *s = t_session(1, 1, 1);
    struct tm_model model;

    tm_model_init(&model);
    tm_model_put_lb(&model, t_lb(1, NULL, NULL), NULL);
    tm_model_put_lb(&model, t_lb(2, "10.0.2.2", NULL), NULL);
    tm_warning_of_session(&model, s, &lines);
    CU_ASSERT_FATAL(lines.n == 1);
    CU_ASSERT(t_text_is(lines.names[0],
                        "session has no sources, so it copies nothing"));
    svec_clear(&lines);
    t_add_source(s, 1);
    tm_warning_of_session(&model, s, &lines);
    CU_ASSERT(!lines.n);
    s->target_type = TM_TARGET_ELB;
    s->target = t_uuid(T_LB, 1);
    tm_warning_of_session(&model, s, &lines);
    CU_ASSERT_FATAL(lines.n == 1);
    CU_ASSERT(t_text_is(lines.names[0],
                        "target load balancer \"l1\" has neither members nor "
                        "a vip, so the session copies nothing"));
    svec_clear(&lines);
    s->target = t_uuid(T_LB, 2);
    tm_warning_of_session(&model, s, &lines);
    CU_ASSERT(!lines.n);
    svec_destroy(&lines);
    tm_model_uninit(&model);
    tm_session_destroy(s);
}

/* Marks in 'decides' the rules of 'direction' that decide any packet at the
 * corners of 'filter', as match.c has it. */
static void
find_deciding(const struct tm_filter *filter, enum tm_direction direction,
              bool wide, bool *decides)
{
    for (enum tm_ip ip = TM_IPV4; ip <= TM_IPV6; ip += TM_IPV6 - TM_IPV4) {
        struct t_corners corners;

        t_corners_init(&corners, ip, wide);
        for (size_t i = 0; i < filter->n_rules; i++) {
            if (filter->rules[i].direction == direction) {
                t_corners_add(&corners, &filter->rules[i]);
            }
        }
        for (size_t n = t_corners_n(&corners); n-- > 0; ) {
            struct tm_packet pkt = t_corners_packet(&corners, n);

            for (size_t i = 0; i < filter->n_rules; i++) {
                if (filter->rules[i].direction == direction
                    && tm_rule_matches(&filter->rules[i], &pkt)) {
                    decides[i] = true;
                    break;
                }
            }
        }
        t_corners_uninit(&corners);
    }
}

/* True if the rules at 'cover' leave no packet to rule 'i', and without any
 * one of them there is one. */
static bool
cover_is_right(const struct tm_filter *filter, size_t i, const size_t *cover,
               size_t n)
{
    bool ok = true;

    for (size_t spared = 0; spared <= n; spared++) {
        struct tm_filter *part = t_filter(1, NULL);
        bool decides[16] = { false };

        for (size_t j = 0; j <= n; j++) {
            struct tm_rule rule = filter->rules[j < n ? cover[j] : i];

            if (j != spared || j == n) {
                rule.description = NULL;
                tm_filter_add_rule(part, &rule);
            }
        }
        tm_filter_finish(part);
        find_deciding(part, filter->rules[i].direction, false, decides);
        ok &= decides[part->n_rules - 1] == (spared < n);
        tm_filter_destroy(part);
    }
    return ok;
}

/* Returns false if 'filter' is not warned of as it should be.  Counts the
 * warnings by the number of rules to blame: 0, 1, more. */
static bool
is_warned_right(const struct tm_filter *filter, bool wide, int counts[3])
{
    bool decides[16] = { false };
    bool ok = true;

    ovs_assert(filter->n_rules <= ARRAY_SIZE(decides));
    find_deciding(filter, TM_IN, wide, decides);
    find_deciding(filter, TM_OUT, wide, decides);
    for (size_t i = 0; i < filter->n_rules; i++) {
        size_t *cover;
        size_t n = tm_warning_find_cover(filter, i, &cover);

        if (!n == !decides[i]) {
            printf("\nrule %"PRIuSIZE" of %"PRIuSIZE": %s\n", i,
                   filter->n_rules,
                   n ? "a warning that is wrong" : "no warning");
            ok = false;
        } else if (n && !cover_is_right(filter, i, cover, n)) {
            printf("\nrule %"PRIuSIZE": the wrong rules are blamed\n", i);
            ok = false;
        }
        counts[MIN(n, 2)]++;
        free(cover);
    }
    return ok;
}

static void
test_never_match(void)
{
    int counts[3] = { 0, 0, 0 };

    for (int i = 0; i < 1000; i++) {
        struct tm_filter *f = t_random_filter(1, 8);

        CU_ASSERT(is_warned_right(f, false, counts));
        tm_filter_destroy(f);
    }
    for (int i = 0; i < 60; i++) {
        struct tm_filter *f = t_random_filter(1, 4);

        CU_ASSERT(is_warned_right(f, true, counts));
        tm_filter_destroy(f);
    }
    /* All three kinds were seen. */
    CU_ASSERT(counts[0] >= 100);
    CU_ASSERT(counts[1] >= 100);
    CU_ASSERT(counts[2] >= 3);
}

/* Where the answer would take too many sets there is no warning. */
static void
test_too_much(void)
{
    const struct tm_rule last = t_rule(999, "in 999 accept ipv4 udp - - - -");
    struct tm_filter *f = t_filter(1, NULL);
    size_t *cover;

    for (int i = 1; i <= 250; i++) {
        char *line = xasprintf("in %d accept ipv4 udp 10.0.%d.0/25 %d "
                               "10.1.%d.128/25 %d", i, i, i * 2, i, i * 2);
        struct tm_rule rule = t_rule(i, line);

        free(line);
        tm_filter_add_rule(f, &rule);
    }
    tm_filter_add_rule(f, &last);
    tm_filter_finish(f);
    CU_ASSERT(!tm_warning_find_cover(f, f->n_rules - 1, &cover));
    CU_ASSERT_PTR_NULL(cover);
    tm_filter_destroy(f);
}

CU_TestInfo tm_test_warning[] = {
    { "filters", test_filter },
    { "sessions", test_session },
    { "a rule that can never match", test_never_match },
    { "too many sets", test_too_much },
    CU_TEST_INFO_NULL
};
