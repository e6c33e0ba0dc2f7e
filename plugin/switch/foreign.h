/* foreign.h
 *
 * Job.       Looks for flows of others that stand in the plugin's way, and
 *            says so: in the plugin's tables, above the hooks in table 0, or
 *            at odds with the bits that the hooks mark packets with.
 * Input.     Flow stats of table 0 and of the plugin's tables, a table at a
 *            time while nothing else is to be done; what the flow monitor
 *            tells.
 * Output.    A line for each thing an operator can mend.
 * Not here.  Doing anything about those flows: they are others'.
 * Ownership. The switch owns the struct; of the flows only lines are kept.
 * Failure.   A table that the switch does not tell keeps its former lines. */

#ifndef PLUGIN_SWITCH_FOREIGN_H
#define PLUGIN_SWITCH_FOREIGN_H 1

#include <stdbool.h>
#include <stdint.h>

#include "sset.h"

struct ofp_header;
struct ofputil_flow_update;
struct tm_switch;

/* How many flows of one kind are named; the others are counted. */
#define TM_FOREIGN_NAMED 3

/* Flows of one kind: the first few of them in the order of their text, so that
 * the same flows always give the same lines. */
struct tm_foreign_kind {
    char *lines[TM_FOREIGN_NAMED];      /* NULL: none. */
    unsigned int n;
};

struct tm_foreign_table {
    bool due;                   /* To be read. */
    long long int not_before;   /* In msec, if 'due'. */
    unsigned int n;             /* Flows in the way. */
};

struct tm_foreign {
    struct tm_foreign_table tables[UINT8_MAX + 1];
    struct sset table0;         /* Lines of table 0. */
    struct sset problems;       /* Lines of all tables. */

    /* The reply that is under way. */
    bool reading;
    uint8_t table;
    uint32_t xid;
    unsigned int n;
    struct tm_foreign_kind above, marks;
};

void tm_foreign_init(struct tm_foreign *);
void tm_foreign_uninit(struct tm_foreign *);

/* Nothing is known any more: another switch. */
void tm_foreign_clear(struct tm_foreign *);
/* The connection is gone; what it told is still the best that is known. */
void tm_foreign_abandon(struct tm_foreign *);

/* The flows have been read back: all tables are due. */
void tm_foreign_restart(struct tm_switch *);
/* A flow without the plugin's mark was added, altered or removed. */
void tm_foreign_note_update(struct tm_switch *,
                            const struct ofputil_flow_update *);
/* A bundle is sent.  A flow with the match of one in the way takes its place,
 * of which the flow monitor does not tell, since the change is our own. */
void tm_foreign_note_bundle(struct tm_switch *);

/* Asks for the next table, if one is due.  To be called when the switch has
 * nothing else to do. */
void tm_foreign_run(struct tm_switch *);
void tm_foreign_wait(const struct tm_switch *);

/* Both return false if the message is no answer to a question from here. */
bool tm_foreign_handle_reply(struct tm_switch *, const struct ofp_header *);
bool tm_foreign_handle_error(struct tm_switch *, uint32_t xid);

#endif /* plugin/switch/foreign.h */
