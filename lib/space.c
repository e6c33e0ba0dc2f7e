/* SPDX-License-Identifier: Apache-2.0 */
/* space.c
 *
 * A rule is a conjunction of conditions on single fields, each of which is an
 * interval: of addresses (a prefix), of ports, of protocols (one or all).  So
 * the packets that it matches are a box in a space with a dimension a field.
 * That a rule with ports matches no fragment is an interval too, [0, 0] in the
 * dimension of fragments.
 *
 * All numbers are 128 bits wide, so that one loop over the dimensions serves
 * every operation.
 *
 * Subtraction cuts slices off a box, at most two a dimension, until what is
 * left lies within the box that is subtracted, and throws that away.  The
 * slices have no packet in common.  The order of the dimensions is that in
 * which people think of packets: the slice of another protocol is cut off
 * first, so that what has ports in the end is of one protocol that has them.
 *
 * Repeated subtraction can make the number of boxes grow with every step,
 * hence the limit.  A set beyond it has no boxes but a mark. */

#include <config.h>

#include "lib/space.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

static ovs_u128
number(uint64_t lo)
{
    return (ovs_u128) { .u64 = { .hi = 0, .lo = lo } };
}

static int
compare(ovs_u128 a, ovs_u128 b)
{
    return (a.u64.hi != b.u64.hi ? (a.u64.hi < b.u64.hi ? -1 : 1)
            : a.u64.lo != b.u64.lo ? (a.u64.lo < b.u64.lo ? -1 : 1)
            : 0);
}

/* 'a' + 1, modulo 2**128. */
static ovs_u128
next(ovs_u128 a)
{
    a.u64.hi += !++a.u64.lo;
    return a;
}

/* 'a' - 1, modulo 2**128. */
static ovs_u128
previous(ovs_u128 a)
{
    a.u64.hi -= !a.u64.lo--;
    return a;
}

static ovs_u128
from_in6(const struct in6_addr *in6)
{
    ovs_be64 be[2];

    memcpy(be, in6, sizeof be);
    return (ovs_u128) { .u64 = { .hi = ntohll(be[0]), .lo = ntohll(be[1]) } };
}

static struct tm_addr
to_addr(enum tm_ip ip, ovs_u128 number_)
{
    ovs_be64 be[2] = { htonll(number_.u64.hi), htonll(number_.u64.lo) };
    struct tm_addr addr = { .ip = ip };

    memcpy(&addr.in6, be, sizeof addr.in6);
    return addr;
}

static struct tm_interval
interval(uint64_t lo, uint64_t hi)
{
    return (struct tm_interval) { number(lo), number(hi) };
}

/* The prefix 'cidr', or every address of 'ip' if it is NULL. */
static struct tm_interval
addresses(enum tm_ip ip, const struct tm_cidr *cidr)
{
    unsigned int len = cidr ? cidr->len : 0;
    struct in6_addr mask, lo, hi;

    if (cidr) {
        lo = cidr->addr.in6;
    } else if (ip == TM_IPV4) {
        in6_addr_set_mapped_ipv4(&lo, 0);
    } else {
        lo = in6addr_any;
    }
    mask = ipv6_create_mask(ip == TM_IPV4 ? 96 + len : len);
    for (size_t i = 0; i < sizeof hi.s6_addr; i++) {
        hi.s6_addr[i] = lo.s6_addr[i] | (uint8_t) ~mask.s6_addr[i];
    }
    return (struct tm_interval) { from_in6(&lo), from_in6(&hi) };
}

static struct tm_interval
ports(const struct tm_port_range *range)
{
    return (tm_port_range_is_any(range) ? interval(0, UINT16_MAX)
            : interval(range->lo, range->hi));
}

void
tm_box_from_rule(const struct tm_rule *rule, struct tm_box *box)
{
    uint8_t proto = tm_protocol_number(rule->protocol);
    bool has_ports = (!tm_port_range_is_any(&rule->sport)
                      || !tm_port_range_is_any(&rule->dport));

    box->dims[TM_DIM_IP] = interval(rule->ip, rule->ip);
    box->dims[TM_DIM_PROTO] = (rule->protocol == TM_PROTO_ALL
                               ? interval(0, UINT8_MAX)
                               : interval(proto, proto));
    box->dims[TM_DIM_FRAGMENT] = interval(0, !has_ports);
    box->dims[TM_DIM_SRC] = addresses(rule->ip,
                                      rule->has_src ? &rule->src : NULL);
    box->dims[TM_DIM_DST] = addresses(rule->ip,
                                      rule->has_dst ? &rule->dst : NULL);
    box->dims[TM_DIM_SPORT] = ports(&rule->sport);
    box->dims[TM_DIM_DPORT] = ports(&rule->dport);
}

