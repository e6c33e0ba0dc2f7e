/* SPDX-License-Identifier: Apache-2.0 */
/* report.c
 *
 * The reporter keeps what the node wants to be known about it (the last
 * reports, copied) and compares that with the rows.  There is at most one
 * transaction under way; what is new meanwhile waits for the next.
 *
 * Two parts are told apart, since one is small and changes all the time, and
 * the other is large and changes seldom: the Agent row, and the rows of
 * Mirror_Source and Network_Interface.  A part is compared with its rows if it
 * is 'due': there are new reports, the contents came anew, or a transaction
 * with it failed.  Otherwise a turn costs next to nothing.  Of the large part
 * only the rows that the new reports name are looked at, unless one of the
 * other causes makes all of it due.
 *
 * A row of ours that somebody else changed is put right too, but some seconds
 * later: two nodes that both have the same port (for a moment, while a server
 * moves), or the same name (by mistake), would otherwise write against each
 * other as fast as the database can.
 *
 * A row that the database refuses (access control does that) must not keep
 * the others from being written.  After a refusal every row gets a transaction
 * of its own, and what is refused alone is left in peace for a while. */

#include <config.h>

#include "lib/store/store-internal.h"

#include "coverage.h"
#include "lib/store/wanted.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(store_report);

COVERAGE_DEFINE(tm_report_sent);
COVERAGE_DEFINE(tm_report_refused);
COVERAGE_DEFINE(tm_report_repair);

#define RETRY_MS 200            /* After a collision. */
#define REFUSED_MS 1000         /* After an error. */
#define REFUSED_ROW_MS 60000    /* For a row that is refused by itself. */
#define REPAIR_MS 5000          /* After somebody else changed a row. */

struct tm_reporter {
    struct tm_wanted wanted;    /* The last reports. */
    char *former;               /* Agent row under a former name, or NULL. */

    int due;                    /* TM_PART_*: to be compared and written. */
    int sent;                   /* TM_PART_*: covered by 'txn'. */
    struct ovsdb_idl_txn *txn;  /* NULL: none under way. */
    long long retry_at;         /* No transaction before that, ms. */

    int repair;                 /* TM_PART_*: due at 'repair_at'. */
    long long repair_at;        /* 0: never. */

    bool careful;               /* One row a transaction. */
    size_t n_written;           /* Rows in the transaction. */
    struct uuid written;        /* The last of them; zero: the Agent row. */
    struct uuidset refused;     /* Rows to leave alone ... */
    long long refused_until;    /* ... until then; 0: none are. */
    char *error;                /* What the database said, or NULL. */
};

struct tm_reporter *
tm_reporter_create(void)
{
    struct tm_reporter *r = xzalloc(sizeof *r);

    tm_wanted_init(&r->wanted);
    uuidset_init(&r->refused);
    return r;
}

/* What was sent is due again.  Which rows were news then is forgotten. */
static void
redo(struct tm_reporter *r)
{
    r->due |= r->sent & ~TM_PART_NEWS;
    if (r->sent & TM_PART_NEWS) {
        r->due |= TM_PART_SOURCES;
    }
}

void
tm_reporter_destroy(struct tm_reporter *r)
{
    if (r) {
        tm_reporter_forget_idl(r);
        tm_wanted_uninit(&r->wanted);
        uuidset_destroy(&r->refused);
        free(r->former);
        free(r->error);
        free(r);
    }
}

void
tm_reporter_forget_idl(struct tm_reporter *r)
{
    if (r->txn) {
        ovsdb_idl_txn_destroy(r->txn);
        r->txn = NULL;
    }
    redo(r);
    r->sent = 0;
}

/* True if 'row' may go into the transaction. */
static bool
may_write(const struct tm_reporter *r, const struct ovsdb_idl_row *row)
{
    return (!(r->careful && r->n_written)
            && !uuidset_contains(&r->refused, &row->uuid));
}

static void
note_written(struct tm_reporter *r, const struct ovsdb_idl_row *row)
{
    r->n_written++;
    r->written = row->uuid;
}

static void
write_source(struct tm_reporter *r, const struct tmrec_mirror_source *source)
{
    if (may_write(r, &source->header_)
        && tm_wanted_sync_source(&r->wanted, source, true)) {
        note_written(r, &source->header_);
    }
}

static void
write_eni(struct tm_reporter *r, const struct tmrec_network_interface *eni)
{
    if (may_write(r, &eni->header_)
        && tm_wanted_sync_eni(&r->wanted, eni, true)) {
        note_written(r, &eni->header_);
    }
}

static void
write_sources(struct tm_reporter *r, const struct ovsdb_idl *idl)
{
    const struct tmrec_network_interface *eni;
    const struct tmrec_mirror_source *source;

    TMREC_MIRROR_SOURCE_FOR_EACH (source, idl) {
        write_source(r, source);
    }
    TMREC_NETWORK_INTERFACE_FOR_EACH (eni, idl) {
        write_eni(r, eni);
    }
}

