/* SPDX-License-Identifier: Apache-2.0 */
/* from-row.c
 *
 * Rows may have been written by anybody with access to the database, so no
 * column is believed.  Three degrees of wrong are told apart.  What does no
 * harm (a name with a blank) is a problem and nothing else.
 * A wrong part that others can do without (a rule, an address, a source) is
 * left out.  A session that is contradictory in itself stays in the model, for
 * the sake of its status, but is not usable.
 *
 * References point to rows, and may be NULL even where the schema asks for
 * one: the row may be hidden by access control, or be deleted in the
 * transaction under way. */

#include <config.h>

#include "lib/store/from-row.h"

#include "lib/text.h"
#include "lib/validate.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "util.h"

/* An ENI's or load balancer's name where the row has none.  Blanks and
 * brackets keep it apart from every real iface-id. */
#define UNNAMED_FMT "(unnamed "UUID_FMT")"

/* The row that is being read, and where its problems go. */
struct reading {
    const char *table;
    const struct uuid *row;
    struct tm_problems *problems;
};

/* Takes 'text' over. */
static void
complain(const struct reading *rd, char *text)
{
    tm_problems_add(rd->problems, rd->table, rd->row, text);
}

/* Adds what is wrong with 'column' in the words of 'error', which is taken
 * over and may be NULL.  Returns true if the value is fine. */
static bool
is_fine(const struct reading *rd, const char *column, char *error)
{
    if (!error) {
        return true;
    }
    complain(rd, xasprintf("%s: %s", column, error));
    free(error);
    return false;
}

/* Like is_fine(), for messages that name the column themselves. */
static bool
is_valid(const struct reading *rd, char *error)
{
    if (error) {
        complain(rd, error);
    }
    return !error;
}

static bool
is_known(const struct reading *rd, const char *column, const char *value,
         const char *allowed, bool known)
{
    if (!known) {
        char *quoted = tm_quote(value);

        complain(rd, xasprintf("%s: %s is not one of %s", column, quoted,
                               allowed));
        free(quoted);
    }
    return known;
}

static bool
is_in_range(const struct reading *rd, const char *column, int64_t value,
            int64_t lo, int64_t hi)
{
    if (value < lo || value > hi) {
        complain(rd, xasprintf("%s: %"PRId64" is not in %"PRId64" to %"PRId64,
                               column, value, lo, hi));
        return false;
    }
    return true;
}

/* False for NULL and for a row that the transaction under way deletes. */
static bool
row_exists(const struct ovsdb_idl_row *row)
{
    return row->new_datum != NULL;
}
#define REF_EXISTS(ROW) ((ROW) && row_exists(&(ROW)->header_))

static void
set_string(char **dst, const char *src)
{
    free(*dst);
    *dst = xstrdup(src);
}

/* A CIDR that may be absent. */
static bool
cidr_from_row(const struct reading *rd, const char *column, const char *value,
              bool *has, struct tm_cidr *cidr)
{
    *has = value != NULL;
    return !value || is_fine(rd, column, tm_cidr_parse(value, cidr));
}

static bool
ports_from_row(const struct reading *rd, const char *column, const char *value,
               struct tm_port_range *range)
{
    return !value || is_fine(rd, column, tm_port_range_parse(value, range));
}

static bool
rule_words_from_row(const struct reading *rd,
                    const struct tmrec_mirror_filter_rule *row,
                    struct tm_rule *rule)
{
    bool ok = is_known(rd, "direction", row->direction, "in, out",
                       tm_direction_from_string(row->direction,
                                                &rule->direction));

    ok &= is_known(rd, "action", row->action, "accept, reject",
                   tm_action_from_string(row->action, &rule->action));
    ok &= is_known(rd, "ethertype", row->ethertype, "ipv4, ipv6",
                   tm_ip_from_string(row->ethertype, &rule->ip));
    ok &= is_known(rd, "protocol", row->protocol,
                   "all, tcp, udp, icmp, icmp6",
                   tm_protocol_from_string(row->protocol, &rule->protocol));
    return ok;
}

/* Adds the rule in 'row' to 'filter' if it is valid. */
static void
rule_from_row(const struct tmrec_mirror_filter_rule *row,
              struct tm_filter *filter)
{
    struct reading rd = {
        .table = "Mirror_Filter_Rule",
        .row = &row->header_.uuid,
        .problems = &filter->problems,
    };
    struct tm_rule rule = { .uuid = row->header_.uuid };
    bool ok = rule_words_from_row(&rd, row, &rule);

