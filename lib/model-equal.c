/* SPDX-License-Identifier: Apache-2.0 */
/* model-equal.c
 *
 * When two versions of an object are the same to copying, so that the change
 * from one to the other touches nothing.  Whoever adds a member to an object
 * has to decide here whether it counts; one that is forgotten is a change that
 * does not reach the switch. */

#include <config.h>

#include "lib/model-private.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

bool
tm_addrs_equal(const struct tm_addr *a, size_t n_a,
               const struct tm_addr *b, size_t n_b)
{
    if (n_a != n_b) {
        return false;
    }
    for (size_t i = 0; i < n_a; i++) {
        if (!tm_addr_equal(&a[i], &b[i])) {
            return false;
        }
    }
    return true;
}

static bool
side_equal(bool has_a, const struct tm_cidr *a,
           bool has_b, const struct tm_cidr *b)
{
    return has_a == has_b && (!has_a || tm_cidr_equal(a, b));
}

static bool
ports_equal(const struct tm_port_range *a, const struct tm_port_range *b)
{
    return a->lo == b->lo && a->hi == b->hi;
}

/* All but the description. */
static bool
rule_copies_equal(const struct tm_rule *a, const struct tm_rule *b)
{
    return (uuid_equals(&a->uuid, &b->uuid)
            && a->direction == b->direction
            && a->priority == b->priority
            && a->action == b->action
            && a->ip == b->ip
            && a->protocol == b->protocol
            && side_equal(a->has_src, &a->src, b->has_src, &b->src)
            && side_equal(a->has_dst, &a->dst, b->has_dst, &b->dst)
            && ports_equal(&a->sport, &b->sport)
            && ports_equal(&a->dport, &b->dport));
}

bool
tm_filter_copies_equal(const struct tm_filter *a, const struct tm_filter *b)
{
    if (a->n_rules != b->n_rules
        || !tm_problems_equal(&a->problems, &b->problems)) {
        return false;
    }
    for (size_t i = 0; i < a->n_rules; i++) {
        if (!rule_copies_equal(&a->rules[i], &b->rules[i])) {
            return false;
        }
    }
    return true;
}

/* A source with its place among the sources of its session. */
struct place {
    const struct tm_source *source;
    size_t index;
};

static int
compare_places(const void *a_, const void *b_)
{
    const struct place *a = a_;
    const struct place *b = b_;
    int cmp = uuid_compare_3way(&a->source->eni, &b->source->eni);

    return cmp ? cmp : a->index < b->index ? -1 : a->index > b->index;
}

static struct place *
places_create(const struct tm_session *s)
{
    struct place *places = xmalloc(s->n_sources * sizeof *places);

    for (size_t i = 0; i < s->n_sources; i++) {
        places[i].source = &s->sources[i];
        places[i].index = i;
    }
    qsort(places, s->n_sources, sizeof *places, compare_places);
    return places;
}

/* The order of the sources of a session means nothing, but that of two for the
 * same ENI does: the first is the one that counts. */
static bool
sources_equal(const struct tm_session *a, const struct tm_session *b)
{
    struct place *pa, *pb;
    bool equal = true;

    if (a->n_sources != b->n_sources) {
        return false;
    } else if (!a->n_sources) {
        return true;
    }
    pa = places_create(a);
    pb = places_create(b);
    for (size_t i = 0; equal && i < a->n_sources; i++) {
        equal = (uuid_equals(&pa[i].source->eni, &pb[i].source->eni)
                 && uuid_equals(&pa[i].source->uuid, &pb[i].source->uuid));
    }
    free(pa);
    free(pb);
    return equal;
}

bool
tm_session_same_target(const struct tm_session *a,
                       const struct tm_session *b)
{
    return (a->target_type == b->target_type
            && (a->target_type == TM_TARGET_IP
                ? tm_addr_equal(&a->target_addr, &b->target_addr)
                : uuid_equals(&a->target, &b->target)));
}

bool
tm_session_target_equal(const struct tm_session *a,
                        const struct tm_session *b)
{
    return (a->usable == b->usable
            && (!a->usable || tm_session_same_target(a, b)));
}

bool
tm_session_copies_equal(const struct tm_session *a,
                        const struct tm_session *b)
{
    return (a->priority == b->priority
            && a->enabled == b->enabled
            && a->usable == b->usable
            && uuid_equals(&a->filter, &b->filter)
            && a->vni == b->vni
            && a->packet_length == b->packet_length
            && tm_session_same_target(a, b)
            && sources_equal(a, b)
            && tm_problems_equal(&a->problems, &b->problems));
}

static bool
macs_equal(const struct tm_eni *a, const struct tm_eni *b)
{
    if (a->n_macs != b->n_macs) {
        return false;
    }
    for (size_t i = 0; i < a->n_macs; i++) {
        if (!eth_addr_equals(a->macs[i], b->macs[i])) {
            return false;
        }
    }
    return true;
}

bool
tm_eni_equal(const struct tm_eni *a, const struct tm_eni *b)
{
    return (!strcmp(a->name, b->name)
            && macs_equal(a, b)
            && tm_addrs_equal(a->addresses, a->n_addresses,
                              b->addresses, b->n_addresses)
            && !strcmp(a->instance, b->instance)
            && !strcmp(a->vpc, b->vpc)
            && a->mtu == b->mtu
            && a->mirroring_supported == b->mirroring_supported
            && tm_problems_equal(&a->problems, &b->problems));
}

bool
tm_lb_equal(const struct tm_lb *a, const struct tm_lb *b)
{
    return (!strcmp(a->name, b->name)
            && a->has_vip == b->has_vip
            && (!a->has_vip || tm_addr_equal(&a->vip, &b->vip))
            && tm_addrs_equal(a->members, a->n_members,
                              b->members, b->n_members)
            && tm_problems_equal(&a->problems, &b->problems));
}
