/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c
 *
 * A port whose iface-id names an ENI that some session has as a source becomes
 * a 'local' (local.c).  All that is in a local follows from its port, its ENI,
 * and what the sessions of this ENI name; model and node say of which ENIs any
 * of that may have changed, and these locals are made anew, from nothing.  The
 * others stay, which is why a local has copies of all it needs: the objects of
 * the model and the ports of the node may be others in the next pass.
 *
 * An ENI is known by its name on the node and by its UUID in the model.  Both
 * may move: a name to another ENI, a UUID to another name.  So a dirty UUID
 * makes two names dirty, the one that it had and the one that it has. */

#include <config.h>
#include "plugin/compile/plan.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "util.h"

/* A filter or load balancer that hops use. */
struct tm_use {
    struct hmap_node node;      /* By 'uuid'. */
    struct uuid uuid;
    size_t n;                   /* Hops. */
};

static struct tm_use *
find_use(const struct hmap *uses, const struct uuid *uuid)
{
    struct tm_use *use;

    HMAP_FOR_EACH_WITH_HASH (use, node, uuid_hash(uuid), uses) {
        if (uuid_equals(&use->uuid, uuid)) {
            return use;
        }
    }
    return NULL;
}

static void
take_use(struct hmap *uses, const struct uuid *uuid)
{
    struct tm_use *use = find_use(uses, uuid);

    if (!use) {
        use = xzalloc(sizeof *use);
        use->uuid = *uuid;
        hmap_insert(uses, &use->node, uuid_hash(uuid));
    }
    use->n++;
}

static void
drop_use(struct hmap *uses, const struct uuid *uuid)
{
    struct tm_use *use = find_use(uses, uuid);

    if (!--use->n) {
        hmap_remove(uses, &use->node);
        free(use);
    }
}

static void
note_uses(struct tm_plan *plan, const struct tm_local *local,
          void (*note)(struct hmap *, const struct uuid *))
{
    for (size_t i = 0; i < local->n_hops; i++) {
        const struct tm_hop *hop = &local->hops[i];

        if (tm_hop_is_active(hop)) {
            note(&plan->filters, &hop->filter);
            if (hop->has_lb) {
                note(&plan->lbs, &hop->lb);
            }
        }
    }
}

bool
tm_plan_uses_filter(const struct tm_plan *plan, const struct uuid *filter)
{
    return find_use(&plan->filters, filter) != NULL;
}

bool
tm_plan_uses_lb(const struct tm_plan *plan, const struct uuid *lb)
{
    return find_use(&plan->lbs, lb) != NULL;
}

void
tm_plan_init(struct tm_plan *plan, tm_local_limit *limit)
{
    memset(plan, 0, sizeof *plan);
    plan->limit = limit;
    hmap_init(&plan->by_eni);
    hmap_init(&plan->filters);
    hmap_init(&plan->lbs);
    shash_init(&plan->twins);
    sset_init(&plan->problems);
}

