/* store.h
 *
 * Job.       The Traffic_Mirror database for the daemon: rows to model, change
 *            by change, and the daemon's reports to rows.
 * Input.     The database's remote; reports as plain values.
 * Output.    A model, and what changed in it.
 * Not here.  The changes of the tools (change.h).
 * Ownership. Owns IDL and model; no row pointer leaves.
 * Failure.   Database away: the model stays as it was, reports are sent again
 *            when it is back.  A wrong row is left out of the model, with a
 *            problem at its object and one rate-limited WARN. */

#ifndef LIB_STORE_STORE_H
#define LIB_STORE_STORE_H 1

#include "lib/model.h"
#include "sset.h"

struct tm_store;

struct tm_store *tm_store_create(void);
void tm_store_destroy(struct tm_store *);

/* Comma-separated remotes, as ovsdb(7).  NULL disconnects.  A change of remote
 * keeps the old model until the new contents are whole, then turns it into
 * them. */
void tm_store_set_remote(struct tm_store *, const char *remote);

/* True if the model changed; what it touches is added to 'dirty'. */
bool tm_store_run(struct tm_store *, struct tm_dirty *);
void tm_store_wait(struct tm_store *);

/* False until the whole contents arrived once. */
bool tm_store_is_ready(const struct tm_store *);
bool tm_store_is_connected(const struct tm_store *);
const struct tm_model *tm_store_model(const struct tm_store *);
/* TM_Global.nb_cfg; 0 if there is no row. */
int64_t tm_store_nb_cfg(const struct tm_store *);
/* A key of TM_Global.options, or NULL. */
const char *tm_store_option(const struct tm_store *, const char *key);

/* What the node says about itself: its Agent row. */
struct tm_agent_report {
    const char *name, *hostname, *version, *pipeline;
    const char *metrics;        /* "ADDR:PORT" of HTTP, or NULL. */
    const struct sset *encap_ips;
    const struct sset *problems;
    int64_t nb_cfg;             /* Confirmed by the switch. */
    int64_t nb_cfg_timestamp;   /* Milliseconds since the epoch. */
    int64_t alive_at;           /* Likewise; 0: on purpose not alive. */
};

/* The state of one row of Mirror_Source. */
struct tm_source_report {
    struct uuid source;
    const char *status;         /* "attached", "detached" or "error"; NULL: its
                                 * ENI is not here any more. */
    const char *reason;         /* "" for none. */
    int ofport;                 /* 0: none. */
};

struct tm_eni_report {
    struct uuid eni;
    bool here;                  /* It is plugged in here. */
};

/* What is new about sources and ENIs. */
struct tm_report_news {
    bool all;                   /* What is not named is not here. */
    const struct tm_source_report *sources;
    size_t n_sources;
    const struct tm_eni_report *enis;
    size_t n_enis;
};

/* Writes what differs, in one transaction at a time: the Agent row; the
 * sources; "detached" to every Mirror_Source row whose 'agent' is this node
 * and that is not here; Network_Interface.agent of the ENIs that are here,
 * cleared where it is this node and the ENI is not here.  'news' NULL: nothing
 * of it is new since the last call (only the Agent row is looked at).  Until
 * the first news with 'all', other news are not allowed.  Returns true if
 * nothing is left to write and nothing is under way. */
bool tm_store_report(struct tm_store *, const struct tm_agent_report *,
                     const struct tm_report_news *news);

/* Lines for conn/show and model/show, model/problems. */
void tm_store_show_connection(const struct tm_store *, struct ds *);
void tm_store_show_model(const struct tm_store *, struct ds *);
void tm_store_show_problems(const struct tm_store *, struct ds *);

#endif /* lib/store/store.h */
