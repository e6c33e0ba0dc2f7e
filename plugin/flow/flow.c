/* SPDX-License-Identifier: Apache-2.0 */
/* flow.c
 *
 * A flow is made once and then only shared: the compiler's set, the switch's
 * set and a list of changes all point to the same one.
 *
 * The compiler writes matches and actions in whichever of the equal forms it
 * likes (a register may be loaded or set, a VLAN's priority bits may be masked
 * in part), but the switch tells only what OpenFlow can say.  So that the two
 * compare as bytes, each flow makes the way over the wire when it is created:
 * its match and actions are encoded as OpenFlow 1.5 and decoded again.  What
 * comes out comes out again of every further turn.
 *
 * If the actions do not survive that (more of them than a message holds), the
 * flow stays as it was given; it is for the switch to refuse it, with words
 * that an operator gets to see.  A match that loses a field on the way (one
 * without its prerequisite) would silently match more: that is a bug of the
 * compiler. */

#include <config.h>

#include "plugin/flow/flow.h"

/* Open vSwitch's, not the one in this folder. */
#include <flow.h>
#include <string.h>

#include "hash.h"
#include "nx-match.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "packets.h"
#include "util.h"

static void
normalize_match(const struct match *match, struct match *normal)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf b;

    ofpbuf_use_stub(&b, stub, sizeof stub);
    oxm_put_match(&b, match, OFP15_VERSION);
    if (oxm_pull_match(&b, false, NULL, NULL, normal)) {
        *normal = *match;
    }
    ofpbuf_uninit(&b);
}

/* Whether 'minimatch' has every bit of 'match', but for the priority bits of a
 * VLAN, which OpenFlow can only match as a whole. */
static bool
has_every_bit(const struct minimatch *minimatch, const struct match *match)
{
    struct flow_wildcards have = { .masks = { .metadata = 0 } };
    struct flow_wildcards want = match->wc;

    minimask_expand(minimatch->mask, &have);
    for (size_t i = 0; i < ARRAY_SIZE(want.masks.vlans); i++) {
        want.masks.vlans[i].tci &= htons(VLAN_VID_MASK | VLAN_CFI);
    }
    return !flow_wildcards_has_extra(&have, &want);
}

/* Open vSwitch leaves what is behind a field's value as it was in memory, and
 * ofpacts_equal() compares it too. */
static void
clear_padding(struct ofpact *ofpacts, size_t ofpacts_len)
{
    struct ofpact *a;

    OFPACT_FOR_EACH (a, ofpacts, ofpacts_len) {
        if (a->type == OFPACT_SET_FIELD) {
            struct ofpact_set_field *sf = ofpact_get_SET_FIELD(a);
            size_t n = sf->field->n_bytes;
            size_t n_pad = PAD_SIZE(n, OFPACT_ALIGNTO);

            memset((uint8_t *) sf->value + n, 0, n_pad);
            memset((uint8_t *) ofpact_set_field_mask(sf) + n, 0, n_pad);
        } else if (a->type == OFPACT_CLONE) {
            struct ofpact_nest *nest = ofpact_get_CLONE(a);

            clear_padding(nest->actions, ofpact_nest_get_action_len(nest));
        }
    }
}

/* Appends the normal form of 'ofpacts' to 'normal', which is empty. */
static void
normalize_ofpacts(const struct ofpact *ofpacts, size_t ofpacts_len,
                  struct ofpbuf *normal)
{
    uint64_t stub[2048 / 8];
    struct ofpbuf b;

    ofpbuf_use_stub(&b, stub, sizeof stub);
    ofpacts_put_openflow_instructions(ofpacts, ofpacts_len, &b,
                                      OFP15_VERSION);
    if (b.size > UINT16_MAX
        || ofpacts_pull_openflow_instructions(&b, b.size, OFP15_VERSION, NULL,
                                              NULL, normal)) {
        ofpbuf_clear(normal);
        ofpbuf_put(normal, ofpacts, ofpacts_len);
    }
    ofpbuf_uninit(&b);
    clear_padding(normal->data, normal->size);
}

