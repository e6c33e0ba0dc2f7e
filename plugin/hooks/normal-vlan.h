/* SPDX-License-Identifier: Apache-2.0 */
/* normal-vlan.h
 *
 * Job.       What the action NORMAL makes of VLANs, as flows: which VLAN a
 *            frame is in, by the port it came in on and its tag; and whether a
 *            source receives that VLAN, with which tag.
 * Input.     The columns of a Port, as in struct tm_port.
 * Output.    Flows of TM_TABLE_VLAN and TM_TABLE_ADMIT.
 * Not here.  Who the receivers are (normal.c).
 * Ownership. Values.
 * Failure.   Cannot fail. */

#ifndef PLUGIN_HOOKS_NORMAL_VLAN_H
#define PLUGIN_HOOKS_NORMAL_VLAN_H 1

#include "bitmap.h"
#include "plugin/compile/node.h"
#include "plugin/compile/unit.h"

#define TM_N_VLANS 4096

/* The VLAN columns of a port as a plain value, of which only the first
 * tm_port_vlans_size() bytes mean something: most ports have no list. */
struct tm_port_vlans {
    ofp_port_t ofport;
    enum tm_vlan_mode mode;
    uint16_t tag;               /* 0 with TM_VLAN_TRUNK. */
    bool all;                   /* Every VLAN is carried. */
    bool has_list;              /* 'carried' means something. */
    unsigned long carried[BITMAP_N_LONGS(TM_N_VLANS)];
};

/* The VLANs that 'port' really carries: NORMAL forces the native VLAN on and
 * VLAN 0 off. */
void tm_port_vlans_init(struct tm_port_vlans *, const struct tm_port *port);
static inline size_t
tm_port_vlans_size(const struct tm_port_vlans *vlans)
{
    return (vlans->has_list ? sizeof *vlans
            : offsetof(struct tm_port_vlans, carried));
}

/* TM_TABLE_VLAN: frames that come in on the port. */
void tm_normal_add_vlan(uint8_t base, const struct tm_port_vlans *,
                        struct tm_flow_list *);
/* ... on a port that has none of the above: a trunk of all VLANs. */
void tm_normal_add_vlan_default(uint8_t base, struct tm_flow_list *);
/* TM_TABLE_ADMIT: frames that the source on the port may receive. */
void tm_normal_add_admit(uint8_t base, const struct tm_port_vlans *,
                         const struct tm_origin *, struct tm_flow_list *);

#endif /* plugin/hooks/normal-vlan.h */
