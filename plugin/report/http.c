/* SPDX-License-Identifier: Apache-2.0 */
/* http.c
 *
 * libevent's HTTP server, in turns.  The daemon blocks in one place only, the
 * poll loop of Open vSwitch; so tm_http_run() lets libevent do whatever can be
 * done without waiting, and tm_http_wait() tells the poll loop what libevent
 * waits for.
 *
 * libevent's own limit of time begins anew with every byte, so it is not used,
 * and it has none for the number of connections.  So the server holds a
 * reference on the bufferevent of each connection, with a deadline.  One that
 * is late has its socket shut down, which libevent sees as the client's doing.
 * One that libevent is done with has lost its callbacks; then the reference
 * goes.
 *
 * While there are as many connections as may be, none is accepted, and the one
 * that has said nothing for longest is shut down too: a crowd that is silent
 * keeps nobody waiting who has something to ask. */

#include <config.h>

#include "plugin/report/http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(http);

#define MAX_CONNECTIONS 64
#define MAX_HEAD 8192
#define MAX_BODY 1024
#define DEADLINE_MS 10000
#define BACKLOG 64

/* Rounds of libevent a turn: enough to take a request and to answer it. */
#define MAX_ROUNDS 4

struct connection {
    struct ovs_list node;       /* In tm_http 'connections', oldest first. */
    struct bufferevent *bev;
    long long int deadline;     /* msec. */
    bool asked;                 /* Its request is here. */
    bool shut;                  /* By us. */
};

struct tm_http {
    struct event_base *base;
    struct evhttp *evhttp;
    struct evconnlistener *listener;
    bool accepting;
    char *address;
    const struct tm_http_route *routes;
    size_t n_routes;
    void *aux;
    struct ovs_list connections;
    struct tm_http_counters counters;
};

/* The server's view of a request: libevent's, which has the server as the
 * argument of its callback only. */
struct tm_http_request {
    struct evhttp_request *req;
    struct tm_http *http;
};

/* ## Addresses ## */

/* Loopback if there is no address. */
static char *
parse_address(const char *address, struct sockaddr_storage *ss)
{
    const char *colon = strrchr(address, ':');
    const char *port = colon ? colon + 1 : address;
    char *full;
    bool ok;

    if (!*port || strspn(port, "0123456789") != strlen(port)
        || strlen(port) > 5 || atoi(port) > UINT16_MAX) {
        return xasprintf("\"%s\" is not [ADDR:]PORT with a port from 0 to "
                         "%d", address, UINT16_MAX);
    }
    full = colon ? xstrdup(address) : xasprintf("127.0.0.1:%s", port);
    /* A host's name would be looked up; an address has none of its letters. */
    ok = (strspn(full, "0123456789abcdefABCDEF.:[]") == strlen(full)
          && (full[0] == '[' || strchr(full, ':') == strrchr(full, ':'))
          && inet_parse_active(full, -1, ss, false, NULL));
    free(full);
    return (ok ? NULL
            : xasprintf("\"%s\" is not [ADDR:]PORT; ADDR is an IPv4 address, "
                        "or an IPv6 address in brackets", address));
}

char *
tm_http_check_address(const char *address)
{
    struct sockaddr_storage ss;

    return parse_address(address, &ss);
}

static char *
format_address(int fd)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    struct ds s = DS_EMPTY_INITIALIZER;

    if (getsockname(fd, (struct sockaddr *) &ss, &len)) {
        return xstrdup("?");
    }
    ss_format_address(&ss, &s);
    ds_put_format(&s, ":%"PRIu16, ss_get_port(&ss));
    return ds_steal_cstr(&s);
}

/* ## Connections ## */

/* Accepts connections as long as there are fewer than may be. */
static void
limit_accepting(struct tm_http *http)
{
    bool accepting = http->counters.n_connections < MAX_CONNECTIONS;

    if (accepting != http->accepting) {
        http->accepting = accepting;
        if (accepting) {
            evconnlistener_enable(http->listener);
        } else {
            evconnlistener_disable(http->listener);
        }
    }
}

/* libevent makes a connection, perhaps one of several that it accepts at a
 * time. */
static struct bufferevent *
make_bufferevent(struct event_base *base, void *http_)
{
    struct tm_http *http = http_;
    /* The descriptor must live as long as the bufferevent, which reads from it
     * until the reference goes: by then it could be another connection's. */
    struct bufferevent *bev = bufferevent_socket_new(base, -1,
                                                     BEV_OPT_CLOSE_ON_FREE);

    if (bev) {
        struct connection *c = xzalloc(sizeof *c);

        bufferevent_incref(bev);
        c->bev = bev;
        c->deadline = time_msec() + DEADLINE_MS;
        ovs_list_push_back(&http->connections, &c->node);
        http->counters.n_connections++;
        limit_accepting(http);
    }
    return bev;
}

