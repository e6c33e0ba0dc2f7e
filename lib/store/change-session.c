/* SPDX-License-Identifier: Apache-2.0 */
/* change-session.c
 *
 * Sessions with their sources.
 *
 * All changes are guarded, since the rules about sessions (priorities, source
 * and target at once, quotas) speak about other sessions.
 *
 * A source is a row of its own, with the state that its node reports; sources
 * that stay keep their rows, and so their state. */

#include <config.h>

#include "lib/store/change.h"

#include <stdlib.h>
#include <string.h>

#include "lib/store/change-private.h"
#include "lib/store/from-row.h"
#include "lib/text.h"
#include "lib/validate.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "util.h"

static bool
has_source_row(const struct tm_session *s, const struct uuid *row)
{
    for (size_t i = 0; i < s->n_sources; i++) {
        if (uuid_equals(&s->sources[i].uuid, row)) {
            return true;
        }
    }
    return false;
}

static bool
adds_source(const struct tm_session *s)
{
    for (size_t i = 0; i < s->n_sources; i++) {
        if (uuid_is_zero(&s->sources[i].uuid)) {
            return true;
        }
    }
    return false;
}

static bool
removes_source(const struct tm_session *s, const struct tm_session *old)
{
    for (size_t i = 0; i < old->n_sources; i++) {
        if (!has_source_row(s, &old->sources[i].uuid)) {
            return true;
        }
    }
    return false;
}

static void
write_target(struct tm_change *c, const struct tmrec_mirror_session *row,
             const struct tm_session *s)
{
    static const char *const types[] = {
        [TM_TARGET_ENI] = "eni",
        [TM_TARGET_ELB] = "elb",
        [TM_TARGET_IP] = "ip",
    };
    char *addr = (s->target_type == TM_TARGET_IP
                  ? tm_addr_to_string(&s->target_addr) : NULL);

    tmrec_mirror_session_set_target_type(row, types[s->target_type]);
    tmrec_mirror_session_set_target_interface(
        row, (s->target_type == TM_TARGET_ENI
              ? tmrec_network_interface_get_for_uuid(c->idl, &s->target)
              : NULL));
    tmrec_mirror_session_set_target_lb(
        row, (s->target_type == TM_TARGET_ELB
              ? tmrec_load_balancer_get_for_uuid(c->idl, &s->target)
              : NULL));
    tmrec_mirror_session_set_target_address(row, addr);
    free(addr);
}

/* Adds the sources of 's' that are new, drops those of 'old' that 's' lacks,
 * and leaves all others, also those that are not in the model. */
static void
write_sources(struct tm_change *c, const struct tmrec_mirror_session *row,
              const struct tm_session *s, const struct tm_session *old)
{
    size_t max = row->n_sources + s->n_sources;
    struct tmrec_mirror_source **rows = xmalloc(max * sizeof *rows);
    struct tmrec_mirror_source **dropped = xmalloc(max * sizeof *dropped);
    size_t n = 0, n_dropped = 0;

    for (size_t i = 0; i < row->n_sources; i++) {
        const struct uuid *uuid = &row->sources[i]->header_.uuid;

        if (has_source_row(s, uuid) || !old || !has_source_row(old, uuid)) {
            rows[n++] = row->sources[i];
        } else {
            dropped[n_dropped++] = row->sources[i];
        }
    }
    for (size_t i = 0; i < s->n_sources; i++) {
        if (uuid_is_zero(&s->sources[i].uuid)) {
            struct tmrec_mirror_source *source;
            struct uuid new;

            uuid_generate(&new);
            source = tmrec_mirror_source_insert_persist_uuid(c->txn, &new);
            tmrec_mirror_source_set_interface(
                source, tmrec_network_interface_get_for_uuid(
                    c->idl, &s->sources[i].eni));
            tmrec_mirror_source_set_position(source, s->sources[i].position);
            rows[n++] = source;
        }
    }
    tmrec_mirror_session_set_sources(row, rows, n);
    for (size_t i = 0; i < n_dropped; i++) {
        tm_change_drop(&dropped[i]->header_);
    }
    free(rows);
    free(dropped);
}

