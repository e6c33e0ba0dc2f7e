/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-rule.c
 *
 * rule-*.  A rule is named by its filter, direction and priority. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "lib/validate.h"
#include "openvswitch/dynamic-string.h"
#include "utilities/ctl.h"
#include "uuid.h"

static char *
set_priority(const char *key, const char *value, void *rule_)
{
    struct tm_rule *rule = rule_;
    int64_t priority;
    char *error = tm_validate_integer(key, value, 1, TM_RULE_PRIORITY_MAX,
                                      &priority);

    if (!error) {
        rule->priority = priority;
    }
    return error;
}

static char *
set_action(const char *key, const char *value, void *rule_)
{
    struct tm_rule *rule = rule_;

    return (tm_action_from_string(value, &rule->action) ? NULL
            : tm_ctl_bad_value(key, value,
                               xstrdup("must be accept or reject")));
}

static char *
set_type(const char *key, const char *value, void *rule_)
{
    struct tm_rule *rule = rule_;

    return (tm_ip_from_string(value, &rule->ip) ? NULL
            : tm_ctl_bad_value(key, value, xstrdup("must be ipv4 or ipv6")));
}

static char *
set_proto(const char *key, const char *value, void *rule_)
{
    struct tm_rule *rule = rule_;

    return (tm_protocol_from_string(value, &rule->protocol) ? NULL
            : tm_ctl_bad_value(key, value,
                               xstrdup("must be all, tcp, udp, icmp or "
                                       "icmp6")));
}

static char *
parse_cidr(const char *key, const char *value, bool *has,
           struct tm_cidr *cidr)
{
    char *error;

    *has = value[0] != '\0';
    error = *has ? tm_cidr_parse(value, cidr) : NULL;
    return error ? tm_ctl_bad_value(key, value, error) : NULL;
}

static char *
set_src(const char *key, const char *value, void *rule_)
{
    struct tm_rule *rule = rule_;

    return parse_cidr(key, value, &rule->has_src, &rule->src);
}

static char *
set_dst(const char *key, const char *value, void *rule_)
{
    struct tm_rule *rule = rule_;

    return parse_cidr(key, value, &rule->has_dst, &rule->dst);
}

static char *
parse_ports(const char *key, const char *value, struct tm_port_range *range)
{
    char *error;

    if (!value[0]) {
        range->lo = range->hi = 0;
        return NULL;
    }
    error = tm_port_range_parse(value, range);
    return error ? tm_ctl_bad_value(key, value, error) : NULL;
}

static char *
set_sport(const char *key, const char *value, void *rule_)
{
    struct tm_rule *rule = rule_;

    return parse_ports(key, value, &rule->sport);
}

static char *
set_dport(const char *key, const char *value, void *rule_)
{
    struct tm_rule *rule = rule_;

    return parse_ports(key, value, &rule->dport);
}

static char *
set_description(const char *key, const char *value, void *rule_)
{
    struct tm_rule *rule = rule_;

    free(rule->description);
    rule->description = xstrdup(value);
    return tm_validate_description(key, value);
}

static const struct tm_ctl_key set_keys[] = {
    {"type", set_type},
    {"proto", set_proto},
    {"src", set_src},
    {"dst", set_dst},
    {"sport", set_sport},
    {"dport", set_dport},
    {"description", set_description},

    /* Not of rule-add, which has them as arguments. */
    {"priority", set_priority},
    {"action", set_action},
    {NULL, NULL},
};

static const struct tm_ctl_key add_keys[] = {
    {"type", set_type},
    {"proto", set_proto},
    {"src", set_src},
    {"dst", set_dst},
    {"sport", set_sport},
    {"dport", set_dport},
    {"description", set_description},
    {NULL, NULL},
};

