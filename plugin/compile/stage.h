/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h
 *
 * Job.       The stages of the plugin's pipeline, one file each, in the order
 *            in which a packet passes them: guard.c, source.c, filter.c,
 *            deliver.c.
 * Input.     A plan, and what of it changed in this pass.
 * Output.    The units that shall exist, and that need not any more, so far as
 *            they may be others than in the last pass.
 * Not here.  The hooks, which lead packets to TM_TABLE_GUARD (plugin/hooks).
 * Ownership. Nothing is kept.
 * Failure.   Cannot fail. */

#ifndef PLUGIN_COMPILE_STAGE_H
#define PLUGIN_COMPILE_STAGE_H 1

#include "plugin/compile/plan.h"
#include "plugin/compile/unit.h"

/* TM_TABLE_GUARD and TM_TABLE_GUARD_ADDR: copies are never copied again.  The
 * addresses of targets are looked up only if 'targets_changed'. */
void tm_guard_declare(struct tm_units *, const struct tm_plan *,
                      bool targets_changed);
/* "To itself is not received": part of the unit of the source 'in_port'.  For
 * the bridge's own port, what answers to copies may bring is not either. */
void tm_guard_add_sender(uint8_t base, ofp_port_t in_port,
                         const struct tm_origin *, struct tm_flow_list *);

/* TM_TABLE_SOURCE, and the flows of TM_TABLE_DELIVER, which belong to the
 * same units. */
void tm_source_declare(struct tm_units *, const struct tm_plan *);

/* TM_TABLE_FILTER: the filters whose use began or ended. */
void tm_filter_declare(struct tm_units *, const struct tm_plan *);
/* ... and those of 'filters', whose rules are new, that the plan uses.  Goes
 * first; and where nothing else is new, the plan need not be updated, so that
 * it costs no more than the filters do, however many sources there are. */
void tm_filter_revise(struct tm_units *, const struct tm_plan *,
                      const struct tm_model *, const struct uuidset *filters);

/* What the flows of TM_TABLE_DELIVER have to know of the node; a plain
 * value. */
struct tm_tunnel {
    ofp_port_t ofport;
    struct tm_addr encap4, encap6;      /* All zeros: the route chooses. */
};
struct tm_tunnel tm_tunnel_of_node(const struct tm_node *);

/* Accept and reject for one hop of the source 'ofport'. */
void tm_deliver_add(uint8_t base, const struct tm_tunnel *, ofp_port_t ofport,
                    const struct tm_hop *, struct tm_flow_list *);
/* TM_TABLE_SLOT, for the load balancers that the plan uses. */
void tm_deliver_declare(struct tm_units *, const struct tm_plan *);
/* IP version of the outer header, for the cut; with a load balancer that of
 * its members that leaves least room. */
enum tm_ip tm_deliver_family(const struct tm_hop *, const struct tm_lb *);
/* How many bytes of a frame of 'eni' fit (table-design: 36 or 56 bytes less
 * than the MTU), and the session wants; 0: no cut is needed. */
uint32_t tm_deliver_max_len(const struct tm_node *, const struct tm_eni *,
                            const struct tm_port *, const struct tm_session *,
                            enum tm_ip outer);

#endif /* plugin/compile/stage.h */
