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
 * lines. */
void tm_decision_format(const struct tm_decision *, struct ds *);

#endif /* lib/match.h */
