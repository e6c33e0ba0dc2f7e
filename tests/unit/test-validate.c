/* SPDX-License-Identifier: Apache-2.0 */
/* test-validate.c
 *
 * Constraints of single values and of single objects. */

#include <config.h>

#include "tests/unit/test-lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/validate.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

#define ZH "\xe6\xb5\x8b"       /* U+6D4B. */

/* 'n' times 's'. */
static char *
repeat(const char *s, size_t n)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < n; i++) {
        ds_put_cstr(&ds, s);
    }
    return ds_steal_cstr(&ds);
}

static void
test_name(void)
{
    static const struct { const char *in, *error; } cases[] = {
        { "a", NULL },
        { "web-1_b.C9", NULL },
        { "-", NULL },
        { ZH "-a", NULL },
        { "\xe3\x90\x80", NULL },               /* U+3400, first of A. */
        { "\xe4\xb6\xbf", NULL },               /* U+4DBF, last of A. */
        { "\xe4\xb8\x80", NULL },               /* U+4E00. */
        { "\xe9\xbf\xbf", NULL },               /* U+9FFF. */
        { "\xef\xa4\x80", NULL },               /* U+F900. */
        { "\xef\xab\xbf", NULL },               /* U+FAFF. */
        { "\xe3\x8f\xbf", "not allowed" },      /* U+33FF. */
        { "\xe4\xb7\x80", "not allowed" },      /* U+4DC0. */
        { "\xea\x80\x80", "not allowed" },      /* U+A000. */
        { "\xef\xac\x80", "not allowed" },      /* U+FB00. */
        { "\xef\xa3\xbf", "not allowed" },      /* U+F8FF. */
        { "\xc3\xa9", "not allowed" },          /* A letter with an accent. */
        { "\xef\xbc\xa1", "not allowed" },      /* A wide one. */
        { "", "name: \"\" is too short; allowed are 1 to 64 characters" },
        { "a b", "name: \"a b\" has a character that is not allowed" },
        { "a/b", "not allowed" },
        { "a\n", "name: \"a\\n\" has" },
        { "<a>", "not allowed" },
        { "a\xff", "name: \"a\\xff\" is not valid UTF-8" },
        { "<\xff", "is not valid UTF-8" },
        { "\xc0\xaf", "is not valid UTF-8" },
        { "\xe6\xb5", "is not valid UTF-8" },
    };
    char *longest = repeat(ZH, TM_NAME_MAX);
    char *longer = repeat(ZH, TM_NAME_MAX + 1);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CU_ASSERT(t_error_is(tm_validate_name("name", cases[i].in),
                             cases[i].error, cases[i].in));
    }
    CU_ASSERT(t_error_is(tm_validate_name("name", longest), NULL, longest));
    CU_ASSERT(t_error_is(tm_validate_name("name", longer),
                         "is too long; allowed are 1 to 64", longer));
    free(longest);
    free(longer);
}

static void
test_description(void)
{
    static const struct { const char *in, *error; } cases[] = {
        { "", NULL },
        { "of the web servers, 100 % \xc3\xa9 \xf0\x9f\x98\x80", NULL },
        { "two\nlines", NULL },
        { "a < b", "0 to 255 characters: any character but \"<\" and \">\"" },
        { "a > b", "description: \"a > b\" has a character that is not" },
        { "\xff", "is not valid UTF-8" },
    };
    char *longest = repeat(ZH, TM_DESCRIPTION_MAX);
    char *longer = repeat("x", TM_DESCRIPTION_MAX + 1);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CU_ASSERT(t_error_is(tm_validate_description("description",
                                                     cases[i].in),
                             cases[i].error, cases[i].in));
    }
    CU_ASSERT(t_error_is(tm_validate_description("description", longest),
                         NULL, longest));
    CU_ASSERT(t_error_is(tm_validate_description("description", longer),
                         "is too long", longer));
    free(longest);
    free(longer);
}

