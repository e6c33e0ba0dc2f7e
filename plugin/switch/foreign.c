/* SPDX-License-Identifier: Apache-2.0 */
/* foreign.c
 *
 * The bridge is shared, and its tables are only shared by agreement.  Whoever
 * does not know of it may put flows where they spoil mirroring, or where
 * mirroring spoils what they are for.  The plugin does not touch them; all it
 * can do is to tell, which is what this file is for.
 *
 * Only table 0 and the plugin's own tables are read, one at a time and only
 * when the connection is READY and idle, so that no bundle ever waits behind
 * more than one of them.  After the first look, the flow monitor says whether
 * another is worth while: most changes that others make are in nobody's way
 * and cost nothing. */

#include <config.h>

#include "plugin/switch/switch-private.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "plugin/compile/pipeline.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tm_foreign);

/* A table is read once in so many ms at most. */
#define READ_INTERVAL_MS 5000

/* reg10[26..27].  The bits of MFF_XREG5 and MFF_XXREG2 that are those of
 * reg10 start at XREG_OFS. */
#define MARK_OFS 26
#define MARK_BITS 2
#define XREG_OFS 32
BUILD_ASSERT_DECL((TM_MARK_OUT | TM_MARK_IN)
                  == ((UINT32_C(1) << MARK_BITS) - 1) << MARK_OFS);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 6);

/* ## Kinds of flows ## */

static void
kind_clear(struct tm_foreign_kind *kind)
{
    for (size_t i = 0; i < TM_FOREIGN_NAMED; i++) {
        free(kind->lines[i]);
        kind->lines[i] = NULL;
    }
    kind->n = 0;
}

/* Takes 'line' over. */
static void
kind_add(struct tm_foreign_kind *kind, char *line)
{
    kind->n++;
    for (size_t i = 0; line && i < TM_FOREIGN_NAMED; i++) {
        if (!kind->lines[i] || strcmp(line, kind->lines[i]) < 0) {
            char *next = kind->lines[i];

            kind->lines[i] = line;
            line = next;
        }
    }
    free(line);
}

static void
kind_to_lines(const struct tm_foreign_kind *kind, const char *more,
              struct sset *lines)
{
    for (size_t i = 0; i < TM_FOREIGN_NAMED && kind->lines[i]; i++) {
        sset_add(lines, kind->lines[i]);
    }
    if (kind->n > TM_FOREIGN_NAMED) {
        sset_add_and_free(lines, xasprintf("table 0: %u more %s",
                                           kind->n - TM_FOREIGN_NAMED, more));
    }
}

/* ## What stands in the way ## */

/* Where in 'field' the bits of reg10 start; -1: it has none of them. */
static int
reg10_ofs(const struct mf_field *field)
{
    unsigned int id = field->id;

    return (id == MFF_REG10 ? 0
            : id == MFF_XREG5 || id == MFF_XXREG2 ? XREG_OFS
            : -1);
}

static bool
subfield_has_marks(const struct mf_subfield *dst)
{
    int ofs = dst->field ? reg10_ofs(dst->field) : -1;
    unsigned int first = ofs + MARK_OFS;

    return (ofs >= 0 && dst->ofs < first + MARK_BITS
            && dst->ofs + dst->n_bits > first);
}

static bool
action_sets_marks(const struct ofpact *a)
{
    /* Not 'enum ofpact_type': a compiler would want all of them named. */
    unsigned int type = a->type;

    switch (type) {
    case OFPACT_SET_FIELD: {
        const struct ofpact_set_field *sf = ofpact_get_SET_FIELD(a);
        int ofs = reg10_ofs(sf->field);

        return (ofs >= 0
                && !bitwise_is_all_zeros(ofpact_set_field_mask(sf),
                                         sf->field->n_bytes, ofs + MARK_OFS,
                                         MARK_BITS));
    }
    case OFPACT_REG_MOVE:
        return subfield_has_marks(&ofpact_get_REG_MOVE(a)->dst);
    case OFPACT_STACK_POP:
        return subfield_has_marks(&ofpact_get_STACK_POP(a)->subfield);
    case OFPACT_MULTIPATH:
        return subfield_has_marks(&ofpact_get_MULTIPATH(a)->dst);
    case OFPACT_BUNDLE:
        return subfield_has_marks(&ofpact_get_BUNDLE(a)->dst);
    case OFPACT_CHECK_PKT_LARGER:
        return subfield_has_marks(&ofpact_get_CHECK_PKT_LARGER(a)->dst);
    default:
        return false;
    }
}

