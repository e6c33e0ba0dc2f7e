/* SPDX-License-Identifier: Apache-2.0 */
/* compile-world.c
 *
 * Few objects, each with a number that says everything else about it, so that
 * a test reads like its case.  Random objects take their values from small
 * pools: addresses, ports, VLANs and priorities that meet often find more than
 * ones that never do. */

#include <config.h>
#include "tests/unit/compile-world.h"

#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "packets.h"
#include "random.h"
#include "util.h"

static bool
one_in(int n)
{
    return !random_range(n);
}

static struct uuid
make_uuid(uint32_t kind, uint32_t a, uint32_t b)
{
    return (struct uuid) { { kind << 24 | a << 8 | b, a, kind, 0x42 } };
}

struct uuid
filter_uuid(int n)
{
    return make_uuid(1, n, 0);
}

struct uuid
rule_uuid(int filter, enum tm_direction direction, int priority)
{
    struct uuid uuid = make_uuid(2, filter, direction);

    uuid.parts[1] = priority << 16;
    return uuid;
}

struct uuid
session_uuid(int n)
{
    return make_uuid(3, n, 0);
}

struct uuid
source_uuid(int session, int eni)
{
    struct uuid uuid = make_uuid(4, session, 0);

    uuid.parts[1] = (uint32_t) eni << 16;
    return uuid;
}

struct uuid
eni_uuid(int n)
{
    return make_uuid(5, n, 0);
}

struct uuid
lb_uuid(int n)
{
    return make_uuid(6, n, 0);
}

char *
eni_name(int n)
{
    return xasprintf("vm%04d", n);
}

struct eth_addr
eni_mac(int n)
{
    return (struct eth_addr) { .ea = { 0x02, 0, 0, 0, n >> 8, n } };
}

struct tm_addr
addr(const char *text)
{
    struct tm_addr a;
    char *error = tm_addr_parse(text, &a);

    if (error) {
        ovs_fatal(0, "%s: %s", text, error);
    }
    return a;
}

struct tm_cidr
cidr(const char *text)
{
    struct tm_cidr c;
    char *error = tm_cidr_parse(text, &c);

    if (error) {
        ovs_fatal(0, "%s: %s", text, error);
    }
    return c;
}

void
world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    tm_model_init(&w->model);
    tm_node_init(&w->node);
    w->node.has_bridge = true;
    w->node.tunnel = TUNNEL_PORT;
    w->compiler = tm_compiler_create();
    tm_dirty_init(&w->dirty);
    tm_node_dirty_init(&w->node_dirty);
    w->node_dirty.everything = true;
}

void
world_uninit(struct world *w)
{
    tm_compiler_destroy(w->compiler);
    tm_model_uninit(&w->model);
    tm_node_uninit(&w->node);
    tm_dirty_uninit(&w->dirty);
    tm_node_dirty_uninit(&w->node_dirty);
}

void
world_run(struct world *w)
{
    tm_compiler_run(w->compiler, &w->model, &w->node, &w->dirty,
                    &w->node_dirty);
    tm_dirty_clear(&w->dirty);
    tm_node_dirty_clear(&w->node_dirty);
}

struct tm_eni *
make_eni(int n)
{
    struct uuid uuid = eni_uuid(n);
    char *name = eni_name(n);
    struct tm_eni *eni = tm_eni_create(&uuid, name);
    struct eth_addr mac = eni_mac(n);

    free(name);
    eni->mirroring_supported = true;
    eni->macs = xmemdup(&mac, sizeof mac);
    eni->n_macs = 1;
    tm_eni_finish(eni);
    return eni;
}

void
put_eni(struct world *w, int n)
{
    tm_model_put_eni(&w->model, make_eni(n), &w->dirty);
}

void
put_port(struct world *w, int n, const struct tm_port *vlan)
{
    struct tm_port port;

    memset(&port, 0, sizeof port);
    port.vlan_mode = TM_VLAN_TRUNK;
    if (vlan) {
        port.vlan_mode = vlan->vlan_mode;
        port.tag = vlan->tag;
        port.trunks = vlan->trunks;
        port.mtu = vlan->mtu;
    }
    port.ofport = u16_to_ofp(n);
    port.name = xasprintf("p%d", n);
    port.iface_id = eni_name(n);
    tm_node_add_port(&w->node, &port);
    tm_node_sort(&w->node);
    w->node_dirty.ports = true;
    sset_add(&w->node_dirty.enis, port.iface_id);
}

