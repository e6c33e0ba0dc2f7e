/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c
 *
 * Lines such as
 *
 *     202. ip,reg1=0x2,..., priority 65535, cookie 0x746d06a931fcd6f7
 *         set_field:0x1->reg2
 *         resubmit(,203)
 *     203. reg0=0x1,reg2=0x1,..., priority 100, cookie 0x746d2c9c23ccb849
 *         output(port=3,max_len=1464)
 *          -> output to native tunnel
 *          >> native tunnel routing failed
 *     Datapath actions: trunc(1464),tnl_push(...)
 *
 * of which each says by itself what it is: the indentation does not matter.  A
 * flow whose cookie is 0 has none. */

#include <config.h>

#include "plugin/switch/trace.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "plugin/compile/pipeline.h"
#include "util.h"

/* A trace that is being read. */
struct reader {
    struct tm_trace *trace;
    uint8_t base;
    bool in_rule;               /* The lines are of the flow 'trace->rule'. */
    struct ds tunnel;
    char *error;
};

/* If 'line' is about a flow of table 'table' that was found, returns what
 * follows the table's number. */
static const char *
find_table_line(const char *line, int *table)
{
    int n = 0;

    if (!isdigit((unsigned char) line[0])
        || !ovs_scan(line, "%d. %n", table, &n) || !n) {
        return NULL;
    }
    return line + n;
}

static uint64_t
read_cookie(const char *flow)
{
    const char *p = strstr(flow, ", cookie 0x");
    unsigned long long int cookie = 0;

    return p && ovs_scan(p, ", cookie %llx", &cookie) ? cookie : 0;
}

static void
read_flow(struct reader *r, int table, const char *flow)
{
    struct tm_trace *t = r->trace;
    bool found = strncmp(flow, "No match", strlen("No match")) != 0;

    r->in_rule = false;
    if (!found) {
        return;
    }
    if (table == r->base + TM_TABLE_FILTER && !t->rule) {
        t->rule = xstrdup(flow);
        t->rule_cookie = read_cookie(flow);
        r->in_rule = true;
    } else if (table == r->base + TM_TABLE_DELIVER && !t->delivery) {
        t->delivery = xstrdup(flow);
        t->delivery_cookie = read_cookie(flow);
    }
}

/* The address behind 'key' in 'text'. */
static void
read_addr(const char *text, const char *key, struct tm_addr *addr)
{
    const char *p = strstr(text, key);

    if (p) {
        size_t len;
        char *word, *error;

        p += strlen(key);
        len = strspn(p, "0123456789abcdefABCDEF:.");
        word = xmemdup0(p, len);
        error = tm_addr_parse(word, addr);
        if (error) {
            addr->ip = 0;
            free(error);
        }
        free(word);
    }
}

static void
read_number(const char *text, const char *key, uint32_t *value)
{
    const char *p = strstr(text, key);

    if (p) {
        *value = strtoul(p + strlen(key), NULL, 0);
    }
}

/* A userspace datapath is given the whole outer header, the kernel's only the
 * tunnel's fields. */
static void
read_datapath(struct tm_trace *t, const char *actions)
{
    const char *push = strstr(actions, "tnl_push(");
    const char *set = strstr(actions, "set(tunnel(");

    read_number(actions, "trunc(", &t->max_len);
    if (push) {
        const char *ip = strstr(push, "ipv4(");

        ip = ip ? ip : strstr(push, "ipv6(");
        t->sent = true;
        read_number(push, ",vni=", &t->vni);
        read_addr(ip ? ip : push, ",dst=", &t->to);
    } else if (set) {
        t->sent = true;
        read_number(set, "tun_id=", &t->vni);
        read_addr(set, ",dst=", &t->to);
        read_addr(set, ",ipv6_dst=", &t->to);
    }
}

/* Notes about registers are not about the tunnel. */
static void
read_detail(struct reader *r, const char *text)
{
    if (strstr(text, " is now ")) {
        return;
    }
    ds_put_format(&r->tunnel, "%s%s", r->tunnel.length ? "; " : "", text);
}

static void
read_line(struct reader *r, const char *line)
{
    static const char actions[] = "Datapath actions: ";
    static const char failed[] = "Translation failed (";
    int table;
    const char *flow;

    line += strspn(line, " ");
    flow = find_table_line(line, &table);
    if (flow) {
        read_flow(r, table, flow);
    } else if (r->in_rule && !r->trace->verdict
               && ovs_scan(line, "set_field:0x%"SCNx32"->reg2",
                           &r->trace->verdict)) {
        /* That was it. */
    } else if (!strncmp(line, "-> ", 3) || !strncmp(line, ">> ", 3)) {
        read_detail(r, line + 3);
    } else if (!strncmp(line, actions, strlen(actions))) {
        read_datapath(r->trace, line + strlen(actions));
    } else if (!strncmp(line, failed, strlen(failed))) {
        r->error = r->error ? r->error : xstrdup(line);
    }
}

char *
tm_trace_parse(const char *text, uint8_t base, struct tm_trace *trace)
{
    struct reader r = {
        .trace = trace,
        .base = base,
        .tunnel = DS_EMPTY_INITIALIZER,
    };
    char *copy = xstrdup(text);
    char *save_ptr = NULL;

    memset(trace, 0, sizeof *trace);
    for (char *line = strtok_r(copy, "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        read_line(&r, line);
    }
    free(copy);
    trace->tunnel = ds_steal_cstr(&r.tunnel);
    return r.error;
}

void
tm_trace_uninit(struct tm_trace *trace)
{
    free(trace->rule);
    free(trace->delivery);
    free(trace->tunnel);
}
