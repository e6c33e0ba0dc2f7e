/* SPDX-License-Identifier: Apache-2.0 */
/* sync.c
 *
 * The IDL tracks the rows that a run changed.  A row that refers to a changed
 * row, directly or through others, counts as changed too: that is how a rule
 * brings its filter here, and a source its session.  But the same way every
 * rule brings all the sessions of its filter, and every ENI the sessions that
 * name it; a session is built again only if something in it can differ.
 *
 * Objects that are deleted go first, so that a name or UUID that moved to
 * another row is free when that row comes.
 *
 * Tracking has two holes.  A row with nothing but default values is inserted
 * without notice: what a session refers to is therefore looked after together
 * with the session.  And when the replica is thrown away and filled again
 * (another server, a restart without history, a converted schema), the old
 * rows vanish without notice while the others come as new ones.  That is
 * noticed by rows that are new but known, or, if no row survived, by any known
 * one that is not there; then the model is compared with the whole replica,
 * and only real differences become dirty. */

#include <config.h>

#include "lib/store/store-internal.h"

#include "bitmap.h"
#include "coverage.h"
#include "lib/store/from-row.h"
#include "openvswitch/vlog.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(store_sync);

COVERAGE_DEFINE(tm_store_problem);
COVERAGE_DEFINE(tm_store_replaced);

static bool
has_problem(const struct tm_problems *problems, const struct tm_problem *p)
{
    for (size_t i = 0; problems && i < problems->n; i++) {
        const struct tm_problem *q = &problems->p[i];

        if (uuid_equals(&p->row, &q->row) && !strcmp(p->text, q->text)) {
            return true;
        }
    }
    return false;
}

/* Warns of the problems in 'new' that are not in 'old', which may be NULL. */
static void
log_new_problems(const struct tm_problems *old, const struct tm_problems *new)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(20, 60);

    for (size_t i = 0; i < new->n; i++) {
        const struct tm_problem *p = &new->p[i];

        if (!has_problem(old, p)) {
            COVERAGE_INC(tm_store_problem);
            VLOG_WARN_RL(&rl, "%s "UUID_FMT": %s", p->table,
                         UUID_ARGS(&p->row), p->text);
        }
    }
}

/* True if 'idl' has the row 'uuid', and not merely a reference to it. */
static bool
row_exists(const struct ovsdb_idl *idl, const struct ovsdb_idl_table_class *tc,
           const struct uuid *uuid)
{
    const struct ovsdb_idl_row *row
        = ovsdb_idl_get_row_for_uuid(idl, tc, uuid);

    return row && row->new_datum;
}

/* What differs from one kind of object to the next. */
struct kind {
    const struct ovsdb_idl_table_class *class;

    /* Builds the object of 'row' and puts it into the model. */
    void (*put)(struct tm_store *, const struct ovsdb_idl_row *row,
                struct tm_dirty *);
    void (*remove)(struct tm_model *, const struct uuid *, struct tm_dirty *);
    bool (*is_known)(const struct tm_model *, const struct uuid *);

    /* Removes the objects without a row.  Returns true if there were any. */
    bool (*remove_gone)(struct tm_store *, struct tm_dirty *);

    /* True if the model has objects, and the first that comes has no row. */
    bool (*first_is_gone)(const struct tm_store *);

    /* NULL, or whether a tracked row can be different as an object. */
    bool (*is_affected)(const struct tm_model *,
                        const struct ovsdb_idl_row *row);
};

/* Defines the functions of the kind NAME, whose objects are 'struct tm_NAME',
 * in 'NAMEs' of the model, and come from 'struct tmrec_TABLE'. */
