/* SPDX-License-Identifier: Apache-2.0 */
/* source.c
 *
 * One flow a source and direction is the chain of its sessions: each gives its
 * filter and itself in registers and asks the rules.  The first verdict ends
 * it, since every rule needs a register that is still 0, and no packet passes
 * a session whose filter says nothing about its direction.
 *
 * The unit of a source has its flows in DELIVER too, one a session and
 * verdict, so that each counts what one source gives to one session. */

#include <config.h>
#include "plugin/compile/stage.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "util.h"

/* Plain value.  'n_hops' hops follow. */
struct source_input {
    struct uuid eni;
    struct tm_tunnel tunnel;
    ofp_port_t ofport;
    uint32_t n_hops;
    struct tm_hop hops[];
};

static void
add_chain(uint8_t base, const struct source_input *in,
          enum tm_direction direction, struct tm_flow_list *out)
{
    const struct tm_origin origin = { "Network_Interface", in->eni };
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 64);
    for (size_t i = 0; i < in->n_hops; i++) {
        const struct tm_hop *hop = &in->hops[i];

        if (direction == TM_IN ? hop->in : hop->out) {
            tm_act_set_uuid(&acts, TM_REG_FILTER, &hop->filter);
            tm_act_set_uuid(&acts, TM_REG_SESSION, &hop->session);
            tm_act_resubmit(&acts, base + TM_TABLE_FILTER);
        }
    }
    if (acts.size) {
        match_init_catchall(&match);
        tm_match_reg(&match, TM_REG_SOURCE, ofp_to_u16(in->ofport));
        tm_match_reg(&match, TM_REG_DIRECTION, direction);
        tm_flow_list_add(out, base + TM_TABLE_SOURCE, 100, &origin, &match,
                         &acts);
        if (direction == TM_IN) {
            tm_guard_add_sender(base, in->ofport, &origin, out);
        }
    }
    ofpbuf_uninit(&acts);
}

static void
build_source(uint8_t base, const void *input, struct tm_flow_list *out)
{
    const struct source_input *in = input;

    add_chain(base, in, TM_IN, out);
    add_chain(base, in, TM_OUT, out);
    for (size_t i = 0; i < in->n_hops; i++) {
        if (in->hops[i].in || in->hops[i].out) {
            tm_deliver_add(base, &in->tunnel, in->ofport, &in->hops[i], out);
        }
    }
}

static struct tm_unit_name
unit_name(const struct tm_local *local)
{
    return (struct tm_unit_name) {
        TM_UNIT_SOURCE, &local->port.ofport, sizeof local->port.ofport
    };
}

static void
declare_source(struct tm_units *units, const struct tm_plan *plan,
               const struct tm_local *local)
{
    const struct tm_unit_name name = unit_name(local);
    struct tm_unit_input input;
    struct source_input *in;

    input.size = sizeof *in + local->n_hops * sizeof *in->hops;
    input.data = in = xzalloc(input.size);
    in->eni = local->eni;
    in->tunnel = tm_tunnel_of_node(plan->node);
    in->ofport = local->port.ofport;
    in->n_hops = local->n_hops;
    memcpy(in->hops, local->hops, local->n_hops * sizeof *in->hops);
    tm_units_want(units, &name, build_source, &input);
    free(in);
}

void
tm_source_declare(struct tm_units *units, const struct tm_plan *plan)
{
    for (size_t i = 0; i < plan->n_gone; i++) {
        const struct tm_unit_name name = unit_name(plan->gone[i]);

        tm_units_drop(units, &name);
    }
    for (size_t i = 0; i < plan->n_fresh; i++) {
        if (tm_local_is_active(plan->fresh[i])) {
            declare_source(units, plan, plan->fresh[i]);
        }
    }
}
