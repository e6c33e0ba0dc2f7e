/* SPDX-License-Identifier: Apache-2.0 */
/* ports.c: follows the Open_vSwitch database of this node.
 *
 * The IDL keeps a copy of the few columns that matter.  Whenever its sequence
 * number moves, a whole new node is built from the rows and compared with the
 * old one; the difference is what the compiler has to look at.  Building is
 * linear in the number of ports, but cheap, since rows that did not change are
 * not read again (port-cache.c); and no row pointer lives longer than one run.
 *
 * The other way, the plugin's own tunnel port is written by tunnel.c, a
 * transaction at a time: begun when none is under way, committed without
 * blocking, looked at again on later runs.  One that lost a race is tried
 * again on the contents that the winner left; one that the server refused
 * waits for a second. */

#include <config.h>
#include "plugin/ports/ports.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bitmap.h"
#include "coverage.h"
#include "flow.h"
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "packets.h"
#include "plugin/compile/pipeline.h"
#include "plugin/ports/ports-internal.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tm_ports);
COVERAGE_DEFINE(tm_ports_rebuild);
COVERAGE_DEFINE(tm_ports_txn);
COVERAGE_DEFINE(tm_ports_txn_failed);

#define BACKOFF_MSEC 1000
#define RETRY_MIN_MSEC 250      /* Doubles from one to the next. */
#define RETRY_MAX_MSEC 64000

struct tm_ports {
    char *remote;
    char *host;                 /* Default of system-id. */
    struct ovsdb_idl *idl;
    unsigned int seqno;         /* Of 'idl', that 'node' was made from. */
    struct tm_port_cache cache;

    struct tm_node *node;
    struct tm_settings settings;
    struct sset problems;

    struct ovsdb_idl_txn *txn;  /* Under way, or NULL. */
    long long int try_after;    /* No new transaction before, time_msec(). */
    bool due;                   /* The tunnel port has to be looked at. */
    int retry_msec;             /* 0, or until the switch is to try again. */
    long long int retry_at;     /* The port that it refused. */
    bool want_tunnel;
    bool cleanup;               /* tm_ports_start_cleanup() was called. */

    struct tm_neighbours neighbours;
};

static void
add_columns(struct ovsdb_idl *idl)
{
    const struct ovsdb_idl_column *columns[] = {
        &ovsrec_open_vswitch_col_external_ids,
        &ovsrec_open_vswitch_col_bridges,
        &ovsrec_open_vswitch_col_ovs_version,
        &ovsrec_open_vswitch_col_next_cfg,
        &ovsrec_open_vswitch_col_other_config,
        &ovsrec_bridge_col_name,
        &ovsrec_bridge_col_ports,
        &ovsrec_bridge_col_datapath_type,
        &ovsrec_bridge_col_protocols,
        &ovsrec_port_col_name,
        &ovsrec_port_col_interfaces,
        &ovsrec_port_col_tag,
        &ovsrec_port_col_trunks,
        &ovsrec_port_col_vlan_mode,
        &ovsrec_port_col_external_ids,
        &ovsrec_interface_col_name,
        &ovsrec_interface_col_type,
        &ovsrec_interface_col_ofport,
        &ovsrec_interface_col_error,
        &ovsrec_interface_col_external_ids,
        &ovsrec_interface_col_mtu,
        &ovsrec_interface_col_options,
    };

    ovsdb_idl_add_table(idl, &ovsrec_table_open_vswitch);
    ovsdb_idl_add_table(idl, &ovsrec_table_bridge);
    ovsdb_idl_add_table(idl, &ovsrec_table_port);
    ovsdb_idl_add_table(idl, &ovsrec_table_interface);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_add_column(idl, columns[i]);
    }
    /* Written only (tunnel.c). */
    ovsdb_idl_omit_alert(idl, &ovsrec_open_vswitch_col_next_cfg);
}

static char *
get_host_name(void)
{
    char name[HOST_NAME_MAX + 1];

    if (gethostname(name, sizeof name)) {
        return xstrdup("localhost");
    }
    name[sizeof name - 1] = '\0';
    return xstrdup(name);
}

