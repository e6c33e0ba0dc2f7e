/* SPDX-License-Identifier: Apache-2.0 */
/* status.c
 *
 * A node is alive while it was heard of within the last three of its
 * intervals.  The interval is an option of the database, so that nodes and
 * tools agree about it. */

#include <config.h>

#include "lib/store/status.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "smap.h"
#include "util.h"

/* TM_Global.options:agent-alive-interval, in seconds. */
#define ALIVE_INTERVAL_KEY "agent-alive-interval"
#define ALIVE_INTERVAL_DEFAULT 15

/* Intervals without a word after which a node counts as dead. */
#define ALIVE_INTERVALS 3

void
tm_status_monitor(struct ovsdb_idl *idl)
{
    ovsdb_idl_add_table(idl, &tmrec_table_mirror_source);
    ovsdb_idl_add_column(idl, &tmrec_mirror_source_col_status);
    ovsdb_idl_add_column(idl, &tmrec_mirror_source_col_reason);
    ovsdb_idl_add_column(idl, &tmrec_mirror_source_col_agent);
    ovsdb_idl_add_column(idl, &tmrec_mirror_source_col_ofport);
    ovsdb_idl_add_table(idl, &tmrec_table_network_interface);
    ovsdb_idl_add_column(idl, &tmrec_network_interface_col_agent);
    ovsdb_idl_add_table(idl, &tmrec_table_tm_global);
    ovsdb_idl_add_column(idl, &tmrec_tm_global_col_options);

    ovsdb_idl_add_table(idl, &tmrec_table_agent);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_name);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_hostname);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_version);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_pipeline);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_problems);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_metrics);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_encap_ips);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_nb_cfg);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_nb_cfg_timestamp);
    ovsdb_idl_add_column(idl, &tmrec_agent_col_alive_at);
}

void
tm_source_status_get(const struct ovsdb_idl *idl, const struct uuid *source,
                     struct tm_source_status *s)
{
    const struct tmrec_mirror_source *row
        = tmrec_mirror_source_get_for_uuid(idl, source);

    s->status = xstrdup(row && row->status ? row->status : "detached");
    s->reason = xstrdup(row ? row->reason : "");
    s->agent = xstrdup(row ? row->agent : "");
    s->ofport = row && row->n_ofport ? row->ofport[0] : 0;
}

void
tm_source_status_uninit(struct tm_source_status *s)
{
    free(s->status);
    free(s->reason);
    free(s->agent);
}

char *
tm_status_eni_agent(const struct ovsdb_idl *idl, const struct uuid *eni)
{
    const struct tmrec_network_interface *row
        = tmrec_network_interface_get_for_uuid(idl, eni);

    return xstrdup(row ? row->agent : "");
}

enum tm_ip
tm_status_agent_prefers(const struct ovsdb_idl *idl, const char *agent)
{
    const struct tmrec_agent *row;

    TMREC_AGENT_FOR_EACH (row, idl) {
        bool has4 = false, has6 = false;

        for (size_t i = 0; i < row->n_encap_ips; i++) {
            *(strchr(row->encap_ips[i], ':') ? &has6 : &has4) = true;
        }
        if (!strcmp(row->name, agent)) {
            return has6 && !has4 ? TM_IPV6 : 0;
        }
    }
    return 0;
}

/* Milliseconds. */
static int64_t
alive_interval(const struct ovsdb_idl *idl)
{
    const struct tmrec_tm_global *global = tmrec_tm_global_first(idl);
    int s = (global
             ? smap_get_int(&global->options, ALIVE_INTERVAL_KEY,
                            ALIVE_INTERVAL_DEFAULT)
             : ALIVE_INTERVAL_DEFAULT);

    return INT64_C(1000) * (s > 0 ? s : ALIVE_INTERVAL_DEFAULT);
}

static int64_t
alive_until(const struct tmrec_agent *row, int64_t interval)
{
    return row->alive_at ? row->alive_at + ALIVE_INTERVALS * interval : 0;
}

static int
compare_agents(const void *a_, const void *b_)
{
    const struct tm_agent_status *a = a_;
    const struct tm_agent_status *b = b_;

    return strcmp(a->name, b->name);
}

size_t
tm_agent_status_list(const struct ovsdb_idl *idl,
                     struct tm_agent_status **agentsp)
{
    int64_t interval = alive_interval(idl);
    struct tm_agent_status *agents = NULL;
    size_t n = 0, allocated = 0;
    const struct tmrec_agent *row;

    TMREC_AGENT_FOR_EACH (row, idl) {
        struct ds problems = DS_EMPTY_INITIALIZER;

        if (n >= allocated) {
            agents = x2nrealloc(agents, &allocated, sizeof *agents);
        }
        for (size_t i = 0; i < row->n_problems; i++) {
            ds_put_format(&problems, "%s%s", i ? "; " : "", row->problems[i]);
        }
        agents[n++] = (struct tm_agent_status) {
            .name = xstrdup(row->name),
            .hostname = xstrdup(row->hostname),
            .version = xstrdup(row->version),
            .pipeline = xstrdup(row->pipeline),
            .problems = ds_steal_cstr(&problems),
            .metrics = xstrdup(row->metrics ? row->metrics : ""),
            .nb_cfg = row->nb_cfg,
            .nb_cfg_timestamp = row->nb_cfg_timestamp,
            .alive_until = alive_until(row, interval),
        };
    }
    if (n) {
        qsort(agents, n, sizeof *agents, compare_agents);
    }
    *agentsp = agents;
    return n;
}

void
tm_agent_status_destroy(struct tm_agent_status *agents, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(agents[i].name);
        free(agents[i].hostname);
        free(agents[i].version);
        free(agents[i].pipeline);
        free(agents[i].problems);
        free(agents[i].metrics);
    }
    free(agents);
}

bool
tm_status_is_applied(const struct ovsdb_idl *idl, int64_t nb_cfg, int64_t now,
                     int64_t *recheck)
{
    int64_t interval = alive_interval(idl);
    const struct tmrec_agent *row;
    int64_t first = INT64_MAX;

    TMREC_AGENT_FOR_EACH (row, idl) {
        int64_t until = alive_until(row, interval);

        if (until > now && row->nb_cfg < nb_cfg) {
            first = MIN(first, until);
        }
    }
    *recheck = first;
    return first == INT64_MAX;
}
