/* SPDX-License-Identifier: Apache-2.0 */
/* test-explain-trace.c
 *
 * What ofproto/trace prints, read, and held against what explain says.  The
 * texts are those of Open vSwitch 3.1.0, less the lines that nobody reads. */

#include <config.h>

#include "tests/unit/test-explain.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "plugin/compile/pipeline.h"
#include "plugin/report/explain-claim.h"
#include "plugin/switch/trace.h"
#include "util.h"

#define HEAD \
    "Flow: tcp,in_port=ANY,...,tp_src=3,tp_dst=80,tcp_flags=0\n" \
    "\n" \
    "bridge(\"br-int\")\n" \
    "----------------\n" \
    "    set_field:0x1->reg0\n" \
    "    set_field:0x1->reg1\n" \
    "    resubmit(,200)\n" \
    "200. ip, priority 0, cookie 0x746d000000000000\n" \
    "    resubmit(,201)\n" \
    "201. reg0=0x1,reg1=0x1, priority 100, cookie 0x746dd2df5c8e0889\n"

#define MISS "202. No match.\n    drop\n"

#define RULE(VERDICT) \
    "202. conj_id=1,ip,reg1=0x1,reg2=0, priority 65535, " \
    "cookie 0x746d8bc1822f3f73\n" \
    "    set_field:0x" VERDICT "->reg2\n" \
    "    resubmit(,203)\n" \
    "203. reg0=0x1,reg2=0x" VERDICT ", priority 100, " \
    "cookie 0x746d2c9c23ccb849\n"

#define DELIVER \
    "    set_field:0x7->tun_id\n" \
    "    set_field:172.31.1.2->tun_dst\n" \
    "    clone(output(port=3,max_len=1464))\n" \
    "     -> NXM_NX_REG3[] is now 0x94\n"

#define FINAL "\nFinal flow: unchanged\nMegaflow: recirc_id=0,eth,tcp\n"

static const char pushed[] =
    HEAD RULE("1") DELIVER
    "     -> output to native tunnel\n"
    "     -> tunneling to 172.31.1.2 via br-phy\n" FINAL
    "Datapath actions: trunc(1464),tnl_push(tnl_port(6),header(size=50,type=4,"
    "eth(dst=02:00:00:00:32:01,src=02:00:00:00:31:01,dl_type=0x0800),"
    "ipv4(src=172.31.1.1,dst=172.31.1.2,proto=17,tos=0,ttl=64,frag=0x4000),"
    "udp(src=0,dst=4789,csum=0x0),vxlan(flags=0x8000000,vni=0x7)),"
    "out_port(2)),recirc(0)\n";
static const char pushed6[] =
    HEAD RULE("1") DELIVER FINAL
    "Datapath actions: tnl_push(tnl_port(6),header(size=70,type=109,"
    "eth(dst=02:00:00:00:32:01,src=02:00:00:00:31:01,dl_type=0x86dd),"
    "ipv6(src=fd31::1,dst=fd31::2,label=0,proto=17,tclass=0x0,hlimit=64),"
    "udp(src=0,dst=4789,csum=0xffff),vxlan(flags=0x8000000,vni=0xfffffe)),"
    "out_port(2)),1\n";
static const char set4[] =
    HEAD MISS RULE("1") DELIVER
    "     -> output to kernel tunnel\n" FINAL
    "Datapath actions: trunc(96),set(tunnel(tun_id=0x7,dst=172.31.1.2,ttl=64,"
    "tp_dst=4789,flags(df|key))),4\n";
static const char set6[] =
    HEAD RULE("1") DELIVER FINAL
    "Datapath actions: set(tunnel(tun_id=0x0,ipv6_src=fd31::1,"
    "ipv6_dst=fd31::2,ttl=64,tp_dst=4789,flags(df|csum|key))),4\n";
static const char no_route[] =
    HEAD RULE("1") DELIVER
    "     -> output to native tunnel\n"
    "     >> native tunnel routing failed\n" FINAL
    "Datapath actions: drop\n";
