/* node.h
 *
 * Job.       What the compiler has to know of this node, as plain values:
 *            the ports of the integration bridge and the node's settings.
 * Input.     plugin/ports fills it from the Open_vSwitch database.
 * Output.    The port of an ENI; the difference of two nodes.
 * Not here.  IDL, the switch.
 * Ownership. A node owns its ports and strings.
 * Failure.   Cannot fail. */

#ifndef PLUGIN_COMPILE_NODE_H
#define PLUGIN_COMPILE_NODE_H 1

#include "lib/model.h"
#include "openvswitch/types.h"
#include "sset.h"

enum tm_vlan_mode {
    TM_VLAN_ACCESS,             /* Carries 'tag' (0: no VLAN), untagged. */
    TM_VLAN_TRUNK,              /* Carries 'trunks' (NULL: all), tagged. */
    TM_VLAN_NATIVE_TAGGED,      /* Trunk; untagged frames in belong to 'tag' */
    TM_VLAN_NATIVE_UNTAGGED,    /* ... and leave untagged. */
    TM_VLAN_DOT1Q_TUNNEL,       /* Not modelled: not mirrored inbound. */
};

/* An interface of the integration bridge that has an OpenFlow port. */
struct tm_port {
    ofp_port_t ofport;
    char *name;                 /* Interface name. */
    char *iface_id;             /* external_ids:iface-id, or NULL. */
    bool has_mac;               /* external_ids:attached-mac is there. */
    struct eth_addr mac;
    uint32_t mtu;               /* 0: unknown. */
    enum tm_vlan_mode vlan_mode;/* As vswitchd derives it where not set. */
    uint16_t tag;               /* 0..4095. */
    unsigned long *trunks;      /* Bitmap of 4096, or NULL: all. */
};

/* A deep copy. */
void tm_port_clone(struct tm_port *dst, const struct tm_port *src);
void tm_port_uninit(struct tm_port *);

struct tm_node {
    bool has_bridge;            /* False: no integration bridge here. */
    struct tm_port *ports;      /* By rising ofport.  The plugin's own tunnel
                                 * ports are not among them. */
    size_t n_ports, allocated_ports;
    ofp_port_t tunnel;          /* OpenFlow port of the VXLAN port, 0: none. */
    char *tunnel_problem;       /* Why there is none, or NULL. */

    /* Settings (cli.md, "Configuration of a node"). */
    uint8_t table_base;
    uint16_t vxlan_port;        /* Host byte order. */
    bool has_encap4, has_encap6;/* False: the route chooses. */
    struct tm_addr encap4, encap6;
    uint32_t tunnel_mtu;        /* 0: the MTU of the mirror source. */
};

void tm_node_init(struct tm_node *);        /* Defaults, no bridge. */
void tm_node_uninit(struct tm_node *);
/* Takes the contents of 'port' over.  Finish with tm_node_sort(). */
void tm_node_add_port(struct tm_node *, const struct tm_port *);
void tm_node_sort(struct tm_node *);

/* The port of ENI 'name', or NULL.  If two have it, the lowest number. */
const struct tm_port *tm_node_find_eni(const struct tm_node *,
                                       const char *name);

/* The IP version to send copies by where a target has both, or 0: any. */
enum tm_ip tm_node_prefer(const struct tm_node *);

/* What changed between two nodes. */
struct tm_node_dirty {
    bool everything;            /* Settings, tunnel, bridge. */
    bool ports;                 /* Any port came, went or changed. */
    struct sset enis;           /* iface_ids of ports that did, before and
                                 * after.  Empty though 'ports': any. */
};
void tm_node_dirty_init(struct tm_node_dirty *);
void tm_node_dirty_uninit(struct tm_node_dirty *);
void tm_node_dirty_clear(struct tm_node_dirty *);
/* Adds to 'dirty'.  Returns true if there is any difference. */
bool tm_node_diff(const struct tm_node *old, const struct tm_node *new,
                  struct tm_node_dirty *dirty);

#endif /* plugin/compile/node.h */
