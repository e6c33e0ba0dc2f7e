/* SPDX-License-Identifier: Apache-2.0 */
/* test-model-view.c
 *
 * Writes down what a model answers, with every member of every object that
 * copying can see.  A member that a view leaves out is one that a change may
 * forget to tell about without a test that fails. */

#include <config.h>

#include "tests/unit/test-model-view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/validate.h"
#include "tests/unit/test-lib.h"
#include "util.h"

const char *const view_names[3] = { "a", "b", "c" };

static const char *const packets[] = {
    "tcp 10.0.0.1 53 10.0.0.2 80",
    "tcp 10.0.1.1 53 10.0.0.2 85",
    "udp 10.0.1.1 53 10.0.0.2 53",
    "tcp 10.0.1.1 53 10.0.0.2 80 frag",
    "icmp6 ::1 0 2001:db8::1 0",
    "tcp ::1 53 ::2 80",
    "arp",
};

static void
put_problems(const struct tm_problems *problems, struct ds *ds)
{
    for (size_t i = 0; i < problems->n; i++) {
        ds_put_format(ds, "  problem %s "UUID_FMT" %s\n",
                      problems->p[i].table, UUID_ARGS(&problems->p[i].row),
                      problems->p[i].text);
    }
}

static void
put_addr(const struct tm_addr *addr, struct ds *ds)
{
    ds_put_char(ds, ' ');
    tm_addr_format(addr, ds);
}

static void
put_session(const struct tm_model *model, const struct tm_session *s,
            const struct uuid *eni, struct ds *ds)
{
    static const int prefer[] = { 0, TM_IPV4, TM_IPV6 };
    const struct tm_filter *f = tm_model_get_filter(model, &s->filter);
    struct tm_addr addr;

    ds_put_format(ds, "  s%u priority %d enabled %d usable %d filter %u vni "
                  "%u length %u", s->uuid.parts[0], s->priority, s->enabled,
                  s->usable, s->filter.parts[0], s->vni, s->packet_length);
    ds_put_format(ds, " in %d out %d",
                  f ? tm_filter_has_direction(f, TM_IN) : -1,
                  f ? tm_filter_has_direction(f, TM_OUT) : -1);
    ds_put_cstr(ds, " to");
    for (size_t i = 0; i < ARRAY_SIZE(prefer); i++) {
        char *why = tm_model_target_address(model, s, prefer[i], &addr);

        if (why) {
            ds_put_format(ds, " (%s)", why);
            free(why);
        } else {
            put_addr(&addr, ds);
        }
    }
    for (size_t i = 0; i < s->n_sources; i++) {
        if (uuid_equals(&s->sources[i].eni, eni)) {
            ds_put_format(ds, " row %u", s->sources[i].uuid.parts[0]);
        }
    }
    ds_put_char(ds, '\n');
    put_problems(&s->problems, ds);
}

static void
put_list(const struct tm_session **sessions, size_t n, struct ds *ds)
{
    for (size_t i = 0; i < n; i++) {
        ds_put_format(ds, " s%u", sessions[i]->uuid.parts[0]);
    }
    ds_put_char(ds, '\n');
    free(sessions);
}

static void
view_eni(const struct tm_model *model, const struct uuid *uuid, struct ds *ds)
{
    const struct tm_eni *eni = tm_model_get_eni(model, uuid);
    const struct tm_session **sessions;
    struct tm_problems problems;
    char *reason;
    size_t n;

    n = tm_model_sessions_of(model, uuid, &sessions);
    ds_put_cstr(ds, "live");
    put_list(sessions, n, ds);
    n = tm_model_all_sessions_of(model, uuid, &sessions);
    for (size_t i = 0; i < n; i++) {
        put_session(model, sessions[i], uuid, ds);
    }
    free(sessions);
    if (!eni) {
        return;
    }
    ds_put_format(ds, "%s mtu %u vpc %s instance %s", eni->name, eni->mtu,
                  eni->vpc, eni->instance);
    for (size_t i = 0; i < eni->n_macs; i++) {
        ds_put_format(ds, " "ETH_ADDR_FMT, ETH_ADDR_ARGS(eni->macs[i]));
    }
    for (size_t i = 0; i < eni->n_addresses; i++) {
        put_addr(&eni->addresses[i], ds);
    }
    if (!n) {
        /* What is no source is not asked about as one. */
        ds_put_char(ds, '\n');
        return;
    }
    tm_problems_init(&problems);
    if (!tm_validate_source(model, eni, &problems, &reason)) {
        ds_put_format(ds, " refused: %s", reason);
    }
    free(reason);
    ds_put_char(ds, '\n');
    put_problems(&problems, ds);
    tm_problems_uninit(&problems);
}

