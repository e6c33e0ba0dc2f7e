/* port-range.h
 *
 * Job.       Ranges of transport ports: text, and the least number of
 *            value/mask pairs that cover one.
 * Input.     Text from an operator or a row; untrusted.
 * Output.    struct tm_port_range; arrays of struct tm_port_mask.
 * Not here.  Conjunctions (plugin/compile).
 * Ownership. Values.
 * Failure.   The parser returns NULL or a malloc()ed line without the key's
 *            name. */

#ifndef LIB_PORT_RANGE_H
#define LIB_PORT_RANGE_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ds;

/* Ports 'lo' to 'hi', both included, host byte order, 1..65535.
 * lo == 0 && hi == 0: no condition on the port. */
struct tm_port_range {
    uint16_t lo;
    uint16_t hi;
};

/* Matches port P iff (P & mask) == value.  Host byte order. */
struct tm_port_mask {
    uint16_t value;
    uint16_t mask;
};

/* A 16-bit range never needs more: 2 * 16 - 2. */
#define TM_PORT_MASKS_MAX 30

/* "80", "80-90".  "1-65535" is a condition like any other: it excludes
 * fragments. */
char *tm_port_range_parse(const char *, struct tm_port_range *);
/* "80-80", "80-90"; nothing for "no condition". */
void tm_port_range_format(const struct tm_port_range *, struct ds *);
static inline bool
tm_port_range_is_any(const struct tm_port_range *r)
{
    return !r->lo;
}
bool tm_port_range_contains(const struct tm_port_range *, uint16_t port);

/* Stores in 'masks' the pairs that cover 'r', in rising order of value;
 * returns their number, 1..TM_PORT_MASKS_MAX.  'r' must not be "any".  No
 * pair matches port 0. */
size_t tm_port_range_to_masks(const struct tm_port_range *r,
                              struct tm_port_mask masks[TM_PORT_MASKS_MAX]);

#endif /* lib/port-range.h */