    ok &= is_in_range(&rd, "priority", row->priority, 1,
                      TM_RULE_PRIORITY_MAX);
    ok &= cidr_from_row(&rd, "src", row->src, &rule.has_src, &rule.src);
    ok &= cidr_from_row(&rd, "dst", row->dst, &rule.has_dst, &rule.dst);
    ok &= ports_from_row(&rd, "src_ports", row->src_ports, &rule.sport);
    ok &= ports_from_row(&rd, "dst_ports", row->dst_ports, &rule.dport);
    if (!ok) {
        return;
    }
    rule.priority = row->priority;
    rule.description = xstrdup(row->description);
    if (!is_valid(&rd, tm_validate_rule(&rule))) {
        free(rule.description);
        return;
    }
    is_valid(&rd, tm_validate_description("description", row->description));
    tm_filter_add_rule(filter, &rule);
}

struct tm_filter *
tm_filter_from_row(const struct tmrec_mirror_filter *row)
{
    struct tm_filter *filter = tm_filter_create(&row->header_.uuid);
    struct reading rd = {
        .table = "Mirror_Filter",
        .row = &row->header_.uuid,
        .problems = &filter->problems,
    };

    set_string(&filter->name, row->name);
    set_string(&filter->description, row->description);
    set_string(&filter->project, row->project);
    is_valid(&rd, tm_validate_name("name", row->name));
    is_valid(&rd, tm_validate_description("description", row->description));
    for (size_t i = 0; i < row->n_rules; i++) {
        if (REF_EXISTS(row->rules[i])) {
            rule_from_row(row->rules[i], filter);
        }
    }
    tm_filter_finish(filter);
    return filter;
}

static void
sources_from_row(const struct tmrec_mirror_session *row,
                 struct tm_session *session)
{
    for (size_t i = 0; i < row->n_sources; i++) {
        const struct tmrec_mirror_source *src = row->sources[i];

        if (!REF_EXISTS(src)) {
            continue;
        }
        if (!REF_EXISTS(src->interface)) {
            struct reading rd = {
                .table = "Mirror_Source",
                .row = &src->header_.uuid,
                .problems = &session->problems,
            };
            complain(&rd, xstrdup("interface: refers to a row of "
                                  "Network_Interface that is not there"));
            continue;
        }
        struct tm_source source = {
            .uuid = src->header_.uuid,
            .eni = src->interface->header_.uuid,
            .position = src->position,
        };
        tm_session_add_source(session, &source);
    }
}

/* The columns that say where the copies go; 'target_type' chooses one. */
static const struct {
    const char *type;
    const char *column;
} targets[] = {
    [TM_TARGET_ENI] = { "eni", "target_interface" },
    [TM_TARGET_ELB] = { "elb", "target_lb" },
    [TM_TARGET_IP] = { "ip", "target_address" },
};

/* Stores the value of 'target_type' in 'session'.  Returns false if it is
 * none. */
static bool
target_type_from_row(const struct reading *rd, const char *type,
                     struct tm_session *session)
{
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        if (!strcmp(type, targets[i].type)) {
            session->target_type = i;
            return true;
        }
    }
    return is_known(rd, "target_type", type, "eni, elb, ip", false);
}

/* Returns false if 'row' names no target that its type allows. */
static bool
target_from_row(const struct reading *rd,
                const struct tmrec_mirror_session *row,
                struct tm_session *session)
{
    if (!target_type_from_row(rd, row->target_type, session)) {
        return false;
    }

    const bool filled[] = {
        [TM_TARGET_ENI] = REF_EXISTS(row->target_interface),
        [TM_TARGET_ELB] = REF_EXISTS(row->target_lb),
        [TM_TARGET_IP] = row->target_address != NULL,
    };
    enum tm_target_type type = session->target_type;
    bool clear = true;
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        if (i != type && filled[i]) {
            complain(rd, xasprintf("%s: not used, since target_type is %s "
                                   "and the quota targets-per-session is 1",
                                   targets[i].column, targets[type].type));
            clear = false;
        }
    }
    if (!filled[type]) {
        complain(rd, xasprintf("%s: empty, but target_type %s needs it",
                               targets[type].column, targets[type].type));
        return false;
    }

    switch (type) {
    case TM_TARGET_ENI:
        session->target = row->target_interface->header_.uuid;
        return clear;
    case TM_TARGET_ELB:
        session->target = row->target_lb->header_.uuid;
        return clear;
    case TM_TARGET_IP:
    default:
        return is_fine(rd, "target_address",
                       tm_addr_parse(row->target_address,
                                     &session->target_addr)) && clear;
    }
}