/* The word of the first thing in which 'a' and 'b' differ, or NULL. */
static const char *
rule_difference(const struct tm_rule *a, const struct tm_rule *b)
{
    return (a->action != b->action ? "action"
            : a->ip != b->ip ? "type"
            : a->protocol != b->protocol ? "proto"
            : a->has_src != b->has_src
              || (a->has_src && !tm_cidr_equal(&a->src, &b->src)) ? "src"
            : a->has_dst != b->has_dst
              || (a->has_dst && !tm_cidr_equal(&a->dst, &b->dst)) ? "dst"
            : a->sport.lo != b->sport.lo || a->sport.hi != b->sport.hi
              ? "sport"
            : a->dport.lo != b->dport.lo || a->dport.hi != b->dport.hi
              ? "dport"
            : strcmp(a->description, b->description) ? "description"
            : NULL);
}

/* Parses arguments FILTER DIRECTION PRIORITY.  'filter' is found, and the last
 * two are left in 'key'. */
static char *
parse_rule_name(struct ctl_context *ctx, const struct tm_filter **filter,
                struct tm_rule *key)
{
    char *error = tm_ctl_find_filter(ctx, ctx->argv[1], true, filter);

    memset(key, 0, sizeof *key);
    if (error) {
        return error;
    }
    if (ctx->argc > 2
        && !tm_direction_from_string(ctx->argv[2], &key->direction)) {
        return tm_ctl_bad_value("direction", ctx->argv[2],
                                xstrdup("must be in or out"));
    }
    return (ctx->argc > 3
            ? set_priority("priority", ctx->argv[3], key) : NULL);
}

static const struct tm_rule *
find_rule(const struct tm_filter *filter, const struct tm_rule *key)
{
    for (size_t i = 0; i < filter->n_rules; i++) {
        const struct tm_rule *rule = &filter->rules[i];

        if (rule->direction == key->direction
            && rule->priority == key->priority) {
            return rule;
        }
    }
    return NULL;
}

static char *
describe(const struct tm_filter *filter, const struct tm_rule *key)
{
    char *name = tm_quote(filter->name);
    char *s = xasprintf("%s rule with priority %d of filter %s",
                        tm_direction_to_adjective(key->direction),
                        key->priority, name);

    free(name);
    return s;
}

/* 'rule' is as the command wants it, 'old' as it is. */
static char *
may_exist(struct ctl_context *ctx, const struct tm_filter *filter,
          const struct tm_rule *rule, const struct tm_rule *old)
{
    const char *word = rule_difference(rule, old);
    char *what, *error = NULL;

    if (!shash_find(&ctx->options, "--may-exist")) {
        what = describe(filter, old);
        error = xasprintf("%s already exists; rules of one direction need "
                          "different priorities, 1 to %d", what,
                          TM_RULE_PRIORITY_MAX);
        free(what);
    } else if (word) {
        what = describe(filter, old);
        error = xasprintf("%s already exists, with another %s", what, word);
        free(what);
    }
    return error;
}

static void
cmd_rule_add(struct ctl_context *ctx)
{
    const struct tm_filter *filter;
    const struct tm_rule *old;
    struct tm_rule rule, key;

    ctx->error = parse_rule_name(ctx, &filter, &key);
    if (ctx->error) {
        return;
    }

    /* Keys that are not given are those of a rule that may exist. */
    old = find_rule(filter, &key);
    if (old) {
        rule = *old;
        rule.description = xstrdup(old->description);
    } else {
        rule = key;
        rule.ip = TM_IPV4;
        rule.protocol = TM_PROTO_ALL;
        rule.description = xstrdup("");
    }
    ctx->error = set_action("action", ctx->argv[4], &rule);
    if (!ctx->error) {
        ctx->error = tm_ctl_set_keys(ctx, 5, add_keys, &rule);
    }
    if (!ctx->error) {
        ctx->error = (old ? may_exist(ctx, filter, &rule, old)
                      : tm_change_put_rule(tm_ctl_change(ctx), &filter->uuid,
                                           &rule, NULL));
    }
    free(rule.description);
}

static char *
no_rule(const struct tm_filter *filter, const struct tm_rule *key)
{
    char *what = describe(filter, key);
    char *error = xasprintf("no %s", what);

    free(what);
    return error;
}