void
replace_node(struct world *w, struct tm_node *node)
{
    tm_node_diff(&w->node, node, &w->node_dirty);
    tm_node_uninit(&w->node);
    w->node = *node;
}

static struct tm_port_range
range(const char *text)
{
    struct tm_port_range r = { 0, 0 };
    char *error = strcmp(text, "-") ? tm_port_range_parse(text, &r) : NULL;

    if (error) {
        ovs_fatal(0, "%s: %s", text, error);
    }
    return r;
}

void
add_rule(struct tm_filter *filter, int n, const char *text)
{
    char direction[8], action[8], proto[8], src[64], sport[16], dst[64],
         dport[16];
    struct tm_rule rule;
    int priority;
    size_t len;

    memset(&rule, 0, sizeof rule);
    if (sscanf(text, "%7s %d %7s %7s %63s %15s %63s %15s", direction,
               &priority, action, proto, src, sport, dst, dport) != 8
        || !tm_direction_from_string(direction, &rule.direction)
        || !tm_action_from_string(action, &rule.action)) {
        ovs_fatal(0, "%s: not a rule", text);
    }
    len = strlen(proto);
    rule.ip = TM_IPV4;
    if (proto[len - 1] == '6') {
        rule.ip = TM_IPV6;
        if (strcmp(proto, "icmp6")) {
            proto[len - 1] = '\0';
        }
    }
    if (!tm_protocol_from_string(proto, &rule.protocol)) {
        ovs_fatal(0, "%s: not a protocol", proto);
    }
    rule.uuid = rule_uuid(n, rule.direction, priority);
    rule.priority = priority;
    rule.has_src = strcmp(src, "-");
    rule.has_dst = strcmp(dst, "-");
    if (rule.has_src) {
        rule.src = cidr(src);
    }
    if (rule.has_dst) {
        rule.dst = cidr(dst);
    }
    rule.sport = range(sport);
    rule.dport = range(dport);
    rule.description = xstrdup("");
    tm_filter_add_rule(filter, &rule);
}

void
put_filter(struct world *w, int n, const char *const *rules, size_t n_rules)
{
    struct uuid uuid = filter_uuid(n);
    struct tm_filter *filter = tm_filter_create(&uuid);

    for (size_t i = 0; i < n_rules; i++) {
        add_rule(filter, n, rules[i]);
    }
    tm_filter_finish(filter);
    tm_model_put_filter(&w->model, filter, &w->dirty);
}

struct tm_session *
make_session(int n, int priority, int filter, const char *target)
{
    struct uuid uuid = session_uuid(n);
    struct tm_session *session = tm_session_create(&uuid);

    free(session->name);
    session->name = xasprintf("s%d", n);
    session->priority = priority;
    session->enabled = session->usable = true;
    session->filter = filter_uuid(filter);
    session->target_type = TM_TARGET_IP;
    session->vni = 100 + n;
    if (target) {
        session->target_addr = addr(target);
    }
    return session;
}

void
session_add_eni(struct tm_session *session, int n, int eni)
{
    struct tm_source source = {
        .uuid = source_uuid(n, eni),
        .eni = eni_uuid(eni),
        .position = eni,
    };

    tm_session_add_source(session, &source);
}

void
put_session(struct world *w, struct tm_session *session)
{
    tm_session_finish(session);
    tm_model_put_session(&w->model, session, &w->dirty);
}

const struct tm_source_state *
get_state(const struct world *w, int session, int eni)
{
    const struct uuid uuid = source_uuid(session, eni);
    const struct tm_source_state *state;

    HMAP_FOR_EACH_WITH_HASH (state, node, uuid_hash(&uuid),
                             tm_compiler_states(w->compiler)) {
        if (uuid_equals(&state->source, &uuid)) {
            return state;
        }
    }
    return NULL;
}

/* ## Random ## */

static const char *const cidrs4[] = {
    "10.0.0.0/8", "10.0.0.0/30", "10.0.0.1", "10.0.0.2/31", "0.0.0.0/0",
};
static const char *const cidrs6[] = {
    "fd00::/16", "fd00::/126", "fd00::1", "fd00::2/127", "::/0",
};
static const char *const ranges[] = {
    "-", "-", "80", "80-90", "1-65535", "1000-2000", "1000-64534",
};
static const uint16_t ports[] = {
    1, 80, 85, 91, 999, 1000, 1500, 2001, 4789, 64534, 64535, 65535,
};

#define PICK(ARRAY) ((ARRAY)[random_range(ARRAY_SIZE(ARRAY))])