static void
write_news(struct tm_reporter *r, const struct ovsdb_idl *idl)
{
    const struct uuidset_node *node;

    UUIDSET_FOR_EACH (node, &r->wanted.news) {
        const struct tmrec_mirror_source *source
            = tmrec_mirror_source_get_for_uuid(idl, &node->uuid);
        const struct tmrec_network_interface *eni
            = tmrec_network_interface_get_for_uuid(idl, &node->uuid);

        if (source) {
            write_source(r, source);
        } else if (eni) {
            write_eni(r, eni);
        }
    }
}

static void
forget_former(struct tm_reporter *r)
{
    free(r->former);
    r->former = NULL;
}

/* The node has another name now.  Whoever waits for all nodes that are alive
 * would wait for a row that nobody keeps up to date. */
static void
delete_former(struct tm_reporter *r, const struct ovsdb_idl *idl)
{
    const struct tmrec_agent *row;

    TMREC_AGENT_FOR_EACH (row, idl) {
        if (!strcmp(row->name, r->former)) {
            tmrec_agent_delete(row);
            r->n_written++;
            r->written = UUID_ZERO;
            return;
        }
    }
    forget_former(r);
}

/* The Agent row is never left alone: without it the node counts as dead. */
static void
write_agent(struct tm_reporter *r, const struct ovsdb_idl *idl)
{
    if (r->careful && r->n_written) {
        return;
    }

    const struct tmrec_agent *row = tm_wanted_find_agent(&r->wanted, idl);
    if (!row) {
        row = tmrec_agent_insert(r->txn);
    }
    if (tm_wanted_sync_agent(&r->wanted, idl, row, true)) {
        r->n_written++;
        r->written = UUID_ZERO;
    }
    if (r->former && !(r->careful && r->n_written)) {
        delete_former(r, idl);
    }
}

/* Nodes see their own Agent row only: those of thousands of others, which
 * change every few seconds, are nothing to them.  Returns true if the row is
 * here, if it exists. */
static bool
agent_is_visible(const struct tm_reporter *r, struct ovsdb_idl *idl)
{
    struct ovsdb_idl_condition cond = OVSDB_IDL_CONDITION_INIT(&cond);

    tmrec_agent_add_clause_name(&cond, OVSDB_F_EQ, r->wanted.agent.name);
    if (r->former) {
        tmrec_agent_add_clause_name(&cond, OVSDB_F_EQ, r->former);
    }
    unsigned int seqno = tmrec_agent_set_condition(idl, &cond);
    ovsdb_idl_condition_destroy(&cond);
    return seqno == ovsdb_idl_get_condition_seqno(idl);
}

/* The life of a transaction. */

static void
clear_error(struct tm_reporter *r)
{
    if (r->error && !r->refused_until) {
        VLOG_INFO("the database takes the reports again");
        free(r->error);
        r->error = NULL;
    }
}

static void
note_error(struct tm_reporter *r, const char *error)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);
    bool single = r->n_written == 1 && !uuid_is_zero(&r->written);

    COVERAGE_INC(tm_report_refused);
    free(r->error);
    r->error = (single
                ? xasprintf("the database refuses the report in row "UUID_FMT
                            ": %s", UUID_ARGS(&r->written), error)
                : xasprintf("the database refuses the report: %s", error));
    VLOG_WARN_RL(&rl, "%s", r->error);

    r->retry_at = time_msec() + REFUSED_MS;
    if (single) {
        uuidset_insert(&r->refused, &r->written);
        r->refused_until = time_msec() + REFUSED_ROW_MS;
    } else {
        r->careful = true;
    }
}

/* Returns true if no transaction is under way (any more). */
static bool
finish_txn(struct tm_reporter *r)
{
    if (!r->txn) {
        return true;
    }

    enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(r->txn);
    switch (status) {
    case TXN_INCOMPLETE:
    case TXN_UNCOMMITTED:
        return false;

    case TXN_SUCCESS:
        if (r->careful) {
            /* There may be more rows. */
            redo(r);
        } else {
            clear_error(r);
            if (r->sent & TM_PART_AGENT) {
                forget_former(r);
            }
        }
        break;

    case TXN_UNCHANGED:
        r->careful = false;
        clear_error(r);
        break;

    case TXN_ERROR:
    case TXN_ABORTED:
    case TXN_NOT_LOCKED:
        redo(r);
        note_error(r, ovsdb_idl_txn_get_error(r->txn));
        break;

    case TXN_TRY_AGAIN:
    default:
        redo(r);
        r->retry_at = time_msec() + RETRY_MS;
        break;
    }
    r->sent = 0;
    ovsdb_idl_txn_destroy(r->txn);
    r->txn = NULL;
    return true;
}

static void
start_txn(struct tm_reporter *r, struct ovsdb_idl *idl)
{
    r->txn = ovsdb_idl_txn_create(idl);
    r->sent = r->due;
    r->due = 0;
    r->repair &= ~r->sent;
    if (!r->repair) {
        r->repair_at = 0;
    }
    r->n_written = 0;
    if (r->sent & TM_PART_SOURCES && r->wanted.has_sources) {
        write_sources(r, idl);
    } else if (r->sent & TM_PART_NEWS) {
        write_news(r, idl);
    }
    uuidset_clear(&r->wanted.news);
    if (r->sent & TM_PART_AGENT) {
        write_agent(r, idl);
    }
    if (r->n_written) {
        COVERAGE_INC(tm_report_sent);
    }
}

