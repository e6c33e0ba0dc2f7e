/* SPDX-License-Identifier: Apache-2.0 */
/* node.c
 *
 * A node is a list of ports and a handful of settings.  The list is sorted
 * once, when it is complete, so that two nodes can be compared by walking both
 * side by side: a port that stands on one side only came or went, and one that
 * stands on both may have changed in a field.  The settings are few and rarely
 * change, so a difference in any of them makes everything dirty. */

#include <config.h>
#include "plugin/compile/node.h"

#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "flow.h"
#include "lib/encap.h"
#include "plugin/compile/pipeline.h"
#include "util.h"

#define N_VLANS 4096

void
tm_node_init(struct tm_node *node)
{
    memset(node, 0, sizeof *node);
    node->table_base = TM_TABLE_BASE_DEFAULT;
    node->vxlan_port = TM_VXLAN_PORT_DEFAULT;
}

void
tm_port_clone(struct tm_port *dst, const struct tm_port *src)
{
    *dst = *src;
    dst->name = nullable_xstrdup(src->name);
    dst->iface_id = nullable_xstrdup(src->iface_id);
    dst->trunks = src->trunks ? bitmap_clone(src->trunks, N_VLANS) : NULL;
}

void
tm_port_uninit(struct tm_port *port)
{
    free(port->name);
    free(port->iface_id);
    bitmap_free(port->trunks);
}

void
tm_node_uninit(struct tm_node *node)
{
    for (size_t i = 0; i < node->n_ports; i++) {
        tm_port_uninit(&node->ports[i]);
    }
    free(node->ports);
    free(node->tunnel_problem);
}

void
tm_node_add_port(struct tm_node *node, const struct tm_port *port)
{
    if (node->n_ports >= node->allocated_ports) {
        node->ports = x2nrealloc(node->ports, &node->allocated_ports,
                                 sizeof *node->ports);
    }
    node->ports[node->n_ports++] = *port;
}

static int
compare_ports(const void *a_, const void *b_)
{
    const struct tm_port *a = a_;
    const struct tm_port *b = b_;
    uint32_t a_no = ofp_to_u16(a->ofport);
    uint32_t b_no = ofp_to_u16(b->ofport);

    return a_no < b_no ? -1 : a_no > b_no;
}

void
tm_node_sort(struct tm_node *node)
{
    if (node->n_ports) {
        qsort(node->ports, node->n_ports, sizeof *node->ports, compare_ports);
    }
}

enum tm_ip
tm_node_prefer(const struct tm_node *node)
{
    return node->has_encap6 && !node->has_encap4 ? TM_IPV6 : 0;
}

const struct tm_port *
tm_node_find_eni(const struct tm_node *node, const char *name)
{
    for (size_t i = 0; i < node->n_ports; i++) {
        const struct tm_port *port = &node->ports[i];

        if (port->iface_id && !strcmp(port->iface_id, name)) {
            return port;
        }
    }
    return NULL;
}

void
tm_node_dirty_init(struct tm_node_dirty *dirty)
{
    dirty->everything = false;
    dirty->ports = false;
    sset_init(&dirty->enis);
}

void
tm_node_dirty_uninit(struct tm_node_dirty *dirty)
{
    sset_destroy(&dirty->enis);
}

void
tm_node_dirty_clear(struct tm_node_dirty *dirty)
{
    dirty->everything = false;
    dirty->ports = false;
    sset_clear(&dirty->enis);
}

static bool
trunks_equal(const unsigned long *a, const unsigned long *b)
{
    return a && b ? bitmap_equal(a, b, N_VLANS) : a == b;
}

static bool
port_equal(const struct tm_port *a, const struct tm_port *b)
{
    return (a->ofport == b->ofport
            && nullable_string_is_equal(a->name, b->name)
            && nullable_string_is_equal(a->iface_id, b->iface_id)
            && a->has_mac == b->has_mac
            && (!a->has_mac || eth_addr_equals(a->mac, b->mac))
            && a->mtu == b->mtu
            && a->vlan_mode == b->vlan_mode
            && a->tag == b->tag
            && trunks_equal(a->trunks, b->trunks));
}

static bool
settings_equal(const struct tm_node *a, const struct tm_node *b)
{
    return (a->has_bridge == b->has_bridge
            && a->tunnel == b->tunnel
            && nullable_string_is_equal(a->tunnel_problem, b->tunnel_problem)
            && a->table_base == b->table_base
            && a->vxlan_port == b->vxlan_port
            && a->has_encap4 == b->has_encap4
            && (!a->has_encap4 || tm_addr_equal(&a->encap4, &b->encap4))
            && a->has_encap6 == b->has_encap6
            && (!a->has_encap6 || tm_addr_equal(&a->encap6, &b->encap6))
            && a->tunnel_mtu == b->tunnel_mtu);
}

static void
mark_port(struct tm_node_dirty *dirty, const struct tm_port *port)
{
    dirty->ports = true;
    if (port->iface_id) {
        sset_add(&dirty->enis, port->iface_id);
    }
}

bool
tm_node_diff(const struct tm_node *old, const struct tm_node *new,
             struct tm_node_dirty *dirty)
{
    bool changed = !settings_equal(old, new);
    size_t i = 0;
    size_t j = 0;

    dirty->everything |= changed;
    while (i < old->n_ports || j < new->n_ports) {
        const struct tm_port *a = i < old->n_ports ? &old->ports[i] : NULL;
        const struct tm_port *b = j < new->n_ports ? &new->ports[j] : NULL;
        int cmp = !a ? 1 : !b ? -1 : compare_ports(a, b);

        if (cmp || !port_equal(a, b)) {
            if (cmp <= 0) {
                mark_port(dirty, a);
            }
            if (cmp >= 0) {
                mark_port(dirty, b);
            }
            changed = true;
        }
        i += cmp <= 0;
        j += cmp >= 0;
    }
    return changed;
}
