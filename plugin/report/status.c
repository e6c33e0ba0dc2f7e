/* SPDX-License-Identifier: Apache-2.0 */
/* status.c
 *
 * States go out when the switch has confirmed the flows behind them, so that
 * "attached" means that copies are made.  If the switch does not answer for
 * some seconds they go out all the same, and the Agent row says that the
 * switch is away: a stale "attached" helps nobody.
 *
 * Only the news is told: of the sources whose state is another, and of ENIs
 * that may have come or gone.  All is told at the beginning and the end, and
 * whenever the switch has refused a flow, which may concern any of them.
 *
 * A flow that the switch refused is laid over the states: the source, or every
 * source that the refused rule or ENI concerns, is in error with the switch's
 * own words. */

#include <config.h>

#include "plugin/report/status.h"

#include <unistd.h>

#include "flow.h"
#include "lib/store/status.h"
#include "lib/version.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "plugin/loop.h"
#include "plugin/report/advice.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(status);

#define ALIVE_INTERVAL_DEFAULT 15       /* Seconds. */
#define ALIVE_INTERVAL_MIN 1
#define ALIVE_INTERVAL_MAX 3600
#define SWITCH_PATIENCE_MS 3000
#define MAX_LOGGED 10000

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
    SSET_FOR_EACH (line, tm_switch_problems(loop->sw)) {
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

const char *
tm_status_find_refusal(const struct tm_loop *loop,
                       const struct tm_source_state *state)
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

/* News under construction. */
struct news {
    struct tm_source_report *sources;
    struct tm_eni_report *enis;
    size_t n_sources, n_enis;
    struct sset owned;          /* Strings that are not the states' own. */
};

static void
news_init(struct news *news, size_t max_sources, size_t max_enis)
{
    news->sources = xmalloc((max_sources + 1) * sizeof *news->sources);
    news->enis = xmalloc((max_enis + 1) * sizeof *news->enis);
    news->n_sources = news->n_enis = 0;
    sset_init(&news->owned);
}

static void
news_uninit(struct news *news)
{
    free(news->sources);
    free(news->enis);
    sset_destroy(&news->owned);
}

/* Takes 'text' over and keeps it for as long as the news. */
static const char *
keep(struct news *news, char *text)
{
    struct sset_node *node;

    sset_add(&news->owned, text);
    node = sset_find(&news->owned, text);
    free(text);
    return node->name;
}

/* Says once what keeps a source from being mirrored. */
static void
log_state(struct tm_loop *loop, const struct tm_source_state *state,
          const char *reason)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 20);
    const struct tm_model *model = tm_store_model(loop->store);
    const struct tm_session *session
        = tm_model_get_session(model, &state->session);
    const struct tm_eni *eni = tm_model_get_eni(model, &state->eni);
    char *line = xasprintf("Mirror_Source "UUID_FMT" (session %s, ENI %s): %s",
                           UUID_ARGS(&state->source),
                           session ? session->name : "?",
                           eni ? eni->name : "?", reason);

    if (sset_count(&loop->logged) >= MAX_LOGGED) {
        sset_clear(&loop->logged);
    }
    if (sset_add(&loop->logged, line)) {
        VLOG_WARN_RL(&rl, "%s", line);
    }
    free(line);
}

static void
add_source(struct tm_loop *loop, const struct tm_source_state *state,
           struct news *news)
{
    bool refusals = !hmap_is_empty(tm_switch_refused(loop->sw));
    const char *refusal = (refusals ? tm_status_find_refusal(loop, state)
                           : NULL);
    struct tm_source_report *r = &news->sources[news->n_sources++];
    enum tm_status status = refusal ? TM_ERROR : state->status;

    r->source = state->source;
    r->status = tm_status_to_string(status);
    r->reason = state->reason;
    r->ofport = ofp_to_u16(state->ofport);
    if (refusal) {
        r->reason = keep(news, xasprintf("switch refused a flow: %s",
                                         refusal));
    }
    if (status == TM_ERROR) {
        log_state(loop, state, r->reason);
    }

    struct svec advice = SVEC_EMPTY_INITIALIZER;
    if (status == TM_ATTACHED) {
        tm_advice_of(loop, state, &advice);
    }
    for (size_t i = 0; i < advice.n; i++) {
        r->reason = keep(news, xasprintf("%s%s"TM_WARNING_PREFIX"%s",
                                         r->reason,
                                         r->reason[0] ? "; " : "",
                                         advice.names[i]));
    }
    svec_destroy(&advice);
}

static void
add_eni(struct news *news, const struct uuid *eni, bool here)
{
    news->enis[news->n_enis++] = (struct tm_eni_report) { *eni, here };
}

