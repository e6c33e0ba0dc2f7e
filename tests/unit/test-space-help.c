/* SPDX-License-Identifier: Apache-2.0 */
/* test-space-help.c
 *
 * Whether sets of packets are equal is decided by their corners.  Every rule
 * is an interval in each field; cut each field wherever an interval of any
 * rule begins or has ended, and between two cuts no rule can tell the values
 * apart.  So one packet of each cell, the one with the lowest values, stands
 * for all of it: those are the narrow corners.  The wide ones have the last
 * values too, and both sides of each cut. */

#include <config.h>

#include "tests/unit/test-space.h"

#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "random.h"
#include "util.h"

bool
t_one_in(int n)
{
    return !random_range(n);
}

static const char *
pick(const char *const words[], size_t n)
{
    return words[random_range(n)];
}
#define PICK(WORDS) pick(WORDS, ARRAY_SIZE(WORDS))

/* What random rules are made of.  Of the dense kind there is so little that
 * unions of some often cover others. */
struct words {
    const char *nets4[8], *nets6[8], *ports[8], *protos4[5], *protos6[5];
};

static const struct words usual = {
    { "-", "-", "0.0.0.0/0", "0.0.0.0/1", "10.0.0.0/8", "10.0.0.0/9",
      "10.128.0.0/9", "255.255.255.255/32" },
    { "-", "-", "::/0", "::/1", "2001:db8::/33", "2001:db8:8000::/33",
      "2001:db8::/32", "ffff::/16" },
    { "-", "-", "-", "1-65535", "1-100", "80", "101-65535", "80-101" },
    { "all", "all", "tcp", "udp", "icmp" },
    { "all", "all", "tcp", "udp", "icmp6" },
};
static const struct words dense = {
    { "-", "-", "-", "-", "0.0.0.0/1", "0.0.0.0/1", "128.0.0.0/1",
      "128.0.0.0/1" },
    { "-", "-", "-", "-", "::/1", "::/1", "8000::/1", "8000::/1" },
    { "-", "-", "-", "-", "-", "1-65535", "1-100", "101-65535" },
    { "all", "all", "all", "tcp", "tcp" },
    { "all", "all", "all", "tcp", "tcp" },
};

static struct tm_rule
random_rule(const struct words *w, unsigned int n, unsigned int priority)
{
    bool v4 = !t_one_in(4);
    const char *proto = v4 ? PICK(w->protos4) : PICK(w->protos6);
    bool has_ports = !strcmp(proto, "tcp") || !strcmp(proto, "udp");
    char *line = xasprintf("%s %u %s %s %s %s %s %s %s",
                           t_one_in(4) ? "out" : "in", priority,
                           t_one_in(2) ? "accept" : "reject",
                           v4 ? "ipv4" : "ipv6", proto,
                           v4 ? PICK(w->nets4) : PICK(w->nets6),
                           has_ports ? PICK(w->ports) : "-",
                           v4 ? PICK(w->nets4) : PICK(w->nets6),
                           has_ports ? PICK(w->ports) : "-");
    struct tm_rule rule = t_rule(n, line);

    free(line);
    return rule;
}

struct tm_filter *
t_random_filter(unsigned int n, size_t max_rules)
{
    const struct words *words = t_one_in(2) ? &usual : &dense;
    struct tm_filter *f = t_filter(n, NULL);
    size_t n_rules = random_range(max_rules + 1);

    for (size_t i = 0; i < n_rules; i++) {
        struct tm_rule rule = random_rule(words, n * 100 + i, i + 1);

        tm_filter_add_rule(f, &rule);
    }
    tm_filter_finish(f);
    return f;
}

void
t_clone_model(struct tm_model *dst, const struct tm_model *src)
{
    const struct tm_filter *filter;
    const struct tm_session *session;
    const struct tm_eni *eni;
    const struct tm_lb *lb;

    tm_model_init(dst);
    HMAP_FOR_EACH (filter, node, &src->filters) {
        tm_model_put_filter(dst, tm_filter_clone(filter), NULL);
    }
    HMAP_FOR_EACH (session, node, &src->sessions) {
        tm_model_put_session(dst, tm_session_clone(session), NULL);
    }
    HMAP_FOR_EACH (eni, node, &src->enis) {
        tm_model_put_eni(dst, tm_eni_clone(eni), NULL);
    }
    HMAP_FOR_EACH (lb, node, &src->lbs) {
        tm_model_put_lb(dst, tm_lb_clone(lb), NULL);
    }
}

/* Values are compared and counted up and down as 128-bit numbers in network
 * byte order. */

static struct tm_addr
value(uint32_t number)
{
    struct tm_addr v;

    memset(&v, 0, sizeof v);
    for (int i = 0; i < 4; i++) {
        v.in6.s6_addr[15 - i] = number >> 8 * i;
    }
    return v;
}

static uint32_t
to_number(const struct tm_addr *v)
{
    uint32_t number = 0;

    for (int i = 12; i < 16; i++) {
        number = number << 8 | v->in6.s6_addr[i];
    }
    return number;
}

static void
count(struct tm_addr *v, int step)
{
    for (int i = 15; i >= 0; i--) {
        v->in6.s6_addr[i] += step;
        if (v->in6.s6_addr[i] != (step > 0 ? 0 : 0xff)) {
            return;
        }
    }
}

