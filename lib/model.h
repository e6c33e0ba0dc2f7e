/* model.h
 *
 * Job.       The product's things as plain values: filters with rules,
 *            sessions with sources and target, ENIs, load balancers, quotas;
 *            and which of them changed.
 * Input.     Whole objects that store/ (or a test) made from rows.
 * Output.    The objects by UUID, the sessions of each ENI in the order of
 *            matching, and the set of what a change touches (struct tm_dirty).
 * Not here.  Rows and IDL (store/), constraints (validate.h), packets
 *            (match.h), ports and flows (plugin/).
 * Ownership. A model owns its objects; _put takes the object over, _remove
 *            frees it.  Pointers into a model die at its next change.
 * Failure.   Cannot fail.  What a row has that cannot be represented is in the
 *            object's 'problems'; the object is then without that part, or
 *            'usable' is false. */

#ifndef LIB_MODEL_H
#define LIB_MODEL_H 1

#include "cidr.h"
#include "openvswitch/hmap.h"
#include "openvswitch/types.h"
#include "packets.h"
#include "port-range.h"
#include "quota.h"
#include "uuid.h"
#include "uuidset.h"

/* The values go into register 1 of the flows (architecture.md 4). */
enum tm_direction {
    TM_IN = 1,                  /* Received by the source. */
    TM_OUT = 2,                 /* Sent by the source. */
};
#define TM_N_DIRECTIONS 2

/* The values go into register 2 of the flows, as the verdict. */
enum tm_action {
    TM_ACCEPT = 1,
    TM_REJECT = 2,
};

enum tm_protocol {
    TM_PROTO_ALL,               /* Every IP protocol. */
    TM_PROTO_TCP,
    TM_PROTO_UDP,
    TM_PROTO_ICMP,              /* IPv4 only. */
    TM_PROTO_ICMP6,             /* IPv6 only. */
};

enum tm_target_type {
    TM_TARGET_ENI,
    TM_TARGET_ELB,
    TM_TARGET_IP,
};

/* Something an operator can mend.  'text' is one line that names column, value
 * and what is allowed. */
struct tm_problem {
    const char *table;          /* Name of the table, static. */
    struct uuid row;            /* Its row. */
    char *text;                 /* Owned. */
};

struct tm_problems {
    struct tm_problem *p;
    size_t n, allocated;
};

void tm_problems_init(struct tm_problems *);
void tm_problems_uninit(struct tm_problems *);
/* Takes 'text' over. */
void tm_problems_add(struct tm_problems *, const char *table,
                     const struct uuid *row, char *text);
void tm_problems_clone(struct tm_problems *, const struct tm_problems *);
bool tm_problems_equal(const struct tm_problems *, const struct tm_problems *);

struct tm_rule {
    struct uuid uuid;
    enum tm_direction direction;
    uint16_t priority;          /* 1..65535, 1 first. */
    enum tm_action action;
    enum tm_ip ip;
    enum tm_protocol protocol;
    bool has_src, has_dst;      /* An absent CIDR matches every address. */
    struct tm_cidr src, dst;
    struct tm_port_range sport, dport;
    char *description;          /* Never NULL. */
};

struct tm_filter {
    struct hmap_node node;      /* In tm_model 'filters', by uuid. */
    struct uuid uuid;
    char *name, *description, *project;     /* Never NULL. */

    /* By direction, then priority, then UUID.  Of two rules that share a
     * direction and priority the smaller UUID goes first and the other is left
     * out, with a problem. */
    struct tm_rule *rules;
    size_t n_rules, allocated_rules;
    struct tm_problems problems;
};

/* One session's use of one ENI: a row of Mirror_Source. */
struct tm_source {
    struct uuid uuid;
    struct uuid eni;
    int64_t position;
};

struct tm_session {
    struct hmap_node node;      /* In tm_model 'sessions', by uuid. */
    struct uuid uuid;
    char *name, *description, *project;     /* Never NULL. */
    uint16_t priority;          /* 1..32766, 1 first. */
    bool enabled;
    bool usable;                /* False: a problem forbids all use. */
    struct uuid filter;
    struct tm_source *sources;  /* By position, then UUID. */
    size_t n_sources, allocated_sources;
    enum tm_target_type target_type;
    struct uuid target;         /* Of the ENI or load balancer. */
    struct tm_addr target_addr; /* With TM_TARGET_IP. */
    uint32_t vni;               /* 0..2**24 - 1. */
    uint32_t packet_length;     /* Bytes of frame kept; 0: all. */
    struct tm_problems problems;
};