#define DEFINE_KIND(NAME, TABLE)                                            \
static void                                                                 \
put_##NAME(struct tm_store *store, const struct ovsdb_idl_row *row,         \
           struct tm_dirty *dirty)                                          \
{                                                                           \
    struct tm_##NAME *object = tm_##NAME##_from_row(                        \
        CONTAINER_OF(row, struct tmrec_##TABLE, header_));                  \
    const struct tm_##NAME *old                                             \
        = tm_model_get_##NAME(&store->model, &row->uuid);                   \
                                                                            \
    log_new_problems(old ? &old->problems : NULL, &object->problems);       \
    tm_model_put_##NAME(&store->model, object, dirty);                      \
}                                                                           \
                                                                            \
static bool                                                                 \
NAME##_is_known(const struct tm_model *model, const struct uuid *uuid)      \
{                                                                           \
    return tm_model_get_##NAME(model, uuid) != NULL;                        \
}                                                                           \
                                                                            \
static bool                                                                 \
remove_gone_##NAME##s(struct tm_store *store, struct tm_dirty *dirty)       \
{                                                                           \
    struct tm_##NAME *object;                                               \
    bool any = false;                                                       \
                                                                            \
    HMAP_FOR_EACH_SAFE (object, node, &store->model.NAME##s) {              \
        struct uuid uuid = object->uuid;                                    \
                                                                            \
        if (!row_exists(store->idl, &tmrec_table_##TABLE, &uuid)) {         \
            tm_model_remove_##NAME(&store->model, &uuid, dirty);            \
            any = true;                                                     \
        }                                                                   \
    }                                                                       \
    return any;                                                             \
}                                                                           \
                                                                            \
static bool                                                                 \
first_##NAME##_is_gone(const struct tm_store *store)                        \
{                                                                           \
    const struct tm_##NAME *object;                                         \
                                                                            \
    HMAP_FOR_EACH (object, node, &store->model.NAME##s) {                   \
        return !row_exists(store->idl, &tmrec_table_##TABLE,                \
                           &object->uuid);                                  \
    }                                                                       \
    return false;                                                           \
}

DEFINE_KIND(lb, load_balancer)
DEFINE_KIND(eni, network_interface)
DEFINE_KIND(filter, mirror_filter)
DEFINE_KIND(session, mirror_session)

static bool
row_is_new(const struct ovsdb_idl_row *row)
{
    return ovsdb_idl_row_get_seqno(row, OVSDB_IDL_CHANGE_INSERT) > 0;
}

static bool
row_is_deleted(const struct ovsdb_idl_row *row)
{
    return (ovsdb_idl_row_get_seqno(row, OVSDB_IDL_CHANGE_DELETE) > 0
            || !row->new_datum);
}

static bool
source_is_affected(const struct tmrec_mirror_source *source)
{
    return (!source->interface
            || row_is_new(&source->interface->header_)
            || tmrec_mirror_source_is_updated(
                source, TMREC_MIRROR_SOURCE_COL_INTERFACE)
            || tmrec_mirror_source_is_updated(
                source, TMREC_MIRROR_SOURCE_COL_POSITION));
}

/* Where an ENI is plugged in is not in the model, but changes often. */
static bool
eni_is_affected(const struct tm_model *model OVS_UNUSED,
                const struct ovsdb_idl_row *row)
{
    size_t column;

    if (row->updated) {
        BITMAP_FOR_EACH_1 (column, TMREC_NETWORK_INTERFACE_N_COLUMNS,
                           row->updated) {
            if (column != TMREC_NETWORK_INTERFACE_COL_AGENT) {
                return true;
            }
        }
    }
    return false;
}

/* Rules, ENIs, load balancers and the states of sources, which the daemon
 * itself writes, bring their sessions here without changing them. */
static bool
session_is_affected(const struct tm_model *model,
                    const struct ovsdb_idl_row *row)
{
    const struct tmrec_mirror_session *session
        = CONTAINER_OF(row, struct tmrec_mirror_session, header_);
    const struct tm_session *old = tm_model_get_session(model, &row->uuid);

    if (!old || !old->usable || session->n_sources != old->n_sources
        || row->updated
        || !session->filter || row_is_new(&session->filter->header_)) {
        return true;
    }
    if (old->target_type == TM_TARGET_ENI
        ? !session->target_interface
        : old->target_type == TM_TARGET_ELB && !session->target_lb) {
        return true;
    }
    for (size_t i = 0; i < session->n_sources; i++) {
        if (source_is_affected(session->sources[i])) {
            return true;
        }
    }
    return false;
}

/* In the order of building: what is referred to before what refers. */
enum { LB, ENI, FILTER, SESSION, N_KINDS };
#define KIND(NAME, TABLE, IS_AFFECTED) {                \
        .class = &tmrec_table_##TABLE,                  \
        .put = put_##NAME,                              \
        .remove = tm_model_remove_##NAME,               \
        .is_known = NAME##_is_known,                    \
        .remove_gone = remove_gone_##NAME##s,           \
        .first_is_gone = first_##NAME##_is_gone,        \
        .is_affected = IS_AFFECTED,                     \
    }
static const struct kind kinds[N_KINDS] = {
    [LB] = KIND(lb, load_balancer, NULL),
    [ENI] = KIND(eni, network_interface, eni_is_affected),
    [FILTER] = KIND(filter, mirror_filter, NULL),
    [SESSION] = KIND(session, mirror_session, session_is_affected),
};

#define FOR_EACH_TRACKED(ROW, IDL, KIND)                                    \
    for (const struct ovsdb_idl_row *ROW                                    \
             = ovsdb_idl_track_get_first(IDL, (KIND)->class);               \
         ROW; ROW = ovsdb_idl_track_get_next(ROW))

/* Puts the object of the referred 'row', which may be NULL, if tracking did
 * not say that it is there. */
static void
ensure(struct tm_store *store, const struct kind *kind,
       const struct ovsdb_idl_row *row, struct tm_dirty *dirty)
{
    if (row && !kind->is_known(&store->model, &row->uuid)) {
        kind->put(store, row, dirty);
    }
}
#define ENSURE(STORE, KIND, ROW, DIRTY)                                     \
    ensure(STORE, &kinds[KIND], (ROW) ? &(ROW)->header_ : NULL, DIRTY)

static void
ensure_references(struct tm_store *store, const struct ovsdb_idl_row *row,
                  struct tm_dirty *dirty)
{
    const struct tmrec_mirror_session *session
        = CONTAINER_OF(row, struct tmrec_mirror_session, header_);

