/* SPDX-License-Identifier: Apache-2.0 */
/* compile.c
 *
 * A pass has three parts.  A plan says what of model and node matters
 * (plan.c), and which sources are others than in the pass before; the hooks of
 * the bridge's pipeline strike out of it what they cannot reach.  Then each
 * stage names the units that these sources have or had, which the engine
 * computes again where their input changed (unit.c).  At last the states of
 * these sources are compared with those of the pass before.
 *
 * So a pass costs what the change touches, and some quick looks at each
 * source.  Where more than that is new (a setting of the node, a base of
 * tables) all units are dropped, and every source counts as changed.
 *
 * The commonest change, that of a rule, does not even need the plan: the model
 * says that nothing but the rules of some filters is new, and their units are
 * computed again by themselves.
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
    const struct tm_hooks_class *hooks;
    struct tm_plan plan;
    struct tm_units units;
    struct tm_flow_set want;
    struct hmap states;         /* struct tm_source_state, by 'source'; they
                                 * belong to the locals of 'plan'. */
    struct uuidset news;        /* See tm_compiler_news(). */
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

    compiler->hooks = &tm_hooks_normal;
    tm_plan_init(&compiler->plan, compiler->hooks->limit_local);
    tm_units_init(&compiler->units);
    tm_flow_set_init(&compiler->want, true);
    hmap_init(&compiler->states);
    uuidset_init(&compiler->news);
    sset_init(&compiler->problems);
    return compiler;
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

/* The states of the rows of 'local'; malloc()ed. */
static struct tm_source_state *
make_states(const struct tm_local *local)
{
    struct tm_source_state *states = xcalloc(local->n_rows + 1,
                                             sizeof *states);

    for (size_t i = 0; i < local->n_rows; i++) {
        const struct tm_row *row = &local->rows[i];
        struct tm_source_state *state = &states[i];

        state->source = row->source;
        state->session = row->session;
        state->eni = local->eni;
        state->status = row->status;
        state->reason = tm_row_reason(local, row);
        state->ofport = local->port.ofport;
        state->in = row->in && !local->reasons.in.n;
        state->out = row->out && !local->reasons.out.n;
    }
    return states;
}

static void
free_states(struct tm_compiler *compiler, struct tm_local *local)
{
    for (size_t i = 0; i < local->n_states; i++) {
        hmap_remove(&compiler->states, &local->states[i].node);
        free(local->states[i].reason);
    }
    free(local->states);
    local->states = NULL;
    local->n_states = 0;
}

void
tm_compiler_destroy(struct tm_compiler *compiler)
{
    if (compiler) {
        for (size_t i = 0; i < compiler->plan.n_locals; i++) {
            free_states(compiler, compiler->plan.locals[i]);
        }
        tm_plan_uninit(&compiler->plan);
        tm_units_uninit(&compiler->units);
        tm_flow_set_uninit(&compiler->want);
        hmap_destroy(&compiler->states);
        uuidset_destroy(&compiler->news);
        sset_destroy(&compiler->problems);
        free(compiler);
    }
}

/* Returns true if the states of 'local' are others than before. */
static bool
restate(struct tm_compiler *compiler, struct tm_local *local)
{
    struct tm_source_state *states = make_states(local);
    bool changed = false;

    for (size_t i = 0; i < local->n_rows; i++) {
        const struct tm_source_state *old
            = find_state(&compiler->states, &states[i].source);

        if (!old || !state_equal(old, &states[i])) {
            uuidset_insert(&compiler->news, &states[i].source);
            changed = true;
        }
    }
    free_states(compiler, local);
    local->states = states;
    local->n_states = local->n_rows;
    for (size_t i = 0; i < local->n_states; i++) {
        hmap_insert(&compiler->states, &states[i].node,
                    uuid_hash(&states[i].source));
    }
    return changed;
}

/* Returns true if 'local', which is gone, had sources that are not here any
 * more. */
static bool
unstate(struct tm_compiler *compiler, struct tm_local *local)
{
    struct uuid *sources = xmalloc((local->n_states + 1) * sizeof *sources);
    size_t n = local->n_states;
    bool changed = false;

    for (size_t i = 0; i < n; i++) {
        sources[i] = local->states[i].source;
    }
    free_states(compiler, local);
    for (size_t i = 0; i < n; i++) {
        if (!find_state(&compiler->states, &sources[i])) {
            uuidset_insert(&compiler->news, &sources[i]);
            changed = true;
        }
    }
    free(sources);
    return changed;
}

static void
update_states(struct tm_compiler *compiler)
{
    struct tm_plan *plan = &compiler->plan;
    bool changed = false;

    /* Those of the locals that are gone are what new ones are compared with,
     * so they stay until the end. */
    for (size_t i = 0; i < plan->n_locals; i++) {
        if (plan->locals[i]->restated) {
            plan->locals[i]->restated = false;
            changed |= restate(compiler, plan->locals[i]);
        }
    }
    for (size_t i = 0; i < plan->n_gone; i++) {
        changed |= unstate(compiler, plan->gone[i]);
    }
    if (!sset_equals(&compiler->problems, &plan->problems)) {
        sset_destroy(&compiler->problems);
        sset_clone(&compiler->problems, &plan->problems);
        changed = true;
    }
    compiler->states_seqno += changed;
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

/* The units of what the plan says is another than before. */
static void
declare(struct tm_compiler *compiler, const struct tm_dirty *dirty,
        const struct tm_node_dirty *node_dirty)
{
    const struct tm_plan *plan = &compiler->plan;
    struct tm_units *units = &compiler->units;
    bool was_active = compiler->active;

    compiler->active = tm_plan_is_active(plan);
    if (plan->all || !compiler->active) {
        tm_units_drop_all(units);
    }
    if (compiler->active) {
        tm_guard_declare(units, plan,
                         plan->all || !was_active || dirty->targets);
        tm_source_declare(units, plan);
        if (!plan->all) {
            tm_filter_revise(units, plan, plan->model, &dirty->filters);
        }
        tm_filter_declare(units, plan);
        tm_deliver_declare(units, plan);
        compiler->hooks->declare(units, plan,
                                 plan->all || node_dirty->ports);
    }
}

void
tm_compiler_run(struct tm_compiler *compiler, const struct tm_model *model,
                const struct tm_node *node, const struct tm_dirty *dirty,
                const struct tm_node_dirty *node_dirty)
{
    struct tm_plan *plan = &compiler->plan;

    tm_units_begin(&compiler->units, node->table_base);
    if (compiler->ran && only_rules_changed(dirty, node_dirty)) {
        tm_filter_revise(&compiler->units, plan, model, &dirty->filters);
    } else {
        compiler->ran = true;
        tm_plan_update(plan, model, node, dirty, node_dirty);
        compiler->hooks->limit(plan);
        declare(compiler, dirty, node_dirty);
        update_states(compiler);
        tm_plan_end_update(plan);
    }
    tm_units_end(&compiler->units, &compiler->want);
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

const struct tm_source_state *
tm_compiler_find_state(const struct tm_compiler *compiler,
                       const struct uuid *source)
{
    return find_state(&compiler->states, source);
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

const struct uuidset *
tm_compiler_news(const struct tm_compiler *compiler)
{
    return &compiler->news;
}

void
tm_compiler_clear_news(struct tm_compiler *compiler)
{
    uuidset_clear(&compiler->news);
}
