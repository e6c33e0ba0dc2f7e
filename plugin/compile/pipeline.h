/* pipeline.h
 *
 * Job.       THE list of the plugin's tables, registers, priorities, cookies
 *            and budgets.  Nothing of it is written a second time.
 * Input.     'base': the first table, 'tmirror-table-base'.
 * Output.    Constants.
 * Not here.  What the flows do (one file a stage), tables of the pipelines
 *            that the hooks sit in (plugin/hooks).
 * Ownership. None: constants.
 * Failure.   Cannot fail.
 *
 * Inside a hook's clone(), so all of it is put back afterwards:
 *
 *     reg0     OpenFlow port of the source that the packet is judged for
 *     reg1     direction: enum tm_direction
 *     reg2     verdict: 0 none yet, else enum tm_action
 *     reg3     slot of a load balancer
 *     xxreg1   UUID of the filter                     (reg4 to reg7)
 *     reg8     VLAN of the frame, 0x1000|VID, or 0    ('normal' only)
 *     xxreg3   UUID of the session                    (reg12 to reg15)
 *
 * reg10[26] and reg10[27] mark, outside the clone, that a hook has been
 * passed, for one look-up only. */

#ifndef PLUGIN_COMPILE_PIPELINE_H
#define PLUGIN_COMPILE_PIPELINE_H 1

#include "byte-order.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/types.h"
#include "uuid.h"

enum tm_table {
    TM_TABLE_GUARD,             /* Copies and their echoes stop; IP goes on. */
    TM_TABLE_SOURCE,            /* The sessions of a source, in order. */
    TM_TABLE_FILTER,            /* The rules of a filter. */
    TM_TABLE_DELIVER,           /* Tunnel fields and output. */
    TM_TABLE_VLAN,              /* 'normal': the frame's VLAN, tag off. */
    TM_TABLE_RECEIVE,           /* 'normal': who receives it. */
    TM_TABLE_ADMIT,             /* 'normal': is VLAN carried there; tag on. */
    TM_TABLE_TRUNKS,            /* 'normal': group frames to trunk sources. */
    TM_TABLE_SLOT,              /* Load balancer: slot to member. */
    TM_TABLE_GUARD_ADDR,        /* GUARD's second look, at addresses. */
    TM_TABLE_EXTERNAL_OUT,      /* 'external': entry for sent packets. */
    TM_TABLE_EXTERNAL_IN,       /* 'external': entry for received packets. */
    TM_N_TABLES
};
#define TM_TABLE_BASE_DEFAULT 200
/* The last table has to be below 254 (OFPTT_MAX is 254, and OVS keeps 254 for
 * itself). */
#define TM_TABLE_BASE_MAX (253 - TM_N_TABLES)

#define TM_REG_SOURCE       MFF_REG0
#define TM_REG_DIRECTION    MFF_REG1
#define TM_REG_VERDICT      MFF_REG2
#define TM_REG_SLOT         MFF_REG3
#define TM_REG_FILTER       MFF_XXREG1
#define TM_REG_VLAN         MFF_REG8
#define TM_REG_SESSION      MFF_XXREG3
#define TM_REG_MARK         MFF_REG10
#define TM_MARK_OUT         (UINT32_C(1) << 26)
#define TM_MARK_IN          (UINT32_C(1) << 27)
#define TM_VLAN_PRESENT     0x1000

/* Priorities of the hooks.  65535 is left for the tunnel port's drop. */
#define TM_PRIO_TUNNEL_DROP 65535
#define TM_PRIO_HOOK_OUT    65534
#define TM_PRIO_HOOK_IN     65533

/* Cookies: the mark in the top 16 bits, then 48 bits of the row's UUID.  The
 * plugin owns exactly the flows that carry the mark. */
#define TM_COOKIE_MARK      UINT64_C(0x746d000000000000)
#define TM_COOKIE_MASK      UINT64_C(0xffff000000000000)
static inline ovs_be64
tm_cookie(const struct uuid *row)   /* NULL: no row asked for the flow. */
{
    uint64_t bits = row ? ((uint64_t) row->parts[0] << 16
                           | (row->parts[1] >> 16)) : 0;
    return htonll(TM_COOKIE_MARK | bits);
}

/* One translation may resubmit 4,096 times before the *production* packet is
 * dropped; half is left to the pipeline.  And it may make 64 kB of datapath
 * actions before the packet goes the slow way; a copy on the userspace
 * datapath costs about 550 bytes. */
#define TM_BUDGET_RESUBMITS 2000
#define TM_BUDGET_COPIES    100

#endif /* plugin/compile/pipeline.h */
