/* SPDX-License-Identifier: Apache-2.0 */
/* test-text.c
 *
 * The parsers of lib/ that meet an operator's text: quoting, addresses,
 * networks, ports; and the masks that cover a range of ports. */

#include <config.h>

#include "tests/unit/test-lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "random.h"
#include "util.h"

static void
test_quote(void)
{
    static const struct { const char *in, *want; } cases[] = {
        { "", "\"\"" },
        { "a b", "\"a b\"" },
        { "a\"b\\c", "\"a\\\"b\\\\c\"" },
        { "a\nb\tc\x1b[31m", "\"a\\nb\\tc\\u001b[31m\"" },
        { "\x7f", "\"\\u007f\"" },
        { "\xc2\x9b", "\"\\u009b\"" },              /* C1: CSI. */
        { "\xe2\x80\xae", "\"\\u202e\"" },          /* Turns direction. */
        { "\xe6\xb5\x8b\xe8\xaf\x95", "\"\xe6\xb5\x8b\xe8\xaf\x95\"" },
        { "\xff\xfe", "\"\\xff\\xfe\"" },
        { "\xc0\x80", "\"\\xc0\\x80\"" },           /* Overlong. */
        { "\xe6\xb5", "\"\\xe6\\xb5\"" },           /* Cut off. */
        { "\xed\xa0\x80", "\"\\xed\\xa0\\x80\"" },  /* Surrogate. */
        { "\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\"" },
        { "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
    };
    char longest[TM_QUOTE_MAX + 2];
    char *quoted;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        quoted = tm_quote(cases[i].in);
        CU_ASSERT(t_text_is(quoted, cases[i].want));
        free(quoted);
    }

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds all = DS_EMPTY_INITIALIZER;

        tm_quote_all_to(cases[i].in, &all);
        CU_ASSERT(t_text_is(ds_cstr(&all), cases[i].want));
        ds_destroy(&all);
    }

    memset(longest, 'x', sizeof longest);
    longest[TM_QUOTE_MAX] = '\0';
    quoted = tm_quote(longest);
    CU_ASSERT_EQUAL(strlen(quoted), TM_QUOTE_MAX + 2);
    free(quoted);
    longest[TM_QUOTE_MAX] = 'x';
    longest[TM_QUOTE_MAX + 1] = '\0';
    quoted = tm_quote(longest);
    CU_ASSERT_PTR_NOT_NULL(strstr(quoted, "x...\""));
    free(quoted);
}

static void
test_line(void)
{
    char longest[3 * TM_QUOTE_MAX + 1];
    struct ds s = DS_EMPTY_INITIALIZER;

    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    tm_quote_all_to(longest, &s);
    CU_ASSERT_EQUAL(s.length, sizeof longest + 1);

    ds_clear(&s);
    tm_line_to("a \"b\" \\n\nc\xe2\x80\xae \xe6\xb5\x8b \xff", &s);
    CU_ASSERT(t_text_is(ds_cstr(&s), "a \"b\" \\n\\nc\\u202e \xe6\xb5\x8b "
                        "\\xff"));
    ds_destroy(&s);
}

