/* SPDX-License-Identifier: Apache-2.0 */
/* test-lib.c
 *
 * The unit tests of lib/, one file a part.  Two kinds: tables of cases, and
 * properties over random input.  The seed of the latter is printed;
 * TM_TEST_SEED=N repeats a run. */

#include <config.h>

#include "tests/unit/test-lib.h"

#include <CUnit/Basic.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "random.h"

int
main(void)
{
    CU_SuiteInfo suites[] = {
        { .pName = "text", .pTests = tm_test_text },
        { .pName = "match", .pTests = tm_test_match },
        { .pName = "model", .pTests = tm_test_model },
        { .pName = "model, touch", .pTests = tm_test_model_touch },
        { .pName = "model, random", .pTests = tm_test_model_random },
        { .pName = "quota", .pTests = tm_test_quota },
        { .pName = "spread", .pTests = tm_test_spread },
        { .pName = "validate", .pTests = tm_test_validate },
        { .pName = "validate, model", .pTests = tm_test_validate_model },
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
