/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-run.c
 *
 * The life of a tmirror-ctl: look whether the server has the database, get its
 * contents, run all commands in one transaction, commit, print, and, if asked
 * to, wait until the nodes have applied it.
 *
 * A transaction that collides with another writer's is tried again on the new
 * contents: its commands run anew and may then be refused.  A violated
 * constraint is treated alike, but only if news arrive soon: it may come from
 * a row that the server has and we have not seen yet (a node that makes the
 * row of an ENI), or from our own doing, in which case there are no news. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/store/audit.h"
#include "lib/store/status.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-data.h"
#include "ovsdb-idl.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "sset.h"
#include "timeval.h"
#include "utilities/ctl.h"

VLOG_DEFINE_THIS_MODULE(ctl_run);

/* Limits for trying again after a violated constraint. */
#define CONSTRAINT_RETRIES 3
#define CONSTRAINT_NEWS_MS 1000

/* What stays the same from try to try. */
struct run {
    const struct tm_ctl_options *options;
    const char *args;
    struct ctl_command *commands;
    size_t n_commands;
    struct ovsdb_idl *idl;
    int constraint_retries;
    int64_t nb_cfg;             /* To wait for, once committed. */
    bool served;                /* The server was given the database. */
};

static bool
is_init(const struct ctl_command *c)
{
    return !strcmp(c->syntax->name, "init");
}

static bool
has_init(const struct run *run)
{
    for (size_t i = 0; i < run->n_commands; i++) {
        if (is_init(&run->commands[i])) {
            return true;
        }
    }
    return false;
}

/* Returns false if there is nothing left to do. */
static bool
check_database(struct run *run)
{
    const char *name = tmrec_idl_class.database;
    struct sset dbs = SSET_INITIALIZER(&dbs);
    char *error = tm_ctl_db_list(run->options, &dbs);
    bool served = sset_contains(&dbs, name);

    sset_destroy(&dbs);
    if (error) {
        tm_ctl_fail(error);
    }
    if (served) {
        if (has_init(run) && !run->options->dry_run) {
            error = tm_ctl_db_upgrade(run->options);
            if (error) {
                tm_ctl_fail(error);
            }
        }
        return true;
    }
    if (!has_init(run)) {
        tm_ctl_fail(xasprintf("database %s is not served at %s; run "
                              "tmirror-ctl init", name, run->options->db));
    }
    if (run->options->dry_run) {
        return false;
    }
    error = tm_ctl_db_create(run->options->db);
    if (error) {
        tm_ctl_fail(error);
    }
    run->served = true;
    return true;
}

static void
run_prerequisites(struct run *run)
{
    for (size_t i = 0; i < run->n_commands; i++) {
        struct ctl_command *c = &run->commands[i];
        struct tm_ctl_context ctx;

        if (!c->syntax->prerequisites) {
            continue;
        }
        memset(&ctx, 0, sizeof ctx);
        ds_init(&c->output);
        c->table = NULL;
        ctl_context_init(&ctx.base, c, run->idl, NULL, NULL, NULL);
        c->syntax->prerequisites(&ctx.base);
        if (ctx.base.error) {
            tm_ctl_fail(ctx.base.error);
        }
        ctl_context_done(&ctx.base, c);
        ds_destroy(&c->output);
    }
}

/* Called when a command wrote past the change: its model is stale. */
static void
invalidate_change(struct ctl_context *base)
{
    struct tm_ctl_context *ctx = CONTAINER_OF(base, struct tm_ctl_context,
                                              base);

    if (ctx->has_change) {
        tm_change_uninit(&ctx->change);
        ctx->has_change = false;
    }
}

struct tm_change *
tm_ctl_change(struct ctl_context *base)
{
    struct tm_ctl_context *ctx = CONTAINER_OF(base, struct tm_ctl_context,
                                              base);

    if (!ctx->has_change) {
        tm_change_init(&ctx->change, base->idl, base->txn, time_wall_msec());
        ctx->has_change = true;
    }
    return &ctx->change;
}

/* A symbolic name that was used must belong to a row that was made. */
static void
check_symbols(const struct ovsdb_symbol_table *symtab)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &symtab->sh) {
        const struct ovsdb_symbol *symbol = node->data;

        if (!symbol->created) {
            tm_ctl_fail(xasprintf("row id \"%s\" is used but no command "
                                  "creates it with --id=%s", node->name,
                                  node->name));
        }
        if (!symbol->strong_ref) {
            VLOG_WARN("row \"%s\" was created but nothing refers to it, so "
                      "the database will not keep it", node->name);
        }
    }
}

/* Runs all commands in 'txn'.  Returns false if one wants to be tried again
 * later. */
static bool
run_commands(struct run *run, struct ovsdb_idl_txn *txn,
             struct ovsdb_symbol_table *symtab)
{
    struct tm_ctl_context ctx;
    bool again = false;

    memset(&ctx, 0, sizeof ctx);
    ctl_context_init(&ctx.base, NULL, run->idl, txn, symtab,
                     invalidate_change);

