/* SPDX-License-Identifier: Apache-2.0 */
/* effect.h
 *
 * Job.       What a change does to copies: exactly which packets of which
 *            sources would start and stop being copied, where to.
 * Input.     The model before and the model after.
 * Output.    Sets of packets, and text.
 * Not here.  What only a node knows: whether a source is plugged in, routes,
 *            the guard against loops.
 * Ownership. The result owns all it has; it does not point into the models.
 * Failure.   A set that needs too many boxes is unknown (space.h), and the
 *            text says so. */

#ifndef LIB_EFFECT_H
#define LIB_EFFECT_H 1

#include "space.h"

struct ds;
struct smap;

/* What begins or ends at one source, in one direction, with one session. */
struct tm_effect {
    char *eni;                  /* The source's name. */
    enum tm_direction direction;
    struct uuid session;
    char *session_name;
    bool starts;                /* Else it stops.  Says nothing if 'packets'
                                 * is unknown. */
    char *where;                /* "ip:172.31.1.9, vni 100". */
    struct tm_space packets;    /* Not empty. */
};

struct tm_effects {
    struct tm_effect *e;        /* By ENI, direction, order of matching. */
    size_t n, allocated;
};

/* Copies of a packet are the same before and after if the same session makes
 * them at the same ENI, and they go to the same address, or over the same
 * members of a load balancer, with the same VNI and packet length. */
void tm_effects_init(struct tm_effects *, const struct tm_model *before,
                     const struct tm_model *after);
void tm_effects_uninit(struct tm_effects *);

/* Appends lines, at least one.  'nodes' has the node of each ENI that is on
 * one, by name. */
void tm_effects_format(const struct tm_effects *, const struct smap *nodes,
                       struct ds *);

#endif /* lib/effect.h */
