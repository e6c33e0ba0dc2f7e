/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-upgrade.c
 *
 * A database that an earlier release made lacks columns of this one.  Its
 * server converts it in place when it is given the newer schema
 * (ovsdb-server(7), "Schema Conversion"): what rows have stays, and clients
 * connect anew.  A schema of a later release is left as it is: this release
 * can do without what it does not know. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "ovsdb-session.h"
#include "svec.h"
#include "util.h"
#include "utilities/ctl.h"
#include "utilities/ctl-schema.h"

/* Sends 'method' once a connection until there is an answer, which is stored
 * in '*replyp'.  Consumes 'params'.  Returns NULL or a malloc()ed line. */
static char *
transact(const struct tm_ctl_options *options, const char *method,
         struct json *params, struct jsonrpc_msg **replyp)
{
    struct svec remotes = SVEC_EMPTY_INITIALIZER;
    struct jsonrpc_session *session;
    unsigned int seqno = 0;
    char *error = NULL;
    struct uuid cid;

    *replyp = NULL;
    ovsdb_session_parse_remote(options->db, &remotes, &cid);
    session = jsonrpc_session_open_multiple(&remotes, options->retry);
    svec_destroy(&remotes);
    while (!error && !*replyp) {
        struct jsonrpc_msg *msg;

        jsonrpc_session_run(session);
        if (!jsonrpc_session_is_alive(session)) {
            int retval = jsonrpc_session_get_last_error(session);

            error = xasprintf("%s: database connection failed (%s)",
                              options->db, ovs_retval_to_string(retval));
            break;
        }
        if (jsonrpc_session_is_connected(session)
            && jsonrpc_session_get_seqno(session) != seqno) {
            seqno = jsonrpc_session_get_seqno(session);
            jsonrpc_session_send(session, jsonrpc_create_request(
                                     method, json_clone(params), NULL));
        }
        msg = jsonrpc_session_recv(session);
        if (msg && (msg->type == JSONRPC_REPLY
                    || msg->type == JSONRPC_ERROR)) {
            *replyp = msg;
        } else if (msg) {
            jsonrpc_msg_destroy(msg);
        } else {
            jsonrpc_session_wait(session);
            jsonrpc_session_recv_wait(session);
            poll_block();
        }
    }
    jsonrpc_session_close(session);
    json_destroy(params);
    return error;
}

/* "1.10.0" is more than "1.9.9".  What is no version is less than any. */
static bool
is_later(const char *a, const char *b)
{
    unsigned int x[3] = { 0, 0, 0 }, y[3] = { 0, 0, 0 };

    ovs_scan(a, "%u.%u.%u", &x[0], &x[1], &x[2]);
    ovs_scan(b, "%u.%u.%u", &y[0], &y[1], &y[2]);
    for (size_t i = 0; i < ARRAY_SIZE(x); i++) {
        if (x[i] != y[i]) {
            return x[i] > y[i];
        }
    }
    return false;
}

/* The version of the database's schema, "" if it has none; malloc()ed.  NULL
 * and '*errorp' if it cannot be told. */
static char *
get_version(const struct tm_ctl_options *options, char **errorp)
{
    const char *name = tmrec_idl_class.database;
    const struct json *version = NULL;
    struct jsonrpc_msg *reply;
    char *result;

    *errorp = transact(options, "get_schema",
                       json_array_create_1(json_string_create(name)), &reply);
    if (*errorp) {
        return NULL;
    }
    if (reply->type == JSONRPC_REPLY && reply->result
        && reply->result->type == JSON_OBJECT) {
        version = shash_find_data(json_object(reply->result), "version");
    }
    result = xstrdup(version && version->type == JSON_STRING
                     ? json_string(version) : "");
    jsonrpc_msg_destroy(reply);
    return result;
}

static char *
convert(const struct tm_ctl_options *options, const char *version)
{
    const char *name = tmrec_idl_class.database;
    struct jsonrpc_msg *reply;
    char *error;

    error = transact(options, "convert",
                     json_array_create_2(json_string_create(name),
                                         json_from_string(tm_ctl_schema)),
                     &reply);
    if (error) {
        return error;
    }
    if (reply->type == JSONRPC_ERROR) {
        char *why = json_to_string(reply->error, 0);

        error = xasprintf("database %s has schema version %s, and its server "
                          "does not convert it to %s: %s", name,
                          version[0] ? version : "unknown",
                          tmrec_get_db_version(), why);
        free(why);
    }
    jsonrpc_msg_destroy(reply);
    return error;
}

char *
tm_ctl_db_upgrade(const struct tm_ctl_options *options)
{
    char *error;
    char *version = get_version(options, &error);

    if (version && is_later(tmrec_get_db_version(), version)) {
        error = convert(options, version);
    }
    free(version);
    return error;
}
