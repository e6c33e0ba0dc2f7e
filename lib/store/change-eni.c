/* SPDX-License-Identifier: Apache-2.0 */
/* change-eni.c
 *
 * ENIs and load balancers: what sessions refer to.  Both have names that are
 * unique in the database.
 *
 * Nodes write rows of Network_Interface as well, without our guard, so the
 * database itself may refuse a name that is new to this view; the program that
 * commits sees a constraint violation then and tries again. */

#include <config.h>

#include "lib/store/change.h"

#include <stdlib.h>
#include <string.h>

#include "lib/store/change-private.h"
#include "lib/store/from-row.h"
#include "lib/text.h"
#include "lib/validate.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "svec.h"
#include "util.h"

/* Addresses as the database has them. */
static void
addresses_to_svec(const struct tm_addr *addrs, size_t n, struct svec *out)
{
    svec_init(out);
    for (size_t i = 0; i < n; i++) {
        svec_add_nocopy(out, tm_addr_to_string(&addrs[i]));
    }
}

static bool
addresses_equal(const struct tm_addr *a, size_t n_a, const struct tm_addr *b,
                size_t n_b)
{
    if (n_a != n_b) {
        return false;
    }
    for (size_t i = 0; i < n_a; i++) {
        if (!tm_addr_equal(&a[i], &b[i])) {
            return false;
        }
    }
    return true;
}

/* ENIs. */

static bool
macs_equal(const struct tm_eni *a, const struct tm_eni *b)
{
    if (a->n_macs != b->n_macs) {
        return false;
    }
    for (size_t i = 0; i < a->n_macs; i++) {
        if (!eth_addr_equals(a->macs[i], b->macs[i])) {
            return false;
        }
    }
    return true;
}

/* MAC and IP addresses.  Returns true if that changed anything. */
static bool
write_eni_addresses(const struct tmrec_network_interface *row,
                    const struct tm_eni *e, const struct tm_eni *old)
{
    bool changed = false;
    struct svec v;

    if (!old || !macs_equal(e, old)) {
        svec_init(&v);
        for (size_t i = 0; i < e->n_macs; i++) {
            svec_add_nocopy(&v, xasprintf(ETH_ADDR_FMT,
                                          ETH_ADDR_ARGS(e->macs[i])));
        }
        tmrec_network_interface_set_macs(row, (const char **) v.names, v.n);
        svec_destroy(&v);
        changed = true;
    }
    if (!old || !addresses_equal(e->addresses, e->n_addresses,
                                 old->addresses, old->n_addresses)) {
        addresses_to_svec(e->addresses, e->n_addresses, &v);
        tmrec_network_interface_set_addresses(row, (const char **) v.names,
                                              v.n);
        svec_destroy(&v);
        changed = true;
    }
    return changed;
}

/* Returns true if that changed anything. */
static bool
write_eni(const struct tmrec_network_interface *row, const struct tm_eni *e,
          const struct tm_eni *old)
{
    bool changed = write_eni_addresses(row, e, old);

    if (!old) {
        tmrec_network_interface_set_name(row, e->name);
    }
    if (!old || strcmp(e->instance, old->instance)) {
        tmrec_network_interface_set_instance(row, e->instance);
        changed = true;
    }
    if (!old || strcmp(e->vpc, old->vpc)) {
        tmrec_network_interface_set_vpc(row, e->vpc);
        changed = true;
    }
    if (!old || e->mtu != old->mtu) {
        int64_t mtu = e->mtu;

        tmrec_network_interface_set_mtu(row, &mtu, mtu != 0);
        changed = true;
    }
    /* An absent value means true. */
    if (old ? e->mirroring_supported != old->mirroring_supported
            : !e->mirroring_supported) {
        tmrec_network_interface_set_mirroring_supported(
            row, &e->mirroring_supported, 1);
        changed = true;
    }
    return changed;
}

char *
tm_change_put_eni(struct tm_change *c, struct tm_eni *e, struct uuid *uuid)
{
    const struct tm_eni *old = NULL;
    const struct tmrec_network_interface *row = NULL;
    char *error;

    if (!uuid_is_zero(&e->uuid)) {
        row = tmrec_network_interface_get_for_uuid(c->idl, &e->uuid);
        old = tm_model_get_eni(&c->model, &e->uuid);
    }
    tm_eni_finish(e);
    error = (!uuid_is_zero(&e->uuid) && !(row && old)
             ? tm_change_no_row("Network_Interface", &e->uuid)
             : tm_validate_change(&(struct tm_proposal) {
                   .model = &c->model, .kind = TM_ENI, .old = old, .new = e,
               }));
    if (error) {
        goto exit;
    }

    if (row) {
        tm_change_verify(&row->header_, &tmrec_table_network_interface);
    } else {
        struct uuid new;

        uuid_generate(&new);
        row = tmrec_network_interface_insert_persist_uuid(c->txn, &new);
    }
    if (write_eni(row, e, old)) {
        tm_change_guard(c);
        tm_model_put_eni(&c->model, tm_eni_from_row(row), NULL);
    }
    if (uuid) {
        *uuid = row->header_.uuid;
    }

exit:
    tm_eni_destroy(e);
    return error;
}