    for (size_t i = 0; i < run->n_commands && !again; i++) {
        struct ctl_command *c = &run->commands[i];

        /* Never "last": the updates that are allowed then are in no row, and
         * so in no audit. */
        ctl_context_init_command(&ctx.base, c, false);
        if (c->syntax->run) {
            c->syntax->run(&ctx.base);
        }
        if (ctx.base.error) {
            tm_ctl_fail(ctx.base.error);
        }
        ctl_context_done_command(&ctx.base, c);
        again = ctx.base.try_again;
    }
    if (!again && run->options->wait_agents) {
        char *error = tm_change_bump(tm_ctl_change(&ctx.base));

        if (error) {
            tm_ctl_fail(error);
        }
    }
    ctl_context_done(&ctx.base, NULL);
    return !again;
}

static void
run_postprocess(struct run *run, struct ovsdb_idl_txn *txn,
                struct ovsdb_symbol_table *symtab)
{
    for (size_t i = 0; i < run->n_commands; i++) {
        struct ctl_command *c = &run->commands[i];
        struct tm_ctl_context ctx;

        if (!c->syntax->postprocess) {
            continue;
        }
        memset(&ctx, 0, sizeof ctx);
        ctl_context_init(&ctx.base, c, run->idl, txn, symtab,
                         invalidate_change);
        c->syntax->postprocess(&ctx.base);
        if (ctx.base.error) {
            tm_ctl_fail(ctx.base.error);
        }
        ctl_context_done(&ctx.base, c);
    }
}

/* Waits a moment for contents that differ from those at 'seqno'. */
static bool
news_arrive(struct ovsdb_idl *idl, unsigned int seqno)
{
    long long int deadline = time_msec() + CONSTRAINT_NEWS_MS;

    for (;;) {
        ovsdb_idl_run(idl);
        if (ovsdb_idl_get_seqno(idl) != seqno) {
            return true;
        }
        if (!ovsdb_idl_is_alive(idl) || time_msec() >= deadline) {
            return false;
        }
        ovsdb_idl_wait(idl);
        poll_timer_wait_until(deadline);
        poll_block();
    }
}

/* Returns true if the transaction is in the database (or had nothing to
 * change), false if it must be tried again.  'seqno' is what it was based on.
 */
static bool
commit(struct run *run, struct ovsdb_idl_txn *txn, unsigned int seqno)
{
    enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit_block(txn);

    switch (status) {
    case TXN_UNCHANGED:
    case TXN_SUCCESS:
        if (run->options->wait_agents && !run->options->dry_run) {
            run->nb_cfg = ovsdb_idl_txn_get_increment_new_value(txn);
        }
        return true;

    case TXN_TRY_AGAIN:
        return false;

    case TXN_ERROR:
        if (strstr(ovsdb_idl_txn_get_error(txn), "constraint violation")
            && run->constraint_retries++ < CONSTRAINT_RETRIES
            && news_arrive(run->idl, seqno)) {
            return false;
        }
        tm_ctl_fail(xasprintf("transaction error: %s",
                              ovsdb_idl_txn_get_error(txn)));

    case TXN_UNCOMMITTED:
    case TXN_INCOMPLETE:
    case TXN_ABORTED:
    case TXN_NOT_LOCKED:
    default:
        /* We neither abort a transaction nor lock, and the call blocks. */
        OVS_NOT_REACHED();
    }
}

/* Prints 's' as one line. */
static void
print_oneline(struct ds *s)
{
    ds_chomp(s, '\n');
    for (size_t i = 0; i < s->length; i++) {
        if (s->string[i] == '\n') {
            fputs("\\n", stdout);
        } else if (s->string[i] == '\\') {
            fputs("\\\\", stdout);
        } else {
            putchar(s->string[i]);
        }
    }
    putchar('\n');
}

static void
print_text(const struct run *run, struct ds *s)
{
    if (run->options->oneline) {
        print_oneline(s);
    } else {
        fputs(ds_cstr(s), stdout);
    }
}

/* Our own lists are tables unless -f says otherwise; those of the commands of
 * db-ctl-base are lists, as in ovs-vsctl. */
static void
print_table(const struct run *run, const struct ctl_command *c)
{
    struct table_style style = run->options->style;

    if (!run->options->format_given && strcmp(c->syntax->name, "list")
        && strcmp(c->syntax->name, "find")) {
        style.format = TF_TABLE;
    }
    table_print(c->table, &style);
}

static void
clear_output(struct run *run, bool print)
{
    for (size_t i = 0; i < run->n_commands; i++) {
        struct ctl_command *c = &run->commands[i];

        if (print) {
            if (c->table) {
                print_table(run, c);
            } else {
                print_text(run, &c->output);
            }
        }
        ds_destroy(&c->output);
        table_destroy(c->table);
        free(c->table);
        c->table = NULL;
    }
    fflush(stdout);
}

/* Puts into 'txn' who changes what.  Returns it as a line for the system log,
 * or NULL if it changes nothing. */
