/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c
 *
 * The rules are always tried, so that an operator sees them even where they do
 * not count.  What stops a packet before them is looked for in the order in
 * which the switch would: the source is none, the packet does not reach it,
 * the guard against loops.
 *
 * Where the copy goes is told line by line, "copy:" and what belongs to it.
 * What only the node knows is left out, or told with a proviso, where the
 * database alone is asked. */

#include <config.h>

#include "lib/explain.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "lib/encap.h"
#include "lib/packet.h"
#include "lib/spread.h"
#include "lib/text.h"
#include "lib/validate.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

/* What does not change while one packet is explained. */
struct view {
    const struct tm_explain_place *place;
    const struct flow *flow;
    struct tm_explain *e;
};

static char *
why_no_source(const struct view *v)
{
    const struct tm_eni *eni = v->e->eni;
    const struct tm_session **sessions;
    size_t n = tm_model_all_sessions_of(v->e->model, &eni->uuid, &sessions);
    struct tm_problems problems;
    char *reason = NULL;

    free(sessions);
    if (!n) {
        char *name = tm_quote(eni->name);

        reason = xasprintf("ENI %s is not a source of any session", name);
        free(name);
        return reason;
    } else if (!eni->mirroring_supported) {
        return xstrdup("flavor does not support mirroring");
    }
    tm_problems_init(&problems);
    tm_validate_source(v->e->model, eni, &problems, &reason);
    tm_problems_uninit(&problems);
    return reason;
}

static char *
why_not_ip(const struct view *v)
{
    return v->e->packet.is_ip ? NULL : xstrdup("packet is not IP");
}

/* True if 'mac' is known to be the ENI's. */
static bool
is_own_mac(const struct view *v, struct eth_addr mac)
{
    const struct tm_eni *eni = v->e->eni;

    for (size_t i = 0; i < eni->n_macs; i++) {
        if (eth_addr_equals(eni->macs[i], mac)) {
            return true;
        }
    }
    return v->place->plugged && eth_addr_equals(v->place->mac, mac);
}

/* A flow without the address says nothing of it. */
static char *
why_not_received(const struct view *v)
{
    struct eth_addr dst = v->flow->dl_dst;

    if (v->e->direction != TM_IN
        || eth_addr_is_zero(dst) || eth_addr_is_multicast(dst)
        || is_own_mac(v, dst)) {
        return NULL;
    }
    if (!v->place->plugged) {
        v->e->proviso = xasprintf(
            "whether "ETH_ADDR_FMT" is an address of the ENI, so that it "
            "receives the packet, its node knows", ETH_ADDR_ARGS(dst));
        return NULL;
    }
    v->e->unseen = true;
    return xasprintf("not received: "ETH_ADDR_FMT" is not an address of the "
                     "ENI", ETH_ADDR_ARGS(dst));
}

static char *
why_to_itself(const struct view *v)
{
    struct eth_addr src = v->flow->dl_src;

    if (v->e->direction != TM_IN || eth_addr_is_zero(src)
        || !is_own_mac(v, src)) {
        return NULL;
    }
    v->e->itself = true;
    return xasprintf("not received: the ENI sent it itself, from "ETH_ADDR_FMT,
                     ETH_ADDR_ARGS(src));
}

static char *
why_answer(const struct view *v)
{
    return (v->e->direction == TM_IN && v->place->local
            && tm_flow_is_icmp_error(v->flow)
            ? xstrdup("loop guard: an ICMP error to the bridge's own port may "
                      "be the answer to a copy")
            : NULL);
}

static char *
why_copy(const struct view *v)
{
    const struct tm_packet *pkt = &v->e->packet;
    struct tm_addr *addrs;
    char *reason = NULL;
    size_t n;

    if (pkt->proto != IPPROTO_UDP || pkt->fragment
        || pkt->dport != v->place->vxlan_port) {
        return NULL;
    }
    n = tm_model_target_addresses(v->e->model, &addrs);
    for (size_t i = 0; i < n && !reason; i++) {
        if (tm_addr_equal(&addrs[i], &pkt->dst)) {
            char *addr = tm_addr_to_string(&addrs[i]);

            reason = xasprintf("loop guard: UDP to port %"PRIu16" of the "
                               "mirror target %s may be a copy",
                               pkt->dport, addr);
            free(addr);
        }
    }
    free(addrs);
    return reason;
}

