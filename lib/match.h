/* match.h
 *
 * Job.       The semantics of traffic-mirroring.md section 2 in the plainest
 *            C: which session and rule decide a packet.  The oracle of the
 *            tests and the reason behind 'explain'.
 * Input.     A model, a source, a direction, a packet's IP header fields.
 * Output.    The decision, and every rule tried with why it did not match.
 * Not here.  Speed, flows, who is plugged where, guard against loops.
 * Ownership. Results own their strings; they point into the model.
 * Failure.   Cannot fail. */

#ifndef LIB_MATCH_H
#define LIB_MATCH_H 1

#include "model.h"

/* What the semantics look at. */
struct tm_packet {
    bool is_ip;                 /* False: ARP and others, never copied. */
    enum tm_ip ip;
    struct tm_addr src, dst;
    uint8_t proto;              /* IP protocol number (IANA). */
    bool fragment;              /* First or later: shows no ports. */
    uint16_t sport, dport;      /* tcp, udp only.  Host byte order. */
};

struct tm_trial {
    const struct tm_session *session;
    const struct tm_rule *rule; /* NULL: a remark about the session itself. */
    char *why_not;              /* NULL: this rule matched. */
};

/* A session that cannot copy (disabled, not usable, without an address to send
 * to) is as if absent. */
struct tm_decision {
    const struct tm_session *session;   /* NULL: nothing matched. */
    const struct tm_rule *rule;         /* NULL iff 'session' is. */
    bool copied;                        /* An accept rule matched. */
    char *target;                       /* Where to, in words; NULL unless
                                         * 'copied' and trials were asked. */
    struct tm_trial *trials;            /* In the order of trying. */
    size_t n_trials;
};

/* NULL if 'rule' matches 'pkt', else why not, in words, malloc()ed:
 * "destination port 81 is not in 80-80". */
char *tm_rule_why_not(const struct tm_rule *, const struct tm_packet *pkt);
bool tm_rule_matches(const struct tm_rule *, const struct tm_packet *pkt);

/* 'eni' need not be in the model: then nothing matches.  'with_trials' asks
 * for the list of trials, which is slow. */
void tm_match(const struct tm_model *, const struct uuid *eni,
              enum tm_direction, const struct tm_packet *, bool with_trials,
              struct tm_decision *);
void tm_decision_uninit(struct tm_decision *);

/* "which session and rule decide the packet": the text of 'explain', many
 * lines.  The other two are its parts. */
void tm_decision_format(const struct tm_decision *, struct ds *);
void tm_decision_format_trials(const struct tm_decision *, struct ds *);
void tm_decision_format_verdict(const struct tm_decision *, struct ds *);

/* The address that 'session' sends the copy of an IP packet to: of a load
 * balancer with members, the one that the packet belongs to, whose slot is
 * stored in '*slot' (else TM_N_SLOTS).  'prefer' as in
 * tm_model_target_address(), whose errors this has. */
char *tm_target_of_packet(const struct tm_model *, const struct tm_session *,
                          enum tm_ip prefer, const struct tm_packet *,
                          struct tm_addr *, uint32_t *slot);
/* The same in words: "ENI "x" at 10.0.0.9"; malloc()ed. */
char *tm_target_describe(const struct tm_model *, const struct tm_session *,
                         enum tm_ip prefer, const struct tm_packet *);

#endif /* lib/match.h */
