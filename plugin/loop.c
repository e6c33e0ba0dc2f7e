/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c
 *
 * One turn goes through the stages of architecture.md section 7: databases
 * first, which say what is dirty; then the compiler, for just that; then the
 * switch, which takes the difference; then the report of what the switch has
 * confirmed.
 *
 * Two rules keep a live switch safe.  Nothing is sent until both databases
 * have been whole once: an empty database that is merely not here yet must not
 * empty the switch.  And nothing is taken as confirmed before the tunnel port
 * that sessions need has its number: until then there are no flows whose
 * confirmation could mean anything. */

#include <config.h>

#include "plugin/loop.h"

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "plugin/report/advice.h"
#include "plugin/report/explain.h"
#include "plugin/report/metrics.h"
#include "plugin/report/stats.h"
#include "plugin/report/status.h"
#include "plugin/switch/cure.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(loop);

/* How long 'exit' may take, in ms: to clean up, and to say good-bye. */
#define CLEANUP_MS 10000
#define LEAVE_MS 1000

void
tm_loop_init(struct tm_loop *loop, const char *ovs_remote)
{
    memset(loop, 0, sizeof *loop);
    loop->ports = tm_ports_create(ovs_remote);
    loop->store = tm_store_create();
    loop->compiler = tm_compiler_create();
    loop->sw = tm_switch_create();
    tm_dirty_init(&loop->dirty);
    tm_node_dirty_init(&loop->node_dirty);
    sset_init(&loop->logged);
    loop->dirty.everything = true;
    loop->node_dirty.everything = true;
    uuidset_init(&loop->enis_news);
    loop->nb_cfg = -1;
    loop->states_reported = UINT64_MAX;
    tm_stats_init(loop);
    loop->explainer = tm_explainer_create();
    loop->advice = tm_advice_create();
}

void
tm_loop_uninit(struct tm_loop *loop)
{
    tm_metrics_destroy(loop->server);
    free(loop->metrics);
    tm_stats_uninit(loop);
    tm_explainer_destroy(loop->explainer);
    tm_advice_destroy(loop->advice);
    tm_switch_destroy(loop->retired);
    tm_switch_destroy(loop->sw);
    tm_compiler_destroy(loop->compiler);
    tm_store_destroy(loop->store);
    tm_ports_destroy(loop->ports);
    tm_dirty_uninit(&loop->dirty);
    tm_node_dirty_uninit(&loop->node_dirty);
    sset_destroy(&loop->logged);
    uuidset_destroy(&loop->enis_news);
    free(loop->target);
}

/* Whether the switch has to be helped to forget stale datapath flows.  Not
 * with hardware offload, which the masks of the cure would prevent. */
static bool
wants_cure(const struct tm_loop *loop)
{
    const struct tm_settings *settings = tm_ports_settings(loop->ports);

    return (loop->cure_given ? loop->cure
            : (!settings->hw_offload
               && tm_cure_is_needed(settings->ovs_version,
                                    settings->datapath_type)));
}

/* The integration bridge may get another name at run time.  The flows on the
 * former one are taken off by a connection of their own. */
static void
follow_bridge(struct tm_loop *loop)
{
    const struct tm_settings *settings = tm_ports_settings(loop->ports);
    const struct tm_node *node = tm_ports_node(loop->ports);
    const char *target = node->has_bridge ? settings->management : NULL;

    tm_switch_set_tables(loop->sw, node->table_base,
                         node->table_base + TM_N_TABLES - 1);
    tm_switch_set_cure(loop->sw, wants_cure(loop));
    if (nullable_string_is_equal(target, loop->target)) {
        return;
    }
    if (!target) {
        /* The bridge is away, and its flows with it.  If it comes back the
         * connection goes on. */
        tm_switch_set_target(loop->sw, NULL);
    } else if (!loop->target) {
        tm_switch_set_target(loop->sw, target);
    } else {
        VLOG_INFO("integration bridge is now '%s'", settings->bridge);
        tm_switch_destroy(loop->retired);
        loop->retired = loop->sw;
        loop->retired_until = time_msec() + CLEANUP_MS;
        tm_switch_start_cleanup(loop->retired);
        loop->sw = tm_switch_create();
        tm_switch_set_tables(loop->sw, node->table_base,
                             node->table_base + TM_N_TABLES - 1);
        tm_switch_set_target(loop->sw, target);
    }
    free(loop->target);
    loop->target = nullable_xstrdup(target);
}

