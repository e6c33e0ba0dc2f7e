/* SPDX-License-Identifier: Apache-2.0 */
/* test-space.h
 *
 * Job.       What the files of the test program test-space share: its suites,
 *            random filters, and packets at the corners of their rules.
 * Input.     Rules; the random generator.
 * Output.    Filters; packets.
 * Not here.  The tests; ways to write objects down (test-lib.h).
 * Ownership. What is made belongs to the caller.
 * Failure.   Cannot fail. */

#ifndef TESTS_UNIT_TEST_SPACE_H
#define TESTS_UNIT_TEST_SPACE_H 1

#include "tests/unit/test-lib.h"

extern CU_TestInfo tm_test_space[];
extern CU_TestInfo tm_test_warning[];
extern CU_TestInfo tm_test_effect[];
extern CU_TestInfo tm_test_effect_random[];

bool t_one_in(int n);

/* Filter number 'n' with at most 'max_rules' rules, which often overlap. */
struct tm_filter *t_random_filter(unsigned int n, size_t max_rules);

/* Initializes 'dst' with copies of all that is in 'src'. */
void t_clone_model(struct tm_model *dst, const struct tm_model *src);

/* Where rules begin and end, in each field that they look at; of one IP
 * version. */
struct t_corners {
    enum tm_ip ip;
    bool wide;                  /* Also the values just inside and outside of
                                 * each end; else only where something
                                 * begins. */
    struct t_values {
        struct tm_addr *v;      /* Numbers are in the last bytes. */
        size_t n, allocated;
    } protos, fragments, src, dst, sports, dports;
};

void t_corners_init(struct t_corners *, enum tm_ip, bool wide);
void t_corners_uninit(struct t_corners *);
/* A rule of the other IP version adds nothing. */
void t_corners_add(struct t_corners *, const struct tm_rule *);
/* Each combination of values is a packet, number 0 to t_corners_n() - 1. */
size_t t_corners_n(const struct t_corners *);
struct tm_packet t_corners_packet(const struct t_corners *, size_t number);

#endif /* tests/unit/test-space.h */
