/* SPDX-License-Identifier: Apache-2.0 */
/* filter.c
 *
 * The rules of a filter stand once, however many sources and sessions use it.
 * Every flow carries the filter's whole UUID and the direction, so filters
 * cannot meet; and wants the verdict to be 0 yet, so the first rule that
 * matches, over all sessions of a source, is the only one.
 *
 * Port ranges become value/mask pairs.  With ranges on both sides each pair of
 * one side goes with each of the other, unless a conjunction (ovs-fields(7))
 * takes fewer flows: a flow a pair on each side, and one for the verdict.  Its
 * id is the rule's priority, which no other rule of that filter and direction
 * has, and the flow of the verdict names filter and direction itself, since
 * ids of different filters may be the same.  That flow must not look at ports:
 * what its clauses looked at is enough. */

#include <config.h>
#include "plugin/compile/stage.h"

#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "util.h"

/* A rule as a plain value. */
struct rule_input {
    struct uuid uuid;
    enum tm_direction direction;
    enum tm_action action;
    enum tm_ip ip;
    enum tm_protocol protocol;
    uint16_t priority;
    bool has_src, has_dst;
    struct tm_cidr src, dst;
    struct tm_port_range sport, dport;
};

/* Plain value.  'n_rules' rules follow. */
struct filter_input {
    struct uuid uuid;
    size_t n_rules;
    struct rule_input rules[];
};

/* What the flows of one rule have in common. */
struct rule_ctx {
    uint8_t base;
    uint16_t priority;          /* Of the flows. */
    const struct rule_input *rule;
    struct tm_origin origin;
    struct tm_flow_list *out;
    struct ofpbuf acts;
};

/* Sides of a rule without a condition on ports have one mask, of nothing. */
struct side {
    struct tm_port_mask masks[TM_PORT_MASKS_MAX];
    size_t n;
    bool any;
};

static void
match_cidr(struct match *match, const struct tm_cidr *cidr, bool dst)
{
    if (!cidr->len) {
        return;
    }
    if (cidr->addr.ip == TM_IPV4) {
        ovs_be32 mask = be32_prefix_mask(cidr->len);
        ovs_be32 addr = in6_addr_get_mapped_ipv4(&cidr->addr.in6) & mask;

        if (dst) {
            match_set_nw_dst_masked(match, addr, mask);
        } else {
            match_set_nw_src_masked(match, addr, mask);
        }
    } else {
        struct in6_addr mask = ipv6_create_mask(cidr->len);

        if (dst) {
            match_set_ipv6_dst_masked(match, &cidr->addr.in6, &mask);
        } else {
            match_set_ipv6_src_masked(match, &cidr->addr.in6, &mask);
        }
    }
}

/* Filter, direction, IP version: what every flow of the rule matches. */
static void
match_key(struct match *match, const struct uuid *filter,
          const struct rule_input *rule)
{
    match_init_catchall(match);
    tm_match_reg(match, TM_REG_VERDICT, 0);
    tm_match_reg(match, TM_REG_DIRECTION, rule->direction);
    tm_match_uuid(match, TM_REG_FILTER, filter);
    match_set_dl_type(match, htons(rule->ip == TM_IPV4 ? ETH_TYPE_IP
                                   : ETH_TYPE_IPV6));
}

static void
match_headers(struct match *match, const struct rule_input *rule)
{
    if (rule->protocol != TM_PROTO_ALL) {
        match_set_nw_proto(match, tm_protocol_number(rule->protocol));
    }
    if (rule->has_src) {
        match_cidr(match, &rule->src, false);
    }
    if (rule->has_dst) {
        match_cidr(match, &rule->dst, true);
    }
}

static struct side
side_of(const struct rule_input *rule, const struct tm_port_range *range)
{
    struct side side = { .n = 1, .any = true };

    if ((rule->protocol == TM_PROTO_TCP || rule->protocol == TM_PROTO_UDP)
        && !tm_port_range_is_any(range)) {
        side.any = false;
        side.n = tm_port_range_to_masks(range, side.masks);
    }
    return side;
}

static void
match_sport(struct match *match, const struct side *side, size_t i)
{
    if (!side->any) {
        match_set_tp_src_masked(match, htons(side->masks[i].value),
                                htons(side->masks[i].mask));
    }
}

static void
match_dport(struct match *match, const struct side *side, size_t i)
{
    if (!side->any) {
        match_set_tp_dst_masked(match, htons(side->masks[i].value),
                                htons(side->masks[i].mask));
    }
}

static void
add_flow(struct rule_ctx *ctx, const struct match *match)
{
    tm_flow_list_add(ctx->out, ctx->base + TM_TABLE_FILTER, ctx->priority,
                     &ctx->origin, match, &ctx->acts);
}

static void
add_verdict(struct rule_ctx *ctx, const struct match *match)
{
    tm_act_set_reg(&ctx->acts, TM_REG_VERDICT, ctx->rule->action);
    tm_act_resubmit(&ctx->acts, ctx->base + TM_TABLE_DELIVER);
    add_flow(ctx, match);
}

static void
add_product(struct rule_ctx *ctx, const struct match *common,
            const struct side *src, const struct side *dst)
{
    for (size_t i = 0; i < src->n; i++) {
        for (size_t j = 0; j < dst->n; j++) {
            struct match match = *common;

            match_sport(&match, src, i);
            match_dport(&match, dst, j);
            add_verdict(ctx, &match);
        }
    }
}

