/* SPDX-License-Identifier: Apache-2.0 */
/* actions.c
 *
 * The few actions that the plugin emits, and the list of what it may emit.
 *
 * A hook's clone protects the production packet from what the plugin does to
 * the copy, with one exception: an action that freezes the translation (select
 * group, recirculation, 'exit' in some places) stops both.  The list is
 * therefore of what is allowed, so that an action nobody has thought about is
 * out. */

#include <config.h>

#include "plugin/flow/flow.h"

/* Open vSwitch's, not the one in this folder. */
#include <flow.h>
#include <string.h>

#include "openvswitch/meta-flow.h"
#include "util.h"

/* An output to NORMAL, FLOOD or the like would send production again. */
static char *
check_output(ofp_port_t port)
{
    if (ofp_to_u16(port) < ofp_to_u16(OFPP_MAX) || port == OFPP_LOCAL) {
        return NULL;
    }
    return xasprintf("output to reserved port %#"PRIx16, ofp_to_u16(port));
}

static char *
check_action(const struct ofpact *a)
{
    /* Not 'enum ofpact_type': a compiler would want all of them named. */
    unsigned int type = a->type;

    switch (type) {
    case OFPACT_SET_FIELD:
    case OFPACT_REG_MOVE:
    case OFPACT_RESUBMIT:
    case OFPACT_CONJUNCTION:
    case OFPACT_MULTIPATH:
        return NULL;

    case OFPACT_OUTPUT:
        return check_output(ofpact_get_OUTPUT(a)->port);

    case OFPACT_OUTPUT_TRUNC:
        return check_output(ofpact_get_OUTPUT_TRUNC(a)->port);

    case OFPACT_CLONE: {
        const struct ofpact_nest *nest = ofpact_get_CLONE(a);

        return tm_flow_check_actions(nest->actions,
                                     ofpact_nest_get_action_len(nest));
    }

    default:
        return xstrdup(ofpact_name(a->type));
    }
}

char *
tm_flow_check_actions(const struct ofpact *ofpacts, size_t ofpacts_len)
{
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, ofpacts, ofpacts_len) {
        char *problem = check_action(a);

        if (problem) {
            return problem;
        }
    }
    return NULL;
}

void
tm_act_set_reg(struct ofpbuf *ofpacts, enum mf_field_id reg, uint32_t value)
{
    tm_act_set_reg_masked(ofpacts, reg, value, UINT32_MAX);
}

void
tm_act_set_reg_masked(struct ofpbuf *ofpacts, enum mf_field_id reg,
                      uint32_t value, uint32_t mask)
{
    ovs_be32 be_value = htonl(value & mask);
    ovs_be32 be_mask = htonl(mask);

    ovs_assert(mf_from_id(reg)->n_bytes == sizeof be_value);
    ofpact_put_set_field(ofpacts, mf_from_id(reg), &be_value, &be_mask);
}

/* The first four bytes of a UUID's text are the first of the register. */
static union mf_value
uuid_to_value(const struct uuid *uuid)
{
    union mf_value value;
    ovs_be32 parts[4];

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        parts[i] = htonl(uuid->parts[i]);
    }
    memset(&value, 0, sizeof value);
    memcpy(&value, parts, sizeof parts);
    return value;
}

void
tm_act_set_uuid(struct ofpbuf *ofpacts, enum mf_field_id xxreg,
                const struct uuid *uuid)
{
    union mf_value value = uuid_to_value(uuid);

    ovs_assert(mf_from_id(xxreg)->n_bytes == 16);
    tm_act_set_field(ofpacts, xxreg, &value);
}

void
tm_act_set_field(struct ofpbuf *ofpacts, enum mf_field_id field,
                 const union mf_value *value)
{
    ofpact_put_set_field(ofpacts, mf_from_id(field), value, NULL);
}

void
tm_act_move(struct ofpbuf *ofpacts, enum mf_field_id src, unsigned int src_ofs,
            enum mf_field_id dst, unsigned int dst_ofs, unsigned int n_bits)
{
    struct ofpact_reg_move *move = ofpact_put_REG_MOVE(ofpacts);

    move->src.field = mf_from_id(src);
    move->src.ofs = src_ofs;
    move->src.n_bits = n_bits;
    move->dst.field = mf_from_id(dst);
    move->dst.ofs = dst_ofs;
    move->dst.n_bits = n_bits;
}

void
tm_act_resubmit(struct ofpbuf *ofpacts, uint8_t table)
{
    struct ofpact_resubmit *resubmit = ofpact_put_RESUBMIT(ofpacts);

    resubmit->in_port = OFPP_IN_PORT;
    resubmit->table_id = table;
}

void
tm_act_output(struct ofpbuf *ofpacts, ofp_port_t port, uint32_t max_len)
{
    if (max_len) {
        struct ofpact_output_trunc *trunc = ofpact_put_OUTPUT_TRUNC(ofpacts);

        trunc->port = port;
        trunc->max_len = max_len;
    } else {
        ofpact_put_OUTPUT(ofpacts)->port = port;
    }
}

void
tm_act_conjunction(struct ofpbuf *ofpacts, uint32_t id, int k, int n)
{
    struct ofpact_conjunction *conjunction = ofpact_put_CONJUNCTION(ofpacts);

    /* The dimension counts from 0 inside, from 1 in text and on the wire. */
    ovs_assert(n >= 2 && n <= 64 && k >= 1 && k <= n);
    conjunction->id = id;
    conjunction->clause = k - 1;
    conjunction->n_clauses = n;
}

size_t
tm_act_clone_begin(struct ofpbuf *ofpacts)
{
    size_t begin = ofpacts->size;

    ofpact_put_CLONE(ofpacts);
    return begin;
}

void
tm_act_clone_end(struct ofpbuf *ofpacts, size_t begin)
{
    struct ofpact_nest *clone = ofpbuf_at_assert(ofpacts, begin,
                                                 sizeof *clone);

    /* Open vSwitch finishes the action that 'header' points to, and what was
     * put inside has moved that on. */
    ofpacts->header = clone;
    ofpact_finish_CLONE(ofpacts, &clone);
}

void
tm_match_reg(struct match *match, enum mf_field_id reg, uint32_t value_)
{
    union mf_value value;

    ovs_assert(mf_from_id(reg)->n_bytes == sizeof value.be32);
    memset(&value, 0, sizeof value);
    value.be32 = htonl(value_);
    mf_set_value(mf_from_id(reg), &value, match, NULL);
}

void
tm_match_uuid(struct match *match, enum mf_field_id xxreg,
              const struct uuid *uuid)
{
    union mf_value value = uuid_to_value(uuid);

    ovs_assert(mf_from_id(xxreg)->n_bytes == 16);
    mf_set_value(mf_from_id(xxreg), &value, match, NULL);
}
