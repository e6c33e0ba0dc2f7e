/* SPDX-License-Identifier: Apache-2.0 */
/* status.h
 *
 * Job.       What the nodes report in Traffic_Mirror, for the tools to show
 *            and to wait for.
 * Input.     An IDL.
 * Output.    Plain values.
 * Not here.  Writing reports (store.h).
 * Ownership. Strings in results belong to the caller: see _uninit, _destroy.
 * Failure.   What is not there is empty. */

#ifndef LIB_STORE_STATUS_H
#define LIB_STORE_STATUS_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/model.h"

struct ovsdb_idl;

/* Adds to 'idl', before its first run, the columns that this module reads. */
void tm_status_monitor(struct ovsdb_idl *);

/* Begins the part of a reason that is advice: mirroring goes on as it is. */
#define TM_WARNING_PREFIX "warning: "

/* The state of a row of Mirror_Source. */
struct tm_source_status {
    char *status;               /* "detached" if no node said anything. */
    char *reason;               /* "" for none. */
    char *agent;                /* The node. */
    int64_t ofport;             /* 0: none. */
};
void tm_source_status_get(const struct ovsdb_idl *, const struct uuid *source,
                          struct tm_source_status *);
void tm_source_status_uninit(struct tm_source_status *);

/* The node that an ENI is plugged into, "" for none; malloc()ed. */
char *tm_status_eni_agent(const struct ovsdb_idl *, const struct uuid *eni);

/* The IP version by which 'agent' sends copies to a target that has both, see
 * tm_model_target_address(). */
enum tm_ip tm_status_agent_prefers(const struct ovsdb_idl *,
                                   const char *agent);

/* A node. */
struct tm_agent_status {
    char *name, *hostname, *version, *pipeline;
    char *problems;             /* Separated by "; ". */
    char *metrics;              /* "ADDR:PORT" of its HTTP; "": none. */
    int64_t nb_cfg;
    int64_t nb_cfg_timestamp;   /* Milliseconds since the epoch; 0: never. */
    int64_t alive_until;        /* Likewise; 0: stopped on purpose. */
};

/* All nodes, by name, in a malloc()ed array.  Returns their number. */
size_t tm_agent_status_list(const struct ovsdb_idl *,
                            struct tm_agent_status **agentsp);
void tm_agent_status_destroy(struct tm_agent_status *, size_t n);

/* Returns true if every node that is alive at 'now' (milliseconds since the
 * epoch) has confirmed 'nb_cfg'.  Else stores in '*recheck' when the first of
 * the others will count as dead. */
bool tm_status_is_applied(const struct ovsdb_idl *, int64_t nb_cfg,
                          int64_t now, int64_t *recheck);

#endif /* lib/store/status.h */
