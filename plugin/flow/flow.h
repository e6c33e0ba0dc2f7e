/* flow.h
 *
 * Job.       One OpenFlow flow as an immutable, normalized value, and builders
 *            for the few actions that the plugin may emit.
 * Input.     Match and actions, from the compiler or from a flow stats reply.
 * Output.    Flows that compare equal if the switch treats them the same.
 * Not here.  Sets (flow-set.h), messages (plugin/switch).
 * Ownership. Flows are counted; who keeps a pointer holds a reference.
 * Failure.   Building a flow with an action that is not on the list of
 *            tm_flow_check_actions() is a broken invariant: ovs_assert. */

#ifndef PLUGIN_FLOW_FLOW_H
#define PLUGIN_FLOW_FLOW_H 1

#include "openvswitch/hmap.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "uuid.h"

struct ofputil_flow_stats;

/* The database row that asked for a flow. */
struct tm_origin {
    const char *table;          /* Static, or NULL: none in particular. */
    struct uuid row;
};

struct tm_flow {
    unsigned int n_refs;

    /* Key (OpenFlow 1.5.1, 6.4: overlap is by table, priority and match). */
    uint8_t table_id;
    uint16_t priority;
    struct minimatch match;
    uint32_t hash;              /* Of the key. */

    ovs_be64 cookie;
    struct ofpact *ofpacts;     /* Normalized. */
    size_t ofpacts_len;         /* Bytes. */

    struct tm_origin origin;    /* Not compared. */
};

/* Copies 'match' and 'ofpacts' and normalizes both, so that the flow equals
 * itself read back from a switch by OpenFlow 1.5. */
struct tm_flow *tm_flow_create(uint8_t table_id, uint16_t priority,
                               ovs_be64 cookie, const struct match *,
                               const struct ofpbuf *ofpacts,
                               const struct tm_origin *);
/* The same for a flow that came from a switch: any action is taken.  What
 * cannot be normalized is kept as it is. */
struct tm_flow *tm_flow_from_stats(const struct ofputil_flow_stats *);
struct tm_flow *tm_flow_ref(const struct tm_flow *);
void tm_flow_unref(struct tm_flow *);

bool tm_flow_key_equal(const struct tm_flow *, const struct tm_flow *);
/* Key, cookie and actions. */
bool tm_flow_equal(const struct tm_flow *, const struct tm_flow *);
/* By table, falling priority, then match: a total order on keys. */
int tm_flow_compare(const struct tm_flow *, const struct tm_flow *);
/* ovs-ofctl(8) syntax, without newline. */
void tm_flow_format(const struct tm_flow *, struct ds *);

/* NULL if every action, at any depth, is one that is safe below a hook's
 * clone: set_field, move, resubmit, clone, output, output with max_len,
 * conjunction, multipath, drop (none).  Else what is not (malloc()ed).  A
 * select group or an exit there would stop the production packet
 * (table-design.md F1). */
char *tm_flow_check_actions(const struct ofpact *, size_t ofpacts_len);

/* Builders.  'ofpacts' grows; values in host byte order. */
void tm_act_set_reg(struct ofpbuf *ofpacts, enum mf_field_id, uint32_t value);
/* Bits of 'mask' only. */
void tm_act_set_reg_masked(struct ofpbuf *, enum mf_field_id, uint32_t value,
                           uint32_t mask);
void tm_act_set_uuid(struct ofpbuf *, enum mf_field_id xxreg,
                     const struct uuid *);
void tm_act_set_field(struct ofpbuf *, enum mf_field_id,
                      const union mf_value *);
/* Moves 'n_bits' from bit 'src_ofs' of 'src' to bit 'dst_ofs' of 'dst'. */
void tm_act_move(struct ofpbuf *, enum mf_field_id src, unsigned int src_ofs,
                 enum mf_field_id dst, unsigned int dst_ofs,
                 unsigned int n_bits);
void tm_act_resubmit(struct ofpbuf *, uint8_t table);   /* resubmit(,TABLE) */
void tm_act_output(struct ofpbuf *, ofp_port_t, uint32_t max_len /* 0: all */);
void tm_act_conjunction(struct ofpbuf *, uint32_t id, int k, int n); /* k/n */
/* What is put between the two calls is inside clone(...).  Nests. */
size_t tm_act_clone_begin(struct ofpbuf *);
void tm_act_clone_end(struct ofpbuf *, size_t begin);

/* Match helpers. */
void tm_match_reg(struct match *, enum mf_field_id, uint32_t value);
void tm_match_uuid(struct match *, enum mf_field_id xxreg,
                   const struct uuid *);

#endif /* plugin/flow/flow.h */
