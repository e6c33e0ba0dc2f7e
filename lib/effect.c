/* SPDX-License-Identifier: Apache-2.0 */
/* effect.c
 *
 * For each ENI and direction the sessions and rules of a model are walked in
 * the order of matching.  What an accept rule matches, less what all rules
 * before it do, is copied by its session: the union of these sets is what the
 * session copies.  Two models are compared session by session.  If a session
 * sends elsewhere afterwards, all that it copied stops and all that it copies
 * starts; else it is the difference of the sets, in either direction.
 *
 * What counts as being in force is what a node would mirror, as far as the
 * model alone says: no ENI that may not be a source, no session without an
 * address to send to.
 *
 * Most ENIs are not touched by a change, which is found out by comparing their
 * sessions and filters; only for the others are sets computed. */

#include <config.h>

#include "lib/effect.h"

#include <stdlib.h>
#include <string.h>

#include "lib/model-private.h"
#include "lib/text.h"
#include "lib/validate.h"
#include "openvswitch/dynamic-string.h"
#include "smap.h"
#include "sset.h"
#include "util.h"

/* Sets of packets that are listed for one source and session. */
#define SETS_MAX 5
/* Members of a load balancer that are named. */
#define MEMBERS_MAX 8

/* A session at one ENI. */
struct hop {
    const struct tm_session *session;
    const struct tm_filter *filter;
    char *key, *where;          /* Where to: the key compares, the other is
                                 * for people. */
    struct tm_space packets;    /* What it copies. */
};

/* The sessions in force at one ENI, in the order of matching. */
struct chain {
    struct hop *hops;
    size_t n;
};

/* The addresses that copies of 'session' go to: the members of a load balancer
 * that spreads them, but at most 'max', or the one or two that a node chooses
 * from by the IP version that it can send. */
static void
put_addresses(const struct tm_model *model, const struct tm_session *session,
              size_t max, struct ds *ds)
{
    const struct tm_lb *lb = (session->target_type == TM_TARGET_ELB
                              ? tm_model_get_lb(model, &session->target)
                              : NULL);
    struct tm_addr addr, addr6;

    if (lb && lb->n_members) {
        for (size_t i = 0; i < MIN(lb->n_members, max); i++) {
            ds_put_cstr(ds, i ? ", " : "");
            tm_addr_format(&lb->members[i], ds);
        }
        if (lb->n_members > max) {
            ds_put_format(ds, " and %"PRIuSIZE" more", lb->n_members - max);
        }
        return;
    }
    free(tm_model_target_address(model, session, TM_IPV4, &addr));
    free(tm_model_target_address(model, session, TM_IPV6, &addr6));
    tm_addr_format(&addr, ds);
    if (!tm_addr_equal(&addr, &addr6)) {
        ds_put_cstr(ds, " or ");
        tm_addr_format(&addr6, ds);
    }
}

static void
put_encap(const struct tm_session *session, struct ds *ds)
{
    ds_put_format(ds, ", vni %"PRIu32, session->vni);
    if (session->packet_length) {
        ds_put_format(ds, ", packet length %"PRIu32, session->packet_length);
    }
}

/* A string that differs if copies of 'session' go elsewhere or in another
 * form. */
static char *
make_key(const struct tm_model *model, const struct tm_session *session)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    put_addresses(model, session, SIZE_MAX, &ds);
    put_encap(session, &ds);
    return ds_steal_cstr(&ds);
}

/* The same for people. */
static char *
describe(const struct tm_model *model, const struct tm_session *session)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    const struct tm_eni *eni;
    const struct tm_lb *lb;

    switch (session->target_type) {
    case TM_TARGET_ENI:
        eni = tm_model_get_eni(model, &session->target);
        ds_put_cstr(&ds, "eni:");
        tm_name_to(eni ? eni->name : "", &ds);
        ds_put_cstr(&ds, " at ");
        break;

    case TM_TARGET_ELB:
        lb = tm_model_get_lb(model, &session->target);
        ds_put_cstr(&ds, "elb:");
        tm_name_to(lb ? lb->name : "", &ds);
        ds_put_cstr(&ds, lb && lb->n_members ? " over " : " at ");
        break;

    case TM_TARGET_IP:
        ds_put_cstr(&ds, "ip:");
        break;
    }
    put_addresses(model, session, MEMBERS_MAX, &ds);
    put_encap(session, &ds);
    return ds_steal_cstr(&ds);
}

static bool
may_be_source(const struct tm_model *model, const struct tm_eni *eni)
{
    struct tm_problems problems;
    char *reason;
    bool ok;

    tm_problems_init(&problems);
    ok = tm_validate_source(model, eni, &problems, &reason);
    tm_problems_uninit(&problems);
    free(reason);
    return ok;
}

