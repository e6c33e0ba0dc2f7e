/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c: external_ids of the Open_vSwitch row to the node's settings.
 *
 * Every key has a default, and a wrong value never stops the daemon: it goes
 * on with the default and says so in one line that names key, value and what
 * is allowed.  The line goes to the operator through tm_ports_problems().
 *
 * Whether a value is right is decided here and nowhere else, so that the
 * compiler can take what is in struct tm_node as it stands. */

#include <config.h>
#include "plugin/ports/ports-internal.h"

#include <string.h>

#include "dirs.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "lib/encap.h"
#include "plugin/compile/pipeline.h"
#include "stream.h"
#include "svec.h"
#include "util.h"

#define BRIDGE_DEFAULT "br-int"
/* Every IPv4 host takes 576 bytes (RFC 1122, 3.3.2); with less there might be
 * no room for the headers of the copy. */
#define TUNNEL_MTU_MIN 576
#define TUNNEL_MTU_MAX 65535

static void OVS_PRINTF_FORMAT(4, 5)
add_problem(struct sset *problems, const char *key, const char *value,
            const char *format, ...)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    va_list args;

    ds_put_format(&s, "Open_vSwitch: external_ids:%s \"%s\": ", key, value);
    va_start(args, format);
    ds_put_format_valist(&s, format, args);
    va_end(args);
    sset_add(problems, ds_cstr(&s));
    ds_destroy(&s);
}

/* A key that is there but empty is as if it were absent. */
static const char *
get_value(const struct smap *ids, const char *key)
{
    const char *value = smap_get(ids, key);
    return value && value[0] ? value : NULL;
}

struct number {
    const char *key;
    unsigned int min, max;
    unsigned int def;
    const char *def_text;       /* What is used if the value is wrong. */
};

static unsigned int
parse_number(const struct smap *ids, const struct number *n,
             struct sset *problems)
{
    const char *value = get_value(ids, n->key);
    unsigned int x;

    if (!value) {
        return n->def;
    }
    if (strspn(value, "0123456789") != strlen(value)
        || !str_to_uint(value, 10, &x) || x < n->min || x > n->max) {
        if (n->def_text) {
            add_problem(problems, n->key, value,
                        "allowed is %u to %u; using %s",
                        n->min, n->max, n->def_text);
        } else {
            add_problem(problems, n->key, value,
                        "allowed is %u to %u; using %u",
                        n->min, n->max, n->def);
        }
        return n->def;
    }
    return x;
}

/* Returns the value of 'key' if it is one of 'words' (which ends with NULL),
 * else the first of them. */
static const char *
parse_word(const struct smap *ids, const char *key, const char *const words[],
           struct sset *problems)
{
    const char *value = get_value(ids, key);

    if (!value) {
        return words[0];
    }
    for (size_t i = 0; words[i]; i++) {
        if (!strcmp(value, words[i])) {
            return words[i];
        }
    }

    struct ds allowed = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; words[i]; i++) {
        ds_put_format(&allowed, "%s%s", i ? ", " : "", words[i]);
    }
    add_problem(problems, key, value, "allowed is one of %s; using %s",
                ds_cstr(&allowed), words[0]);
    ds_destroy(&allowed);
    return words[0];
}

/* Returns what is wrong with 'a' as the source of copies, or NULL. */
static const char *
check_source_address(const struct tm_addr *a)
{
    if (a->ip == TM_IPV4) {
        ovs_be32 ip = in6_addr_get_mapped_ipv4(&a->in6);

        return (!ip ? "is no host's address"
                : ip_is_multicast(ip) || ip == OVS_BE32_MAX
                ? "is a group address" : NULL);
    }
    return (!ipv6_addr_is_set(&a->in6) ? "is no host's address"
            : ipv6_addr_is_multicast(&a->in6) ? "is a group address" : NULL);
}

/* Adds one element of the list to 'node'.  Returns what is wrong with it, to
 * be freed, or NULL. */
static char *
parse_encap_element(const char *s, struct tm_node *node)
{
    struct tm_addr a;
    char *error = tm_addr_parse(s, &a);

    if (error) {
        return error;
    }

    const char *reason = check_source_address(&a);
    if (reason) {
        return xasprintf("%s %s", s, reason);
    }

    bool *has = a.ip == TM_IPV4 ? &node->has_encap4 : &node->has_encap6;
    if (*has) {
        return xasprintf("%s is the second IPv%d address", s, a.ip);
    }
    *has = true;
    *(a.ip == TM_IPV4 ? &node->encap4 : &node->encap6) = a;
    return NULL;
}

static void
parse_encap_ip(const struct smap *ids, struct tm_node *node,
               struct sset *problems)
{
    static const char key[] = "tmirror-encap-ip";
    const char *value = get_value(ids, key);
    struct svec list = SVEC_EMPTY_INITIALIZER;
    char *error = NULL;
    const char *s;
    size_t i;

    node->has_encap4 = node->has_encap6 = false;
    if (!value) {
        return;
    }

    char *copy = xstrdup(value), *save_ptr = NULL;
    for (char *p = strtok_r(copy, ", ", &save_ptr); p;
         p = strtok_r(NULL, ", ", &save_ptr)) {
        svec_add(&list, p);
    }
    free(copy);

