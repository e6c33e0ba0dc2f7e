/* SPDX-License-Identifier: Apache-2.0 */
/* model-private.h
 *
 * Job.       What the files of the model share with each other: indexes from
 *            an object to the sessions that use it, and what makes two
 *            versions of an object the same.
 * Input.     UUIDs; objects.
 * Output.    Sets of session UUIDs; yes or no.
 * Not here.  Anything for users of the model (model.h).
 * Ownership. An index owns its entries.
 * Failure.   Cannot fail. */

#ifndef LIB_MODEL_PRIVATE_H
#define LIB_MODEL_PRIVATE_H 1

#include "lib/model.h"

/* An index maps a UUID to the sessions that use the object that has it, which
 * need not be in the model (yet). */
void tm_index_destroy(struct hmap *index);
const struct uuidset *tm_index_find(const struct hmap *index,
                                    const struct uuid *key);

/* Into all three indexes, and out of them. */
void tm_model_index_session(struct tm_model *, const struct tm_session *);
void tm_model_unindex_session(struct tm_model *, const struct tm_session *);

/* True if copying cannot tell the two apart.  Names (but an ENI's and a load
 * balancer's, which stand in reasons), descriptions and projects do not count.
 */
bool tm_filter_copies_equal(const struct tm_filter *,
                            const struct tm_filter *);
bool tm_session_copies_equal(const struct tm_session *,
                             const struct tm_session *);
/* True if both add the same to the addresses that copies go to. */
bool tm_session_target_equal(const struct tm_session *,
                             const struct tm_session *);
bool tm_eni_equal(const struct tm_eni *, const struct tm_eni *);
bool tm_lb_equal(const struct tm_lb *, const struct tm_lb *);
bool tm_addrs_equal(const struct tm_addr *a, size_t n_a,
                    const struct tm_addr *b, size_t n_b);

#endif /* lib/model-private.h */
