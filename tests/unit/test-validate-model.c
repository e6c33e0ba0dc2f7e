/* SPDX-License-Identifier: Apache-2.0 */
/* test-validate-model.c
 *
 * Constraints between objects: as the tools ask (may this session be written?)
 * and as the daemon asks (what is wrong about this source?). */

#include <config.h>

#include "tests/unit/test-lib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/validate.h"
#include "util.h"

/* ENIs 1 to 9 with addresses, 8 without one, 9 that does not support
 * mirroring; load balancer 1 with nothing, 2 with a VIP. */
static void
init_world(struct tm_model *model)
{
    tm_model_init(model);
    for (unsigned int i = 1; i <= 9; i++) {
        char *addr = xasprintf("10.0.0.%u", i);
        struct tm_eni *eni = t_eni(i, i == 8 ? NULL : addr);

        eni->mirroring_supported = i != 9;
        tm_model_put_eni(model, eni, NULL);
        free(addr);
    }
    tm_model_put_lb(model, t_lb(1, NULL, NULL), NULL);
    tm_model_put_lb(model, t_lb(2, "10.0.2.2", NULL), NULL);
    tm_model_put_lb(model, t_lb(3, "127.0.0.1", NULL), NULL);
    tm_model_put_filter(model, t_filter(1, NULL), NULL);
}

static void
put(struct tm_model *model, unsigned int n, uint16_t priority,
    unsigned int source)
{
    struct tm_session *s = t_session(n, priority, 1);

    t_add_source(s, source);
    tm_model_put_session(model, s, NULL);
}

/* Checks what is said about 's', which is freed, in place of its older version
 * in 'model', if any. */
static bool
judged(const struct tm_model *model, struct tm_session *s, const char *want)
{
    char *error = tm_validate_change(&(struct tm_proposal) {
        .model = model, .kind = TM_SESSION, .new = s,
        .old = tm_model_get_session(model, &s->uuid),
    });

    tm_session_destroy(s);
    return t_error_is(error, want, "session");
}

static struct tm_session *
session(unsigned int n, uint16_t priority, unsigned int source)
{
    struct tm_session *s = t_session(n, priority, 1);

    if (source) {
        t_add_source(s, source);
    }
    return s;
}

static struct tm_session *
session_to(unsigned int n, unsigned int source, enum tm_target_type type,
           unsigned int target)
{
    struct tm_session *s = session(n, n, source);

    s->target_type = type;
    s->target = t_uuid(type == TM_TARGET_ENI ? T_ENI : T_LB, target);
    return s;
}

static void
test_sources(void)
{
    struct tm_session *s;
    struct tm_model model;

    init_world(&model);
    CU_ASSERT(judged(&model, session(1, 1, 0), NULL));
    CU_ASSERT(judged(&model, session(1, 1, 1), NULL));
    CU_ASSERT(judged(&model, session(1, 1, 9),
                     "source: ENI \"e9\" does not support mirroring"));
    /* One that is not known yet attaches when it comes. */
    CU_ASSERT(judged(&model, session(1, 1, 77), NULL));

    s = session(1, 1, 1);
    t_add_source(s, 2);
    CU_ASSERT(judged(&model, tm_session_clone(s), NULL));
    t_add_source(s, 1);
    CU_ASSERT(judged(&model, s, "source: ENI \"e1\" is given twice"));
    tm_model_uninit(&model);
}

static void
test_priorities(void)
{
    struct tm_model model;
    struct tm_session *s;

    init_world(&model);
    put(&model, 1, 5, 1);
    CU_ASSERT(judged(&model, session(2, 5, 2), NULL));
    CU_ASSERT(judged(&model, session(2, 6, 1), NULL));
    CU_ASSERT(judged(&model, session(2, 5, 1),
                     "priority: 5 is already that of session \"s1\", which "
                     "has source ENI \"e1\" too"));
    /* Not against its own older version. */
    CU_ASSERT(judged(&model, session(1, 5, 1), NULL));

    /* A disabled session counts: it may be enabled any time. */
    s = session(1, 5, 1);
    s->enabled = false;
    tm_model_put_session(&model, s, NULL);
    CU_ASSERT(judged(&model, session(2, 5, 1), "priority: 5 is already"));
    tm_model_uninit(&model);
}

static void
test_n_sessions(void)
{
    struct tm_model model;
    struct tm_session *s;

    init_world(&model);
    put(&model, 1, 1, 1);
    put(&model, 2, 2, 1);
    CU_ASSERT(judged(&model, session(3, 3, 1), NULL));
    s = session(3, 3, 1);
    s->enabled = false;
    tm_model_put_session(&model, s, NULL);
    CU_ASSERT(judged(&model, session(4, 4, 1),
                     "sessions-per-source: 4 sessions of source ENI \"e1\", "
                     "the quota sessions-per-source is 3"));
    /* The third itself may change. */
    CU_ASSERT(judged(&model, session(3, 9, 1), NULL));
    CU_ASSERT(judged(&model, session(4, 4, 2), NULL));
    tm_model_uninit(&model);
}