static char *
why_nothing_counts(const struct view *v)
{
    static char *(*const checks[])(const struct view *) = {
        why_no_source, why_not_received, why_not_ip, why_to_itself,
        why_answer, why_copy,
    };
    char *reason = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(checks) && !reason; i++) {
        reason = checks[i](v);
    }
    return reason;
}

static const struct tm_lb *
members_of(const struct tm_explain *e)
{
    const struct tm_session *s = e->decision.session;
    const struct tm_lb *lb = (s->target_type == TM_TARGET_ELB
                              ? tm_model_get_lb(e->model, &s->target) : NULL);

    return lb && lb->n_members ? lb : NULL;
}

static void
find_row(struct tm_explain *e)
{
    const struct tm_session *s = e->decision.session;

    for (size_t i = 0; i < s->n_sources; i++) {
        if (uuid_equals(&s->sources[i].eni, &e->eni->uuid)) {
            e->source = s->sources[i].uuid;
            return;
        }
    }
}

/* The decision has an address to send to, or its session would have been as if
 * absent. */
static void
find_target(struct tm_explain *e, enum tm_ip prefer)
{
    const struct tm_session *s = e->decision.session;
    const struct tm_lb *lb = members_of(e);
    uint32_t slot;

    free(tm_target_of_packet(e->model, s, prefer, &e->packet, &e->to, &slot));
    free(e->decision.target);
    e->decision.target = tm_target_describe(e->model, s, prefer, &e->packet);

    e->outer = e->to.ip;
    for (size_t i = 0; lb && i < lb->n_members; i++) {
        if (lb->members[i].ip == TM_IPV6) {
            /* One cut for all members. */
            e->outer = TM_IPV6;
        }
    }
}

void
tm_explain_init(struct tm_explain *e, const struct tm_model *model,
                const struct tm_eni *eni, enum tm_direction direction,
                const struct flow *flow, const struct tm_explain_place *place)
{
    const struct view v = { place, flow, e };

    memset(e, 0, sizeof *e);
    e->model = model;
    e->eni = eni;
    e->direction = direction;
    tm_packet_from_flow(flow, &e->packet);
    tm_match(model, &eni->uuid, direction, &e->packet, true, &e->decision);
    e->before = why_nothing_counts(&v);
    if (e->decision.session) {
        find_row(e);
    }
    if (e->decision.copied) {
        find_target(e, place->prefer);
    }
}

void
tm_explain_uninit(struct tm_explain *e)
{
    if (e) {
        tm_decision_uninit(&e->decision);
        free(e->before);
        free(e->proviso);
    }
}

bool
tm_explain_is_copied(const struct tm_explain *e)
{
    return e->decision.copied && !e->before;
}

static bool
is_attached(const struct tm_explain_way *way)
{
    return !strcmp(way->status, "attached");
}

bool
tm_explain_is_sent(const struct tm_explain *e,
                   const struct tm_explain_way *way)
{
    return tm_explain_is_copied(e) && is_attached(way) && way->mirrored;
}

static void
put_source(const struct tm_explain_way *way, struct ds *ds)
{
    ds_put_format(ds, "source: %s", way->status);
    if (is_attached(way) && way->agent[0]) {
        ds_put_cstr(ds, " on ");
        tm_name_to(way->agent, ds);
    }
    if (is_attached(way) && way->ofport) {
        ds_put_format(ds, " (ofport %"PRIu32")", way->ofport);
    }
    if (way->reason[0]) {
        ds_put_cstr(ds, ": ");
        tm_line_to(way->reason, ds);
    }
    ds_put_char(ds, '\n');
}

static void
put_destination(const struct tm_explain *e, const struct tm_explain_way *way,
                struct ds *ds)
{
    ds_put_cstr(ds, "VXLAN to ");
    tm_addr_format(&e->to, ds);
    if (way->is_node) {
        ds_put_format(ds, ", UDP port %"PRIu16, way->vxlan_port);
    }
    ds_put_format(ds, ", VNI %"PRIu32, e->decision.session->vni);
}