struct tm_filter *
random_filter(int n)
{
    struct uuid uuid = filter_uuid(n);
    struct tm_filter *filter = tm_filter_create(&uuid);

    for (int d = TM_IN; d <= TM_OUT; d++) {
        int n_rules = one_in(4) ? 0 : random_range(5);

        for (int i = 0; i < n_rules; i++) {
            static const char *const protocols[] = {
                "all", "tcp", "udp", "icmp", "all6", "tcp6", "udp6", "icmp6",
            };
            const char *proto = PICK(protocols);
            bool v6 = strchr(proto, '6');
            bool has_ports = *proto == 't' || *proto == 'u';
            const char *src = v6 ? PICK(cidrs6) : PICK(cidrs4);
            const char *dst = v6 ? PICK(cidrs6) : PICK(cidrs4);
            char *text = xasprintf(
                "%s %d %s %s %s %s %s %s", tm_direction_to_string(d),
                1 + i * 3 + (int) random_range(3),
                one_in(3) ? "reject" : "accept", proto,
                one_in(2) ? src : "-", has_ports ? PICK(ranges) : "-",
                one_in(2) ? dst : "-", has_ports ? PICK(ranges) : "-");

            add_rule(filter, n, text);
            free(text);
        }
    }
    tm_filter_finish(filter);
    return filter;
}

static const char *const targets[] = {
    "192.0.2.1", "192.0.2.2", "10.0.0.2", "2001:db8::1", "fd00::2",
};

struct tm_session *
random_session(int n, bool sane)
{
    struct tm_session *s = make_session(n, 1 + random_range(4),
                                        random_range(N_FILTERS),
                                        PICK(targets));

    s->enabled = !one_in(5);
    s->usable = sane || !one_in(8);
    s->packet_length = one_in(2) ? 0 : random_range(1600);
    if (one_in(4)) {
        s->target_type = TM_TARGET_ELB;
        s->target = lb_uuid(random_range(N_LBS));
    } else if (!sane && one_in(3)) {
        s->target_type = TM_TARGET_ENI;
        s->target = eni_uuid(random_range(N_ENIS));
    }
    for (int eni = 0; eni < N_ENIS; eni++) {
        if (one_in(2)) {
            session_add_eni(s, n, eni);
        }
    }
    tm_session_finish(s);
    return s;
}

struct tm_eni *
random_eni(int n, bool sane)
{
    struct tm_eni *eni = make_eni(n);
    int n_macs = random_range(3);

    free(eni->macs);
    eni->macs = xcalloc(n_macs + 1, sizeof *eni->macs);
    eni->n_macs = n_macs;
    for (int i = 0; i < n_macs; i++) {
        eni->macs[i] = eni_mac(random_range(N_ENIS));
    }
    eni->mtu = one_in(2) ? 0 : 1400 + random_range(3) * 100;
    eni->mirroring_supported = sane || !one_in(6);
    if (one_in(2)) {
        struct tm_addr a = addr(PICK(targets));

        eni->addresses = xmemdup(&a, sizeof a);
        eni->n_addresses = 1;
    }
    tm_eni_finish(eni);
    return eni;
}

struct tm_lb *
random_lb(int n, bool sane)
{
    struct uuid uuid = lb_uuid(n);
    char *name = xasprintf("lb%d", n);
    struct tm_lb *lb = tm_lb_create(&uuid, name);

    free(name);
    lb->n_members = random_range(4);
    lb->has_vip = sane || one_in(2);
    lb->vip = addr("192.0.2.77");
    lb->members = xcalloc(lb->n_members + 1, sizeof *lb->members);
    for (size_t i = 0; i < lb->n_members; i++) {
        lb->members[i] = addr(PICK(targets));
    }
    tm_lb_finish(lb);
    return lb;
}

void
random_port(struct tm_port *port, int number, int eni)
{
    memset(port, 0, sizeof *port);
    port->ofport = u16_to_ofp(number == N_PORTS ? 0xfffe : number);
    port->name = xasprintf("p%d", number);
    port->iface_id = eni < 0 ? NULL : eni_name(eni);
    port->has_mac = one_in(2);
    port->mac = eni_mac(random_range(N_ENIS));
    port->mtu = one_in(3) ? 0 : 1500;
    port->vlan_mode = random_range(one_in(4) ? TM_VLAN_DOT1Q_TUNNEL + 1
                                   : TM_VLAN_DOT1Q_TUNNEL);
    port->tag = (port->vlan_mode == TM_VLAN_TRUNK ? 0
                 : one_in(3) ? 0 : 1 + random_range(3));
    if (port->vlan_mode != TM_VLAN_ACCESS && one_in(2)) {
        port->trunks = bitmap_allocate(4096);
        for (int v = 0; v < 6; v++) {
            bitmap_set(port->trunks, v, one_in(2));
        }
    }
}