bool
tm_box_contains(const struct tm_box *box, const struct tm_packet *pkt)
{
    /* The ports of a fragment are not seen: any will do. */
    const ovs_u128 point[TM_N_DIMS] = {
        [TM_DIM_IP] = number(pkt->ip),
        [TM_DIM_PROTO] = number(pkt->proto),
        [TM_DIM_FRAGMENT] = number(pkt->fragment),
        [TM_DIM_SRC] = from_in6(&pkt->src.in6),
        [TM_DIM_DST] = from_in6(&pkt->dst.in6),
        [TM_DIM_SPORT] = number(pkt->fragment ? 0 : pkt->sport),
        [TM_DIM_DPORT] = number(pkt->fragment ? 0 : pkt->dport),
    };

    if (!pkt->is_ip) {
        return false;
    }
    for (size_t i = 0; i < TM_N_DIMS; i++) {
        if (compare(point[i], box->dims[i].lo) < 0
            || compare(point[i], box->dims[i].hi) > 0) {
            return false;
        }
    }
    return true;
}

bool
tm_box_intersect(const struct tm_box *a, const struct tm_box *b,
                 struct tm_box *common)
{
    for (size_t i = 0; i < TM_N_DIMS; i++) {
        const struct tm_interval *x = &a->dims[i], *y = &b->dims[i];
        ovs_u128 lo = compare(x->lo, y->lo) > 0 ? x->lo : y->lo;
        ovs_u128 hi = compare(x->hi, y->hi) < 0 ? x->hi : y->hi;

        if (compare(lo, hi) > 0) {
            return false;
        }
        if (common) {
            common->dims[i] = (struct tm_interval) { lo, hi };
        }
    }
    return true;
}

bool
tm_box_is_within(const struct tm_box *box, const struct tm_box *outer)
{
    for (size_t i = 0; i < TM_N_DIMS; i++) {
        if (compare(box->dims[i].lo, outer->dims[i].lo) < 0
            || compare(box->dims[i].hi, outer->dims[i].hi) > 0) {
            return false;
        }
    }
    return true;
}

void
tm_space_init(struct tm_space *space)
{
    memset(space, 0, sizeof *space);
}

void
tm_space_uninit(struct tm_space *space)
{
    if (space) {
        free(space->boxes);
    }
}

void
tm_space_clone(struct tm_space *dst, const struct tm_space *src)
{
    tm_space_init(dst);
    tm_space_add_space(dst, src);
}

static void
become_unknown(struct tm_space *space)
{
    space->unknown = true;
    space->n = 0;
}

void
tm_space_add(struct tm_space *space, const struct tm_box *box)
{
    if (space->unknown) {
        return;
    }
    if (space->n >= TM_SPACE_MAX) {
        become_unknown(space);
        return;
    }
    if (space->n >= space->allocated) {
        space->boxes = x2nrealloc(space->boxes, &space->allocated,
                                  sizeof *space->boxes);
    }
    space->boxes[space->n++] = *box;
}

void
tm_space_add_space(struct tm_space *space, const struct tm_space *other)
{
    if (other->unknown) {
        become_unknown(space);
    }
    for (size_t i = 0; i < other->n; i++) {
        tm_space_add(space, &other->boxes[i]);
    }
}

/* Adds to 'space' what is in 'box' and not in 'less', which overlaps it. */
static void
add_rest(struct tm_space *space, struct tm_box box, const struct tm_box *less)
{
    for (size_t i = 0; i < TM_N_DIMS; i++) {
        struct tm_interval *have = &box.dims[i];
        struct tm_interval whole = *have;

        if (compare(whole.lo, less->dims[i].lo) < 0) {
            have->hi = previous(less->dims[i].lo);
            tm_space_add(space, &box);
            have->lo = less->dims[i].lo;
            have->hi = whole.hi;
        }
        if (compare(whole.hi, less->dims[i].hi) > 0) {
            have->lo = next(less->dims[i].hi);
            have->hi = whole.hi;
            tm_space_add(space, &box);
            have->lo = (compare(whole.lo, less->dims[i].lo) < 0
                        ? less->dims[i].lo : whole.lo);
            have->hi = less->dims[i].hi;
        }
    }
}

