/* SPDX-License-Identifier: Apache-2.0 */
/* text.h
 *
 * Job.       Text from outside in messages: quoted so that it stays on one
 *            line and cannot steer a terminal, and taken apart into
 *            characters.
 * Input.     Any bytes, untrusted.
 * Output.    A quoted copy; Unicode code points.
 * Not here.  What a name may hold (validate.h).
 * Ownership. Copies are malloc()ed.
 * Failure.   Bytes that are not UTF-8 are shown as "\xNN". */

#ifndef LIB_TEXT_H
#define LIB_TEXT_H 1

#include <stdbool.h>
#include <stdint.h>

struct ds;

/* Characters of a value that a message repeats; what is longer ends in "...".
 */
#define TM_QUOTE_MAX 80

/* 's' between double quotes; quote, backslash, control characters, line
 * separators and bytes that are not UTF-8 as escapes. */
char *tm_quote(const char *s);
void tm_quote_to(const char *s, struct ds *);

/* Likewise, however long 's' is. */
void tm_quote_all_to(const char *s, struct ds *);

/* 's' as a line: the same escapes, but quotes and backslashes as they are. */
void tm_line_to(const char *s, struct ds *);

/* A name as it is, or quoted if that would need escapes: one that was written
 * past the tools must not forge a line. */
void tm_name_to(const char *s, struct ds *);

/* Takes the first character off '*sp', which must not be at its end: stores
 * its code point in '*cp' and moves '*sp' behind it.  Returns false, and moves
 * '*sp' one byte on with that byte in '*cp', if what is there is not UTF-8
 * (RFC 3629: neither overlong forms nor surrogates). */
bool tm_utf8_next(const char **sp, uint32_t *cp);

#endif /* lib/text.h */
