/* SPDX-License-Identifier: Apache-2.0 */
/* test-effect-random.c
 *
 * What a change does to copies: a packet is in a set that starts or stops
 * exactly when match.c judges it in another way before and after, for random
 * changes of random models. */

#include <config.h>

#include "tests/unit/test-space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/effect.h"
#include "lib/validate.h"
#include "random.h"
#include "util.h"

#define N_FILTERS 3
#define N_SESSIONS 5
#define N_ENIS 4

static void
change_target(struct tm_session *s)
{
    static const enum tm_target_type types[] = {
        TM_TARGET_IP, TM_TARGET_IP, TM_TARGET_ENI, TM_TARGET_ELB,
    };

    s->target_type = types[random_range(ARRAY_SIZE(types))];
    if (s->target_type == TM_TARGET_IP) {
        s->target_addr = t_addr(t_one_in(2) ? "10.9.9.9" : "10.9.9.8");
    } else if (s->target_type == TM_TARGET_ENI) {
        s->target = t_uuid(T_ENI, N_ENIS - 1 - random_range(2));
    } else {
        s->target = t_uuid(T_LB, 0);
    }
}

/* Changes a session, which is as t_session() makes it if it is new. */
static void
change_session(struct tm_model *m)
{
    unsigned int n = random_range(N_SESSIONS);
    const struct uuid uuid = t_uuid(T_SESSION, n);
    const struct tm_session *old = tm_model_get_session(m, &uuid);
    struct tm_session *s = (old ? tm_session_clone(old)
                            : t_session(n, 1 + n, random_range(N_FILTERS)));

    switch (random_range(8)) {
    case 0:
        s->enabled = !s->enabled;
        break;
    case 1:
        s->priority = 1 + random_range(5);
        break;
    case 2:
        s->filter = t_uuid(T_FILTER, random_range(N_FILTERS));
        break;
    case 3:
        change_target(s);
        break;
    case 4:
        s->vni = random_range(2);
        break;
    case 5:
        s->packet_length = random_range(2);
        break;
    default:
        if (s->n_sources && t_one_in(3)) {
            s->n_sources--;
        } else {
            t_add_source(s, random_range(N_ENIS - 1));
        }
        break;
    }
    tm_model_put_session(m, s, NULL);
}

static void
change_other(struct tm_model *m)
{
    static const char *const addrs[] = { NULL, "10.9.9.9", "10.9.9.7" };
    const char *addr = addrs[random_range(ARRAY_SIZE(addrs))];
    struct tm_eni *eni;

    switch (random_range(4)) {
    case 0:
        eni = t_eni(random_range(N_ENIS), addr);
        eni->mirroring_supported = !t_one_in(8);
        tm_model_put_eni(m, eni, NULL);
        break;
    case 1:
        tm_model_put_lb(m, t_lb(0, addr, t_one_in(2) ? NULL : "10.9.9.6"),
                        NULL);
        break;
    default:
        tm_model_put_filter(m, t_random_filter(random_range(N_FILTERS), 4),
                            NULL);
        break;
    }
}

static void
change(struct tm_model *m)
{
    if (t_one_in(2)) {
        change_session(m);
    } else {
        change_other(m);
    }
}

static void
random_model(struct tm_model *m)
{
    tm_model_init(m);
    for (unsigned int i = 0; i < N_ENIS; i++) {
        tm_model_put_eni(m, t_eni(i, NULL), NULL);
    }
    for (unsigned int i = 0; i < N_FILTERS; i++) {
        tm_model_put_filter(m, t_random_filter(i, 4), NULL);
    }
    for (int i = 0; i < 60; i++) {
        change(m);
    }
}

/* Where a packet goes, as match.c judges: the session, or NULL.  What is no
 * source by itself match.c does not ask. */
struct verdict {
    const struct tm_session *session;
    struct tm_addr target;
};

static void
judge(const struct tm_model *model, unsigned int eni,
      enum tm_direction direction, const struct tm_packet *pkt,
      struct verdict *v)
{
    const struct uuid uuid = t_uuid(T_ENI, eni);
    struct tm_problems problems;
    struct tm_decision d;
    char *reason;

    memset(v, 0, sizeof *v);
    tm_problems_init(&problems);
    tm_validate_source(model, tm_model_get_eni(model, &uuid), &problems,
                       &reason);
    tm_problems_uninit(&problems);
    if (!reason) {
        tm_match(model, &uuid, direction, pkt, false, &d);
        if (d.copied) {
            v->session = d.session;
            free(tm_model_target_address(model, d.session, 0, &v->target));
        }
        tm_decision_uninit(&d);
    }
    free(reason);
}

