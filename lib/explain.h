/* SPDX-License-Identifier: Apache-2.0 */
/* explain.h
 *
 * Job.       The whole answer of 'explain', in words: what match.h decides,
 *            what stops a packet before any rule counts, and where the copy
 *            goes or why it goes nowhere.
 * Input.     A model, a packet as a flow, what is known of the place where it
 *            is seen and of the way of its copy.
 * Output.    Values to compare with the switch; text of many lines.
 * Not here.  Who knows all that: the database (utilities/ctl-explain.c) or the
 *            node (plugin/report/explain.c).  How a frame gets to the source
 *            (VLANs, ACLs): a packet that is explained has got there.
 * Ownership. An explanation owns its strings; it points into the model.
 * Failure.   Cannot fail. */

#ifndef LIB_EXPLAIN_H
#define LIB_EXPLAIN_H 1

#include "match.h"

struct ds;
struct flow;

/* The ENI's place, as far as it is known. */
struct tm_explain_place {
    uint16_t vxlan_port;        /* UDP port of copies, host byte order. */
    enum tm_ip prefer;          /* See tm_model_target_address(). */
    bool plugged;               /* The next two are known. */
    bool local;                 /* It is the bridge's own port. */
    struct eth_addr mac;        /* Of the port; all zeros: not known. */
};

struct tm_explain {
    const struct tm_model *model;
    const struct tm_eni *eni;
    enum tm_direction direction;
    struct tm_packet packet;
    struct tm_decision decision;

    /* Why there is no copy whatever the rules say, or NULL.  'unseen': because
     * the source does not receive the packet, so that it does not even get to
     * the plugin's tables; 'itself': because the source itself sent it. */
    char *before;
    bool unseen, itself;
    char *proviso;              /* What only the node can tell, or NULL. */

    /* With 'decision.session': its row of Mirror_Source for the ENI. */
    struct uuid source;

    /* If 'decision.copied': where to, and by which version of IP at worst. */
    struct tm_addr to;
    enum tm_ip outer;
};

/* How the copy leaves, as the node told in the database, or as it knows. */
struct tm_explain_way {
    const char *status;         /* "attached", ... as in Mirror_Source. */
    const char *agent;          /* Name of the node; "": not known. */
    const char *reason;         /* "" for none. */
    uint32_t ofport;            /* 0: none. */
    bool mirrored;              /* The source is, in this direction. */

    /* The rest only the node itself knows. */
    bool is_node;
    uint32_t max_len;           /* Bytes kept of a longer frame; 0: all. */
    uint16_t vxlan_port;
    uint32_t tunnel;            /* OpenFlow port; 0: none. */
    const char *tunnel_name;
    uint32_t path_mtu;          /* Towards 'to'; 0: there is no route. */
};

void tm_explain_init(struct tm_explain *, const struct tm_model *,
                     const struct tm_eni *, enum tm_direction,
                     const struct flow *, const struct tm_explain_place *);
void tm_explain_uninit(struct tm_explain *);

/* The rules say that the packet is copied, and nothing is against it. */
bool tm_explain_is_copied(const struct tm_explain *);
/* ... and it leaves by 'way'. */
bool tm_explain_is_sent(const struct tm_explain *,
                        const struct tm_explain_way *);

/* 'way' is looked at only if tm_explain_is_copied(). */
void tm_explain_format(const struct tm_explain *,
                       const struct tm_explain_way *, struct ds *);

#endif /* lib/explain.h */