void
random_node(struct tm_node *node, bool sane)
{
    tm_node_init(node);
    node->has_bridge = sane || !one_in(8);
    node->tunnel = sane || !one_in(8) ? TUNNEL_PORT : 0;
    if (!node->tunnel && one_in(2)) {
        node->tunnel_problem = xstrdup("File exists");
    }
    node->table_base = one_in(8) ? 100 : 200;
    node->vxlan_port = one_in(8) ? 85 : 4789;
    node->tunnel_mtu = one_in(2) ? 0 : 1500 + random_range(2) * 100;
    node->has_encap4 = one_in(2);
    node->has_encap6 = one_in(2);
    node->encap4 = addr("172.31.0.1");
    node->encap6 = addr("fd99::1");
    for (int i = 1; i <= N_PORTS; i++) {
        struct tm_port port;
        int eni = i <= N_ENIS ? i - 1 : -1;

        if (!sane && one_in(4)) {
            continue;
        }
        if (!sane && one_in(4)) {
            eni = random_range(N_ENIS);
        }
        random_port(&port, i, eni);
        tm_node_add_port(node, &port);
    }
    tm_node_sort(node);
}

void
random_packet(struct flow *flow)
{
    static const uint8_t protocols[] = {
        IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6,
        IPPROTO_GRE,
    };
    int in_port = 1 + random_range(N_PORTS);

    memset(flow, 0, sizeof *flow);
    flow->in_port.ofp_port = u16_to_ofp(in_port == N_PORTS ? 0xfffe : in_port);
    flow->dl_src = eni_mac(random_range(N_ENIS));
    flow->dl_dst = eni_mac(random_range(N_ENIS + 1));
    if (one_in(4)) {
        static const struct eth_addr groups[] = {
            ETH_ADDR_C(ff,ff,ff,ff,ff,ff), ETH_ADDR_C(01,00,5e,00,00,01),
            ETH_ADDR_C(33,33,00,00,00,01), ETH_ADDR_C(01,80,c2,00,00,0e),
            ETH_ADDR_C(01,80,c2,00,00,10),
        };
        flow->dl_dst = PICK(groups);
    }
    if (one_in(2)) {
        flow->vlans[0].tpid = htons(ETH_TYPE_VLAN_8021Q);
        flow->vlans[0].tci = htons(VLAN_CFI | random_range(6)
                                   | (one_in(2) ? random_range(8) << 13 : 0));
    }
    /* What a tunnel that the packet came by has left. */
    if (one_in(4)) {
        flow->tunnel.ip_src = htonl(0x0a010101);
        flow->tunnel.ip_dst = htonl(0x0a010102);
        flow->tunnel.tun_id = htonll(7);
    } else if (one_in(4)) {
        flow->tunnel.ipv6_src = addr("fd98::1").in6;
        flow->tunnel.ipv6_dst = addr("fd98::2").in6;
    }
    if (one_in(12)) {
        flow->dl_type = htons(ETH_TYPE_ARP);
        return;
    }
    flow->nw_proto = PICK(protocols);
    if (one_in(2)) {
        flow->dl_type = htons(ETH_TYPE_IP);
        flow->nw_src = htonl(0x0a000000 + random_range(5));
        flow->nw_dst = htonl(0x0a000000 + random_range(5));
        if (one_in(5)) {
            flow->nw_dst = htonl(0xc0000201);
        }
    } else {
        flow->dl_type = htons(ETH_TYPE_IPV6);
        flow->ipv6_src = addr("fd00::").in6;
        flow->ipv6_dst = addr("fd00::").in6;
        flow->ipv6_src.s6_addr[15] = random_range(5);
        flow->ipv6_dst.s6_addr[15] = random_range(5);
    }
    if (one_in(8)) {
        flow->nw_frag = one_in(2) ? FLOW_NW_FRAG_ANY : FLOW_NW_FRAG_MASK;
    } else if (flow->nw_proto == IPPROTO_TCP
               || flow->nw_proto == IPPROTO_UDP) {
        flow->tp_src = htons(PICK(ports));
        flow->tp_dst = htons(PICK(ports));
    }
}