    ENSURE(store, FILTER, session->filter, dirty);
    ENSURE(store, ENI, session->target_interface, dirty);
    ENSURE(store, LB, session->target_lb, dirty);
    for (size_t i = 0; i < session->n_sources; i++) {
        ENSURE(store, ENI, session->sources[i]->interface, dirty);
    }
}

static bool
remove_deleted(struct tm_store *store, struct tm_dirty *dirty)
{
    bool any = false;

    for (size_t i = 0; i < N_KINDS; i++) {
        FOR_EACH_TRACKED (row, store->idl, &kinds[i]) {
            if (row_is_deleted(row)
                && kinds[i].is_known(&store->model, &row->uuid)) {
                kinds[i].remove(&store->model, &row->uuid, dirty);
                any = true;
            }
        }
    }
    return any;
}

/* True if the replica was filled anew since the model was made from it.  Call
 * this after remove_deleted(). */
static bool
contents_were_replaced(const struct tm_store *store)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (kinds[i].first_is_gone(store)) {
            return true;
        }
        FOR_EACH_TRACKED (row, store->idl, &kinds[i]) {
            if (!row_is_deleted(row) && row_is_new(row)
                && kinds[i].is_known(&store->model, &row->uuid)) {
                return true;
            }
        }
    }
    return false;
}

static bool
put_changed(struct tm_store *store, struct tm_dirty *dirty)
{
    bool any = false;

    for (size_t i = 0; i < N_KINDS; i++) {
        const struct kind *kind = &kinds[i];

        FOR_EACH_TRACKED (row, store->idl, kind) {
            if (row_is_deleted(row)
                || (kind->is_affected
                    && !kind->is_affected(&store->model, row))) {
                continue;
            }
            if (i == SESSION) {
                ensure_references(store, row, dirty);
            }
            kind->put(store, row, dirty);
            any = true;
        }
    }
    return any;
}

/* Turns the model into the whole contents of the replica. */
static bool
put_everything(struct tm_store *store, struct tm_dirty *dirty)
{
    bool any = false;

    for (size_t i = 0; i < N_KINDS; i++) {
        any |= kinds[i].remove_gone(store, dirty);
    }
    for (size_t i = 0; i < N_KINDS; i++) {
        const struct ovsdb_idl_row *row;

        for (row = ovsdb_idl_first_row(store->idl, kinds[i].class); row;
             row = ovsdb_idl_next_row(row)) {
            kinds[i].put(store, row, dirty);
            any = true;
        }
    }
    return any;
}

