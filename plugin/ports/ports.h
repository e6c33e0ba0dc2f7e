/* ports.h
 *
 * Job.       The reconciler's eyes: the local Open_vSwitch database to a
 *            struct tm_node (which ENI is on which OpenFlow port, VLANs,
 *            settings), and the tunnel port of the plugin in it.
 * Input.     The remote of the Open_vSwitch database.
 * Output.    A node that is replaced, never altered; what changed in it.
 * Not here.  Flows, the Traffic_Mirror database.
 * Ownership. Owns the IDL; no row pointer leaves.
 * Failure.   Database away: the last node stays.  A wrong setting: the default
 *            is used and a problem says so.  The switch refuses the tunnel
 *            port: node->tunnel is 0, node->tunnel_problem has its words. */

#ifndef PLUGIN_PORTS_PORTS_H
#define PLUGIN_PORTS_PORTS_H 1

#include "plugin/compile/node.h"

/* Name of the tunnel port and its interface. */
#define TM_TUNNEL_NAME "tmirror-vxlan"

struct tm_ports;

/* 'remote' as in ovsdb(7).  Connects in the background. */
struct tm_ports *tm_ports_create(const char *remote);
void tm_ports_destroy(struct tm_ports *);

/* True if the node changed; what did is added to 'dirty'.  'want_tunnel': at
 * least one session has a source here, so the tunnel port is created where it
 * is missing, put right where it differs.  (It is not deleted when
 * 'want_tunnel' becomes false again: ports are cheap, churn is not.) */
bool tm_ports_run(struct tm_ports *, bool want_tunnel, struct tm_node_dirty *);
void tm_ports_wait(struct tm_ports *);

/* False until the whole contents of the database arrived once. */
bool tm_ports_is_ready(const struct tm_ports *);
bool tm_ports_is_connected(const struct tm_ports *);
const struct tm_node *tm_ports_node(const struct tm_ports *);

/* Settings that are not the compiler's business.  Valid until the next run. */
struct tm_settings {
    char *system_id;            /* Never NULL: the host name by default. */
    char *remote;               /* tmirror-remote, or the database's own. */
    char *bridge;               /* Never NULL. */
    char *management;           /* OpenFlow target of the bridge. */
    char *pipeline;             /* "normal", ..., "auto". */
    char *ovs_version;          /* "" if unknown. */
    char *datapath_type;        /* "system", "netdev", ... */
    bool hw_offload;            /* other_config:hw-offload. */
};
const struct tm_settings *tm_ports_settings(const struct tm_ports *);
const struct sset *tm_ports_problems(const struct tm_ports *);

/* Deletes the plugin's ports (external_ids:tmirror-owner); for 'exit
 * --cleanup'.  Call tm_ports_run() until tm_ports_cleanup_done(). */
void tm_ports_start_cleanup(struct tm_ports *);
bool tm_ports_cleanup_done(const struct tm_ports *);

/* Makes the neighbour entries of 'targets' known to a userspace datapath
 * before the first copy, which would be lost otherwise (datapath-facts 7): an
 * ARP request or neighbour solicitation for the next hop, and an empty
 * datagram to the discard port (RFC 863), of each that is new since the last
 * call; the switch listens in on the answers.  tm_ports_run() repeats it when
 * the tunnel port or ovs-vswitchd came anew, and every few minutes.  Does
 * nothing on the kernel datapath. */
void tm_ports_resolve(struct tm_ports *, const struct tm_addr *targets,
                      size_t n);

/* The longest IP packet that the node's link towards 'target' takes, in bytes
 * (IP_MTU of ip(7), IPV6_MTU of ipv6(7)); 0 if there is no route.  Sends
 * nothing. */
uint32_t tm_ports_path_mtu(const struct tm_addr *target);

/* Tells that routes of the node may be others. */
struct tm_route_watch *tm_route_watch_create(void);
void tm_route_watch_destroy(struct tm_route_watch *);
/* True if anything changed since the last call. */
bool tm_route_watch_run(struct tm_route_watch *);
void tm_route_watch_wait(const struct tm_route_watch *);

/* Lines for conn/show and port/list. */
void tm_ports_show(const struct tm_ports *, struct ds *);
void tm_ports_list(const struct tm_ports *, struct ds *);

#endif /* plugin/ports/ports.h */