static void
chain_init(struct chain *chain, const struct tm_model *model,
           const char *eni_name)
{
    const struct tm_eni *eni = tm_model_get_eni_by_name(model, eni_name);
    const struct tm_session **sessions;
    size_t n;

    chain->hops = NULL;
    chain->n = 0;
    if (!eni || !may_be_source(model, eni)) {
        return;
    }
    n = tm_model_sessions_of(model, &eni->uuid, &sessions);
    chain->hops = xcalloc(n + 1, sizeof *chain->hops);
    for (size_t i = 0; i < n; i++) {
        const struct tm_session *session = sessions[i];
        const struct tm_filter *filter = tm_model_get_filter(model,
                                                             &session->filter);
        struct tm_addr addr;
        char *error = tm_model_target_address(model, session, 0, &addr);

        if (filter && !error) {
            struct hop *hop = &chain->hops[chain->n++];

            hop->session = session;
            hop->filter = filter;
            hop->key = make_key(model, session);
            hop->where = describe(model, session);
            tm_space_init(&hop->packets);
        }
        free(error);
    }
    free(sessions);
}

static void
chain_uninit(struct chain *chain)
{
    for (size_t i = 0; i < chain->n; i++) {
        free(chain->hops[i].key);
        free(chain->hops[i].where);
        tm_space_uninit(&chain->hops[i].packets);
    }
    free(chain->hops);
}

/* True if the two copy the same in every direction; false if they might not.
 */
static bool
chain_is_same(const struct chain *a, const struct chain *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        const struct hop *x = &a->hops[i], *y = &b->hops[i];

        if (!uuid_equals(&x->session->uuid, &y->session->uuid)
            || strcmp(x->key, y->key)
            || !tm_filter_copies_equal(x->filter, y->filter)) {
            return false;
        }
    }
    return true;
}

/* Fills in what each session copies in 'direction'. */
static void
chain_run(struct chain *chain, enum tm_direction direction)
{
    struct tm_box *boxes = NULL;        /* Of all rules so far. */
    size_t n = 0, allocated = 0;

    for (size_t i = 0; i < chain->n; i++) {
        struct hop *hop = &chain->hops[i];

        tm_space_uninit(&hop->packets);
        tm_space_init(&hop->packets);
        for (size_t j = 0; j < hop->filter->n_rules; j++) {
            const struct tm_rule *rule = &hop->filter->rules[j];
            struct tm_space rest;

            if (rule->direction != direction) {
                continue;
            }
            if (n >= allocated) {
                boxes = x2nrealloc(boxes, &allocated, sizeof *boxes);
            }
            tm_box_from_rule(rule, &boxes[n]);
            if (rule->action == TM_ACCEPT) {
                tm_space_init(&rest);
                tm_space_add(&rest, &boxes[n]);
                for (size_t k = 0; k < n; k++) {
                    tm_space_subtract(&rest, &boxes[k]);
                }
                tm_space_add_space(&hop->packets, &rest);
                tm_space_uninit(&rest);
            }
            n++;
        }
    }
    free(boxes);
}

static const struct hop *
find_hop(const struct chain *chain, const struct uuid *session)
{
    for (size_t i = 0; i < chain->n; i++) {
        if (uuid_equals(&chain->hops[i].session->uuid, session)) {
            return &chain->hops[i];
        }
    }
    return NULL;
}

/* What is compared. */
struct comparison {
    struct tm_effects *effects;
    const char *eni;
    enum tm_direction direction;
};

/* Adds what 'hop' copies and its counterpart in 'others' does not. */
static void
add_effect(const struct comparison *c, const struct hop *hop,
           const struct chain *others, bool starts)
{
    const struct hop *other = find_hop(others, &hop->session->uuid);
    struct tm_effects *effects = c->effects;
    struct tm_effect *e;
    struct tm_space packets;

    tm_space_clone(&packets, &hop->packets);
    if (other && !strcmp(other->key, hop->key)) {
        tm_space_subtract_space(&packets, &other->packets);
    }
    if (tm_space_is_empty(&packets)) {
        tm_space_uninit(&packets);
        return;
    }
    tm_space_simplify(&packets);
    if (effects->n >= effects->allocated) {
        effects->e = x2nrealloc(effects->e, &effects->allocated,
                                sizeof *effects->e);
    }
    e = &effects->e[effects->n++];
    e->eni = xstrdup(c->eni);
    e->direction = c->direction;
    e->session = hop->session->uuid;
    e->session_name = xstrdup(hop->session->name);
    e->starts = starts;
    e->where = xstrdup(hop->where);
    e->packets = packets;
}

