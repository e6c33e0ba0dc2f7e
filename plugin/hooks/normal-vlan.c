/* SPDX-License-Identifier: Apache-2.0 */
/* normal-vlan.c
 *
 * NORMAL works in three steps, and so do we.  First, the VLAN of the frame: on
 * an access port it is the port's tag, and only frames without a VLAN ID may
 * come in (a priority tag has none); on a trunk it is that of the frame; on a
 * native port the port's tag stands in where the frame has none.  The tag
 * comes off, into TM_REG_VLAN, which has the form of a tag: VLAN ID, the
 * present bit, priority.  Second, a port receives the frame only if it carries
 * that VLAN.  Third, the tag goes back on, except on an access port, and on a
 * native-untagged port in its own VLAN; so the copy has the tag that the ENI
 * sees.
 *
 * VLAN 0 is "no VLAN": its frames have no tag, unless for their priority.
 *
 * A list of VLANs takes a flow for each aligned block of numbers in it, so
 * 1-4094 are 22 flows, not 4,094. */

#include <config.h>
#include "plugin/hooks/normal-vlan.h"

#include <string.h>

#include "flow.h"
#include "packets.h"
#include "util.h"

#define PRIO_PORT       100     /* What the port's tag says. */
#define PRIO_LIST       95
#define PRIO_PORT_DROP  90      /* Not carried by the port. */
#define PRIO_DEFAULT    1

static const struct tm_origin no_origin;

/* VLAN IDs 'value' to 'value' + 'size' - 1, 'size' a power of 2 that divides
 * 'value'. */
struct block {
    uint16_t value, size;
};

void
tm_port_vlans_init(struct tm_port_vlans *vlans, const struct tm_port *port)
{
    memset(vlans, 0, offsetof(struct tm_port_vlans, carried));
    vlans->ofport = port->ofport;
    vlans->mode = port->vlan_mode;
    vlans->tag = port->vlan_mode == TM_VLAN_TRUNK ? 0 : port->tag;
    if (port->vlan_mode == TM_VLAN_ACCESS
        || port->vlan_mode == TM_VLAN_DOT1Q_TUNNEL) {
        return;
    }
    if (port->vlan_mode == TM_VLAN_TRUNK && !port->trunks) {
        vlans->all = true;
        return;
    }
    if (port->trunks) {
        memcpy(vlans->carried, port->trunks, sizeof vlans->carried);
    } else {
        memset(vlans->carried, 0xff, sizeof vlans->carried);
    }
    if (vlans->tag) {
        bitmap_set1(vlans->carried, vlans->tag);
        bitmap_set0(vlans->carried, 0);
    }
    vlans->all = bitmap_scan(vlans->carried, false, 0,
                             TM_N_VLANS) == TM_N_VLANS;
    vlans->has_list = true;
}

static bool
carries(const struct tm_port_vlans *vlans, uint16_t vlan)
{
    return vlans->all || (vlans->has_list
                          && bitmap_is_set(vlans->carried, vlan));
}

/* Finds the largest block of 'carried' that starts with the first VLAN from
 * 'start' on.  Returns false if there is none. */
static bool
next_block(const struct tm_port_vlans *vlans, size_t start,
           struct block *block)
{
    size_t v = bitmap_scan(vlans->carried, true, start, TM_N_VLANS);
    size_t size = 1;

    if (v >= TM_N_VLANS) {
        return false;
    }
    /* VLAN 0 is alone: its frames may have no tag. */
    while (v && !(v & (2 * size - 1))
           && bitmap_scan(vlans->carried, false, v, v + 2 * size)
              == v + 2 * size) {
        size *= 2;
    }
    block->value = v;
    block->size = size;
    return true;
}

static void
strip_tag(struct ofpbuf *acts)
{
    union mf_value zero;

    /* Unlike pop_vlan, this needs no tag to be there. */
    memset(&zero, 0, sizeof zero);
    tm_act_set_field(acts, MFF_VLAN_TCI, &zero);
}

/* The frame's tag, if any, is that of its VLAN. */
static void
put_own_vlan(uint8_t base, struct ofpbuf *acts)
{
    tm_act_move(acts, MFF_VLAN_TCI, 0, TM_REG_VLAN, 0, 16);
    strip_tag(acts);
    tm_act_resubmit(acts, base + TM_TABLE_RECEIVE);
}

/* The frame has no VLAN ID, but perhaps a priority: its VLAN is 'tag'. */
static void
put_port_vlan(uint8_t base, uint16_t tag, struct ofpbuf *acts)
{
    tm_act_move(acts, MFF_VLAN_TCI, 0, TM_REG_VLAN, 0, 16);
    if (tag) {
        tm_act_set_reg_masked(acts, TM_REG_VLAN, TM_VLAN_PRESENT | tag,
                              VLAN_CFI | VLAN_VID_MASK);
    }
    strip_tag(acts);
    tm_act_resubmit(acts, base + TM_TABLE_RECEIVE);
}