static struct tm_flow *
flow_create(uint8_t table_id, uint16_t priority, ovs_be64 cookie,
            const struct match *match_, const struct ofpbuf *ofpacts)
{
    struct match match;
    uint64_t stub[2048 / 8];
    struct ofpbuf normal;

    normalize_match(match_, &match);
    ofpbuf_use_stub(&normal, stub, sizeof stub);
    normalize_ofpacts(ofpacts->data, ofpacts->size, &normal);

    struct tm_flow *flow = xzalloc(sizeof *flow);
    flow->n_refs = 1;
    flow->table_id = table_id;
    flow->priority = priority;
    minimatch_init(&flow->match, &match);
    flow->hash = minimatch_hash(&flow->match,
                                hash_2words(table_id, priority));
    flow->cookie = cookie;
    flow->ofpacts = normal.size ? xmemdup(normal.data, normal.size) : NULL;
    flow->ofpacts_len = normal.size;
    ofpbuf_uninit(&normal);
    return flow;
}

struct tm_flow *
tm_flow_create(uint8_t table_id, uint16_t priority, ovs_be64 cookie,
               const struct match *match, const struct ofpbuf *ofpacts,
               const struct tm_origin *origin)
{
    char *problem = tm_flow_check_actions(ofpacts->data, ofpacts->size);
    struct tm_flow *flow;

    /* Any other action could stop the production packet. */
    ovs_assert(!problem);
    flow = flow_create(table_id, priority, cookie, match, ofpacts);
    /* A field without its prerequisite would be left out. */
    ovs_assert(has_every_bit(&flow->match, match));
    if (origin) {
        flow->origin = *origin;
    }
    return flow;
}

struct tm_flow *
tm_flow_from_stats(const struct ofputil_flow_stats *fs)
{
    struct ofpbuf ofpacts
        = ofpbuf_const_initializer(fs->ofpacts, fs->ofpacts_len);

    return flow_create(fs->table_id, fs->priority, fs->cookie, &fs->match,
                       &ofpacts);
}

struct tm_flow *
tm_flow_ref(const struct tm_flow *flow_)
{
    struct tm_flow *flow = CONST_CAST(struct tm_flow *, flow_);

    if (flow) {
        ovs_assert(flow->n_refs > 0);
        flow->n_refs++;
    }
    return flow;
}

void
tm_flow_unref(struct tm_flow *flow)
{
    if (flow) {
        ovs_assert(flow->n_refs > 0);
        if (!--flow->n_refs) {
            minimatch_destroy(&flow->match);
            free(flow->ofpacts);
            free(flow);
        }
    }
}

bool
tm_flow_key_equal(const struct tm_flow *a, const struct tm_flow *b)
{
    return (a == b
            || (a->hash == b->hash
                && a->table_id == b->table_id
                && a->priority == b->priority
                && minimatch_equal(&a->match, &b->match)));
}

bool
tm_flow_equal(const struct tm_flow *a, const struct tm_flow *b)
{
    return (a == b
            || (tm_flow_key_equal(a, b)
                && a->cookie == b->cookie
                && ofpacts_equal(a->ofpacts, a->ofpacts_len,
                                 b->ofpacts, b->ofpacts_len)));
}

/* The values of both are only comparable if the maps are the same. */
static int
miniflow_compare(const struct miniflow *a, const struct miniflow *b)
{
    int cmp = memcmp(&a->map, &b->map, sizeof a->map);

    return (cmp ? cmp
            : memcmp(miniflow_get_values(a), miniflow_get_values(b),
                     MINIFLOW_VALUES_SIZE(miniflow_n_values(a))));
}

int
tm_flow_compare(const struct tm_flow *a, const struct tm_flow *b)
{
    if (a->table_id != b->table_id) {
        return a->table_id < b->table_id ? -1 : 1;
    } else if (a->priority != b->priority) {
        return a->priority > b->priority ? -1 : 1;
    }

    int cmp = miniflow_compare(&a->match.mask->masks, &b->match.mask->masks);
    return cmp ? cmp : miniflow_compare(a->match.flow, b->match.flow);
}

void
tm_flow_format(const struct tm_flow *flow, struct ds *s)
{
    struct ofpact_format_params fp = { .s = s };

    ds_put_format(s, "cookie=0x%"PRIx64", table=%"PRIu8", ",
                  ntohll(flow->cookie), flow->table_id);
    minimatch_format(&flow->match, NULL, NULL, s, flow->priority);
    if (ds_last(s) != ' ') {
        ds_put_char(s, ' ');
    }
    ds_put_cstr(s, "actions=");
    ofpacts_format(flow->ofpacts, flow->ofpacts_len, &fp);
}
