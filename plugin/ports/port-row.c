/* SPDX-License-Identifier: Apache-2.0 */
/* port-row.c: one Interface row, with the Port row it belongs to, to the
 * compiler's struct tm_port.
 *
 * An interface is of use here only if the switch gave it an OpenFlow port: it
 * writes a positive 'ofport' then, -1 where it failed, and nothing before it
 * has looked.  The VLAN columns are those of the Port, so that all members of
 * a bond have the same.  What NORMAL makes of them where 'vlan_mode' is not
 * set, and which VLANs a native port carries, is in vswitchd.conf.db(5), "VLAN
 * Configuration"; trunks of a native port that are listed get the native VLAN
 * added and VLAN 0 taken away, as the switch does.  An empty list of a native
 * port stays "all": there, too, the switch refuses VLAN 0 if 'tag' is another
 * one. */

#include <config.h>
#include "plugin/ports/ports-internal.h"

#include "bitmap.h"
#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-port.h"
#include "packets.h"
#include "util.h"
#include "vlan-bitmap.h"

bool
tm_port_row_is_owned(const struct ovsrec_port *port)
{
    if (smap_get(&port->external_ids, TM_OWNER_KEY)) {
        return true;
    }
    for (size_t i = 0; i < port->n_interfaces; i++) {
        if (smap_get(&port->interfaces[i]->external_ids, TM_OWNER_KEY)) {
            return true;
        }
    }
    return false;
}

static enum tm_vlan_mode
vlan_mode_from_row(const struct ovsrec_port *row)
{
    static const struct {
        const char *name;
        enum tm_vlan_mode mode;
    } modes[] = {
        { "access", TM_VLAN_ACCESS },
        { "trunk", TM_VLAN_TRUNK },
        { "native-tagged", TM_VLAN_NATIVE_TAGGED },
        { "native-untagged", TM_VLAN_NATIVE_UNTAGGED },
        { "dot1q-tunnel", TM_VLAN_DOT1Q_TUNNEL },
    };

    if (!row->vlan_mode) {
        return row->n_tag ? TM_VLAN_ACCESS : TM_VLAN_TRUNK;
    }
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        if (!strcmp(row->vlan_mode, modes[i].name)) {
            return modes[i].mode;
        }
    }
    return TM_VLAN_TRUNK;
}

static void
vlan_from_row(const struct ovsrec_port *row, struct tm_port *port)
{
    enum tm_vlan_mode mode = vlan_mode_from_row(row);
    bool native = (mode == TM_VLAN_NATIVE_TAGGED
                   || mode == TM_VLAN_NATIVE_UNTAGGED);

    port->vlan_mode = mode;
    port->tag = row->n_tag && mode != TM_VLAN_TRUNK ? *row->tag : 0;
    if ((native || mode == TM_VLAN_TRUNK) && row->n_trunks) {
        port->trunks = vlan_bitmap_from_array(row->trunks, row->n_trunks);
        if (native && port->tag) {
            bitmap_set1(port->trunks, port->tag);
            bitmap_set0(port->trunks, 0);
        }
    }
}

static void
mac_from_row(const struct ovsrec_interface *row, struct tm_port *port,
             struct sset *problems)
{
    const char *s = smap_get(&row->external_ids, "attached-mac");

    if (!s || !s[0]) {
        return;
    }
    if (eth_addr_from_string(s, &port->mac)
        && !eth_addr_is_zero(port->mac)
        && !eth_addr_is_multicast(port->mac)) {
        port->has_mac = true;
        return;
    }

    char *p = xasprintf("Interface %s: external_ids:attached-mac \"%s\": "
                        "allowed is the MAC address of one station; "
                        "going on without it", row->name, s);
    sset_add(problems, p);
    free(p);
    port->mac = eth_addr_zero;
}

bool
tm_port_from_row(const struct ovsrec_port *port_row,
                 const struct ovsrec_interface *row, struct tm_port *port,
                 struct sset *problems)
{
    if (!row->n_ofport || *row->ofport < 1 || *row->ofport > UINT16_MAX
        || (row->error && row->error[0])) {
        return false;
    }

    ofp_port_t ofport = u16_to_ofp(*row->ofport);
    if (ofp_to_u16(ofport) >= ofp_to_u16(OFPP_MAX) && ofport != OFPP_LOCAL) {
        return false;
    }

    const char *iface_id = smap_get(&row->external_ids, "iface-id");

    *port = (struct tm_port) {
        .ofport = ofport,
        .name = xstrdup(row->name),
        .iface_id = iface_id && iface_id[0] ? xstrdup(iface_id) : NULL,
        .mtu = row->n_mtu && *row->mtu > 0 ? *row->mtu : 0,
    };
    mac_from_row(row, port, problems);
    vlan_from_row(port_row, port);
    return true;
}