static char *
put_audit(const struct run *run, struct ovsdb_idl_txn *txn,
          struct tm_audit *audit)
{
    char *changes = tm_audit_changes(audit);
    bool any = *changes;
    char *line;

    if (run->served) {
        char *rest = changes;

        changes = xasprintf("serve database %s%s%s", tmrec_idl_class.database,
                            any ? "; " : "", rest);
        any = true;
        free(rest);
    }
    line = tm_ctl_audit_line(run->args, changes);
    free(changes);
    ovsdb_idl_txn_add_comment(txn, "%s", line);
    if (any && !run->options->dry_run) {
        return line;
    }
    free(line);
    return NULL;
}

/* Returns true if the transaction is done. */
static bool
run_transaction(struct run *run)
{
    struct ovsdb_symbol_table *symtab = ovsdb_symbol_table_create();
    struct ovsdb_idl_txn *txn = ovsdb_idl_txn_create(run->idl);
    struct tm_audit *audit = tm_audit_begin(run->idl);
    struct tm_ctl_effect *effect = (run->options->explain
                                    ? tm_ctl_effect_create(run->idl) : NULL);
    struct ds explanation = DS_EMPTY_INITIALIZER;
    unsigned int seqno = ovsdb_idl_get_seqno(run->idl);
    char *line = NULL;
    bool done;

    if (run->options->dry_run) {
        ovsdb_idl_txn_set_dry_run(txn);
    }
    for (size_t i = 0; i < run->n_commands; i++) {
        ds_init(&run->commands[i].output);
        run->commands[i].table = NULL;
    }

    done = run_commands(run, txn, symtab);
    if (done) {
        check_symbols(symtab);
        if (effect) {
            tm_ctl_effect_put(effect, run->idl, &explanation);
        }
        line = put_audit(run, txn, audit);
        done = commit(run, txn, seqno);
        if (done) {
            tm_ctl_audit_log(line);
            run_postprocess(run, txn, symtab);
        }
    } else {
        ovsdb_idl_txn_abort(txn);
    }
    free(line);
    tm_audit_destroy(audit);
    ovsdb_idl_txn_destroy(txn);
    ovsdb_symbol_table_destroy(symtab);
    clear_output(run, done);
    if (effect && done) {
        print_text(run, &explanation);
        fflush(stdout);
    }
    tm_ctl_effect_destroy(effect);
    ds_destroy(&explanation);
    return done;
}

/* Runs 'idl' and fails if it lost its server. */
static void
run_idl(const struct run *run)
{
    ovsdb_idl_run(run->idl);
    if (!ovsdb_idl_is_alive(run->idl)) {
        int error = ovsdb_idl_get_last_error(run->idl);

        tm_ctl_fail(xasprintf("%s: database connection failed (%s)",
                              run->options->db, ovs_retval_to_string(error)));
    }
}

static void
wait_for_agents(const struct run *run)
{
    for (;;) {
        int64_t now = time_wall_msec();
        int64_t recheck;

        run_idl(run);
        if (tm_status_is_applied(run->idl, run->nb_cfg, now, &recheck)) {
            return;
        }
        ovsdb_idl_wait(run->idl);
        poll_timer_wait(recheck - now + 1);
        poll_block();
    }
}

void
tm_ctl_run(const struct tm_ctl_options *options, const char *args,
           struct ctl_command *commands, size_t n_commands)
{
    struct run run = {
        .options = options,
        .args = args,
        .commands = commands,
        .n_commands = n_commands,
        .nb_cfg = -1,
    };
    unsigned int seqno;

    if (!check_database(&run)) {
        return;
    }
    run.idl = ovsdb_idl_create_unconnected(&tmrec_idl_class, false);
    ovsdb_idl_set_shuffle_remotes(run.idl, options->shuffle_remotes);
    ovsdb_idl_set_remote(run.idl, options->db, options->retry);
    ovsdb_idl_set_leader_only(run.idl, options->leader_only);
    ovsdb_idl_set_db_change_aware(run.idl, false);
    run_prerequisites(&run);
    if (ctl_might_write_to_db(commands, n_commands)) {
        tm_audit_monitor(run.idl);
    }
    if (options->wait_agents || options->explain) {
        tm_change_monitor(run.idl);
        tm_status_monitor(run.idl);
    }

    /* There is no point in a second try on the same contents. */
    seqno = ovsdb_idl_get_seqno(run.idl);
    for (;;) {
        run_idl(&run);
        if (seqno != ovsdb_idl_get_seqno(run.idl)) {
            seqno = ovsdb_idl_get_seqno(run.idl);
            if (run_transaction(&run)) {
                break;
            }
        }
        if (seqno == ovsdb_idl_get_seqno(run.idl)) {
            ovsdb_idl_wait(run.idl);
            poll_block();
        }
    }
    if (run.nb_cfg >= 0) {
        wait_for_agents(&run);
    }
    ovsdb_idl_destroy(run.idl);
}
