/* SPDX-License-Identifier: Apache-2.0 */
/* model-word.c
 *
 * The values of the model in words.  The first word of each row is the one
 * that the database and our own output use; the others are accepted from an
 * operator too. */

#include <config.h>

#include "lib/model.h"

#include <netinet/in.h>
#include <string.h>

#include "util.h"

struct word {
    int value;
    const char *names[3];       /* NULL: no more. */
};

static const struct word directions[] = {
    { TM_IN, { "in", "ingress", "inbound" } },
    { TM_OUT, { "out", "egress", "outbound" } },
};

static const struct word actions[] = {
    { TM_ACCEPT, { "accept", NULL, NULL } },
    { TM_REJECT, { "reject", NULL, NULL } },
};

static const struct word ips[] = {
    { TM_IPV4, { "ipv4", "IPv4", NULL } },
    { TM_IPV6, { "ipv6", "IPv6", NULL } },
};

static const struct word protocols[] = {
    { TM_PROTO_ALL, { "all", NULL, NULL } },
    { TM_PROTO_TCP, { "tcp", NULL, NULL } },
    { TM_PROTO_UDP, { "udp", NULL, NULL } },
    { TM_PROTO_ICMP, { "icmp", NULL, NULL } },
    { TM_PROTO_ICMP6, { "icmp6", "icmpv6", NULL } },
};

static const struct word *
word_find(const struct word *words, size_t n, int value)
{
    for (size_t i = 0; i < n; i++) {
        if (words[i].value == value) {
            return &words[i];
        }
    }
    return NULL;
}

static const char *
word_to_string(const struct word *words, size_t n, int value)
{
    const struct word *word = word_find(words, n, value);

    return word ? word->names[0] : "invalid";
}

static bool
word_from_string(const struct word *words, size_t n, const char *s,
                 int *value)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < ARRAY_SIZE(words[i].names); j++) {
            if (words[i].names[j] && !strcmp(s, words[i].names[j])) {
                *value = words[i].value;
                return true;
            }
        }
    }
    return false;
}

const char *
tm_direction_to_string(enum tm_direction direction)
{
    return word_to_string(directions, ARRAY_SIZE(directions), direction);
}

const char *
tm_direction_to_adjective(enum tm_direction direction)
{
    const struct word *word = word_find(directions, ARRAY_SIZE(directions),
                                        direction);

    return word ? word->names[2] : "invalid";
}

bool
tm_direction_from_string(const char *s, enum tm_direction *direction)
{
    int value;

    if (!word_from_string(directions, ARRAY_SIZE(directions), s, &value)) {
        return false;
    }
    *direction = value;
    return true;
}

const char *
tm_action_to_string(enum tm_action action)
{
    return word_to_string(actions, ARRAY_SIZE(actions), action);
}

bool
tm_action_from_string(const char *s, enum tm_action *action)
{
    int value;

    if (!word_from_string(actions, ARRAY_SIZE(actions), s, &value)) {
        return false;
    }
    *action = value;
    return true;
}

const char *
tm_ip_to_string(enum tm_ip ip)
{
    return word_to_string(ips, ARRAY_SIZE(ips), ip);
}

bool
tm_ip_from_string(const char *s, enum tm_ip *ip)
{
    int value;

    if (!word_from_string(ips, ARRAY_SIZE(ips), s, &value)) {
        return false;
    }
    *ip = value;
    return true;
}

const char *
tm_protocol_to_string(enum tm_protocol protocol)
{
    return word_to_string(protocols, ARRAY_SIZE(protocols), protocol);
}

bool
tm_protocol_from_string(const char *s, enum tm_protocol *protocol)
{
    int value;

    if (!word_from_string(protocols, ARRAY_SIZE(protocols), s, &value)) {
        return false;
    }
    *protocol = value;
    return true;
}

uint8_t
tm_protocol_number(enum tm_protocol protocol)
{
    switch (protocol) {
    case TM_PROTO_TCP:
        return IPPROTO_TCP;
    case TM_PROTO_UDP:
        return IPPROTO_UDP;
    case TM_PROTO_ICMP:
        return IPPROTO_ICMP;
    case TM_PROTO_ICMP6:
        return IPPROTO_ICMPV6;
    case TM_PROTO_ALL:
    default:
        return 0;
    }
}
