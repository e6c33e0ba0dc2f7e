/* SPDX-License-Identifier: Apache-2.0 */
/* match.c
 *
 * Two plain loops, sessions in order and rules in order, and one function that
 * says why a rule does not match.  Nothing here is clever: tests hold the
 * compiled flows against it, and operators read its reasons.
 *
 * What is as if absent is only remarked upon, with trials: a session that is
 * disabled, or cannot copy for lack of an address to send to. */

#include <config.h>

#include "lib/match.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/spread.h"
#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

static const char *
ip_name(enum tm_ip ip)
{
    return ip == TM_IPV4 ? "IPv4" : "IPv6";
}

/* A name only where it means the same in both versions of IP, or belongs to
 * the packet's. */
static void
put_protocol(const struct tm_packet *pkt, struct ds *ds)
{
    for (int p = TM_PROTO_TCP; p <= TM_PROTO_ICMP6; p++) {
        if (pkt->proto == tm_protocol_number(p)
            && (p != TM_PROTO_ICMP || pkt->ip == TM_IPV4)
            && (p != TM_PROTO_ICMP6 || pkt->ip == TM_IPV6)) {
            ds_put_cstr(ds, tm_protocol_to_string(p));
            return;
        }
    }
    ds_put_format(ds, "%d", pkt->proto);
}

static char *
why_not_protocol(const struct tm_rule *rule, const struct tm_packet *pkt)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&ds, "protocol ");
    put_protocol(pkt, &ds);
    ds_put_format(&ds, " is not %s", tm_protocol_to_string(rule->protocol));
    return ds_steal_cstr(&ds);
}

static char *
why_not_addr(const char *side, const struct tm_cidr *cidr,
             const struct tm_addr *addr)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    ds_put_format(&ds, "%s ", side);
    tm_addr_format(addr, &ds);
    ds_put_cstr(&ds, " is not in ");
    tm_cidr_format(cidr, &ds);
    return ds_steal_cstr(&ds);
}

static char *
why_not_port(const char *side, const struct tm_port_range *range,
             uint16_t port)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    ds_put_format(&ds, "%s port %d is not in ", side, port);
    tm_port_range_format(range, &ds);
    return ds_steal_cstr(&ds);
}

char *
tm_rule_why_not(const struct tm_rule *rule, const struct tm_packet *pkt)
{
    if (!pkt->is_ip) {
        return xstrdup("packet is not IP");
    } else if (pkt->ip != rule->ip) {
        return xasprintf("packet is %s, rule is %s",
                         ip_name(pkt->ip), ip_name(rule->ip));
    } else if (rule->protocol != TM_PROTO_ALL
               && pkt->proto != tm_protocol_number(rule->protocol)) {
        return why_not_protocol(rule, pkt);
    } else if (rule->has_src && !tm_cidr_contains(&rule->src, &pkt->src)) {
        return why_not_addr("source", &rule->src, &pkt->src);
    } else if (rule->has_dst && !tm_cidr_contains(&rule->dst, &pkt->dst)) {
        return why_not_addr("destination", &rule->dst, &pkt->dst);
    } else if (pkt->fragment
               && (!tm_port_range_is_any(&rule->sport)
                   || !tm_port_range_is_any(&rule->dport))) {
        return xstrdup("packet is a fragment, which shows no ports");
    } else if (!tm_port_range_contains(&rule->sport, pkt->sport)) {
        return why_not_port("source", &rule->sport, pkt->sport);
    } else if (!tm_port_range_contains(&rule->dport, pkt->dport)) {
        return why_not_port("destination", &rule->dport, pkt->dport);
    }
    return NULL;
}

bool
tm_rule_matches(const struct tm_rule *rule, const struct tm_packet *pkt)
{
    char *why_not = tm_rule_why_not(rule, pkt);

    free(why_not);
    return !why_not;
}

/* What does not change while one packet is judged. */
struct judge {
    const struct tm_model *model;
    enum tm_direction direction;
    const struct tm_packet *pkt;
    bool with_trials;
    size_t allocated_trials;
    struct tm_decision *d;
};

