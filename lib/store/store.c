/* SPDX-License-Identifier: Apache-2.0 */
/* store.c
 *
 * The store is a replica of the database (the IDL), a model made from it, and
 * a reporter that writes back.  This file holds the three together and knows
 * about connections; sync.c makes the model, report.c writes.
 *
 * The model outlives every connection.  An IDL keeps its contents while its
 * server is away, and takes up the difference when it is back.  Another remote
 * gets another IDL, since one that expects to go on where it was would refuse
 * a cluster with a shorter history; the model waits until the new one is
 * whole. */

#include <config.h>

#include "lib/store/store.h"

#include "lib/store/store-internal.h"
#include "openvswitch/vlog.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(store);

struct tm_store *
tm_store_create(void)
{
    struct tm_store *store = xzalloc(sizeof *store);

    tm_model_init(&store->model);
    smap_init(&store->options);
    store->reporter = tm_reporter_create();
    return store;
}

static void
drop_idl(struct tm_store *store)
{
    if (store->idl) {
        tm_reporter_forget_idl(store->reporter);
        ovsdb_idl_destroy(store->idl);
        store->idl = NULL;
    }
    store->seqno = 0;
    store->reached = store->whole = false;
    free(store->remote);
    store->remote = NULL;
}

void
tm_store_destroy(struct tm_store *store)
{
    if (store) {
        drop_idl(store);
        tm_reporter_destroy(store->reporter);
        smap_destroy(&store->options);
        tm_model_uninit(&store->model);
        free(store);
    }
}

void
tm_store_set_remote(struct tm_store *store, const char *remote)
{
    if (nullable_string_is_equal(remote, store->remote)) {
        return;
    }
    drop_idl(store);
    if (!remote) {
        VLOG_INFO("no database any more");
        return;
    }

    VLOG_INFO("database is at %s", remote);
    store->remote = xstrdup(remote);
    store->idl = ovsdb_idl_create_unconnected(&tmrec_idl_class, false);
    ovsdb_idl_set_leader_only(store->idl, false);
    tm_sync_monitor(store->idl);
    ovsdb_idl_set_remote(store->idl, remote, true);
}

bool
tm_store_run(struct tm_store *store, struct tm_dirty *dirty)
{
    if (!store->idl) {
        return false;
    }

    ovsdb_idl_run(store->idl);
    store->reached |= ovsdb_idl_is_connected(store->idl);
    unsigned int seqno = ovsdb_idl_get_seqno(store->idl);
    if (seqno == store->seqno) {
        return false;
    }
    store->seqno = seqno;

    bool first = !store->whole;
    bool changed = tm_sync_run(store, dirty);
    ovsdb_idl_track_clear(store->idl);
    if (first) {
        VLOG_INFO("contents of the database are here: %"PRIuSIZE" filters, "
                  "%"PRIuSIZE" sessions, %"PRIuSIZE" interfaces",
                  hmap_count(&store->model.filters),
                  hmap_count(&store->model.sessions),
                  hmap_count(&store->model.enis));
    }
    return changed;
}

void
tm_store_wait(struct tm_store *store)
{
    if (store->idl) {
        ovsdb_idl_wait(store->idl);
        tm_reporter_wait(store);
    }
}

/* The IDL does not say whether it monitors the database at the moment, or is
 * connected to a server that does not have it; but a transaction without
 * contents can only be tried where one with contents could be sent. */
bool
tm_store_can_write(const struct tm_store *store)
{
    if (!store->whole || !ovsdb_idl_is_connected(store->idl)) {
        return false;
    }

    struct ovsdb_idl_txn *txn = ovsdb_idl_txn_create(store->idl);
    bool ok = ovsdb_idl_txn_commit(txn) == TXN_UNCHANGED;
    ovsdb_idl_txn_destroy(txn);
    return ok;
}

bool
tm_store_is_ready(const struct tm_store *store)
{
    return store->ready;
}

bool
tm_store_is_connected(const struct tm_store *store)
{
    return tm_store_can_write(store);
}

const struct tm_model *
tm_store_model(const struct tm_store *store)
{
    return &store->model;
}

int64_t
tm_store_nb_cfg(const struct tm_store *store)
{
    return store->nb_cfg;
}

const char *
tm_store_option(const struct tm_store *store, const char *key)
{
    return smap_get(&store->options, key);
}