static void
add_clauses(struct rule_ctx *ctx, const struct match *common,
            const struct side *src, const struct side *dst)
{
    uint32_t id = ctx->rule->priority;

    for (size_t i = 0; i < src->n; i++) {
        struct match match = *common;

        match_sport(&match, src, i);
        tm_act_conjunction(&ctx->acts, id, 1, 2);
        add_flow(ctx, &match);
    }
    for (size_t j = 0; j < dst->n; j++) {
        struct match match = *common;

        match_dport(&match, dst, j);
        tm_act_conjunction(&ctx->acts, id, 2, 2);
        add_flow(ctx, &match);
    }
}

static void
add_rule(uint8_t base, const struct uuid *filter,
         const struct rule_input *rule, struct tm_flow_list *out)
{
    struct side src = side_of(rule, &rule->sport);
    struct side dst = side_of(rule, &rule->dport);
    struct rule_ctx ctx = {
        .base = base,
        .priority = 65536 - rule->priority,
        .rule = rule,
        .origin = { "Mirror_Filter_Rule", rule->uuid },
        .out = out,
    };
    struct match key, common;

    ofpbuf_init(&ctx.acts, 64);
    match_key(&key, filter, rule);
    common = key;
    match_headers(&common, rule);
    if (src.n * dst.n > src.n + dst.n + 1) {
        add_clauses(&ctx, &common, &src, &dst);
        match_set_conj_id(&key, rule->priority);
        add_verdict(&ctx, &key);
    } else {
        add_product(&ctx, &common, &src, &dst);
    }
    ofpbuf_uninit(&ctx.acts);
}

static void
build_filter(uint8_t base, const void *input, struct tm_flow_list *out)
{
    const struct filter_input *in = input;

    for (size_t i = 0; i < in->n_rules; i++) {
        add_rule(base, &in->uuid, &in->rules[i], out);
    }
}

/* malloc()ed; the size is stored in '*size'. */
static struct filter_input *
make_input(const struct tm_filter *filter, size_t *size)
{
    struct filter_input *in;

    *size = sizeof *in + filter->n_rules * sizeof *in->rules;
    in = xzalloc(*size);
    in->uuid = filter->uuid;
    in->n_rules = filter->n_rules;
    for (size_t i = 0; i < filter->n_rules; i++) {
        const struct tm_rule *rule = &filter->rules[i];
        struct rule_input *r = &in->rules[i];

        r->uuid = rule->uuid;
        r->direction = rule->direction;
        r->action = rule->action;
        r->ip = rule->ip;
        r->protocol = rule->protocol;
        r->priority = rule->priority;
        r->has_src = rule->has_src;
        r->has_dst = rule->has_dst;
        if (rule->has_src) {
            r->src = rule->src;
        }
        if (rule->has_dst) {
            r->dst = rule->dst;
        }
        r->sport = rule->sport;
        r->dport = rule->dport;
    }
    return in;
}

static void
declare_filter(struct tm_units *units, const struct tm_filter *filter)
{
    const struct tm_unit_name name = {
        TM_UNIT_FILTER, &filter->uuid, sizeof filter->uuid
    };
    struct tm_unit_input input;
    struct filter_input *in = make_input(filter, &input.size);

    input.data = in;
    tm_units_want(units, &name, build_filter, &input);
    free(in);
}

/* The filters of 'local', which is gone, may have no use any more. */
static void
drop_unused(struct tm_units *units, const struct tm_plan *plan,
            const struct tm_local *local)
{
    for (size_t i = 0; i < local->n_hops; i++) {
        const struct tm_unit_name name = {
            TM_UNIT_FILTER, &local->hops[i].filter,
            sizeof local->hops[i].filter
        };

        if (!tm_plan_uses_filter(plan, name.key)) {
            tm_units_drop(units, &name);
        }
    }
}

/* The filters of 'local', which is fresh, may have had no use before. */
static void
declare_used(struct tm_units *units, const struct tm_plan *plan,
             const struct tm_local *local)
{
    for (size_t i = 0; i < local->n_hops; i++) {
        const struct tm_hop *hop = &local->hops[i];
        const struct tm_unit_name name = {
            TM_UNIT_FILTER, &hop->filter, sizeof hop->filter
        };

        if (tm_hop_is_active(hop) && !tm_units_has(units, &name)) {
            declare_filter(units, tm_model_get_filter(plan->model,
                                                      &hop->filter));
        }
    }
}

void
tm_filter_declare(struct tm_units *units, const struct tm_plan *plan)
{
    for (size_t i = 0; i < plan->n_gone; i++) {
        drop_unused(units, plan, plan->gone[i]);
    }
    for (size_t i = 0; i < plan->n_fresh; i++) {
        declare_used(units, plan, plan->fresh[i]);
    }
}

void
tm_filter_revise(struct tm_units *units, const struct tm_plan *plan,
                 const struct tm_model *model, const struct uuidset *filters)
{
    const struct uuidset_node *node;

    UUIDSET_FOR_EACH (node, filters) {
        if (tm_plan_uses_filter(plan, &node->uuid)) {
            declare_filter(units, tm_model_get_filter(model, &node->uuid));
        }
    }
}
