/* SPDX-License-Identifier: Apache-2.0 */
/* show.c
 *
 * The store for people.  Objects are sorted by name, then UUID, so that two
 * daemons that believe the same print the same. */

#include <config.h>

#include "lib/store/store-internal.h"

#include "lib/text.h"
#include "lib/validate.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb-idl.h"
#include "util.h"

static void
show_state(const struct tm_store *store, struct ds *ds)
{
    if (!store->idl) {
        ds_put_cstr(ds, "database: no remote is set\n");
        return;
    }
    ds_put_format(ds, "database: %s\n  connection: ", store->remote);
    if (tm_store_can_write(store)) {
        ds_put_cstr(ds, "connected\n");
        return;
    }

    int error = ovsdb_idl_get_last_error(store->idl);
    if (ovsdb_idl_is_connected(store->idl)
        || (store->reached && !store->whole)) {
        /* The IDL drops the connection and tries the next server. */
        ds_put_cstr(ds, "the server answers, but sends no contents (has it a "
                    "database Traffic_Mirror?); trying again");
    } else {
        ds_put_cstr(ds, "not connected, trying again");
    }
    if (error) {
        ds_put_format(ds, "; last error: %s", ovs_retval_to_string(error));
    }
    ds_put_char(ds, '\n');
}

void
tm_store_show_connection(const struct tm_store *store, struct ds *ds)
{
    const struct tm_model *model = &store->model;
    const char *error = tm_reporter_error(store->reporter);

    show_state(store, ds);
    if (!store->ready) {
        ds_put_cstr(ds, "  contents: never arrived\n");
        return;
    }
    ds_put_format(ds, "  contents: %"PRIuSIZE" filters, %"PRIuSIZE" sessions, "
                  "%"PRIuSIZE" interfaces, %"PRIuSIZE" load balancers, "
                  "nb_cfg %"PRId64"%s\n",
                  hmap_count(&model->filters), hmap_count(&model->sessions),
                  hmap_count(&model->enis), hmap_count(&model->lbs),
                  store->nb_cfg,
                  store->whole ? "" : " (of the former remote)");
    ds_put_format(ds, "  reports: %s\n", tm_reporter_state(store->reporter));
    if (error) {
        ds_put_format(ds, "  problem: %s\n", error);
    }
}

/* Something to print, in its place. */
struct entry {
    const char *name;
    const struct uuid *uuid;
    const void *object;
};

static int
compare_entries(const void *a_, const void *b_)
{
    const struct entry *a = a_;
    const struct entry *b = b_;
    int cmp = strcmp(a->name, b->name);

    return cmp ? cmp : uuid_compare_3way(a->uuid, b->uuid);
}

/* Calls 'SHOW' for the objects 'struct TYPE' of 'hmap', sorted. */
#define SHOW_ALL(TYPE, HMAP, SHOW)                                          \
    do {                                                                    \
        struct entry *entries = xmalloc((hmap_count(HMAP) + 1)              \
                                        * sizeof *entries);                 \
        const struct TYPE *object;                                          \
        size_t n = 0;                                                       \
                                                                            \
        HMAP_FOR_EACH (object, node, HMAP) {                                \
            entries[n++] = (struct entry) {                                 \
                object->name, &object->uuid, object                         \
            };                                                              \
        }                                                                   \
        qsort(entries, n, sizeof *entries, compare_entries);                \
        for (size_t i = 0; i < n; i++) {                                    \
            SHOW(model, entries[i].object, ds);                             \
        }                                                                   \
        free(entries);                                                      \
    } while (0)

/* Text from a row: as it is, unless it could steer a terminal or break the
 * line. */
static void
show_text(const char *s, struct ds *ds)
{
    for (const char *p = s; *p; p++) {
        if ((unsigned char) *p < ' ' || *p == 0x7f) {
            tm_quote_to(s, ds);
            return;
        }
    }
    ds_put_cstr(ds, s);
}

