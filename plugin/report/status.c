/* SPDX-License-Identifier: Apache-2.0 */
/* status.c
 *
 * States go out when the switch has confirmed the flows behind them, so that
 * "attached" means that copies are made.  If the switch does not answer for
 * some seconds they go out all the same, and the Agent row says that the
 * switch is away: a stale "attached" helps nobody.
 *
 * A flow that the switch refused is laid over the states: the source, or every
 * source that the refused rule or ENI concerns, is in error with the switch's
 * own words. */

#include <config.h>

#include "plugin/report/status.h"

#include <unistd.h>

#include "flow.h"
#include "lib/version.h"
#include "openvswitch/poll-loop.h"
#include "plugin/loop.h"
#include "timeval.h"
#include "util.h"

#define ALIVE_INTERVAL_DEFAULT 15       /* Seconds. */
#define ALIVE_INTERVAL_MIN 1
#define ALIVE_INTERVAL_MAX 3600
#define SWITCH_PATIENCE_MS 3000

static int
alive_interval_ms(const struct tm_loop *loop)
{
    const char *s = tm_store_option(loop->store, "agent-alive-interval");
    int seconds;

    if (!s || !str_to_int(s, 10, &seconds) || seconds < ALIVE_INTERVAL_MIN
        || seconds > ALIVE_INTERVAL_MAX) {
        seconds = ALIVE_INTERVAL_DEFAULT;
    }
    return seconds * 1000;
}

static void
add_problem(struct sset *problems, char *text)
{
    sset_add_and_free(problems, text);
}

static void
refused_problems(const struct tm_loop *loop, struct sset *problems)
{
    const struct tm_refused *r;

    HMAP_FOR_EACH (r, node, tm_switch_refused(loop->sw)) {
        const struct tm_origin *origin = &r->flow->origin;
        struct ds flow = DS_EMPTY_INITIALIZER;

        tm_flow_format(r->flow, &flow);
        if (origin->table) {
            add_problem(problems,
                        xasprintf("%s "UUID_FMT": switch refused a flow: %s "
                                  "(%s)", origin->table,
                                  UUID_ARGS(&origin->row), r->error,
                                  ds_cstr(&flow)));
        } else {
            add_problem(problems,
                        xasprintf("switch refused a flow: %s (%s)", r->error,
                                  ds_cstr(&flow)));
        }
        ds_destroy(&flow);
    }
}

void
tm_status_collect_problems(const struct tm_loop *loop, struct sset *problems)
{
    const char *line;

    SSET_FOR_EACH (line, tm_ports_problems(loop->ports)) {
        sset_add(problems, line);
    }
    SSET_FOR_EACH (line, tm_compiler_problems(loop->compiler)) {
        sset_add(problems, line);
    }
    refused_problems(loop, problems);

    const struct tm_node *node = tm_ports_node(loop->ports);
    const char *bridge = tm_ports_settings(loop->ports)->bridge;
    if (node->has_bridge && loop->unconfirmed_since
        && !tm_switch_is_ready(loop->sw)
        && time_msec() >= loop->unconfirmed_since + SWITCH_PATIENCE_MS) {
        add_problem(problems,
                    xasprintf("bridge '%s' does not answer on OpenFlow",
                              bridge));
    }
}

static bool
rule_is_in_filter(const struct tm_filter *filter, const struct uuid *rule)
{
    for (size_t i = 0; filter && i < filter->n_rules; i++) {
        if (uuid_equals(&filter->rules[i].uuid, rule)) {
            return true;
        }
    }
    return false;
}

/* The switch's words if it refused a flow that 'state' needs, else NULL. */
static const char *
find_refusal(const struct tm_loop *loop, const struct tm_source_state *state)
{
    const struct tm_model *model = tm_store_model(loop->store);
    const struct tm_refused *r;

    HMAP_FOR_EACH (r, node, tm_switch_refused(loop->sw)) {
        const struct uuid *row = &r->flow->origin.row;

        if (uuid_equals(row, &state->source)
            || uuid_equals(row, &state->session)
            || uuid_equals(row, &state->eni)) {
            return r->error;
        }
        const struct tm_session *session
            = tm_model_get_session(model, &state->session);
        if (session
            && rule_is_in_filter(tm_model_get_filter(model, &session->filter),
                                 row)) {
            return r->error;
        }
    }
    return NULL;
}

/* The reports of all sources here.  The strings that are not the states' own
 * are in 'owned'. */