/* Remembers the name that 'name' takes the place of. */
static void
follow_name(struct tm_reporter *r, const char *name)
{
    const char *old = r->wanted.agent.name;

    if (old && strcmp(old, name)) {
        free(r->former);
        r->former = xstrdup(old);
    }
}

/* What has its time becomes due. */
static void
run_timers(struct tm_reporter *r)
{
    long long now = time_msec();

    if (r->repair_at && now >= r->repair_at) {
        if (r->repair) {
            COVERAGE_INC(tm_report_repair);
        }
        r->due |= r->repair;
        r->repair = 0;
        r->repair_at = 0;
    }
    if (r->refused_until && now >= r->refused_until) {
        uuidset_clear(&r->refused);
        r->refused_until = 0;
        r->due |= TM_PART_SOURCES;
    }
}

bool
tm_store_report(struct tm_store *store, const struct tm_agent_report *agent,
                const struct tm_report_news *news)
{
    struct tm_reporter *r = store->reporter;

    if (news) {
        r->due |= tm_wanted_take_news(&r->wanted, news);
    }
    if (!agent->name || !agent->name[0]) {
        /* Rows that belong to nobody would count as ours. */
        return true;
    }
    follow_name(r, agent->name);
    r->due |= tm_wanted_take_agent(&r->wanted, agent);
    if (!finish_txn(r)) {
        return false;
    }
    run_timers(r);
    while (r->due && time_msec() >= r->retry_at && tm_store_can_write(store)
           && agent_is_visible(r, store->idl)) {
        start_txn(r, store->idl);
        if (!finish_txn(r)) {
            return false;
        }
    }
    return !r->due && !r->repair && !r->refused_until;
}

/* Watching the rows. */

static void
schedule_repair(struct tm_reporter *r, int part)
{
    r->repair |= part;
    if (!r->repair_at) {
        r->repair_at = time_msec() + REPAIR_MS;
    }
}

static bool
agent_is_wrong(const struct tm_reporter *r, const struct ovsdb_idl *idl)
{
    const struct tmrec_agent *changed = tmrec_agent_track_get_first(idl);
    const struct tmrec_agent *row;

    if (!changed) {
        return false;
    }
    row = tm_wanted_find_agent(&r->wanted, idl);
    return !row || tm_wanted_sync_agent(&r->wanted, idl, row, false);
}

static bool
sources_are_wrong(const struct tm_reporter *r, const struct ovsdb_idl *idl)
{
    const struct tmrec_mirror_source *source;
    TMREC_MIRROR_SOURCE_FOR_EACH_TRACKED (source, idl) {
        if (source->header_.new_datum
            && tm_wanted_sync_source(&r->wanted, source, false)) {
            return true;
        }
    }

    const struct tmrec_network_interface *eni;
    TMREC_NETWORK_INTERFACE_FOR_EACH_TRACKED (eni, idl) {
        if (eni->header_.new_datum
            && tm_wanted_sync_eni(&r->wanted, eni, false)) {
            return true;
        }
    }
    return false;
}

void
tm_reporter_look(struct tm_reporter *r, const struct ovsdb_idl *idl, bool all)
{
    if (!r->wanted.agent.name) {
        return;
    }
    if (all) {
        r->due |= TM_PART_ALL;
        return;
    }
    if (agent_is_wrong(r, idl)) {
        schedule_repair(r, TM_PART_AGENT);
    }
    if (r->wanted.has_sources && sources_are_wrong(r, idl)) {
        schedule_repair(r, TM_PART_SOURCES);
    }
}

void
tm_reporter_wait(const struct tm_store *store)
{
    const struct tm_reporter *r = store->reporter;
    bool retry = r->due && r->retry_at > time_msec();

    if (r->txn) {
        ovsdb_idl_txn_wait(r->txn);
    } else if ((retry || r->repair_at || r->refused_until)
               && tm_store_can_write(store)) {
        if (retry) {
            poll_timer_wait_until(r->retry_at);
        }
        if (r->repair_at) {
            poll_timer_wait_until(r->repair_at);
        }
        if (r->refused_until) {
            poll_timer_wait_until(r->refused_until);
        }
    }
}

const char *
tm_reporter_state(const struct tm_reporter *r)
{
    return (r->txn ? "under way"
            : r->due && r->error ? "refused"
            : r->due ? "waiting"
            : r->refused_until ? "written, except for what is refused"
            : r->repair ? "to be written again, since a row was changed"
            : r->wanted.agent.name ? "written"
            : "none yet");
}

const char *
tm_reporter_error(const struct tm_reporter *r)
{
    return r->error;
}

const char *
tm_reporter_name(const struct tm_reporter *r)
{
    return r->wanted.agent.name ? r->wanted.agent.name : "";
}
