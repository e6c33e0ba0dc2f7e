/* SPDX-License-Identifier: Apache-2.0 */
/* test-compile-random.c
 *
 * Two properties.  First: packets that run through the compiled flows are
 * copied as lib/match.c says, for the sources that NORMAL would deliver them
 * to.  What NORMAL does is written here a second time, port by port, as it
 * reads in ovs-vswitchd.conf.db(5), so that flows and expectation share no
 * code.  Second: after any series of changes, the flows and states are those
 * that a new compiler makes of the same model in another order of insertion,
 * and the journal has exactly the keys whose flows changed. */

#include <config.h>
#include "tests/unit/test-compile.h"

#include <inttypes.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "lib/validate.h"
#include "packets.h"
#include "plugin/flow/flow-diff.h"
#include "random.h"
#include "tests/unit/compile-world.h"
#include "util.h"

/* ## What NORMAL does ## */

#define DROPPED -1

static bool
trunks(const struct tm_port *port, int vlan)
{
    bool native = (port->vlan_mode == TM_VLAN_NATIVE_TAGGED
                   || port->vlan_mode == TM_VLAN_NATIVE_UNTAGGED);

    if (native && port->tag) {
        if (vlan == port->tag || !vlan) {
            return vlan;
        }
    }
    return !port->trunks || bitmap_is_set(port->trunks, vlan);
}

/* The VLAN of a frame with VLAN ID 'vid' that comes in on 'port'. */
static int
vlan_of(const struct tm_port *port, int vid)
{
    switch (port->vlan_mode) {
    case TM_VLAN_ACCESS:
        return vid ? DROPPED : port->tag;
    case TM_VLAN_TRUNK:
        return trunks(port, vid) ? vid : DROPPED;
    case TM_VLAN_NATIVE_TAGGED:
    case TM_VLAN_NATIVE_UNTAGGED:
        return !vid ? port->tag : trunks(port, vid) ? vid : DROPPED;
    case TM_VLAN_DOT1Q_TUNNEL:
        return DROPPED;         /* Not modelled. */
    }
    OVS_NOT_REACHED();
}

/* The tag with which a frame of 'vlan' leaves by 'port', or DROPPED. */
static int
tci_at(const struct tm_port *port, int vlan, int pcp)
{
    int tci = vlan | pcp << 13;

    switch (port->vlan_mode) {
    case TM_VLAN_ACCESS:
        return vlan == port->tag ? 0 : DROPPED;
    case TM_VLAN_TRUNK:
    case TM_VLAN_NATIVE_TAGGED:
    case TM_VLAN_NATIVE_UNTAGGED:
        if (!trunks(port, vlan)) {
            return DROPPED;
        }
        if (port->vlan_mode == TM_VLAN_NATIVE_UNTAGGED && vlan == port->tag) {
            return 0;
        }
        return tci ? tci | VLAN_CFI : 0;
    case TM_VLAN_DOT1Q_TUNNEL:
        return DROPPED;
    }
    OVS_NOT_REACHED();
}

static const struct tm_port *
find_port(const struct tm_node *node, ofp_port_t ofport)
{
    for (size_t i = 0; i < node->n_ports; i++) {
        if (node->ports[i].ofport == ofport) {
            return &node->ports[i];
        }
    }
    return NULL;
}

static bool
addressed_to(const struct tm_eni *eni, const struct tm_port *port,
             struct eth_addr dst)
{
    if (port->has_mac && eth_addr_equals(port->mac, dst)) {
        return true;
    }
    for (size_t i = 0; i < eni->n_macs; i++) {
        if (eth_addr_equals(eni->macs[i], dst)) {
            return true;
        }
    }
    return (eth_addr_is_multicast(dst) && !eth_addr_is_reserved(dst)
            && (eni->n_macs || port->has_mac));
}