/* The place of 'name' in 'locals'; '*found' says whether it is taken. */
static size_t
find_place(const struct tm_plan *plan, const char *name, bool *found)
{
    size_t low = 0;
    size_t high = plan->n_locals;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int cmp = strcmp(plan->locals[middle]->port.iface_id, name);

        if (!cmp) {
            *found = true;
            return middle;
        } else if (cmp < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *found = false;
    return low;
}

static void
push(struct tm_local ***locals, size_t *n, size_t *allocated,
     struct tm_local *local)
{
    if (*n >= *allocated) {
        *locals = x2nrealloc(*locals, allocated, sizeof **locals);
    }
    (*locals)[(*n)++] = local;
}

/* 'local' has been taken out of 'locals', or will be. */
static void
retire(struct tm_plan *plan, struct tm_local *local)
{
    hmap_remove(&plan->by_eni, &local->eni_node);
    note_uses(plan, local, drop_use);
    push(&plan->gone, &plan->n_gone, &plan->allocated_gone, local);
}

static void
remove_local(struct tm_plan *plan, const char *name)
{
    bool found;
    size_t i = find_place(plan, name, &found);

    if (found) {
        retire(plan, plan->locals[i]);
        plan->n_locals--;
        memmove(&plan->locals[i], &plan->locals[i + 1],
                (plan->n_locals - i) * sizeof *plan->locals);
    }
}

/* Puts the local of the ENI on 'port', if it is one, to 'locals'[i]. */
static void
add_local(struct tm_plan *plan, const struct tm_port *port, size_t i)
{
    const struct tm_eni *eni = tm_model_get_eni_by_name(plan->model,
                                                        port->iface_id);
    struct tm_local *local
        = eni ? tm_local_create(plan->model, plan->node, eni, port) : NULL;

    if (!local) {
        return;
    }
    plan->limit(local);
    local->cost = tm_local_cost(local);
    note_uses(plan, local, take_use);
    hmap_insert(&plan->by_eni, &local->eni_node, uuid_hash(&local->eni));

    push(&plan->locals, &plan->n_locals, &plan->allocated_locals, local);
    memmove(&plan->locals[i + 1], &plan->locals[i],
            (plan->n_locals - 1 - i) * sizeof *plan->locals);
    plan->locals[i] = local;
    push(&plan->fresh, &plan->n_fresh, &plan->allocated_fresh, local);
}

void
tm_plan_end_update(struct tm_plan *plan)
{
    plan->model = NULL;
    plan->node = NULL;
    for (size_t i = 0; i < plan->n_gone; i++) {
        tm_local_destroy(plan->gone[i]);
    }
    plan->n_gone = plan->n_fresh = 0;
}

static void
remove_all(struct tm_plan *plan)
{
    for (size_t i = 0; i < plan->n_locals; i++) {
        retire(plan, plan->locals[i]);
    }
    plan->n_locals = 0;
    shash_clear_free_data(&plan->twins);
}

void
tm_plan_uninit(struct tm_plan *plan)
{
    remove_all(plan);
    tm_plan_end_update(plan);
    free(plan->locals);
    free(plan->gone);
    free(plan->fresh);
    hmap_destroy(&plan->by_eni);
    hmap_destroy(&plan->filters);
    hmap_destroy(&plan->lbs);
    shash_destroy(&plan->twins);
    sset_destroy(&plan->problems);
}

static int
compare_ports(const void *a_, const void *b_)
{
    const struct tm_port *const *a = a_;
    const struct tm_port *const *b = b_;
    int cmp = strcmp((*a)->iface_id, (*b)->iface_id);

    return cmp ? cmp : *a < *b ? -1 : *a > *b;
}

/* The ports that carry an ENI, or one of 'names' if it is not NULL: by the
 * name, then by number; malloc()ed. */
static size_t
find_ports(const struct tm_plan *plan, const struct sset *names,
           const struct tm_port ***portsp)
{
    const struct tm_node *node = plan->node;
    const struct tm_port **ports = xmalloc((node->n_ports + 1)
                                           * sizeof *ports);
    size_t n = 0;

    for (size_t i = 0; node->has_bridge && i < node->n_ports; i++) {
        const struct tm_port *port = &node->ports[i];

        if (port->iface_id
            && (!names || sset_contains(names, port->iface_id))) {
            ports[n++] = port;
        }
    }
    qsort(ports, n, sizeof *ports, compare_ports);
    *portsp = ports;
    return n;
}

static char *
twin_problem(const struct tm_port *a, const struct tm_port *b)
{
    return xasprintf(
        "ports \"%s\" (%"PRIu32") and \"%s\" (%"PRIu32") have one "
        "iface-id \"%s\": only the first counts",
        a->name, (uint32_t) ofp_to_u16(a->ofport), b->name,
        (uint32_t) ofp_to_u16(b->ofport), a->iface_id);
}

/* Adds the locals of 'names', or all if it is NULL; none of them is there. */
static void
add_locals(struct tm_plan *plan, const struct sset *names)
{
    const struct tm_port **ports;
    size_t n = find_ports(plan, names, &ports);
    const struct tm_port *first = NULL;

    for (size_t i = 0; i < n; i++) {
        const struct tm_port *port = ports[i];

        /* Of two with one iface-id, that with the lower number counts. */
        if (first && !strcmp(first->iface_id, port->iface_id)) {
            shash_add(&plan->twins, port->iface_id, twin_problem(first, port));
        } else {
            bool found;

            first = port;
            add_local(plan, port, names
                      ? find_place(plan, port->iface_id, &found)
                      : plan->n_locals);
        }
    }
    free(ports);
}

static struct tm_local *
find_local(const struct tm_plan *plan, const struct uuid *eni)
{
    struct tm_local *local;

    HMAP_FOR_EACH_WITH_HASH (local, eni_node, uuid_hash(eni), &plan->by_eni) {
        if (uuid_equals(&local->eni, eni)) {
            return local;
        }
    }
    return NULL;
}

/* The names, before and after, of all ENIs that are dirty. */
static void
dirty_names(const struct tm_plan *plan, const struct tm_dirty *dirty,
            const struct tm_node_dirty *node_dirty, struct sset *names)
{
    const struct uuidset_node *node;

    sset_clone(names, &node_dirty->enis);
    UUIDSET_FOR_EACH (node, &dirty->enis) {
        const struct tm_local *local = find_local(plan, &node->uuid);
        const struct tm_eni *eni = tm_model_get_eni(plan->model, &node->uuid);

        if (local) {
            sset_add(names, local->port.iface_id);
        }
        if (eni) {
            sset_add(names, eni->name);
        }
    }
}

static void
update_some(struct tm_plan *plan, const struct tm_dirty *dirty,
            const struct tm_node_dirty *node_dirty)
{
    struct sset names;
    const char *name;

    dirty_names(plan, dirty, node_dirty, &names);
    if (!sset_is_empty(&names)) {
        SSET_FOR_EACH (name, &names) {
            struct shash_node *twin;

            remove_local(plan, name);
            while ((twin = shash_find(&plan->twins, name))) {
                free(twin->data);
                shash_delete(&plan->twins, twin);
            }
        }
        add_locals(plan, &names);
    }
    sset_destroy(&names);
}

void
tm_plan_update(struct tm_plan *plan, const struct tm_model *model,
               const struct tm_node *node, const struct tm_dirty *dirty,
               const struct tm_node_dirty *node_dirty)
{
    struct shash_node *twin;

    plan->all = (!plan->made || !dirty || dirty->everything
                 || !node_dirty || node_dirty->everything
                 || (node_dirty->ports && sset_is_empty(&node_dirty->enis)));
    plan->made = true;
    plan->model = model;
    plan->node = node;
    if (plan->all) {
        remove_all(plan);
        add_locals(plan, NULL);
    } else {
        update_some(plan, dirty, node_dirty);
    }

    sset_clear(&plan->problems);
    SHASH_FOR_EACH (twin, &plan->twins) {
        sset_add(&plan->problems, twin->data);
    }
}

bool
tm_plan_is_active(const struct tm_plan *plan)
{
    for (size_t i = 0; i < plan->n_locals; i++) {
        if (tm_local_is_active(plan->locals[i])) {
            return true;
        }
    }
    return false;
}
