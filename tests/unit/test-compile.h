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
#include <stdint.h>

extern CU_TestInfo flows_tests[];       /* test-compile-flows.c */
extern CU_TestInfo states_tests[];      /* test-compile-states.c */
extern CU_TestInfo random_tests[];      /* test-compile-random.c */

/* Seeds of the rounds of one random test, so that a failing round can be
 * repeated alone: TM_TEST_SEED=N. */
uint32_t next_seed(void);
int n_rounds(int rounds);       /* 1 with TM_TEST_SEED. */

#endif /* tests/unit/test-compile.h */
