/* SPDX-License-Identifier: Apache-2.0 */
/* planted-bug.c
 *
 * Commits the bug that its argument names.  Built like every other program, so
 * that tests/run sees whether the sanitizers are really at work: one that is
 * switched off, or whose report is lost, would look like clean code.
 *
 * The sizes come from the command line and the values pass through volatile
 * variables, or the compiler would see the bug and leave it out. */

#include <config.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
overflow(int n)
{
    char *volatile array = malloc(n);
    int value;

    memset(array, 0, n);
    value = array[n];
    free(array);
    return value;
}

static int
leak(int n)
{
    char *volatile array = malloc(n);

    array[0] = 1;
    array = NULL;
    return 0;
}

static int
undefined(int n)
{
    volatile int value = INT_MAX;

    value += n;
    return value == 0;
}

int
main(int argc, char *argv[])
{
    const char *bug = argc == 2 ? argv[1] : "";

    if (!strcmp(bug, "none")) {
        return 0;
    } else if (!strcmp(bug, "overflow")) {
        return overflow(argc);
    } else if (!strcmp(bug, "leak")) {
        return leak(argc);
    } else if (!strcmp(bug, "undefined")) {
        return undefined(argc);
    }
    fprintf(stderr, "usage: planted-bug none|overflow|leak|undefined\n");
    return 2;
}
