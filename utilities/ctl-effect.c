/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-effect.c
 *
 * --dry-run --explain: what the commands would do to copies.  The database is
 * read twice, before the commands and after them, as the open transaction sees
 * it: so it does not matter which commands they were. */

#include <config.h>

#include <stdlib.h>

#include "lib/effect.h"
#include "lib/store/from-row.h"
#include "lib/store/status.h"
#include "smap.h"
#include "util.h"
#include "utilities/ctl.h"

struct tm_ctl_effect {
    struct tm_model before;
    struct smap nodes;          /* Of ENIs that are on one, by name. */
};

struct tm_ctl_effect *
tm_ctl_effect_create(const struct ovsdb_idl *idl)
{
    struct tm_ctl_effect *effect = xmalloc(sizeof *effect);
    const struct tm_eni *eni;

    tm_model_init(&effect->before);
    tm_model_from_idl(&effect->before, idl);
    smap_init(&effect->nodes);
    HMAP_FOR_EACH (eni, node, &effect->before.enis) {
        char *node = tm_status_eni_agent(idl, &eni->uuid);

        if (node[0]) {
            smap_replace(&effect->nodes, eni->name, node);
        }
        free(node);
    }
    return effect;
}

void
tm_ctl_effect_put(const struct tm_ctl_effect *effect,
                  const struct ovsdb_idl *idl, struct ds *ds)
{
    struct tm_effects effects;
    struct tm_model after;

    tm_model_init(&after);
    tm_model_from_idl(&after, idl);
    tm_effects_init(&effects, &effect->before, &after);
    tm_effects_format(&effects, &effect->nodes, ds);
    tm_effects_uninit(&effects);
    tm_model_uninit(&after);
}

void
tm_ctl_effect_destroy(struct tm_ctl_effect *effect)
{
    if (effect) {
        tm_model_uninit(&effect->before);
        smap_destroy(&effect->nodes);
        free(effect);
    }
}