/* Takes 'why_not' over. */
static void
add_trial(struct judge *j, const struct tm_session *session,
          const struct tm_rule *rule, char *why_not)
{
    struct tm_decision *d = j->d;
    struct tm_trial *trial;

    if (!j->with_trials) {
        free(why_not);
        return;
    }
    if (d->n_trials >= j->allocated_trials) {
        d->trials = x2nrealloc(d->trials, &j->allocated_trials,
                               sizeof *d->trials);
    }
    trial = &d->trials[d->n_trials++];
    trial->session = session;
    trial->rule = rule;
    trial->why_not = why_not;
}

static void
remark(struct judge *j, const struct tm_session *session, char *why_not)
{
    add_trial(j, session, NULL, why_not);
}

static void
remark_no_rules(struct judge *j, const struct tm_session *session,
                const struct tm_filter *filter)
{
    char *quoted = tm_quote(filter->name);

    remark(j, session,
           xasprintf("filter %s has no %s rule", quoted,
                     tm_direction_to_adjective(j->direction)));
    free(quoted);
}

/* Tries the rules of 'session'.  Returns true if one decided. */
static bool
try_session(struct judge *j, const struct tm_session *session)
{
    const struct tm_filter *filter = tm_model_get_filter(j->model,
                                                         &session->filter);

    if (!filter) {
        remark(j, session, xasprintf("filter "UUID_FMT" does not exist",
                                     UUID_ARGS(&session->filter)));
        return false;
    }
    if (!tm_filter_has_direction(filter, j->direction)) {
        remark_no_rules(j, session, filter);
        return false;
    }
    for (size_t i = 0; i < filter->n_rules; i++) {
        const struct tm_rule *rule = &filter->rules[i];
        char *why_not;

        if (rule->direction != j->direction) {
            continue;
        }
        why_not = tm_rule_why_not(rule, j->pkt);
        if (!why_not) {
            add_trial(j, session, rule, NULL);
            j->d->session = session;
            j->d->rule = rule;
            j->d->copied = rule->action == TM_ACCEPT;
            return true;
        }
        add_trial(j, session, rule, why_not);
    }
    return false;
}

static void
put_target_name(const struct tm_model *model, const struct tm_session *s,
                struct ds *ds)
{
    const struct tm_eni *eni;
    const struct tm_lb *lb;

    switch (s->target_type) {
    case TM_TARGET_ENI:
        eni = tm_model_get_eni(model, &s->target);
        ds_put_cstr(ds, "ENI ");
        tm_quote_to(eni ? eni->name : "", ds);
        break;

    case TM_TARGET_ELB:
        lb = tm_model_get_lb(model, &s->target);
        ds_put_cstr(ds, "load balancer ");
        tm_quote_to(lb ? lb->name : "", ds);
        break;

    case TM_TARGET_IP:
        ds_put_cstr(ds, "address");
        break;
    }
}

static const struct tm_lb *
members_of(const struct tm_model *model, const struct tm_session *s)
{
    const struct tm_lb *lb = (s->target_type == TM_TARGET_ELB
                              ? tm_model_get_lb(model, &s->target) : NULL);

    return lb && lb->n_members ? lb : NULL;
}

char *
tm_target_of_packet(const struct tm_model *model, const struct tm_session *s,
                    enum tm_ip prefer, const struct tm_packet *pkt,
                    struct tm_addr *addr, uint32_t *slot)
{
    const struct tm_lb *lb = members_of(model, s);

    *slot = TM_N_SLOTS;
    if (!lb) {
        return tm_model_target_address(model, s, prefer, addr);
    }
    *slot = tm_spread_slot(pkt);
    *addr = lb->members[tm_spread_member(lb->members, lb->n_members, *slot)];
    return NULL;
}

char *
tm_target_describe(const struct tm_model *model, const struct tm_session *s,
                   enum tm_ip prefer, const struct tm_packet *pkt)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    const struct tm_lb *lb = members_of(model, s);
    struct tm_addr addr;
    uint32_t slot;
    char *error;

    error = tm_target_of_packet(model, s, prefer, pkt, &addr, &slot);
    if (error) {
        ds_put_format(&ds, "nowhere: %s", error);
        free(error);
        return ds_steal_cstr(&ds);
    }

    put_target_name(model, s, &ds);
    ds_put_cstr(&ds, lb ? ", member " : s->target_type == TM_TARGET_IP ? " "
                     : " at ");
    tm_addr_format(&addr, &ds);
    if (lb) {
        ds_put_format(&ds, " (slot %"PRIu32", %"PRIuSIZE" member%s)", slot,
                      lb->n_members, lb->n_members == 1 ? "" : "s");
    }
    return ds_steal_cstr(&ds);
}

