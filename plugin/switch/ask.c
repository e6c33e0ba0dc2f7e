/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c
 *
 * The socket is named after the process, which is found by its pidfile, where
 * ovs-appctl looks too.  A stream that is connected becomes a JSON-RPC
 * connection, which takes one request and gives one reply. */

#include <config.h>

#include "plugin/switch/ask.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

#define PROGRAM "ovs-vswitchd"

/* ovs-vswitchd may be busy with many flows, but an operator waits. */
#define ANSWER_MS 5000

struct tm_ask {
    struct jsonrpc_msg *request;    /* NULL once it is sent. */
    struct stream *stream;          /* Connecting, or NULL. */
    struct jsonrpc *rpc;            /* Connected, or NULL. */
    long long int deadline;         /* ms. */
    int status;                     /* errno, or EOF. */
};

static struct jsonrpc_msg *
make_request(const char *command, const char *const *args, size_t n_args)
{
    struct json *params = json_array_create_empty();

    for (size_t i = 0; i < n_args; i++) {
        json_array_add(params, json_string_create(args[i]));
    }
    return jsonrpc_create_request(command, params, NULL);
}

struct tm_ask *
tm_ask_create(const char *command, const char *const *args, size_t n_args)
{
    struct tm_ask *ask = xzalloc(sizeof *ask);
    char *pidfile = xasprintf("%s/%s.pid", ovs_rundir(), PROGRAM);
    pid_t pid = read_pidfile(pidfile);

    free(pidfile);
    ask->deadline = time_msec() + ANSWER_MS;
    ask->request = make_request(command, args, n_args);
    if (pid < 0) {
        ask->status = -pid;
    } else {
        char *name = xasprintf("unix:%s/%s.%ld.ctl", ovs_rundir(), PROGRAM,
                               (long int) pid);

        ask->status = stream_open(name, &ask->stream, DSCP_DEFAULT);
        if (ask->status == EAGAIN) {
            ask->status = 0;
        }
        free(name);
    }
    return ask;
}

void
tm_ask_destroy(struct tm_ask *ask)
{
    if (ask) {
        jsonrpc_msg_destroy(ask->request);
        stream_close(ask->stream);
        jsonrpc_close(ask->rpc);
        free(ask);
    }
}

static void
connect_and_send(struct tm_ask *ask)
{
    if (ask->stream) {
        int error;

        stream_run(ask->stream);
        error = stream_connect(ask->stream);
        if (!error) {
            ask->rpc = jsonrpc_open(ask->stream);
            ask->stream = NULL;
        } else if (error != EAGAIN) {
            ask->status = error;
        }
    }
    if (ask->rpc && ask->request) {
        ask->status = jsonrpc_send(ask->rpc, ask->request);
        ask->request = NULL;
    }
}

/* The string that 'json' is, as ovs-vswitchd's answers are. */
static char *
to_string(const struct json *json)
{
    return (json->type == JSON_STRING ? xstrdup(json_string(json))
            : json_to_string(json, 0));
}

/* Returns true if an answer has come. */
static bool
receive(struct tm_ask *ask, char **answer, char **error)
{
    struct jsonrpc_msg *msg = NULL;
    int status;

    jsonrpc_run(ask->rpc);
    status = jsonrpc_recv(ask->rpc, &msg);
    if (msg) {
        if (msg->type == JSONRPC_REPLY) {
            *answer = to_string(msg->result);
        } else if (msg->type == JSONRPC_ERROR) {
            *error = to_string(msg->error);
        } else {
            ask->status = EPROTO;
        }
        jsonrpc_msg_destroy(msg);
    } else if (status != EAGAIN) {
        ask->status = status;
    }
    return *answer || *error;
}

bool
tm_ask_run(struct tm_ask *ask, char **answer, char **error)
{
    *answer = *error = NULL;
    if (!ask->status) {
        connect_and_send(ask);
    }
    if (!ask->status && ask->rpc && receive(ask, answer, error)) {
        return true;
    }
    if (ask->status) {
        *error = xasprintf("cannot ask "PROGRAM": %s",
                           ovs_retval_to_string(ask->status));
    } else if (time_msec() >= ask->deadline) {
        *error = xasprintf(PROGRAM" did not answer within %d seconds",
                           ANSWER_MS / 1000);
    }
    return *error != NULL;
}

void
tm_ask_wait(const struct tm_ask *ask)
{
    if (ask->status) {
        poll_immediate_wake();
    } else if (ask->stream) {
        stream_run_wait(ask->stream);
        stream_connect_wait(ask->stream);
    } else if (ask->rpc) {
        jsonrpc_wait(ask->rpc);
        jsonrpc_recv_wait(ask->rpc);
    }
    poll_timer_wait_until(ask->deadline);
}
