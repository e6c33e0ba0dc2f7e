/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-cidr.c
 *
 * Networks and addresses (lib/cidr.h).  What is taken is what is written back,
 * contains exactly what its prefix says, and is an address if it has the
 * length of one. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/cidr.h"
#include "openvswitch/dynamic-string.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

/* The first bit of an IPv4 address in the common form. */
#define MAPPED_BITS 96

static void
flip_bit(struct tm_addr *addr, int bit)
{
    bit += addr->ip == TM_IPV4 ? MAPPED_BITS : 0;
    addr->in6.s6_addr[bit / 8] ^= 0x80 >> bit % 8;
}

static void
check_contents(const struct tm_cidr *cidr)
{
    int max = cidr->addr.ip == TM_IPV4 ? 32 : 128;
    struct tm_addr addr = cidr->addr;

    ovs_assert(cidr->len <= max);
    ovs_assert(tm_cidr_contains(cidr, &addr));
    for (int i = 0; i < max; i++) {
        flip_bit(&addr, i);
        ovs_assert(tm_cidr_contains(cidr, &addr) == (i >= cidr->len));
        flip_bit(&addr, i);
    }
    addr.ip = addr.ip == TM_IPV4 ? TM_IPV6 : TM_IPV4;
    ovs_assert(!tm_cidr_contains(cidr, &addr));
}

static void
check_cidr(const char *text)
{
    struct tm_cidr cidr, again;
    char *error = tm_cidr_parse(text, &cidr);
    struct ds s = DS_EMPTY_INITIALIZER;

    if (error) {
        fuzz_check_error(error);
        return;
    }
    tm_cidr_format(&cidr, &s);
    ovs_assert(!tm_cidr_parse(ds_cstr(&s), &again));
    ovs_assert(tm_cidr_equal(&cidr, &again));
    ds_destroy(&s);
    check_contents(&cidr);
}

static void
check_addr(const char *text)
{
    struct tm_addr addr, again;
    char *error = tm_addr_parse(text, &addr);
    struct tm_cidr cidr;
    char *s;

    if (error) {
        fuzz_check_error(error);
        return;
    }
    s = tm_addr_to_string(&addr);
    ovs_assert(!tm_addr_parse(s, &again));
    ovs_assert(tm_addr_equal(&addr, &again));
    ovs_assert(!tm_addr_compare(&addr, &again));
    ovs_assert(tm_addr_hash(&addr, 0) == tm_addr_hash(&again, 0));
    free(s);

    ovs_assert(!tm_cidr_parse(text, &cidr));
    ovs_assert(tm_addr_equal(&addr, &cidr.addr));
    ovs_assert(cidr.len == (addr.ip == TM_IPV4 ? 32 : 128));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);

    fuzz_init();
    check_cidr(text);
    check_addr(text);
    free(text);
    return 0;
}
