/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-db.c
 *
 * The database as a whole: whether a server has it, and how it gets it.
 *
 * A client of a database that the server does not have would wait forever for
 * it, so tmirror-ctl asks for the list of databases first.  A server on the
 * same machine is given the database by 'init': a file made by ovsdb-tool from
 * the schema that is part of this program, and a word to the server by its
 * control socket.  Everywhere else that is the job of whoever runs the server.
 *
 * Two 'init' at the same time, or one that was interrupted, do no harm: a file
 * that is there is used, and what counts in the end is that the server has the
 * database. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "ovsdb-session.h"
#include "socket-util.h"
#include "sset.h"
#include "svec.h"
#include "unixctl.h"
#include "util.h"
#include "utilities/ctl.h"
#include "utilities/ctl-schema.h"

/* Environment: the database's file, instead of the one in ovs_dbdir(). */
#define FILE_VARIABLE "TMIRROR_DB_FILE"
#define FILE_NAME "traffic-mirror.db"

/* Where ovsdb-tool may be, besides the caller's PATH. */
#define MORE_PATH "/usr/local/bin:/usr/bin:/bin"

/* The server's answer to "list_dbs" into 'dbs'. */
static void
read_list(const struct json *result, struct sset *dbs)
{
    if (result && result->type == JSON_ARRAY) {
        for (size_t i = 0; i < result->array.n; i++) {
            if (result->array.elems[i]->type == JSON_STRING) {
                sset_add(dbs, json_string(result->array.elems[i]));
            }
        }
    }
}

/* Asks once a connection; returns true when 'dbs' has the answer. */
static bool
ask_list(struct jsonrpc_session *session, unsigned int *seqno,
         struct sset *dbs)
{
    struct jsonrpc_msg *msg;
    bool done;

    if (jsonrpc_session_is_connected(session)
        && jsonrpc_session_get_seqno(session) != *seqno) {
        *seqno = jsonrpc_session_get_seqno(session);
        jsonrpc_session_send(session, jsonrpc_create_request(
                                 "list_dbs", json_array_create_empty(), NULL));
    }
    msg = jsonrpc_session_recv(session);
    done = msg && msg->type == JSONRPC_REPLY;
    if (done) {
        read_list(msg->result, dbs);
    }
    jsonrpc_msg_destroy(msg);
    return done;
}

char *
tm_ctl_db_list(const struct tm_ctl_options *options, struct sset *dbs)
{
    struct svec remotes = SVEC_EMPTY_INITIALIZER;
    struct jsonrpc_session *session;
    unsigned int seqno = 0;
    char *error = NULL;
    struct uuid cid;

    ovsdb_session_parse_remote(options->db, &remotes, &cid);
    if (!remotes.n) {
        svec_destroy(&remotes);
        return xasprintf("\"%s\" is no database", options->db);
    }
    session = jsonrpc_session_open_multiple(&remotes, options->retry);
    svec_destroy(&remotes);

    for (;;) {
        jsonrpc_session_run(session);
        if (!jsonrpc_session_is_alive(session)) {
            int retval = jsonrpc_session_get_last_error(session);

            error = xasprintf("%s: database connection failed (%s)",
                              options->db, ovs_retval_to_string(retval));
            break;
        }
        if (ask_list(session, &seqno, dbs)) {
            break;
        }
        jsonrpc_session_wait(session);
        jsonrpc_session_recv_wait(session);
        poll_block();
    }
    jsonrpc_session_close(session);
    return error;
}

/* Reads 'fd' to its end; returns the first line, malloc()ed. */
static char *
read_line(int fd)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    char buf[512];
    ssize_t n;

    while ((n = read(fd, buf, sizeof buf)) > 0
           || (n < 0 && errno == EINTR)) {
        if (n > 0) {
            ds_put_buffer(&s, buf, n);
        }
    }
    ds_truncate(&s, strcspn(ds_cstr(&s), "\n"));
    return ds_steal_cstr(&s);
}

/* Runs 'argv' and returns NULL or the first line that it printed, if it
 * failed. */
static char *
run_program(char *argv[])
{
    const char *path = getenv("PATH");
    char *new_path = xasprintf("%s%s%s", path ? path : "", path ? ":" : "",
                               MORE_PATH);
    posix_spawn_file_actions_t actions;
    int fds[2], status, error;
    char *line;
    pid_t pid;

    setenv("PATH", new_path, 1);
    free(new_path);
    if (pipe(fds)) {
        return xasprintf("pipe failed (%s)", ovs_strerror(errno));
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, fds[0]);
    posix_spawn_file_actions_addclose(&actions, fds[1]);
    error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);

    line = error ? xstrdup(ovs_strerror(error)) : read_line(fds[0]);
    close(fds[0]);
    if (!error) {
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
            continue;
        }
        if (WIFEXITED(status) && !WEXITSTATUS(status)) {
            free(line);
            return NULL;
        }
    }
    return line;
}

