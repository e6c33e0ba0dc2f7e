/* SPDX-License-Identifier: Apache-2.0 */
/* space.h
 *
 * Job.       Exact sets of packets: which a rule matches, and what is left of
 *            them when earlier rules have taken theirs.
 * Input.     Rules, and other sets.
 * Output.    Sets, as lists of boxes that have no packet in common.
 * Not here.  Sessions (effect.h), words about rules (warning.h), one packet
 *            (match.h).
 * Ownership. A set owns its boxes.
 * Failure.   A set that needs more than TM_SPACE_MAX boxes is 'unknown', and
 *            so is what is computed from it.  It is never wrong. */

#ifndef LIB_SPACE_H
#define LIB_SPACE_H 1

#include "lib/match.h"
#include "lib/model.h"
#include "openvswitch/types.h"

/* What rules look at. */
enum tm_dim {
    TM_DIM_IP,                  /* IP version: 4 or 6. */
    TM_DIM_PROTO,               /* 0..255. */
    TM_DIM_FRAGMENT,            /* 1: a fragment, which shows no ports. */
    TM_DIM_SRC,                 /* All 128 bits of struct tm_addr. */
    TM_DIM_DST,
    TM_DIM_SPORT,               /* 0..65535. */
    TM_DIM_DPORT,
    TM_N_DIMS
};

/* 'lo' to 'hi', both included. */
struct tm_interval {
    ovs_u128 lo, hi;
};

/* The packets that are in all of the intervals: at least one, and of one IP
 * version. */
struct tm_box {
    struct tm_interval dims[TM_N_DIMS];
};

#define TM_SPACE_MAX 1024

struct tm_space {
    struct tm_box *boxes;       /* No two overlap. */
    size_t n, allocated;
    bool unknown;               /* Too many: 'n' is 0 then. */
};

void tm_space_init(struct tm_space *);
void tm_space_uninit(struct tm_space *);
void tm_space_clone(struct tm_space *, const struct tm_space *);

/* The packets that 'rule' matches, whatever other rules there are. */
void tm_box_from_rule(const struct tm_rule *, struct tm_box *);
/* False if 'pkt' is not IP. */
bool tm_box_contains(const struct tm_box *, const struct tm_packet *pkt);
/* Stores in 'common', unless it is NULL, the packets that are in 'a' and 'b'.
 * Returns false if there are none. */
bool tm_box_intersect(const struct tm_box *a, const struct tm_box *b,
                      struct tm_box *common);
bool tm_box_is_within(const struct tm_box *, const struct tm_box *outer);

/* 'box' must not overlap the set. */
void tm_space_add(struct tm_space *, const struct tm_box *);
/* Nor must 'other'. */
void tm_space_add_space(struct tm_space *, const struct tm_space *other);
void tm_space_subtract(struct tm_space *, const struct tm_box *);
void tm_space_subtract_space(struct tm_space *, const struct tm_space *other);
/* Joins boxes that are one box together, where it sees such, and sorts them:
 * for people. */
void tm_space_simplify(struct tm_space *);

/* Only of a set that is known. */
bool tm_space_contains(const struct tm_space *, const struct tm_packet *pkt);
/* Proved to have no packet: false if it is unknown. */
bool tm_space_is_empty(const struct tm_space *);

/* "tcp 172.16.0.0/24:any -> 10.0.0.3/32:80-80", "fragments of tcp ...".  Where
 * a protocol has no ports, none are named. */
void tm_box_format(const struct tm_box *, struct ds *);

#endif /* lib/space.h */
