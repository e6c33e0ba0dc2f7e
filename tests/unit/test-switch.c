/* SPDX-License-Identifier: Apache-2.0 */
/* test-switch.c
 *
 * What is made of the switch's answers about counters: messages as a switch
 * sends them, in parts, and broken ones. */

#include <config.h>

#include <flow.h>

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-port.h"
#include "plugin/compile/pipeline.h"
#include "plugin/switch/counters.h"
#include "util.h"

#define OF_VERSION OFP15_VERSION
#define PORT 7

/* The flow of priority 'n', of row 'row'. */
static struct tm_flow *
make_flow(uint16_t n, unsigned int row)
{
    const struct tm_origin origin = { "Mirror_Source", { { row, 0, 0, 0 } } };
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 0);
    match_init_catchall(&match);
    tm_match_reg(&match, TM_REG_SOURCE, n);
    struct tm_flow *flow = tm_flow_create(203, n, tm_cookie(&origin.row),
                                          &match, &acts, &origin);
    ofpbuf_uninit(&acts);
    return flow;
}

/* What a switch has to say of it: 'n' packets, ten times as many bytes. */
static struct ofputil_flow_stats
stats_of(const struct tm_flow *flow, uint64_t n)
{
    struct ofputil_flow_stats fs = {
        .table_id = flow->table_id,
        .priority = flow->priority,
        .cookie = flow->cookie,
        .packet_count = n,
        .byte_count = 10 * n,
        .duration_sec = 2,
        .duration_nsec = 345 * 1000 * 1000,
    };

    minimatch_expand(&flow->match, &fs.match);
    return fs;
}

/* The parts of a reply about flows 'first' to 'last', the priority of each
 * being what it has counted. */
static void
make_reply(uint16_t first, uint16_t last, unsigned int row,
           struct ovs_list *parts)
{
    struct ofputil_flow_stats_request request = {
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = OFPTT_ALL,
    };

    match_init_catchall(&request.match);
    struct ofpbuf *msg = ofputil_encode_flow_stats_request(
        &request, OFPUTIL_P_OF15_OXM);
    ofpmp_init(parts, msg->data);
    for (uint16_t n = first; n <= last; n++) {
        struct tm_flow *flow = make_flow(n, row);
        struct ofputil_flow_stats fs = stats_of(flow, n);

        ofputil_append_flow_stats_reply(&fs, parts, NULL);
        tm_flow_unref(flow);
    }
    ofpbuf_delete(msg);
}

static bool
add_parts(struct tm_counters *counters, struct ovs_list *parts,
          const struct tm_flow_set *want)
{
    struct ofpbuf *part;
    bool ok = true;

    LIST_FOR_EACH (part, list_node, parts) {
        struct ofp_header *oh = part->data;

        oh->length = htons(part->size);
        ok = tm_counters_add_flows(counters, oh, want) && ok;
    }
    ofpbuf_list_delete(parts);
    return ok;
}

static void
test_flows(void)
{
    struct tm_counters counters;
    struct tm_flow_set want;
    struct ovs_list parts;

    tm_flow_set_init(&want, false);
    for (uint16_t n = 1; n <= 2000; n++) {
        tm_flow_set_put(&want, make_flow(n, 1));
    }
    tm_counters_init(&counters);
    make_reply(1, 2000, 1, &parts);
    CU_ASSERT(ovs_list_size(&parts) > 1);
    CU_ASSERT(add_parts(&counters, &parts, &want));
    CU_ASSERT_EQUAL(counters.n, 2000);
    for (size_t i = 0; i < counters.n; i++) {
        const struct tm_counter *c = &counters.flows[i];

        CU_ASSERT_EQUAL(c->packets, c->flow->priority);
        CU_ASSERT_EQUAL(c->bytes, 10 * c->packets);
        CU_ASSERT_EQUAL(c->age, 2345);
        CU_ASSERT_EQUAL(c->flow->origin.row.parts[0], 1);
    }
    tm_counters_uninit(&counters);
    tm_flow_set_uninit(&want);
}

