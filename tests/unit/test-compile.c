/* SPDX-License-Identifier: Apache-2.0 */
/* test-compile.c
 *
 * The compiler, from four sides: exact flows of small cases, states of
 * sources, random worlds, and worlds that are too large for the budgets.  A
 * random test prints the seed of each round that fails; TM_TEST_SEED=N runs
 * just that. */

#include <config.h>
#include "tests/unit/test-compile.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "random.h"

static uint32_t seed;
static bool seed_given;

uint32_t
next_seed(void)
{
    uint32_t this = seed;

    random_set_seed(this ? this : 1);
    if (!seed_given) {
        seed++;
    }
    return this;
}

int
n_rounds(int rounds)
{
    return seed_given ? 1 : rounds;
}

int
main(void)
{
    CU_SuiteInfo suites[] = {
        { .pName = "flows", .pTests = flows_tests },
        { .pName = "states", .pTests = states_tests },
        { .pName = "random", .pTests = random_tests },
        { .pName = "full lists", .pTests = full_tests },
        CU_SUITE_INFO_NULL
    };
    const char *env = getenv("TM_TEST_SEED");
    unsigned int n_failures;

    seed_given = env != NULL;
    seed = env ? strtoul(env, NULL, 10) : (uint32_t) time(NULL);
    printf("TM_TEST_SEED=%"PRIu32"\n", seed);

    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    n_failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return n_failures != 0;
}