static void
compare_eni(struct tm_effects *effects, const char *eni,
            const struct tm_model *before, const struct tm_model *after)
{
    struct chain old, new;

    chain_init(&old, before, eni);
    chain_init(&new, after, eni);
    if (!chain_is_same(&old, &new)) {
        for (int d = TM_IN; d <= TM_OUT; d++) {
            struct comparison c = { effects, eni, d };

            chain_run(&old, d);
            chain_run(&new, d);
            for (size_t i = 0; i < new.n; i++) {
                add_effect(&c, &new.hops[i], &old, true);
            }
            for (size_t i = 0; i < old.n; i++) {
                add_effect(&c, &old.hops[i], &new, false);
            }
        }
    }
    chain_uninit(&old);
    chain_uninit(&new);
}

static void
add_source_names(const struct tm_model *model, struct sset *names)
{
    const struct tm_session *session;

    HMAP_FOR_EACH (session, node, &model->sessions) {
        for (size_t i = 0; i < session->n_sources; i++) {
            const struct tm_eni *eni
                = tm_model_get_eni(model, &session->sources[i].eni);

            if (eni) {
                sset_add(names, eni->name);
            }
        }
    }
}

void
tm_effects_init(struct tm_effects *effects, const struct tm_model *before,
                const struct tm_model *after)
{
    struct sset names = SSET_INITIALIZER(&names);
    const char **sorted;

    memset(effects, 0, sizeof *effects);
    add_source_names(before, &names);
    add_source_names(after, &names);
    sorted = sset_sort(&names);
    for (size_t i = 0; sorted[i]; i++) {
        compare_eni(effects, sorted[i], before, after);
    }
    free(sorted);
    sset_destroy(&names);
}

void
tm_effects_uninit(struct tm_effects *effects)
{
    for (size_t i = 0; i < effects->n; i++) {
        struct tm_effect *e = &effects->e[i];

        free(e->eni);
        free(e->session_name);
        free(e->where);
        tm_space_uninit(&e->packets);
    }
    free(effects->e);
}

/* "vm1 on hv1, inbound: ". */
static void
put_place(const struct tm_effect *e, const struct smap *nodes, struct ds *ds)
{
    const char *node = smap_get(nodes, e->eni);

    tm_name_to(e->eni, ds);
    if (node) {
        ds_put_cstr(ds, " on ");
        tm_name_to(node, ds);
    } else {
        ds_put_cstr(ds, " (on no node)");
    }
    ds_put_format(ds, ", %s: ", tm_direction_to_adjective(e->direction));
}

static void
format_effect(const struct tm_effect *e, const struct smap *nodes,
              struct ds *ds)
{
    size_t listed = MIN(e->packets.n, SETS_MAX);

    for (size_t i = 0; i < listed; i++) {
        put_place(e, nodes, ds);
        ds_put_format(ds, "%s copying ", e->starts ? "starts" : "stops");
        tm_box_format(&e->packets.boxes[i], ds);
        ds_put_cstr(ds, " by session ");
        tm_quote_to(e->session_name, ds);
        ds_put_format(ds, " to %s\n", e->where);
    }
    if (e->packets.n > listed) {
        size_t more = e->packets.n - listed;

        ds_put_format(ds, "  and %"PRIuSIZE" more set%s of packets\n", more,
                      more == 1 ? "" : "s");
    }
}

/* True if an effect before number 'i' says that it is not known what changes
 * for its session: what starts is not known where what stops is not. */
static bool
is_repetition(const struct tm_effects *effects, size_t i)
{
    const struct tm_effect *e = &effects->e[i];

    while (i-- > 0) {
        const struct tm_effect *other = &effects->e[i];

        if (strcmp(other->eni, e->eni) || other->direction != e->direction) {
            return false;
        } else if (other->packets.unknown
                   && uuid_equals(&other->session, &e->session)) {
            return true;
        }
    }
    return false;
}

void
tm_effects_format(const struct tm_effects *effects, const struct smap *nodes,
                  struct ds *ds)
{
    if (!effects->n) {
        ds_put_cstr(ds, "no source would start or stop copying anything\n");
    }
    for (size_t i = 0; i < effects->n; i++) {
        const struct tm_effect *e = &effects->e[i];

        if (!e->packets.unknown) {
            format_effect(e, nodes, ds);
        } else if (!is_repetition(effects, i)) {
            put_place(e, nodes, ds);
            ds_put_cstr(ds, "may change what session ");
            tm_quote_to(e->session_name, ds);
            ds_put_cstr(ds, " copies, in too many pieces to list\n");
        }
    }
}