void
tm_space_subtract(struct tm_space *space, const struct tm_box *less)
{
    struct tm_space rest;
    bool any = false;

    for (size_t i = 0; i < space->n && !any; i++) {
        any = tm_box_intersect(&space->boxes[i], less, NULL);
    }
    if (!any) {
        return;
    }
    tm_space_init(&rest);
    for (size_t i = 0; i < space->n; i++) {
        if (tm_box_intersect(&space->boxes[i], less, NULL)) {
            add_rest(&rest, space->boxes[i], less);
        } else {
            tm_space_add(&rest, &space->boxes[i]);
        }
    }
    tm_space_uninit(space);
    *space = rest;
}

void
tm_space_subtract_space(struct tm_space *space, const struct tm_space *other)
{
    if (other->unknown) {
        become_unknown(space);
    }
    for (size_t i = 0; i < other->n; i++) {
        tm_space_subtract(space, &other->boxes[i]);
    }
}

/* True if 'b' begins where 'a' ends. */
static bool
follows(const struct tm_interval *a, const struct tm_interval *b)
{
    return compare(a->hi, b->lo) < 0 && !compare(next(a->hi), b->lo);
}

/* Makes 'a' the box that it is together with 'b'.  Returns false if that is
 * none: they must differ in one dimension only, and be neighbours in it.  (IP
 * versions never are: 4 and 6.) */
static bool
join(struct tm_box *a, const struct tm_box *b)
{
    size_t dim = TM_N_DIMS;

    for (size_t i = 0; i < TM_N_DIMS; i++) {
        if (compare(a->dims[i].lo, b->dims[i].lo)
            || compare(a->dims[i].hi, b->dims[i].hi)) {
            if (dim != TM_N_DIMS) {
                return false;
            }
            dim = i;
        }
    }
    if (dim == TM_N_DIMS) {
        return false;
    } else if (follows(&a->dims[dim], &b->dims[dim])) {
        a->dims[dim].hi = b->dims[dim].hi;
    } else if (follows(&b->dims[dim], &a->dims[dim])) {
        a->dims[dim].lo = b->dims[dim].lo;
    } else {
        return false;
    }
    return true;
}

/* Joins what can be joined at once.  Returns false if that is nothing. */
static bool
join_some(struct tm_space *space)
{
    bool any = false;

    for (size_t i = 0; i < space->n; i++) {
        for (size_t j = i + 1; j < space->n; ) {
            if (join(&space->boxes[i], &space->boxes[j])) {
                space->boxes[j] = space->boxes[--space->n];
                any = true;
                j = i + 1;
            } else {
                j++;
            }
        }
    }
    return any;
}

static int
compare_boxes(const void *a_, const void *b_)
{
    const struct tm_box *a = a_;
    const struct tm_box *b = b_;

    for (size_t i = 0; i < TM_N_DIMS; i++) {
        int cmp = compare(a->dims[i].lo, b->dims[i].lo);

        if (cmp) {
            return cmp;
        }
    }
    return 0;
}

void
tm_space_simplify(struct tm_space *space)
{
    while (join_some(space)) {
        continue;
    }
    if (space->n) {
        qsort(space->boxes, space->n, sizeof *space->boxes, compare_boxes);
    }
}

bool
tm_space_contains(const struct tm_space *space, const struct tm_packet *pkt)
{
    ovs_assert(!space->unknown);        /* There is no right answer. */
    for (size_t i = 0; i < space->n; i++) {
        if (tm_box_contains(&space->boxes[i], pkt)) {
            return true;
        }
    }
    return false;
}

bool
tm_space_is_empty(const struct tm_space *space)
{
    return !space->unknown && !space->n;
}

/* Text. */

static bool
is_one(const struct tm_interval *i)
{
    return !compare(i->lo, i->hi);
}