/* The tag of the frame when it is delivered to 'eni' on 'port', or DROPPED. */
static int
received_as(const struct world *w, const struct tm_eni *eni,
            const struct tm_port *port, const struct flow *flow)
{
    const struct tm_port *in = find_port(&w->node, flow->in_port.ofp_port);
    int tci = ntohs(flow->vlans[0].tci);
    int vlan;

    if (!in || in == port || !addressed_to(eni, port, flow->dl_dst)) {
        return DROPPED;
    }
    vlan = vlan_of(in, tci & VLAN_VID_MASK);
    return vlan == DROPPED ? DROPPED : tci_at(port, vlan, tci >> 13);
}

/* ## Expectation ## */

static struct tm_packet
to_packet(const struct flow *flow)
{
    struct tm_packet p;

    memset(&p, 0, sizeof p);
    p.is_ip = flow->dl_type != htons(ETH_TYPE_ARP);
    p.ip = flow->dl_type == htons(ETH_TYPE_IP) ? TM_IPV4 : TM_IPV6;
    p.src.ip = p.dst.ip = p.ip;
    if (p.ip == TM_IPV4) {
        in6_addr_set_mapped_ipv4(&p.src.in6, flow->nw_src);
        in6_addr_set_mapped_ipv4(&p.dst.in6, flow->nw_dst);
    } else {
        p.src.in6 = flow->ipv6_src;
        p.dst.in6 = flow->ipv6_dst;
    }
    p.proto = flow->nw_proto;
    p.fragment = flow->nw_frag;
    p.sport = ntohs(flow->tp_src);
    p.dport = ntohs(flow->tp_dst);
    return p;
}

static bool
is_copy(const struct world *w, const struct tm_packet *p)
{
    struct tm_addr *addrs;
    size_t n = tm_model_target_addresses(&w->model, &addrs);
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        found |= tm_addr_equal(&addrs[i], &p->dst);
    }
    free(addrs);
    return (found && p->proto == IPPROTO_UDP && !p->fragment
            && p->dport == w->node.vxlan_port);
}

struct expected {
    const struct tm_session *session;
    const struct tm_port *port;
    enum tm_direction direction;
    int tci;
};

static size_t
expect(const struct world *w, const struct flow *flow, struct expected *out)
{
    struct tm_packet p = to_packet(flow);
    const struct tm_eni *eni;
    size_t n = 0;

    HMAP_FOR_EACH (eni, node, &w->model.enis) {
        const struct tm_port *port = tm_node_find_eni(&w->node, eni->name);

        for (int d = TM_IN; port && d <= TM_OUT; d++) {
            struct tm_decision decision;
            int tci = (d == TM_IN ? received_as(w, eni, port, flow)
                       : port->ofport == flow->in_port.ofp_port
                       ? ntohs(flow->vlans[0].tci) : DROPPED);

            if (tci == DROPPED || is_copy(w, &p)) {
                continue;
            }
            tm_match(&w->model, &eni->uuid, d, &p, false, &decision);
            if (decision.copied) {
                out[n++] = (struct expected) {
                    decision.session, port, d, tci
                };
            }
            tm_decision_uninit(&decision);
        }
    }
    return n;
}

static bool
addr_is(const struct tm_addr *a, const struct flow_tnl *tnl)
{
    return (a->ip == TM_IPV4
            ? tnl->ip_dst == in6_addr_get_mapped_ipv4(&a->in6)
            : ipv6_addr_equals(&a->in6, &tnl->ipv6_dst));
}

