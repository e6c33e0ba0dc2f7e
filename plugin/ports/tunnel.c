/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel.c: the VXLAN port of the plugin, one Port and one Interface row.
 *
 * One port serves every session, since each copy says itself where it goes
 * (remote_ip, local_ip and key are "flow").  It is a trunk of VLAN 4095 alone,
 * a number that no frame carries, so that NORMAL neither floods into it nor
 * learns from it; unlike OpenFlow's NO_FLOOD that outlives every restart.
 *
 * The rows are reconciled, not scripted: each look at the database finds the
 * first thing that is not as it should be and makes one transaction of it.
 * In this order: a port of ours that is on another bridge, or that cannot be
 * mended, is deleted; a missing one is created; a wrong one is put right.  A
 * port that has our name but not our mark belongs to somebody else and is left
 * alone.
 *
 * The switch may refuse the port.  "File exists" means that its datapath has
 * a tunnel already that receives the very same packets; no two can.  We look
 * for that port, to be able to name it.  When it goes, the switch deletes it
 * and adds ours in one reconfiguration, and refuses ours once more, since the
 * other is not quite gone; after that it would not try again until somebody
 * changes something.  So, when no such port is left, 'next_cfg' is increased,
 * as ovs-vsctl does with each of its changes. */

#include <config.h>
#include "plugin/ports/ports-internal.h"

#include "flow.h"
#include "openvswitch/ofp-port.h"
#include "ovsdb-idl.h"
#include "util.h"

#define VLAN_NONE 4095

/* Of 'options'.  With NULL the key must not be there, since it would change
 * which packets are the tunnel's, or how they look.  Other keys are the
 * operator's to set (csum, tos, df_default, ...). */
static const struct {
    const char *key, *value;
} fixed_options[] = {
    { "remote_ip", "flow" },
    { "local_ip", "flow" },
    { "key", "flow" },
    { "in_key", NULL },
    { "out_key", NULL },
    { "exts", NULL },
    { "packet_type", NULL },
};

static struct ovsrec_port *
find_port(const struct ovsrec_bridge *bridge, const char *name)
{
    for (size_t i = 0; bridge && i < bridge->n_ports; i++) {
        if (!strcmp(bridge->ports[i]->name, name)) {
            return bridge->ports[i];
        }
    }
    return NULL;
}

/* The first port on any bridge that is the plugin's, but not where or what it
 * should be.  Sets '*bridgep' to its bridge. */
static struct ovsrec_port *
find_stray(const struct tm_tunnel_want *want, struct ovsrec_bridge **bridgep)
{
    for (size_t i = 0; want->ovs && i < want->ovs->n_bridges; i++) {
        struct ovsrec_bridge *br = want->ovs->bridges[i];

        for (size_t j = 0; j < br->n_ports; j++) {
            struct ovsrec_port *port = br->ports[j];

            if (tm_port_row_is_owned(port)
                && (want->delete_all
                    || br != want->bridge
                    || strcmp(port->name, TM_TUNNEL_NAME)
                    || port->n_interfaces != 1
                    || strcmp(port->interfaces[0]->name, TM_TUNNEL_NAME))) {
                *bridgep = br;
                return port;
            }
        }
    }
    return NULL;
}

static void
create_port(struct ovsdb_idl_txn *txn, const struct tm_tunnel_want *want)
{
    const char *dst_port = xasprintf("%"PRIu16, want->vxlan_port);
    const struct smap ids = SMAP_CONST1(&ids, TM_OWNER_KEY, TM_OWNER_VALUE);
    struct smap options = SMAP_INITIALIZER(&options);
    int64_t trunks = VLAN_NONE;

    for (size_t i = 0; i < ARRAY_SIZE(fixed_options); i++) {
        if (fixed_options[i].value) {
            smap_add(&options, fixed_options[i].key, fixed_options[i].value);
        }
    }
    smap_add_nocopy(&options, xstrdup("dst_port"),
                    CONST_CAST(char *, dst_port));

    struct ovsrec_interface *iface = ovsrec_interface_insert(txn);
    ovsrec_interface_set_name(iface, TM_TUNNEL_NAME);
    ovsrec_interface_set_type(iface, "vxlan");
    ovsrec_interface_set_options(iface, &options);
    ovsrec_interface_set_external_ids(iface, &ids);

    struct ovsrec_port *port = ovsrec_port_insert(txn);
    ovsrec_port_set_name(port, TM_TUNNEL_NAME);
    ovsrec_port_set_interfaces(port, &iface, 1);
    ovsrec_port_set_vlan_mode(port, "trunk");
    ovsrec_port_set_trunks(port, &trunks, 1);
    ovsrec_port_set_external_ids(port, &ids);

    ovsrec_bridge_update_ports_addvalue(want->bridge, port);
    smap_destroy(&options);
}