static void
view_decisions(const struct tm_model *model, const struct uuid *eni,
               struct ds *ds)
{
    for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
        struct tm_packet pkt = t_packet(packets[i]);

        for (int dir = TM_IN; dir <= TM_OUT; dir++) {
            struct tm_decision d;

            tm_match(model, eni, dir, &pkt, false, &d);
            if (d.session) {
                ds_put_format(ds, "s%u r%u %d, ", d.session->uuid.parts[0],
                              d.rule->uuid.parts[0], d.copied);
            } else {
                ds_put_cstr(ds, "none, ");
            }
            tm_decision_uninit(&d);
        }
    }
}

static void
view_filter(const struct tm_filter *f, struct ds *ds)
{
    for (size_t i = 0; f && i < f->n_rules; i++) {
        const struct tm_rule *r = &f->rules[i];

        ds_put_format(ds, "r%u %d %d %d %d %d %d:", r->uuid.parts[0],
                      r->direction, r->priority, r->action, r->ip,
                      r->protocol, r->has_src);
        if (r->has_src) {
            tm_cidr_format(&r->src, ds);
        }
        ds_put_format(ds, ":%d:", r->has_dst);
        if (r->has_dst) {
            tm_cidr_format(&r->dst, ds);
        }
        ds_put_format(ds, " %d-%d %d-%d\n", r->sport.lo, r->sport.hi,
                      r->dport.lo, r->dport.hi);
    }
}

static void
view_rest(const struct tm_model *model, struct ds *ds)
{
    const struct tm_session **sessions;
    size_t n;

    for (unsigned int i = 0; i < MAX(N_ENIS, N_LBS); i++) {
        const struct uuid eni = t_uuid(T_ENI, i);
        const struct uuid lb = t_uuid(T_LB, i);
        const struct uuid filter = t_uuid(T_FILTER, i);

        n = tm_model_sessions_to(model, &eni, &sessions);
        put_list(sessions, n, ds);
        n = tm_model_sessions_to(model, &lb, &sessions);
        put_list(sessions, n, ds);
        n = tm_model_sessions_with_filter(model, &filter, &sessions);
        put_list(sessions, n, ds);
    }
    for (size_t i = 0; i < ARRAY_SIZE(view_names); i++) {
        const struct tm_eni *eni;

        eni = tm_model_get_eni_by_name(model, view_names[i]);
        ds_put_format(ds, "%s %d\n", view_names[i],
                      eni ? (int) eni->uuid.parts[0] : -1);
    }
    ds_put_format(ds, "%"PRIuSIZE" %"PRIuSIZE" %"PRIuSIZE" %"PRIuSIZE
                  " %"PRIuSIZE"\n",
                  hmap_count(&model->filters), hmap_count(&model->sessions),
                  hmap_count(&model->enis), hmap_count(&model->enis_by_name),
                  hmap_count(&model->lbs));
    ds_put_format(ds, "%"PRIuSIZE" %"PRIuSIZE" %"PRIuSIZE"\n",
                  hmap_count(&model->sessions_by_eni),
                  hmap_count(&model->sessions_by_filter),
                  hmap_count(&model->sessions_by_target));
}

