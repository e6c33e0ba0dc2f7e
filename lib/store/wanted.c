/* SPDX-License-Identifier: Apache-2.0 */
/* wanted.c
 *
 * A row of Mirror_Source belongs to the node where its ENI is: that one writes
 * its name into 'agent'.  A node that finds its name on a source that it does
 * not report takes it off, unless another node was faster; a source with
 * another name, or none, is not its business.  'agent' of Network_Interface
 * works alike. */

#include <config.h>

#include "lib/store/wanted.h"

#include "lib/text.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "util.h"

/* What is wanted in a row of Mirror_Source. */
struct wanted_source {
    struct hmap_node node;      /* In struct tm_wanted's 'sources'. */
    struct uuid uuid;
    char *status;
    char *reason;
    int64_t ofport;             /* 0: none. */
};

static void
wanted_source_destroy(struct wanted_source *w)
{
    free(w->status);
    free(w->reason);
    free(w);
}

static void
clear_sources(struct tm_wanted *wanted)
{
    struct wanted_source *w;

    HMAP_FOR_EACH_POP (w, node, &wanted->sources) {
        wanted_source_destroy(w);
    }
    uuidset_clear(&wanted->enis);
}

void
tm_wanted_init(struct tm_wanted *wanted)
{
    memset(wanted, 0, sizeof *wanted);
    sset_init(&wanted->agent.encap_ips);
    sset_init(&wanted->agent.problems);
    hmap_init(&wanted->sources);
    uuidset_init(&wanted->enis);
    uuidset_init(&wanted->news);
}

static void
clear_agent(struct tm_wanted_agent *agent)
{
    free(agent->name);
    free(agent->hostname);
    free(agent->version);
    free(agent->pipeline);
    free(agent->metrics);
    sset_clear(&agent->encap_ips);
    sset_clear(&agent->problems);
}

void
tm_wanted_uninit(struct tm_wanted *wanted)
{
    clear_agent(&wanted->agent);
    sset_destroy(&wanted->agent.encap_ips);
    sset_destroy(&wanted->agent.problems);
    clear_sources(wanted);
    hmap_destroy(&wanted->sources);
    uuidset_destroy(&wanted->enis);
    uuidset_destroy(&wanted->news);
}

/* A copy of 's', which may be NULL, as a database takes it.  One byte that is
 * not UTF-8 would make the server close the connection. */
static char *
clean(const char *s)
{
    uint32_t cp;

    for (const char *p = s ? s : ""; *p; ) {
        if (!tm_utf8_next(&p, &cp)) {
            return tm_quote(s);
        }
    }
    return xstrdup(s ? s : "");
}

static void
clean_set(struct sset *dst, const struct sset *src)
{
    const char *s;

    if (src) {
        SSET_FOR_EACH (s, src) {
            sset_add_and_free(dst, clean(s));
        }
    }
}

int
tm_wanted_take_agent(struct tm_wanted *wanted,
                     const struct tm_agent_report *report)
{
    struct tm_wanted_agent new = {
        .name = clean(report->name),
        .hostname = clean(report->hostname),
        .version = clean(report->version),
        .pipeline = clean(report->pipeline),
        .metrics = clean(report->metrics),
        .encap_ips = SSET_INITIALIZER(&new.encap_ips),
        .problems = SSET_INITIALIZER(&new.problems),
        .nb_cfg = report->nb_cfg,
        .nb_cfg_timestamp = report->nb_cfg_timestamp,
        .alive_at = report->alive_at,
    };
    struct tm_wanted_agent *old = &wanted->agent;
    int news = 0;

    clean_set(&new.encap_ips, report->encap_ips);
    clean_set(&new.problems, report->problems);
    if (!old->name || strcmp(old->name, new.name)) {
        /* Every row names the node. */
        news = TM_PART_ALL;
    } else if (strcmp(old->hostname, new.hostname)
               || strcmp(old->version, new.version)
               || strcmp(old->pipeline, new.pipeline)
               || strcmp(old->metrics, new.metrics)
               || !sset_equals(&old->encap_ips, &new.encap_ips)
               || !sset_equals(&old->problems, &new.problems)
               || old->nb_cfg != new.nb_cfg
               || old->nb_cfg_timestamp != new.nb_cfg_timestamp
               || old->alive_at != new.alive_at) {
        news = TM_PART_AGENT;
    }

    clear_agent(old);
    sset_swap(&old->encap_ips, &new.encap_ips);
    sset_swap(&old->problems, &new.problems);
    sset_destroy(&new.encap_ips);
    sset_destroy(&new.problems);
    old->name = new.name;
    old->hostname = new.hostname;
    old->version = new.version;
    old->pipeline = new.pipeline;
    old->metrics = new.metrics;
    old->nb_cfg = new.nb_cfg;
    old->nb_cfg_timestamp = new.nb_cfg_timestamp;
    old->alive_at = new.alive_at;
    return news;
}

