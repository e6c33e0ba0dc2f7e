/* SPDX-License-Identifier: Apache-2.0 */
/* test-model-view.h
 *
 * Job.       All that a model answers, as text, to compare two models or one
 *            model before and after a change.
 * Input.     A model of the small world of test-model-random.c.
 * Output.    struct view; whether two are equal, or differ only where struct
 *            tm_dirty says so.
 * Not here.  The changes.
 * Ownership. A view owns its text.
 * Failure.   What differs is printed. */

#ifndef TESTS_UNIT_TEST_MODEL_VIEW_H
#define TESTS_UNIT_TEST_MODEL_VIEW_H 1

#include "lib/model.h"
#include "openvswitch/dynamic-string.h"

/* How many objects there may be; their UUIDs are numbered from 0. */
#define N_FILTERS 4
#define N_SESSIONS 8
#define N_ENIS 7
#define N_LBS 3

/* The names that an ENI may have but "eN". */
extern const char *const view_names[3];

/* The answers of a model. */
struct view {
    struct ds enis[N_ENIS];         /* What a source's flows follow from. */
    struct ds decisions[N_ENIS];    /* Of all packets. */
    unsigned int filters_of[N_ENIS];/* Bits: filters the decisions rest on. */
    struct ds filters[N_FILTERS];   /* Rules. */
    struct ds targets;
    struct ds rest;                 /* What nobody is told about. */
};

void view_init(struct view *, const struct tm_model *);
void view_uninit(struct view *);

/* True if 'a' and 'b' are of equal models. */
bool view_equal(struct view *a, struct view *b);

/* True if all that differs between 'old' and 'new' is in 'dirty'. */
bool view_is_told(struct view *old, struct view *new, const struct tm_dirty *);

#endif /* tests/unit/test-model-view.h */
