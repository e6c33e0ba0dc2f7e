/* SPDX-License-Identifier: Apache-2.0 */
/* port-range.c
 *
 * A flow matches a port under a mask, so a range has to be cut into aligned
 * blocks, whose sizes are powers of two.  Going up from the low end and taking
 * the largest block that begins there and still fits is the best there is:
 * the blocks of a binary tree either contain one another or are disjoint, and
 * this takes exactly the largest ones inside the range. */

#include <config.h>

#include "lib/port-range.h"

#include <ctype.h>
#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "lib/text.h"
#include "util.h"

/* Larger than any port, and it stays so however many digits follow. */
#define TOO_LARGE 65536

/* Takes a decimal number off '*sp'.  Returns false if there is none, or it
 * begins with a zero that is not all of it. */
static bool
parse_port(const char **sp, uint32_t *port)
{
    const char *s = *sp;

    if (!isdigit((unsigned char) *s)
        || (*s == '0' && isdigit((unsigned char) s[1]))) {
        return false;
    }
    for (*port = 0; isdigit((unsigned char) *s); s++) {
        *port = MIN(*port * 10 + (*s - '0'), TOO_LARGE);
    }
    *sp = s;
    return true;
}

static bool
parse_range(const char *s, uint32_t *lo, uint32_t *hi)
{
    if (!parse_port(&s, lo)) {
        return false;
    }
    *hi = *lo;
    if (*s == '-') {
        s++;
        if (!parse_port(&s, hi)) {
            return false;
        }
    }
    return !*s;
}

char *
tm_port_range_parse(const char *s, struct tm_port_range *r)
{
    const char *wrong = NULL;
    uint32_t lo, hi;

    if (!parse_range(s, &lo, &hi)) {
        wrong = "is not a port or a range of ports (as 80 or 80-90, plain "
                "decimal numbers from 1 to 65535)";
    } else if (!lo || !hi || lo >= TOO_LARGE || hi >= TOO_LARGE) {
        wrong = "is out of range: ports are 1 to 65535";
    } else if (lo > hi) {
        wrong = "has its ends the wrong way round: the lower port comes first";
    }
    if (wrong) {
        char *quoted = tm_quote(s);
        char *msg = xasprintf("%s %s", quoted, wrong);

        free(quoted);
        return msg;
    }

    r->lo = lo;
    r->hi = hi;
    return NULL;
}

void
tm_port_range_format(const struct tm_port_range *r, struct ds *ds)
{
    if (!tm_port_range_is_any(r)) {
        ds_put_format(ds, "%d-%d", r->lo, r->hi);
    }
}

bool
tm_port_range_contains(const struct tm_port_range *r, uint16_t port)
{
    return tm_port_range_is_any(r) || (port >= r->lo && port <= r->hi);
}

size_t
tm_port_range_to_masks(const struct tm_port_range *r,
                       struct tm_port_mask masks[TM_PORT_MASKS_MAX])
{
    uint32_t end = (uint32_t) r->hi + 1;
    size_t n = 0;

    ovs_assert(r->lo && r->lo <= r->hi);    /* The parser's promise. */
    for (uint32_t at = r->lo; at < end; ) {
        uint32_t size = at & -at;           /* Largest block aligned here. */

        while (size > end - at) {
            size /= 2;
        }
        masks[n].value = at;
        masks[n].mask = ~(size - 1);
        n++;
        at += size;
    }
    return n;
}
