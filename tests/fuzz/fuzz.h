/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h
 *
 * Job.       What the fuzz targets share.
 * Input.     Whatever libFuzzer, or a file of the corpus, has.
 * Output.    A program that goes on, or ends where a promise is broken.
 * Not here.  The main function: libFuzzer's, or replay.c.
 * Ownership. Copies are malloc()ed.
 * Failure.   ovs_assert. */

#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H 1

#include <stddef.h>
#include <stdint.h>

/* What each target has: takes one input apart.  Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What every target does first: nothing is logged or written anywhere. */
void fuzz_init(void);

/* The input as a string, which ends at its first null byte.  malloc()ed, so
 * that one byte too many is seen. */
char *fuzz_text(const uint8_t *data, size_t size);

/* 's' can go to an operator: text, without what would leave the line. */
void fuzz_check_line(const char *s);
/* Likewise a message, which may not be empty either, and which is freed. */
void fuzz_check_error(char *error);

#endif /* tests/fuzz/fuzz.h */
