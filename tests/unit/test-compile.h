/* SPDX-License-Identifier: Apache-2.0 */
/* test-compile.h
 *
 * Job.       The suites of test-compile, one a file.
 * Input.     The seed is random_set_seed()'s, printed by main().
 * Output.    CUnit's verdicts.
 * Not here.  Worlds and the switch (compile-world.h).
 * Ownership. Static.
 * Failure.   As CUnit does it. */

#ifndef TESTS_UNIT_TEST_COMPILE_H
#define TESTS_UNIT_TEST_COMPILE_H 1

#include <CUnit/Basic.h>
#include <stdbool.h>
#include <stdint.h>

extern CU_TestInfo flows_tests[];       /* test-compile-flows.c */
extern CU_TestInfo states_tests[];      /* test-compile-states.c */
extern CU_TestInfo random_tests[];      /* test-compile-random.c */
extern CU_TestInfo full_tests[];        /* test-compile-full.c */

/* Seeds of the rounds of one random test, so that a failing round can be
 * repeated alone: TM_TEST_SEED=N. */
uint32_t next_seed(void);
int n_rounds(int rounds);       /* 1 with TM_TEST_SEED. */

/* test-compile-random.c: has the compiler of a world what a new one makes of
 * it; has the journal of 'now' just what changed since 'before'? */
struct tm_flow_set;
struct world;
bool same_as_from_nothing(const struct world *);
bool journal_is_exact(struct tm_flow_set *now,
                      const struct tm_flow_set *before);
void clone_set(struct tm_flow_set *dst, const struct tm_flow_set *src);

#endif /* tests/unit/test-compile.h */