static void
forget_connection(struct tm_http *http, struct connection *c)
{
    ovs_list_remove(&c->node);
    bufferevent_decref(c->bev);
    http->counters.n_connections--;
    free(c);
}

/* libevent takes its callbacks away when it is done with a connection. */
static bool
is_done(const struct connection *c)
{
    bufferevent_event_cb event_cb;

    bufferevent_getcb(c->bev, NULL, NULL, &event_cb, NULL);
    return !event_cb;
}

static void
shut_connection(struct connection *c)
{
    c->shut = true;
    shutdown(bufferevent_getfd(c->bev), SHUT_RDWR);
}

/* The oldest that has not asked yet goes. */
static void
make_room(struct tm_http *http)
{
    struct connection *c;

    LIST_FOR_EACH (c, node, &http->connections) {
        if (!c->asked) {
            if (!c->shut) {
                http->counters.displaced++;
                shut_connection(c);
            }
            break;
        }
    }
}

static void
run_connections(struct tm_http *http)
{
    struct connection *c;

    LIST_FOR_EACH_SAFE (c, node, &http->connections) {
        if (is_done(c)) {
            forget_connection(http, c);
        } else if (time_msec() >= c->deadline && !c->shut) {
            http->counters.expired++;
            shut_connection(c);
        }
    }
    if (http->counters.n_connections >= MAX_CONNECTIONS) {
        make_room(http);
    }
    limit_accepting(http);
}

/* ## Requests ## */

static void
count_reply(struct tm_http *http, int code)
{
    if (code >= 500) {
        http->counters.server_errors++;
    } else if (code >= 400) {
        http->counters.client_errors++;
    } else {
        http->counters.ok++;
    }
}

void
tm_http_reply(struct tm_http_request *r, int code, const char *type,
              const struct ds *body)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(r->req);
    struct evbuffer *buf = evbuffer_new();
    char length[INT_STRLEN(size_t) + 1];

    snprintf(length, sizeof length, "%"PRIuSIZE, body->length);
    evhttp_add_header(headers, "Content-Type", type);
    evhttp_add_header(headers, "Content-Length", length);
    /* libevent would add that it is kept open if the client asks for that. */
    evhttp_remove_header(evhttp_request_get_input_headers(r->req),
                         "Connection");
    evhttp_add_header(headers, "Connection", "close");
    if (evhttp_request_get_command(r->req) != EVHTTP_REQ_HEAD) {
        evbuffer_add(buf, body->string, body->length);
    }
    count_reply(r->http, code);
    evhttp_send_reply(r->req, code, NULL, buf);
    evbuffer_free(buf);
    free(r);
}

/* A client that hung up before its answer has left a request that belongs to
 * nobody but us. */
void
tm_http_abandon(struct tm_http_request *r)
{
    if (!evhttp_request_get_connection(r->req)) {
        evhttp_request_free(r->req);
    }
    free(r);
}

static void
reply_error(struct tm_http_request *r, int code, const char *text)
{
    struct ds body = DS_EMPTY_INITIALIZER;

    ds_put_format(&body, "%s\n", text);
    if (code == HTTP_BADMETHOD) {
        evhttp_add_header(evhttp_request_get_output_headers(r->req), "Allow",
                          "GET, HEAD");
    }
    tm_http_reply(r, code, "text/plain; charset=utf-8", &body);
    ds_destroy(&body);
}

static void
note_request(struct tm_http *http, struct evhttp_request *req)
{
    const struct bufferevent *bev = evhttp_connection_get_bufferevent(
        evhttp_request_get_connection(req));
    struct connection *c;

    LIST_FOR_EACH (c, node, &http->connections) {
        if (c->bev == bev) {
            c->asked = true;
        }
    }
}

static void
handle_request(struct evhttp_request *req, void *http_)
{
    struct tm_http *http = http_;
    struct tm_http_request *r = xmalloc(sizeof *r);
    enum evhttp_cmd_type command = evhttp_request_get_command(req);
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;

    r->req = req;
    r->http = http;
    note_request(http, req);
    if (command != EVHTTP_REQ_GET && command != EVHTTP_REQ_HEAD) {
        reply_error(r, HTTP_BADMETHOD, "allowed are GET and HEAD");
        return;
    }
    for (size_t i = 0; path && i < http->n_routes; i++) {
        if (!strcmp(path, http->routes[i].path)) {
            http->routes[i].handle(r, http->aux);
            return;
        }
    }
    reply_error(r, HTTP_NOTFOUND, "there is nothing here");
}

