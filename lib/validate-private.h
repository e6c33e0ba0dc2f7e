/* SPDX-License-Identifier: Apache-2.0 */
/* validate-private.h
 *
 * Job.       What the files behind validate.h share: the checks of a session
 *            that the table of constraints names, and words for messages.
 * Input.     A proposal; a model.
 * Output.    One line, or NULL.
 * Not here.  Anything for users of validate.h.
 * Ownership. Messages are malloc()ed.
 * Failure.   NULL means fine. */

#ifndef LIB_VALIDATE_PRIVATE_H
#define LIB_VALIDATE_PRIVATE_H 1

#include "lib/validate.h"

/* validate-session.c: 'old' and 'new' of the proposal are sessions. */
char *tm_check_session_name(const struct tm_proposal *);
char *tm_check_session_description(const struct tm_proposal *);
char *tm_check_session_values(const struct tm_proposal *);
char *tm_check_session_filter(const struct tm_proposal *);
char *tm_check_session_source_once(const struct tm_proposal *);
char *tm_check_session_sources_supported(const struct tm_proposal *);
char *tm_check_session_sources_no_target(const struct tm_proposal *);
char *tm_check_session_target_no_source(const struct tm_proposal *);
char *tm_check_session_priority(const struct tm_proposal *);
char *tm_check_session_target_address(const struct tm_proposal *);
char *tm_check_quota_sources(const struct tm_proposal *);
char *tm_check_quota_source_sessions(const struct tm_proposal *);
char *tm_check_quota_target_sessions(const struct tm_proposal *);
char *tm_check_quota_filter_sessions(const struct tm_proposal *);
char *tm_check_quota_sessions(const struct tm_proposal *);

/* True if 'new' could take effect where 'old', which may be NULL, did not: a
 * new name and less of anything does not. */
bool tm_session_takes_effect(const struct tm_session *new,
                             const struct tm_session *old);

/* The name of ENI 'uuid' in quotes, or its UUID while it is not known. */
char *tm_eni_in_quotes(const struct tm_model *, const struct uuid *uuid);

/* Why an ENI does not support mirroring, or NULL. */
char *tm_check_supported(const struct tm_eni *);

/* validate-quota.c: 'n' of what 'quota' counts, in or of something called
 * 'name', are too many.  'direction' counts with TM_QUOTA_RULES_PER_DIRECTION
 * only. */
char *tm_check_quota(const struct tm_model *, enum tm_quota quota, int64_t n,
                     const char *name, enum tm_direction);

#endif /* lib/validate-private.h */