static void
test_integer(void)
{
    static const struct {
        const char *in;
        int64_t lo, hi;
        int64_t want;           /* -1: refused. */
    } cases[] = {
        { "1", 1, 32766, 1 },
        { "32766", 1, 32766, 32766 },
        { "0", 0, 16777215, 0 },
        { "9223372036854775807", 0, INT64_MAX, INT64_MAX },
        { "9223372036854775808", 0, INT64_MAX, -1 },
        { "18446744073709551617", 0, INT64_MAX, -1 },
        { "0", 1, 32766, -1 },
        { "32767", 1, 32766, -1 },
        { "7", 0, 5, -1 },
        { "77", 0, 5, -1 },
        { "", 0, 5, -1 },
        { "-1", -5, 5, -1 },
        { "+1", 0, 5, -1 },
        { " 1", 0, 5, -1 },
        { "1 ", 0, 5, -1 },
        { "01", 0, 5, -1 },
        { "0x1", 0, 5, -1 },
        { "1e0", 0, 5, -1 },
        { "1.0", 0, 5, -1 },
        { "one", 0, 5, -1 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int64_t have = -1;
        char *error = tm_validate_integer("priority", cases[i].in,
                                          cases[i].lo, cases[i].hi, &have);

        CU_ASSERT_EQUAL(!error, cases[i].want >= 0);
        CU_ASSERT_EQUAL(have, cases[i].want);
        free(error);
    }

    int64_t out;

    CU_ASSERT(t_error_is(tm_validate_integer("vni", "1\n", 0, 16777215, &out),
                         "vni: \"1\\n\" is not a plain decimal integer from "
                         "0 to 16777215", "vni"));
}

static void
test_mac(void)
{
    static const struct { const char *in, *error; } cases[] = {
        { "52:54:00:12:34:56", NULL },
        { "52:54:00:AB:cd:eF", NULL },
        { "52:54:00:12:34", "is not a MAC address" },
        { "52:54:00:12:34:5", "is not a MAC address" },
        { "52:54:00:12:34:567", "is not a MAC address" },
        { "52:54:00:12:34:56:78", "is not a MAC address" },
        { "52-54-00-12-34-56", "is not a MAC address" },
        { "52:54:00:12:34:5g", "is not a MAC address" },
        { "52:54:00:12:34:+5", "is not a MAC address" },
        { " 2:54:00:12:34:56", "is not a MAC address" },
        { "0x:54:00:12:34:56", "is not a MAC address" },
        { "", "mac: \"\" is not a MAC address; allowed is one as 52:54:" },
        { "01:00:5e:00:00:01", "is a group address" },
        { "ff:ff:ff:ff:ff:ff", "is a group address" },
        { "00:00:00:00:00:00", "is the zero address" },
    };
    struct eth_addr mac;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CU_ASSERT(t_error_is(tm_validate_mac("mac", cases[i].in, &mac),
                             cases[i].error, cases[i].in));
    }
    free(tm_validate_mac("mac", "52:54:00:ab:CD:0f", &mac));
    CU_ASSERT(eth_addr_equals(mac, ((struct eth_addr)
                                    ETH_ADDR_C(52,54,00,ab,cd,0f))));
}