static void
cmd_rule_set(struct ctl_context *ctx)
{
    const struct tm_filter *filter;
    const struct tm_rule *old;
    struct tm_rule rule, key;

    ctx->error = parse_rule_name(ctx, &filter, &key);
    if (ctx->error) {
        return;
    }
    old = find_rule(filter, &key);
    if (!old) {
        ctx->error = no_rule(filter, &key);
        return;
    }
    rule = *old;
    rule.description = xstrdup(old->description);
    ctx->error = tm_ctl_set_keys(ctx, 4, set_keys, &rule);
    if (!ctx->error) {
        ctx->error = tm_change_put_rule(tm_ctl_change(ctx), &filter->uuid,
                                        &rule, NULL);
    }
    free(rule.description);
}

static void
cmd_rule_del(struct ctl_context *ctx)
{
    bool if_exists = shash_find(&ctx->options, "--if-exists");
    struct tm_change *c = tm_ctl_change(ctx);
    const struct tm_filter *filter;
    struct uuid *rules, filter_uuid;
    struct tm_rule key;
    size_t n;

    if (if_exists) {
        ctx->error = tm_ctl_find_filter(ctx, ctx->argv[1], false, &filter);
        if (ctx->error || !filter) {
            return;
        }
    }
    ctx->error = parse_rule_name(ctx, &filter, &key);
    if (ctx->error) {
        return;
    }
    filter_uuid = filter->uuid;
    n = tm_change_find_rules(c, &filter_uuid, key.direction, key.priority,
                             &rules);
    if (!n && key.priority && !if_exists) {
        ctx->error = no_rule(filter, &key);
    }
    for (size_t i = 0; i < n; i++) {
        tm_change_remove_rule(c, &filter_uuid, &rules[i]);
    }
    free(rules);
}

static char *
format_cidr(bool has, const struct tm_cidr *cidr)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (has) {
        tm_cidr_format(cidr, &s);
    }
    return ds_steal_cstr(&s);
}

static char *
format_ports(const struct tm_port_range *range)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    tm_port_range_format(range, &s);
    return ds_steal_cstr(&s);
}

static void
cmd_rule_list(struct ctl_context *ctx)
{
    static const struct tm_ctl_column columns[] = {
        {"direction", false}, {"priority", true}, {"action", false},
        {"type", false}, {"proto", false}, {"src", false}, {"sport", false},
        {"dst", false}, {"dport", false}, {"description", false},
        {NULL, false},
    };
    const struct tm_filter *filter;
    struct tm_ctl_table t;

    ctx->error = tm_ctl_find_filter(ctx, ctx->argv[1], true, &filter);
    if (!ctx->error) {
        ctx->error = tm_ctl_table_init(&t, ctx, columns);
    }
    if (ctx->error) {
        return;
    }
    for (size_t i = 0; i < filter->n_rules; i++) {
        const struct tm_rule *r = &filter->rules[i];
        char *cells[] = {
            xstrdup(tm_direction_to_string(r->direction)),
            xasprintf("%"PRIu16, r->priority),
            xstrdup(tm_action_to_string(r->action)),
            xstrdup(tm_ip_to_string(r->ip)),
            xstrdup(tm_protocol_to_string(r->protocol)),
            format_cidr(r->has_src, &r->src),
            format_ports(&r->sport),
            format_cidr(r->has_dst, &r->dst),
            format_ports(&r->dport),
            xstrdup(r->description),
        };

        tm_ctl_table_row(&t, cells);
    }
    tm_ctl_table_uninit(&t);
}

const struct ctl_command_syntax tm_ctl_rule_commands[] = {
    {"rule-add", 4, INT_MAX, "FILTER DIRECTION PRIORITY ACTION [KEY=VALUE]...",
     tm_ctl_pre_change, cmd_rule_add, NULL, "--may-exist", RW},
    {"rule-set", 4, INT_MAX, "FILTER DIRECTION PRIORITY KEY=VALUE...",
     tm_ctl_pre_change, cmd_rule_set, NULL, "", RW},
    {"rule-del", 1, 3, "FILTER [DIRECTION [PRIORITY]]",
     tm_ctl_pre_change, cmd_rule_del, NULL, "--if-exists", RW},
    {"rule-list", 1, 1, "FILTER",
     tm_ctl_pre_change, cmd_rule_list, NULL, "--columns=", RO},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
