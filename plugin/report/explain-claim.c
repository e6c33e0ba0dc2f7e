/* SPDX-License-Identifier: Apache-2.0 */
/* explain-claim.c
 *
 * Rules, and sources in sessions, are known by the cookies of their flows.  A
 * source that is not mirrored has no flows, so that nothing decides there. */

#include <config.h>

#include "plugin/report/explain-claim.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "plugin/compile/pipeline.h"
#include "plugin/switch/trace.h"
#include "util.h"

struct tm_claim
tm_claim_of(const struct tm_explain *e, const struct tm_explain_way *way)
{
    const struct tm_decision *d = &e->decision;
    struct tm_claim claim;

    memset(&claim, 0, sizeof claim);
    if (d->session && !e->before && !strcmp(way->status, "attached")
        && way->mirrored) {
        claim.decided = true;
        claim.rule = ntohll(tm_cookie(&d->rule->uuid));
        claim.delivery = ntohll(tm_cookie(&e->source));
        claim.verdict = d->rule->action;
    }
    if (claim.decided && d->copied) {
        claim.copied = true;
        claim.vni = d->session->vni;
        claim.to = e->to;
        claim.max_len = way->max_len;
    }
    return claim;
}

static bool
same_decision(const struct tm_claim *claim, const struct tm_trace *trace)
{
    if (!claim->decided) {
        return !trace->rule && !trace->delivery;
    }
    return (trace->rule && trace->delivery
            && trace->rule_cookie == claim->rule
            && trace->delivery_cookie == claim->delivery
            && trace->verdict == (uint32_t) claim->verdict);
}

bool
tm_claim_is_kept(const struct tm_claim *claim, const struct tm_trace *trace)
{
    if (!same_decision(claim, trace)) {
        return false;
    } else if (!claim->copied) {
        return !trace->sent;
    } else if (!trace->sent) {
        /* It tried, and says why that was in vain. */
        return trace->tunnel[0] != '\0';
    }
    return (trace->vni == claim->vni && tm_addr_equal(&trace->to, &claim->to)
            && trace->max_len == claim->max_len);
}

static void
put_copy(uint32_t vni, const struct tm_addr *to, uint32_t max_len,
         struct ds *ds)
{
    ds_put_format(ds, "VNI %"PRIu32" to ", vni);
    if (to->ip) {
        tm_addr_format(to, ds);
    } else {
        ds_put_cstr(ds, "nobody");
    }
    if (max_len) {
        ds_put_format(ds, ", cut to %"PRIu32" bytes", max_len);
    } else {
        ds_put_cstr(ds, ", not cut");
    }
}

void
tm_claim_format_agreement(const struct tm_claim *claim,
                          const struct tm_trace *trace, struct ds *ds)
{
    ds_put_cstr(ds, "switch: agrees: ");
    if (!claim->copied) {
        ds_put_format(ds, "not copied%s\n",
                      claim->decided ? ", by that rule" : "");
        return;
    }
    ds_put_cstr(ds, "copied by that rule, ");
    if (trace->sent) {
        put_copy(trace->vni, &trace->to, trace->max_len, ds);
        ds_put_format(ds, "%s%s\n", trace->tunnel[0] ? "; " : "",
                      trace->tunnel);
    } else {
        ds_put_format(ds, "but the copy does not leave: %s\n", trace->tunnel);
    }
}

void
tm_claim_format_difference(const struct tm_claim *claim,
                           const struct tm_trace *trace, struct ds *ds)
{
    ds_put_cstr(ds, "  explain: ");
    if (claim->decided) {
        ds_put_format(ds, "%s by the rule with cookie 0x%"PRIx64" and the "
                      "source with cookie 0x%"PRIx64,
                      tm_action_to_string(claim->verdict), claim->rule,
                      claim->delivery);
    } else {
        ds_put_cstr(ds, "no rule decides");
    }
    if (claim->copied) {
        ds_put_cstr(ds, "; copy: ");
        put_copy(claim->vni, &claim->to, claim->max_len, ds);
    }
    ds_put_cstr(ds, "\n  switch: ");
    if (trace->rule) {
        ds_put_format(ds, "rule %s: %s; source %s", trace->rule,
                      trace->verdict == TM_ACCEPT ? "accept"
                      : trace->verdict == TM_REJECT ? "reject" : "no verdict",
                      trace->delivery ? trace->delivery : "none");
    } else {
        ds_put_cstr(ds, "no rule decides");
    }
    if (trace->sent) {
        ds_put_cstr(ds, "; copy: ");
        put_copy(trace->vni, &trace->to, trace->max_len, ds);
    }
    ds_put_format(ds, "%s%s\n", trace->tunnel[0] ? "; " : "", trace->tunnel);
}
