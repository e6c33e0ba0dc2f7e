/* SPDX-License-Identifier: Apache-2.0 */
/* test-explain.h
 *
 * Job.       What the files of the test program test-explain share.
 * Input.     None.
 * Output.    Suites.
 * Not here.  Objects of the model (test-lib.h).
 * Ownership. None.
 * Failure.   As CUnit's. */

#ifndef TESTS_UNIT_TEST_EXPLAIN_H
#define TESTS_UNIT_TEST_EXPLAIN_H 1

#include "tests/unit/test-lib.h"

extern CU_TestInfo tm_test_packet[];
extern CU_TestInfo tm_test_explain[];
extern CU_TestInfo tm_test_trace[];

#endif /* tests/unit/test-explain.h */
