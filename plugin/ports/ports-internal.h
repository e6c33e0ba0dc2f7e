/* SPDX-License-Identifier: Apache-2.0 */
/* ports-internal.h
 *
 * Job.       What the files of plugin/ports share: settings, the tunnel port,
 *            neighbours.  ports.c puts them together.
 * Input.     Rows of the Open_vSwitch database, valid for one run.
 * Output.    Settings and problems, changes of the database, datagrams.
 * Not here.  What the other folders see (ports.h).
 * Ownership. Each type owns what it points to; no row pointer is kept.
 * Failure.   See each function. */

#ifndef PLUGIN_PORTS_PORTS_INTERNAL_H
#define PLUGIN_PORTS_PORTS_INTERNAL_H 1

#include "lib/vswitch-idl.h"
#include "openvswitch/hmap.h"
#include "plugin/ports/ports.h"
#include "smap.h"
#include "sset.h"

/* The mark of what the plugin made, in external_ids of Port and Interface. */
#define TM_OWNER_KEY "tmirror-owner"
#define TM_OWNER_VALUE "tmirrord"

/* settings.c: external_ids of the node to settings.  Pure. */

/* Everything but 'ovs_version' and 'datapath_type' of 'settings', and the
 * settings in 'node', are set from 'ids'.  Each value that is not allowed adds
 * a line to 'problems' and the default is used.  'db_remote' is the default of
 * tmirror-remote, 'host' that of system-id. */
void tm_settings_parse(const struct smap *ids, const char *db_remote,
                       const char *host, struct tm_settings *settings,
                       struct tm_node *node, struct sset *problems);
void tm_settings_uninit(struct tm_settings *);

/* The forwarding pipeline of 'bridge' (NULL: there is none): 'setting', or
 * with "auto" what the database shows.  ovn-controller says where its database
 * is, and its bridge; Neutron's agent makes a port "patch-tun". */
const char *tm_pipeline_resolve(const char *setting, const struct smap *ids,
                                const struct ovsrec_bridge *bridge);
/* NULL if there are hooks for 'pipeline', else what to say; to be freed.  The
 * hooks of one pipeline in another would copy what an ACL drops later. */
char *tm_pipeline_check(const char *pipeline);

/* port-row.c: Port and Interface rows to struct tm_port. */

/* Is it the plugin's own?  The mark on either row is enough. */
bool tm_port_row_is_owned(const struct ovsrec_port *);

/* Fills 'port' (the caller frees it or hands it to tm_node_add_port()).  False
 * if the interface has no OpenFlow port. */
bool tm_port_from_row(const struct ovsrec_port *,
                      const struct ovsrec_interface *, struct tm_port *port,
                      struct sset *problems);

/* port-cache.c: the ports of a bridge, without reading rows twice. */

struct tm_port_cache {
    struct hmap entries;        /* By UUID of the Port row. */
};
void tm_port_cache_init(struct tm_port_cache *);
void tm_port_cache_uninit(struct tm_port_cache *);
/* To be called before the first run of the IDL. */
void tm_port_cache_track(struct ovsdb_idl *);
/* Forgets the rows that changed in the last runs of the IDL.  Returns true if
 * one of them is the plugin's own, or may have been. */
bool tm_port_cache_run(struct tm_port_cache *, struct ovsdb_idl *);
/* Adds all ports of the bridge, except for the plugin's own, to 'node'. */
void tm_port_cache_read(struct tm_port_cache *, const struct ovsrec_bridge *,
                        struct tm_node *, struct sset *problems);

/* tunnel.c: the plugin's port in the database. */

/* Sets 'tunnel' and 'tunnel_problem' of the node from what the database has:
 * both empty if the port is not made yet, or the switch has not looked at it.
 * 'bridge' NULL: there is no integration bridge. */
void tm_tunnel_read(const struct ovsrec_open_vswitch *,
                    const struct ovsrec_bridge *bridge, struct tm_node *);

/* What has to be done to the database next, if anything. */
struct tm_tunnel_want {
    const struct ovsrec_open_vswitch *ovs;
    const struct ovsrec_bridge *bridge; /* NULL: no integration bridge. */
    uint16_t vxlan_port;                /* Host byte order. */
    bool create;                        /* If false, it is only put right. */
    bool retry;                         /* If refused without visible reason:
                                         * have the switch try again. */
    bool delete_all;                    /* Cleanup. */
};

/* Returns the transaction, not yet committed, that takes the next step to
 * what 'want' says, or NULL if all is as it should be.  One step may need
 * another one: call again after the commit. */
struct ovsdb_idl_txn *tm_tunnel_reconcile(struct ovsdb_idl *,
                                          const struct tm_tunnel_want *want);
/* True if the switch refused the port and nothing in the database says why it
 * should do so again. */
bool tm_tunnel_may_retry(const struct ovsrec_open_vswitch *,
                         const struct ovsrec_bridge *);
/* True if no port of any bridge is the plugin's. */
bool tm_tunnel_all_gone(const struct ovsrec_open_vswitch *);

/* neighbour.c: who the switch must be able to reach. */

struct tm_neighbours {
    struct hmap targets;        /* struct neighbour, by address. */
    int fd4, fd6;               /* UDP sockets, -1: not open. */
    bool active;                /* Userspace datapath, and a tunnel port. */
    uint64_t epoch;             /* Of the switch: see _set_active(). */
};
void tm_neighbours_init(struct tm_neighbours *);
void tm_neighbours_uninit(struct tm_neighbours *);
/* 'active' false: nothing is sent.  A new 'epoch' says that the switch may
 * have forgotten what it knew, so that all targets are due again. */
void tm_neighbours_set_active(struct tm_neighbours *, bool active,
                              uint64_t epoch);
void tm_neighbours_set_targets(struct tm_neighbours *, const struct tm_addr *,
                               size_t n);
/* Sends what is due. */
void tm_neighbours_run(struct tm_neighbours *);
void tm_neighbours_wait(const struct tm_neighbours *);

/* neighbour-ask.c: without the kernel's neighbour table. */

/* Asks the link for the next hop to 'target', so that an answer passes through
 * the switch.  Does nothing without a route or the privilege. */
void tm_neighbour_ask(const struct tm_addr *target);

#endif /* plugin/ports/ports-internal.h */
