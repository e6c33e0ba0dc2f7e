/* test-flow.h
 *
 * Job.       What the two files of the test of plugin/flow share.
 * Input.     Flows as text, ovs-ofctl(8) syntax.
 * Output.    Flows; the tests of test-flow-set.c.
 * Not here.  The tests of test-flow.c.
 * Ownership. The caller gets a reference.
 * Failure.   Text that cannot be parsed ends the program. */

#ifndef TESTS_UNIT_TEST_FLOW_H
#define TESTS_UNIT_TEST_FLOW_H 1

#include "plugin/flow/flow.h"

/* Table 0 if the text names none. */
struct tm_flow *flow_from_text(const char *text);

void test_set(void);
void test_diff_full(void);
void test_diff_journal(void);

#endif /* tests/unit/test-flow.h */
