/* from-row.h
 *
 * Job.       Rows of Traffic_Mirror to objects of the model.  The one place
 *            that reads columns into values; daemon and tools share it.
 * Input.     IDL rows.
 * Output.    Objects, owned by the caller.
 * Not here.  Writing, change tracking.
 * Ownership. Objects hold copies; no row pointer is kept.
 * Failure.   A value that is not legal leaves that part out and adds a problem
 *            to the object (see model.h); a session whose target or numbers
 *            are contradictory has 'usable' false. */

#ifndef LIB_STORE_FROM_ROW_H
#define LIB_STORE_FROM_ROW_H 1

#include "lib/model.h"

struct ovsdb_idl;
struct tmrec_mirror_filter;
struct tmrec_mirror_session;
struct tmrec_network_interface;
struct tmrec_load_balancer;
struct tmrec_tm_global;

struct tm_filter *tm_filter_from_row(const struct tmrec_mirror_filter *);
struct tm_session *tm_session_from_row(const struct tmrec_mirror_session *);
struct tm_eni *tm_eni_from_row(const struct tmrec_network_interface *);
struct tm_lb *tm_lb_from_row(const struct tmrec_load_balancer *);

/* The quotas of 'model'; 'row' may be NULL. */
void tm_model_put_global(struct tm_model *, const struct tmrec_tm_global *row);

/* All rows of 'idl', as the transaction under way sees them, into 'model',
 * which must be empty. */
void tm_model_from_idl(struct tm_model *, const struct ovsdb_idl *);

#endif /* lib/store/from-row.h */
