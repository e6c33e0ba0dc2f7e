/* SPDX-License-Identifier: Apache-2.0 */
/* test-lib-help.c
 *
 * Short ways to write objects down, for the tests of lib/. */

#include <config.h>

#include "tests/unit/test-lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Ends the program if 'error' is one. */
static void
must(char *error)
{
    if (error) {
        ovs_fatal(0, "the test is wrong: %s", error);
    }
}

static bool
given(const char *word)
{
    return strcmp(word, "-") != 0;
}

struct uuid
t_uuid(enum t_kind kind, unsigned int n)
{
    return (struct uuid) { .parts = { n, kind, 0, 0x7e57 } };
}

struct tm_addr
t_addr(const char *s)
{
    struct tm_addr addr;

    must(tm_addr_parse(s, &addr));
    return addr;
}

struct tm_cidr
t_cidr(const char *s)
{
    struct tm_cidr cidr;

    must(tm_cidr_parse(s, &cidr));
    return cidr;
}

struct tm_rule
t_rule(unsigned int n, const char *line)
{
    char dir[8], action[8], ip[8], proto[8];
    char src[64], sport[16], dst[64], dport[16];
    struct tm_rule rule;
    unsigned int priority;

    memset(&rule, 0, sizeof rule);
    if (sscanf(line, "%7s %u %7s %7s %7s %63s %15s %63s %15s", dir, &priority,
               action, ip, proto, src, sport, dst, dport) != 9
        || !tm_direction_from_string(dir, &rule.direction)
        || !tm_action_from_string(action, &rule.action)
        || !tm_ip_from_string(ip, &rule.ip)
        || !tm_protocol_from_string(proto, &rule.protocol)) {
        ovs_fatal(0, "the test is wrong: rule \"%s\"", line);
    }
    rule.uuid = t_uuid(T_RULE, n);
    rule.priority = priority;
    if (given(src)) {
        rule.has_src = true;
        rule.src = t_cidr(src);
    }
    if (given(dst)) {
        rule.has_dst = true;
        rule.dst = t_cidr(dst);
    }
    if (given(sport)) {
        must(tm_port_range_parse(sport, &rule.sport));
    }
    if (given(dport)) {
        must(tm_port_range_parse(dport, &rule.dport));
    }
    return rule;
}

struct tm_packet
t_packet(const char *line)
{
    char proto[8], src[64], dst[64], frag[8];
    struct tm_packet pkt;
    unsigned int sport, dport;
    enum tm_protocol p;
    int n;

    memset(&pkt, 0, sizeof pkt);
    if (!strcmp(line, "arp")) {
        return pkt;
    }
    n = sscanf(line, "%7s %63s %u %63s %u %7s", proto, src, &sport, dst,
               &dport, frag);
    if (n < 5) {
        ovs_fatal(0, "the test is wrong: packet \"%s\"", line);
    }
    pkt.is_ip = true;
    pkt.src = t_addr(src);
    pkt.dst = t_addr(dst);
    pkt.ip = pkt.src.ip;
    pkt.proto = (tm_protocol_from_string(proto, &p)
                 ? tm_protocol_number(p) : atoi(proto));
    pkt.sport = sport;
    pkt.dport = dport;
    pkt.fragment = n == 6;
    return pkt;
}

static char *
name_of(const char *prefix, unsigned int n)
{
    return xasprintf("%s%u", prefix, n);
}

struct tm_filter *
t_filter(unsigned int n, const char *rules[])
{
    const struct uuid uuid = t_uuid(T_FILTER, n);
    struct tm_filter *f = tm_filter_create(&uuid);

    free(f->name);
    f->name = name_of("f", n);
    for (int i = 0; rules && rules[i]; i++) {
        struct tm_rule rule = t_rule(n * 100 + i, rules[i]);

        tm_filter_add_rule(f, &rule);
    }
    tm_filter_finish(f);
    return f;
}

struct tm_session *
t_session(unsigned int n, uint16_t priority, unsigned int filter)
{
    const struct uuid uuid = t_uuid(T_SESSION, n);
    struct tm_session *s = tm_session_create(&uuid);

    free(s->name);
    s->name = name_of("s", n);
    s->priority = priority;
    s->enabled = s->usable = true;
    s->filter = t_uuid(T_FILTER, filter);
    s->target_type = TM_TARGET_IP;
    s->target_addr = t_addr("10.9.9.9");
    s->vni = 1;
    return s;
}

void
t_add_source(struct tm_session *s, unsigned int eni)
{
    struct tm_source source = {
        .uuid = t_uuid(T_SOURCE, s->uuid.parts[0] * 1000 + s->n_sources),
        .eni = t_uuid(T_ENI, eni),
        .position = s->n_sources,
    };

    tm_session_add_source(s, &source);
    tm_session_finish(s);
}

struct tm_eni *
t_eni(unsigned int n, const char *addr)
{
    const struct uuid uuid = t_uuid(T_ENI, n);
    char *name = name_of("e", n);
    struct tm_eni *eni = tm_eni_create(&uuid, name);

    free(name);
    eni->mirroring_supported = true;
    if (addr) {
        eni->addresses = xmalloc(sizeof *eni->addresses);
        eni->addresses[0] = t_addr(addr);
        eni->n_addresses = 1;
    }
    return eni;
}

struct tm_lb *
t_lb(unsigned int n, const char *vip, const char *member)
{
    const struct uuid uuid = t_uuid(T_LB, n);
    char *name = name_of("l", n);
    struct tm_lb *lb = tm_lb_create(&uuid, name);

    free(name);
    if (vip) {
        lb->has_vip = true;
        lb->vip = t_addr(vip);
    }
    if (member) {
        lb->members = xmalloc(sizeof *lb->members);
        lb->members[0] = t_addr(member);
        lb->n_members = 1;
    }
    return lb;
}

bool
t_error_is(char *error, const char *want, const char *what)
{
    bool ok = (want ? error && strstr(error, want) : !error);

    if (error && strpbrk(error, "\n\r\033")) {
        printf("\n%s: not one clean line\n", what);
        ok = false;
    }
    if (!ok) {
        printf("\n%s:\n  have: %s\n  want: %s\n", what,
               error ? error : "(none)", want ? want : "(none)");
    }
    free(error);
    return ok;
}

bool
t_text_is(const char *have, const char *want)
{
    if (strcmp(have, want)) {
        printf("\nhave:\n%s\nwant:\n%s\n", have, want);
        return false;
    }
    return true;
}
