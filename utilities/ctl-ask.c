/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-ask.c
 *
 * One event loop (libevent) for all: HTTP to the nodes that publish an
 * address, and JSON-RPC to the control socket of the daemon of this machine.
 * Each question ends by itself, with an answer or an error, or with the time
 * that there is for all of them together, so that one node that does not
 * answer costs no more than three seconds, and a hundred cost no more than
 * one. */

#include <config.h>

#include "utilities/ctl-ask.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "packets.h"
#include "socket-util.h"
#include "util.h"

/* For all questions together. */
#define LIMIT_S 3

/* Bytes of an answer.  A node with 1,000 sources in 3 sessions each has about
 * one million to say. */
#define MAX_ANSWER (16 * 1024 * 1024)
#define MAX_HEADERS 8192

#define DAEMON "tmirrord"
#define PATH "/stats"

/* A question under way. */
struct talk {
    struct tm_ask *ask;
    struct event_base *base;
    size_t *n_open;             /* Talks that have not ended. */
    bool ended;

    struct evhttp_connection *http;     /* With an address ... */
    struct bufferevent *unixctl;        /* ... or without. */
    struct json_parser *parser;
    size_t n_bytes;
};

/* ## Ends ## */

static void
end_talk(struct talk *talk)
{
    talk->ended = true;
    if (!--*talk->n_open) {
        event_base_loopbreak(talk->base);
    }
}

/* Takes 'error' over. */
static void
fail(struct talk *talk, char *error)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!talk->ended) {
        tm_line_to(error, &s);
        talk->ask->error = ds_steal_cstr(&s);
        end_talk(talk);
    }
    free(error);
}

/* 'text' is what the daemon said. */
static void
succeed(struct talk *talk, const char *text)
{
    struct json *json;

    if (talk->ended) {
        return;
    }
    json = json_from_string(text);
    if (json->type != JSON_OBJECT) {
        json_destroy(json);
        fail(talk, xstrdup("its answer cannot be understood"));
        return;
    }
    talk->ask->answer = json;
    end_talk(talk);
}

/* ## The daemon of this machine ## */

/* The path of its control socket, or NULL and '*errorp'. */
static char *
control_socket(char **errorp)
{
    char *pidfile = xasprintf("%s/"DAEMON".pid", ovs_rundir());
    char *path = NULL;

    if (access(pidfile, F_OK)) {
        *errorp = xstrdup("no "DAEMON" runs on this machine");
    } else {
        pid_t pid = read_pidfile(pidfile);

        if (pid > 0) {
            path = xasprintf("%s/"DAEMON".%ld.ctl", ovs_rundir(),
                             (long int) pid);
        } else if (pid == -ESRCH) {
            *errorp = xstrdup("no "DAEMON" runs on this machine");
        } else {
            *errorp = xasprintf("%s: %s", pidfile, ovs_strerror(-pid));
        }
    }
    free(pidfile);
    return path;
}

/* The whole reply is there. */
static void
take_reply(struct talk *talk)
{
    struct json *json = json_parser_finish(talk->parser);
    struct jsonrpc_msg *msg = NULL;
    char *error;

    talk->parser = NULL;
    if (json->type == JSON_STRING) {
        /* What is wrong with it. */
        json_destroy(json);
        fail(talk, xstrdup("its answer cannot be understood"));
        return;
    }
    error = jsonrpc_msg_from_json(json, &msg);
    if (error) {
        free(error);
        fail(talk, xstrdup("its answer cannot be understood"));
    } else if (msg->type == JSONRPC_REPLY && msg->result
               && msg->result->type == JSON_STRING) {
        succeed(talk, json_string(msg->result));
    } else if (msg->type == JSONRPC_ERROR && msg->error
               && msg->error->type == JSON_STRING) {
        char *text = xstrdup(json_string(msg->error));

        text[strcspn(text, "\n")] = '\0';
        fail(talk, text);
    } else {
        fail(talk, xstrdup("its answer cannot be understood"));
    }
    jsonrpc_msg_destroy(msg);
}

static void
read_unixctl(struct bufferevent *bev, void *talk_)
{
    struct evbuffer *in = bufferevent_get_input(bev);
    struct talk *talk = talk_;

    while (!talk->ended) {
        char buf[4096];
        int n = evbuffer_remove(in, buf, sizeof buf);

        if (n <= 0) {
            return;
        }
        talk->n_bytes += n;
        json_parser_feed(talk->parser, buf, n);
        if (json_parser_is_done(talk->parser)) {
            take_reply(talk);
        } else if (talk->n_bytes > MAX_ANSWER) {
            fail(talk, xstrdup("its answer is too long"));
        }
    }
}

static void
note_unixctl(struct bufferevent *bev, short int events, void *talk)
{
    if (events & BEV_EVENT_EOF) {
        read_unixctl(bev, talk);
        fail(talk, xstrdup("it closed the connection"));
    } else if (events & BEV_EVENT_ERROR) {
        fail(talk, xstrdup(ovs_strerror(EVUTIL_SOCKET_ERROR())));
    }
}

