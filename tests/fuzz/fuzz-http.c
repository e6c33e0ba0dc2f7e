/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-http.c
 *
 * What a client may send to the daemon's HTTP server (plugin/report/http.h),
 * over a real connection on the loopback.
 *
 * The first byte of the input says how the client behaves and when its answer
 * is ready; the rest is what it sends.  Whatever that is, the server goes on,
 * an answer is one in form, and no connection stays. */

#include <config.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fatal-signal.h"
#include "openvswitch/dynamic-string.h"
#include "plugin/report/http.h"
#include "socket-util.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

/* The first byte. */
#define FUZZ_PIECES     0x0f    /* It is sent in so many pieces more. */
#define FUZZ_LATE       0x10    /* The answer comes in a later turn... */
#define FUZZ_NEVER      0x20    /* ...or the server ends before that. */
#define FUZZ_HALF       0x40    /* The client says that it is through. */
#define FUZZ_GONE       0x80    /* The client is gone before the answer. */

/* Turns in which all that can happen has happened. */
#define TURNS 8

#define BODY "ok\n"

struct server {
    struct tm_http *http;
    struct tm_http_request *open;   /* Waits for its answer. */
    bool late;
};

static void
reply(struct tm_http_request *request)
{
    struct ds body = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&body, BODY);
    tm_http_reply(request, 200, "text/plain; charset=utf-8", &body);
    ds_destroy(&body);
}

static void
handle_now(struct tm_http_request *request, void *server OVS_UNUSED)
{
    reply(request);
}

static void
handle_late(struct tm_http_request *request, void *server_)
{
    struct server *server = server_;

    /* A connection has one request. */
    ovs_assert(!server->open);
    if (server->late) {
        server->open = request;
    } else {
        reply(request);
    }
}

static const struct tm_http_route routes[] = {
    { "/healthz", handle_now },
    { "/metrics", handle_late },
};

static int
connect_to(const struct server *server)
{
    struct sockaddr_storage ss;
    const struct linger at_once = { 1, 0 };
    int fd;

    ovs_assert(inet_parse_active(tm_http_address(server->http), -1, &ss,
                                 false, NULL));
    fd = socket(AF_INET, SOCK_STREAM, 0);
    ovs_assert(fd >= 0);
    ovs_assert(!connect(fd, ALIGNED_CAST(struct sockaddr *, &ss),
                        sizeof(struct sockaddr_in)));
    xset_nonblocking(fd);
    /* Thousands a second must not use up the ports. */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return fd;
}

static void
run_turns(const struct server *server)
{
    for (int i = 0; i < TURNS; i++) {
        tm_http_run(server->http);
    }
}

static void
send_pieces(const struct server *server, int fd, const uint8_t *data,
            size_t size, size_t n)
{
    size_t piece = size / n + 1;

    while (size) {
        size_t chunk = MIN(size, piece);
        ssize_t sent = send(fd, data, chunk, MSG_NOSIGNAL);

        run_turns(server);
        if (sent <= 0) {
            /* The server has heard enough. */
            break;
        }
        data += sent;
        size -= sent;
    }
}

static void
receive(int fd, struct ds *answer)
{
    char buf[4096];
    ssize_t n;

    while ((n = recv(fd, buf, sizeof buf, 0)) > 0) {
        ds_put_buffer(answer, buf, n);
    }
}

static void
check_answer(struct ds *answer)
{
    const char *s = ds_cstr(answer);
    const char *body = strstr(s, "\r\n\r\n");
    int major, minor, code;

    /* An old client gets the contents of an error without a head. */
    if (!answer->length || !body || strncmp(s, "HTTP/", 5)) {
        return;
    }
    /* libevent answers in the version that it was asked in. */
    ovs_assert(ovs_scan(s, "HTTP/%d.%d %d ", &major, &minor, &code));
    ovs_assert((code >= 400 && code < 600) || code == 200 || code == 100);
    if (code == 200) {
        ovs_assert(!body[4] || !strcmp(body + 4, BODY));
        ovs_assert(strstr(s, "Content-Length: 3\r\n"));
    }
}

static void
talk(struct server *server, uint8_t how, const uint8_t *data, size_t size)
{
    struct ds answer = DS_EMPTY_INITIALIZER;
    struct tm_http_counters counters;
    int fd = connect_to(server);

    send_pieces(server, fd, data, size, (how & FUZZ_PIECES) + 1);
    if (how & FUZZ_HALF) {
        shutdown(fd, SHUT_WR);
    }
    if (how & FUZZ_GONE) {
        close(fd);
    }
    run_turns(server);
    if (how & FUZZ_NEVER) {
        goto exit;
    }
    if (server->open) {
        reply(server->open);
        server->open = NULL;
        run_turns(server);
    }
    if (!(how & FUZZ_GONE)) {
        receive(fd, &answer);
        check_answer(&answer);
        close(fd);
    }
    run_turns(server);
    tm_http_get_counters(server->http, &counters);
    ovs_assert(!counters.n_connections);
    ovs_assert(counters.ok + counters.client_errors <= 1);
    ovs_assert(!counters.server_errors && !counters.expired);
    how |= FUZZ_GONE;

exit:
    if (!(how & FUZZ_GONE)) {
        close(fd);
    }
    ds_destroy(&answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct server server = { .open = NULL };
    char *error;

    fuzz_init();
    fatal_ignore_sigpipe();      /* As the daemon does. */
    if (!size) {
        return 0;
    }
    server.late = *data & (FUZZ_LATE | FUZZ_NEVER);
    error = tm_http_create("0", routes, ARRAY_SIZE(routes), &server,
                           &server.http);
    ovs_assert(!error);
    talk(&server, *data, data + 1, size - 1);
    if (server.open) {
        tm_http_abandon(server.open);
    }
    tm_http_destroy(server.http);
    return 0;
}
