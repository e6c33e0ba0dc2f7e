/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-quota.c
 *
 * quota-list, quota-set. */

#include <config.h>

#include <stdlib.h>

#include "lib/quota.h"
#include "lib/validate.h"
#include "utilities/ctl.h"

static void
cmd_quota_list(struct ctl_context *ctx)
{
    static const struct tm_ctl_column columns[] = {
        {"key", false}, {"limit", true}, {"default", true},
        {"adjustable", false}, {"used", true}, {"by", false}, {NULL, false},
    };
    const struct tm_model *model = &tm_ctl_change(ctx)->model;
    struct tm_quota_use uses[TM_N_QUOTAS];
    struct tm_ctl_table t;

    ctx->error = tm_ctl_table_init(&t, ctx, columns);
    if (ctx->error) {
        return;
    }
    tm_quota_uses(model, uses);
    for (size_t i = 0; i < TM_N_QUOTAS; i++) {
        const struct tm_quota_class *class = &tm_quota_classes[i];
        char *cells[] = {
            xstrdup(class->key),
            xasprintf("%"PRId64, model->quotas[i]),
            xasprintf("%"PRId64, class->by_default),
            xstrdup(class->adjustable ? "true" : "false"),
            xasprintf("%"PRId64, uses[i].n),
            uses[i].owner ? uses[i].owner : xstrdup(""),
        };

        tm_ctl_table_row(&t, cells);
    }
    tm_ctl_table_uninit(&t);
}

static void
cmd_quota_set(struct ctl_context *ctx)
{
    ctx->error = tm_change_put_quota(tm_ctl_change(ctx), ctx->argv[1],
                                     ctx->argv[2]);
}

const struct ctl_command_syntax tm_ctl_quota_commands[] = {
    {"quota-list", 0, 0, "", tm_ctl_pre_change,
     cmd_quota_list, NULL, "--columns=", RO},
    {"quota-set", 2, 2, "KEY VALUE", tm_ctl_pre_change,
     cmd_quota_set, NULL, "", RW},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};
