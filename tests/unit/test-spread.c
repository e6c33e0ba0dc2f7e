/* SPDX-License-Identifier: Apache-2.0 */
/* test-spread.c
 *
 * Which member of a load balancer has which slot, over random sets of members,
 * and which packets share a slot.  What all nodes must agree on, whatever
 * their release, is written down slot by slot. */

#include <config.h>

#include "tests/unit/test-lib.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/spread.h"
#include "random.h"
#include "util.h"

#define N_SETS 300
#define MAX_MEMBERS 64

static struct tm_addr
random_addr(void)
{
    struct tm_addr a;
    char text[64];

    if (random_range(2)) {
        snprintf(text, sizeof text, "10.%d.%d.%d", random_range(256),
                 random_range(256), random_range(256));
    } else {
        snprintf(text, sizeof text, "2001:db8:%x::%x", random_range(65536),
                 random_range(65535) + 1);
    }
    a = t_addr(text);
    return a;
}

static bool
contains(const struct tm_addr *members, size_t n, const struct tm_addr *a)
{
    for (size_t i = 0; i < n; i++) {
        if (tm_addr_equal(&members[i], a)) {
            return true;
        }
    }
    return false;
}

/* Fills in 2 to MAX_MEMBERS different members: neighbours of each other, as an
 * operator numbers his machines, or any. */
static size_t
random_members(struct tm_addr members[MAX_MEMBERS])
{
    size_t n = 2 + random_range(MAX_MEMBERS - 1);
    struct tm_addr first = random_addr();
    bool in_a_row = random_range(2);

    for (size_t i = 0; i < n; i++) {
        do {
            members[i] = in_a_row ? first : random_addr();
            members[i].in6.s6_addr[15] += in_a_row ? i : 0;
        } while (contains(members, i, &members[i]));
    }
    return n;
}

static void
shuffle(struct tm_addr *members, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = random_range(i);
        struct tm_addr swap = members[j];

        members[j] = members[i - 1];
        members[i - 1] = swap;
    }
}

/* Stores in 'owner' whose each slot is. */
static void
deal(const struct tm_addr *members, size_t n,
     struct tm_addr owner[TM_N_SLOTS])
{
    for (uint32_t slot = 0; slot < TM_N_SLOTS; slot++) {
        size_t i = tm_spread_member(members, n, slot);

        CU_ASSERT_FATAL(i < n);
        owner[slot] = members[i];
    }
}

static void
test_order(void)
{
    struct tm_addr members[MAX_MEMBERS];
    struct tm_addr before[TM_N_SLOTS], after[TM_N_SLOTS];

    for (int i = 0; i < N_SETS; i++) {
        size_t n = random_members(members);

        deal(members, n, before);
        shuffle(members, n);
        deal(members, n, after);
        for (int slot = 0; slot < TM_N_SLOTS; slot++) {
            CU_ASSERT(tm_addr_equal(&before[slot], &after[slot]));
        }
    }
}

/* The last of the members goes, or comes if read backwards; the order is of no
 * account. */
static void
test_removal(void)
{
    struct tm_addr members[MAX_MEMBERS];
    struct tm_addr before[TM_N_SLOTS], after[TM_N_SLOTS];

    for (int i = 0; i < N_SETS; i++) {
        size_t n = random_members(members);
        const struct tm_addr *gone = &members[n - 1];

        deal(members, n, before);
        deal(members, n - 1, after);
        for (int slot = 0; slot < TM_N_SLOTS; slot++) {
            CU_ASSERT(tm_addr_equal(&before[slot], gone)
                      ? !tm_addr_equal(&after[slot], gone)
                      : tm_addr_equal(&before[slot], &after[slot]));
        }
    }
}

/* Shares are as chance has them: about 1 / n each, and nobody is preferred for
 * his place in the list or his number. */
static void
test_shares(void)
{
    struct tm_addr members[MAX_MEMBERS];
    struct tm_addr owner[TM_N_SLOTS];
    double first = 0, expected = 0, variance = 0;

    for (int i = 0; i < N_SETS; i++) {
        size_t n = random_members(members);
        double mean = (double) TM_N_SLOTS / n;
        double deviation = sqrt(mean * (1 - 1. / n));

        deal(members, n, owner);
        for (size_t j = 0; j < n; j++) {
            int share = 0;

            for (int slot = 0; slot < TM_N_SLOTS; slot++) {
                share += tm_addr_equal(&owner[slot], &members[j]);
            }
            CU_ASSERT(fabs(share - mean) <= 7 * deviation + 3);
            first += j ? 0 : share;
        }
        expected += mean;
        variance += deviation * deviation;
    }
    CU_ASSERT(fabs(first - expected) <= 6 * sqrt(variance));
}

/* Every node and release agrees. */
static void
test_agreement(void)
{
    static const char want[] =
        "1303313320110103330112331032133323310010013223112123120210203000"
        "3210330212223132323123211031110330103222220302000133113233120301"
        "0103022330003231223301100302300222211331000100120132130000130210"
        "2000300123321230300212223110302223132320222100010223210222301332";
    const struct tm_addr members[] = {
        t_addr("172.31.1.2"), t_addr("172.31.1.3"), t_addr("172.31.1.4"),
        t_addr("fd31::5"),
    };
    char have[TM_N_SLOTS + 1] = "";

    for (uint32_t slot = 0; slot < TM_N_SLOTS; slot++) {
        have[slot] = '0' + tm_spread_member(members, 4, slot);
    }
    CU_ASSERT(t_text_is(have, want));
}

/* A packet, its reply, fragments and other protocols between the same two are
 * in one slot; and different pairs fill all slots. */
static void
test_slot(void)
{
    unsigned int used[TM_N_SLOTS] = { 0 };
    const unsigned int n_packets = 50 * TM_N_SLOTS;

    for (unsigned int i = 0; i < n_packets; i++) {
        struct tm_packet packet = { .src = random_addr() }, other;
        uint32_t slot;

        do {
            packet.dst = random_addr();
        } while (packet.dst.ip != packet.src.ip);
        packet.ip = packet.src.ip;
        packet.proto = 6;
        packet.sport = random_range(65536);
        packet.dport = random_range(65536);
        slot = tm_spread_slot(&packet);
        CU_ASSERT_FATAL(slot < TM_N_SLOTS);
        used[slot]++;

        other = packet;
        other.src = packet.dst;
        other.dst = packet.src;
        other.sport = packet.dport;
        other.dport = packet.sport;
        CU_ASSERT_EQUAL(tm_spread_slot(&other), slot);
        other.proto = random_range(256);
        other.sport = other.dport = 0;
        other.fragment = random_range(2);
        CU_ASSERT_EQUAL(tm_spread_slot(&other), slot);
    }
    for (uint32_t slot = 0; slot < TM_N_SLOTS; slot++) {
        CU_ASSERT(used[slot] > 5 && used[slot] < 100);
    }
}

CU_TestInfo tm_test_spread[] = {
    { "order of members", test_order },
    { "a member goes", test_removal },
    { "shares", test_shares },
    { "agreement", test_agreement },
    { "slot of a packet", test_slot },
    CU_TEST_INFO_NULL
};