static struct tm_node *
node_create(void)
{
    struct tm_node *node = xmalloc(sizeof *node);

    tm_node_init(node);
    return node;
}

static void
node_destroy(struct tm_node *node)
{
    if (node) {
        tm_node_uninit(node);
        free(node);
    }
}

struct tm_ports *
tm_ports_create(const char *remote)
{
    const struct smap none = SMAP_INITIALIZER(&none);
    struct tm_ports *ports = xzalloc(sizeof *ports);

    ports->remote = xstrdup(remote);
    ports->host = get_host_name();
    ports->idl = ovsdb_idl_create(remote, &ovsrec_idl_class, false, true);
    add_columns(ports->idl);
    tm_port_cache_init(&ports->cache);
    tm_port_cache_track(ports->idl);
    ports->seqno = ovsdb_idl_get_seqno(ports->idl);
    ports->node = node_create();
    sset_init(&ports->problems);
    tm_settings_parse(&none, remote, ports->host, &ports->settings,
                      ports->node, &ports->problems);
    ports->settings.ovs_version = xstrdup("");
    ports->settings.datapath_type = xstrdup("system");
    tm_neighbours_init(&ports->neighbours);
    return ports;
}

void
tm_ports_destroy(struct tm_ports *ports)
{
    if (ports) {
        if (ports->txn) {
            ovsdb_idl_txn_destroy(ports->txn);
        }
        ovsdb_idl_destroy(ports->idl);
        tm_port_cache_uninit(&ports->cache);
        tm_neighbours_uninit(&ports->neighbours);
        node_destroy(ports->node);
        tm_settings_uninit(&ports->settings);
        sset_destroy(&ports->problems);
        free(ports->host);
        free(ports->remote);
        free(ports);
    }
}

static const struct ovsrec_bridge *
find_bridge(const struct ovsrec_open_vswitch *ovs, const char *name)
{
    for (size_t i = 0; ovs && i < ovs->n_bridges; i++) {
        if (!strcmp(ovs->bridges[i]->name, name)) {
            return ovs->bridges[i];
        }
    }
    return NULL;
}

/* The switch connection speaks OpenFlow 1.5 only (plugin/switch). */
static void
check_protocols(const struct ovsrec_bridge *bridge, struct sset *problems)
{
    for (size_t i = 0; i < bridge->n_protocols; i++) {
        if (!strcmp(bridge->protocols[i], "OpenFlow15")) {
            return;
        }
    }
    if (bridge->n_protocols) {
        char *s = xasprintf("Bridge %s: protocols: has to contain "
                            "OpenFlow15", bridge->name);
        sset_add(problems, s);
        free(s);
    }
}

/* Replaces '*set' by 'new', and warns of what is new in it. */
static void
replace_problems(struct sset *set, struct sset *new)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(10, 30);
    const char *s;

    SSET_FOR_EACH (s, new) {
        if (!sset_contains(set, s)) {
            VLOG_WARN_RL(&rl, "%s", s);
        }
    }
    sset_swap(set, new);
    sset_destroy(new);
}

/* The switch may have forgotten its neighbours if the tunnel port came anew or
 * ovs-vswitchd was restarted.  The latter leaves no trace in the database, but
 * each ovs-vswitchd makes the bridge's management socket anew. */
static void
update_neighbours(struct tm_ports *ports)
{
    const char *socket = ports->settings.management + strlen("unix:");
    bool active = (ports->node->tunnel
                   && !strcmp(ports->settings.datapath_type, "netdev"));
    uint64_t epoch = ofp_to_u16(ports->node->tunnel);
    struct stat s;

    if (active && !stat(socket, &s)) {
        epoch = hash_uint64(epoch);
        epoch = epoch << 32 | hash_uint64_basis(s.st_ino, s.st_ctim.tv_sec
                                                ^ s.st_ctim.tv_nsec);
    }
    tm_neighbours_set_active(&ports->neighbours, active, epoch);
    tm_neighbours_run(&ports->neighbours);
}

/* Finds out the pipeline.  In one without hooks there is no way out either, so
 * that the sources' states say why. */