/* As it is, if it can be. */
static void
test_name(void)
{
    static const struct { const char *in, *want; } cases[] = {
        { "", "" },
        { "web-1 \"x\" \\", "web-1 \"x\" \\" },
        { "\xe6\xb5\x8b", "\xe6\xb5\x8b" },
        { "a\n  source b", "\"a\\n  source b\"" },
        { "a\"\033", "\"a\\\"\\u001b\"" },
        { "\xff", "\"\\xff\"" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;

        tm_name_to(cases[i].in, &s);
        CU_ASSERT(t_text_is(ds_cstr(&s), cases[i].want));
        ds_destroy(&s);
    }
}

static void
test_cidr_parse(void)
{
    /* 'error' NULL: parsed, and formats as 'want'. */
    static const struct { const char *in, *want, *error; } cases[] = {
        { "10.0.0.0/8", "10.0.0.0/8", NULL },
        { "10.0.0.1", "10.0.0.1/32", NULL },
        { "10.0.0.1/32", "10.0.0.1/32", NULL },
        { "0.0.0.0/0", "0.0.0.0/0", NULL },
        { "255.255.255.255", "255.255.255.255/32", NULL },
        { "2001:db8::/32", "2001:db8::/32", NULL },
        { "2001:DB8:0::1", "2001:db8::1/128", NULL },
        { "::/0", "::/0", NULL },
        { "10.0.0.1/8", NULL,
          "\"10.0.0.1/8\": host bits are set; did you mean 10.0.0.0/8?" },
        { "10.0.0.1/0", NULL, "did you mean 0.0.0.0/0?" },
        { "10.255.255.255/31", NULL, "did you mean 10.255.255.254/31?" },
        { "2001:db8::1/32", NULL, "did you mean 2001:db8::/32?" },
        { "2001:db8::1/127", NULL, "did you mean 2001:db8::/127?" },
        { "10.0.0.0/33", NULL, "0 to 32" },
        { "::/129", NULL, "0 to 128" },
        { "10.0.0.0/", NULL, "0 to 32" },
        { "10.0.0.0/08", NULL, "0 to 32" },
        { "10.0.0.0/+8", NULL, "0 to 32" },
        { "10.0.0.0/ 8", NULL, "0 to 32" },
        { "10.0.0.0/8 ", NULL, "0 to 32" },
        { "10.0.0.0/-1", NULL, "0 to 32" },
        { "10.0.0.0/255.0.0.0", NULL, "0 to 32" },
        { "10.0.0.0/8/8", NULL, "0 to 32" },
        { "10.0.0.0/4294967304", NULL, "0 to 32" },
        { "/8", NULL, "not an IPv4 or IPv6 network" },
        { "", NULL, "not an IPv4 or IPv6 network" },
        { "10.1", NULL, "not an IPv4 or IPv6 network" },
        { "10/8", NULL, "not an IPv4 or IPv6 network" },
        { "010.0.0.1", NULL, "not an IPv4 or IPv6 network" },
        { "0x0a.0.0.1", NULL, "not an IPv4 or IPv6 network" },
        { "10.0.0.256", NULL, "not an IPv4 or IPv6 network" },
        { " 10.0.0.1", NULL, "not an IPv4 or IPv6 network" },
        { "10.0.0.1\n", NULL, "\"10.0.0.1\\n\" is not" },
        { "fe80::1%eth0", NULL, "not an IPv4 or IPv6 network" },
        { "::ffff:1.2.3.4", NULL, "ambiguous" },
        { "::ffff:0:0/96", NULL, "ambiguous" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tm_cidr cidr;
        char *error = tm_cidr_parse(cases[i].in, &cidr);

        if (!error && !cases[i].error) {
            struct ds ds = DS_EMPTY_INITIALIZER;

            tm_cidr_format(&cidr, &ds);
            CU_ASSERT(t_text_is(ds_cstr(&ds), cases[i].want));
            ds_destroy(&ds);
        }
        CU_ASSERT(t_error_is(error, cases[i].error, cases[i].in));
    }
}

static void
test_addr_parse(void)
{
    static const struct { const char *in, *want, *error; } cases[] = {
        { "10.0.0.1", "10.0.0.1", NULL },
        { "2001:db8:0:0::1", "2001:db8::1", NULL },
        { "::1.2.3.4", "::1.2.3.4", NULL },
        { "10.0.0.1/32", NULL, "\"10.0.0.1/32\" is not an IPv4 or IPv6" },
        { "010.0.0.1", NULL, "not an IPv4 or IPv6 address" },
        { "fe80::1%1", NULL, "not an IPv4 or IPv6 address" },
        { "::ffff:1.2.3.4", NULL, "write it as IPv4" },
        { "::ffff:102:304", NULL, "write it as IPv4" },
        { "", NULL, "not an IPv4 or IPv6 address" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tm_addr addr;
        char *error = tm_addr_parse(cases[i].in, &addr);

        if (!error && !cases[i].error) {
            char *s = tm_addr_to_string(&addr);

            CU_ASSERT(t_text_is(s, cases[i].want));
            free(s);
        }
        CU_ASSERT(t_error_is(error, cases[i].error, cases[i].in));
    }
}

static void
test_addr_order(void)
{
    static const char *rising[] = {
        "0.0.0.0", "9.255.255.255", "10.0.0.0", "255.255.255.255",
        "::", "::1", "2001:db8::", "ff02::1",
    };

    for (size_t i = 0; i < ARRAY_SIZE(rising); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(rising); j++) {
            struct tm_addr a = t_addr(rising[i]);
            struct tm_addr b = t_addr(rising[j]);
            int cmp = tm_addr_compare(&a, &b);

            CU_ASSERT_EQUAL(cmp < 0, i < j);
            CU_ASSERT_EQUAL(cmp > 0, i > j);
            CU_ASSERT_EQUAL(tm_addr_equal(&a, &b), i == j);
            if (i == j) {
                CU_ASSERT_EQUAL(tm_addr_hash(&a, 7), tm_addr_hash(&b, 7));
            }
        }
    }
}

static void
test_cidr_contains(void)
{
    static const struct { const char *cidr, *addr; bool want; } cases[] = {
        { "172.16.0.0/24", "172.16.0.0", true },
        { "172.16.0.0/24", "172.16.0.255", true },
        { "172.16.0.0/24", "172.16.1.0", false },
        { "172.16.0.0/24", "172.15.255.255", false },
        { "10.0.0.3/32", "10.0.0.3", true },
        { "10.0.0.3/32", "10.0.0.2", false },
        { "10.0.0.2/31", "10.0.0.3", true },
        { "0.0.0.0/0", "255.255.255.255", true },
        { "0.0.0.0/0", "::", false },
        { "::/0", "2001:db8::1", true },
        { "::/0", "10.0.0.1", false },
        { "2001:db8::/33", "2001:db8:7fff::1", true },
        { "2001:db8::/33", "2001:db8:8000::1", false },
        { "2001:db8::1/128", "2001:db8::1", true },
        { "2001:db8::1/128", "2001:db8::2", false },
        { "2001:db8::1/128", "10.0.0.1", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tm_cidr cidr = t_cidr(cases[i].cidr);
        struct tm_addr addr = t_addr(cases[i].addr);

        CU_ASSERT_EQUAL(tm_cidr_contains(&cidr, &addr), cases[i].want);
        CU_ASSERT_TRUE(tm_cidr_equal(&cidr, &cidr));
    }

    struct tm_cidr a = t_cidr("10.0.0.0/8");
    struct tm_cidr b = t_cidr("10.0.0.0/9");

    CU_ASSERT_FALSE(tm_cidr_equal(&a, &b));
}

/* No parser makes it, but a packet may carry it: an IPv6 address with the bits
 * of an IPv4 one is not that one. */
static void
test_mapped(void)
{
    struct tm_addr v4 = t_addr("10.0.0.1");
    struct tm_cidr net4 = t_cidr("10.0.0.0/8");
    struct tm_cidr net6 = t_cidr("::/0");
    struct tm_addr v6 = v4;

    v6.ip = TM_IPV6;
    CU_ASSERT(!tm_addr_equal(&v4, &v6));
    CU_ASSERT(tm_addr_compare(&v4, &v6) < 0);
    CU_ASSERT(tm_cidr_contains(&net4, &v4));
    CU_ASSERT(!tm_cidr_contains(&net4, &v6));
    CU_ASSERT(!tm_cidr_contains(&net6, &v4));
    CU_ASSERT(tm_cidr_contains(&net6, &v6));
}

static void
test_port_parse(void)
{
    static const struct { const char *in, *want, *error; } cases[] = {
        { "80", "80-80", NULL },
        { "80-90", "80-90", NULL },
        { "1-65535", "1-65535", NULL },
        { "65535", "65535-65535", NULL },
        { "7-7", "7-7", NULL },
        { "90-80", NULL, "\"90-80\" has its ends the wrong way round" },
        { "0", NULL, "1 to 65535" },
        { "0-80", NULL, "out of range" },
        { "65536", NULL, "out of range" },
        { "1-65536", NULL, "out of range" },
        { "4294967376", NULL, "out of range" },
        { "1-18446744073709551696", NULL, "out of range" },
        { "80-", NULL, "not a port or a range" },
        { "-80", NULL, "not a port or a range" },
        { "-", NULL, "not a port or a range" },
        { "", NULL, "not a port or a range" },
        { " 80", NULL, "not a port or a range" },
        { "80 ", NULL, "not a port or a range" },
        { "80 - 90", NULL, "not a port or a range" },
        { "+80", NULL, "not a port or a range" },
        { "0x50", NULL, "not a port or a range" },
        { "080", NULL, "not a port or a range" },
        { "80-090", NULL, "not a port or a range" },
        { "80--90", NULL, "not a port or a range" },
        { "80-90-100", NULL, "not a port or a range" },
        { "http", NULL, "not a port or a range" },
        { "8\xd9\xa0", NULL, "not a port or a range" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tm_port_range r = { 0, 0 };
        char *error = tm_port_range_parse(cases[i].in, &r);

        if (!error && !cases[i].error) {
            struct ds ds = DS_EMPTY_INITIALIZER;

            tm_port_range_format(&r, &ds);
            CU_ASSERT(t_text_is(ds_cstr(&ds), cases[i].want));
            ds_destroy(&ds);
        }
        CU_ASSERT(t_error_is(error, cases[i].error, cases[i].in));
    }
}

static void
test_port_contains(void)
{
    struct tm_port_range any = { 0, 0 };
    struct tm_port_range r = { 10, 20 };
    struct ds ds = DS_EMPTY_INITIALIZER;

    tm_port_range_format(&any, &ds);
    CU_ASSERT(t_text_is(ds_cstr(&ds), ""));
    ds_destroy(&ds);
    CU_ASSERT(tm_port_range_is_any(&any));
    CU_ASSERT(tm_port_range_contains(&any, 0));
    CU_ASSERT(tm_port_range_contains(&any, 65535));
    CU_ASSERT(!tm_port_range_is_any(&r));
    CU_ASSERT(!tm_port_range_contains(&r, 9));
    CU_ASSERT(tm_port_range_contains(&r, 10));
    CU_ASSERT(tm_port_range_contains(&r, 20));
    CU_ASSERT(!tm_port_range_contains(&r, 21));
}

/* The least number of aligned blocks that cover lo..hi, found another way than
 * the code under test does: from the whole space down, by halves. */
static size_t
least_masks(uint32_t lo, uint32_t hi, uint32_t first, uint32_t size)
{
    uint32_t last = first + size - 1;

    if (hi < first || lo > last) {
        return 0;
    } else if (lo <= first && last <= hi) {
        return 1;
    }
    return (least_masks(lo, hi, first, size / 2)
            + least_masks(lo, hi, first + size / 2, size / 2));
}

/* Checks by counting how often each port is matched. */
static bool
masks_are_exact(const struct tm_port_mask *masks, size_t n, uint32_t lo,
                uint32_t hi)
{
    static uint8_t hits[65536];
    bool ok = true;

    memset(hits, 0, sizeof hits);
    for (size_t i = 0; i < n; i++) {
        uint32_t wild = (uint16_t) ~masks[i].mask;
        uint32_t bits = 0;

        /* Every subset of the bits that do not count. */
        do {
            hits[masks[i].value | bits]++;
            bits = (bits - wild) & wild;
        } while (bits);
        ok &= (masks[i].value & masks[i].mask) == masks[i].value;
        ok &= !i || masks[i - 1].value < masks[i].value;
    }
    for (uint32_t port = 0; port < 65536; port++) {
        ok &= hits[port] == (port >= lo && port <= hi);
    }
    return ok;
}

static void
check_masks(uint32_t lo, uint32_t hi)
{
    struct tm_port_mask masks[TM_PORT_MASKS_MAX + 1];
    struct tm_port_range r = { lo, hi };
    size_t n;

    memset(masks, 0xa5, sizeof masks);
    n = tm_port_range_to_masks(&r, masks);
    if (n < 1 || n > TM_PORT_MASKS_MAX
        || n != least_masks(lo, hi, 0, 65536)
        || !masks_are_exact(masks, n, lo, hi)
        || masks[TM_PORT_MASKS_MAX].value != 0xa5a5) {
        printf("\n%u-%u: wrong masks\n", lo, hi);
        CU_FAIL("masks");
    }
}

static void
test_port_masks(void)
{
    static const struct { uint16_t lo, hi; size_t want; } known[] = {
        { 1, 65535, 16 },
        { 1, 65534, 30 },
        { 1025, 65534, 29 },
        { 33333, 44444, 17 },
        { 1, 1024, 11 },
        { 10000, 10001, 1 },
        { 80, 80, 1 },
        { 65535, 65535, 1 },
        { 32768, 65535, 1 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        struct tm_port_range r = { known[i].lo, known[i].hi };
        struct tm_port_mask masks[TM_PORT_MASKS_MAX];

        CU_ASSERT_EQUAL(tm_port_range_to_masks(&r, masks), known[i].want);
        check_masks(r.lo, r.hi);
    }
}

static void
test_port_masks_property(void)
{
    uint32_t edges[16 * 3];
    size_t n = 0;

    /* All pairs of the ports around the powers of two, where blocks begin and
     * end. */
    for (uint32_t bit = 1; bit <= 65536; bit *= 2) {
        for (int off = -1; off <= 1; off++) {
            uint32_t port = bit + off;

            if (port >= 1 && port <= 65535 && (!n || port > edges[n - 1])) {
                ovs_assert(n < ARRAY_SIZE(edges));
                edges[n++] = port;
            }
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i; j < n; j++) {
            check_masks(edges[i], edges[j]);
        }
    }
    for (int i = 0; i < 500; i++) {
        uint32_t a = 1 + random_range(65535);
        uint32_t b = 1 + random_range(65535);

        check_masks(MIN(a, b), MAX(a, b));
    }
}

CU_TestInfo tm_test_text[] = {
    { "quoting", test_quote },
    { "lines", test_line },
    { "names", test_name },
    { "networks", test_cidr_parse },
    { "addresses", test_addr_parse },
    { "order of addresses", test_addr_order },
    { "address in network", test_cidr_contains },
    { "IPv6 address with the bits of IPv4", test_mapped },
    { "ports", test_port_parse },
    { "port in range", test_port_contains },
    { "masks of known ranges", test_port_masks },
    { "masks of any range", test_port_masks_property },
    CU_TEST_INFO_NULL
};