static void
take_global(struct tm_store *store)
{
    const struct tmrec_tm_global *row = tmrec_tm_global_first(store->idl);

    struct tm_problems old;

    tm_problems_clone(&old, &store->model.quota_problems);
    tm_model_put_global(&store->model, row);
    log_new_problems(&old, &store->model.quota_problems);
    tm_problems_uninit(&old);

    store->nb_cfg = row ? row->nb_cfg : 0;
    if (!row) {
        smap_clear(&store->options);
    } else if (!smap_equal(&store->options, &row->options)) {
        smap_destroy(&store->options);
        smap_clone(&store->options, &row->options);
    }
}

bool
tm_sync_run(struct tm_store *store, struct tm_dirty *dirty)
{
    bool all = !store->whole;
    bool any = false;

    if (!all) {
        any = remove_deleted(store, dirty);
        all = contents_were_replaced(store);
        if (all) {
            COVERAGE_INC(tm_store_replaced);
            VLOG_INFO("contents of the database came anew");
        }
    }
    any |= all ? put_everything(store, dirty) : put_changed(store, dirty);
    take_global(store);
    store->whole = store->ready = true;
    tm_reporter_look(store->reporter, store->idl, all);
    return any;
}

/* Only what is used: times and keys of others stay on the server. */
static const struct ovsdb_idl_column *const columns[] = {
    &tmrec_tm_global_col_nb_cfg,
    &tmrec_tm_global_col_options,
    &tmrec_tm_global_col_quotas,

    &tmrec_mirror_filter_col_name,
    &tmrec_mirror_filter_col_description,
    &tmrec_mirror_filter_col_project,
    &tmrec_mirror_filter_col_rules,

    &tmrec_mirror_filter_rule_col_direction,
    &tmrec_mirror_filter_rule_col_priority,
    &tmrec_mirror_filter_rule_col_action,
    &tmrec_mirror_filter_rule_col_ethertype,
    &tmrec_mirror_filter_rule_col_protocol,
    &tmrec_mirror_filter_rule_col_src,
    &tmrec_mirror_filter_rule_col_dst,
    &tmrec_mirror_filter_rule_col_src_ports,
    &tmrec_mirror_filter_rule_col_dst_ports,
    &tmrec_mirror_filter_rule_col_description,

    &tmrec_mirror_session_col_name,
    &tmrec_mirror_session_col_description,
    &tmrec_mirror_session_col_project,
    &tmrec_mirror_session_col_priority,
    &tmrec_mirror_session_col_enabled,
    &tmrec_mirror_session_col_filter,
    &tmrec_mirror_session_col_sources,
    &tmrec_mirror_session_col_target_type,
    &tmrec_mirror_session_col_target_interface,
    &tmrec_mirror_session_col_target_lb,
    &tmrec_mirror_session_col_target_address,
    &tmrec_mirror_session_col_vni,
    &tmrec_mirror_session_col_packet_length,

    &tmrec_mirror_source_col_interface,
    &tmrec_mirror_source_col_position,
    &tmrec_mirror_source_col_status,
    &tmrec_mirror_source_col_reason,
    &tmrec_mirror_source_col_agent,
    &tmrec_mirror_source_col_ofport,

    &tmrec_network_interface_col_name,
    &tmrec_network_interface_col_macs,
    &tmrec_network_interface_col_addresses,
    &tmrec_network_interface_col_instance,
    &tmrec_network_interface_col_vpc,
    &tmrec_network_interface_col_mtu,
    &tmrec_network_interface_col_mirroring_supported,
    &tmrec_network_interface_col_agent,

    &tmrec_load_balancer_col_name,
    &tmrec_load_balancer_col_vip,
    &tmrec_load_balancer_col_members,

    &tmrec_agent_col_name,
    &tmrec_agent_col_hostname,
    &tmrec_agent_col_version,
    &tmrec_agent_col_encap_ips,
    &tmrec_agent_col_pipeline,
    &tmrec_agent_col_nb_cfg,
    &tmrec_agent_col_nb_cfg_timestamp,
    &tmrec_agent_col_problems,
    &tmrec_agent_col_metrics,
    &tmrec_agent_col_alive_at,
};

void
tm_sync_monitor(struct ovsdb_idl *idl)
{
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_track_add_column(idl, columns[i]);
    }
}