static void
show_title(const char *kind, const char *name, const struct uuid *uuid,
           struct ds *ds)
{
    ds_put_format(ds, "%s ", kind);
    show_text(name, ds);
    ds_put_format(ds, " ("UUID_FMT")\n", UUID_ARGS(uuid));
}

static void
show_side(const char *side, const struct tm_cidr *cidr,
          const struct tm_port_range *ports, struct ds *ds)
{
    ds_put_format(ds, " %s ", side);
    if (cidr) {
        tm_cidr_format(cidr, ds);
    } else {
        ds_put_cstr(ds, "any");
    }
    if (!tm_port_range_is_any(ports)) {
        ds_put_cstr(ds, " ports ");
        tm_port_range_format(ports, ds);
    }
}

static void
show_filter(const struct tm_model *model OVS_UNUSED,
            const struct tm_filter *filter, struct ds *ds)
{
    show_title("filter", filter->name, &filter->uuid, ds);
    for (size_t i = 0; i < filter->n_rules; i++) {
        const struct tm_rule *rule = &filter->rules[i];

        ds_put_format(ds, "  rule "UUID_FMT": %s %d %s %s %s",
                      UUID_ARGS(&rule->uuid),
                      tm_direction_to_string(rule->direction), rule->priority,
                      tm_action_to_string(rule->action),
                      tm_ip_to_string(rule->ip),
                      tm_protocol_to_string(rule->protocol));
        show_side("src", rule->has_src ? &rule->src : NULL, &rule->sport, ds);
        show_side("dst", rule->has_dst ? &rule->dst : NULL, &rule->dport, ds);
        ds_put_char(ds, '\n');
    }
}

/* The name of the ENI 'uuid', or its UUID. */
static void
show_eni_name(const struct tm_model *model, const struct uuid *uuid,
              struct ds *ds)
{
    const struct tm_eni *eni = tm_model_get_eni(model, uuid);

    if (eni) {
        show_text(eni->name, ds);
    } else {
        ds_put_format(ds, UUID_FMT, UUID_ARGS(uuid));
    }
}

static void
show_target(const struct tm_model *model, const struct tm_session *session,
            struct ds *ds)
{
    switch (session->target_type) {
    case TM_TARGET_ENI:
        ds_put_cstr(ds, "eni:");
        show_eni_name(model, &session->target, ds);
        break;

    case TM_TARGET_ELB: {
        const struct tm_lb *lb = tm_model_get_lb(model, &session->target);

        ds_put_cstr(ds, "elb:");
        show_text(lb ? lb->name : "none", ds);
        break;
    }

    case TM_TARGET_IP:
        ds_put_cstr(ds, "ip:");
        if (session->target_addr.ip) {
            tm_addr_format(&session->target_addr, ds);
        } else {
            ds_put_cstr(ds, "none");
        }
        break;
    }
}

static void
show_session(const struct tm_model *model, const struct tm_session *session,
             struct ds *ds)
{
    const struct tm_filter *filter
        = tm_model_get_filter(model, &session->filter);

    show_title("session", session->name, &session->uuid, ds);
    ds_put_format(ds, "  priority %d, %s%s, vni %"PRIu32", ",
                  session->priority,
                  session->enabled ? "enabled" : "disabled",
                  session->usable ? "" : ", not usable", session->vni);
    if (session->packet_length) {
        ds_put_format(ds, "packet length %"PRIu32", ",
                      session->packet_length);
    }
    ds_put_cstr(ds, "target ");
    show_target(model, session, ds);
    ds_put_cstr(ds, "\n  filter ");
    show_text(filter ? filter->name : "none", ds);
    ds_put_char(ds, '\n');
    for (size_t i = 0; i < session->n_sources; i++) {
        const struct tm_source *source = &session->sources[i];

        ds_put_cstr(ds, "  source ");
        show_eni_name(model, &source->eni, ds);
        ds_put_format(ds, " ("UUID_FMT")\n", UUID_ARGS(&source->uuid));
    }
}