void
view_init(struct view *v, const struct tm_model *model)
{
    struct tm_addr *targets;
    size_t n;

    memset(v, 0, sizeof *v);
    for (unsigned int i = 0; i < N_ENIS; i++) {
        const struct uuid uuid = t_uuid(T_ENI, i);
        const struct tm_session **sessions;

        view_eni(model, &uuid, &v->enis[i]);
        view_decisions(model, &uuid, &v->decisions[i]);
        n = tm_model_sessions_of(model, &uuid, &sessions);
        for (size_t j = 0; j < n; j++) {
            v->filters_of[i] |= 1u << sessions[j]->filter.parts[0];
        }
        free(sessions);
    }
    for (unsigned int i = 0; i < N_FILTERS; i++) {
        const struct uuid uuid = t_uuid(T_FILTER, i);

        view_filter(tm_model_get_filter(model, &uuid), &v->filters[i]);
    }
    n = tm_model_target_addresses(model, &targets);
    for (size_t i = 0; i < n; i++) {
        put_addr(&targets[i], &v->targets);
    }
    free(targets);
    view_rest(model, &v->rest);
}

void
view_uninit(struct view *v)
{
    for (size_t i = 0; i < N_ENIS; i++) {
        ds_destroy(&v->enis[i]);
        ds_destroy(&v->decisions[i]);
    }
    for (size_t i = 0; i < N_FILTERS; i++) {
        ds_destroy(&v->filters[i]);
    }
    ds_destroy(&v->targets);
    ds_destroy(&v->rest);
}

static bool
same(struct ds *a, struct ds *b)
{
    return !strcmp(ds_cstr(a), ds_cstr(b));
}

bool
view_equal(struct view *a, struct view *b)
{
    bool ok = true;

    for (size_t i = 0; i < N_ENIS; i++) {
        ok &= t_text_is(ds_cstr(&a->enis[i]), ds_cstr(&b->enis[i]));
        ok &= t_text_is(ds_cstr(&a->decisions[i]), ds_cstr(&b->decisions[i]));
    }
    for (size_t i = 0; i < N_FILTERS; i++) {
        ok &= t_text_is(ds_cstr(&a->filters[i]), ds_cstr(&b->filters[i]));
    }
    ok &= t_text_is(ds_cstr(&a->targets), ds_cstr(&b->targets));
    ok &= t_text_is(ds_cstr(&a->rest), ds_cstr(&b->rest));
    return ok;
}

bool
view_is_told(struct view *old, struct view *new,
             const struct tm_dirty *dirty)
{
    unsigned int filters = 0;
    bool ok = true;

    for (unsigned int i = 0; i < N_FILTERS; i++) {
        const struct uuid uuid = t_uuid(T_FILTER, i);

        if (uuidset_contains(&dirty->filters, &uuid)) {
            filters |= 1u << i;
        } else if (!same(&old->filters[i], &new->filters[i])) {
            printf("\nf%u: not told:\n", i);
            ok = t_text_is(ds_cstr(&new->filters[i]),
                           ds_cstr(&old->filters[i]));
        }
    }
    for (unsigned int i = 0; i < N_ENIS; i++) {
        const struct uuid uuid = t_uuid(T_ENI, i);

        if (uuidset_contains(&dirty->enis, &uuid)) {
            continue;
        }
        if (!same(&old->enis[i], &new->enis[i])) {
            printf("\ne%u: not told:\n", i);
            ok = t_text_is(ds_cstr(&new->enis[i]), ds_cstr(&old->enis[i]));
        }
        if (!same(&old->decisions[i], &new->decisions[i])
            && !(filters & (old->filters_of[i] | new->filters_of[i]))) {
            printf("\ne%u: decisions: not told:\n", i);
            ok = t_text_is(ds_cstr(&new->decisions[i]),
                           ds_cstr(&old->decisions[i]));
        }
    }
    if (!dirty->targets && !same(&old->targets, &new->targets)) {
        printf("\ntargets: not told:\n");
        ok = t_text_is(ds_cstr(&new->targets), ds_cstr(&old->targets));
    }
    return ok;
}
