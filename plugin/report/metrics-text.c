/* SPDX-License-Identifier: Apache-2.0 */
/* metrics-text.c
 *
 * Prometheus' text format 0.0.4: a family of metrics is one HELP and one TYPE
 * line and then its samples, all together.  Names have base units and counters
 * end in "_total".  Values of labels may be anything that somebody has written
 * into the database, so they are escaped.
 *
 * The order is that of the code, and within a family that of the labels: two
 * scrapes of the same state are the same text.  No two samples of a family may
 * have the same labels, or the scraper keeps one of them only; but two
 * sessions of one name can be in the database, past the tools.  So what has
 * the same labels is added up. */

#include <config.h>

#include "plugin/report/metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/version.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "plugin/loop.h"
#include "plugin/report/http.h"
#include "plugin/report/stats.h"
#include "plugin/report/status.h"
#include "util.h"

static void
put_family(struct ds *s, const char *name, const char *type, const char *help)
{
    ds_put_format(s, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A family of one sample without labels. */
static void
put_one(struct ds *s, const char *name, const char *type, const char *help,
        uint64_t value)
{
    put_family(s, name, type, help);
    ds_put_format(s, "%s %"PRIu64"\n", name, value);
}

/* Backslash, double quote and line feed are escaped.  The format is UTF-8, and
 * so are the strings of the database. */
static void
put_label(struct ds *s, const char *name, const char *value)
{
    bool first = !s->length || s->string[s->length - 1] == '{';

    ds_put_format(s, "%s%s=\"", first ? "" : ",", name);
    for (; *value; value++) {
        if (*value == '\n') {
            ds_put_cstr(s, "\\n");
        } else {
            if (*value == '\\' || *value == '"') {
                ds_put_char(s, '\\');
            }
            ds_put_char(s, *value);
        }
    }
    ds_put_char(s, '"');
}

static void
end_sample(struct ds *s, uint64_t value)
{
    ds_put_format(s, "} %"PRIu64"\n", value);
}

/* ## What was copied ## */

/* Takes 'labels' as they are and empties them. */
static void
add_sample(struct shash *samples, struct ds *labels, uint64_t value)
{
    uint64_t *sum = shash_find_data(samples, ds_cstr(labels));

    if (!sum) {
        sum = xzalloc(sizeof *sum);
        shash_add_nocopy(samples, ds_steal_cstr(labels), sum);
    }
    *sum += value;
    ds_clear(labels);
}

/* Takes the contents of 'samples' away. */
static void
put_samples(struct ds *s, const char *name, struct shash *samples)
{
    const struct shash_node **nodes = shash_sort(samples);

    for (size_t i = 0; i < shash_count(samples); i++) {
        const uint64_t *value = nodes[i]->data;

        ds_put_format(s, "%s{%s", name, nodes[i]->name);
        end_sample(s, *value);
    }
    free(nodes);
    shash_destroy_free_data(samples);
}

static void
put_sources(const struct tm_stats *stats, bool bytes, struct ds *s)
{
    const char *name = (bytes ? "tmirror_source_bytes_total"
                        : "tmirror_source_packets_total");
    struct shash samples = SHASH_INITIALIZER(&samples);
    struct ds labels = DS_EMPTY_INITIALIZER;

    put_family(s, name, "counter",
               bytes ? "Bytes of frames, before any cut, that a session "
                       "decided at a source."
               : "Packets that a session decided at a source: accept is "
                 "copied, reject is not.");
    for (size_t i = 0; i < stats->n_sources; i++) {
        const struct tm_stats_source *source = &stats->sources[i];

        put_label(&labels, "session", source->session);
        put_label(&labels, "source", source->source);
        put_label(&labels, "action", tm_action_to_string(source->action));
        add_sample(&samples, &labels,
                   bytes ? source->bytes : source->packets);
    }
    put_samples(s, name, &samples);
    ds_destroy(&labels);
}

static void
put_rules(const struct tm_stats *stats, bool bytes, struct ds *s)
{
    const char *name = (bytes ? "tmirror_rule_bytes_total"
                        : "tmirror_rule_packets_total");
    struct shash samples = SHASH_INITIALIZER(&samples);
    struct ds labels = DS_EMPTY_INITIALIZER;

    put_family(s, name, "counter",
               bytes ? "Bytes of frames that a rule decided, over all its "
                       "sources here."
               : "Packets that a rule decided, over all its sources here.");
    for (size_t i = 0; i < stats->n_rules; i++) {
        const struct tm_stats_rule *rule = &stats->rules[i];
        char priority[INT_STRLEN(uint16_t) + 1];

        snprintf(priority, sizeof priority, "%"PRIu16, rule->priority);
        put_label(&labels, "filter", rule->filter);
        put_label(&labels, "direction",
                  tm_direction_to_string(rule->direction));
        put_label(&labels, "rule", priority);
        put_label(&labels, "action", tm_action_to_string(rule->action));
        add_sample(&samples, &labels, bytes ? rule->bytes : rule->packets);
    }
    put_samples(s, name, &samples);
    ds_destroy(&labels);
}

static void
put_unsent(const struct tm_stats *stats, struct ds *s)
{
    struct shash samples = SHASH_INITIALIZER(&samples);
    struct ds labels = DS_EMPTY_INITIALIZER;

    put_family(s, "tmirror_unsent_packets_total", "counter",
               "Copies that were decided but not sent, as far as that is "
               "known.");
    for (size_t i = 0; i < stats->n_unsent; i++) {
        const struct tm_stats_unsent *unsent = &stats->unsent[i];

        if (unsent->counted) {
            put_label(&labels, "session",
                      unsent->session ? unsent->session : "");
            put_label(&labels, "reason", unsent->reason);
            add_sample(&samples, &labels, unsent->packets);
        }
    }
    put_samples(s, "tmirror_unsent_packets_total", &samples);
    ds_destroy(&labels);
}

static void
put_stats(const struct tm_stats *stats, struct ds *s)
{
    put_one(s, "tmirror_stats_up", "gauge",
            "Whether the switch told its counters for this scrape.",
            !stats->error);
    if (stats->error) {
        return;
    }
    put_sources(stats, false, s);
    put_sources(stats, true, s);
    put_rules(stats, false, s);
    put_rules(stats, true, s);
    if (stats->has_tunnel) {
        put_one(s, "tmirror_tunnel_sent_packets_total", "counter",
                "Packets that the tunnel port has sent.",
                stats->sent_packets);
        put_one(s, "tmirror_tunnel_sent_bytes_total", "counter",
                "Bytes that the tunnel port has sent.", stats->sent_bytes);
    }
    put_unsent(stats, s);
}

/* ## How the daemon is ## */

static void
put_states(const struct tm_loop *loop, struct ds *s)
{
    const struct tm_source_state *state;
    unsigned int n[TM_ERROR + 1] = { 0 };

    HMAP_FOR_EACH (state, node, tm_compiler_states(loop->compiler)) {
        n[state->status]++;
    }
    put_family(s, "tmirror_sources", "gauge",
               "Sources of sessions that are on this node, by state.");
    for (int status = TM_DETACHED; status <= TM_ERROR; status++) {
        ds_put_cstr(s, "tmirror_sources{");
        put_label(s, "status", tm_status_to_string(status));
        end_sample(s, n[status]);
    }
}

static void
put_switch(const struct tm_loop *loop, struct ds *s)
{
    struct tm_switch_health health;

    tm_switch_get_health(loop->sw, &health);
    put_family(s, "tmirror_flows", "gauge",
               "Flows of the plugin: wanted, on the switch, and refused by "
               "it.");
    ds_put_format(s, "tmirror_flows{state=\"want\"} %"PRIuSIZE"\n",
                  tm_flow_set_count(tm_compiler_want(loop->compiler)));
    ds_put_format(s, "tmirror_flows{state=\"have\"} %"PRIuSIZE"\n",
                  tm_flow_set_count(tm_switch_have(loop->sw)));
    ds_put_format(s, "tmirror_flows{state=\"refused\"} %"PRIuSIZE"\n",
                  hmap_count(tm_switch_refused(loop->sw)));
    put_one(s, "tmirror_openflow_up", "gauge",
            "Whether the bridge answers on OpenFlow.",
            tm_switch_is_ready(loop->sw));
    put_one(s, "tmirror_openflow_connections_total", "counter",
            "Connections to the bridge that came about.",
            health.n_connections);
    put_one(s, "tmirror_openflow_readbacks_total", "counter",
            "How often all flows were read back.", health.n_readbacks);
    put_one(s, "tmirror_foreign_changes_total", "counter",
            "How often somebody else was seen to change the plugin's flows.",
            health.n_foreign);
    put_one(s, "tmirror_bundles_sent_total", "counter",
            "Bundles of flow changes that the switch committed.",
            health.n_bundles);
    put_one(s, "tmirror_flow_changes_sent_total", "counter",
            "Flow changes that the switch took.", health.n_flow_mods);
}

static void
put_progress(const struct tm_loop *loop, struct ds *s)
{
    struct sset problems = SSET_INITIALIZER(&problems);

    put_family(s, "tmirror_generation", "gauge",
               "Changes that the daemon has seen, and up to which one the "
               "switch has confirmed them.");
    ds_put_format(s, "tmirror_generation{state=\"seen\"} %"PRIu64"\n",
                  loop->generation);
    ds_put_format(s, "tmirror_generation{state=\"confirmed\"} %"PRIu64"\n",
                  tm_switch_confirmed(loop->sw));
    put_family(s, "tmirror_nb_cfg", "gauge",
               "The database's nb_cfg: the newest that the daemon has seen, "
               "and the newest that the switch has confirmed.");
    ds_put_format(s, "tmirror_nb_cfg{state=\"seen\"} %"PRId64"\n",
                  loop->nb_cfg);
    ds_put_format(s, "tmirror_nb_cfg{state=\"confirmed\"} %"PRId64"\n",
                  loop->nb_cfg_confirmed);
    put_one(s, "tmirror_ready", "gauge",
            "Whether the switch has confirmed everything, as /readyz says.",
            tm_loop_is_settled(loop));
    tm_status_collect_problems(loop, &problems);
    put_one(s, "tmirror_problems", "gauge",
            "Problems of this node that an operator can mend.",
            sset_count(&problems));
    sset_destroy(&problems);

    put_family(s, "tmirror_ovsdb_connected", "gauge",
               "Whether the connection to a database is up.");
    ds_put_format(s, "tmirror_ovsdb_connected{database=\"Open_vSwitch\"} %d\n"
                  "tmirror_ovsdb_connected{database=\"Traffic_Mirror\"} %d\n",
                  tm_ports_is_connected(loop->ports),
                  tm_store_is_connected(loop->store));
}

static void
put_http(const struct tm_http_counters *http, struct ds *s)
{
    put_family(s, "tmirror_http_replies_total", "counter",
               "Replies to requests that could be read, by class of "
               "status code.");
    ds_put_format(s, "tmirror_http_replies_total{code=\"2xx\"} %"PRIu64"\n"
                  "tmirror_http_replies_total{code=\"4xx\"} %"PRIu64"\n"
                  "tmirror_http_replies_total{code=\"5xx\"} %"PRIu64"\n",
                  http->ok, http->client_errors, http->server_errors);
    put_one(s, "tmirror_http_expired_total", "counter",
            "Connections to this server that took too long.", http->expired);
    put_one(s, "tmirror_http_displaced_total", "counter",
            "Connections to this server that had asked nothing and made room "
            "for others.", http->displaced);
    put_one(s, "tmirror_http_connections", "gauge",
            "Connections to this server that are open.",
            http->n_connections);
}

/* ## The process ## */

static uint64_t
resident_bytes(void)
{
    unsigned long long int size, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f) {
        if (fscanf(f, "%llu %llu", &size, &resident) != 2) {
            resident = 0;
        }
        fclose(f);
    }
    return resident * sysconf(_SC_PAGESIZE);
}

static uint64_t
open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    uint64_t n = 0;

    if (dir) {
        while (readdir(dir)) {
            n++;
        }
        closedir(dir);
    }
    /* Besides ".", ".." and that of the directory itself. */
    return n > 3 ? n - 3 : 0;
}

