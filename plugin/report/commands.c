/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c
 *
 * What 'ovs-appctl -t tmirrord' can ask.  A command is a row of the table at
 * the end; it fills a buffer from the stages' own texts. */

#include <config.h>

#include "plugin/report/commands.h"

#include "openvswitch/dynamic-string.h"
#include "plugin/flow/flow-diff.h"
#include "plugin/loop.h"
#include "plugin/report/explain.h"
#include "plugin/report/stats.h"
#include "plugin/report/status.h"
#include "svec.h"
#include "unixctl.h"
#include "util.h"

/* The connections that wait for the end of the program. */
static struct unixctl_conn *exit_conns[8];
static size_t n_exit_conns;

static void
list_want(struct tm_loop *loop, struct ds *ds)
{
    tm_flow_set_format(tm_compiler_want(loop->compiler), ds);
}

static void
list_have(struct tm_loop *loop, struct ds *ds)
{
    tm_flow_set_format(tm_switch_have(loop->sw), ds);
}

static void
diff_flows(struct tm_loop *loop, struct ds *ds)
{
    struct tm_flow_diff diff;

    tm_flow_diff_init(&diff);
    tm_switch_diff(loop->sw, tm_compiler_want(loop->compiler), &diff);
    tm_flow_diff_format(&diff, ds);
    tm_flow_diff_uninit(&diff);
}

static void
show_model(struct tm_loop *loop, struct ds *ds)
{
    tm_store_show_model(loop->store, ds);
}

static void
show_states(const struct tm_loop *loop, struct svec *lines)
{
    const struct tm_model *model = tm_store_model(loop->store);
    const struct tm_source_state *state;

    HMAP_FOR_EACH (state, node, tm_compiler_states(loop->compiler)) {
        const struct tm_session *session
            = tm_model_get_session(model, &state->session);
        const struct tm_eni *eni = tm_model_get_eni(model, &state->eni);

        if (state->reason[0]) {
            svec_add_nocopy(lines,
                            xasprintf("session %s source %s: %s: %s",
                                      session ? session->name : "?",
                                      eni ? eni->name : "?",
                                      tm_status_to_string(state->status),
                                      state->reason));
        }
    }
}

static void
show_problems(struct tm_loop *loop, struct ds *ds)
{
    struct sset problems = SSET_INITIALIZER(&problems);
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const char *line;
    size_t i;

    tm_store_show_problems(loop->store, ds);
    tm_status_collect_problems(loop, &problems);
    SSET_FOR_EACH (line, &problems) {
        svec_add(&lines, line);
    }
    show_states(loop, &lines);
    svec_sort(&lines);
    SVEC_FOR_EACH (i, line, &lines) {
        ds_put_format(ds, "%s\n", line);
    }
    svec_destroy(&lines);
    sset_destroy(&problems);
}

static void
list_ports(struct tm_loop *loop, struct ds *ds)
{
    tm_ports_list(loop->ports, ds);
}

static void
show_connections(struct tm_loop *loop, struct ds *ds)
{
    tm_ports_show(loop->ports, ds);
    tm_store_show_connection(loop->store, ds);
    tm_switch_show(loop->sw, ds);
    ds_put_format(ds, "generation: %"PRIu64", confirmed %"PRIu64"%s\n",
                  loop->generation, tm_switch_confirmed(loop->sw),
                  tm_loop_is_settled(loop) ? "" : " (not settled)");
    ds_put_format(ds, "nb_cfg: %"PRId64", confirmed %"PRId64"\n",
                  loop->nb_cfg, loop->nb_cfg_confirmed);
}

static const struct {
    const char *name;
    void (*fill)(struct tm_loop *, struct ds *);
} simple_commands[] = {
    { "flow/list-want", list_want },
    { "flow/list-have", list_have },
    { "flow/diff", diff_flows },
    { "model/show", show_model },
    { "model/problems", show_problems },
    { "port/list", list_ports },
    { "conn/show", show_connections },
};

struct simple_aux {
    struct tm_loop *loop;
    size_t command;
};

static void
run_simple(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[] OVS_UNUSED, void *aux_)
{
    const struct simple_aux *aux = aux_;
    struct ds ds = DS_EMPTY_INITIALIZER;

    simple_commands[aux->command].fill(aux->loop, &ds);
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

static void
run_recompute(struct unixctl_conn *conn, int argc OVS_UNUSED,
              const char *argv[] OVS_UNUSED, void *loop)
{
    char *diff = tm_loop_recompute(loop);

    if (diff) {
        unixctl_command_reply_error(conn, diff);
        free(diff);
    } else {
        unixctl_command_reply(conn, NULL);
    }
}

/* For tests, and for who wants to see what it is good for. */
static void
run_cure(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *loop_)
{
    struct tm_loop *loop = loop_;

    if (strcmp(argv[1], "on") && strcmp(argv[1], "off")
        && strcmp(argv[1], "auto")) {
        unixctl_command_reply_error(conn, "must be on, off or auto");
        return;
    }
    loop->cure_given = strcmp(argv[1], "auto");
    loop->cure = !strcmp(argv[1], "on");
    unixctl_command_reply(conn, NULL);
}

static void
run_exit(struct unixctl_conn *conn, int argc, const char *argv[], void *loop)
{
    bool cleanup = argc > 1 && !strcmp(argv[1], "--cleanup");

    if (argc > 1 && !cleanup) {
        unixctl_command_reply_error(conn, "the only option is --cleanup");
        return;
    }
    if (n_exit_conns >= ARRAY_SIZE(exit_conns)) {
        unixctl_command_reply_error(conn, "already exiting");
        return;
    }
    exit_conns[n_exit_conns++] = conn;
    tm_loop_exit(loop, cleanup);
}

void
tm_commands_finish_exit(void)
{
    while (n_exit_conns) {
        unixctl_command_reply(exit_conns[--n_exit_conns], NULL);
    }
}

void
tm_commands_register(struct tm_loop *loop)
{
    static struct simple_aux aux[ARRAY_SIZE(simple_commands)];

    for (size_t i = 0; i < ARRAY_SIZE(simple_commands); i++) {
        aux[i].loop = loop;
        aux[i].command = i;
        unixctl_command_register(simple_commands[i].name, "", 0, 0,
                                 run_simple, &aux[i]);
    }
    tm_stats_register_commands(loop);
    unixctl_command_register("recompute", "", 0, 0, run_recompute, loop);
    tm_explainer_register(loop);
    unixctl_command_register("stale-flow-cure", "on|off|auto", 1, 1, run_cure,
                             loop);
    unixctl_command_register("exit", "[--cleanup]", 0, 1, run_exit, loop);
}