static bool
uses_marks(const struct match *match, const struct ofpact *ofpacts,
           size_t ofpacts_len)
{
    const struct ofpact *a;

    if (match->wc.masks.regs[10] & (TM_MARK_OUT | TM_MARK_IN)) {
        return true;
    }
    OFPACT_FOR_EACH_FLATTENED (a, ofpacts, ofpacts_len) {
        if (action_sets_marks(a)) {
            return true;
        }
    }
    return false;
}

static bool
is_foreign(ovs_be64 cookie)
{
    return (cookie & htonll(TM_COOKIE_MASK)) != htonll(TM_COOKIE_MARK);
}

static bool
is_ours(const struct tm_switch *sw, uint8_t table)
{
    return table >= sw->first_table && table <= sw->last_table;
}

/* Counts 'fs', and notes it in words if it is in table 0. */
static void
look_at(struct tm_switch *sw, const struct ofputil_flow_stats *fs)
{
    struct tm_foreign *f = &sw->foreign;
    bool above = fs->priority >= TM_PRIO_HOOK_IN;
    bool marks;

    if (!is_foreign(fs->cookie)) {
        return;
    }
    if (f->table) {
        f->n++;
        return;
    }
    marks = uses_marks(&fs->match, fs->ofpacts, fs->ofpacts_len);
    f->n += above || marks;
    if (above) {
        char *match = match_to_string(&fs->match, NULL, OFP_DEFAULT_PRIORITY);

        kind_add(&f->above, xasprintf(
                     "table 0: a flow of somebody else at priority %"PRIu16" "
                     "stands above the hooks, packets it matches are not "
                     "copied: %s", fs->priority, match[0] ? match : "any"));
        free(match);
    }
    if (marks) {
        char *match = match_to_string(&fs->match, NULL, fs->priority);

        kind_add(&f->marks, xasprintf(
                     "table 0: a flow of somebody else uses reg10[%d..%d], "
                     "which the hooks mark packets with: %s", MARK_OFS,
                     MARK_OFS + MARK_BITS - 1, match[0] ? match : "any"));
        free(match);
    }
}

/* ## Results ## */

static void
update_problems(struct tm_switch *sw)
{
    struct tm_foreign *f = &sw->foreign;
    const char *line;

    sset_clear(&f->problems);
    SSET_FOR_EACH (line, &f->table0) {
        sset_add(&f->problems, line);
    }
    for (unsigned int t = sw->first_table; t <= sw->last_table; t++) {
        unsigned int n = f->tables[t].n;

        if (t && n) {
            sset_add_and_free(&f->problems, xasprintf(
                "table %u: %u flow%s not the plugin's; production packets "
                "may be sent twice; set external_ids:tmirror-table-base to "
                "free tables", t, n, n == 1 ? " that is" : "s that are"));
        }
    }
}

static void
forget_reply(struct tm_foreign *f)
{
    f->reading = false;
    f->n = 0;
    kind_clear(&f->above);
    kind_clear(&f->marks);
}

static void
finish_table(struct tm_switch *sw)
{
    struct tm_foreign *f = &sw->foreign;

    f->tables[f->table].n = f->n;
    if (!f->table) {
        sset_clear(&f->table0);
        kind_to_lines(&f->above, "flows of somebody else stand above the "
                      "hooks", &f->table0);
        kind_to_lines(&f->marks, "flows of somebody else use the bits that "
                      "the hooks mark packets with", &f->table0);
    }
    forget_reply(f);
    update_problems(sw);
}

/* ## Life ## */

void
tm_foreign_init(struct tm_foreign *f)
{
    memset(f, 0, sizeof *f);
    sset_init(&f->table0);
    sset_init(&f->problems);
}

void
tm_foreign_uninit(struct tm_foreign *f)
{
    forget_reply(f);
    sset_destroy(&f->table0);
    sset_destroy(&f->problems);
}

void
tm_foreign_clear(struct tm_foreign *f)
{
    tm_foreign_uninit(f);
    tm_foreign_init(f);
}

