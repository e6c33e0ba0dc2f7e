/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-keys.c
 *
 * The command line of tmirror-ctl, a word a line: the commands with their
 * lists of KEY=VALUE, as they run in the tool, in one transaction on a
 * database that has a little of everything in it.  No server is there, and
 * nothing is committed.
 *
 * What the tool refuses it refuses with one line.  Of what it takes, the
 * daemon, which reads the rows anew, must find nothing to complain about, and
 * must see the same as the tool. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/model-private.h"
#include "lib/store/audit.h"
#include "lib/validate.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb-data.h"
#include "ovsdb-idl.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "tests/fuzz/fuzz.h"
#include "unicode.h"
#include "utilities/ctl.h"
#include "util.h"

/* More words than this add nothing but time. */
#define MAX_WORDS 64

/* What is there already. */
static const char world[] = "\
init\n--\n\
filter-add\nweb\ndescription=x\n--\n\
rule-add\nweb\nin\n100\naccept\nproto=tcp\nsrc=10.0.0.0/8\ndport=80-90\n--\n\
rule-add\nweb\nout\n100\nreject\ntype=ipv6\n--\n\
eni-add\nvm1\nmac=02:00:00:00:00:01\nip=10.0.0.1\nmtu=1500\n--\n\
eni-add\nvm2\nip=10.0.0.2,2001:db8::2\n--\n\
eni-add\nvm3\nmirroring=false\n--\n\
lb-add\nvip\nvip=10.0.0.9\n--\n\
lb-add\npool\nmembers=10.0.0.7,10.0.0.8\n--\n\
session-add\ns1\n1\nweb\neni:vm2\nvni=7\npacket-length=64\n--\n\
source-add\ns1\nvm1\n--\n\
session-add\ns2\n2\nweb\nelb:pool";

/* Those that only look, and ask nobody else. */
static const struct ctl_command_syntax *const groups[] = {
    tm_ctl_global_commands,
    tm_ctl_filter_commands,
    tm_ctl_rule_commands,
    tm_ctl_eni_commands,
    tm_ctl_lb_commands,
    tm_ctl_session_commands,
    tm_ctl_quota_commands,
    tm_ctl_explain_commands,
    tm_ctl_show_commands,
    tm_ctl_who_commands,
};

static void
register_commands(void)
{
    static bool done;

    for (size_t i = 0; !done && i < ARRAY_SIZE(groups); i++) {
        ctl_register_commands(groups[i]);
    }
    done = true;
}

static void
run_command(struct tm_ctl_context *ctx, struct ctl_command *c, char **error)
{
    ds_init(&c->output);
    c->table = NULL;
    ctl_context_init_command(&ctx->base, c, false);
    c->syntax->run(&ctx->base);
    *error = nullable_xstrdup(ctx->base.error);
    ctl_context_done_command(&ctx->base, c);
    ds_destroy(&c->output);
    table_destroy(c->table);
    free(c->table);
}

/* Returns NULL or a line. */
static char *
run_words(struct tm_ctl_context *ctx, int n, char *words[])
{
    struct shash options = SHASH_INITIALIZER(&options);
    struct ctl_command *commands;
    size_t n_commands;
    char *error;

    error = ctl_parse_commands(n, words, &options, &commands, &n_commands);
    if (error) {
        /* Open vSwitch's, which repeats what it was given. */
        free(error);
        return xstrdup("misused");
    }
    for (size_t i = 0; i < n_commands; i++) {
        if (!error) {
            run_command(ctx, &commands[i], &error);
        }
        shash_destroy_free_data(&commands[i].options);
    }
    free(commands);
    return error;
}

static char *
run_text(struct tm_ctl_context *ctx, const char *text)
{
    char *copy = xstrdup(text), *rest = copy, *words[MAX_WORDS], *error;
    int n = 0;

    while (rest && n < MAX_WORDS) {
        words[n++] = strsep(&rest, "\n");
    }
    error = run_words(ctx, n, words);
    free(copy);
    return error;
}

/* ## What the daemon makes of it ## */

/* That the server of a source takes no mirroring may be found out later. */
static void
check_sources(const struct tm_model *model)
{
    const struct tm_eni *eni;

    HMAP_FOR_EACH (eni, node, &model->enis) {
        struct tm_problems problems;
        char *reason;

        if (!eni->mirroring_supported) {
            continue;
        }
        tm_problems_init(&problems);
        tm_validate_source(model, eni, &problems, &reason);
        ovs_assert(!problems.n);
        tm_problems_uninit(&problems);
        free(reason);
    }
}

