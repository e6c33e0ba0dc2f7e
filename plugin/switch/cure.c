/* SPDX-License-Identifier: Apache-2.0 */
/* cure.c
 *
 * The rows of the cure carry the plugin's mark, so they are read back with all
 * other flows, and a daemon that starts anew finds them as they are and has
 * nothing to send.  They are in 'have' and never in 'want'; everything here is
 * to make a difference of these two that lets them alone, and moves them when
 * it is time.
 *
 * All rows that a bundle moves get the same bit, one that no row had just
 * before, nor a while ago: bits are given in turn, and there are more of them
 * than a revalidation of half a second can see changes. */

#include <config.h>

#include "plugin/switch/cure.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "openvswitch/poll-loop.h"
#include "plugin/compile/pipeline.h"
#include "plugin/switch/switch-private.h"
#include "timeval.h"
#include "util.h"

/* When a round of revalidation is asked for, after the barrier: measured
 * (datapath-facts.md, "The cure for fact 25"). */
#define TOUCH_MS 30
#define N_TOUCHES 2

/* How long a hook outlives its use: several revalidations at their slowest.
 * With 600 ms one of 80 changes left a stale flow on a busy machine. */
#define HOLD_MS 3000

#define N_BITS 32

/* No port and no source has this number, so that the rows match nothing. */
#define REG_NEVER MFF_REG15
#define NEVER UINT32_MAX

bool
tm_cure_is_needed(const char *version, const char *type)
{
    /* The first of each series without the fault. */
    static const int mended[][3] = { { 2, 17, 8 }, { 3, 0, 5 }, { 3, 1, 3 } };
    int v[3];

    if (strcmp(type, "netdev")) {
        return false;
    }
    if (!ovs_scan(version, "%d.%d.%d", &v[0], &v[1], &v[2])) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(mended); i++) {
        if (v[0] == mended[i][0] && v[1] == mended[i][1]) {
            return v[2] < mended[i][2];
        }
    }
    return v[0] < 3 || (v[0] == 3 && v[1] < 1);
}

void
tm_cure_init(struct tm_cure *cure)
{
    memset(cure, 0, sizeof *cure);
    cure->touch_at = cure->release_at = LLONG_MAX;
    tm_flow_set_init(&cure->held, false);
}

void
tm_cure_uninit(struct tm_cure *cure)
{
    tm_flow_set_uninit(&cure->held);
}

void
tm_cure_abandon(struct tm_cure *cure)
{
    cure->moved = false;
    cure->n_touches = 0;
    cure->touch_at = cure->release_at = LLONG_MAX;
    tm_flow_set_clear(&cure->held);
}

/* ## Rows ## */

/* A flow that never matches.  'bit' 0: of the touches. */
static struct tm_flow *
make_row(uint8_t table, uint32_t bit)
{
    const struct tm_origin origin = { .table = NULL };
    struct ofpbuf acts;
    struct match match;
    struct tm_flow *row;

    match_init_catchall(&match);
    match_set_reg(&match, REG_NEVER - MFF_REG0, NEVER);
    if (bit) {
        match_set_pkt_mark_masked(&match, bit, bit);
    }
    ofpbuf_init(&acts, 0);
    row = tm_flow_create(table, UINT16_MAX, tm_cookie(NULL), &match, &acts,
                         &origin);
    ofpbuf_uninit(&acts);
    return row;
}

/* The bit of 'flow' if it is a row of 'table', else 0. */
static uint32_t
row_bit(const struct tm_flow *flow)
{
    struct match match;
    bool row;

    if (flow->priority != UINT16_MAX || flow->ofpacts_len) {
        return 0;
    }
    minimatch_expand(&flow->match, &match);
    row = (match.wc.masks.regs[REG_NEVER - MFF_REG0] == UINT32_MAX
           && match.flow.regs[REG_NEVER - MFF_REG0] == NEVER
           && match.flow.pkt_mark == match.wc.masks.pkt_mark);
    return row ? match.wc.masks.pkt_mark : 0;
}

/* The row of 'table' that the switch has, or NULL. */
static const struct tm_flow *
find_row(const struct tm_switch *sw, uint8_t table)
{
    const struct tm_flow *row = NULL;

    for (int i = 0; i < N_BITS && !row; i++) {
        struct tm_flow *key = make_row(table, UINT32_C(1) << i);

        row = tm_flow_set_find(&sw->have, key);
        tm_flow_unref(key);
    }
    return row;
}

/* A row of either kind. */
static bool
is_row(const struct tm_flow *flow)
{
    struct tm_flow *row = make_row(flow->table_id, row_bit(flow));
    bool is = tm_flow_equal(flow, row);

    tm_flow_unref(row);
    return is;
}

static bool
is_own_table(const struct tm_switch *sw, uint8_t table)
{
    return table >= sw->first_table && table <= sw->last_table;
}

/* A bit that no table has, the next one in turn. */
static uint32_t
next_bit(const struct tm_switch *sw)
{
    uint32_t used = 0, bit = sw->cure.last;

    for (int t = sw->first_table; t <= sw->last_table; t++) {
        const struct tm_flow *row = find_row(sw, t);

        used |= row ? row_bit(row) : 0;
    }
    do {
        bit = bit ? bit << 1 | bit >> (N_BITS - 1) : 1;
    } while (used & bit);
    return bit;
}

/* ## A change ## */

struct adjustment {
    struct tm_switch *sw;
    unsigned long *tables;      /* In which there are changes. */
};

