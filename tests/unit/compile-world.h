/* SPDX-License-Identifier: Apache-2.0 */
/* compile-world.h
 *
 * Job.       Models and nodes for the tests of the compiler, in few words or
 *            at random; and the compiled flows, run as a switch would do it.
 * Input.     Numbers: object N of a kind always has the same UUID and name.
 * Output.    A world with a compiler in it; copies.
 * Not here.  What is right (test-compile*.c, lib/match.c).
 * Ownership. A world owns all that is in it.
 * Failure.   Ends the test program. */

#ifndef TESTS_UNIT_COMPILE_WORLD_H
#define TESTS_UNIT_COMPILE_WORLD_H 1

#include "lib/match.h"
#include "lib/model.h"
#include "plugin/compile/compile.h"
#include "plugin/compile/node.h"
#include "plugin/compile/pipeline.h"

#include <flow.h>

#define TUNNEL_PORT u16_to_ofp(999)

struct world {
    struct tm_model model;
    struct tm_node node;
    struct tm_compiler *compiler;
    struct tm_dirty dirty;
    struct tm_node_dirty node_dirty;
};

void world_init(struct world *);
void world_uninit(struct world *);
/* The compiler takes what is dirty in. */
void world_run(struct world *);

struct uuid filter_uuid(int);
struct uuid rule_uuid(int filter, enum tm_direction, int priority);
struct uuid session_uuid(int);
struct uuid source_uuid(int session, int eni);
struct uuid eni_uuid(int);
struct uuid lb_uuid(int);
char *eni_name(int);            /* malloc()ed, sorts like the number. */
struct eth_addr eni_mac(int);
struct tm_addr addr(const char *);
struct tm_cidr cidr(const char *);

/* An ENI with its own MAC address; and one on a port of its number, with the
 * VLAN columns of 'vlan' (NULL: a trunk of all). */
struct tm_eni *make_eni(int);
void put_eni(struct world *, int);
void put_port(struct world *, int, const struct tm_port *vlan);
void replace_node(struct world *, struct tm_node *);

/* "in 1 accept tcp 172.16.0.0/24 10000-10001 10.0.0.3/32 80-80"; "-" is any,
 * "all6", "tcp6", "udp6" are IPv6. */
void add_rule(struct tm_filter *, int filter, const char *text);
void put_filter(struct world *, int, const char *const *rules, size_t n);

/* An enabled session to 'target' (an address) with VNI 100 + its number. */
struct tm_session *make_session(int, int priority, int filter,
                                const char *target);
void session_add_eni(struct tm_session *, int session, int eni);
void put_session(struct world *, struct tm_session *);

const struct tm_source_state *get_state(const struct world *, int session,
                                        int eni);

/* Random objects, among few, so that they meet.  'sane' ones are such that
 * lib/match.c says what the compiler has to do. */
struct tm_filter *random_filter(int);
struct tm_session *random_session(int, bool sane);
struct tm_eni *random_eni(int, bool sane);
struct tm_lb *random_lb(int, bool sane);
void random_port(struct tm_port *, int number, int eni);
void random_node(struct tm_node *, bool sane);
void random_packet(struct flow *);
#define N_FILTERS 4
#define N_SESSIONS 6
#define N_ENIS 8
#define N_LBS 2
#define N_PORTS 12

/* The switch. */

struct copy {
    uint32_t source;            /* OpenFlow port. */
    uint32_t direction;
    struct uuid session;
    ovs_be16 tci;               /* Of the inner frame. */
    struct flow_tnl tunnel;
    uint32_t max_len;           /* 0: all. */
};

struct run {
    struct copy copies[1000];
    size_t n_copies;
    size_t n_resubmits;
    size_t n_production;        /* Times the pipeline's own flow was met. */
    bool production_changed;    /* ... with another packet than came in. */
};

/* Runs 'packet' through 'flows' as OVS would, with NORMAL in table 0. */
void run_packet(const struct tm_flow_set *flows, const struct flow *packet,
                struct run *);

#endif /* tests/unit/compile-world.h */
