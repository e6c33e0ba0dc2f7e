/* SPDX-License-Identifier: Apache-2.0 */
/* cure.h
 *
 * Job.       Makes changes surely arrive at the traffic where Open vSwitch
 *            itself may keep stale datapath flows: netdev datapath, before
 *            2.17.8, 3.0.5 and 3.1.3 (datapath-facts.md 25).
 * Input.     The difference that a bundle is about to send.
 * Output.    The difference, with what the cure needs; when its next step is
 *            due, and that step.
 * Not here.  Sending (bundle.c).
 * Ownership. Part of struct tm_switch.
 * Failure.   Cannot fail.
 *
 * A stale flow comes about when a change makes cached flows wider.  So, with
 * each change, a row that never matches gets another bit of pkt_mark in every
 * table of the plugin that the change is in: each cached flow that passed
 * there then lacks a bit in its mask and is deleted, by its name, which the
 * fault does not touch.  Two further changes of no consequence, soon after,
 * bring the next round of revalidation forward.
 *
 * A hook that goes makes flows wider too, and those do not pass the plugin's
 * tables any more; so it stays a moment longer, with nothing behind it. */

#ifndef PLUGIN_SWITCH_CURE_H
#define PLUGIN_SWITCH_CURE_H 1

#include "plugin/flow/flow-diff.h"

struct tm_switch;

struct tm_cure {
    bool on;
    uint32_t last;              /* The bit that was given last. */
    bool moved;                 /* The bundle in flight gives one. */
    int n_touches;              /* Changes of no consequence yet to be made. */
    long long int touch_at;     /* When, in msec; LLONG_MAX: none. */
    struct tm_flow_set held;    /* Hooks that nobody wants any more. */
    long long int release_at;   /* When they go, in msec; LLONG_MAX: none. */
};

/* Whether Open vSwitch 'version' ("3.1.0") has the fault on datapaths of
 * 'type'.  A version that cannot be told has it. */
bool tm_cure_is_needed(const char *version, const char *type);

void tm_cure_init(struct tm_cure *);
void tm_cure_uninit(struct tm_cure *);
/* The connection is gone: what is due is not known any more. */
void tm_cure_abandon(struct tm_cure *);

/* 'diff' leads from 'have' to what is wanted. */
void tm_cure_adjust(struct tm_switch *, struct tm_flow_diff *diff);
/* The bundle with the changes that were adjusted is confirmed. */
void tm_cure_note_done(struct tm_switch *);

/* Adds the changes of the step that is due now to 'diff', if there is one.
 * 'want': the flows wanted. */
void tm_cure_step(struct tm_switch *, const struct tm_flow_set *want,
                  struct tm_flow_diff *diff);
void tm_cure_wait(const struct tm_switch *);

/* Takes out of 'diff' what is on the switch for the sake of the cure. */
void tm_cure_hide(const struct tm_switch *, struct tm_flow_diff *diff);

#endif /* plugin/switch/cure.h */
