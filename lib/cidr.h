/* cidr.h
 *
 * Job.       Text to network prefix and back, IPv4 and IPv6 (RFC 4632, RFC
 *            4291), and plain host addresses.
 * Input.     Text from an operator or a database row; untrusted.
 * Output.    A struct tm_cidr, host bits cleared.
 * Not here.  Matching packets (match.c), flows (plugin/compile).
 * Ownership. Values; nothing is held.
 * Failure.   Parsers return NULL or a malloc()ed message of one line, without
 *            the key's name, for the caller to put a name before. */

#ifndef LIB_CIDR_H
#define LIB_CIDR_H 1

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct ds;

/* IP version, by its number. */
enum tm_ip {
    TM_IPV4 = 4,
    TM_IPV6 = 6,
};

/* An address: IPv4 as IPv4-mapped IPv6 (RFC 4291, 2.5.5.2), in network byte
 * order, so that one comparison serves both. */
struct tm_addr {
    enum tm_ip ip;
    struct in6_addr in6;
};

/* A prefix.  'len' 0 matches every address of its version, as if absent. */
struct tm_cidr {
    struct tm_addr addr;        /* Host bits are zero. */
    uint8_t len;                /* 0..32 or 0..128, by addr.ip. */
};

/* "10.0.0.0/8", "10.0.0.1" (a /32), "2001:db8::/32".  Host bits that are set
 * are an error (as 10.0.0.1/8), since one of the two was not meant. */
char *tm_cidr_parse(const char *, struct tm_cidr *);
void tm_cidr_format(const struct tm_cidr *, struct ds *);
bool tm_cidr_equal(const struct tm_cidr *, const struct tm_cidr *);
bool tm_cidr_contains(const struct tm_cidr *, const struct tm_addr *);

/* A host address, without prefix length or zone. */
char *tm_addr_parse(const char *, struct tm_addr *);
void tm_addr_format(const struct tm_addr *, struct ds *);
char *tm_addr_to_string(const struct tm_addr *);        /* malloc()ed */
bool tm_addr_equal(const struct tm_addr *, const struct tm_addr *);
int tm_addr_compare(const struct tm_addr *, const struct tm_addr *);
uint32_t tm_addr_hash(const struct tm_addr *, uint32_t basis);

#endif /* lib/cidr.h */