static void
apply_pipeline(const struct ovsrec_open_vswitch *ovs,
               const struct ovsrec_bridge *bridge,
               struct tm_settings *settings, struct tm_node *node)
{
    const struct smap none = SMAP_INITIALIZER(&none);
    char *pipeline = xstrdup(tm_pipeline_resolve(
        settings->pipeline, ovs ? &ovs->external_ids : &none, bridge));

    free(settings->pipeline);
    settings->pipeline = pipeline;

    char *problem = tm_pipeline_check(pipeline);
    if (problem) {
        node->tunnel = 0;
        free(node->tunnel_problem);
        node->tunnel_problem = problem;
    }
}

/* Makes settings, problems and node anew from the rows.  Returns true if the
 * node is another one. */
static bool
rebuild(struct tm_ports *ports, struct tm_node_dirty *dirty)
{
    const struct smap none = SMAP_INITIALIZER(&none);
    const struct ovsrec_open_vswitch *ovs
        = ovsrec_open_vswitch_first(ports->idl);
    struct sset problems = SSET_INITIALIZER(&problems);
    struct tm_settings settings = { .system_id = NULL };
    struct tm_node *node = node_create();

    COVERAGE_INC(tm_ports_rebuild);
    bool ours = tm_port_cache_run(&ports->cache, ports->idl);
    tm_settings_parse(ovs ? &ovs->external_ids : &none, ports->remote,
                      ports->host, &settings, node, &problems);

    const struct ovsrec_bridge *bridge = find_bridge(ovs, settings.bridge);
    const char *type = bridge ? bridge->datapath_type : "";
    settings.datapath_type = xstrdup(type[0] ? type : "system");
    settings.ovs_version = xstrdup(ovs && ovs->ovs_version
                                   ? ovs->ovs_version : "");
    settings.hw_offload = ovs && smap_get_bool(&ovs->other_config,
                                               "hw-offload", false);
    node->has_bridge = bridge != NULL;
    if (bridge) {
        tm_port_cache_read(&ports->cache, bridge, node, &problems);
        check_protocols(bridge, &problems);
    } else {
        char *s = xasprintf("Bridge %s: does not exist "
                            "(Open_vSwitch: external_ids:tmirror-bridge)",
                            settings.bridge);
        sset_add(&problems, s);
        free(s);
    }
    tm_tunnel_read(ovs, bridge, node);
    apply_pipeline(ovs, bridge, &settings, node);
    if (node->tunnel_problem && ports->want_tunnel) {
        sset_add(&problems, node->tunnel_problem);
    }

    replace_problems(&ports->problems, &problems);
    ports->due |= (ours || !ports->node->tunnel || !node->tunnel
                   || ports->node->tunnel != node->tunnel
                   || ports->node->vxlan_port != node->vxlan_port
                   || strcmp(ports->settings.bridge, settings.bridge));
    tm_settings_uninit(&ports->settings);
    ports->settings = settings;

    bool changed = tm_node_diff(ports->node, node, dirty);
    node_destroy(ports->node);
    ports->node = node;
    return changed;
}

/* Looks after the transaction under way. */
static void
run_txn(struct tm_ports *ports)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

    if (!ports->txn) {
        return;
    }

    enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(ports->txn);
    switch (status) {
    case TXN_INCOMPLETE:
        return;

    case TXN_SUCCESS:
    case TXN_UNCHANGED:
        break;

    case TXN_TRY_AGAIN:
        ports->try_after = time_msec() + BACKOFF_MSEC / 10;
        break;

    case TXN_UNCOMMITTED:
    case TXN_ABORTED:
    case TXN_NOT_LOCKED:
    case TXN_ERROR:
        COVERAGE_INC(tm_ports_txn_failed);
        VLOG_WARN_RL(&rl, "%s: cannot write port %s: %s", ports->remote,
                     TM_TUNNEL_NAME, status == TXN_ERROR
                     ? ovsdb_idl_txn_get_error(ports->txn)
                     : ovsdb_idl_txn_status_to_string(status));
        ports->try_after = time_msec() + BACKOFF_MSEC;
        break;
    }
    ovsdb_idl_txn_destroy(ports->txn);
    ports->txn = NULL;
}

