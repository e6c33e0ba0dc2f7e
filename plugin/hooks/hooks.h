/* SPDX-License-Identifier: Apache-2.0 */
/* hooks.h
 *
 * Job.       How packets get from a bridge's own pipeline to the plugin's
 *            tables without touching it: one struct of functions a kind of
 *            pipeline.  The compiler never asks which one it is.
 * Input.     A plan.
 * Output.    What the pipeline cannot mirror, in the plan; units of flows.
 * Not here.  What happens from TM_TABLE_GUARD on (plugin/compile).
 * Ownership. Nothing is kept.
 * Failure.   Cannot fail.  What cannot be hooked has its reason in the plan.
 *
 * What a hook owes to the production packet: the plugin's part is in a clone,
 * nothing in which stops the translation; the mark is taken away again, since
 * one translation may pass a table more than once; and the worst case of its
 * lists is within the budgets of pipeline.h. */

#ifndef PLUGIN_HOOKS_HOOKS_H
#define PLUGIN_HOOKS_HOOKS_H 1

#include "plugin/compile/plan.h"
#include "plugin/compile/unit.h"

struct tm_hooks_class {
    const char *name;           /* As in 'tmirror-pipeline'. */

    /* What this pipeline cannot hook of a source by itself. */
    tm_local_limit *limit_local;

    /* Gives sources their places in the lists that they share, or the reason
     * why there is none. */
    void (*limit)(struct tm_plan *);

    /* Declares the units of the hooks that may be others than in the last
     * pass.  Called after 'limit', on a plan that is active.  'ports': those
     * of the bridge may be others, not only those of sources. */
    void (*declare)(struct tm_units *, const struct tm_plan *, bool ports);
};

/* A bridge whose flows end in NORMAL. */
extern const struct tm_hooks_class tm_hooks_normal;

#endif /* plugin/hooks/hooks.h */
