/* SPDX-License-Identifier: Apache-2.0 */
/* change-filter.c
 *
 * Filters and their rules.
 *
 * A column is written only if the object differs from the one that the row
 * made before: what a row says wrongly, and the object therefore lacks, stays
 * as it is until somebody gives that column a value.
 *
 * Two writers of rules of one filter collide in its column 'rules', which both
 * verify; a change of a rule touches that column only by the check.  A rule
 * that is changed is verified whole, since whether it is legal depends on all
 * of its columns; for one that is added, the quotas are. */

#include <config.h>

#include "lib/store/change.h"

#include <stdlib.h>
#include <string.h>

#include "lib/store/change-private.h"
#include "lib/store/from-row.h"
#include "lib/text.h"
#include "lib/validate.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "util.h"

/* Refreshes the filter in the model from 'row'. */
static void
reread_filter(struct tm_change *c, const struct tmrec_mirror_filter *row)
{
    tm_model_put_filter(&c->model, tm_filter_from_row(row), NULL);
}

/* Returns true if that changed anything. */
static bool
write_filter(const struct tmrec_mirror_filter *row, const struct tm_filter *f,
             const struct tm_filter *old)
{
    bool changed = !old;

    if (!old || strcmp(f->name, old->name)) {
        tmrec_mirror_filter_set_name(row, f->name);
        changed = true;
    }
    if (!old || strcmp(f->description, old->description)) {
        tmrec_mirror_filter_set_description(row, f->description);
        changed = true;
    }
    if (!old || strcmp(f->project, old->project)) {
        tmrec_mirror_filter_set_project(row, f->project);
        changed = true;
    }
    return changed;
}

char *
tm_change_put_filter(struct tm_change *c, struct tm_filter *f,
                     struct uuid *uuid)
{
    const struct tm_filter *old = NULL;
    const struct tmrec_mirror_filter *row = NULL;
    char *error;

    if (!uuid_is_zero(&f->uuid)) {
        row = tmrec_mirror_filter_get_for_uuid(c->idl, &f->uuid);
        old = tm_model_get_filter(&c->model, &f->uuid);
    }
    error = (!uuid_is_zero(&f->uuid) && !(row && old)
             ? tm_change_no_row("Mirror_Filter", &f->uuid)
             : tm_validate_change(&(struct tm_proposal) {
                   .model = &c->model, .kind = TM_FILTER,
                   .old = old, .new = f,
               }));
    if (error) {
        goto exit;
    }

    if (row) {
        tm_change_verify(&row->header_, &tmrec_table_mirror_filter);
    } else {
        struct uuid new;

        uuid_generate(&new);
        row = tmrec_mirror_filter_insert_persist_uuid(c->txn, &new);
        tmrec_mirror_filter_set_created_at(row, c->now);
    }
    if (write_filter(row, f, old)) {
        tmrec_mirror_filter_set_updated_at(row, c->now);
        tm_change_guard(c);
        reread_filter(c, row);
    }
    if (uuid) {
        *uuid = row->header_.uuid;
    }

exit:
    tm_filter_destroy(f);
    return error;
}

char *
tm_change_remove_filter(struct tm_change *c, const struct uuid *uuid)
{
    const struct tmrec_mirror_filter *row
        = tmrec_mirror_filter_get_for_uuid(c->idl, uuid);
    const struct tm_filter *old = tm_model_get_filter(&c->model, uuid);
    struct uuid copy = *uuid;
    char *error;

    if (!row || !old) {
        return tm_change_no_row("Mirror_Filter", uuid);
    }
    error = tm_validate_change(&(struct tm_proposal) {
        .model = &c->model, .kind = TM_FILTER, .old = old,
    });
    if (error) {
        return error;
    }

    tm_change_guard(c);
    for (size_t i = 0; i < row->n_rules; i++) {
        tm_change_drop(&row->rules[i]->header_);
    }
    tmrec_mirror_filter_delete(row);
    tm_model_remove_filter(&c->model, &copy, NULL);
    return NULL;
}

/* Rules. */

size_t
tm_change_find_rules(const struct tm_change *c, const struct uuid *filter,
                     int direction, int64_t priority, struct uuid **rulesp)
{
    const struct tmrec_mirror_filter *row
        = tmrec_mirror_filter_get_for_uuid(c->idl, filter);
    struct uuid *rules = NULL;
    size_t n = 0;

    if (row) {
        rules = xcalloc(row->n_rules + 1, sizeof *rules);
        for (size_t i = 0; i < row->n_rules; i++) {
            const struct tmrec_mirror_filter_rule *rule = row->rules[i];
            enum tm_direction d;

            if (direction
                && (!tm_direction_from_string(rule->direction, &d)
                    || (int) d != direction)) {
                continue;
            }
            if (!priority || rule->priority == priority) {
                rules[n++] = rule->header_.uuid;
            }
        }
    }
    *rulesp = rules;
    return n;
}

/* Judges 'rule', which is that of 'row', or new if that is NULL.  Counts rows:
 * also one that is wrong has its priority and takes its place. */
static char *
validate_rule(const struct tm_change *c,
              const struct tmrec_mirror_filter *filter,
              const struct tmrec_mirror_filter_rule *row,
              const struct tm_rule *rule)
{
    struct tm_rule old = { .direction = 0 };
    struct tm_proposal p = {
        .model = &c->model,
        .kind = TM_RULE,
        .new = rule,
        .filter = tm_model_get_filter(&c->model, &filter->header_.uuid),
    };

    if (row && tm_direction_from_string(row->direction, &old.direction)) {
        p.old = &old;
    }
    for (size_t i = 0; i < filter->n_rules; i++) {
        const struct tmrec_mirror_filter_rule *other = filter->rules[i];
        enum tm_direction direction;

        if (!uuid_equals(&other->header_.uuid, &rule->uuid)
            && tm_direction_from_string(other->direction, &direction)
            && direction == rule->direction) {
            p.n_others++;
            p.is_taken |= other->priority == rule->priority;
        }
    }
    return tm_validate_change(&p);
}