char *
tm_change_remove_eni(struct tm_change *c, const struct uuid *uuid)
{
    const struct tmrec_network_interface *row
        = tmrec_network_interface_get_for_uuid(c->idl, uuid);
    const struct tm_eni *old = tm_model_get_eni(&c->model, uuid);
    struct uuid copy = *uuid;
    char *error;

    if (!row || !old) {
        return tm_change_no_row("Network_Interface", uuid);
    }
    error = tm_validate_change(&(struct tm_proposal) {
        .model = &c->model, .kind = TM_ENI, .old = old,
    });
    if (error) {
        return error;
    }

    tm_change_guard(c);
    tmrec_network_interface_delete(row);
    tm_model_remove_eni(&c->model, &copy, NULL);
    return NULL;
}

/* Load balancers. */

/* Returns true if that changed anything. */
static bool
write_lb(const struct tmrec_load_balancer *row, const struct tm_lb *lb,
         const struct tm_lb *old)
{
    bool changed = !old;

    if (!old) {
        tmrec_load_balancer_set_name(row, lb->name);
    }
    if (!old || lb->has_vip != old->has_vip
        || (lb->has_vip && !tm_addr_equal(&lb->vip, &old->vip))) {
        char *vip = lb->has_vip ? tm_addr_to_string(&lb->vip) : NULL;

        tmrec_load_balancer_set_vip(row, vip);
        free(vip);
        changed = true;
    }
    if (!old || !addresses_equal(lb->members, lb->n_members,
                                 old->members, old->n_members)) {
        struct svec v;

        addresses_to_svec(lb->members, lb->n_members, &v);
        tmrec_load_balancer_set_members(row, (const char **) v.names, v.n);
        svec_destroy(&v);
        changed = true;
    }
    return changed;
}

char *
tm_change_put_lb(struct tm_change *c, struct tm_lb *lb, struct uuid *uuid)
{
    const struct tm_lb *old = NULL;
    const struct tmrec_load_balancer *row = NULL;
    char *error;

    if (!uuid_is_zero(&lb->uuid)) {
        row = tmrec_load_balancer_get_for_uuid(c->idl, &lb->uuid);
        old = tm_model_get_lb(&c->model, &lb->uuid);
    }
    tm_lb_finish(lb);
    error = (!uuid_is_zero(&lb->uuid) && !(row && old)
             ? tm_change_no_row("Load_Balancer", &lb->uuid)
             : tm_validate_change(&(struct tm_proposal) {
                   .model = &c->model, .kind = TM_LB, .old = old, .new = lb,
               }));
    if (error) {
        goto exit;
    }

    if (row) {
        tm_change_verify(&row->header_, &tmrec_table_load_balancer);
    } else {
        struct uuid new;

        uuid_generate(&new);
        row = tmrec_load_balancer_insert_persist_uuid(c->txn, &new);
    }
    if (write_lb(row, lb, old)) {
        tm_change_guard(c);
        tm_model_put_lb(&c->model, tm_lb_from_row(row), NULL);
    }
    if (uuid) {
        *uuid = row->header_.uuid;
    }

exit:
    tm_lb_destroy(lb);
    return error;
}

char *
tm_change_remove_lb(struct tm_change *c, const struct uuid *uuid)
{
    const struct tmrec_load_balancer *row
        = tmrec_load_balancer_get_for_uuid(c->idl, uuid);
    const struct tm_lb *old = tm_model_get_lb(&c->model, uuid);
    struct uuid copy = *uuid;
    char *error;

    if (!row || !old) {
        return tm_change_no_row("Load_Balancer", uuid);
    }
    error = tm_validate_change(&(struct tm_proposal) {
        .model = &c->model, .kind = TM_LB, .old = old,
    });
    if (error) {
        return error;
    }

    tm_change_guard(c);
    tmrec_load_balancer_delete(row);
    tm_model_remove_lb(&c->model, &copy, NULL);
    return NULL;
}