/* Returns true if the switch is to try again now to add the port. */
static bool
run_retry(struct tm_ports *ports, const struct tm_tunnel_want *want)
{
    if (want->delete_all || !tm_tunnel_may_retry(want->ovs, want->bridge)) {
        ports->retry_msec = 0;
        return false;
    }

    bool now = ports->retry_msec && time_msec() >= ports->retry_at;
    if (!ports->retry_msec || now) {
        ports->retry_msec = MIN(MAX(RETRY_MIN_MSEC, 2 * ports->retry_msec),
                                RETRY_MAX_MSEC);
        ports->retry_at = time_msec() + ports->retry_msec;
    }
    return now;
}

static void
reconcile_tunnel(struct tm_ports *ports)
{
    const struct ovsrec_open_vswitch *ovs
        = ovsrec_open_vswitch_first(ports->idl);
    struct tm_tunnel_want want = {
        .ovs = ovs,
        .bridge = find_bridge(ovs, ports->settings.bridge),
        .vxlan_port = ports->node->vxlan_port,
        .create = (ports->want_tunnel
                   && !strcmp(ports->settings.pipeline, "normal")),
        .delete_all = ports->cleanup,
    };

    bool retry_is_due = ports->retry_msec && time_msec() >= ports->retry_at;
    if ((!ports->due && !retry_is_due) || ports->txn
        || time_msec() < ports->try_after) {
        return;
    }
    want.retry = run_retry(ports, &want);
    ports->txn = tm_tunnel_reconcile(ports->idl, &want);
    if (ports->txn) {
        COVERAGE_INC(tm_ports_txn);
        run_txn(ports);
    } else {
        ports->due = false;
    }
}

bool
tm_ports_run(struct tm_ports *ports, bool want_tunnel,
             struct tm_node_dirty *dirty)
{
    bool changed = false;

    ovsdb_idl_run(ports->idl);
    run_txn(ports);
    if (tm_ports_is_ready(ports)) {
        unsigned int seqno = ovsdb_idl_get_seqno(ports->idl);

        if (seqno != ports->seqno || want_tunnel != ports->want_tunnel) {
            ports->seqno = seqno;
            ports->want_tunnel = want_tunnel;
            changed = rebuild(ports, dirty);
        }
        reconcile_tunnel(ports);
    }
    update_neighbours(ports);
    return changed;
}

void
tm_ports_wait(struct tm_ports *ports)
{
    ovsdb_idl_wait(ports->idl);
    if (ports->txn) {
        ovsdb_idl_txn_wait(ports->txn);
    } else if (ports->due && tm_ports_is_ready(ports)) {
        poll_timer_wait_until(ports->try_after);
    } else if (ports->retry_msec) {
        poll_timer_wait_until(MAX(ports->retry_at, ports->try_after));
    }
    tm_neighbours_wait(&ports->neighbours);
}

bool
tm_ports_is_connected(const struct tm_ports *ports)
{
    return ovsdb_idl_is_connected(ports->idl);
}

bool
tm_ports_is_ready(const struct tm_ports *ports)
{
    return ovsdb_idl_has_ever_connected(ports->idl);
}

const struct tm_node *
tm_ports_node(const struct tm_ports *ports)
{
    return ports->node;
}

const struct tm_settings *
tm_ports_settings(const struct tm_ports *ports)
{
    return &ports->settings;
}

const struct sset *
tm_ports_problems(const struct tm_ports *ports)
{
    return &ports->problems;
}

void
tm_ports_start_cleanup(struct tm_ports *ports)
{
    ports->cleanup = true;
    ports->due = true;
}

bool
tm_ports_cleanup_done(const struct tm_ports *ports)
{
    const struct ovsrec_open_vswitch *ovs
        = ovsrec_open_vswitch_first(ports->idl);

    return (ports->cleanup && tm_ports_is_ready(ports) && !ports->txn
            && (!ovs || tm_tunnel_all_gone(ovs)));
}

void
tm_ports_resolve(struct tm_ports *ports, const struct tm_addr *targets,
                 size_t n)
{
    tm_neighbours_set_targets(&ports->neighbours, targets, n);
    tm_neighbours_run(&ports->neighbours);
}

