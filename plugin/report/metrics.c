/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c
 *
 * A scrape has to ask the switch first, so its answer comes in a later turn:
 * the question is kept with the request until then.  Several scrapes in the
 * same second share one question. */

#include <config.h>

#include "plugin/report/metrics.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/vlog.h"
#include "plugin/loop.h"
#include "plugin/report/http.h"
#include "plugin/report/stats.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(metrics);

/* How old counters may be that a scrape gets, in ms: no scraper comes as often
 * by itself, but several may come at once. */
#define MAX_AGE_MS 1000

#define TEXT "text/plain; charset=utf-8"
#define PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"
#define JSON "application/json"

struct tm_metrics {
    struct tm_loop *loop;
    struct tm_http *http;
    struct ovs_list questions;
    long long int started_at;   /* ms since the epoch. */
};

/* A request that waits for the switch. */
struct question {
    struct ovs_list node;       /* In tm_metrics 'questions'. */
    struct tm_metrics *metrics;
    struct tm_http_request *request;
    void (*reply)(struct question *, const struct tm_stats *);
};

static void
handle_stats(const struct tm_stats *stats, void *question_)
{
    struct question *q = question_;

    q->reply(q, stats);
    ovs_list_remove(&q->node);
    free(q);
}

static void
ask(struct tm_metrics *m, struct tm_http_request *request,
    void (*reply)(struct question *, const struct tm_stats *))
{
    struct question *q = xmalloc(sizeof *q);

    q->metrics = m;
    q->request = request;
    q->reply = reply;
    ovs_list_push_back(&m->questions, &q->node);
    tm_stats_ask(m->loop, MAX_AGE_MS, handle_stats, q);
}

static void
reply_metrics(struct question *q, const struct tm_stats *stats)
{
    struct ds body = DS_EMPTY_INITIALIZER;
    struct tm_http_counters http;

    tm_http_get_counters(q->metrics->http, &http);
    tm_metrics_format(q->metrics->loop, stats, &http, q->metrics->started_at,
                      &body);
    tm_http_reply(q->request, 200, PROMETHEUS, &body);
    ds_destroy(&body);
}

static void
handle_metrics(struct tm_http_request *request, void *metrics)
{
    ask(metrics, request, reply_metrics);
}

static void
reply_json(struct question *q, const struct tm_stats *stats)
{
    struct ds body = DS_EMPTY_INITIALIZER;

    tm_stats_to_json(stats, &body);
    tm_http_reply(q->request, 200, JSON, &body);
    ds_destroy(&body);
}

static void
handle_json(struct tm_http_request *request, void *metrics)
{
    ask(metrics, request, reply_json);
}

static void
reply_text(struct tm_http_request *request, int code, const char *text)
{
    struct ds body = DS_EMPTY_INITIALIZER;

    ds_put_format(&body, "%s\n", text);
    tm_http_reply(request, code, TEXT, &body);
    ds_destroy(&body);
}

static void
handle_health(struct tm_http_request *request, void *metrics OVS_UNUSED)
{
    reply_text(request, 200, "ok");
}

/* What is missing to be ready, or NULL. */
static const char *
why_not_ready(const struct tm_loop *loop)
{
    if (loop->phase != TM_RUNNING) {
        return "the daemon is exiting";
    } else if (!tm_ports_is_ready(loop->ports)) {
        return "the Open_vSwitch database is not here yet";
    } else if (!tm_store_is_ready(loop->store)) {
        return "the Traffic_Mirror database is not here yet";
    } else if (!tm_ports_node(loop->ports)->has_bridge) {
        return "there is no integration bridge";
    } else if (!tm_switch_is_ready(loop->sw)) {
        return "the bridge does not answer on OpenFlow";
    }
    return (tm_loop_is_settled(loop) ? NULL
            : "the switch has not confirmed the newest flows");
}

static void
handle_ready(struct tm_http_request *request, void *metrics_)
{
    const struct tm_metrics *m = metrics_;
    const char *why_not = why_not_ready(m->loop);

    reply_text(request, why_not ? 503 : 200, why_not ? why_not : "ok");
}

static const struct tm_http_route routes[] = {
    { "/metrics", handle_metrics },
    { "/stats", handle_json },
    { "/healthz", handle_health },
    { "/readyz", handle_ready },
};

/* Where others find the server: a wildcard is no address to go to. */
static char *
public_address(const char *address)
{
    const char *port = strrchr(address, ':');
    char hostname[256] = "";

    if (strncmp(address, "0.0.0.0:", 8) && strncmp(address, "[::]:", 5)) {
        return xstrdup(address);
    }
    gethostname(hostname, sizeof hostname - 1);
    return xasprintf("%s%s", hostname, port);
}

char *
tm_metrics_create(struct tm_loop *loop, const char *address,
                  struct tm_metrics **mp)
{
    struct tm_metrics *m = xzalloc(sizeof *m);
    char *error;

    m->loop = loop;
    m->started_at = time_wall_msec();
    ovs_list_init(&m->questions);
    error = tm_http_create(address, routes, ARRAY_SIZE(routes), m, &m->http);
    if (error) {
        char *line = xasprintf("--metrics %s: %s", address, error);

        free(error);
        free(m);
        *mp = NULL;
        return line;
    }
    free(loop->metrics);
    loop->metrics = public_address(tm_http_address(m->http));
    VLOG_INFO("metrics are at http://%s/metrics", tm_http_address(m->http));
    *mp = m;
    return NULL;
}

void
tm_metrics_destroy(struct tm_metrics *m)
{
    if (m) {
        struct question *q;

        LIST_FOR_EACH_POP (q, node, &m->questions) {
            tm_stats_forget(m->loop, q);
            tm_http_abandon(q->request);
            free(q);
        }
        tm_http_destroy(m->http);
        free(m);
    }
}

void
tm_metrics_run(struct tm_metrics *m)
{
    if (m) {
        tm_http_run(m->http);
    }
}

void
tm_metrics_wait(struct tm_metrics *m)
{
    if (m) {
        tm_http_wait(m->http);
    }
}
