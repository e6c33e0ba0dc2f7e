/* SPDX-License-Identifier: Apache-2.0 */
/* ctl.h
 *
 * Job.       The parts of tmirror-ctl: what its groups of commands share.
 * Input.     The command line, by way of Open vSwitch's db-ctl-base.h.
 * Output.    Text, tables, an exit code.
 * Not here.  What a change must satisfy (lib/store/change.h).
 * Ownership. A context owns its change, for one transaction.
 * Failure.   A command leaves one line in 'ctx->error'; nothing of its
 *            transaction is written then. */

#ifndef UTILITIES_CTL_H
#define UTILITIES_CTL_H 1

#include "db-ctl-base.h"
#include "lib/store/change.h"
#include "table.h"

struct sset;
struct svec;

/* Exit codes, besides EXIT_SUCCESS and EXIT_FAILURE. */
#define TM_CTL_EXIT_USAGE 2

/* The options of the whole program. */
struct tm_ctl_options {
    const char *db;             /* --db: remotes, separated by commas. */
    unsigned int timeout;       /* -t: seconds; 0: none. */
    int leader_only;            /* --[no-]leader-only. */
    int shuffle_remotes;        /* --[no-]shuffle-remotes. */
    bool retry;                 /* --retry: keep trying to connect. */
    bool oneline;               /* --oneline. */
    bool dry_run;               /* --dry-run: do not commit. */
    bool explain;               /* --explain: say what changes for copies. */
    bool wait_agents;           /* --wait=agents. */
    bool format_given;          /* -f: 'style.format' counts for all tables. */
    struct table_style style;
};

/* The context of all commands of one transaction. */
struct tm_ctl_context {
    struct ctl_context base;
    struct tm_change change;    /* Only if 'has_change'. */
    bool has_change;
};

/* The change of the transaction under way. */
struct tm_change *tm_ctl_change(struct ctl_context *);

/* Ends the program with one line on stderr. */
OVS_NO_RETURN void tm_ctl_fail(char *message);
OVS_NO_RETURN void tm_ctl_usage_error(char *message);

/* Runs 'commands', whose text is 'args', in one transaction, which is tried
 * until it is decided.  Prints their output.  Does not return if it fails. */
void tm_ctl_run(const struct tm_ctl_options *, const char *args,
                struct ctl_command *commands, size_t n_commands);

/* ctl-db.c: the database as a whole. */

/* Stores the names of the databases that 'remote' serves in 'dbs'.  Returns
 * NULL or a malloc()ed line. */
char *tm_ctl_db_list(const struct tm_ctl_options *, struct sset *dbs);
/* Makes the server at 'remote', which is on this machine, serve
 * Traffic_Mirror.  Returns NULL or a malloc()ed line. */
char *tm_ctl_db_create(const char *remote);
/* ctl-upgrade.c: has the server convert the database, if it has the schema of
 * an earlier release.  Likewise. */
char *tm_ctl_db_upgrade(const struct tm_ctl_options *);

/* ctl-audit.c: who changed what, as a malloc()ed line. */
char *tm_ctl_audit_line(const char *args, const char *changes);
void tm_ctl_audit_log(const char *line);        /* NULL: nothing to tell. */

/* ctl-effect.c: what a transaction does to copies.  Made before its commands
 * run. */
struct tm_ctl_effect;
struct tm_ctl_effect *tm_ctl_effect_create(const struct ovsdb_idl *);
/* Afterwards, while it is open: appends lines, at least one. */
void tm_ctl_effect_put(const struct tm_ctl_effect *, const struct ovsdb_idl *,
                       struct ds *);
void tm_ctl_effect_destroy(struct tm_ctl_effect *);

/* For struct ctl_command_syntax. */
void tm_ctl_pre_change(struct ctl_context *);   /* Reads the model. */
void tm_ctl_pre_status(struct ctl_context *);   /* ...and what nodes say. */