static bool
verdicts_equal(const struct verdict *a, const struct verdict *b)
{
    return (!a->session || !b->session
            ? a->session == b->session
            : uuid_equals(&a->session->uuid, &b->session->uuid)
              && tm_addr_equal(&a->target, &b->target)
              && a->session->vni == b->session->vni
              && a->session->packet_length == b->session->packet_length);
}

/* True if 'pkt' is in exactly one set of 'effects' that starts (stops) and
 * belongs to 'session', or in none of any session if that is NULL. */
static bool
is_in(const struct tm_effects *effects, unsigned int eni,
      const struct tm_effect *like, const struct tm_packet *pkt)
{
    char name[] = { 'e', '0' + eni, '\0' };
    size_t n = 0;
    bool ok = true;

    for (size_t i = 0; i < effects->n; i++) {
        const struct tm_effect *e = &effects->e[i];

        if (!strcmp(e->eni, name) && e->direction == like->direction
            && e->starts == like->starts
            && tm_space_contains(&e->packets, pkt)) {
            ok &= uuid_equals(&e->session, &like->session);
            n++;
        }
    }
    return ok && n == !uuid_is_zero(&like->session);
}

/* Two models, and what is said of them. */
struct pair {
    struct tm_model before, after;
    struct tm_effects effects;
};

static bool
packet_is_right(const struct pair *pair, unsigned int eni,
                enum tm_direction direction, const struct tm_packet *pkt)
{
    struct tm_effect starts = { .direction = direction, .starts = true };
    struct tm_effect stops = { .direction = direction };
    struct verdict old, new;

    judge(&pair->before, eni, direction, pkt, &old);
    judge(&pair->after, eni, direction, pkt, &new);
    if (!verdicts_equal(&old, &new)) {
        starts.session = new.session ? new.session->uuid : UUID_ZERO;
        stops.session = old.session ? old.session->uuid : UUID_ZERO;
    }
    return (is_in(&pair->effects, eni, &starts, pkt)
            && is_in(&pair->effects, eni, &stops, pkt));
}

/* Random packets at the corners of all rules of both models. */
static bool
corners_are_right(const struct pair *pair, enum tm_ip ip)
{
    const struct tm_model *models[] = { &pair->before, &pair->after };
    struct t_corners corners;
    bool ok = true;

    t_corners_init(&corners, ip, true);
    for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
        const struct tm_filter *f;

        HMAP_FOR_EACH (f, node, &models[i]->filters) {
            for (size_t j = 0; j < f->n_rules; j++) {
                t_corners_add(&corners, &f->rules[j]);
            }
        }
    }
    for (int i = 0; i < 100 && ok; i++) {
        struct tm_packet pkt
            = t_corners_packet(&corners, random_uint32()
                                         % t_corners_n(&corners));

        for (unsigned int eni = 0; eni < N_ENIS; eni++) {
            ok = ok && packet_is_right(pair, eni, TM_IN, &pkt)
                 && packet_is_right(pair, eni, TM_OUT, &pkt);
        }
    }
    t_corners_uninit(&corners);
    return ok;
}

static void
test_random(void)
{
    size_t n_effects = 0;
    int n_idle = 0;

    for (int i = 0; i < 300; i++) {
        struct pair pair;

        random_model(&pair.before);
        t_clone_model(&pair.after, &pair.before);
        for (int j = random_range(6); j >= 0; j--) {
            change(&pair.after);
        }
        tm_effects_init(&pair.effects, &pair.before, &pair.after);
        n_effects += pair.effects.n;
        n_idle += !pair.effects.n;
        CU_ASSERT(corners_are_right(&pair, TM_IPV4));
        CU_ASSERT(corners_are_right(&pair, TM_IPV6));
        tm_effects_uninit(&pair.effects);
        tm_model_uninit(&pair.before);
        tm_model_uninit(&pair.after);
    }
    /* Both kinds were seen. */
    CU_ASSERT(n_effects >= 100);
    CU_ASSERT(n_idle >= 20);
}

CU_TestInfo tm_test_effect_random[] = {
    { "random changes, packet by packet", test_random },
    CU_TEST_INFO_NULL
};