static void
put_protocols(const struct tm_box *box, struct ds *ds)
{
    const struct tm_interval *proto = &box->dims[TM_DIM_PROTO];
    enum tm_ip ip = box->dims[TM_DIM_IP].lo.u64.lo;
    uint64_t lo = proto->lo.u64.lo;
    uint64_t hi = proto->hi.u64.lo;

    if (!lo && hi == UINT8_MAX) {
        ds_put_cstr(ds, tm_protocol_to_string(TM_PROTO_ALL));
        return;
    } else if (lo != hi) {
        ds_put_format(ds, "protocols %"PRIu64"-%"PRIu64, lo, hi);
        return;
    }
    for (int p = TM_PROTO_TCP; p <= TM_PROTO_ICMP6; p++) {
        if (lo == tm_protocol_number(p)
            && (p != TM_PROTO_ICMP || ip == TM_IPV4)
            && (p != TM_PROTO_ICMP6 || ip == TM_IPV6)) {
            ds_put_cstr(ds, tm_protocol_to_string(p));
            return;
        }
    }
    ds_put_format(ds, "protocol %"PRIu64, lo);
}

/* The number of bits of 'i' as a prefix, or -1 if it is none. */
static int
prefix_len(const struct tm_interval *i)
{
    uint64_t hi = i->lo.u64.hi ^ i->hi.u64.hi;
    uint64_t lo = i->lo.u64.lo ^ i->hi.u64.lo;
    int n_host = hi ? 128 - clz64(hi) : 64 - clz64(lo);
    struct in6_addr mask = ipv6_create_mask(128 - n_host);
    ovs_u128 m = from_in6(&mask);

    /* All host bits are clear in the one and set in the other. */
    if (i->lo.u64.hi & ~m.u64.hi || i->lo.u64.lo & ~m.u64.lo
        || ~i->hi.u64.hi & ~m.u64.hi || ~i->hi.u64.lo & ~m.u64.lo) {
        return -1;
    }
    return 128 - n_host;
}

static void
put_addresses(enum tm_ip ip, const struct tm_interval *i, struct ds *ds)
{
    struct tm_addr lo = to_addr(ip, i->lo);
    struct tm_addr hi = to_addr(ip, i->hi);
    int len = prefix_len(i);

    tm_addr_format(&lo, ds);
    if (len >= 0) {
        ds_put_format(ds, "/%d", ip == TM_IPV4 ? len - 96 : len);
    } else {
        ds_put_char(ds, '-');
        tm_addr_format(&hi, ds);
    }
}

/* One side of 'box'. */
static void
put_side(const struct tm_box *box, enum tm_dim addr, enum tm_dim port,
         struct ds *ds)
{
    const struct tm_interval *proto = &box->dims[TM_DIM_PROTO];
    const struct tm_interval *p = &box->dims[port];
    enum tm_ip ip = box->dims[TM_DIM_IP].lo.u64.lo;
    uint64_t number_ = proto->lo.u64.lo;
    bool any = !p->lo.u64.lo && p->hi.u64.lo == UINT16_MAX;
    bool shown = (!any || (is_one(proto) && (number_ == IPPROTO_TCP
                                             || number_ == IPPROTO_UDP)));
    bool brackets = shown && ip == TM_IPV6;

    ds_put_cstr(ds, brackets ? "[" : "");
    put_addresses(ip, &box->dims[addr], ds);
    ds_put_cstr(ds, brackets ? "]" : "");
    if (shown && any) {
        ds_put_cstr(ds, ":any");
    } else if (shown) {
        ds_put_format(ds, ":%"PRIu64"-%"PRIu64, p->lo.u64.lo, p->hi.u64.lo);
    }
}

static bool
has_ports(const struct tm_box *box)
{
    return (box->dims[TM_DIM_SPORT].lo.u64.lo
            || box->dims[TM_DIM_SPORT].hi.u64.lo != UINT16_MAX
            || box->dims[TM_DIM_DPORT].lo.u64.lo
            || box->dims[TM_DIM_DPORT].hi.u64.lo != UINT16_MAX);
}

void
tm_box_format(const struct tm_box *box, struct ds *ds)
{
    const struct tm_interval *fragment = &box->dims[TM_DIM_FRAGMENT];

    if (fragment->lo.u64.lo) {
        ds_put_cstr(ds, "fragments of ");
    } else if (!fragment->hi.u64.lo && !has_ports(box)) {
        ds_put_cstr(ds, "unfragmented ");
    }
    put_protocols(box, ds);
    ds_put_char(ds, ' ');
    put_side(box, TM_DIM_SRC, TM_DIM_SPORT, ds);
    ds_put_cstr(ds, " -> ");
    put_side(box, TM_DIM_DST, TM_DIM_DPORT, ds);
}
