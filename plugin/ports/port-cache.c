/* SPDX-License-Identifier: Apache-2.0 */
/* port-cache.c: remembers what the rows of ports say.
 *
 * A node is built anew whenever anything in the database moves, and a row is
 * spread over many small pieces of memory, so that to read a thousand of them
 * takes milliseconds.  Here each Port row, with its interfaces, is read once
 * and kept until the IDL says that it changed.  The IDL tracks a Port as
 * changed if one of its Interface rows is, too, since the one refers to the
 * other. */

#include <config.h>
#include "plugin/ports/ports-internal.h"

#include "ovsdb-idl.h"
#include "svec.h"
#include "util.h"

/* What one Port row says. */
struct entry {
    struct hmap_node node;      /* In tm_port_cache 'entries', by 'uuid'. */
    struct uuid uuid;           /* Port row. */
    struct tm_port *ports;      /* Of its interfaces. */
    size_t n_ports;
    struct svec problems;
};

void
tm_port_cache_init(struct tm_port_cache *cache)
{
    hmap_init(&cache->entries);
}

static void
forget(struct tm_port_cache *cache, struct entry *entry)
{
    hmap_remove(&cache->entries, &entry->node);
    for (size_t i = 0; i < entry->n_ports; i++) {
        tm_port_uninit(&entry->ports[i]);
    }
    free(entry->ports);
    svec_destroy(&entry->problems);
    free(entry);
}

void
tm_port_cache_uninit(struct tm_port_cache *cache)
{
    struct entry *entry;

    HMAP_FOR_EACH_SAFE (entry, node, &cache->entries) {
        forget(cache, entry);
    }
    hmap_destroy(&cache->entries);
}

void
tm_port_cache_track(struct ovsdb_idl *idl)
{
    const struct ovsdb_idl_column *columns[] = {
        &ovsrec_port_col_interfaces,
        &ovsrec_port_col_tag,
        &ovsrec_port_col_trunks,
        &ovsrec_port_col_vlan_mode,
        &ovsrec_port_col_external_ids,
        &ovsrec_interface_col_name,
        &ovsrec_interface_col_type,
        &ovsrec_interface_col_options,
        &ovsrec_interface_col_ofport,
        &ovsrec_interface_col_error,
        &ovsrec_interface_col_external_ids,
        &ovsrec_interface_col_mtu,
    };

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_track_add_column(idl, columns[i]);
    }
}

static struct entry *
find(const struct tm_port_cache *cache, const struct uuid *uuid)
{
    struct entry *entry;

    HMAP_FOR_EACH_WITH_HASH (entry, node, uuid_hash(uuid), &cache->entries) {
        if (uuid_equals(&entry->uuid, uuid)) {
            return entry;
        }
    }
    return NULL;
}

bool
tm_port_cache_run(struct tm_port_cache *cache, struct ovsdb_idl *idl)
{
    const struct ovsrec_port *row;
    bool ours = false;

    OVSREC_PORT_FOR_EACH_TRACKED (row, idl) {
        struct entry *entry = find(cache, &row->header_.uuid);

        /* The interfaces of a row that is gone may be gone, too. */
        ours |= ovsrec_port_is_deleted(row) || tm_port_row_is_owned(row);
        if (entry) {
            forget(cache, entry);
        }
    }
    ovsdb_idl_track_clear(idl);
    return ours;
}

static struct entry *
read_row(const struct ovsrec_port *row)
{
    struct entry *entry = xzalloc(sizeof *entry);
    struct sset problems = SSET_INITIALIZER(&problems);
    const char *s;

    entry->uuid = row->header_.uuid;
    svec_init(&entry->problems);
    if (!tm_port_row_is_owned(row)) {
        entry->ports = xcalloc(row->n_interfaces + 1, sizeof *entry->ports);
        for (size_t i = 0; i < row->n_interfaces; i++) {
            struct tm_port *port = &entry->ports[entry->n_ports];

            entry->n_ports += tm_port_from_row(row, row->interfaces[i], port,
                                               &problems);
        }
    }
    SSET_FOR_EACH (s, &problems) {
        svec_add(&entry->problems, s);
    }
    sset_destroy(&problems);
    return entry;
}

void
tm_port_cache_read(struct tm_port_cache *cache,
                   const struct ovsrec_bridge *bridge, struct tm_node *node,
                   struct sset *problems)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct uuid *uuid = &bridge->ports[i]->header_.uuid;
        struct entry *entry = find(cache, uuid);

        if (!entry) {
            entry = read_row(bridge->ports[i]);
            hmap_insert(&cache->entries, &entry->node, uuid_hash(uuid));
        }
        for (size_t j = 0; j < entry->n_ports; j++) {
            struct tm_port port;

            tm_port_clone(&port, &entry->ports[j]);
            tm_node_add_port(node, &port);
        }
        for (size_t j = 0; j < entry->problems.n; j++) {
            sset_add(problems, entry->problems.names[j]);
        }
    }
    tm_node_sort(node);
}
