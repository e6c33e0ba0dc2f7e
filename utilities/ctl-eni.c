/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-eni.c
 *
 * eni-*.  An ENI may be known before anybody adds it: a session that names it,
 * or the node that sees it, makes its row.  So "eni-add --may-exist" fills in
 * what is not known yet, and refuses only what contradicts. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/store/status.h"
#include "lib/text.h"
#include "lib/validate.h"
#include "openvswitch/dynamic-string.h"
#include "utilities/ctl.h"
#include "uuid.h"

/* What the schema allows. */
#define MTU_MIN 68
#define MTU_MAX 65535

/* Characters of a text that only the operator's own systems understand. */
#define TEXT_MAX 255

/* Calls 'add' for each word of 'value' between commas. */
static char *
for_each_word(const char *key, const char *value, struct tm_eni *eni,
              char *(*add)(const char *key, const char *, struct tm_eni *))
{
    char *copy = xstrdup(value), *next = copy, *word, *error = NULL;

    while (value[0] && !error && (word = strsep(&next, ","))) {
        error = add(key, word, eni);
    }
    free(copy);
    return error;
}

static char *
add_mac(const char *key, const char *word, struct tm_eni *eni)
{
    struct eth_addr mac;
    char *error = tm_validate_mac(key, word, &mac);

    if (!error) {
        eni->macs = xrealloc(eni->macs,
                             (eni->n_macs + 1) * sizeof *eni->macs);
        eni->macs[eni->n_macs++] = mac;
    }
    return error;
}

static char *
add_address(const char *key, const char *word, struct tm_eni *eni)
{
    struct tm_addr addr;
    char *error = tm_ctl_parse_addr(key, word, &addr);

    if (error) {
        return error;
    }
    eni->addresses = xrealloc(eni->addresses, ((eni->n_addresses + 1)
                                               * sizeof *eni->addresses));
    eni->addresses[eni->n_addresses++] = addr;
    return NULL;
}

static char *
set_mac(const char *key, const char *value, void *eni_)
{
    struct tm_eni *eni = eni_;

    eni->n_macs = 0;
    return for_each_word(key, value, eni, add_mac);
}

static char *
set_ip(const char *key, const char *value, void *eni_)
{
    struct tm_eni *eni = eni_;

    eni->n_addresses = 0;
    return for_each_word(key, value, eni, add_address);
}

static char *
set_text(const char *key, const char *value, char **text)
{
    if (strlen(value) > TEXT_MAX) {
        return tm_ctl_bad_value(key, value,
                                xasprintf("longer than %d bytes", TEXT_MAX));
    }
    for (const char *p = value; *p; p++) {
        if ((unsigned char) *p < ' ' || *p == 0x7f) {
            return tm_ctl_bad_value(key, value,
                                    xstrdup("has a control character"));
        }
    }
    free(*text);
    *text = xstrdup(value);
    return NULL;
}

static char *
set_instance(const char *key, const char *value, void *eni_)
{
    struct tm_eni *eni = eni_;

    return set_text(key, value, &eni->instance);
}

static char *
set_vpc(const char *key, const char *value, void *eni_)
{
    struct tm_eni *eni = eni_;

    return set_text(key, value, &eni->vpc);
}

static char *
set_mtu(const char *key, const char *value, void *eni_)
{
    struct tm_eni *eni = eni_;
    int64_t mtu = 0;
    char *error = NULL;

    if (value[0]) {
        error = tm_validate_integer(key, value, MTU_MIN, MTU_MAX, &mtu);
    }
    if (!error) {
        eni->mtu = mtu;
    }
    return error;
}

static char *
set_mirroring(const char *key, const char *value, void *eni_)
{
    struct tm_eni *eni = eni_;

    if (strcmp(value, "true") && strcmp(value, "false") && value[0]) {
        return tm_ctl_bad_value(key, value, xstrdup("must be true or false"));
    }
    eni->mirroring_supported = strcmp(value, "false");
    return NULL;
}

static const struct tm_ctl_key keys[] = {
    {"mac", set_mac},
    {"ip", set_ip},
    {"instance", set_instance},
    {"vpc", set_vpc},
    {"mtu", set_mtu},
    {"mirroring", set_mirroring},
    {NULL, NULL},
};

/* The word of the first thing that 'old' says and 'eni' says otherwise, or
 * NULL.  Both are finished: their lists are sorted. */
static const char *
eni_contradiction(const struct tm_eni *eni, const struct tm_eni *old)
{
    if (old->n_macs
        && (eni->n_macs != old->n_macs
            || memcmp(eni->macs, old->macs,
                      old->n_macs * sizeof *old->macs))) {
        return "mac";
    }
    if (old->n_addresses) {
        if (eni->n_addresses != old->n_addresses) {
            return "ip";
        }
        for (size_t i = 0; i < old->n_addresses; i++) {
            if (!tm_addr_equal(&eni->addresses[i], &old->addresses[i])) {
                return "ip";
            }
        }
    }
    return (old->instance[0] && strcmp(eni->instance, old->instance)
            ? "instance"
            : old->vpc[0] && strcmp(eni->vpc, old->vpc) ? "vpc"
            : old->mtu && eni->mtu != old->mtu ? "mtu"
            : !old->mirroring_supported && eni->mirroring_supported
              ? "mirroring"
            : NULL);
}

static char *
exists(const char *name, const char *word)
{
    char *quoted = tm_quote(name);
    char *error = xasprintf("ENI %s already exists%s%s", quoted,
                            word ? ", with another " : "", word ? word : "");

    free(quoted);
    return error;
}