    SVEC_FOR_EACH (i, s, &list) {
        error = parse_encap_element(s, node);
        if (error) {
            break;
        }
    }
    if (error || !list.n) {
        node->has_encap4 = node->has_encap6 = false;
        add_problem(problems, key, value, "%s; allowed is one IPv4 address, "
                    "one IPv6 address, or both, comma-separated; using the "
                    "address that the route chooses",
                    error ? error : "is empty");
    }
    free(error);
    svec_destroy(&list);
}

/* "unix:", "tcp:", "ssl:" (or a passive form of them), several of them
 * comma-separated for a cluster. */
static bool
remote_is_valid(const char *remote)
{
    char *copy = xstrdup(remote), *save_ptr = NULL;
    bool ok = false;

    for (char *p = strtok_r(copy, ",", &save_ptr); p;
         p = strtok_r(NULL, ",", &save_ptr)) {
        ok = !stream_verify_name(p) || !pstream_verify_name(p);
        if (!ok) {
            break;
        }
    }
    free(copy);
    return ok;
}

static const char *
parse_remote(const struct smap *ids, const char *db_remote,
             struct sset *problems)
{
    static const char key[] = "tmirror-remote";
    const char *value = get_value(ids, key);

    if (!value) {
        return db_remote;
    }
    if (!remote_is_valid(value)) {
        add_problem(problems, key, value, "allowed is unix:FILE, "
                    "tcp:IP:PORT, ssl:IP:PORT, or several of them, "
                    "comma-separated; using %s", db_remote);
        return db_remote;
    }
    return value;
}

/* A slash would lead out of the run directory, where its socket is. */
static const char *
parse_bridge(const struct smap *ids, struct sset *problems)
{
    static const char key[] = "tmirror-bridge";
    const char *value = get_value(ids, key);

    if (!value) {
        return BRIDGE_DEFAULT;
    }
    if (strchr(value, '/')) {
        add_problem(problems, key, value,
                    "allowed is the name of a bridge; using %s",
                    BRIDGE_DEFAULT);
        return BRIDGE_DEFAULT;
    }
    return value;
}

/* Overlay delivery needs a pipeline that routes the tenant's networks, which
 * NORMAL does not. */
static void
check_delivery(const struct smap *ids, struct sset *problems)
{
    static const char *const words[] = { "underlay", "overlay", NULL };
    static const char key[] = "tmirror-delivery";

    if (!strcmp(parse_word(ids, key, words, problems), "overlay")) {
        add_problem(problems, key, "overlay",
                    "not available on pipeline normal; using underlay");
    }
}

/* Does a port of 'bridge' have the name 'name'? */
static bool
bridge_has_port(const struct ovsrec_bridge *bridge, const char *name)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (!strcmp(bridge->ports[i]->name, name)) {
            return true;
        }
    }
    return false;
}

const char *
tm_pipeline_resolve(const char *setting, const struct smap *ids,
                    const struct ovsrec_bridge *bridge)
{
    if (strcmp(setting, "auto") || !bridge) {
        return strcmp(setting, "auto") ? setting : "normal";
    }
    if (get_value(ids, "ovn-remote")
        && !strcmp(smap_get_def(ids, "ovn-bridge", BRIDGE_DEFAULT),
                   bridge->name)) {
        return "ovn";
    }
    return bridge_has_port(bridge, "patch-tun") ? "neutron" : "normal";
}

char *
tm_pipeline_check(const char *pipeline)
{
    return (strcmp(pipeline, "normal")
            ? xasprintf("pipeline %s is not supported by this version, so "
                        "nothing is mirrored (external_ids:tmirror-pipeline)",
                        pipeline)
            : NULL);
}

void
tm_settings_parse(const struct smap *ids, const char *db_remote,
                  const char *host, struct tm_settings *settings,
                  struct tm_node *node, struct sset *problems)
{
    static const char *const pipelines[] = {
        "auto", "normal", "ovn", "neutron", "hook", NULL
    };
    static const struct number vxlan_port = {
        "tmirror-vxlan-port", 1, 65535, TM_VXLAN_PORT_DEFAULT, NULL
    };
    static const struct number table_base = {
        "tmirror-table-base", 1, TM_TABLE_BASE_MAX, TM_TABLE_BASE_DEFAULT, NULL
    };
    static const struct number tunnel_mtu = {
        "tmirror-tunnel-mtu", TUNNEL_MTU_MIN, TUNNEL_MTU_MAX, 0,
        "the MTU of the mirror source"
    };
    const char *id = get_value(ids, "system-id");
    const char *bridge = parse_bridge(ids, problems);

    settings->system_id = xstrdup(id ? id : host);
    settings->remote = xstrdup(parse_remote(ids, db_remote, problems));
    settings->bridge = xstrdup(bridge);
    settings->management = xasprintf("unix:%s/%s.mgmt", ovs_rundir(), bridge);
    settings->pipeline = xstrdup(parse_word(ids, "tmirror-pipeline",
                                            pipelines, problems));
    node->vxlan_port = parse_number(ids, &vxlan_port, problems);
    node->table_base = parse_number(ids, &table_base, problems);
    node->tunnel_mtu = parse_number(ids, &tunnel_mtu, problems);
    parse_encap_ip(ids, node, problems);
    check_delivery(ids, problems);
}

void
tm_settings_uninit(struct tm_settings *s)
{
    free(s->system_id);
    free(s->remote);
    free(s->bridge);
    free(s->management);
    free(s->pipeline);
    free(s->ovs_version);
    free(s->datapath_type);
}