/* Why 'session' is as if absent, malloc()ed, or NULL. */
static char *
why_absent(const struct tm_model *model, const struct tm_session *session)
{
    const struct tm_problems *problems = &session->problems;
    struct tm_addr addr;
    char *error, *why;

    if (!session->enabled) {
        return xstrdup("session is disabled");
    } else if (!session->usable) {
        return (problems->n
                ? xasprintf("session is not usable: %s", problems->p[0].text)
                : xstrdup("session is not usable"));
    }
    error = tm_model_target_address(model, session, 0, &addr);
    if (!error) {
        return NULL;
    }
    why = xasprintf("session cannot copy: %s", error);
    free(error);
    return why;
}

void
tm_match(const struct tm_model *model, const struct uuid *eni,
         enum tm_direction direction, const struct tm_packet *pkt,
         bool with_trials, struct tm_decision *d)
{
    struct judge j = {
        .model = model,
        .direction = direction,
        .pkt = pkt,
        .with_trials = with_trials,
        .d = d,
    };
    const struct tm_session **sessions = NULL;
    size_t n = 0;

    memset(d, 0, sizeof *d);
    if (tm_model_get_eni(model, eni)) {
        n = tm_model_all_sessions_of(model, eni, &sessions);
    }
    for (size_t i = 0; i < n; i++) {
        const struct tm_session *session = sessions[i];
        char *absent = tm_model_why_left_out(sessions, i);

        if (!absent) {
            absent = why_absent(model, session);
        }
        if (absent) {
            remark(&j, session, absent);
        } else if (try_session(&j, session)) {
            break;
        }
    }
    free(sessions);

    if (d->copied && with_trials) {
        d->target = tm_target_describe(model, d->session, 0, pkt);
    }
}

void
tm_decision_uninit(struct tm_decision *d)
{
    if (d) {
        for (size_t i = 0; i < d->n_trials; i++) {
            free(d->trials[i].why_not);
        }
        free(d->trials);
        free(d->target);
        memset(d, 0, sizeof *d);
    }
}

static void
put_session(const struct tm_session *session, struct ds *ds)
{
    ds_put_cstr(ds, "session ");
    tm_quote_to(session->name, ds);
    ds_put_format(ds, " (priority %d)", session->priority);
}

static void
put_rule(const struct tm_rule *rule, struct ds *ds)
{
    ds_put_format(ds, "%s rule %d (%s)",
                  tm_direction_to_adjective(rule->direction), rule->priority,
                  tm_action_to_string(rule->action));
}

void
tm_decision_format_verdict(const struct tm_decision *d, struct ds *ds)
{
    ds_put_cstr(ds, "decision: ");
    if (!d->session) {
        ds_put_cstr(ds, "not copied: no rule of any session matches\n");
        return;
    }
    if (d->copied) {
        ds_put_format(ds, "copied to %s: ",
                      d->target ? d->target : "the session's target");
    } else {
        ds_put_cstr(ds, "not copied: ");
    }
    put_session(d->session, ds);
    ds_put_cstr(ds, ", ");
    put_rule(d->rule, ds);
    ds_put_char(ds, '\n');
}

void
tm_decision_format_trials(const struct tm_decision *d, struct ds *ds)
{
    const struct tm_session *last = NULL;

    for (size_t i = 0; i < d->n_trials; i++) {
        const struct tm_trial *trial = &d->trials[i];

        if (trial->session != last) {
            put_session(trial->session, ds);
            ds_put_cstr(ds, ":\n");
            last = trial->session;
        }
        ds_put_cstr(ds, "  ");
        if (trial->rule) {
            put_rule(trial->rule, ds);
            ds_put_cstr(ds, ": ");
        }
        ds_put_format(ds, "%s\n", trial->why_not ? trial->why_not
                                                 : "matches");
    }
}

void
tm_decision_format(const struct tm_decision *d, struct ds *ds)
{
    tm_decision_format_trials(d, ds);
    tm_decision_format_verdict(d, ds);
}
