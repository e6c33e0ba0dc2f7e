/* SPDX-License-Identifier: Apache-2.0 */
/* test-lib.h
 *
 * Job.       What the files of the test program test-lib share: its suites,
 *            and short ways to write objects down.
 * Input.     Words in one line.
 * Output.    Objects of the model.
 * Not here.  The tests.
 * Ownership. Objects belong to the caller.
 * Failure.   A line that cannot be read ends the program: the test is wrong.
 */

#ifndef TESTS_UNIT_TEST_LIB_H
#define TESTS_UNIT_TEST_LIB_H 1

#include <CUnit/CUnit.h>

#include "lib/match.h"
#include "lib/model.h"

extern CU_TestInfo tm_test_text[];
extern CU_TestInfo tm_test_match[];
extern CU_TestInfo tm_test_model[];
extern CU_TestInfo tm_test_model_random[];
extern CU_TestInfo tm_test_model_touch[];
extern CU_TestInfo tm_test_quota[];
extern CU_TestInfo tm_test_spread[];
extern CU_TestInfo tm_test_validate[];
extern CU_TestInfo tm_test_validate_model[];

/* The UUID number 'n' of a kind of object; they sort by 'n'. */
enum t_kind { T_FILTER = 1, T_RULE, T_SESSION, T_SOURCE, T_ENI, T_LB };
struct uuid t_uuid(enum t_kind, unsigned int n);

struct tm_addr t_addr(const char *);
struct tm_cidr t_cidr(const char *);

/* "in 1 accept ipv4 tcp SRC SPORTS DST DPORTS", "-" for what is absent; the
 * UUID is number 'n'. */
struct tm_rule t_rule(unsigned int n, const char *);

/* "tcp SRC SPORT DST DPORT", with "frag" behind it for a fragment; a number
 * may stand for the protocol; "arp" is not IP. */
struct tm_packet t_packet(const char *);

/* Filter number 'n', named "fN", with rules from lines that end in NULL. */
struct tm_filter *t_filter(unsigned int n, const char *rules[]);
/* Enabled, usable session number 'n', named "sN", of filter 'filter', to
 * 10.9.9.9. */
struct tm_session *t_session(unsigned int n, uint16_t priority,
                             unsigned int filter);
void t_add_source(struct tm_session *, unsigned int eni);
/* Named "eN", with address 'addr' unless NULL; supports mirroring. */
struct tm_eni *t_eni(unsigned int n, const char *addr);
/* Named "lN". */
struct tm_lb *t_lb(unsigned int n, const char *vip, const char *member);

/* True if 'error' is as 'want' says: NULL for none, else it contains 'want'.
 * Prints what is wrong, names the case 'what', frees 'error'. */
bool t_error_is(char *error, const char *want, const char *what);
/* True if equal; prints both if not. */
bool t_text_is(const char *have, const char *want);

#endif /* tests/unit/test-lib.h */