static bool
port_is_right(const struct ovsrec_port *port)
{
    return (port->vlan_mode && !strcmp(port->vlan_mode, "trunk")
            && port->n_trunks == 1 && port->trunks[0] == VLAN_NONE
            && !port->n_tag
            && smap_get(&port->external_ids, TM_OWNER_KEY));
}

static void
mend_port(const struct ovsrec_port *port)
{
    int64_t trunks = VLAN_NONE;

    ovsrec_port_set_vlan_mode(port, "trunk");
    ovsrec_port_set_trunks(port, &trunks, 1);
    ovsrec_port_set_tag(port, NULL, 0);
    ovsrec_port_update_external_ids_setkey(port, TM_OWNER_KEY,
                                           TM_OWNER_VALUE);
}

static void
set_option(const struct ovsrec_interface *iface, const char *key,
           const char *value)
{
    if (value) {
        ovsrec_interface_update_options_setkey(iface, key, value);
    } else {
        ovsrec_interface_update_options_delkey(iface, key);
    }
}

/* Returns true if 'iface' is as it should be.  Otherwise, with 'mend', alters
 * it in the open transaction. */
static bool
check_interface(const struct ovsrec_interface *iface, uint16_t vxlan_port,
                bool mend)
{
    char dst_port[8];
    bool right = true;

    snprintf(dst_port, sizeof dst_port, "%"PRIu16, vxlan_port);
    for (size_t i = 0; i <= ARRAY_SIZE(fixed_options); i++) {
        bool last = i == ARRAY_SIZE(fixed_options);
        const char *key = last ? "dst_port" : fixed_options[i].key;
        const char *value = last ? dst_port : fixed_options[i].value;

        if (!nullable_string_is_equal(smap_get(&iface->options, key), value)) {
            right = false;
            if (mend) {
                set_option(iface, key, value);
            }
        }
    }
    if (strcmp(iface->type, "vxlan")) {
        right = false;
        if (mend) {
            ovsrec_interface_set_type(iface, "vxlan");
        }
    }
    if (!smap_get(&iface->external_ids, TM_OWNER_KEY)) {
        right = false;
        if (mend) {
            ovsrec_interface_update_external_ids_setkey(iface, TM_OWNER_KEY,
                                                        TM_OWNER_VALUE);
        }
    }
    return right;
}

static struct ovsdb_idl_txn *
begin(struct ovsdb_idl *idl, const char *what,
      const struct ovsrec_bridge *bridge)
{
    struct ovsdb_idl_txn *txn = ovsdb_idl_txn_create(idl);

    ovsdb_idl_txn_add_comment(txn, "tmirrord: %s port on bridge %s",
                              what, bridge->name);
    return txn;
}

/* Does 'other' receive the packets that 'iface' would? */
static bool
is_same_tunnel(const struct ovsrec_interface *iface,
               const struct ovsrec_interface *other)
{
    const struct smap *a = &iface->options, *b = &other->options;

    if (other == iface || strcmp(other->type, "vxlan")
        || strcmp(smap_get_def(a, "dst_port", "4789"),
                  smap_get_def(b, "dst_port", "4789"))) {
        return false;
    }
    return (nullable_string_is_equal(smap_get(b, "remote_ip"), "flow")
            && nullable_string_is_equal(smap_get(b, "local_ip"), "flow")
            && nullable_string_is_equal(smap_get_def(
                   b, "in_key", smap_get_def(b, "key", "")), "flow"));
}

static const struct ovsrec_interface *
find_same_tunnel(const struct ovsrec_open_vswitch *ovs,
                 const struct ovsrec_interface *iface,
                 const struct ovsrec_bridge **bridgep)
{
    for (size_t i = 0; i < ovs->n_bridges; i++) {
        const struct ovsrec_bridge *br = ovs->bridges[i];

        for (size_t j = 0; j < br->n_ports; j++) {
            const struct ovsrec_port *port = br->ports[j];

            for (size_t k = 0; k < port->n_interfaces; k++) {
                if (is_same_tunnel(iface, port->interfaces[k])) {
                    *bridgep = br;
                    return port->interfaces[k];
                }
            }
        }
    }
    return NULL;
}