/* Writes the schema to new file 'path'. */
static char *
write_schema(const char *path)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
    size_t written;
    int error;

    if (fd < 0) {
        error = errno;
    } else {
        error = write_fully(fd, tm_ctl_schema, strlen(tm_ctl_schema),
                            &written);
        if (close(fd) && !error) {
            error = errno;
        }
    }
    return (error
            ? xasprintf("%s: cannot write (%s)", path, ovs_strerror(error))
            : NULL);
}

/* Makes 'file' an empty database, unless it exists.  The database is made in a
 * directory of its own beside it, so that nobody sees half of one. */
static char *
create_file(char *file)
{
    char *dir = xasprintf("%s.XXXXXX", file);
    char *error = NULL;

    if (!mkdtemp(dir)) {
        error = xasprintf("%s: cannot be created (%s)", file,
                          ovs_strerror(errno));
    } else {
        char *schema = xasprintf("%s/schema", dir);
        char *db = xasprintf("%s/db", dir);
        char *lock = xasprintf("%s/.db.~lock~", dir);

        error = write_schema(schema);
        if (!error) {
            char *argv[] = { CONST_CAST(char *, "ovsdb-tool"),
                             CONST_CAST(char *, "create"), db, schema, NULL };
            char *line = run_program(argv);

            if (line) {
                error = xasprintf("ovsdb-tool cannot create %s (%s)", file,
                                  line);
                free(line);
            } else if (link(db, file) && errno != EEXIST) {
                error = xasprintf("%s: cannot be created (%s)", file,
                                  ovs_strerror(errno));
            }
        }
        unlink(schema);
        unlink(db);
        unlink(lock);
        rmdir(dir);
        free(schema);
        free(db);
        free(lock);
    }
    free(dir);
    return error;
}

/* The path of the control socket of the server whose socket is 'path', or
 * NULL. */
static char *
control_socket(const char *path)
{
    char *absolute = abs_file_name(ovs_rundir(), path);
    char *dir = xstrdup(dirname(absolute));
    char *dirs[] = { dir, CONST_CAST(char *, ovs_rundir()) };
    char *result = NULL;

    free(absolute);
    for (size_t i = 0; i < ARRAY_SIZE(dirs) && !result; i++) {
        char *pidfile = xasprintf("%s/ovsdb-server.pid", dirs[i]);
        pid_t pid = access(pidfile, F_OK) ? -1 : read_pidfile(pidfile);

        if (pid > 0) {
            result = xasprintf("%s/ovsdb-server.%ld.ctl", dirs[i],
                               (long int) pid);
        }
        free(pidfile);
    }
    free(dir);
    return result;
}

/* Tells the server behind control socket 'ctl' to serve 'file'. */
static char *
add_to_server(const char *ctl, char *file)
{
    char *argv[] = { file };
    char *result = NULL, *refusal = NULL, *error = NULL;
    struct jsonrpc *client;
    int retval;

    retval = unixctl_client_create(ctl, &client);
    if (!retval) {
        retval = unixctl_client_transact(client, "ovsdb-server/add-db", 1,
                                         argv, &result, &refusal);
        jsonrpc_close(client);
    }
    if (retval) {
        error = xasprintf("%s: cannot talk to the database server (%s)", ctl,
                          ovs_retval_to_string(retval));
    } else if (refusal) {
        refusal[strcspn(refusal, "\n")] = '\0';
        error = xasprintf("the database server refuses %s (%s)", file,
                          refusal);
    }
    free(result);
    free(refusal);
    return error;
}

char *
tm_ctl_db_create(const char *remote)
{
    const char *name = tmrec_idl_class.database;
    const char *variable = getenv(FILE_VARIABLE);
    char *ctl, *file, *error = NULL;

    if (strncmp(remote, "unix:", 5) || strchr(remote, ',')) {
        return xasprintf("database %s is not served at %s, which is not a "
                         "server of this machine; run tmirror-ctl init there "
                         "(or ovsdb-tool create and ovsdb-server/add-db)",
                         name, remote);
    }
    ctl = control_socket(remote + 5);
    if (!ctl) {
        return xasprintf("database %s is not served at %s, and no "
                         "ovsdb-server.pid in %s tells where its server is "
                         "controlled; create the database with ovsdb-tool "
                         "and ovsdb-server/add-db", name, remote,
                         ovs_rundir());
    }
    file = (variable && *variable
            ? abs_file_name(NULL, variable)
            : xasprintf("%s/%s", ovs_dbdir(), FILE_NAME));
    if (access(file, F_OK)) {
        error = create_file(file);
    }
    if (!error) {
        struct tm_ctl_options options = { .db = remote };
        struct sset dbs = SSET_INITIALIZER(&dbs);
        char *refusal = add_to_server(ctl, file);

        error = tm_ctl_db_list(&options, &dbs);
        if (!error && !sset_contains(&dbs, name)) {
            error = refusal ? refusal : xasprintf("%s does not serve %s yet",
                                                  remote, name);
            refusal = NULL;
        }
        free(refusal);
        sset_destroy(&dbs);
    }
    free(file);
    free(ctl);
    return error;
}