/* The names that Prometheus' own libraries use. */
static void
put_process(long long started_at, struct ds *s)
{
    struct rusage usage;
    double cpu;

    memset(&usage, 0, sizeof usage);
    getrusage(RUSAGE_SELF, &usage);
    cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
           + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    put_family(s, "process_cpu_seconds_total", "counter",
               "User and system time of the process.");
    ds_put_format(s, "process_cpu_seconds_total %.6f\n", cpu);
    put_family(s, "process_start_time_seconds", "gauge",
               "When the process began, since the epoch.");
    ds_put_format(s, "process_start_time_seconds %.3f\n",
                  started_at / 1000.0);
    put_one(s, "process_resident_memory_bytes", "gauge",
            "Resident memory of the process.", resident_bytes());
    put_one(s, "process_open_fds", "gauge",
            "File descriptors of the process that are open.", open_fds());
}

void
tm_metrics_format(const struct tm_loop *loop, const struct tm_stats *stats,
                  const struct tm_http_counters *http, long long started_at,
                  struct ds *s)
{
    put_family(s, "tmirror_build_info", "gauge",
               "Always 1; the version is in the label.");
    ds_put_cstr(s, "tmirror_build_info{");
    put_label(s, "version", tm_version());
    end_sample(s, 1);
    put_stats(stats, s);
    put_states(loop, s);
    put_switch(loop, s);
    put_progress(loop, s);
    put_http(http, s);
    put_process(started_at, s);
}