struct tm_eni {
    struct hmap_node node;      /* In tm_model 'enis', by uuid. */
    struct hmap_node name_node; /* In tm_model 'enis_by_name'. */
    struct uuid uuid;
    char *name;                 /* The iface-id.  Never NULL or empty. */
    struct eth_addr *macs;      /* Sorted, no duplicates. */
    size_t n_macs;
    struct tm_addr *addresses;  /* IPv4 first, then rising. */
    size_t n_addresses;
    char *instance, *vpc;       /* Never NULL. */
    uint32_t mtu;               /* 0: not given. */
    bool mirroring_supported;
    struct tm_problems problems;
};

struct tm_lb {
    struct hmap_node node;      /* In tm_model 'lbs', by uuid. */
    struct uuid uuid;
    char *name;
    bool has_vip;
    struct tm_addr vip;
    struct tm_addr *members;    /* Sorted, no duplicates. */
    size_t n_members;
    struct tm_problems problems;
};

/* What changed since somebody looked.  UUIDs may name objects that are gone.
 */
struct tm_dirty {
    bool everything;
    struct uuidset filters;     /* The rules of these. */
    struct uuidset enis;        /* As sources: their sessions, MACs, ... */
    bool targets;               /* The set of addresses copies go to. */
};

void tm_dirty_init(struct tm_dirty *);
void tm_dirty_uninit(struct tm_dirty *);
void tm_dirty_clear(struct tm_dirty *);
bool tm_dirty_is_empty(const struct tm_dirty *);

struct tm_model {
    struct hmap filters;        /* struct tm_filter */
    struct hmap sessions;       /* struct tm_session */
    struct hmap enis;           /* struct tm_eni */
    struct hmap enis_by_name;   /* struct tm_eni, by name. */
    struct hmap lbs;            /* struct tm_lb */

    /* How many there may be.  No change of them touches anything. */
    int64_t quotas[TM_N_QUOTAS];
    struct uuid quota_row;      /* Of TM_Global; zero if there is none. */
    struct tm_problems quota_problems;

    /* Indexes that follow from the above (private to model.c). */
    struct hmap sessions_by_eni;    /* eni -> its sessions, as a source. */
    struct hmap sessions_by_filter;
    struct hmap sessions_by_target; /* ENI or load balancer -> sessions. */
};

void tm_model_init(struct tm_model *);
void tm_model_uninit(struct tm_model *);

/* Puts an object in the place of the one with its UUID, if any, and adds to
 * 'dirty' all that this touches: an object equal to the old one touches
 * nothing.  'dirty' may be NULL. */
void tm_model_put_filter(struct tm_model *, struct tm_filter *,
                         struct tm_dirty *);
void tm_model_put_session(struct tm_model *, struct tm_session *,
                          struct tm_dirty *);
void tm_model_put_eni(struct tm_model *, struct tm_eni *, struct tm_dirty *);
void tm_model_put_lb(struct tm_model *, struct tm_lb *, struct tm_dirty *);
void tm_model_remove_filter(struct tm_model *, const struct uuid *,
                            struct tm_dirty *);
void tm_model_remove_session(struct tm_model *, const struct uuid *,
                             struct tm_dirty *);
void tm_model_remove_eni(struct tm_model *, const struct uuid *,
                         struct tm_dirty *);
void tm_model_remove_lb(struct tm_model *, const struct uuid *,
                        struct tm_dirty *);

/* 'row' is that of TM_Global, from which they come.  Takes over what is wrong
 * there: 'problems', unless NULL. */
void tm_model_set_quotas(struct tm_model *, const struct uuid *row,
                         const int64_t quotas[TM_N_QUOTAS],
                         struct tm_problems *problems);

const struct tm_filter *tm_model_get_filter(const struct tm_model *,
                                            const struct uuid *);
const struct tm_session *tm_model_get_session(const struct tm_model *,
                                              const struct uuid *);
const struct tm_eni *tm_model_get_eni(const struct tm_model *,
                                      const struct uuid *);
const struct tm_eni *tm_model_get_eni_by_name(const struct tm_model *,
                                              const char *name);
const struct tm_lb *tm_model_get_lb(const struct tm_model *,
                                    const struct uuid *);

/* The sessions that copy 'eni', in the order of matching, which is priority,
 * then UUID: of the enabled, usable ones that contain it the first three
 * (TM_QUOTA_SESSIONS_PER_SOURCE), since the tools allow no more.  A session
 * appears once even if it names the ENI twice.  Stores a malloc()ed array in
 * '*sessionsp' (free() it) and returns its length. */