static bool
numbers_from_row(const struct reading *rd,
                 const struct tmrec_mirror_session *row,
                 struct tm_session *session)
{
    bool ok = is_in_range(rd, "priority", row->priority, 1,
                          TM_SESSION_PRIORITY_MAX);

    ok &= is_in_range(rd, "vni", row->vni, 0, TM_VNI_MAX);
    session->priority = ok ? row->priority : 0;
    session->vni = ok ? row->vni : 0;
    if (row->n_packet_length) {
        if (is_in_range(rd, "packet_length", row->packet_length[0], 1,
                        TM_PACKET_LENGTH_MAX)) {
            session->packet_length = row->packet_length[0];
        } else {
            ok = false;
        }
    }
    return ok;
}

/* A session that would copy its target to itself is wrong whatever others
 * there are, so it alone is left out, and the target stays what it is to
 * others. */
static bool
is_own_source(const struct reading *rd,
              const struct tmrec_mirror_session *row,
              const struct tm_session *session)
{
    for (size_t i = 0; i < session->n_sources
         && session->target_type == TM_TARGET_ENI; i++) {
        if (uuid_equals(&session->sources[i].eni, &session->target)) {
            char *name = tm_quote(row->target_interface->name);

            complain(rd, xasprintf("target_interface: ENI %s is a source of "
                                   "the session too; an ENI may not be a "
                                   "source and a target at the same time",
                                   name));
            free(name);
            return true;
        }
    }
    return false;
}

struct tm_session *
tm_session_from_row(const struct tmrec_mirror_session *row)
{
    struct tm_session *session = tm_session_create(&row->header_.uuid);
    struct reading rd = {
        .table = "Mirror_Session",
        .row = &row->header_.uuid,
        .problems = &session->problems,
    };

    set_string(&session->name, row->name);
    set_string(&session->description, row->description);
    set_string(&session->project, row->project);
    is_valid(&rd, tm_validate_name("name", row->name));
    is_valid(&rd, tm_validate_description("description", row->description));

    session->enabled = row->enabled;
    bool usable = numbers_from_row(&rd, row, session);
    usable &= target_from_row(&rd, row, session);
    if (REF_EXISTS(row->filter)) {
        session->filter = row->filter->header_.uuid;
    } else {
        complain(&rd, xstrdup("filter: refers to a row of Mirror_Filter that "
                              "is not there"));
        usable = false;
    }
    sources_from_row(row, session);
    tm_session_finish(session);
    /* What is wrong already is not said twice. */
    session->usable = (usable
                       && is_valid(&rd, tm_validate_session(session))
                       && !is_own_source(&rd, row, session));
    return session;
}

/* Adds the addresses in 'values' that are fine to the array. */
static void
addresses_from_row(const struct reading *rd, const char *column,
                   char **values, size_t n_values, struct tm_addr **addrsp,
                   size_t *np)
{
    struct tm_addr *addrs = NULL;
    size_t n = 0;

    if (n_values) {
        addrs = xmalloc(n_values * sizeof *addrs);
    }
    for (size_t i = 0; i < n_values; i++) {
        if (is_fine(rd, column, tm_addr_parse(values[i], &addrs[n]))
            && is_valid(rd, tm_validate_target_addr(column, &addrs[n]))) {
            n++;
        }
    }
    *addrsp = addrs;
    *np = n;
}

static void
macs_from_row(const struct reading *rd,
              const struct tmrec_network_interface *row, struct tm_eni *eni)
{
    if (!row->n_macs) {
        return;
    }
    eni->macs = xmalloc(row->n_macs * sizeof *eni->macs);
    for (size_t i = 0; i < row->n_macs; i++) {
        if (is_valid(rd, tm_validate_mac("macs", row->macs[i],
                                         &eni->macs[eni->n_macs]))) {
            eni->n_macs++;
        }
    }
}