/* Adds 'v' unless it is there or beyond 'lo' to 'hi'. */
static void
add_value(struct t_values *values, const struct tm_addr *v,
          const struct tm_addr *lo, const struct tm_addr *hi)
{
    if (tm_addr_compare(v, lo) < 0 || tm_addr_compare(v, hi) > 0) {
        return;
    }
    for (size_t i = 0; i < values->n; i++) {
        if (tm_addr_equal(&values->v[i], v)) {
            return;
        }
    }
    if (values->n >= values->allocated) {
        values->v = x2nrealloc(values->v, &values->allocated,
                               sizeof *values->v);
    }
    values->v[values->n++] = *v;
}

/* The values that an interval 'lo' to 'hi' gives to a field. */
static void
add_interval(const struct t_corners *c, struct t_values *values,
             const struct tm_addr interval[2], const struct tm_addr field[2])
{
    struct tm_addr v;

    add_value(values, &interval[0], &field[0], &field[1]);
    v = interval[1];
    count(&v, 1);
    add_value(values, &v, &interval[1], &field[1]);
    if (c->wide) {
        add_value(values, &interval[1], &field[0], &field[1]);
        v = interval[0];
        count(&v, -1);
        add_value(values, &v, &field[0], &interval[0]);
    }
}

static void
add_numbers(const struct t_corners *c, struct t_values *values, uint32_t lo,
            uint32_t hi, uint32_t max)
{
    const struct tm_addr interval[] = { value(lo), value(hi) };
    const struct tm_addr field[] = { value(0), value(max) };

    add_interval(c, values, interval, field);
}

static void
add_cidr(const struct t_corners *c, struct t_values *values, bool given,
         const struct tm_cidr *cidr)
{
    struct tm_cidr all = t_cidr(c->ip == TM_IPV4 ? "0.0.0.0/0" : "::/0");
    const struct tm_cidr *cidrs[] = { given ? cidr : &all, &all };
    struct tm_addr ends[2][2];

    for (int i = 0; i < 2; i++) {
        unsigned int len = cidrs[i]->len + (c->ip == TM_IPV4 ? 96 : 0);
        struct in6_addr mask = ipv6_create_mask(len);

        ends[i][0] = ends[i][1] = cidrs[i]->addr;
        for (int j = 0; j < 16; j++) {
            ends[i][1].in6.s6_addr[j] |= ~mask.s6_addr[j];
        }
    }
    add_interval(c, values, ends[0], ends[1]);
}

static void
add_ports(const struct t_corners *c, struct t_values *values,
          const struct tm_port_range *range)
{
    bool any = tm_port_range_is_any(range);

    add_numbers(c, values, any ? 0 : range->lo, any ? UINT16_MAX : range->hi,
                UINT16_MAX);
}

void
t_corners_init(struct t_corners *c, enum tm_ip ip, bool wide)
{
    const struct tm_port_range any = { 0, 0 };

    memset(c, 0, sizeof *c);
    c->ip = ip;
    c->wide = wide;
    add_numbers(c, &c->protos, 0, UINT8_MAX, UINT8_MAX);
    add_numbers(c, &c->fragments, 0, 0, 1);
    add_cidr(c, &c->src, false, NULL);
    add_cidr(c, &c->dst, false, NULL);
    add_ports(c, &c->sports, &any);
    add_ports(c, &c->dports, &any);
}

void
t_corners_uninit(struct t_corners *c)
{
    struct t_values *all[] = { &c->protos, &c->fragments, &c->src, &c->dst,
                               &c->sports, &c->dports };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        free(all[i]->v);
    }
}

void
t_corners_add(struct t_corners *c, const struct tm_rule *rule)
{
    uint8_t proto = tm_protocol_number(rule->protocol);

    if (rule->ip != c->ip) {
        return;
    }
    if (rule->protocol != TM_PROTO_ALL) {
        add_numbers(c, &c->protos, proto, proto, UINT8_MAX);
    }
    add_cidr(c, &c->src, rule->has_src, &rule->src);
    add_cidr(c, &c->dst, rule->has_dst, &rule->dst);
    add_ports(c, &c->sports, &rule->sport);
    add_ports(c, &c->dports, &rule->dport);
}

size_t
t_corners_n(const struct t_corners *c)
{
    return (c->protos.n * c->fragments.n * c->src.n * c->dst.n * c->sports.n
            * c->dports.n);
}

/* Takes the digit that chooses one of 'values' off '*number'. */
static const struct tm_addr *
take(const struct t_values *values, size_t *number)
{
    size_t i = *number % values->n;

    *number /= values->n;
    return &values->v[i];
}

struct tm_packet
t_corners_packet(const struct t_corners *c, size_t number)
{
    struct tm_packet pkt;

    memset(&pkt, 0, sizeof pkt);
    pkt.is_ip = true;
    pkt.ip = c->ip;
    pkt.proto = to_number(take(&c->protos, &number));
    pkt.fragment = to_number(take(&c->fragments, &number));
    pkt.src = *take(&c->src, &number);
    pkt.dst = *take(&c->dst, &number);
    pkt.sport = to_number(take(&c->sports, &number));
    pkt.dport = to_number(take(&c->dports, &number));
    return pkt;
}