static bool
is_refused(const struct ovsrec_interface *iface)
{
    return ((iface->error && iface->error[0])
            || (iface->n_ofport && *iface->ofport < 1));
}

bool
tm_tunnel_may_retry(const struct ovsrec_open_vswitch *ovs,
                    const struct ovsrec_bridge *bridge)
{
    const struct ovsrec_port *port = find_port(bridge, TM_TUNNEL_NAME);
    const struct ovsrec_bridge *other_bridge;

    return (port && tm_port_row_is_owned(port) && port->n_interfaces
            && is_refused(port->interfaces[0])
            && !find_same_tunnel(ovs, port->interfaces[0], &other_bridge));
}

struct ovsdb_idl_txn *
tm_tunnel_reconcile(struct ovsdb_idl *idl, const struct tm_tunnel_want *want)
{
    struct ovsdb_idl_txn *txn;
    struct ovsrec_bridge *stray_bridge = NULL;
    struct ovsrec_port *port = find_stray(want, &stray_bridge);

    if (port) {
        txn = begin(idl, "delete", stray_bridge);
        ovsrec_bridge_update_ports_delvalue(stray_bridge, port);
        return txn;
    }
    if (!want->bridge || want->delete_all) {
        return NULL;
    }

    port = find_port(want->bridge, TM_TUNNEL_NAME);
    if (!port) {
        if (!want->create) {
            return NULL;
        }
        txn = begin(idl, "create", want->bridge);
        create_port(txn, want);
        return txn;
    }
    if (!tm_port_row_is_owned(port)) {
        return NULL;
    }
    if (port_is_right(port)
        && check_interface(port->interfaces[0], want->vxlan_port, false)) {
        if (!want->retry || !tm_tunnel_may_retry(want->ovs, want->bridge)) {
            return NULL;
        }
        txn = begin(idl, "try again", want->bridge);
        ovsdb_idl_txn_increment(txn, &want->ovs->header_,
                                &ovsrec_open_vswitch_col_next_cfg, true);
        return txn;
    }

    txn = begin(idl, "put right", want->bridge);
    mend_port(port);
    check_interface(port->interfaces[0], want->vxlan_port, true);
    return txn;
}

bool
tm_tunnel_all_gone(const struct ovsrec_open_vswitch *ovs)
{
    const struct tm_tunnel_want want = { .ovs = ovs, .delete_all = true };
    struct ovsrec_bridge *bridge;

    return !find_stray(&want, &bridge);
}

/* The switch's words, and what they mean. */
static char *
describe_refusal(const struct ovsrec_open_vswitch *ovs,
                 const struct ovsrec_interface *iface)
{
    const char *error = iface->error && iface->error[0] ? iface->error : NULL;
    const struct ovsrec_bridge *bridge;
    const struct ovsrec_interface *other
        = find_same_tunnel(ovs, iface, &bridge);
    const char *dst_port = smap_get_def(&iface->options, "dst_port", "");

    if (other) {
        return xasprintf(
            "Interface %s: %s: Interface %s of bridge %s is a VXLAN tunnel "
            "with remote_ip, local_ip and key \"flow\" and UDP port %s "
            "already; delete it, or choose another "
            "external_ids:tmirror-vxlan-port", iface->name,
            error ? error : "no OpenFlow port", other->name, bridge->name,
            dst_port);
    }
    return xasprintf("Interface %s: %s", iface->name,
                     error ? error : "ovs-vswitchd could not add it");
}

void
tm_tunnel_read(const struct ovsrec_open_vswitch *ovs,
               const struct ovsrec_bridge *bridge, struct tm_node *node)
{
    const struct ovsrec_port *port = find_port(bridge, TM_TUNNEL_NAME);

    node->tunnel = 0;
    free(node->tunnel_problem);
    node->tunnel_problem = NULL;
    if (!port || !port->n_interfaces) {
        return;
    }
    if (!tm_port_row_is_owned(port)) {
        node->tunnel_problem = xasprintf(
            "Port %s of bridge %s is not the plugin's (no external_ids:%s); "
            "rename or delete it", TM_TUNNEL_NAME, bridge->name,
            TM_OWNER_KEY);
        return;
    }

    const struct ovsrec_interface *iface = port->interfaces[0];
    if (is_refused(iface)) {
        node->tunnel_problem = describe_refusal(ovs, iface);
    } else if (iface->n_ofport
               && *iface->ofport < ofp_to_u16(OFPP_MAX)) {
        node->tunnel = u16_to_ofp(*iface->ofport);
    }
}