/* Those that are not wanted, and those in whose place another row's are. */
static void
test_others(void)
{
    struct tm_counters counters;
    struct tm_flow_set want;
    struct ovs_list parts;

    tm_flow_set_init(&want, false);
    tm_flow_set_put(&want, make_flow(2, 1));
    tm_counters_init(&counters);
    make_reply(1, 3, 1, &parts);
    CU_ASSERT(add_parts(&counters, &parts, &want));
    CU_ASSERT_EQUAL(counters.n, 1);
    CU_ASSERT_EQUAL(counters.flows[0].packets, 2);
    make_reply(1, 3, 9, &parts);
    CU_ASSERT(add_parts(&counters, &parts, &want));
    CU_ASSERT_EQUAL(counters.n, 1);
    tm_counters_uninit(&counters);
    tm_flow_set_uninit(&want);
}

/* Every beginning of a message, with its true length. */
static void
test_broken(void)
{
    struct tm_flow_set want;
    struct ovs_list parts;
    size_t n_good = 0;

    tm_flow_set_init(&want, false);
    tm_flow_set_put(&want, make_flow(1, 1));
    make_reply(1, 2, 1, &parts);
    struct ofpbuf *msg = ofpbuf_from_list(ovs_list_front(&parts));
    size_t head = sizeof(struct ofp_header) + 8;

    for (size_t size = head; size <= msg->size; size++) {
        struct tm_counters counters;
        struct ofp_header *oh = xmemdup(msg->data, size);

        oh->length = htons(size);
        tm_counters_init(&counters);
        n_good += tm_counters_add_flows(&counters, oh, &want);
        tm_counters_uninit(&counters);
        free(oh);
    }
    /* None, one, or both of the flows. */
    CU_ASSERT_EQUAL(n_good, 3);
    ofpbuf_list_delete(&parts);
    tm_flow_set_uninit(&want);
}

static void
test_port(void)
{
    struct ofpbuf *request = ofputil_encode_dump_ports_request(OF_VERSION,
                                                               OFPP_ANY);
    struct tm_counters counters;
    struct ofpbuf *part;
    struct ovs_list parts;

    ofpmp_init(&parts, request->data);
    for (uint16_t port = PORT - 1; port <= PORT + 1; port++) {
        struct ofputil_port_stats ps = { .port_no = u16_to_ofp(port) };

        memset(&ps.stats, 0xff, sizeof ps.stats);
        ps.stats.tx_packets = 100 * port;
        ps.stats.tx_bytes = 1000 * port;
        ps.stats.tx_dropped = port;
        ofputil_append_port_stat(&parts, &ps);
    }
    tm_counters_init(&counters);
    LIST_FOR_EACH (part, list_node, &parts) {
        struct ofp_header *oh = part->data;

        oh->length = htons(part->size);
        CU_ASSERT(tm_counters_add_port(&counters, oh, u16_to_ofp(PORT)));
    }
    CU_ASSERT(counters.has_port);
    CU_ASSERT_EQUAL(counters.port.tx_packets, 100 * PORT);
    CU_ASSERT_EQUAL(counters.port.tx_bytes, 1000 * PORT);
    CU_ASSERT_EQUAL(counters.port.tx_dropped, PORT);
    CU_ASSERT_EQUAL(counters.port.tx_errors, UINT64_MAX);

    /* Not a word of the port. */
    counters.has_port = false;
    part = ofpbuf_from_list(ovs_list_front(&parts));
    CU_ASSERT(tm_counters_add_port(&counters, part->data, u16_to_ofp(99)));
    CU_ASSERT(!counters.has_port);
    struct ofp_header *oh = part->data;
    oh->length = htons(part->size - 1);
    CU_ASSERT(!tm_counters_add_port(&counters, oh, u16_to_ofp(PORT)));
    tm_counters_uninit(&counters);
    ofpbuf_list_delete(&parts);
    ofpbuf_delete(request);
}

int
main(void)
{
    static CU_TestInfo counters[] = {
        { "counters of flows", test_flows },
        { "flows that are not ours to count", test_others },
        { "broken answers about flows", test_broken },
        { "counters of the port", test_port },
        CU_TEST_INFO_NULL,
    };
    static CU_SuiteInfo suites[] = {
        { "counters", NULL, NULL, NULL, NULL, counters },
        CU_SUITE_INFO_NULL,
    };

    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned int n_failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