static bool
tunnel_is_right(const struct world *w, const struct tm_session *s,
                const struct flow_tnl *tnl)
{
    const struct tm_lb *lb = s->target_type == TM_TARGET_ELB
                             ? tm_model_get_lb(&w->model, &s->target) : NULL;
    struct tm_addr target = s->target_addr;
    bool v4 = tnl->ip_dst != 0;

    if (tnl->tun_id != htonll(s->vni)
        || v4 == ipv6_addr_is_set(&tnl->ipv6_dst)) {
        return false;
    }
    if (v4) {
        if (ipv6_addr_is_set(&tnl->ipv6_src)
            || tnl->ip_src != (w->node.has_encap4
                               ? htonl(0xac1f0001) : htonl(0))) {
            return false;
        }
    } else if (tnl->ip_src
               || ipv6_addr_is_set(&tnl->ipv6_src) != w->node.has_encap6) {
        return false;
    }
    if (lb && lb->n_members) {
        for (size_t i = 0; i < lb->n_members; i++) {
            if (addr_is(&lb->members[i], tnl)) {
                return true;
            }
        }
        return false;
    }
    return addr_is(lb ? &lb->vip : &target, tnl);
}

/* Finds the copy that 'e' expects among those of 'run' and takes it out. */
static bool
take_copy(const struct world *w, struct run *run, const struct expected *e)
{
    for (size_t i = 0; i < run->n_copies; i++) {
        struct copy *c = &run->copies[i];

        if (c->source == ofp_to_u16(e->port->ofport)
            && c->direction == e->direction
            && uuid_equals(&c->session, &e->session->uuid)
            && ntohs(c->tci) == e->tci
            && tunnel_is_right(w, e->session, &c->tunnel)) {
            *c = run->copies[--run->n_copies];
            return true;
        }
    }
    return false;
}

static bool
packet_is_right(const struct world *w, const struct flow *flow, size_t *n)
{
    struct expected expected[2 * N_ENIS];
    size_t n_expected = expect(w, flow, expected);
    struct run run;
    bool ok;

    run_packet(tm_compiler_want(w->compiler), flow, &run);
    ok = (run.n_copies == n_expected && run.n_production == 1
          && !run.production_changed);
    for (size_t i = 0; i < n_expected; i++) {
        ok &= take_copy(w, &run, &expected[i]);
    }
    *n += n_expected;
    return ok;
}

static void
fill_world(struct world *w, bool sane)
{
    for (int i = 0; i < N_FILTERS; i++) {
        tm_model_put_filter(&w->model, random_filter(i), &w->dirty);
    }
    for (int i = 0; i < N_LBS; i++) {
        tm_model_put_lb(&w->model, random_lb(i, sane), &w->dirty);
    }
    for (int i = 0; i < N_ENIS; i++) {
        tm_model_put_eni(&w->model, random_eni(i, sane), &w->dirty);
    }
    for (int i = 0; i < N_SESSIONS; i++) {
        tm_model_put_session(&w->model, random_session(i, sane), &w->dirty);
    }
    tm_node_uninit(&w->node);
    random_node(&w->node, sane);
}

static void
test_packets(void)
{
    size_t n_copies = 0;
    size_t n_packets = 0;

    for (int round = 0; round < n_rounds(60); round++) {
        uint32_t seed = next_seed();
        struct world w;

        world_init(&w);
        fill_world(&w, true);
        world_run(&w);
        for (int i = 0; i < 400; i++) {
            struct flow flow;

            random_packet(&flow);
            if (!packet_is_right(&w, &flow, &n_copies)) {
                char *s = flow_to_string(&flow, NULL);

                printf("TM_TEST_SEED=%"PRIu32" packet %d: %s\n", seed, i, s);
                free(s);
                CU_FAIL("copies differ from lib/match.c");
                break;
            }
            n_packets++;
        }
        world_uninit(&w);
    }
    printf("%"PRIuSIZE" packets, %"PRIuSIZE" copies\n", n_packets, n_copies);
    CU_ASSERT(n_copies > n_packets / 20);
}

/* ## Changes ## */

/* A model with the same objects, put in another order. */
static void
copy_model(const struct tm_model *src, struct tm_model *dst)
{
    const struct tm_filter *filter;
    const struct tm_session *session;
    const struct tm_eni *eni;
    const struct tm_lb *lb;

    tm_model_init(dst);
    HMAP_FOR_EACH (session, node, &src->sessions) {
        tm_model_put_session(dst, tm_session_clone(session), NULL);
    }
    HMAP_FOR_EACH (lb, node, &src->lbs) {
        tm_model_put_lb(dst, tm_lb_clone(lb), NULL);
    }
    HMAP_FOR_EACH (eni, node, &src->enis) {
        tm_model_put_eni(dst, tm_eni_clone(eni), NULL);
    }
    HMAP_FOR_EACH (filter, node, &src->filters) {
        tm_model_put_filter(dst, tm_filter_clone(filter), NULL);
    }
}

