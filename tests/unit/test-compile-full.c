/* SPDX-License-Identifier: Apache-2.0 */
/* test-compile-full.c
 *
 * More sources than the lists of receivers take.  Who has a place hangs on all
 * that come before it, so one source that changes may move others in or out:
 * then, too, flows and states are those that a new compiler makes, and the
 * journal has what changed. */

#include <config.h>
#include "tests/unit/test-compile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "packets.h"
#include "random.h"
#include "tests/unit/compile-world.h"
#include "util.h"

#define N_CROWD 130

/* A source in VLAN 10 or on a trunk, with an address of its own and perhaps
 * one of few that all share, so that there are more than the lists take. */
static void
put_crowd_eni(struct world *w, int n)
{
    struct tm_eni *eni = make_eni(n);

    if (!random_range(20)) {
        eni->n_macs = 0;
    } else if (random_range(10)) {
        eni->macs = xrealloc(eni->macs, 2 * sizeof *eni->macs);
        eni->macs[eni->n_macs++] = eni_mac(9000 + !random_range(20));
        tm_eni_finish(eni);
    }
    tm_model_put_eni(&w->model, eni, &w->dirty);
}

static void
put_crowd_session(struct world *w, int n)
{
    struct tm_session *session = make_session(n, n + 1, random_range(3),
                                              "192.0.2.1");

    for (int i = 1; i <= N_CROWD; i++) {
        if (!n || !random_range(3)) {
            session_add_eni(session, n, i);
        }
    }
    put_session(w, session);
}

static void
crowd_init(struct world *w)
{
    world_init(w);
    for (int i = 0; i < 3; i++) {
        const char *const rules[] = {
            "in 1 accept all - - - -", "out 1 accept all - - - -",
        };

        put_filter(w, i, &rules[i == 1], 2 - (i > 0));
    }
    for (int i = 1; i <= N_CROWD; i++) {
        const struct tm_port access = {
            .vlan_mode = TM_VLAN_ACCESS, .tag = 10
        };

        put_crowd_eni(w, i);
        put_port(w, i, random_range(4) ? &access : NULL);
    }
    put_crowd_session(w, 0);
    world_run(w);
}

/* A port goes, comes back, or is in another VLAN. */
static void
change_crowd_port(struct world *w)
{
    int victim = 1 + random_range(N_CROWD);
    struct tm_node node;
    struct tm_port new = {
        .ofport = u16_to_ofp(victim),
        .vlan_mode = random_range(4) ? TM_VLAN_ACCESS : TM_VLAN_TRUNK,
    };

    tm_node_init(&node);
    node.has_bridge = w->node.has_bridge;
    node.tunnel = w->node.tunnel;
    for (size_t i = 0; i < w->node.n_ports; i++) {
        if (w->node.ports[i].ofport != new.ofport) {
            struct tm_port port;

            tm_port_clone(&port, &w->node.ports[i]);
            tm_node_add_port(&node, &port);
        }
    }
    if (random_range(4)) {
        new.tag = new.vlan_mode == TM_VLAN_ACCESS ? 10 + !random_range(8) : 0;
        new.name = xasprintf("p%d", victim);
        new.iface_id = eni_name(victim);
        tm_node_add_port(&node, &new);
    }
    tm_node_sort(&node);
    replace_node(w, &node);
}

static void
change_crowd(struct world *w)
{
    int kind = random_range(8);

    if (!kind) {
        put_crowd_session(w, random_range(12));
    } else if (kind < 4) {
        put_crowd_eni(w, 1 + random_range(N_CROWD));
    } else if (kind == 4) {
        struct uuid uuid = eni_uuid(1 + random_range(N_CROWD));

        tm_model_remove_eni(&w->model, &uuid, &w->dirty);
    } else {
        change_crowd_port(w);
    }
}

static void
test_full_lists(void)
{
    size_t n_problems = 0;

    for (int round = 0; round < n_rounds(10); round++) {
        uint32_t seed = next_seed();
        struct tm_flow_set *want;
        struct world w;

        crowd_init(&w);
        want = tm_compiler_want(w.compiler);
        for (int i = 0; i < 25; i++) {
            struct tm_flow_set before;
            bool ok;

            clone_set(&before, want);
            tm_flow_set_clear_journal(want);
            change_crowd(&w);
            world_run(&w);
            n_problems += sset_count(tm_compiler_problems(w.compiler));
            ok = journal_is_exact(want, &before) && same_as_from_nothing(&w);
            tm_flow_set_uninit(&before);
            if (!ok) {
                printf("TM_TEST_SEED=%"PRIu32" change %d\n", seed, i);
                CU_FAIL("full lists");
                break;
            }
        }
        world_uninit(&w);
    }
    CU_ASSERT(n_problems > 0);
}

CU_TestInfo full_tests[] = {
    { "a change is as good as a new start", test_full_lists },
    CU_TEST_INFO_NULL
};