static void
put_copy(const struct tm_explain *e, const struct tm_explain_way *way,
         struct ds *ds)
{
    ds_put_cstr(ds, "copy: ");
    if (tm_explain_is_sent(e, way)) {
        put_destination(e, way, ds);
    } else {
        ds_put_cstr(ds, "none now: the source is ");
        if (is_attached(way)) {
            ds_put_format(ds, "not mirrored %s",
                          tm_direction_to_adjective(e->direction));
        } else {
            ds_put_format(ds, "%s%s", strcmp(way->status, "error") ? ""
                          : "in ", way->status);
        }
        ds_put_cstr(ds, " (else ");
        put_destination(e, way, ds);
        ds_put_char(ds, ')');
    }
    ds_put_char(ds, '\n');
}

/* "the first 96 bytes of a longer frame (packet length)". */
static void
put_cut(const struct tm_explain *e, uint32_t max_len, struct ds *ds)
{
    uint32_t length = e->decision.session->packet_length;
    uint32_t overhead = (e->outer == TM_IPV4 ? TM_OVERHEAD_IPV4
                         : TM_OVERHEAD_IPV6);

    ds_put_format(ds, "the first %"PRIu32" bytes of a longer frame (",
                  max_len);
    if (length && MAX(length, TM_MIN_MAX_LEN) == max_len) {
        ds_put_format(ds, "packet length %"PRIu32")", length);
    } else {
        ds_put_format(ds, "MTU %"PRIu32" less %"PRIu32" bytes of outer "
                      "headers)", max_len + overhead, overhead);
    }
}

/* What the database says of it. */
static void
put_kept_probably(const struct tm_explain *e, struct ds *ds)
{
    uint32_t length = e->decision.session->packet_length;
    uint32_t mtu = e->eni->mtu;
    uint32_t overhead = (e->outer == TM_IPV4 ? TM_OVERHEAD_IPV4
                         : TM_OVERHEAD_IPV6);
    uint32_t cut = mtu > overhead ? mtu - overhead : 0;

    if (length && (!mtu || length < cut)) {
        cut = length;
    } else if (!mtu) {
        ds_put_cstr(ds, "as much as the MTU of the source leaves room for, "
                    "which its node knows");
        return;
    }
    put_cut(e, MAX(cut, TM_MIN_MAX_LEN), ds);
    ds_put_cstr(ds, ", unless its node knows of another MTU");
}

static void
put_kept(const struct tm_explain *e, const struct tm_explain_way *way,
         struct ds *ds)
{
    ds_put_cstr(ds, "kept: ");
    if (!way->is_node) {
        put_kept_probably(e, ds);
    } else if (way->max_len) {
        put_cut(e, way->max_len, ds);
    } else {
        ds_put_cstr(ds, "the whole frame");
    }
    ds_put_char(ds, '\n');
}

static void
put_tunnel(const struct tm_explain *e, const struct tm_explain_way *way,
           struct ds *ds)
{
    ds_put_format(ds, "tunnel: %s (ofport %"PRIu32")\n", way->tunnel_name,
                  way->tunnel);
    ds_put_cstr(ds, "route: ");
    if (way->path_mtu) {
        ds_put_format(ds, "MTU %"PRIu32"\n", way->path_mtu);
    } else {
        ds_put_cstr(ds, "this node has none to ");
        tm_addr_format(&e->to, ds);
        ds_put_cstr(ds, ": the copy goes nowhere\n");
    }
}

void
tm_explain_format(const struct tm_explain *e, const struct tm_explain_way *way,
                  struct ds *ds)
{
    tm_decision_format_trials(&e->decision, ds);
    if (e->before) {
        ds_put_format(ds, "decision: not copied: %s\n", e->before);
    } else {
        tm_decision_format_verdict(&e->decision, ds);
    }
    if (tm_explain_is_copied(e)) {
        if (e->proviso) {
            ds_put_format(ds, "note: %s\n", e->proviso);
        }
        put_source(way, ds);
        put_copy(e, way, ds);
        if (tm_explain_is_sent(e, way)) {
            put_kept(e, way, ds);
            if (way->is_node) {
                put_tunnel(e, way, ds);
            }
        }
    }
}