size_t tm_model_sessions_of(const struct tm_model *, const struct uuid *eni,
                            const struct tm_session ***sessionsp);

/* Like the above, with disabled and unusable ones, and without end. */
size_t tm_model_all_sessions_of(const struct tm_model *,
                                const struct uuid *eni,
                                const struct tm_session ***sessionsp);

/* NULL if 'all[i]', of what tm_model_all_sessions_of() returns, has its place
 * among the sessions that copy the source, else why not, malloc()ed.  Also
 * NULL if it is disabled or unusable: then it takes no place. */
char *tm_model_why_left_out(const struct tm_session *const *all, size_t i);
size_t tm_model_sessions_with_filter(const struct tm_model *,
                                     const struct uuid *filter,
                                     const struct tm_session ***sessionsp);
/* 'target' is an ENI's or a load balancer's UUID. */
size_t tm_model_sessions_to(const struct tm_model *,
                            const struct uuid *target,
                            const struct tm_session ***sessionsp);

/* Where the copies of 'session' go: one address, except for a load balancer
 * that has members, whose '*addr' is then one of these, to tell the IP version
 * by.  Returns NULL and sets '*addr', or a malloc()ed reason why there is none
 * ("target ENI \"x\" has no address").  'prefer' is the IP version to take
 * where the target has both, or 0: IPv4 then. */
char *tm_model_target_address(const struct tm_model *,
                              const struct tm_session *, enum tm_ip prefer,
                              struct tm_addr *addr);

/* Every address that is the target of any usable session, enabled or not,
 * sorted, without duplicates; all addresses of an ENI or load balancer.
 * malloc()ed. */
size_t tm_model_target_addresses(const struct tm_model *,
                                 struct tm_addr **addrsp);

/* True if both name the same target. */
bool tm_session_same_target(const struct tm_session *,
                            const struct tm_session *);

/* True if 'session' names ENI 'eni' as a source. */
bool tm_session_has_source(const struct tm_session *, const struct uuid *eni);

/* True if 'filter' has a rule of 'direction'. */
bool tm_filter_has_direction(const struct tm_filter *, enum tm_direction);

/* Construction.  The strings start as empty ones, everything else as 0. */
struct tm_filter *tm_filter_create(const struct uuid *);
struct tm_session *tm_session_create(const struct uuid *);
struct tm_eni *tm_eni_create(const struct uuid *, const char *name);
struct tm_lb *tm_lb_create(const struct uuid *, const char *name);
void tm_filter_destroy(struct tm_filter *);
void tm_session_destroy(struct tm_session *);
void tm_eni_destroy(struct tm_eni *);
void tm_lb_destroy(struct tm_lb *);
struct tm_filter *tm_filter_clone(const struct tm_filter *);
struct tm_session *tm_session_clone(const struct tm_session *);
struct tm_eni *tm_eni_clone(const struct tm_eni *);
struct tm_lb *tm_lb_clone(const struct tm_lb *);

/* Appends a rule (takes its 'description' over).  Call tm_filter_finish()
 * after the last: it sorts, and reports and drops duplicates. */
void tm_filter_add_rule(struct tm_filter *, const struct tm_rule *);
void tm_filter_finish(struct tm_filter *);
void tm_session_add_source(struct tm_session *, const struct tm_source *);
void tm_session_finish(struct tm_session *);
/* Sorts and removes duplicates. */
void tm_eni_finish(struct tm_eni *);
void tm_lb_finish(struct tm_lb *);

/* Words.  The columns of the database and the command line use them. */
const char *tm_direction_to_string(enum tm_direction);      /* "in" */
const char *tm_direction_to_adjective(enum tm_direction);   /* "inbound" */
bool tm_direction_from_string(const char *, enum tm_direction *);
const char *tm_action_to_string(enum tm_action);            /* "accept" */
bool tm_action_from_string(const char *, enum tm_action *);
const char *tm_ip_to_string(enum tm_ip);                    /* "ipv4" */
bool tm_ip_from_string(const char *, enum tm_ip *);
const char *tm_protocol_to_string(enum tm_protocol);        /* "icmp6" */
bool tm_protocol_from_string(const char *, enum tm_protocol *);
/* The number in the IP header (IANA), 0 for TM_PROTO_ALL. */
uint8_t tm_protocol_number(enum tm_protocol);

#endif /* lib/model.h */