static bool
states_same(const struct tm_compiler *a, const struct tm_compiler *b)
{
    const struct hmap *as = tm_compiler_states(a);
    const struct hmap *bs = tm_compiler_states(b);
    const struct tm_source_state *x, *y;
    size_t n = 0;

    HMAP_FOR_EACH (x, node, as) {
        HMAP_FOR_EACH_WITH_HASH (y, node, uuid_hash(&x->source), bs) {
            n += (uuid_equals(&x->source, &y->source)
                  && uuid_equals(&x->session, &y->session)
                  && uuid_equals(&x->eni, &y->eni)
                  && x->status == y->status && !strcmp(x->reason, y->reason)
                  && x->ofport == y->ofport);
        }
    }
    return (n == hmap_count(as) && n == hmap_count(bs)
            && sset_equals(tm_compiler_problems(a), tm_compiler_problems(b)));
}

static char *
format_flows(const struct tm_flow_set *set)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    tm_flow_set_format(set, &s);
    return ds_steal_cstr(&s);
}

bool
same_as_from_nothing(const struct world *w)
{
    struct tm_compiler *fresh = tm_compiler_create();
    struct tm_model model;
    char *a, *b;
    bool same;

    copy_model(&w->model, &model);
    tm_compiler_run(fresh, &model, &w->node, NULL, NULL);
    a = format_flows(tm_compiler_want(w->compiler));
    b = format_flows(tm_compiler_want(fresh));
    same = !strcmp(a, b) && states_same(w->compiler, fresh);
    free(a);
    free(b);
    tm_compiler_destroy(fresh);
    tm_model_uninit(&model);
    return same;
}

bool
journal_is_exact(struct tm_flow_set *now, const struct tm_flow_set *before)
{
    struct tm_flow_diff full, journal;
    bool exact;

    tm_flow_diff_init(&full);
    tm_flow_diff_init(&journal);
    tm_flow_diff_full(&full, before, now);
    tm_flow_diff_journal(&journal, before, now);
    exact = (full.n == journal.n && full.n == hmap_count(&now->journal));
    tm_flow_diff_uninit(&full);
    tm_flow_diff_uninit(&journal);
    return exact;
}

static void
change_port(struct world *w)
{
    struct tm_node node;
    size_t victim = random_range(w->node.n_ports + 1);

    tm_node_init(&node);
    node.has_bridge = w->node.has_bridge;
    node.tunnel = w->node.tunnel;
    node.tunnel_problem = nullable_xstrdup(w->node.tunnel_problem);
    node.table_base = w->node.table_base;
    node.vxlan_port = w->node.vxlan_port;
    node.has_encap4 = w->node.has_encap4;
    node.has_encap6 = w->node.has_encap6;
    node.encap4 = w->node.encap4;
    node.encap6 = w->node.encap6;
    node.tunnel_mtu = w->node.tunnel_mtu;
    for (size_t i = 0; i < w->node.n_ports; i++) {
        struct tm_port port = w->node.ports[i];

        if (i == victim) {
            /* Gone, or another: with the ENI of any other port, perhaps. */
            if (random_range(2)) {
                random_port(&port, ofp_to_u16(port.ofport) > N_PORTS ? N_PORTS
                            : ofp_to_u16(port.ofport), random_range(N_ENIS));
                tm_node_add_port(&node, &port);
            }
            continue;
        }
        port.name = xstrdup(port.name);
        port.iface_id = nullable_xstrdup(port.iface_id);
        port.trunks = port.trunks ? bitmap_clone(port.trunks, 4096) : NULL;
        tm_node_add_port(&node, &port);
    }
    if (node.n_ports >= 2 && !random_range(3)) {
        /* Two servers swap their ports. */
        size_t a = random_range(node.n_ports);
        size_t b = random_range(node.n_ports);
        char *id = node.ports[a].iface_id;

        node.ports[a].iface_id = node.ports[b].iface_id;
        node.ports[b].iface_id = id;
    }
    tm_node_sort(&node);
    replace_node(w, &node);
}