/* Writes all columns of 'row', which is new or verified whole. */
static void
write_rule(const struct tmrec_mirror_filter_rule *row, const struct tm_rule *r)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    tmrec_mirror_filter_rule_set_direction(
        row, tm_direction_to_string(r->direction));
    tmrec_mirror_filter_rule_set_priority(row, r->priority);
    tmrec_mirror_filter_rule_set_action(row, tm_action_to_string(r->action));
    tmrec_mirror_filter_rule_set_ethertype(row, tm_ip_to_string(r->ip));
    tmrec_mirror_filter_rule_set_protocol(
        row, tm_protocol_to_string(r->protocol));
    tmrec_mirror_filter_rule_set_description(row, r->description);

    if (r->has_src) {
        tm_cidr_format(&r->src, &s);
    }
    tmrec_mirror_filter_rule_set_src(row, r->has_src ? ds_cstr(&s) : NULL);

    ds_clear(&s);
    if (r->has_dst) {
        tm_cidr_format(&r->dst, &s);
    }
    tmrec_mirror_filter_rule_set_dst(row, r->has_dst ? ds_cstr(&s) : NULL);

    ds_clear(&s);
    tm_port_range_format(&r->sport, &s);
    tmrec_mirror_filter_rule_set_src_ports(row, s.length ? ds_cstr(&s) : NULL);

    ds_clear(&s);
    tm_port_range_format(&r->dport, &s);
    tmrec_mirror_filter_rule_set_dst_ports(row, s.length ? ds_cstr(&s) : NULL);
    ds_destroy(&s);
}

/* Makes 'rule' a member of 'filter'. */
static void
append_rule(const struct tmrec_mirror_filter *filter,
            const struct tmrec_mirror_filter_rule *rule)
{
    struct tmrec_mirror_filter_rule **rules
        = xmalloc((filter->n_rules + 1) * sizeof *rules);

    for (size_t i = 0; i < filter->n_rules; i++) {
        rules[i] = filter->rules[i];
    }
    rules[filter->n_rules] = CONST_CAST(struct tmrec_mirror_filter_rule *,
                                        rule);
    tmrec_mirror_filter_set_rules(filter, rules, filter->n_rules + 1);
    free(rules);
}

static bool
has_rule(const struct tmrec_mirror_filter *filter, const struct uuid *rule)
{
    for (size_t i = 0; i < filter->n_rules; i++) {
        if (uuid_equals(&filter->rules[i]->header_.uuid, rule)) {
            return true;
        }
    }
    return false;
}

char *
tm_change_put_rule(struct tm_change *c, const struct uuid *filter_uuid,
                   const struct tm_rule *rule, struct uuid *uuid)
{
    const struct tmrec_mirror_filter *filter
        = tmrec_mirror_filter_get_for_uuid(c->idl, filter_uuid);
    const struct tmrec_mirror_filter_rule *row = NULL;
    char *error;

    if (!filter) {
        return tm_change_no_row("Mirror_Filter", filter_uuid);
    }
    if (!uuid_is_zero(&rule->uuid)) {
        row = tmrec_mirror_filter_rule_get_for_uuid(c->idl, &rule->uuid);
        if (!row || !has_rule(filter, &rule->uuid)) {
            return tm_change_no_row("Mirror_Filter_Rule", &rule->uuid);
        }
    }
    error = validate_rule(c, filter, row, rule);
    if (error) {
        return error;
    }

    tm_change_verify(&filter->header_, &tmrec_table_mirror_filter);
    if (!row) {
        tm_change_verify_quotas(c);
    }
    if (row) {
        tm_change_verify(&row->header_, &tmrec_table_mirror_filter_rule);
    } else {
        struct uuid new;

        uuid_generate(&new);
        row = tmrec_mirror_filter_rule_insert_persist_uuid(c->txn, &new);
        tmrec_mirror_filter_rule_set_created_at(row, c->now);
        append_rule(filter, row);
    }
    write_rule(row, rule);
    tmrec_mirror_filter_rule_set_updated_at(row, c->now);
    tmrec_mirror_filter_set_updated_at(filter, c->now);
    if (uuid) {
        *uuid = row->header_.uuid;
    }
    reread_filter(c, filter);
    return NULL;
}

void
tm_change_remove_rule(struct tm_change *c, const struct uuid *filter_uuid,
                      const struct uuid *rule)
{
    const struct tmrec_mirror_filter *filter
        = tmrec_mirror_filter_get_for_uuid(c->idl, filter_uuid);
    const struct tmrec_mirror_filter_rule *removed = NULL;
    struct tmrec_mirror_filter_rule **rules;
    size_t n = 0;

    if (!filter || !has_rule(filter, rule)) {
        return;
    }
    tm_change_verify(&filter->header_, &tmrec_table_mirror_filter);
    rules = xmalloc(filter->n_rules * sizeof *rules);
    for (size_t i = 0; i < filter->n_rules; i++) {
        if (uuid_equals(&filter->rules[i]->header_.uuid, rule)) {
            removed = filter->rules[i];
        } else {
            rules[n++] = filter->rules[i];
        }
    }
    tmrec_mirror_filter_set_rules(filter, rules, n);
    tm_change_drop(&removed->header_);
    tmrec_mirror_filter_set_updated_at(filter, c->now);
    free(rules);
    reread_filter(c, filter);
}