/* Output of a command that made 'uuid'. */
void tm_ctl_put_uuid(struct ctl_context *, const struct uuid *);

/* "KEY=VALUE" words. */
struct tm_ctl_key {
    const char *name;           /* NULL ends a list. */

    /* Gives 'object' the value; an empty one takes it away where the object
     * can be without.  Returns NULL or a line that names 'key'. */
    char *(*set)(const char *key, const char *value, void *object);
};
/* Applies words 'argv[first]' and on of the command to 'object'. */
char *tm_ctl_set_keys(const struct ctl_context *, int first,
                      const struct tm_ctl_key[], void *object);
/* 'message', which it takes over, behind the key and value it is about. */
char *tm_ctl_bad_value(const char *key, const char *value, char *message);

/* A host address that copies can be sent to.  Returns the whole line to print,
 * or NULL. */
char *tm_ctl_parse_addr(const char *key, const char *value, struct tm_addr *);

/* A table as output. */
struct tm_ctl_column {
    const char *name;           /* NULL ends a list. */
    bool integer;               /* A number in JSON; null if empty. */
};
struct tm_ctl_table {
    struct table *table;        /* The context's. */
    const struct tm_ctl_column *columns;
    size_t n_columns;
    size_t *order;              /* Which columns are shown, in order. */
    size_t n_order;
};
/* Honors --columns.  Returns NULL or a malloc()ed line. */
char *tm_ctl_table_init(struct tm_ctl_table *, struct ctl_context *,
                        const struct tm_ctl_column[]);
void tm_ctl_table_uninit(struct tm_ctl_table *);
/* One cell a column; takes the strings over. */
void tm_ctl_table_row(struct tm_ctl_table *, char *cells[]);

/* Finds a thing by what the operator calls it.  '*p' is NULL only if there is
 * none and 'must_exist' is false.  Returns NULL or a malloc()ed line. */
char *tm_ctl_find_filter(struct ctl_context *, const char *text,
                         bool must_exist, const struct tm_filter **p);
char *tm_ctl_find_session(struct ctl_context *, const char *text,
                          bool must_exist, const struct tm_session **p);
char *tm_ctl_find_eni(struct ctl_context *, const char *name, bool must_exist,
                      const struct tm_eni **p);
char *tm_ctl_find_lb(struct ctl_context *, const char *name, bool must_exist,
                     const struct tm_lb **p);

/* Sorted by name, then UUID; malloc()ed. */
size_t tm_ctl_sort_filters(const struct tm_model *,
                           const struct tm_filter ***);
size_t tm_ctl_sort_sessions(const struct tm_model *,
                            const struct tm_session ***);

/* "eni:ID", "elb:NAME", "ip:ADDR"; malloc()ed. */
char *tm_ctl_format_target(const struct tm_model *,
                           const struct tm_session *);

/* Takes the reason that a node gave for the state of a source apart: returns
 * what explains the state, malloc()ed, and adds each piece of advice, without
 * TM_WARNING_PREFIX, to 'advice'. */
char *tm_ctl_split_reason(const char *reason, struct svec *advice);

/* The groups of commands. */
extern const struct ctl_command_syntax tm_ctl_global_commands[];
extern const struct ctl_command_syntax tm_ctl_filter_commands[];
extern const struct ctl_command_syntax tm_ctl_rule_commands[];
extern const struct ctl_command_syntax tm_ctl_eni_commands[];
extern const struct ctl_command_syntax tm_ctl_lb_commands[];
extern const struct ctl_command_syntax tm_ctl_quota_commands[];
extern const struct ctl_command_syntax tm_ctl_session_commands[];
extern const struct ctl_command_syntax tm_ctl_show_commands[];
extern const struct ctl_command_syntax tm_ctl_stats_commands[];
extern const struct ctl_command_syntax tm_ctl_who_commands[];
extern const struct ctl_command_syntax tm_ctl_explain_commands[];

#endif /* utilities/ctl.h */