static void
change_node(struct world *w)
{
    struct tm_node node;

    random_node(&node, false);
    replace_node(w, &node);
}

static void
change(struct world *w)
{
    struct uuid uuid;
    int n;

    switch (random_range(10)) {
    case 0:
    case 1:
        n = random_range(N_FILTERS);
        tm_model_put_filter(&w->model, random_filter(n), &w->dirty);
        break;
    case 2:
    case 3:
        n = random_range(N_SESSIONS);
        tm_model_put_session(&w->model, random_session(n, false), &w->dirty);
        break;
    case 4:
        uuid = session_uuid(random_range(N_SESSIONS));
        tm_model_remove_session(&w->model, &uuid, &w->dirty);
        break;
    case 5:
        n = random_range(N_ENIS);
        tm_model_put_eni(&w->model, random_eni(n, false), &w->dirty);
        break;
    case 6:
        n = random_range(N_LBS);
        tm_model_put_lb(&w->model, random_lb(n, false), &w->dirty);
        break;
    case 7:
        uuid = (random_range(2) ? filter_uuid(random_range(N_FILTERS))
                : eni_uuid(random_range(N_ENIS)));
        tm_model_remove_filter(&w->model, &uuid, &w->dirty);
        tm_model_remove_eni(&w->model, &uuid, &w->dirty);
        break;
    case 8:
        change_port(w);
        break;
    default:
        if (random_range(3)) {
            change_port(w);
        } else {
            change_node(w);
        }
        break;
    }
}

void
clone_set(struct tm_flow_set *dst, const struct tm_flow_set *src)
{
    const struct tm_flow_node *node;

    tm_flow_set_init(dst, false);
    TM_FLOW_SET_FOR_EACH (node, src) {
        tm_flow_set_put(dst, tm_flow_ref(node->flow));
    }
}

static void
test_changes(void)
{
    size_t n_changed = 0;

    for (int round = 0; round < n_rounds(30); round++) {
        uint32_t seed = next_seed();
        struct tm_flow_set *want;
        struct world w;

        world_init(&w);
        want = tm_compiler_want(w.compiler);
        fill_world(&w, false);
        world_run(&w);
        for (int i = 0; i < 60; i++) {
            uint64_t seqno = tm_compiler_states_seqno(w.compiler);
            struct tm_flow_set before;
            const char *bad = NULL;

            clone_set(&before, want);
            tm_flow_set_clear_journal(want);
            for (int j = random_range(3); j >= 0; j--) {
                change(&w);
            }
            world_run(&w);
            n_changed += hmap_count(&want->journal);
            bad = (!journal_is_exact(want, &before)
                   ? "journal is not what changed"
                   : !same_as_from_nothing(&w)
                   ? "not the same as from nothing"
                   : tm_compiler_states_seqno(w.compiler) < seqno
                   ? "sequence number" : NULL);
            tm_flow_set_uninit(&before);
            if (bad) {
                printf("TM_TEST_SEED=%"PRIu32" change %d: %s\n", seed, i,
                       bad);
                CU_FAIL("change");
                break;
            }
        }
        world_uninit(&w);
    }
    printf("%"PRIuSIZE" flows changed\n", n_changed);
    CU_ASSERT(n_changed > 0);
}

CU_TestInfo random_tests[] = {
    { "packets are copied as match.c says", test_packets },
    { "a change is as good as a new start", test_changes },
    CU_TEST_INFO_NULL
};