static void
start_unixctl(struct talk *talk)
{
    char *error = NULL;
    char *path = control_socket(&error);
    int fd = path ? make_unix_socket(SOCK_STREAM, true, NULL, path) : -1;

    if (!path) {
        fail(talk, error);
    } else if (fd < 0) {
        fail(talk, xasprintf("%s: %s", path, ovs_strerror(-fd)));
    } else {
        struct jsonrpc_msg *msg = jsonrpc_create_request(
            "stats/json", json_array_create_empty(), NULL);
        struct json *json = jsonrpc_msg_to_json(msg);
        char *text = json_to_string(json, 0);

        talk->parser = json_parser_create(0);
        talk->unixctl = bufferevent_socket_new(talk->base, fd,
                                               BEV_OPT_CLOSE_ON_FREE);
        bufferevent_setcb(talk->unixctl, read_unixctl, NULL, note_unixctl,
                          talk);
        bufferevent_write(talk->unixctl, text, strlen(text));
        bufferevent_enable(talk->unixctl, EV_READ | EV_WRITE);
        free(text);
        json_destroy(json);
    }
    free(path);
}

/* ## Nodes with an address ## */

static void
note_http_error(enum evhttp_request_error error, void *talk)
{
    switch (error) {
    case EVREQ_HTTP_TIMEOUT:
        /* The end of all tells. */
        break;
    case EVREQ_HTTP_EOF:
        fail(talk, xstrdup("it closed the connection"));
        break;
    case EVREQ_HTTP_DATA_TOO_LONG:
        fail(talk, xstrdup("its answer is too long"));
        break;
    case EVREQ_HTTP_INVALID_HEADER:
        fail(talk, xstrdup("it does not answer in HTTP"));
        break;
    case EVREQ_HTTP_BUFFER_ERROR:
    case EVREQ_HTTP_REQUEST_CANCEL:
    default:
        fail(talk, xstrdup("the connection broke"));
        break;
    }
}

static void
take_http(struct evhttp_request *request, void *talk_)
{
    struct talk *talk = talk_;
    int code = request ? evhttp_request_get_response_code(request) : 0;

    if (!code) {
        /* Unless note_http_error() knew better. */
        fail(talk, xstrdup("cannot be reached"));
        return;
    }

    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    size_t n = evbuffer_get_length(body);
    char *text = xmalloc(n + 1);
    evbuffer_remove(body, text, n);
    text[n] = '\0';
    if (code == HTTP_OK) {
        succeed(talk, text);
    } else {
        text[strcspn(text, "\r\n")] = '\0';
        fail(talk, xasprintf("HTTP status %d%s%.200s", code,
                             text[0] ? ": " : "", text));
    }
    free(text);
}

static void
start_http(struct talk *talk)
{
    const char *address = talk->ask->address;
    struct ds host = DS_EMPTY_INITIALIZER;
    struct evhttp_request *request;
    struct sockaddr_storage ss;

    /* Only numbers: a name server may take longer than all the nodes. */
    if (!inet_parse_active(address, -1, &ss, false, NULL)) {
        fail(talk, xasprintf("publishes \"%s\", which is no address",
                             address));
        return;
    }
    ss_format_address_nobracks(&ss, &host);
    talk->http = evhttp_connection_base_new(talk->base, NULL, ds_cstr(&host),
                                            ss_get_port(&ss));
    ds_destroy(&host);
    evhttp_connection_set_max_body_size(talk->http, MAX_ANSWER);
    evhttp_connection_set_max_headers_size(talk->http, MAX_HEADERS);
    evhttp_connection_set_retries(talk->http, 0);
    request = evhttp_request_new(take_http, talk);
    evhttp_request_set_error_cb(request, note_http_error);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Host",
                      address);
    evhttp_add_header(evhttp_request_get_output_headers(request),
                      "Connection", "close");
    if (evhttp_make_request(talk->http, request, EVHTTP_REQ_GET, PATH)) {
        fail(talk, xstrdup("cannot be reached"));
    }
}

/* ## All ## */

static void
be_quiet(int severity OVS_UNUSED, const char *message OVS_UNUSED)
{
}

static void
start_talk(struct talk *talk)
{
    if (talk->ask->address) {
        start_http(talk);
    } else {
        start_unixctl(talk);
    }
}

static void
talk_uninit(struct talk *talk)
{
    fail(talk, xasprintf("no answer in %d s", LIMIT_S));
    if (talk->http) {
        evhttp_connection_free(talk->http);
    }
    if (talk->unixctl) {
        bufferevent_free(talk->unixctl);
    }
    if (talk->parser) {
        json_parser_abort(talk->parser);
    }
}

void
tm_ask_all(struct tm_ask *asks, size_t n)
{
    struct timeval limit = { .tv_sec = LIMIT_S };
    struct talk *talks = xcalloc(n, sizeof *talks);
    size_t n_open = n;

    event_set_log_callback(be_quiet);
    struct event_base *base = event_base_new();
    if (!base) {
        out_of_memory();
    }
    for (size_t i = 0; i < n; i++) {
        talks[i].ask = &asks[i];
        talks[i].base = base;
        talks[i].n_open = &n_open;
        start_talk(&talks[i]);
    }
    if (n_open) {
        event_base_loopexit(base, &limit);
        event_base_dispatch(base);
    }
    for (size_t i = 0; i < n; i++) {
        talk_uninit(&talks[i]);
    }
    event_base_free(base);
    free(talks);
}

void
tm_ask_uninit(struct tm_ask *ask)
{
    json_destroy(ask->answer);
    free(ask->error);
}
