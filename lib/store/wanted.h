/* wanted.h
 *
 * Job.       What this node wants the database to say about it: the last
 *            reports, copied, and how rows differ from them.
 * Input.     Reports, as in store.h; rows.
 * Output.    Which part is news; writes to rows.
 * Not here.  Transactions and when they are made (report.c).
 * Ownership. Holds copies; no row pointer is kept.
 * Failure.   Cannot fail.  Text that is not UTF-8 is kept with escapes. */

#ifndef LIB_STORE_WANTED_H
#define LIB_STORE_WANTED_H 1

#include "lib/store/store.h"
#include "openvswitch/hmap.h"

struct ovsdb_idl;
struct tmrec_agent;
struct tmrec_mirror_source;
struct tmrec_network_interface;

/* The parts of the report. */
enum {
    TM_PART_AGENT = 1 << 0,
    TM_PART_SOURCES = 1 << 1,   /* With the ENIs. */
    TM_PART_NEWS = 1 << 2,      /* Those of them that the last reports name. */
    TM_PART_ALL = TM_PART_AGENT | TM_PART_SOURCES,
};

/* For the Agent row. */
struct tm_wanted_agent {
    char *name, *hostname, *version, *pipeline;
    char *metrics;              /* "": none. */
    struct sset encap_ips;
    struct sset problems;
    int64_t nb_cfg, nb_cfg_timestamp, alive_at;
};

struct tm_wanted {
    struct tm_wanted_agent agent;   /* 'name' NULL: nothing reported yet. */
    bool has_sources;           /* The next two mean something. */
    struct hmap sources;        /* One for each row of Mirror_Source. */
    struct uuidset enis;        /* That are plugged in here. */
    struct uuidset news;        /* Rows of TM_PART_NEWS. */
};

void tm_wanted_init(struct tm_wanted *);
void tm_wanted_uninit(struct tm_wanted *);

/* Take a report over.  Return the parts (TM_PART_*) that are new by that. */
int tm_wanted_take_agent(struct tm_wanted *, const struct tm_agent_report *);
int tm_wanted_take_news(struct tm_wanted *, const struct tm_report_news *);

/* The Agent row of this node, or NULL. */
const struct tmrec_agent *tm_wanted_find_agent(const struct tm_wanted *,
                                               const struct ovsdb_idl *);

/* Return true if 'row' differs from what is wanted.  With 'write' they also
 * mend it, in the transaction under way: one function for both, so that they
 * cannot disagree.  A column that the database of an earlier release lacks
 * does not differ. */
bool tm_wanted_sync_agent(const struct tm_wanted *, const struct ovsdb_idl *,
                          const struct tmrec_agent *, bool write);
bool tm_wanted_sync_source(const struct tm_wanted *,
                           const struct tmrec_mirror_source *row, bool write);
bool tm_wanted_sync_eni(const struct tm_wanted *,
                        const struct tmrec_network_interface *row,
                        bool write);

#endif /* lib/store/wanted.h */