static void
show_addresses(const char *title, const struct tm_addr *addrs, size_t n,
               struct ds *ds)
{
    if (n) {
        ds_put_format(ds, "  %s", title);
        for (size_t i = 0; i < n; i++) {
            ds_put_char(ds, ' ');
            tm_addr_format(&addrs[i], ds);
        }
        ds_put_char(ds, '\n');
    }
}

static void
show_eni(const struct tm_model *model OVS_UNUSED, const struct tm_eni *eni,
         struct ds *ds)
{
    show_title("interface", eni->name, &eni->uuid, ds);
    if (eni->n_macs) {
        ds_put_cstr(ds, "  macs");
        for (size_t i = 0; i < eni->n_macs; i++) {
            ds_put_format(ds, " "ETH_ADDR_FMT, ETH_ADDR_ARGS(eni->macs[i]));
        }
        ds_put_char(ds, '\n');
    }
    show_addresses("addresses", eni->addresses, eni->n_addresses, ds);
    if (eni->instance[0]) {
        ds_put_cstr(ds, "  instance ");
        show_text(eni->instance, ds);
        ds_put_char(ds, '\n');
    }
    if (eni->vpc[0]) {
        ds_put_cstr(ds, "  vpc ");
        show_text(eni->vpc, ds);
        ds_put_char(ds, '\n');
    }
    if (eni->mtu) {
        ds_put_format(ds, "  mtu %"PRIu32"\n", eni->mtu);
    }
    if (!eni->mirroring_supported) {
        ds_put_cstr(ds, "  does not support mirroring\n");
    }
}

static void
show_lb(const struct tm_model *model OVS_UNUSED, const struct tm_lb *lb,
        struct ds *ds)
{
    show_title("load balancer", lb->name, &lb->uuid, ds);
    show_addresses("vip", &lb->vip, lb->has_vip ? 1 : 0, ds);
    show_addresses("members", lb->members, lb->n_members, ds);
}

void
tm_store_show_model(const struct tm_store *store, struct ds *ds)
{
    const struct tm_model *model = &store->model;

    SHOW_ALL(tm_filter, &model->filters, show_filter);
    SHOW_ALL(tm_session, &model->sessions, show_session);
    SHOW_ALL(tm_eni, &model->enis, show_eni);
    SHOW_ALL(tm_lb, &model->lbs, show_lb);
}

static void
collect_problems(const struct tm_problems *problems, struct sset *lines)
{
    for (size_t i = 0; i < problems->n; i++) {
        const struct tm_problem *p = &problems->p[i];

        sset_add_and_free(lines, xasprintf("%s "UUID_FMT": %s", p->table,
                                           UUID_ARGS(&p->row), p->text));
    }
}

void
tm_store_show_problems(const struct tm_store *store, struct ds *ds)
{
    const struct tm_model *model = &store->model;
    struct sset lines = SSET_INITIALIZER(&lines);
    const char *error = tm_reporter_error(store->reporter);
    struct tm_problems excess;

    collect_problems(&model->quota_problems, &lines);
    tm_problems_init(&excess);
    tm_validate_model(model, &excess);
    collect_problems(&excess, &lines);
    tm_problems_uninit(&excess);

    const struct tm_filter *filter;
    HMAP_FOR_EACH (filter, node, &model->filters) {
        collect_problems(&filter->problems, &lines);
    }
    const struct tm_session *session;
    HMAP_FOR_EACH (session, node, &model->sessions) {
        collect_problems(&session->problems, &lines);
    }
    const struct tm_eni *eni;
    HMAP_FOR_EACH (eni, node, &model->enis) {
        collect_problems(&eni->problems, &lines);
    }
    const struct tm_lb *lb;
    HMAP_FOR_EACH (lb, node, &model->lbs) {
        collect_problems(&lb->problems, &lines);
    }
    if (error) {
        sset_add_and_free(&lines,
                          xasprintf("Agent %s: %s",
                                    tm_reporter_name(store->reporter),
                                    error));
    }

    const char **sorted = sset_sort(&lines);
    for (size_t i = 0; i < sset_count(&lines); i++) {
        ds_put_format(ds, "%s\n", sorted[i]);
    }
    free(sorted);
    sset_destroy(&lines);
}