static void
run_retired(struct tm_loop *loop)
{
    if (!loop->retired) {
        return;
    }
    tm_switch_run(loop->retired, NULL, 0);
    if (tm_switch_cleanup_done(loop->retired)
        || time_msec() >= loop->retired_until) {
        tm_switch_destroy(loop->retired);
        loop->retired = NULL;
    }
}

/* Stage 1: both databases. */
static void
run_databases(struct tm_loop *loop)
{
    bool want_tunnel = loop->phase == TM_RUNNING && loop->compiled
        && !hmap_is_empty(tm_compiler_states(loop->compiler));

    tm_ports_run(loop->ports, want_tunnel, &loop->node_dirty);
    if (tm_ports_is_ready(loop->ports)) {
        tm_store_set_remote(loop->store,
                            tm_ports_settings(loop->ports)->remote);
        follow_bridge(loop);
    }
    tm_store_run(loop->store, &loop->dirty);

    int64_t nb_cfg = tm_store_nb_cfg(loop->store);
    if (tm_store_is_ready(loop->store) && nb_cfg != loop->nb_cfg) {
        loop->nb_cfg = nb_cfg;
        loop->generation++;
    }
}

static bool
node_is_dirty(const struct tm_node_dirty *dirty)
{
    return dirty->everything || dirty->ports || !sset_is_empty(&dirty->enis);
}

/* Early, so that the first copy of a session is not the one that is lost while
 * the neighbour is looked for. */
static void
resolve_targets(struct tm_loop *loop)
{
    struct tm_addr *addrs = NULL;
    size_t n = 0;

    if (!hmap_is_empty(tm_compiler_states(loop->compiler))) {
        n = tm_model_target_addresses(tm_store_model(loop->store), &addrs);
    }
    tm_ports_resolve(loop->ports, addrs, n);
    free(addrs);
}

/* Remembers which ENIs may have been plugged in or out. */
static void
note_enis(struct tm_loop *loop)
{
    const struct uuidset_node *node;
    const char *name;

    loop->enis_all |= loop->dirty.everything || loop->node_dirty.everything;
    UUIDSET_FOR_EACH (node, &loop->dirty.enis) {
        uuidset_insert(&loop->enis_news, &node->uuid);
    }
    SSET_FOR_EACH (name, &loop->node_dirty.enis) {
        const struct tm_eni *eni
            = tm_model_get_eni_by_name(tm_store_model(loop->store), name);
        if (eni) {
            uuidset_insert(&loop->enis_news, &eni->uuid);
        }
    }
}

/* Stage 4: only what is dirty. */
static void
run_compiler(struct tm_loop *loop)
{
    if (!tm_ports_is_ready(loop->ports) || !tm_store_is_ready(loop->store)
        || (tm_dirty_is_empty(&loop->dirty)
            && !node_is_dirty(&loop->node_dirty))) {
        return;
    }

    const struct hmap *states = tm_compiler_states(loop->compiler);
    bool had_sources = !hmap_is_empty(states);
    tm_compiler_run(loop->compiler, tm_store_model(loop->store),
                    tm_ports_node(loop->ports), &loop->dirty,
                    &loop->node_dirty);
    bool resolve = (loop->dirty.everything || loop->dirty.targets
                    || loop->node_dirty.everything
                    || had_sources != !hmap_is_empty(states));
    note_enis(loop);
    tm_dirty_clear(&loop->dirty);
    tm_node_dirty_clear(&loop->node_dirty);
    loop->compiled = true;
    loop->generation++;
    /* The first stage has been: whether a tunnel port is wanted it learns in
     * the next turn, which must not wait for an event. */
    poll_immediate_wake();
    if (resolve) {
        resolve_targets(loop);
        tm_stats_note_targets(loop);
    }
}

static bool
tunnel_is_awaited(const struct tm_loop *loop)
{
    const struct tm_node *node = tm_ports_node(loop->ports);

    return (node->has_bridge && !node->tunnel && !node->tunnel_problem
            && !hmap_is_empty(tm_compiler_states(loop->compiler)));
}

bool
tm_loop_is_settled(const struct tm_loop *loop)
{
    if (!loop->compiled || tunnel_is_awaited(loop)) {
        return false;
    }
    return (!tm_ports_node(loop->ports)->has_bridge
            || tm_switch_confirmed(loop->sw) >= loop->generation);
}

