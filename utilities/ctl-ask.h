/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-ask.h
 *
 * Job.       Asks the daemons of many nodes for their counters, all at once.
 * Input.     Addresses at which they serve HTTP; besides these the daemon of
 *            this machine, by its control socket.
 * Output.    What each said, as JSON, or why nothing came.
 * Not here.  What the answers mean (ctl-stats.c).
 * Ownership. The caller owns the questions; answers in them are malloc()ed.
 * Failure.   Never waits longer than three seconds.  What a daemon says is
 *            not trusted: it is an object in JSON, of a limited size, or else
 *            an error. */

#ifndef UTILITIES_CTL_ASK_H
#define UTILITIES_CTL_ASK_H 1

#include <stddef.h>

struct json;

struct tm_ask {
    const char *address;        /* "ADDR:PORT" of HTTP, or NULL: the daemon
                                 * of this machine. */
    struct json *answer;        /* Object, or NULL and ... */
    char *error;                /* ... a line without end. */
};

/* Fills 'answer' or 'error' of all. */
void tm_ask_all(struct tm_ask *, size_t n);
void tm_ask_uninit(struct tm_ask *);

#endif /* utilities/ctl-ask.h */