static void
test_source_and_target(void)
{
    struct tm_model model;
    struct tm_session *s;

    init_world(&model);
    CU_ASSERT(judged(&model, session_to(1, 1, TM_TARGET_ENI, 1),
                     "source: ENI \"e1\" is the target of session \"s1\""));
    tm_model_put_session(&model, session_to(1, 1, TM_TARGET_ENI, 2), NULL);
    CU_ASSERT(judged(&model, session_to(1, 1, TM_TARGET_ENI, 2), NULL));
    CU_ASSERT(judged(&model, session_to(2, 3, TM_TARGET_ENI, 2), NULL));
    CU_ASSERT(judged(&model, session_to(2, 2, TM_TARGET_ENI, 3),
                     "source: ENI \"e2\" is the target of session \"s1\"; an "
                     "ENI may not be a source and a target"));
    CU_ASSERT(judged(&model, session_to(2, 3, TM_TARGET_ENI, 1),
                     "target: ENI \"e1\" is a source of session \"s1\""));
    /* A session that turns round does not collide with itself. */
    CU_ASSERT(judged(&model, session_to(1, 2, TM_TARGET_ENI, 1), NULL));

    /* Disabled is no excuse. */
    s = session_to(1, 1, TM_TARGET_ENI, 2);
    s->enabled = false;
    tm_model_put_session(&model, s, NULL);
    CU_ASSERT(judged(&model, session_to(2, 2, TM_TARGET_ENI, 3),
                     "is the target of session \"s1\""));
    tm_model_uninit(&model);
}

static void
test_target_address(void)
{
    struct tm_model model;

    init_world(&model);
    CU_ASSERT(judged(&model, session_to(1, 1, TM_TARGET_ENI, 8),
                     "target: target ENI \"e8\" has no address; allowed"));
    CU_ASSERT(judged(&model, session_to(1, 1, TM_TARGET_ENI, 77),
                     "does not exist"));
    /* Whose members are still to come. */
    CU_ASSERT(judged(&model, session_to(1, 1, TM_TARGET_ELB, 1), NULL));
    CU_ASSERT(judged(&model, session_to(1, 1, TM_TARGET_ELB, 77),
                     "does not exist"));
    CU_ASSERT(judged(&model, session_to(1, 1, TM_TARGET_ELB, 2), NULL));
    CU_ASSERT(judged(&model, session_to(1, 1, TM_TARGET_ELB, 3),
                     "target: \"127.0.0.1\" is a loopback address"));
    tm_model_uninit(&model);
}

/* Checks tm_validate_source() of ENI 'n': its reason, and a part of each
 * problem, in order, up to NULL. */
static bool
source_is(const struct tm_model *model, unsigned int n, const char *reason,
          const char *problems[])
{
    const struct uuid uuid = t_uuid(T_ENI, n);
    const struct tm_eni *eni = tm_model_get_eni(model, &uuid);
    struct tm_problems have;
    char *why = (char *) "not set";
    bool ok, fine;
    size_t i;

    tm_problems_init(&have);
    fine = tm_validate_source(model, eni, &have, &why);
    ok = fine == !reason;
    ok &= t_error_is(why, reason, eni->name);
    for (i = 0; i < have.n && problems[i]; i++) {
        ok &= t_error_is(xstrdup(have.p[i].text), problems[i], eni->name);
    }
    if (i < have.n || problems[i]) {
        printf("\n%s: %"PRIuSIZE" problems, item %"PRIuSIZE" is wrong\n",
               eni->name, have.n, i);
        ok = false;
    }
    tm_problems_uninit(&have);
    return ok;
}

static void
test_source_fine(void)
{
    const char *none[] = { NULL };
    struct tm_model model;

    init_world(&model);
    put(&model, 1, 1, 1);
    put(&model, 2, 2, 1);
    tm_model_put_session(&model, session_to(3, 3, TM_TARGET_ENI, 2), NULL);
    put(&model, 4, 4, 1);
    CU_ASSERT(source_is(&model, 1, NULL, none));
    CU_ASSERT(source_is(&model, 3, NULL, none));
    /* A target that is no source has no problem, but must not be one. */
    CU_ASSERT(source_is(&model, 2, "source: ENI \"e2\" is the target of "
                        "session \"s3\"", none));
    CU_ASSERT(source_is(&model, 9, "does not support mirroring", none));
    tm_model_uninit(&model);
}

static void
test_source_wrong(void)
{
    const char *unsupported[] = { "does not support mirroring", NULL };
    const char *many[] = { "s2\" goes first", NULL };
    const char *target[] = { "e3\" is the target of session \"s1\"",
                             "e3\" is the target of session \"s6\"", NULL };
    const char *twice[] = { "interface: ENI \"e5\" is given twice", NULL };
    struct tm_session *s;
    struct tm_model model;

    init_world(&model);
    put(&model, 7, 1, 9);
    CU_ASSERT(source_is(&model, 9, unsupported[0], unsupported));

    put(&model, 2, 2, 1);
    put(&model, 3, 2, 1);
    put(&model, 4, 3, 1);
    put(&model, 5, 4, 1);
    CU_ASSERT(source_is(&model, 1, NULL, many));

    /* A disabled session is as if absent: told, but no reason to stop. */
    put(&model, 8, 1, 3);
    s = session_to(1, 4, TM_TARGET_ENI, 3);
    s->enabled = false;
    tm_model_put_session(&model, s, NULL);
    s = session_to(6, 4, TM_TARGET_ENI, 3);
    s->usable = false;
    tm_model_put_session(&model, s, NULL);
    CU_ASSERT(source_is(&model, 3, NULL, target));
    tm_model_put_session(&model, session_to(6, 4, TM_TARGET_ENI, 3), NULL);
    CU_ASSERT(source_is(&model, 3, target[1], target));

    s = session(10, 1, 5);
    t_add_source(s, 5);
    tm_model_put_session(&model, s, NULL);
    CU_ASSERT(source_is(&model, 5, NULL, twice));
    tm_model_uninit(&model);
}

CU_TestInfo tm_test_validate_model[] = {
    { "sources", test_sources },
    { "priorities", test_priorities },
    { "sessions of a source", test_n_sessions },
    { "source and target", test_source_and_target },
    { "target has an address", test_target_address },
    { "source, fine", test_source_fine },
    { "source, written past the tools", test_source_wrong },
    CU_TEST_INFO_NULL
};