/* ## Life ## */

static void
log_libevent(int severity, const char *text)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 6);

    /* What a client does is no matter for the operator. */
    VLOG_RL(&rl, severity == EVENT_LOG_ERR ? VLL_ERR : VLL_DBG, "%s", text);
}

static char *
listen_at(struct tm_http *http, const struct sockaddr_storage *ss)
{
    const unsigned int flags = (LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE
                                | LEV_OPT_CLOSE_ON_EXEC);

    http->listener = evconnlistener_new_bind(
        http->base, NULL, NULL, flags, BACKLOG,
        ALIGNED_CAST(const struct sockaddr *, ss), ss_length(ss));
    if (!http->listener) {
        return xasprintf("cannot listen: %s", ovs_strerror(errno));
    }
    http->address = format_address(evconnlistener_get_fd(http->listener));
    evhttp_bind_listener(http->evhttp, http->listener);
    http->accepting = true;
    return NULL;
}

static struct tm_http *
make_server(const struct tm_http_route *routes, size_t n_routes, void *aux)
{
    struct tm_http *http = xzalloc(sizeof *http);

    event_set_log_callback(log_libevent);
    ovs_list_init(&http->connections);
    http->routes = routes;
    http->n_routes = n_routes;
    http->aux = aux;
    http->base = event_base_new();
    http->evhttp = evhttp_new(http->base);
    evhttp_set_bevcb(http->evhttp, make_bufferevent, http);
    evhttp_set_gencb(http->evhttp, handle_request, http);
    evhttp_set_max_headers_size(http->evhttp, MAX_HEAD);
    evhttp_set_max_body_size(http->evhttp, MAX_BODY);
    /* All, so that the answer to the others is ours. */
    evhttp_set_allowed_methods(http->evhttp, UINT16_MAX);
    return http;
}

char *
tm_http_create(const char *address, const struct tm_http_route *routes,
               size_t n_routes, void *aux, struct tm_http **httpp)
{
    struct sockaddr_storage ss;
    char *error = parse_address(address, &ss);

    *httpp = NULL;
    if (!error) {
        struct tm_http *http = make_server(routes, n_routes, aux);

        error = listen_at(http, &ss);
        if (error) {
            tm_http_destroy(http);
        } else {
            *httpp = http;
        }
    }
    return error;
}

void
tm_http_destroy(struct tm_http *http)
{
    if (http) {
        struct connection *c;

        evhttp_free(http->evhttp);
        LIST_FOR_EACH_SAFE (c, node, &http->connections) {
            forget_connection(http, c);
        }
        event_base_loop(http->base, EVLOOP_NONBLOCK);
        event_base_free(http->base);
        free(http->address);
        free(http);
    }
}

const char *
tm_http_address(const struct tm_http *http)
{
    return http->address;
}

void
tm_http_get_counters(const struct tm_http *http, struct tm_http_counters *c)
{
    *c = http->counters;
}

/* ## Run and wait ## */

void
tm_http_run(struct tm_http *http)
{
    for (int i = 0; i < MAX_ROUNDS; i++) {
        event_base_loop(http->base, EVLOOP_NONBLOCK);
    }
    run_connections(http);
}

/* Tells the poll loop what one event waits for. */
static int
wait_for_event(const struct event_base *base OVS_UNUSED,
               const struct event *event, void *aux OVS_UNUSED)
{
    int pending = event_pending(event, EV_READ | EV_WRITE, NULL);
    int fd = event_get_fd(event);

    if (fd >= 0 && pending) {
        poll_fd_wait(fd, ((pending & EV_READ ? POLLIN : 0)
                          | (pending & EV_WRITE ? POLLOUT : 0)));
    }
    return 0;
}

void
tm_http_wait(struct tm_http *http)
{
    struct connection *c;

    event_base_foreach_event(http->base, wait_for_event, NULL);
    if (event_base_get_num_events(http->base, EVENT_BASE_COUNT_ACTIVE)) {
        poll_immediate_wake();
    }
    LIST_FOR_EACH (c, node, &http->connections) {
        if (is_done(c)) {
            poll_immediate_wake();
        } else if (!c->shut) {
            poll_timer_wait_until(c->deadline);
        }
    }
}