static struct wanted_source *
find_source(const struct tm_wanted *wanted, const struct uuid *uuid)
{
    struct wanted_source *w;

    HMAP_FOR_EACH_WITH_HASH (w, node, uuid_hash(uuid), &wanted->sources) {
        if (uuid_equals(&w->uuid, uuid)) {
            return w;
        }
    }
    return NULL;
}

static void
take_source(struct tm_wanted *wanted, const struct tm_source_report *report)
{
    struct wanted_source *w = find_source(wanted, &report->source);

    if (w) {
        hmap_remove(&wanted->sources, &w->node);
        wanted_source_destroy(w);
    }
    if (report->status) {
        w = xmalloc(sizeof *w);
        w->uuid = report->source;
        w->status = clean(report->status);
        w->reason = clean(report->reason);
        w->ofport = report->ofport;
        hmap_insert(&wanted->sources, &w->node, uuid_hash(&w->uuid));
    }
    uuidset_insert(&wanted->news, &report->source);
}

static void
take_eni(struct tm_wanted *wanted, const struct tm_eni_report *report)
{
    if (report->here) {
        uuidset_insert(&wanted->enis, &report->eni);
    } else {
        uuidset_find_and_delete(&wanted->enis, &report->eni);
    }
    uuidset_insert(&wanted->news, &report->eni);
}

int
tm_wanted_take_news(struct tm_wanted *wanted,
                    const struct tm_report_news *news)
{
    ovs_assert(news->all || wanted->has_sources);
    if (news->all) {
        clear_sources(wanted);
        wanted->has_sources = true;
    }
    for (size_t i = 0; i < news->n_sources; i++) {
        take_source(wanted, &news->sources[i]);
    }
    for (size_t i = 0; i < news->n_enis; i++) {
        take_eni(wanted, &news->enis[i]);
    }
    return news->all ? TM_PART_SOURCES : TM_PART_NEWS;
}

bool
tm_wanted_sync_source(const struct tm_wanted *wanted,
                      const struct tmrec_mirror_source *row, bool write)
{
    const struct wanted_source *w = find_source(wanted, &row->header_.uuid);
    if (!w && strcmp(row->agent, wanted->agent.name)) {
        return false;
    }

    const char *status = w ? w->status : "detached";
    const char *reason = w ? w->reason : "";
    const char *agent = w ? wanted->agent.name : "";
    int64_t ofport = w ? w->ofport : 0;

    bool status_differs = !row->status || strcmp(row->status, status);
    bool reason_differs = strcmp(row->reason, reason);
    bool agent_differs = strcmp(row->agent, agent);
    bool ofport_differs = (ofport
                           ? !row->n_ofport || row->ofport[0] != ofport
                           : row->n_ofport > 0);
    if (write) {
        if (!w) {
            /* Another node may have taken the source over just now. */
            tmrec_mirror_source_verify_agent(row);
        }
        if (status_differs) {
            tmrec_mirror_source_set_status(row, status);
        }
        if (reason_differs) {
            tmrec_mirror_source_set_reason(row, reason);
        }
        if (agent_differs) {
            tmrec_mirror_source_set_agent(row, agent);
        }
        if (ofport_differs) {
            tmrec_mirror_source_set_ofport(row, &ofport, ofport ? 1 : 0);
        }
    }
    return (status_differs || reason_differs || agent_differs
            || ofport_differs);
}