static void
check_objects(const struct tm_model *fresh, const struct tm_model *seen)
{
    const struct tm_session *session;
    const struct tm_filter *filter;
    const struct tm_eni *eni;
    const struct tm_lb *lb;

    HMAP_FOR_EACH (filter, node, &fresh->filters) {
        const struct tm_filter *f = tm_model_get_filter(seen, &filter->uuid);

        ovs_assert(!filter->problems.n);
        ovs_assert(f && !strcmp(f->name, filter->name)
                   && !strcmp(f->description, filter->description)
                   && tm_filter_copies_equal(f, filter));
    }
    HMAP_FOR_EACH (session, node, &fresh->sessions) {
        const struct tm_session *s = tm_model_get_session(seen,
                                                          &session->uuid);

        ovs_assert(!session->problems.n && session->usable);
        ovs_assert(s && !strcmp(s->name, session->name)
                   && !strcmp(s->description, session->description)
                   && tm_session_copies_equal(s, session));
    }
    HMAP_FOR_EACH (eni, node, &fresh->enis) {
        const struct tm_eni *e = tm_model_get_eni(seen, &eni->uuid);

        ovs_assert(!eni->problems.n);
        ovs_assert(e && tm_eni_equal(e, eni));
    }
    HMAP_FOR_EACH (lb, node, &fresh->lbs) {
        const struct tm_lb *l = tm_model_get_lb(seen, &lb->uuid);

        ovs_assert(!lb->problems.n);
        ovs_assert(l && tm_lb_equal(l, lb));
    }
}

static void
check_taken(struct tm_ctl_context *ctx)
{
    const struct tm_model *seen = &tm_ctl_change(&ctx->base)->model;
    struct tm_change fresh;

    tm_change_init(&fresh, ctx->base.idl, ctx->base.txn, 0);
    check_objects(&fresh.model, seen);
    ovs_assert(hmap_count(&fresh.model.filters) == hmap_count(&seen->filters));
    ovs_assert(hmap_count(&fresh.model.sessions)
               == hmap_count(&seen->sessions));
    ovs_assert(hmap_count(&fresh.model.enis) == hmap_count(&seen->enis));
    ovs_assert(hmap_count(&fresh.model.lbs) == hmap_count(&seen->lbs));
    check_sources(&fresh.model);
    tm_change_uninit(&fresh);
}

/* What the tool tells of a transaction, besides the output of commands. */
static void
check_telling(struct tm_ctl_context *ctx, struct tm_ctl_effect *effect,
              struct tm_audit *audit)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    char *changes = tm_audit_changes(audit);

    ovs_assert(*changes);
    fuzz_check_line(changes);
    tm_ctl_effect_put(effect, ctx->base.idl, &s);
    ovs_assert(s.length);
    free(changes);
    ds_destroy(&s);
}

static void
run_input(struct tm_ctl_context *ctx, const char *text)
{
    struct tm_audit *audit = tm_audit_begin(ctx->base.idl);
    char *error = run_text(ctx, world);
    struct tm_ctl_effect *effect;

    ovs_assert(!error);
    check_taken(ctx);
    effect = tm_ctl_effect_create(ctx->base.idl);
    error = run_text(ctx, text);
    if (error) {
        fuzz_check_error(error);
    } else {
        check_taken(ctx);
        check_telling(ctx, effect, audit);
    }
    tm_ctl_effect_destroy(effect);
    tm_audit_destroy(audit);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char *not_text = utf8_validate(text, NULL);

    fuzz_init();
    register_commands();
    if (!not_text) {
        struct ovsdb_idl *idl
            = ovsdb_idl_create_unconnected(&tmrec_idl_class, true);
        struct ovsdb_idl_txn *txn = ovsdb_idl_txn_create(idl);
        struct tm_ctl_context ctx = { .has_change = false };

        ctl_context_init(&ctx.base, NULL, idl, txn, NULL, NULL);
        run_input(&ctx, text);
        if (ctx.has_change) {
            tm_change_uninit(&ctx.change);
        }
        ovsdb_idl_txn_abort(txn);
        ovsdb_idl_txn_destroy(txn);
        ovsdb_idl_destroy(idl);
    }
    free(not_text);
    free(text);
    return 0;
}