static struct tm_source_report *
build_reports(const struct tm_loop *loop, size_t *n, struct sset *owned)
{
    const struct hmap *states = tm_compiler_states(loop->compiler);
    bool refusals = !hmap_is_empty(tm_switch_refused(loop->sw));
    struct tm_source_report *reports
        = xmalloc((hmap_count(states) + 1) * sizeof *reports);
    const struct tm_source_state *state;

    *n = 0;
    HMAP_FOR_EACH (state, node, states) {
        struct tm_source_report *r = &reports[(*n)++];

        r->source = state->source;
        r->status = tm_status_to_string(state->status);
        r->reason = state->reason;
        r->ofport = ofp_to_u16(state->ofport);
        const char *refusal = refusals ? find_refusal(loop, state) : NULL;
        if (refusal) {
            char *text = xasprintf("switch refused a flow: %s", refusal);
            r->status = tm_status_to_string(TM_ERROR);
            r->reason = sset_add(owned, text)->name;
            free(text);
        }
    }
    return reports;
}

static void
collect_enis(const struct tm_loop *loop, struct uuidset *enis)
{
    const struct tm_model *model = tm_store_model(loop->store);
    const struct tm_node *node = tm_ports_node(loop->ports);

    for (size_t i = 0; i < node->n_ports; i++) {
        const char *name = node->ports[i].iface_id;
        const struct tm_eni *eni
            = name ? tm_model_get_eni_by_name(model, name) : NULL;
        if (eni) {
            uuidset_insert(enis, &eni->uuid);
        }
    }
}

static bool
report_sources(struct tm_loop *loop, const struct tm_agent_report *agent)
{
    struct uuidset enis = UUIDSET_INITIALIZER(&enis);
    struct sset owned = SSET_INITIALIZER(&owned);
    struct tm_source_report *reports = NULL;
    size_t n = 0;

    /* After a clean-up nothing is here any more. */
    if (loop->phase == TM_RUNNING) {
        collect_enis(loop, &enis);
        reports = build_reports(loop, &n, &owned);
    } else {
        reports = xmalloc(sizeof *reports);
    }
    bool done = tm_store_report(loop->store, agent, reports, n, &enis);
    loop->states_reported = tm_compiler_states_seqno(loop->compiler);
    loop->refused_reported = tm_switch_refused_seqno(loop->sw);
    loop->enis_due = false;
    free(reports);
    sset_destroy(&owned);
    uuidset_destroy(&enis);
    return done;
}

static bool
sources_are_due(const struct tm_loop *loop)
{
    if (loop->phase != TM_RUNNING) {
        return false;
    }
    bool news = (loop->enis_due || loop->states_reported
                 != tm_compiler_states_seqno(loop->compiler)
                 || loop->refused_reported
                 != tm_switch_refused_seqno(loop->sw));
    return news && (!loop->unconfirmed_since
                    || time_msec() >= loop->unconfirmed_since
                                      + SWITCH_PATIENCE_MS);
}

bool
tm_status_report(struct tm_loop *loop)
{
    if (!loop->compiled) {
        return true;
    }
    if (loop->phase == TM_RUNNING && time_msec() >= loop->alive_next) {
        loop->alive_at = time_wall_msec();
        loop->alive_next = time_msec() + alive_interval_ms(loop);
    }

    struct sset problems = SSET_INITIALIZER(&problems);
    struct sset encap_ips = SSET_INITIALIZER(&encap_ips);
    char hostname[256] = "";
    const struct tm_node *node = tm_ports_node(loop->ports);

    gethostname(hostname, sizeof hostname - 1);
    if (node->has_encap4) {
        add_problem(&encap_ips, tm_addr_to_string(&node->encap4));
    }
    if (node->has_encap6) {
        add_problem(&encap_ips, tm_addr_to_string(&node->encap6));
    }
    tm_status_collect_problems(loop, &problems);
    struct tm_agent_report agent = {
        .name = tm_ports_settings(loop->ports)->system_id,
        .hostname = hostname,
        .version = tm_version(),
        .pipeline = (node->has_bridge
                     ? tm_ports_settings(loop->ports)->pipeline : ""),
        .encap_ips = &encap_ips,
        .problems = &problems,
        .nb_cfg = loop->nb_cfg_confirmed,
        .nb_cfg_timestamp = loop->nb_cfg_timestamp,
        .alive_at = loop->phase == TM_RUNNING ? loop->alive_at : 0,
    };
    bool cleaned = loop->phase == TM_LEAVING && loop->cleaned;
    bool done = (sources_are_due(loop) || cleaned
                 ? report_sources(loop, &agent)
                 : tm_store_report(loop->store, &agent, NULL, 0, NULL));
    sset_destroy(&problems);
    sset_destroy(&encap_ips);
    return done;
}

void
tm_status_wait(struct tm_loop *loop)
{
    if (!loop->compiled) {
        return;
    }
    poll_timer_wait_until(loop->alive_next);
    if (loop->unconfirmed_since
        && time_msec() < loop->unconfirmed_since + SWITCH_PATIENCE_MS) {
        poll_timer_wait_until(loop->unconfirmed_since + SWITCH_PATIENCE_MS);
    }
}