static void
match_vid(struct match *match, const struct block *block)
{
    uint16_t mask = VLAN_VID_MASK & ~(block->size - 1);

    if (block->value) {
        match_set_dl_tci_masked(match, htons(VLAN_CFI | block->value),
                                htons(VLAN_CFI | mask));
    } else {
        match_set_dl_tci_masked(match, htons(0), htons(VLAN_VID_MASK));
    }
}

static void
add_list(uint8_t base, const struct tm_port_vlans *vlans, size_t start,
         struct tm_flow_list *out)
{
    struct ofpbuf acts;
    struct block block;

    ofpbuf_init(&acts, 64);
    for (size_t v = start; next_block(vlans, v, &block);
         v = block.value + block.size) {
        struct match match;

        match_init_catchall(&match);
        match_set_in_port(&match, vlans->ofport);
        match_vid(&match, &block);
        put_own_vlan(base, &acts);
        tm_flow_list_add(out, base + TM_TABLE_VLAN, PRIO_LIST, &no_origin,
                         &match, &acts);
    }
    ofpbuf_uninit(&acts);
}

void
tm_normal_add_vlan(uint8_t base, const struct tm_port_vlans *vlans,
                   struct tm_flow_list *out)
{
    const struct block none = { 0, 1 };
    struct ofpbuf acts;
    struct match match;

    if (vlans->mode == TM_VLAN_TRUNK && vlans->all) {
        return;
    }

    ofpbuf_init(&acts, 64);
    match_init_catchall(&match);
    match_set_in_port(&match, vlans->ofport);
    tm_flow_list_add(out, base + TM_TABLE_VLAN, PRIO_PORT_DROP, &no_origin,
                     &match, &acts);

    /* What a dot1q-tunnel port adds would be a second tag, which the rest of
     * this page does not know: such frames stop at the drop. */
    if (vlans->mode == TM_VLAN_TRUNK) {
        add_list(base, vlans, 0, out);
    } else if (vlans->mode != TM_VLAN_DOT1Q_TUNNEL) {
        match_vid(&match, &none);
        put_port_vlan(base, vlans->tag, &acts);
        tm_flow_list_add(out, base + TM_TABLE_VLAN, PRIO_PORT, &no_origin,
                         &match, &acts);
        if (vlans->mode != TM_VLAN_ACCESS) {
            add_list(base, vlans, 1, out);
        }
    }
    ofpbuf_uninit(&acts);
}

void
tm_normal_add_vlan_default(uint8_t base, struct tm_flow_list *out)
{
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 64);
    match_init_catchall(&match);
    put_own_vlan(base, &acts);
    tm_flow_list_add(out, base + TM_TABLE_VLAN, PRIO_DEFAULT, &no_origin,
                     &match, &acts);
    ofpbuf_uninit(&acts);
}

/* A match on TM_REG_VLAN. */
struct reg_match {
    uint32_t value, mask;
};

/* Adds one flow of TM_TABLE_ADMIT, for the frames that 'm' matches. */
static void
add_admit(uint8_t base, const struct tm_port_vlans *vlans, struct reg_match m,
          bool put_tag, const struct tm_origin *origin,
          struct tm_flow_list *out)
{
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 64);
    match_init_catchall(&match);
    tm_match_reg(&match, TM_REG_SOURCE, ofp_to_u16(vlans->ofport));
    match_set_reg_masked(&match, TM_REG_VLAN - MFF_REG0, m.value, m.mask);
    if (put_tag) {
        tm_act_move(&acts, TM_REG_VLAN, 0, MFF_VLAN_TCI, 0, 16);
    }
    tm_act_resubmit(&acts, base + TM_TABLE_GUARD);
    tm_flow_list_add(out, base + TM_TABLE_ADMIT, PRIO_LIST + !put_tag, origin,
                     &match, &acts);
    ofpbuf_uninit(&acts);
}

void
tm_normal_add_admit(uint8_t base, const struct tm_port_vlans *vlans,
                    const struct tm_origin *origin, struct tm_flow_list *out)
{
    const struct reg_match own = { vlans->tag, VLAN_VID_MASK };
    const struct reg_match no_tag = { VLAN_CFI, 0xffff };
    const struct reg_match any = { 0, 0 };
    struct block block;

    if (vlans->mode == TM_VLAN_ACCESS) {
        add_admit(base, vlans, own, false, origin, out);
        return;
    }
    if (vlans->mode == TM_VLAN_NATIVE_UNTAGGED
        && carries(vlans, vlans->tag)) {
        add_admit(base, vlans, own, false, origin, out);
    } else if (carries(vlans, 0)) {
        /* A tag with neither VLAN ID nor priority is left out by NORMAL. */
        add_admit(base, vlans, no_tag, false, origin, out);
    }
    if (vlans->all) {
        add_admit(base, vlans, any, true, origin, out);
        return;
    }
    for (size_t v = 0; next_block(vlans, v, &block);
         v = block.value + block.size) {
        const struct reg_match m = {
            block.value, VLAN_VID_MASK & ~(block.size - 1)
        };

        add_admit(base, vlans, m, true, origin, out);
    }
}
