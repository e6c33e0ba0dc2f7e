/* SPDX-License-Identifier: Apache-2.0 */
/* validate-object.c
 *
 * One rule or one session by itself.  The members are typed, but their values
 * come from rows that anybody may have written, so every range is checked here
 * too.  The keys are those of the command line. */

#include <config.h>

#include "lib/validate.h"

#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* One side of a rule. */
struct side {
    const char *addr_key, *port_key;
    bool has_cidr;
    const struct tm_cidr *cidr;
    const struct tm_port_range *ports;
};

static char *
validate_cidr(const struct tm_rule *rule, const struct side *side)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (!side->has_cidr || side->cidr->addr.ip == rule->ip) {
        return NULL;
    }
    ds_put_format(&ds, "%s: ", side->addr_key);
    tm_cidr_format(side->cidr, &ds);
    ds_put_format(&ds, " is %s, but the rule's type is %s; allowed is a "
                  "network of the same IP version",
                  tm_ip_to_string(side->cidr->addr.ip),
                  tm_ip_to_string(rule->ip));
    return ds_steal_cstr(&ds);
}

static char *
validate_ports(const struct tm_rule *rule, const struct side *side)
{
    const struct tm_port_range *ports = side->ports;

    if (!ports->lo && !ports->hi) {
        return NULL;
    } else if (!ports->lo || ports->lo > ports->hi) {
        return xasprintf("%s: %d-%d is not a range; allowed are ports from 1 "
                         "to 65535, the lower one first",
                         side->port_key, ports->lo, ports->hi);
    } else if (rule->protocol != TM_PROTO_TCP
               && rule->protocol != TM_PROTO_UDP) {
        return xasprintf("%s: %d-%d is not allowed with proto %s; ports are "
                         "allowed only with tcp and udp",
                         side->port_key, ports->lo, ports->hi,
                         tm_protocol_to_string(rule->protocol));
    }
    return NULL;
}

static char *
validate_family(const struct tm_rule *rule)
{
    enum tm_ip needs = (rule->protocol == TM_PROTO_ICMP ? TM_IPV4
                        : rule->protocol == TM_PROTO_ICMP6 ? TM_IPV6
                        : rule->ip);

    return (needs == rule->ip ? NULL
            : xasprintf("proto: %s is not allowed with type %s; allowed is "
                        "icmp with ipv4, icmp6 with ipv6, and all, tcp and "
                        "udp with both",
                        tm_protocol_to_string(rule->protocol),
                        tm_ip_to_string(rule->ip)));
}

/* Values that no word stands for. */
static char *
validate_rule_words(const struct tm_rule *rule)
{
    if (rule->direction != TM_IN && rule->direction != TM_OUT) {
        return xasprintf("direction: %d is not one; allowed are in and out",
                         (int) rule->direction);
    } else if (rule->action != TM_ACCEPT && rule->action != TM_REJECT) {
        return xasprintf("action: %d is not one; allowed are accept and "
                         "reject", (int) rule->action);
    } else if (rule->ip != TM_IPV4 && rule->ip != TM_IPV6) {
        return xasprintf("type: %d is not one; allowed are ipv4 and ipv6",
                         (int) rule->ip);
    } else if ((unsigned int) rule->protocol > TM_PROTO_ICMP6) {
        return xasprintf("proto: %d is not one; allowed are all, tcp, udp, "
                         "icmp and icmp6", (int) rule->protocol);
    }
    return NULL;
}

char *
tm_validate_rule(const struct tm_rule *rule)
{
    const struct side sides[] = {
        { "src", "sport", rule->has_src, &rule->src, &rule->sport },
        { "dst", "dport", rule->has_dst, &rule->dst, &rule->dport },
    };
    char *error;

    if (!rule->priority) {
        return xasprintf("priority: %d is out of range; allowed is 1 to %d",
                         rule->priority, TM_RULE_PRIORITY_MAX);
    }
    error = validate_rule_words(rule);
    if (!error) {
        error = validate_family(rule);
    }
    for (size_t i = 0; i < ARRAY_SIZE(sides) && !error; i++) {
        error = validate_cidr(rule, &sides[i]);
        if (!error) {
            error = validate_ports(rule, &sides[i]);
        }
    }
    return error;
}

static char *
validate_target(const struct tm_session *s)
{
    switch (s->target_type) {
    case TM_TARGET_IP:
        if (s->target_addr.ip == TM_IPV4 || s->target_addr.ip == TM_IPV6) {
            return tm_validate_target_addr("target", &s->target_addr);
        }
        return xstrdup("target: type is ip, but no address is given; allowed "
                       "is the address of a host");

    case TM_TARGET_ENI:
        return (!uuid_is_zero(&s->target) ? NULL
                : xstrdup("target: type is eni, but no ENI is given; exactly "
                          "one is needed"));

    case TM_TARGET_ELB:
        return (!uuid_is_zero(&s->target) ? NULL
                : xstrdup("target: type is elb, but no load balancer is "
                          "given; exactly one is needed"));
    }
    return xasprintf("target: type %d is not one; allowed are eni, elb and "
                     "ip", (int) s->target_type);
}

char *
tm_validate_session(const struct tm_session *s)
{
    if (!s->priority || s->priority > TM_SESSION_PRIORITY_MAX) {
        return xasprintf("priority: %d is out of range; allowed is 1 to %d",
                         s->priority, TM_SESSION_PRIORITY_MAX);
    } else if (s->vni > TM_VNI_MAX) {
        return xasprintf("vni: %"PRIu32" is out of range; allowed is 0 to %d",
                         s->vni, TM_VNI_MAX);
    } else if (s->packet_length > TM_PACKET_LENGTH_MAX) {
        return xasprintf("packet-length: %"PRIu32" is out of range; allowed "
                         "is 1 to %d, or none for whole packets",
                         s->packet_length, TM_PACKET_LENGTH_MAX);
    }
    return validate_target(s);
}
