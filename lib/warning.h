/* SPDX-License-Identifier: Apache-2.0 */
/* warning.h
 *
 * Job.       What is legal in a session and its filter, and most likely not
 *            meant: for 'show'.
 * Input.     Objects of the model.
 * Output.    Lines.
 * Not here.  What is not legal (validate.h), what only a node can know
 *            (plugin/report/advice.h).
 * Ownership. Results belong to the caller.
 * Failure.   What cannot be decided (see space.h) is not warned of: no warning
 *            is ever wrong. */

#ifndef LIB_WARNING_H
#define LIB_WARNING_H 1

#include "model.h"

struct svec;

/* Rules of 'filter' that come before its rule 'i' in the same direction and
 * together leave it no packet to match, as few as are easily found: stores
 * their indexes, rising, in a malloc()ed array in '*coverp'.  Returns how many
 * they are; or 0, with '*coverp' NULL, if a packet may come to the rule. */
size_t tm_warning_find_cover(const struct tm_filter *, size_t i,
                             size_t **coverp);

/* Each adds its lines to 'lines'. */
void tm_warning_of_session(const struct tm_model *, const struct tm_session *,
                           struct svec *lines);
void tm_warning_of_filter(const struct tm_filter *, struct svec *lines);

#endif /* lib/warning.h */