/* Everything that is here. */
static void
collect_all(struct tm_loop *loop, struct news *news)
{
    const struct hmap *states = tm_compiler_states(loop->compiler);
    const struct tm_model *model = tm_store_model(loop->store);
    const struct tm_node *node = tm_ports_node(loop->ports);
    const struct tm_source_state *state;

    tm_advice_clear(loop->advice);
    news_init(news, hmap_count(states), node->n_ports);
    HMAP_FOR_EACH (state, node, states) {
        add_source(loop, state, news);
    }
    for (size_t i = 0; i < node->n_ports; i++) {
        const char *name = node->ports[i].iface_id;
        const struct tm_eni *eni
            = name ? tm_model_get_eni_by_name(model, name) : NULL;
        if (eni) {
            add_eni(news, &eni->uuid, true);
        }
    }
}

/* The sources of 'eni': what is advised about them may be new although their
 * states are not. */
static void
collect_sources_of(struct tm_loop *loop, const struct uuid *eni,
                   struct uuidset *sources)
{
    const struct tm_session **sessions;
    size_t n = tm_model_all_sessions_of(tm_store_model(loop->store), eni,
                                        &sessions);

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < sessions[i]->n_sources; j++) {
            const struct tm_source *source = &sessions[i]->sources[j];

            if (uuid_equals(&source->eni, eni)
                && tm_compiler_find_state(loop->compiler, &source->uuid)) {
                uuidset_insert(sources, &source->uuid);
            }
        }
    }
    free(sessions);
}

/* What may be another than in the last report. */
static void
collect_news(struct tm_loop *loop, struct news *news)
{
    struct uuidset sources = UUIDSET_INITIALIZER(&sources);
    const struct tm_model *model = tm_store_model(loop->store);
    const struct tm_node *node = tm_ports_node(loop->ports);
    const struct uuidset_node *un;

    UUIDSET_FOR_EACH (un, tm_compiler_news(loop->compiler)) {
        uuidset_insert(&sources, &un->uuid);
    }
    UUIDSET_FOR_EACH (un, &loop->enis_news) {
        collect_sources_of(loop, &un->uuid, &sources);
    }

    news_init(news, uuidset_count(&sources), uuidset_count(&loop->enis_news));
    UUIDSET_FOR_EACH (un, &sources) {
        const struct tm_source_state *state
            = tm_compiler_find_state(loop->compiler, &un->uuid);
        if (state) {
            add_source(loop, state, news);
        } else {
            news->sources[news->n_sources++] = (struct tm_source_report) {
                .source = un->uuid
            };
        }
    }
    UUIDSET_FOR_EACH (un, &loop->enis_news) {
        const struct tm_eni *eni = tm_model_get_eni(model, &un->uuid);
        add_eni(news, &un->uuid, eni && tm_node_find_eni(node, eni->name));
    }
    uuidset_destroy(&sources);
}

/* After a clean-up nothing is here any more. */
static bool
report_sources(struct tm_loop *loop, const struct tm_agent_report *agent)
{
    uint64_t refused_seqno = tm_switch_refused_seqno(loop->sw);
    bool running = loop->phase == TM_RUNNING;
    bool all = (!running || loop->enis_all
                || loop->states_reported == UINT64_MAX
                || loop->refused_reported != refused_seqno);
    struct news news;

    if (!running) {
        news_init(&news, 0, 0);
    } else if (all) {
        collect_all(loop, &news);
    } else {
        collect_news(loop, &news);
    }
    bool done = tm_store_report(loop->store, agent, &(struct tm_report_news) {
        .all = all,
        .sources = news.sources,
        .n_sources = news.n_sources,
        .enis = news.enis,
        .n_enis = news.n_enis,
    });
    news_uninit(&news);
    tm_compiler_clear_news(loop->compiler);
    uuidset_clear(&loop->enis_news);
    loop->enis_all = false;
    loop->states_reported = tm_compiler_states_seqno(loop->compiler);
    loop->refused_reported = refused_seqno;
    return done;
}

static bool
sources_are_due(const struct tm_loop *loop)
{
    if (loop->phase != TM_RUNNING) {
        return false;
    }
    bool news = (loop->enis_all || !uuidset_is_empty(&loop->enis_news)
                 || loop->states_reported
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
    if (loop->phase == TM_RUNNING) {
        bool look = time_msec() >= loop->alive_next;

        if (look) {
            loop->alive_at = time_wall_msec();
            loop->alive_next = time_msec() + alive_interval_ms(loop);
        }
        loop->enis_all |= tm_advice_run(loop->advice, look);
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
        .metrics = loop->phase == TM_RUNNING ? loop->metrics : NULL,
        .encap_ips = &encap_ips,
        .problems = &problems,
        .nb_cfg = loop->nb_cfg_confirmed,
        .nb_cfg_timestamp = loop->nb_cfg_timestamp,
        .alive_at = loop->phase == TM_RUNNING ? loop->alive_at : 0,
    };
    bool cleaned = loop->phase == TM_LEAVING && loop->cleaned;
    bool done = (sources_are_due(loop) || cleaned
                 ? report_sources(loop, &agent)
                 : tm_store_report(loop->store, &agent, NULL));
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
    tm_advice_wait(loop->advice);
    if (loop->unconfirmed_since
        && time_msec() < loop->unconfirmed_since + SWITCH_PATIENCE_MS) {
        poll_timer_wait_until(loop->unconfirmed_since + SWITCH_PATIENCE_MS);
    }
}