void
tm_ports_show(const struct tm_ports *ports, struct ds *s)
{
    const struct tm_settings *set = &ports->settings;
    const struct tm_node *node = ports->node;

    ds_put_format(s, "Open_vSwitch database: %s (%s)\n", ports->remote,
                  ovsdb_idl_is_connected(ports->idl)
                  ? "connected" : "not connected");
    ds_put_format(s, "  system-id: %s\n", set->system_id);
    ds_put_format(s, "  Open vSwitch version: %s\n",
                  set->ovs_version[0] ? set->ovs_version : "unknown");
    ds_put_format(s, "  bridge: %s (%s, %s)\n", set->bridge,
                  node->has_bridge ? "present" : "absent",
                  set->datapath_type);
    ds_put_format(s, "  pipeline: %s\n", set->pipeline);
    ds_put_format(s, "  tables: %u to %u\n", node->table_base,
                  node->table_base + TM_N_TABLES - 1);
    if (node->tunnel) {
        ds_put_format(s, "  tunnel: %s on OpenFlow port %"PRIu16
                      ", UDP port %"PRIu16"\n", TM_TUNNEL_NAME,
                      ofp_to_u16(node->tunnel), node->vxlan_port);
    } else {
        ds_put_format(s, "  tunnel: none (%s)\n",
                      node->tunnel_problem ? node->tunnel_problem
                      : ports->want_tunnel ? "waiting for ovs-vswitchd"
                      : "no session has a source here");
    }

    const char **lines = sset_sort(&ports->problems);
    for (size_t i = 0; lines[i]; i++) {
        ds_put_format(s, "  problem: %s\n", lines[i]);
    }
    free(lines);
}

/* VLANs of 'bitmap' as in "1,5-9". */
static void
format_vlans(const unsigned long *bitmap, struct ds *s)
{
    const char *comma = "";
    size_t vid;

    BITMAP_FOR_EACH_1 (vid, 4096, bitmap) {
        size_t last = bitmap_scan(bitmap, false, vid, 4096) - 1;

        ds_put_format(s, "%s%"PRIuSIZE, comma, vid);
        if (last > vid) {
            ds_put_format(s, "-%"PRIuSIZE, last);
        }
        comma = ",";
        vid = last;
    }
}

static void
format_port(const struct tm_port *port, struct ds *s)
{
    static const char *const modes[] = {
        [TM_VLAN_ACCESS] = "access",
        [TM_VLAN_TRUNK] = "trunk",
        [TM_VLAN_NATIVE_TAGGED] = "native-tagged",
        [TM_VLAN_NATIVE_UNTAGGED] = "native-untagged",
        [TM_VLAN_DOT1Q_TUNNEL] = "dot1q-tunnel",
    };

    ds_put_format(s, "%"PRIu16" %s", ofp_to_u16(port->ofport), port->name);
    if (port->iface_id) {
        ds_put_format(s, " eni=%s", port->iface_id);
    }
    if (port->has_mac) {
        ds_put_format(s, " mac="ETH_ADDR_FMT, ETH_ADDR_ARGS(port->mac));
    }
    if (port->mtu) {
        ds_put_format(s, " mtu=%"PRIu32, port->mtu);
    }
    ds_put_format(s, " vlan_mode=%s", modes[port->vlan_mode]);
    if (port->vlan_mode != TM_VLAN_TRUNK) {
        ds_put_format(s, " tag=%"PRIu16, port->tag);
    }
    if (port->trunks) {
        ds_put_cstr(s, " trunks=");
        format_vlans(port->trunks, s);
    }
    ds_put_char(s, '\n');
}

void
tm_ports_list(const struct tm_ports *ports, struct ds *s)
{
    for (size_t i = 0; i < ports->node->n_ports; i++) {
        format_port(&ports->node->ports[i], s);
    }
    if (ports->node->tunnel) {
        ds_put_format(s, "%"PRIu16" %s tunnel\n",
                      ofp_to_u16(ports->node->tunnel), TM_TUNNEL_NAME);
    }
}
