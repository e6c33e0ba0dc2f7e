/* SPDX-License-Identifier: Apache-2.0 */
/* compile.c
 *
 * A pass has three parts.  A plan says what of model and node matters
 * (plan.c); the hooks of the bridge's pipeline strike out of it what they
 * cannot reach.  Then each stage names its units, which the engine computes
 * again where their input changed (unit.c).  At last the states of the
 * sources, which follow from the plan, are compared with those of the pass
 * before.
 *
 * The commonest change, that of a rule, needs none of it: the model says that
 * nothing but the rules of some filters is new, and their units are computed
 * again by themselves.
 *
 * Where no source is active, no unit is named, and so all flows go: a bridge
 * without mirroring has none of ours. */

#include <config.h>
#include "plugin/compile/compile.h"

#include <stdlib.h>
#include <string.h>

#include "plugin/compile/plan.h"
#include "plugin/compile/stage.h"
#include "plugin/compile/unit.h"
#include "plugin/hooks/hooks.h"
#include "sset.h"
#include "util.h"

struct tm_compiler {
    struct tm_units units;
    struct tm_flow_set want;
    struct hmap states;         /* struct tm_source_state, by 'source'. */
    uint64_t states_seqno;
    struct sset problems;
    bool active;                /* The last pass wanted flows. */
    bool ran;                   /* There was a pass. */
};

const char *
tm_status_to_string(enum tm_status status)
{
    switch (status) {
    case TM_DETACHED:
        return "detached";
    case TM_ATTACHED:
        return "attached";
    case TM_ERROR:
        return "error";
    }
    OVS_NOT_REACHED();
}

struct tm_compiler *
tm_compiler_create(void)
{
    struct tm_compiler *compiler = xzalloc(sizeof *compiler);

    tm_units_init(&compiler->units);
    tm_flow_set_init(&compiler->want, true);
    hmap_init(&compiler->states);
    sset_init(&compiler->problems);
    return compiler;
}

static void
free_states(struct hmap *states)
{
    struct tm_source_state *state;

    HMAP_FOR_EACH_POP (state, node, states) {
        free(state->reason);
        free(state);
    }
    hmap_destroy(states);
}

void
tm_compiler_destroy(struct tm_compiler *compiler)
{
    if (compiler) {
        tm_units_uninit(&compiler->units);
        tm_flow_set_uninit(&compiler->want);
        free_states(&compiler->states);
        sset_destroy(&compiler->problems);
        free(compiler);
    }
}

static struct tm_source_state *
find_state(const struct hmap *states, const struct uuid *source)
{
    struct tm_source_state *state;

    HMAP_FOR_EACH_WITH_HASH (state, node, uuid_hash(source), states) {
        if (uuid_equals(&state->source, source)) {
            return state;
        }
    }
    return NULL;
}

static bool
state_equal(const struct tm_source_state *a, const struct tm_source_state *b)
{
    return (uuid_equals(&a->session, &b->session)
            && uuid_equals(&a->eni, &b->eni)
            && a->status == b->status
            && !strcmp(a->reason, b->reason)
            && a->ofport == b->ofport);
}

static bool
states_equal(const struct hmap *a, const struct hmap *b)
{
    const struct tm_source_state *state;

    if (hmap_count(a) != hmap_count(b)) {
        return false;
    }
    HMAP_FOR_EACH (state, node, a) {
        const struct tm_source_state *other = find_state(b, &state->source);

        if (!other || !state_equal(state, other)) {
            return false;
        }
    }
    return true;
}

static void
update_states(struct tm_compiler *compiler, const struct tm_plan *plan)
{
    struct hmap states = HMAP_INITIALIZER(&states);

    for (size_t i = 0; i < plan->n_rows; i++) {
        const struct tm_row *row = &plan->rows[i];
        struct tm_source_state *state = xzalloc(sizeof *state);

        state->source = row->source;
        state->session = row->session;
        state->eni = row->eni;
        state->status = row->status;
        state->reason = tm_row_reason(plan, row);
        state->ofport = plan->locals[row->local].port->ofport;
        hmap_insert(&states, &state->node, uuid_hash(&state->source));
    }

    if (states_equal(&compiler->states, &states)
        && sset_equals(&compiler->problems, &plan->problems)) {
        free_states(&states);
        return;
    }
    hmap_swap(&compiler->states, &states);
    free_states(&states);
    sset_destroy(&compiler->problems);
    sset_clone(&compiler->problems, &plan->problems);
    compiler->states_seqno++;
}

static bool
node_is_clean(const struct tm_node_dirty *dirty)
{
    return (dirty && !dirty->everything && !dirty->ports
            && sset_is_empty(&dirty->enis));
}

/* True if nothing is new but, at most, the rules of filters. */
static bool
only_rules_changed(const struct tm_dirty *dirty,
                   const struct tm_node_dirty *node_dirty)
{
    return (dirty && !dirty->everything && !dirty->targets
            && uuidset_is_empty(&dirty->enis) && node_is_clean(node_dirty));
}

static void
revise_filters(struct tm_compiler *compiler, const struct tm_model *model,
               const struct uuidset *filters)
{
    const struct uuidset_node *node;

    UUIDSET_FOR_EACH (node, filters) {
        const struct tm_filter *filter = tm_model_get_filter(model,
                                                             &node->uuid);
        if (filter) {
            tm_filter_revise(&compiler->units, filter, &compiler->want);
        }
    }
}

void
tm_compiler_run(struct tm_compiler *compiler, const struct tm_model *model,
                const struct tm_node *node, const struct tm_dirty *dirty,
                const struct tm_node_dirty *node_dirty)
{
    const struct tm_hooks_class *hooks = &tm_hooks_normal;
    bool all = !compiler->active || !dirty || dirty->everything;
    struct tm_plan plan;

    if (compiler->ran && only_rules_changed(dirty, node_dirty)) {
        revise_filters(compiler, model, &dirty->filters);
        return;
    }

    tm_plan_init(&plan, model, node);
    hooks->limit(&plan);
    compiler->active = tm_plan_is_active(&plan);
    compiler->ran = true;

    tm_units_begin(&compiler->units, node->table_base);
    if (compiler->active) {
        tm_guard_declare(&compiler->units, &plan, all || dirty->targets);
        tm_source_declare(&compiler->units, &plan);
        tm_filter_declare(&compiler->units, &plan,
                          all ? NULL : &dirty->filters);
        tm_deliver_declare(&compiler->units, &plan);
        hooks->declare(&compiler->units, &plan);
    }
    tm_units_end(&compiler->units, &compiler->want);

    update_states(compiler, &plan);
    tm_plan_uninit(&plan);
}

struct tm_flow_set *
tm_compiler_want(struct tm_compiler *compiler)
{
    return &compiler->want;
}

const struct hmap *
tm_compiler_states(const struct tm_compiler *compiler)
{
    return &compiler->states;
}

uint64_t
tm_compiler_states_seqno(const struct tm_compiler *compiler)
{
    return compiler->states_seqno;
}

const struct sset *
tm_compiler_problems(const struct tm_compiler *compiler)
{
    return &compiler->problems;
}

size_t
tm_compiler_n_built(const struct tm_compiler *compiler)
{
    return compiler->units.n_built;
}