/* The name to use for a row whose 'name' column has 'name'.  malloc()ed. */
static char *
usable_name(const char *name, const struct uuid *uuid)
{
    return (name[0]
            ? xstrdup(name)
            : xasprintf(UNNAMED_FMT, UUID_ARGS(uuid)));
}

struct tm_eni *
tm_eni_from_row(const struct tmrec_network_interface *row)
{
    char *name = usable_name(row->name, &row->header_.uuid);
    struct tm_eni *eni = tm_eni_create(&row->header_.uuid, name);
    struct reading rd = {
        .table = "Network_Interface",
        .row = &row->header_.uuid,
        .problems = &eni->problems,
    };

    free(name);
    /* The name is an iface-id, in whose spelling we have no say. */
    if (!row->name[0]) {
        complain(&rd, xstrdup("name: \"\" is empty; it must be the iface-id "
                              "of the port"));
    }
    macs_from_row(&rd, row, eni);
    addresses_from_row(&rd, "addresses", row->addresses, row->n_addresses,
                       &eni->addresses, &eni->n_addresses);
    set_string(&eni->instance, row->instance);
    set_string(&eni->vpc, row->vpc);
    if (row->n_mtu && is_in_range(&rd, "mtu", row->mtu[0], 68, UINT16_MAX)) {
        eni->mtu = row->mtu[0];
    }
    eni->mirroring_supported = (!row->n_mirroring_supported
                                || row->mirroring_supported[0]);
    tm_eni_finish(eni);
    return eni;
}

struct tm_lb *
tm_lb_from_row(const struct tmrec_load_balancer *row)
{
    char *name = usable_name(row->name, &row->header_.uuid);
    struct tm_lb *lb = tm_lb_create(&row->header_.uuid, name);
    struct reading rd = {
        .table = "Load_Balancer",
        .row = &row->header_.uuid,
        .problems = &lb->problems,
    };

    free(name);
    is_valid(&rd, tm_validate_name("name", row->name));
    if (row->vip) {
        lb->has_vip = (is_fine(&rd, "vip", tm_addr_parse(row->vip, &lb->vip))
                       && is_valid(&rd, tm_validate_target_addr("vip",
                                                                &lb->vip)));
    }
    addresses_from_row(&rd, "members", row->members, row->n_members,
                       &lb->members, &lb->n_members);
    if (lb->has_vip && lb->n_members) {
        is_valid(&rd, xstrdup("vip and members exclude each other; vip is "
                              "ignored"));
    }
    tm_lb_finish(lb);
    return lb;
}

void
tm_model_put_global(struct tm_model *model, const struct tmrec_tm_global *row)
{
    struct tm_problems problems;
    int64_t quotas[TM_N_QUOTAS];
    struct reading rd = {
        .table = "TM_Global",
        .row = row ? &row->header_.uuid : &UUID_ZERO,
        .problems = &problems,
    };

    tm_problems_init(&problems);
    tm_quotas_init(quotas);
    for (size_t i = 0; row && i < row->n_quotas; i++) {
        const char *key = row->key_quotas[i];
        enum tm_quota quota;

        if (is_fine(&rd, "quotas",
                    tm_quota_check(key, row->value_quotas[i], &quota))) {
            quotas[quota] = row->value_quotas[i];
        }
    }
    tm_model_set_quotas(model, rd.row, quotas, &problems);
}

void
tm_model_from_idl(struct tm_model *model, const struct ovsdb_idl *idl)
{
    tm_model_put_global(model, tmrec_tm_global_first(idl));

    const struct tmrec_load_balancer *lb;
    TMREC_LOAD_BALANCER_FOR_EACH (lb, idl) {
        tm_model_put_lb(model, tm_lb_from_row(lb), NULL);
    }

    const struct tmrec_network_interface *eni;
    TMREC_NETWORK_INTERFACE_FOR_EACH (eni, idl) {
        tm_model_put_eni(model, tm_eni_from_row(eni), NULL);
    }

    const struct tmrec_mirror_filter *filter;
    TMREC_MIRROR_FILTER_FOR_EACH (filter, idl) {
        tm_model_put_filter(model, tm_filter_from_row(filter), NULL);
    }

    const struct tmrec_mirror_session *session;
    TMREC_MIRROR_SESSION_FOR_EACH (session, idl) {
        tm_model_put_session(model, tm_session_from_row(session), NULL);
    }
}
