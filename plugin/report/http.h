/* SPDX-License-Identifier: Apache-2.0 */
/* http.h
 *
 * Job.       A small HTTP server in the daemon's own loop, for who asks how
 *            the daemon is (RFC 9110, 9112).
 * Input.     Requests; untrusted.
 * Output.    What the handlers say.
 * Not here.  What there is to ask (metrics.h).
 * Ownership. A request belongs to the server; its handler keeps a pointer
 *            until it replies, which it must do once, now or later, or gives
 *            it up.
 * Failure.   An address that cannot be used: a malloc()ed line.  Later nothing
 *            that a client does is worth more than an error reply.
 *
 * A request is a GET or HEAD, its head is at most 8 kB, and it has 10 seconds
 * from its connection to the last byte of its answer.  There are at most 64
 * connections, each for one request; when there are as many, those that have
 * asked nothing yet make room, the oldest first. */

#ifndef PLUGIN_REPORT_HTTP_H
#define PLUGIN_REPORT_HTTP_H 1

#include <stddef.h>
#include <stdint.h>

struct ds;
struct tm_http;
struct tm_http_request;

struct tm_http_route {
    const char *path;
    void (*handle)(struct tm_http_request *, void *aux);
};

/* For the server's own metrics. */
struct tm_http_counters {
    uint64_t ok, client_errors, server_errors;  /* Replies: 2xx, 4xx, 5xx. */
    uint64_t expired;           /* Connections that took too long. */
    uint64_t displaced;         /* That made room before they had asked. */
    size_t n_connections;       /* That are open. */
};

/* Checks "[ADDR:]PORT" without using it: ADDR is an IPv4 address or an IPv6
 * address in brackets.  Returns NULL or a malloc()ed line. */
char *tm_http_check_address(const char *address);

/* Serves 'routes', which must outlive it, at 'address'; on the loopback if it
 * has no ADDR, at a port that the kernel chooses if PORT is 0. */
char *tm_http_create(const char *address, const struct tm_http_route *routes,
                     size_t n_routes, void *aux, struct tm_http **);
void tm_http_destroy(struct tm_http *);

/* Where it listens: "127.0.0.1:9300". */
const char *tm_http_address(const struct tm_http *);

void tm_http_run(struct tm_http *);
void tm_http_wait(struct tm_http *);

/* Replies with 'body' of media type 'type'. */
void tm_http_reply(struct tm_http_request *, int code, const char *type,
                   const struct ds *body);

/* There will be no reply: the server is about to be destroyed. */
void tm_http_abandon(struct tm_http_request *);

void tm_http_get_counters(const struct tm_http *, struct tm_http_counters *);

#endif /* plugin/report/http.h */
