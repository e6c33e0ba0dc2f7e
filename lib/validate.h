/* validate.h
 *
 * Job.       Every constraint of traffic-mirroring.md sections 2, 6 and 7,
 *            once: of a single value, of one object, of objects together.
 *            The daemon, the command line and the gateway all ask here.
 * Input.     Text of one value; an object; a change; a model.
 * Output.    One line that names key, value and what is allowed.
 * Not here.  Reading rows and arguments, deciding what to do about it.
 * Ownership. Messages are malloc()ed.
 * Failure.   NULL means fine. */

#ifndef LIB_VALIDATE_H
#define LIB_VALIDATE_H 1

#include "model.h"

/* The limits, once.  Section 7; those of section 6 are in quota.h. */
#define TM_NAME_MAX 64                  /* Characters, not bytes. */
#define TM_DESCRIPTION_MAX 255          /* Characters. */
#define TM_ENI_NAME_MAX 255             /* It is an iface-id, which others
                                         * choose. */
#define TM_SESSION_PRIORITY_MAX 32766
#define TM_RULE_PRIORITY_MAX 65535
#define TM_VNI_MAX 16777215             /* RFC 7348: 24 bits. */
#define TM_VNI_DEFAULT 1
#define TM_PACKET_LENGTH_MAX 65535

/* Values.  'key' is the word the operator used, for the message. */
char *tm_validate_name(const char *key, const char *value);
char *tm_validate_description(const char *key, const char *value);
/* A decimal integer without sign or blanks, lo..hi. */
char *tm_validate_integer(const char *key, const char *value, int64_t lo,
                          int64_t hi, int64_t *out);
char *tm_validate_mac(const char *key, const char *value, struct eth_addr *);

/* An address that copies can be sent to: no unspecified, loopback, multicast,
 * broadcast or IPv6 link-local one.  For a session's target, and the VIP and
 * members of a load balancer. */
char *tm_validate_target_addr(const char *key, const struct tm_addr *);

/* A rule by itself: families agree, ports only with tcp and udp, icmp only
 * with IPv4, icmp6 only with IPv6, priority in range. */
char *tm_validate_rule(const struct tm_rule *);

/* A session by itself: priority, vni, packet length, a target that fits its
 * type. */
char *tm_validate_session(const struct tm_session *);

/* A change of one object, as it is about to be made. */
enum tm_object { TM_FILTER, TM_RULE, TM_SESSION, TM_ENI, TM_LB };

struct tm_proposal {
    const struct tm_model *model;       /* As it is before. */
    enum tm_object kind;
    const void *old;            /* struct tm_filter, tm_rule, ...; NULL: it is
                                 * made. */
    const void *new;            /* NULL: it is removed. */

    /* With TM_RULE.  What the rows say: those that are wrong, and therefore
     * not in the model, count too. */
    const struct tm_filter *filter;
    size_t n_others;            /* Other rules in its direction. */
    bool is_taken;              /* One of them has its priority. */
};

/* Every constraint between an object and all others, and on its values, in one
 * table.  A quota is asked for only if the change adds to what it counts: what
 * is there may stay, and be changed, when a quota is lowered. */
char *tm_validate_change(const struct tm_proposal *);

/* What is contradictory about 'eni' as a source, written past the tools: for
 * the daemon's status.  One line each is added to 'problems'.  Returns false
 * if 'eni' must not be mirrored at all (does not support mirroring; is also a
 * target of a session in force), with the reason in '*reason' (malloc()ed),
 * which is NULL otherwise. */
bool tm_validate_source(const struct tm_model *, const struct tm_eni *,
                        struct tm_problems *, char **reason);

/* Adds to 'problems' every quota that 'model' exceeds.  Linear. */
void tm_validate_quotas(const struct tm_model *, struct tm_problems *);

/* The quotas that 'model' exceeds, and what is contradictory about each of its
 * sources.  Linear. */
void tm_validate_model(const struct tm_model *, struct tm_problems *);

/* The most that 'model' has of what a quota counts, anywhere. */
struct tm_quota_use {
    int64_t n;
    char *owner;                /* Where: "session "x"".  NULL: nowhere, or in
                                 * the database as a whole.  malloc()ed. */
};
void tm_quota_uses(const struct tm_model *,
                   struct tm_quota_use uses[TM_N_QUOTAS]);

#endif /* lib/validate.h */