static void
cmd_eni_add(struct ctl_context *ctx)
{
    struct tm_change *c = tm_ctl_change(ctx);
    const struct tm_eni *old;
    struct tm_eni *eni;
    struct uuid uuid;

    ctx->error = tm_ctl_find_eni(ctx, ctx->argv[1], false, &old);
    if (!ctx->error && old && !shash_find(&ctx->options, "--may-exist")) {
        ctx->error = exists(old->name, NULL);
    }
    if (ctx->error) {
        return;
    }

    if (old) {
        eni = tm_eni_clone(old);
    } else {
        eni = tm_eni_create(&UUID_ZERO, ctx->argv[1]);
        eni->mirroring_supported = true;
    }
    ctx->error = tm_ctl_set_keys(ctx, 2, keys, eni);
    if (!ctx->error && old) {
        const char *word;

        tm_eni_finish(eni);
        word = eni_contradiction(eni, old);
        ctx->error = word ? exists(old->name, word) : NULL;
    }
    if (ctx->error) {
        tm_eni_destroy(eni);
        return;
    }
    ctx->error = tm_change_put_eni(c, eni, &uuid);
    if (!ctx->error) {
        tm_ctl_put_uuid(ctx, &uuid);
    }
}

static void
cmd_eni_set(struct ctl_context *ctx)
{
    const struct tm_eni *old;
    struct tm_eni *eni;

    ctx->error = tm_ctl_find_eni(ctx, ctx->argv[1], true, &old);
    if (ctx->error) {
        return;
    }
    eni = tm_eni_clone(old);
    ctx->error = tm_ctl_set_keys(ctx, 2, keys, eni);
    if (ctx->error) {
        tm_eni_destroy(eni);
        return;
    }
    ctx->error = tm_change_put_eni(tm_ctl_change(ctx), eni, NULL);
}

static void
cmd_eni_del(struct ctl_context *ctx)
{
    bool must_exist = !shash_find(&ctx->options, "--if-exists");
    const struct tm_eni *eni;

    ctx->error = tm_ctl_find_eni(ctx, ctx->argv[1], must_exist, &eni);
    if (!ctx->error && eni) {
        ctx->error = tm_change_remove_eni(tm_ctl_change(ctx), &eni->uuid);
    }
}

static char *
format_macs(const struct tm_eni *eni)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < eni->n_macs; i++) {
        ds_put_format(&s, "%s"ETH_ADDR_FMT, i ? "," : "",
                      ETH_ADDR_ARGS(eni->macs[i]));
    }
    return ds_steal_cstr(&s);
}

static char *
format_addresses(const struct tm_eni *eni)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < eni->n_addresses; i++) {
        ds_put_cstr(&s, i ? "," : "");
        tm_addr_format(&eni->addresses[i], &s);
    }
    return ds_steal_cstr(&s);
}

static int
compare_enis(const void *a_, const void *b_)
{
    const struct tm_eni *const *a = a_;
    const struct tm_eni *const *b = b_;

    return strcmp((*a)->name, (*b)->name);
}

/* All ENIs of 'model' by name, malloc()ed. */
static size_t
sort_enis(const struct tm_model *model, const struct tm_eni ***enisp)
{
    const struct tm_eni **enis
        = xmalloc((hmap_count(&model->enis) + 1) * sizeof *enis);
    const struct tm_eni *eni;
    size_t n = 0;

    HMAP_FOR_EACH (eni, node, &model->enis) {
        enis[n++] = eni;
    }
    qsort(enis, n, sizeof *enis, compare_enis);
    *enisp = enis;
    return n;
}

static void
cmd_eni_list(struct ctl_context *ctx)
{
    static const struct tm_ctl_column columns[] = {
        {"id", false}, {"mac", false}, {"ip", false}, {"instance", false},
        {"vpc", false}, {"mtu", true}, {"mirroring", false}, {"node", false},
        {NULL, false},
    };
    const struct tm_model *model = &tm_ctl_change(ctx)->model;
    const struct tm_eni **enis;
    struct tm_ctl_table t;
    size_t n;

    ctx->error = tm_ctl_table_init(&t, ctx, columns);
    if (ctx->error) {
        return;
    }
    n = sort_enis(model, &enis);
    for (size_t i = 0; i < n; i++) {
        const struct tm_eni *e = enis[i];
        char *cells[] = {
            xstrdup(e->name),
            format_macs(e),
            format_addresses(e),
            xstrdup(e->instance),
            xstrdup(e->vpc),
            e->mtu ? xasprintf("%"PRIu32, e->mtu) : xstrdup(""),
            xstrdup(e->mirroring_supported ? "true" : "false"),
            tm_status_eni_agent(ctx->idl, &e->uuid),
        };

        tm_ctl_table_row(&t, cells);
    }
    free(enis);
    tm_ctl_table_uninit(&t);
}

const struct ctl_command_syntax tm_ctl_eni_commands[] = {
    {"eni-add", 1, INT_MAX, "ID [KEY=VALUE]...", tm_ctl_pre_change,
     cmd_eni_add, NULL, "--may-exist", RW},
    {"eni-set", 2, INT_MAX, "ID KEY=VALUE...", tm_ctl_pre_change,
     cmd_eni_set, NULL, "", RW},
    {"eni-del", 1, 1, "ID", tm_ctl_pre_change,
     cmd_eni_del, NULL, "--if-exists", RW},
    {"eni-list", 0, 0, "", tm_ctl_pre_status,
     cmd_eni_list, NULL, "--columns=", RO},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