static bool
is_hook_gone(const struct tm_switch *sw, const struct tm_flow_change *change)
{
    return (change->type == TM_CHANGE_DELETE
            && !is_own_table(sw, change->have->table_id));
}

/* Sorts one change of the difference: returns true to leave it out. */
static bool
adjust_change(const struct tm_flow_change *change, void *adjustment_)
{
    struct adjustment *a = adjustment_;
    struct tm_switch *sw = a->sw;

    /* That of a touch too, in case that an earlier daemon left it: the next
     * touches take it away. */
    if (change->type == TM_CHANGE_DELETE && is_row(change->have)) {
        return true;
    }
    if (is_hook_gone(sw, change)) {
        tm_flow_set_put(&sw->cure.held, tm_flow_ref(change->have));
        return true;
    }
    uint8_t table = (change->want ? change->want : change->have)->table_id;
    if (is_own_table(sw, table)) {
        bitmap_set1(a->tables, table);
    }
    return false;
}

void
tm_cure_adjust(struct tm_switch *sw, struct tm_flow_diff *diff)
{
    struct adjustment a = { .sw = sw };
    uint32_t bit;
    size_t table;

    if (!sw->cure.on) {
        return;
    }
    a.tables = bitmap_allocate(UINT8_MAX + 1);
    tm_flow_diff_drop(diff, adjust_change, &a);
    sw->cure.moved = diff->n > 0;
    bit = diff->n ? next_bit(sw) : 0;
    BITMAP_FOR_EACH_1 (table, UINT8_MAX + 1, a.tables) {
        struct tm_flow *new = make_row(table, bit);
        const struct tm_flow *old = find_row(sw, table);

        if (old) {
            tm_flow_diff_add(diff, old, NULL);
        }
        tm_flow_diff_add(diff, NULL, new);
        tm_flow_unref(new);
        sw->cure.last = bit;
    }
    bitmap_free(a.tables);
    tm_flow_diff_sort(diff);
    if (tm_flow_set_count(&sw->cure.held)
        && sw->cure.release_at == LLONG_MAX) {
        sw->cure.release_at = time_msec() + HOLD_MS;
    }
}

void
tm_cure_note_done(struct tm_switch *sw)
{
    struct tm_cure *cure = &sw->cure;

    if (!cure->moved) {
        return;
    }
    cure->moved = false;
    cure->n_touches = N_TOUCHES;
    cure->touch_at = time_msec() + TOUCH_MS;
    if (tm_flow_set_count(&cure->held)) {
        cure->release_at = time_msec() + HOLD_MS;
    }
}

/* ## Later ## */

static void
touch(struct tm_switch *sw, struct tm_flow_diff *diff)
{
    struct tm_cure *cure = &sw->cure;
    struct tm_flow *row = make_row(sw->last_table, 0);
    const struct tm_flow *have = tm_flow_set_find(&sw->have, row);
    bool last = --cure->n_touches <= 0;

    if (last && have) {
        tm_flow_diff_add(diff, have, NULL);
    } else if (!last && !have) {
        tm_flow_diff_add(diff, NULL, row);
    }
    tm_flow_unref(row);
    cure->touch_at = last ? LLONG_MAX : time_msec() + TOUCH_MS;
}

/* The hooks go, unless they are wanted again; and if nothing at all is wanted,
 * the rows too. */
static void
release(struct tm_switch *sw, const struct tm_flow_set *want,
        struct tm_flow_diff *diff)
{
    const struct tm_flow_node *node;

    TM_FLOW_SET_FOR_EACH (node, &sw->cure.held) {
        const struct tm_flow *have = tm_flow_set_find(&sw->have, node->flow);

        if (have && !tm_flow_set_find(want, node->flow)) {
            tm_flow_diff_add(diff, have, NULL);
        }
    }
    if (!tm_flow_set_count(want)) {
        for (int t = sw->first_table; t <= sw->last_table; t++) {
            const struct tm_flow *row = find_row(sw, t);

            if (row) {
                tm_flow_diff_add(diff, row, NULL);
            }
        }
    }
    tm_flow_diff_sort(diff);
    tm_flow_set_clear(&sw->cure.held);
    sw->cure.release_at = LLONG_MAX;
}

void
tm_cure_step(struct tm_switch *sw, const struct tm_flow_set *want,
             struct tm_flow_diff *diff)
{
    if (time_msec() >= sw->cure.touch_at) {
        touch(sw, diff);
    } else if (time_msec() >= sw->cure.release_at) {
        release(sw, want, diff);
    }
}

void
tm_cure_wait(const struct tm_switch *sw)
{
    if (sw->cure.touch_at != LLONG_MAX) {
        poll_timer_wait_until(sw->cure.touch_at);
    }
    if (sw->cure.release_at != LLONG_MAX) {
        poll_timer_wait_until(sw->cure.release_at);
    }
}

static bool
is_of_cure(const struct tm_flow_change *change, void *sw_)
{
    const struct tm_switch *sw = sw_;

    return (change->type == TM_CHANGE_DELETE
            && (is_row(change->have)
                || tm_flow_set_find(&sw->cure.held, change->have)));
}

void
tm_cure_hide(const struct tm_switch *sw, struct tm_flow_diff *diff)
{
    if (sw->cure.on) {
        tm_flow_diff_drop(diff, is_of_cure,
                          CONST_CAST(struct tm_switch *, sw));
    }
}
