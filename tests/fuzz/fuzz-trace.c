/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-trace.c
 *
 * What ovs-vswitchd prints for 'ofproto/trace' (plugin/switch/trace.h).  The
 * words differ from version to version; whatever they are, the result is
 * consistent in itself. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "plugin/switch/trace.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

#define BASE 200

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct tm_trace trace;
    char *error;

    fuzz_init();
    error = tm_trace_parse(text, BASE, &trace);
    ovs_assert(!error || (*error && !strchr(error, '\n')));
    ovs_assert(trace.rule || (!trace.rule_cookie && !trace.verdict));
    ovs_assert(trace.delivery || !trace.delivery_cookie);
    ovs_assert(trace.sent || (!trace.vni && !trace.to.ip));
    ovs_assert(!trace.to.ip || trace.to.ip == TM_IPV4
               || trace.to.ip == TM_IPV6);
    ovs_assert(!strchr(trace.tunnel, '\n'));
    free(error);
    tm_trace_uninit(&trace);
    free(text);
    return 0;
}