/* Name, description, project and numbers.  Returns true if that changed
 * anything. */
static bool
write_values(const struct tmrec_mirror_session *row,
             const struct tm_session *s, const struct tm_session *old)
{
    bool changed = false;

    if (!old || strcmp(s->name, old->name)) {
        tmrec_mirror_session_set_name(row, s->name);
        changed = true;
    }
    if (!old || strcmp(s->description, old->description)) {
        tmrec_mirror_session_set_description(row, s->description);
        changed = true;
    }
    if (!old || strcmp(s->project, old->project)) {
        tmrec_mirror_session_set_project(row, s->project);
        changed = true;
    }
    if (!old || s->priority != old->priority) {
        tmrec_mirror_session_set_priority(row, s->priority);
        changed = true;
    }
    if (!old || s->enabled != old->enabled) {
        tmrec_mirror_session_set_enabled(row, s->enabled);
        changed = true;
    }
    if (!old || s->vni != old->vni) {
        tmrec_mirror_session_set_vni(row, s->vni);
        changed = true;
    }
    if (!old || s->packet_length != old->packet_length) {
        int64_t length = s->packet_length;

        tmrec_mirror_session_set_packet_length(row, &length, length != 0);
        changed = true;
    }
    return changed;
}

/* Returns true if that changed anything. */
static bool
write_session(struct tm_change *c, const struct tmrec_mirror_session *row,
              const struct tm_session *s, const struct tm_session *old)
{
    bool changed = write_values(row, s, old);

    if (!old || !uuid_equals(&s->filter, &old->filter)) {
        tmrec_mirror_session_set_filter(
            row, tmrec_mirror_filter_get_for_uuid(c->idl, &s->filter));
        changed = true;
    }
    if (!old || !tm_session_same_target(s, old)) {
        write_target(c, row, s);
        changed = true;
    }
    if (adds_source(s) || (old && removes_source(s, old))) {
        write_sources(c, row, s, old);
        changed = true;
    }
    return changed;
}

char *
tm_change_put_session(struct tm_change *c, struct tm_session *s,
                      struct uuid *uuid)
{
    const struct tm_session *old = NULL;
    const struct tmrec_mirror_session *row = NULL;
    char *error;

    if (!uuid_is_zero(&s->uuid)) {
        row = tmrec_mirror_session_get_for_uuid(c->idl, &s->uuid);
        old = tm_model_get_session(&c->model, &s->uuid);
    }
    tm_session_finish(s);
    error = (!uuid_is_zero(&s->uuid) && !(row && old)
             ? tm_change_no_row("Mirror_Session", &s->uuid)
             : tm_validate_change(&(struct tm_proposal) {
                   .model = &c->model, .kind = TM_SESSION,
                   .old = old, .new = s,
               }));
    if (error) {
        goto exit;
    }

    if (row) {
        tm_change_verify(&row->header_, &tmrec_table_mirror_session);
    } else {
        struct uuid new;

        uuid_generate(&new);
        row = tmrec_mirror_session_insert_persist_uuid(c->txn, &new);
        tmrec_mirror_session_set_created_at(row, c->now);
    }
    if (write_session(c, row, s, old)) {
        tmrec_mirror_session_set_updated_at(row, c->now);
        tm_change_guard(c);
        tm_model_put_session(&c->model, tm_session_from_row(row), NULL);
    }
    if (uuid) {
        *uuid = row->header_.uuid;
    }

exit:
    tm_session_destroy(s);
    return error;
}

char *
tm_change_remove_session(struct tm_change *c, const struct uuid *uuid)
{
    const struct tmrec_mirror_session *row
        = tmrec_mirror_session_get_for_uuid(c->idl, uuid);
    struct uuid copy = *uuid;

    if (!row) {
        return tm_change_no_row("Mirror_Session", uuid);
    }
    tm_change_guard(c);
    for (size_t i = 0; i < row->n_sources; i++) {
        tm_change_drop(&row->sources[i]->header_);
    }
    tmrec_mirror_session_delete(row);
    tm_model_remove_session(&c->model, &copy, NULL);
    return NULL;
}
