/* SPDX-License-Identifier: Apache-2.0 */
/* cidr.c
 *
 * Both versions of IP share one representation: 128 bits, IPv4 as IPv4-mapped
 * IPv6.  A prefix of an IPv4 network is then 96 bits longer, and one function
 * compares.  The version is kept beside the bits, and text in the mapped form
 * ("::ffff:10.0.0.1") is refused, since it could mean either: so the bits of
 * an IPv6 address never have the mapped form by intent.
 *
 * The parsers are stricter than those of the C library: no short forms, no
 * octal, no zone, no host bits in a network. */

#include <config.h>

#include "lib/cidr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "lib/text.h"
#include "util.h"

/* Bits of 128 that stand before the IPv4 address in the mapped form. */
#define MAPPED_BITS 96

static unsigned int
max_len(enum tm_ip ip)
{
    return ip == TM_IPV4 ? 32 : 128;
}

/* Turns "FORMAT" with the quoted 's' for its %s into a message. */
static char *OVS_PRINTF_FORMAT(1, 0)
complain(const char *format, const char *s)
{
    char *quoted = tm_quote(s);
    char *msg = xasprintf(format, quoted);

    free(quoted);
    return msg;
}

/* Parses 's' as an address.  Returns false if it is none. */
static bool
parse_addr(const char *s, struct tm_addr *addr)
{
    struct in_addr in4;

    memset(addr, 0, sizeof *addr);
    if (inet_pton(AF_INET, s, &in4) == 1) {
        addr->ip = TM_IPV4;
        in6_addr_set_mapped_ipv4(&addr->in6, in4.s_addr);
        return true;
    } else if (inet_pton(AF_INET6, s, &addr->in6) == 1) {
        addr->ip = TM_IPV6;
        return true;
    }
    return false;
}

static bool
is_ambiguous(const struct tm_addr *addr)
{
    return addr->ip == TM_IPV6 && IN6_IS_ADDR_V4MAPPED(&addr->in6);
}

static char *
ambiguous_error(const char *s)
{
    return complain("%s is an IPv4 address written as an IPv6 one, which is "
                    "ambiguous; write it as IPv4 (as 10.0.0.1)", s);
}

char *
tm_addr_parse(const char *s, struct tm_addr *addr)
{
    if (!parse_addr(s, addr)) {
        return complain("%s is not an IPv4 or IPv6 address "
                        "(as 10.0.0.1 or 2001:db8::1)", s);
    }
    return is_ambiguous(addr) ? ambiguous_error(s) : NULL;
}

/* Parses 's', all of it, as the length of a prefix of at most 'max' bits.
 * Returns -1 if it is none. */
static int
parse_len(const char *s, unsigned int max)
{
    unsigned int len = 0;

    if (!*s || (s[0] == '0' && s[1])) {
        return -1;
    }
    for (; *s; s++) {
        if (!isdigit((unsigned char) *s)) {
            return -1;
        }
        len = len * 10 + (*s - '0');
        if (len > max) {
            return -1;
        }
    }
    return len;
}

/* Clears the bits of 'addr' behind the first 'len' of its version.  Returns
 * true if any was set. */
static bool
clear_host_bits(struct tm_addr *addr, unsigned int len)
{
    unsigned int bits = len + (addr->ip == TM_IPV4 ? MAPPED_BITS : 0);
    struct in6_addr mask = ipv6_create_mask(bits);
    struct in6_addr masked = ipv6_addr_bitand(&addr->in6, &mask);
    bool any = !IN6_ARE_ADDR_EQUAL(&masked, &addr->in6);

    addr->in6 = masked;
    return any;
}

static char *
host_bits_error(const char *s, const struct tm_cidr *meant)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    tm_quote_to(s, &ds);
    ds_put_cstr(&ds, ": host bits are set; did you mean ");
    tm_cidr_format(meant, &ds);
    ds_put_char(&ds, '?');
    return ds_steal_cstr(&ds);
}

char *
tm_cidr_parse(const char *s, struct tm_cidr *cidr)
{
    const char *slash = strchr(s, '/');
    size_t addr_len = slash ? (size_t) (slash - s) : strlen(s);
    char *addr_s = xmemdup0(s, addr_len);
    bool ok = parse_addr(addr_s, &cidr->addr);
    int len;

    free(addr_s);
    if (!ok) {
        return complain("%s is not an IPv4 or IPv6 network "
                        "(as 10.0.0.0/8, 10.0.0.1 or 2001:db8::/32)", s);
    } else if (is_ambiguous(&cidr->addr)) {
        return ambiguous_error(s);
    }

    len = max_len(cidr->addr.ip);
    if (slash) {
        len = parse_len(slash + 1, len);
        if (len < 0) {
            return complain(cidr->addr.ip == TM_IPV4
                            ? "%s has no prefix length from 0 to 32 "
                              "behind its slash"
                            : "%s has no prefix length from 0 to 128 "
                              "behind its slash", s);
        }
    }
    cidr->len = len;
    return (clear_host_bits(&cidr->addr, len)
            ? host_bits_error(s, cidr)
            : NULL);
}

void
tm_cidr_format(const struct tm_cidr *cidr, struct ds *ds)
{
    tm_addr_format(&cidr->addr, ds);
    ds_put_format(ds, "/%d", cidr->len);
}

bool
tm_cidr_equal(const struct tm_cidr *a, const struct tm_cidr *b)
{
    return a->len == b->len && tm_addr_equal(&a->addr, &b->addr);
}

bool
tm_cidr_contains(const struct tm_cidr *cidr, const struct tm_addr *addr)
{
    struct tm_addr net = *addr;

    if (addr->ip != cidr->addr.ip) {
        return false;
    }
    clear_host_bits(&net, cidr->len);
    return tm_addr_equal(&net, &cidr->addr);
}

void
tm_addr_format(const struct tm_addr *addr, struct ds *ds)
{
    char buf[INET6_ADDRSTRLEN];

    if (addr->ip == TM_IPV4) {
        ovs_be32 ip4 = in6_addr_get_mapped_ipv4(&addr->in6);

        ds_put_format(ds, IP_FMT, IP_ARGS(ip4));
    } else {
        inet_ntop(AF_INET6, &addr->in6, buf, sizeof buf);
        ds_put_cstr(ds, buf);
    }
}

char *
tm_addr_to_string(const struct tm_addr *addr)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    tm_addr_format(addr, &ds);
    return ds_steal_cstr(&ds);
}

bool
tm_addr_equal(const struct tm_addr *a, const struct tm_addr *b)
{
    return a->ip == b->ip && IN6_ARE_ADDR_EQUAL(&a->in6, &b->in6);
}

/* IPv4 before IPv6, then rising. */
int
tm_addr_compare(const struct tm_addr *a, const struct tm_addr *b)
{
    if (a->ip != b->ip) {
        return a->ip < b->ip ? -1 : 1;
    }
    return memcmp(&a->in6, &b->in6, sizeof a->in6);
}

uint32_t
tm_addr_hash(const struct tm_addr *addr, uint32_t basis)
{
    return hash_int(addr->ip, hash_bytes(&addr->in6, sizeof addr->in6,
                                         basis));
}
