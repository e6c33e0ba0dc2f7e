/* SPDX-License-Identifier: Apache-2.0 */
/* validate.c
 *
 * Single values as an operator writes them.  Objects are in validate-object.c,
 * objects among each other in validate-model.c.
 *
 * Every message begins with the operator's word for the thing and the value as
 * it was written, and ends with what is allowed. */

#include <config.h>

#include "lib/validate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Takes 'what' over: "KEY: "VALUE" WHAT". */
static char *
refuse(const char *key, const char *value, char *what)
{
    char *quoted = tm_quote(value);
    char *msg = xasprintf("%s: %s %s", key, quoted, what);

    free(quoted);
    free(what);
    return msg;
}

/* Chinese: the ideographs in common use, extension A, and the compatibility
 * forms (Unicode blocks of these names). */
static bool
is_chinese(uint32_t cp)
{
    return ((cp >= 0x4e00 && cp <= 0x9fff)
            || (cp >= 0x3400 && cp <= 0x4dbf)
            || (cp >= 0xf900 && cp <= 0xfaff));
}

static bool
is_name_character(uint32_t cp)
{
    return ((cp >= 'a' && cp <= 'z')
            || (cp >= 'A' && cp <= 'Z')
            || (cp >= '0' && cp <= '9')
            || cp == '_' || cp == '-' || cp == '.'
            || is_chinese(cp));
}

static bool
is_description_character(uint32_t cp)
{
    return cp != '<' && cp != '>';
}

/* A kind of text: how long it may be and what it may hold. */
struct text_kind {
    size_t min, max;            /* Characters. */
    bool (*allows)(uint32_t cp);
    const char *rule;           /* In words, for the message. */
};

static const struct text_kind name_kind = {
    1, TM_NAME_MAX, is_name_character,
    "letters a-z and A-Z, digits, Chinese characters, \"_\", \"-\" and \".\""
};

static const struct text_kind description_kind = {
    0, TM_DESCRIPTION_MAX, is_description_character,
    "any character but \"<\" and \">\""
};

static char *
validate_text(const struct text_kind *kind, const char *key,
              const char *value)
{
    const char *wrong = NULL;
    const char *s = value;
    size_t n;

    /* The first thing that is wrong is told, but bytes that are no text at all
     * before everything else: the characters behind them are a guess. */
    for (n = 0; *s; n++) {
        uint32_t cp;

        if (!tm_utf8_next(&s, &cp)) {
            wrong = "is not valid UTF-8";
            break;
        }
        if (!kind->allows(cp) && !wrong) {
            wrong = "has a character that is not allowed";
        }
    }
    if (!wrong && n < kind->min) {
        wrong = "is too short";
    } else if (!wrong && n > kind->max) {
        wrong = "is too long";
    }
    return (wrong
            ? refuse(key, value,
                     xasprintf("%s; allowed are %"PRIuSIZE" to %"PRIuSIZE" "
                               "characters: %s", wrong, kind->min, kind->max,
                               kind->rule))
            : NULL);
}

char *
tm_validate_name(const char *key, const char *value)
{
    return validate_text(&name_kind, key, value);
}

char *
tm_validate_description(const char *key, const char *value)
{
    return validate_text(&description_kind, key, value);
}

/* Takes a plain decimal number that is all of 's'.  Returns false if 's' is
 * not that, or the number is larger than 'max'. */
static bool
parse_decimal(const char *s, int64_t max, int64_t *out)
{
    int64_t n = 0;

    if (!*s || (s[0] == '0' && s[1])) {
        return false;
    }
    for (; *s; s++) {
        int digit = *s - '0';

        if (!isdigit((unsigned char) *s) || n > (max - digit) / 10) {
            return false;
        }
        n = n * 10 + digit;
    }
    *out = n;
    return true;
}

char *
tm_validate_integer(const char *key, const char *value, int64_t lo,
                    int64_t hi, int64_t *out)
{
    int64_t n;

    if (!parse_decimal(value, hi, &n) || n < lo || n > hi) {
        return refuse(key, value,
                      xasprintf("is not a plain decimal integer from "
                                "%"PRId64" to %"PRId64, lo, hi));
    }
    *out = n;
    return NULL;
}

/* Six pairs of hexadecimal digits with colons between them, and nothing else:
 * the C library's scanf() is content with much less. */
static bool
parse_mac(const char *s, struct eth_addr *mac)
{
    if (strlen(s) != ETH_ADDR_STRLEN) {
        return false;
    }
    for (int i = 0; i < ETH_ADDR_LEN; i++, s += 3) {
        bool ok;

        mac->ea[i] = hexits_value(s, 2, &ok);
        if (!ok || s[2] != (i < ETH_ADDR_LEN - 1 ? ':' : '\0')) {
            return false;
        }
    }
    return true;
}

char *
tm_validate_mac(const char *key, const char *value, struct eth_addr *mac)
{
    struct eth_addr parsed;
    const char *wrong = NULL;

    if (!parse_mac(value, &parsed)) {
        wrong = "is not a MAC address";
    } else if (eth_addr_is_multicast(parsed)) {
        wrong = "is a group address, which no interface has as its own";
    } else if (eth_addr_is_zero(parsed)) {
        wrong = "is the zero address, which no interface has";
    }
    if (wrong) {
        return refuse(key, value,
                      xasprintf("%s; allowed is one as 52:54:00:12:34:56, "
                                "with an even first byte", wrong));
    }
    *mac = parsed;
    return NULL;
}

/* Why copies can never reach 'addr', or NULL. */
static const char *
why_no_target(const struct tm_addr *addr)
{
    const struct in6_addr *in6 = &addr->in6;

    if (addr->ip == TM_IPV4) {
        ovs_be32 ip4 = in6_addr_get_mapped_ipv4(in6);

        return (!ip4 ? "the unspecified address"
                : ip4 == htonl(INADDR_BROADCAST) ? "the broadcast address"
                : ip_is_multicast(ip4) ? "a multicast address"
                : (ntohl(ip4) >> 24) == 127 ? "a loopback address"
                : NULL);
    }
    return (IN6_IS_ADDR_UNSPECIFIED(in6) ? "the unspecified address"
            : IN6_IS_ADDR_MULTICAST(in6) ? "a multicast address"
            : IN6_IS_ADDR_LOOPBACK(in6) ? "the loopback address"
            : IN6_IS_ADDR_LINKLOCAL(in6) ? "a link-local address"
            : NULL);
}

char *
tm_validate_target_addr(const char *key, const struct tm_addr *addr)
{
    const char *why = why_no_target(addr);
    char *value, *msg;

    if (!why) {
        return NULL;
    }
    value = tm_addr_to_string(addr);
    msg = refuse(key, value,
                 xasprintf("is %s, which copies cannot be sent to; allowed "
                           "is the unicast address of a host", why));
    free(value);
    return msg;
}