/* Stage 6: 'nb_cfg' of this node follows what the switch has confirmed. */
static void
note_confirmation(struct tm_loop *loop)
{
    if (!tm_loop_is_settled(loop)) {
        if (!loop->unconfirmed_since) {
            loop->unconfirmed_since = time_msec();
        }
        return;
    }
    loop->unconfirmed_since = 0;
    if (loop->nb_cfg_confirmed != loop->nb_cfg) {
        loop->nb_cfg_confirmed = loop->nb_cfg;
        loop->nb_cfg_timestamp = time_wall_msec();
    }
}

/* The end of the program, step by step. */
static void
run_phase(struct tm_loop *loop)
{
    bool late = loop->phase_until && time_msec() >= loop->phase_until;

    if (loop->phase == TM_CLEANING) {
        bool done = (tm_ports_cleanup_done(loop->ports)
                     && (!loop->target
                         || tm_switch_cleanup_done(loop->sw)));
        if (done || late) {
            if (!done) {
                VLOG_WARN("gave up cleaning up after %d ms", CLEANUP_MS);
            }
            loop->cleaned = true;
            loop->phase = TM_LEAVING;
            loop->phase_until = time_msec() + LEAVE_MS;
        }
    } else if (loop->phase == TM_LEAVING) {
        if (late || !tm_store_is_connected(loop->store)) {
            loop->phase = TM_GONE;
        }
    }
}

void
tm_loop_run(struct tm_loop *loop)
{
    run_databases(loop);
    tm_metrics_run(loop->server);
    if (loop->phase == TM_RUNNING) {
        run_compiler(loop);
    }

    struct tm_flow_set *want = NULL;
    if (loop->compiled && loop->phase == TM_RUNNING) {
        want = tm_compiler_want(loop->compiler);
    }
    tm_switch_run(loop->sw, want, loop->generation);
    run_retired(loop);
    tm_stats_run(loop);
    tm_explainer_run(loop);

    if (loop->phase == TM_RUNNING) {
        note_confirmation(loop);
    }
    if (tm_status_report(loop) && loop->phase == TM_LEAVING) {
        loop->phase = TM_GONE;
    }
    run_phase(loop);
}

void
tm_loop_wait(struct tm_loop *loop)
{
    tm_ports_wait(loop->ports);
    tm_store_wait(loop->store);
    tm_metrics_wait(loop->server);
    tm_switch_wait(loop->sw);
    tm_stats_wait(loop);
    tm_explainer_wait(loop->explainer);
    if (loop->retired) {
        tm_switch_wait(loop->retired);
        poll_timer_wait_until(loop->retired_until);
    }
    if (loop->phase == TM_RUNNING) {
        tm_status_wait(loop);
    } else if (loop->phase == TM_GONE) {
        poll_immediate_wake();
    } else {
        poll_timer_wait_until(loop->phase_until);
    }
}

void
tm_loop_exit(struct tm_loop *loop, bool cleanup)
{
    if (loop->phase != TM_RUNNING) {
        return;
    }
    if (cleanup) {
        VLOG_INFO("exiting, taking flows and ports off the switch first");
        tm_switch_start_cleanup(loop->sw);
        tm_ports_start_cleanup(loop->ports);
        loop->phase = TM_CLEANING;
        loop->phase_until = time_msec() + CLEANUP_MS;
    } else {
        VLOG_INFO("exiting, mirroring goes on");
        loop->phase = TM_LEAVING;
        loop->phase_until = time_msec() + LEAVE_MS;
    }
    poll_immediate_wake();
}

char *
tm_loop_recompute(struct tm_loop *loop)
{
    if (!loop->compiled || loop->phase != TM_RUNNING) {
        return NULL;
    }

    struct tm_compiler *old = loop->compiler;
    loop->compiler = tm_compiler_create();
    loop->dirty.everything = true;
    loop->node_dirty.everything = true;
    run_compiler(loop);
    loop->states_reported = UINT64_MAX;

    struct tm_flow_diff diff;
    tm_flow_diff_init(&diff);
    tm_flow_diff_full(&diff, tm_compiler_want(old),
                      tm_compiler_want(loop->compiler));
    char *text = NULL;
    if (diff.n) {
        struct ds ds = DS_EMPTY_INITIALIZER;
        tm_flow_diff_format(&diff, &ds);
        text = ds_steal_cstr(&ds);
        VLOG_ERR("recompute changed %"PRIuSIZE" flows", diff.n);
    }
    tm_flow_diff_uninit(&diff);
    tm_compiler_destroy(old);
    return text;
}
