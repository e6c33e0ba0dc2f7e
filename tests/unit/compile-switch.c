/* SPDX-License-Identifier: Apache-2.0 */
/* compile-switch.c
 *
 * A switch, as slow and plain as can be: of a table's flows it takes the one
 * of highest priority that matches, and does its actions one by one.  It knows
 * what the plugin may emit, and no more.  A packet that no flow of ours takes
 * in table 0 has reached the bridge's own pipeline. */

#include <config.h>
#include "tests/unit/compile-world.h"

#include <stdlib.h>
#include <string.h>

#include "multipath.h"
#include "openvswitch/ofp-actions.h"
#include "util.h"

struct machine {
    struct tm_flow **flows;     /* Sorted: by table, falling priority. */
    size_t n;
    size_t first[257];          /* Of each table. */
    const struct flow *packet;
    struct run *run;
};

static void run_table(struct machine *, struct flow *, uint8_t table);

static const struct ofpact_conjunction *
first_conjunction(const struct tm_flow *f)
{
    const struct ofpact *a = f->ofpacts;

    return f->ofpacts_len && a->type == OFPACT_CONJUNCTION
           ? ofpact_get_CONJUNCTION(a) : NULL;
}

/* Among the flows 'lo' to 'hi' - 1, all of one table and priority: the one to
 * execute, or NULL. */
static struct tm_flow *
look_up_priority(const struct machine *m, size_t lo, size_t hi,
                 const struct flow *flow)
{
    for (size_t i = lo; i < hi; i++) {
        if (!first_conjunction(m->flows[i])
            && minimatch_matches_flow(&m->flows[i]->match, flow)) {
            return m->flows[i];
        }
    }
    for (size_t i = lo; i < hi; i++) {
        const struct ofpact_conjunction *c = first_conjunction(m->flows[i]);
        uint64_t clauses = 0;
        struct flow with_id = *flow;

        if (!c || !minimatch_matches_flow(&m->flows[i]->match, flow)) {
            continue;
        }
        for (size_t j = lo; j < hi; j++) {
            const struct ofpact_conjunction *d
                = first_conjunction(m->flows[j]);

            if (d && d->id == c->id
                && minimatch_matches_flow(&m->flows[j]->match, flow)) {
                clauses |= UINT64_C(1) << d->clause;
            }
        }
        if (clauses != (UINT64_C(1) << c->n_clauses) - 1) {
            continue;
        }
        with_id.conj_id = c->id;
        for (size_t j = lo; j < hi; j++) {
            if (!first_conjunction(m->flows[j])
                && minimatch_matches_flow(&m->flows[j]->match, &with_id)) {
                return m->flows[j];
            }
        }
    }
    return NULL;
}

static struct tm_flow *
look_up(const struct machine *m, const struct flow *flow, uint8_t table)
{
    size_t end = m->first[table + 1];
    size_t lo = m->first[table];

    while (lo < end) {
        struct tm_flow *f;
        size_t hi = lo;

        while (hi < end && m->flows[hi]->priority == m->flows[lo]->priority) {
            hi++;
        }
        f = look_up_priority(m, lo, hi, flow);
        if (f) {
            return f;
        }
        lo = hi;
    }
    return NULL;
}

static void
add_copy(struct machine *m, const struct flow *flow, uint32_t max_len)
{
    struct copy *copy = &m->run->copies[m->run->n_copies++];
    ovs_u128 session = flow_get_xxreg(flow, 3);

    ovs_assert(m->run->n_copies <= ARRAY_SIZE(m->run->copies));
    memset(copy, 0, sizeof *copy);
    copy->source = flow->regs[0];
    copy->direction = flow->regs[1];
    copy->session.parts[0] = session.u64.hi >> 32;
    copy->session.parts[1] = session.u64.hi;
    copy->session.parts[2] = session.u64.lo >> 32;
    copy->session.parts[3] = session.u64.lo;
    copy->tci = flow->vlans[0].tci;
    copy->tunnel = flow->tunnel;
    copy->max_len = max_len;
}

static void
run_actions(struct machine *m, struct flow *flow, const struct ofpact *ofpacts,
            size_t len)
{
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, ofpacts, len) {
        if (a->type == OFPACT_SET_FIELD) {
            const struct ofpact_set_field *sf = ofpact_get_SET_FIELD(a);

            mf_set_flow_value_masked(sf->field, sf->value,
                                     ofpact_set_field_mask(sf), flow);
        } else if (a->type == OFPACT_REG_MOVE) {
            const struct ofpact_reg_move *mv = ofpact_get_REG_MOVE(a);
            union mf_value src, dst;

            mf_get_value(mv->src.field, flow, &src);
            mf_get_value(mv->dst.field, flow, &dst);
            bitwise_copy(&src, mv->src.field->n_bytes, mv->src.ofs, &dst,
                         mv->dst.field->n_bytes, mv->dst.ofs,
                         mv->src.n_bits);
            mf_set_flow_value(mv->dst.field, &dst, flow);
        } else if (a->type == OFPACT_RESUBMIT) {
            m->run->n_resubmits++;
            run_table(m, flow, ofpact_get_RESUBMIT(a)->table_id);
        } else if (a->type == OFPACT_CLONE) {
            const struct ofpact_nest *nest = ofpact_get_CLONE(a);
            struct flow inner = *flow;

            run_actions(m, &inner, nest->actions,
                        ofpact_nest_get_action_len(nest));
        } else if (a->type == OFPACT_MULTIPATH) {
            struct flow_wildcards wc;

            flow_wildcards_init_catchall(&wc);
            multipath_execute(ofpact_get_MULTIPATH(a), flow, &wc);
        } else if (a->type == OFPACT_OUTPUT) {
            ovs_assert(ofpact_get_OUTPUT(a)->port == TUNNEL_PORT);
            add_copy(m, flow, 0);
        } else if (a->type == OFPACT_OUTPUT_TRUNC) {
            ovs_assert(ofpact_get_OUTPUT_TRUNC(a)->port == TUNNEL_PORT);
            add_copy(m, flow, ofpact_get_OUTPUT_TRUNC(a)->max_len);
        } else {
            OVS_NOT_REACHED();
        }
    }
}

static void
run_table(struct machine *m, struct flow *flow, uint8_t table)
{
    struct tm_flow *f = look_up(m, flow, table);

    if (f) {
        run_actions(m, flow, f->ofpacts, f->ofpacts_len);
    } else if (!table) {
        struct flow seen = *flow;

        /* The mark of a hook is all that the pipeline may see of us. */
        seen.regs[10] &= ~(TM_MARK_IN | TM_MARK_OUT);
        m->run->n_production++;
        m->run->production_changed |= !flow_equal(&seen, m->packet);
    }
}

void
run_packet(const struct tm_flow_set *flows, const struct flow *packet,
           struct run *run)
{
    struct machine m = { .packet = packet, .run = run };
    struct flow flow = *packet;
    size_t i = 0;

    memset(run, 0, sizeof *run);
    m.n = tm_flow_set_sorted(flows, &m.flows);
    for (int table = 0; table < 257; table++) {
        while (i < m.n && m.flows[i]->table_id < table) {
            i++;
        }
        m.first[table] = i;
    }
    run_table(&m, &flow, 0);

    /* The mark is gone again. */
    run->production_changed |= (flow.regs[10] != packet->regs[10]);
    free(m.flows);
}