void
tm_foreign_abandon(struct tm_foreign *f)
{
    forget_reply(f);
    for (size_t t = 0; t <= UINT8_MAX; t++) {
        f->tables[t].due = false;
        f->tables[t].not_before = 0;
    }
}

void
tm_foreign_restart(struct tm_switch *sw)
{
    for (unsigned int t = 0; t <= UINT8_MAX; t++) {
        struct tm_foreign_table *table = &sw->foreign.tables[t];

        table->due = !t || is_ours(sw, t);
        if (!table->due) {
            /* Perhaps the plugin's until now. */
            table->n = 0;
            table->not_before = 0;
        }
    }
    update_problems(sw);
}

void
tm_foreign_note_update(struct tm_switch *sw,
                       const struct ofputil_flow_update *update)
{
    struct tm_foreign *f = &sw->foreign;
    uint8_t table = update->table_id;

    if (!is_foreign(update->cookie) || (table && !is_ours(sw, table))) {
        return;
    }
    /* If nothing stands in the way there, only what comes can. */
    if (f->tables[table].n
        || (f->reading && f->table == table)
        || (update->event != OFPFME_REMOVED
            && (table || update->priority >= TM_PRIO_HOOK_IN
                || uses_marks(&update->match, update->ofpacts,
                              update->ofpacts_len)))) {
        f->tables[table].due = true;
    }
}

void
tm_foreign_note_bundle(struct tm_switch *sw)
{
    for (size_t t = 0; t <= UINT8_MAX; t++) {
        sw->foreign.tables[t].due |= sw->foreign.tables[t].n > 0;
    }
}

/* ## Run and wait ## */

void
tm_foreign_run(struct tm_switch *sw)
{
    struct ofputil_flow_stats_request request = {
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
    };
    struct tm_foreign *f = &sw->foreign;
    unsigned int t;

    if (f->reading) {
        return;
    }
    for (t = 0; t <= UINT8_MAX; t++) {
        if (f->tables[t].due && time_msec() >= f->tables[t].not_before) {
            break;
        }
    }
    if (t > UINT8_MAX) {
        return;
    }
    f->tables[t].due = false;
    f->tables[t].not_before = time_msec() + READ_INTERVAL_MS;
    f->reading = true;
    f->table = t;

    request.table_id = t;
    match_init_catchall(&request.match);
    f->xid = tm_switch_send(
        sw, ofputil_encode_flow_stats_request(&request, TM_OF_PROTOCOL));
}

void
tm_foreign_wait(const struct tm_switch *sw)
{
    const struct tm_foreign *f = &sw->foreign;

    for (size_t t = 0; !f->reading && t <= UINT8_MAX; t++) {
        if (f->tables[t].due) {
            poll_timer_wait_until(f->tables[t].not_before);
        }
    }
}

/* ## Answers ## */

bool
tm_foreign_handle_reply(struct tm_switch *sw, const struct ofp_header *oh)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct tm_foreign *f = &sw->foreign;
    struct ofpbuf ofpacts;
    int retval;

    if (!f->reading || ntohl(oh->xid) != f->xid) {
        return false;
    }
    ofpbuf_init(&ofpacts, 1024);
    for (;;) {
        struct ofputil_flow_stats fs;

        retval = ofputil_decode_flow_stats_reply(&fs, &msg, true, &ofpacts);
        if (retval) {
            break;
        }
        look_at(sw, &fs);
    }
    ofpbuf_uninit(&ofpacts);
    if (retval != EOF) {
        VLOG_WARN_RL(&rl, "%s: flow of somebody else in table %"PRIu8" that "
                     "cannot be understood", sw->target, f->table);
        forget_reply(f);
    } else if (!ofpmp_more(oh)) {
        finish_table(sw);
    }
    return true;
}

bool
tm_foreign_handle_error(struct tm_switch *sw, uint32_t xid)
{
    struct tm_foreign *f = &sw->foreign;

    if (!f->reading || xid != f->xid) {
        return false;
    }
    VLOG_WARN_RL(&rl, "%s: switch does not tell the flows of table %"PRIu8,
                 sw->target, f->table);
    forget_reply(f);
    return true;
}

const struct sset *
tm_switch_problems(const struct tm_switch *sw)
{
    static const struct sset none = SSET_INITIALIZER(&none);

    return tm_flow_set_count(&sw->have) ? &sw->foreign.problems : &none;
}