static const char rejected[] =
    HEAD RULE("2") "    drop\n" MISS FINAL "Datapath actions: drop\n";
static const char missed[] = HEAD MISS FINAL "Datapath actions: drop\n";
static const char foreign[] =
    HEAD "202. tcp, priority 65535\n    drop\n" FINAL
    "Datapath actions: drop\n";
static const char failed[] =
    HEAD FINAL "Datapath actions: drop\n"
    "Translation failed (Too many resubmits), packet is dropped.\n";

#define NO_ADDR "-"

static void
test_read(void)
{
    static const struct {
        const char *text;
        uint64_t rule, delivery;
        uint32_t verdict;
        bool sent;
        uint32_t vni, max_len;
        const char *to, *tunnel;
    } cases[] = {
        { pushed, 0x746d8bc1822f3f73, 0x746d2c9c23ccb849, 1, true, 7, 1464,
          "172.31.1.2",
          "output to native tunnel; tunneling to 172.31.1.2 via br-phy" },
        { pushed6, 0x746d8bc1822f3f73, 0x746d2c9c23ccb849, 1, true, 0xfffffe,
          0, "fd31::2", "" },
        { set4, 0x746d8bc1822f3f73, 0x746d2c9c23ccb849, 1, true, 7, 96,
          "172.31.1.2", "output to kernel tunnel" },
        { set6, 0x746d8bc1822f3f73, 0x746d2c9c23ccb849, 1, true, 0, 0,
          "fd31::2", "" },
        { no_route, 0x746d8bc1822f3f73, 0x746d2c9c23ccb849, 1, false, 0, 0,
          NO_ADDR, "output to native tunnel; native tunnel routing failed" },
        { rejected, 0x746d8bc1822f3f73, 0x746d2c9c23ccb849, 2, false, 0, 0,
          NO_ADDR, "" },
        { missed, 0, 0, 0, false, 0, 0, NO_ADDR, "" },
        { foreign, 0, 0, 0, false, 0, 0, NO_ADDR, "" },
        { "", 0, 0, 0, false, 0, 0, NO_ADDR, "" },
        { "202. \n203.\nDatapath actions: tnl_push(\n202. No", 0, 0, 0, true,
          0, 0, NO_ADDR, "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tm_trace t;
        char *to;

        CU_ASSERT(t_error_is(tm_trace_parse(cases[i].text, 200, &t), NULL,
                             cases[i].text));
        to = t.to.ip ? tm_addr_to_string(&t.to) : xstrdup(NO_ADDR);
        CU_ASSERT_EQUAL(t.rule_cookie, cases[i].rule);
        CU_ASSERT_EQUAL(t.delivery_cookie, cases[i].delivery);
        CU_ASSERT_EQUAL(t.verdict, cases[i].verdict);
        CU_ASSERT_EQUAL(t.sent, cases[i].sent);
        CU_ASSERT_EQUAL(t.vni, cases[i].vni);
        CU_ASSERT_EQUAL(t.max_len, cases[i].max_len);
        CU_ASSERT(t_text_is(to, cases[i].to));
        CU_ASSERT(t_text_is(t.tunnel, cases[i].tunnel));
        free(to);
        tm_trace_uninit(&t);
    }
}

static void
test_failure(void)
{
    struct tm_trace t;

    CU_ASSERT(t_error_is(tm_trace_parse(failed, 200, &t),
                         "Too many resubmits", "failed"));
    tm_trace_uninit(&t);
}

/* The claim that 'pushed' keeps. */
static struct tm_claim
usual_claim(void)
{
    struct tm_claim claim;

    memset(&claim, 0, sizeof claim);
    claim.decided = claim.copied = true;
    claim.rule = 0x746d8bc1822f3f73;
    claim.delivery = 0x746d2c9c23ccb849;
    claim.verdict = TM_ACCEPT;
    claim.vni = 7;
    claim.to = t_addr("172.31.1.2");
    claim.max_len = 1464;
    return claim;
}

/* True if the switch with the trace 'text' keeps 'claim'. */
static bool
keeps(const struct tm_claim *claim, const char *text)
{
    struct tm_trace t;
    bool kept;

    CU_ASSERT(t_error_is(tm_trace_parse(text, 200, &t), NULL, text));
    kept = tm_claim_is_kept(claim, &t);
    tm_trace_uninit(&t);
    return kept;
}

static void
test_compare(void)
{
    struct tm_claim nothing, reject, c;

    memset(&nothing, 0, sizeof nothing);
    reject = usual_claim();
    reject.copied = false;
    reject.verdict = TM_REJECT;

    c = usual_claim();
    CU_ASSERT(keeps(&c, pushed));
    CU_ASSERT(keeps(&c, no_route));
    CU_ASSERT(!keeps(&c, rejected));
    CU_ASSERT(!keeps(&c, missed));
    CU_ASSERT(!keeps(&c, foreign));
    CU_ASSERT(!keeps(&c, pushed6));
    CU_ASSERT(!keeps(&c, set4));
    c.max_len = 96;
    CU_ASSERT(!keeps(&c, pushed));
    CU_ASSERT(keeps(&c, set4));
    c = usual_claim();
    c.vni++;
    CU_ASSERT(!keeps(&c, pushed));
    c = usual_claim();
    c.to = t_addr("172.31.1.3");
    CU_ASSERT(!keeps(&c, pushed));
    c = usual_claim();
    c.rule++;
    CU_ASSERT(!keeps(&c, pushed));
    c = usual_claim();
    c.delivery++;
    CU_ASSERT(!keeps(&c, pushed));
    c = usual_claim();
    c.copied = false;
    CU_ASSERT(!keeps(&c, pushed));

    CU_ASSERT(keeps(&reject, rejected));
    CU_ASSERT(!keeps(&reject, pushed));
    CU_ASSERT(!keeps(&reject, missed));
    CU_ASSERT(keeps(&nothing, missed));
    CU_ASSERT(!keeps(&nothing, pushed));
    CU_ASSERT(!keeps(&nothing, rejected));
    CU_ASSERT(!keeps(&nothing, foreign));
}

static void
test_words(void)
{
    struct tm_claim claim = usual_claim();
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct tm_trace t;

    CU_ASSERT(t_error_is(tm_trace_parse(pushed, 200, &t), NULL, "pushed"));
    tm_claim_format_agreement(&claim, &t, &ds);
    tm_trace_uninit(&t);
    CU_ASSERT(t_error_is(tm_trace_parse(foreign, 200, &t), NULL, "foreign"));
    tm_claim_format_difference(&claim, &t, &ds);
    tm_trace_uninit(&t);
    CU_ASSERT(t_error_is(tm_trace_parse(no_route, 200, &t), NULL, "route"));
    tm_claim_format_agreement(&claim, &t, &ds);
    tm_trace_uninit(&t);
    CU_ASSERT(t_text_is(
        ds_cstr(&ds),
        "switch: agrees: copied by that rule, VNI 7 to 172.31.1.2, cut to "
        "1464 bytes; output to native tunnel; tunneling to 172.31.1.2 via "
        "br-phy\n"
        "  explain: accept by the rule with cookie 0x746d8bc1822f3f73 and the "
        "source with cookie 0x746d2c9c23ccb849; copy: VNI 7 to 172.31.1.2, "
        "cut to 1464 bytes\n"
        "  switch: rule tcp, priority 65535: no verdict; source none\n"
        "switch: agrees: copied by that rule, but the copy does not leave: "
        "output to native tunnel; native tunnel routing failed\n"));
    ds_destroy(&ds);
}

CU_TestInfo tm_test_trace[] = {
    { "traces", test_read },
    { "a translation that failed", test_failure },
    { "agreement and difference", test_compare },
    { "words", test_words },
    CU_TEST_INFO_NULL
};