static void
test_rule(void)
{
    static const struct { const char *rule, *error; } cases[] = {
        { "in 1 accept ipv4 all - - - -", NULL },
        { "out 65535 reject ipv6 all ::/0 - 2001:db8::/32 -", NULL },
        { "in 1 accept ipv4 tcp 10.0.0.0/8 1-65535 - -", NULL },
        { "in 1 accept ipv6 udp - - ::1 53", NULL },
        { "in 1 accept ipv4 icmp - - - -", NULL },
        { "in 1 accept ipv6 icmp6 - - - -", NULL },
        { "in 0 accept ipv4 all - - - -",
          "priority: 0 is out of range; allowed is 1 to 65535" },
        { "in 1 accept ipv4 all 2001:db8::/32 - - -",
          "src: 2001:db8::/32 is ipv6, but the rule's type is ipv4" },
        { "in 1 accept ipv6 all - - 10.0.0.0/8 -",
          "dst: 10.0.0.0/8 is ipv4, but the rule's type is ipv6" },
        { "in 1 accept ipv6 icmp - - - -",
          "proto: icmp is not allowed with type ipv6" },
        { "in 1 accept ipv4 icmp6 - - - -",
          "proto: icmp6 is not allowed with type ipv4" },
        { "in 1 accept ipv4 all - 80 - -",
          "sport: 80-80 is not allowed with proto all" },
        { "in 1 accept ipv4 icmp - - - 80",
          "dport: 80-80 is not allowed with proto icmp" },
        { "in 1 accept ipv6 icmp6 - 1-65535 - -",
          "ports are allowed only with tcp and udp" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tm_rule rule = t_rule(1, cases[i].rule);

        CU_ASSERT(t_error_is(tm_validate_rule(&rule), cases[i].error,
                             cases[i].rule));
    }
}

/* What no parser lets through, but a row's values might be. */
static void
test_rule_values(void)
{
    static const char tcp[] = "in 1 accept ipv4 tcp - - - -";
    struct tm_rule rule;

    rule = t_rule(1, tcp);
    rule.direction = 3;
    CU_ASSERT(t_error_is(tm_validate_rule(&rule), "direction: 3", "in"));
    rule = t_rule(1, tcp);
    rule.action = 0;
    CU_ASSERT(t_error_is(tm_validate_rule(&rule), "action: 0", "action"));
    rule = t_rule(1, tcp);
    rule.ip = 5;
    CU_ASSERT(t_error_is(tm_validate_rule(&rule), "type: 5", "ip"));
    rule = t_rule(1, tcp);
    rule.protocol = TM_PROTO_ICMP6 + 1;
    CU_ASSERT(t_error_is(tm_validate_rule(&rule), "proto: 5", "proto"));
    rule = t_rule(1, tcp);
    rule.sport = (struct tm_port_range) { 0, 9 };
    CU_ASSERT(t_error_is(tm_validate_rule(&rule), "sport: 0-9 is not a range",
                         "sport"));
    rule = t_rule(1, tcp);
    rule.dport = (struct tm_port_range) { 9, 8 };
    CU_ASSERT(t_error_is(tm_validate_rule(&rule), "dport: 9-8 is not a range",
                         "dport"));
}

static void
test_session(void)
{
    static const struct {
        int priority;
        uint32_t vni, packet_length;
        const char *error;
    } cases[] = {
        { 1, 0, 0, NULL },
        { 32766, 16777215, 65535, NULL },
        { 0, 0, 0, "priority: 0 is out of range; allowed is 1 to 32766" },
        { 32767, 0, 0, "priority: 32767 is out of range" },
        { 1, 16777216, 0,
          "vni: 16777216 is out of range; allowed is 0 to 16777215" },
        { 1, 0, 65536, "packet-length: 65536 is out of range; allowed is 1 to"
          " 65535" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tm_session *s = t_session(1, cases[i].priority, 1);

        s->vni = cases[i].vni;
        s->packet_length = cases[i].packet_length;
        CU_ASSERT(t_error_is(tm_validate_session(s), cases[i].error,
                             "session"));
        tm_session_destroy(s);
    }
}

static void
test_session_target(void)
{
    static const struct { const char *addr, *error; } cases[] = {
        { "10.0.0.1", NULL },
        { "169.254.1.1", NULL },
        { "126.255.255.255", NULL },
        { "128.0.0.1", NULL },
        { "223.255.255.255", NULL },
        { "2001:db8::1", NULL },
        { "fd00::1", NULL },
        { "0.0.0.0", "target: \"0.0.0.0\" is the unspecified address" },
        { "255.255.255.255", "is the broadcast address" },
        { "224.0.0.1", "is a multicast address" },
        { "239.255.255.255", "is a multicast address" },
        { "127.0.0.1", "is a loopback address" },
        { "127.255.255.255", "is a loopback address" },
        { "::", "target: \"::\" is the unspecified address" },
        { "::1", "is the loopback address" },
        { "ff02::1", "is a multicast address" },
        { "fe80::1", "is a link-local address" },
        { "febf::1", "is a link-local address" },
        { NULL, "target: type is ip, but no address is given" },
    };
    struct tm_session *s = t_session(1, 1, 1);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        memset(&s->target_addr, 0, sizeof s->target_addr);
        if (cases[i].addr) {
            s->target_addr = t_addr(cases[i].addr);
        }
        CU_ASSERT(t_error_is(tm_validate_session(s), cases[i].error,
                             cases[i].addr ? cases[i].addr : "none"));
    }

    s->target_type = TM_TARGET_ENI;
    CU_ASSERT(t_error_is(tm_validate_session(s), "target: type is eni, but",
                         "eni"));
    s->target = t_uuid(T_ENI, 1);
    CU_ASSERT(t_error_is(tm_validate_session(s), NULL, "eni"));
    s->target_type = TM_TARGET_ELB;
    CU_ASSERT(t_error_is(tm_validate_session(s), NULL, "elb"));
    memset(&s->target, 0, sizeof s->target);
    CU_ASSERT(t_error_is(tm_validate_session(s), "target: type is elb, but",
                         "elb"));
    s->target_type = TM_TARGET_IP + 1;
    CU_ASSERT(t_error_is(tm_validate_session(s), "target: type 3", "type"));
    tm_session_destroy(s);
}

CU_TestInfo tm_test_validate[] = {
    { "names", test_name },
    { "descriptions", test_description },
    { "integers", test_integer },
    { "MAC addresses", test_mac },
    { "rules", test_rule },
    { "rules with impossible values", test_rule_values },
    { "numbers of sessions", test_session },
    { "targets of sessions", test_session_target },
    CU_TEST_INFO_NULL
};