bool
tm_wanted_sync_eni(const struct tm_wanted *wanted,
                   const struct tmrec_network_interface *row, bool write)
{
    bool here = uuidset_contains(&wanted->enis, &row->header_.uuid);

    if (here == !strcmp(row->agent, wanted->agent.name)) {
        return false;
    }
    if (write) {
        if (!here) {
            tmrec_network_interface_verify_agent(row);
        }
        tmrec_network_interface_set_agent(row, here ? wanted->agent.name : "");
    }
    return true;
}

static bool
set_differs(const struct sset *want, char **have, size_t n_have)
{
    if (sset_count(want) != n_have) {
        return true;
    }
    for (size_t i = 0; i < n_have; i++) {
        if (!sset_contains(want, have[i])) {
            return true;
        }
    }
    return false;
}

static void
write_agent_sets(const struct tm_wanted_agent *w,
                 const struct tmrec_agent *row)
{
    if (set_differs(&w->encap_ips, row->encap_ips, row->n_encap_ips)) {
        const char **array = sset_array(&w->encap_ips);

        tmrec_agent_set_encap_ips(row, array, sset_count(&w->encap_ips));
        free(array);
    }
    if (set_differs(&w->problems, row->problems, row->n_problems)) {
        const char **array = sset_array(&w->problems);

        tmrec_agent_set_problems(row, array, sset_count(&w->problems));
        free(array);
    }
}

bool
tm_wanted_sync_agent(const struct tm_wanted *wanted,
                     const struct ovsdb_idl *idl,
                     const struct tmrec_agent *row, bool write)
{
    const char *metrics = row->metrics ? row->metrics : "";
    const struct tm_wanted_agent *w = &wanted->agent;
    bool differs = false;

#define SYNC(COLUMN, DIFFERS)                                   \
    if (DIFFERS) {                                              \
        differs = true;                                         \
        if (write) {                                            \
            tmrec_agent_set_##COLUMN(row, w->COLUMN);           \
        }                                                       \
    }
    SYNC(name, strcmp(row->name, w->name));
    SYNC(hostname, strcmp(row->hostname, w->hostname));
    SYNC(version, strcmp(row->version, w->version));
    SYNC(pipeline, strcmp(row->pipeline, w->pipeline));
    SYNC(nb_cfg, row->nb_cfg != w->nb_cfg);
    SYNC(nb_cfg_timestamp, row->nb_cfg_timestamp != w->nb_cfg_timestamp);
    SYNC(alive_at, row->alive_at != w->alive_at);
#undef SYNC
    if (strcmp(metrics, w->metrics)
        && tmrec_server_has_agent_table_col_metrics(idl)) {
        differs = true;
        if (write) {
            tmrec_agent_set_metrics(row, w->metrics[0] ? w->metrics : NULL);
        }
    }
    if (set_differs(&w->encap_ips, row->encap_ips, row->n_encap_ips)
        || set_differs(&w->problems, row->problems, row->n_problems)) {
        differs = true;
        if (write) {
            write_agent_sets(w, row);
        }
    }
    return differs;
}

const struct tmrec_agent *
tm_wanted_find_agent(const struct tm_wanted *wanted,
                     const struct ovsdb_idl *idl)
{
    const struct tmrec_agent *row;

    TMREC_AGENT_FOR_EACH (row, idl) {
        if (!strcmp(row->name, wanted->agent.name)) {
            return row;
        }
    }
    return NULL;
}
