/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-port-range.c
 *
 * Ranges of ports (lib/port-range.h).  What is taken is what is written back,
 * and its masks cover it without a gap and without a port more. */

#include <config.h>

#include <stdlib.h>

#include "lib/port-range.h"
#include "openvswitch/dynamic-string.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

static void
check_round_trip(const struct tm_port_range *r)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct tm_port_range again;

    tm_port_range_format(r, &s);
    ovs_assert(!tm_port_range_parse(ds_cstr(&s), &again));
    ovs_assert(r->lo == again.lo && r->hi == again.hi);
    ds_destroy(&s);
}

static void
check_contents(const struct tm_port_range *r)
{
    ovs_assert(r->lo && r->lo <= r->hi);
    ovs_assert(!tm_port_range_is_any(r));
    ovs_assert(tm_port_range_contains(r, r->lo));
    ovs_assert(tm_port_range_contains(r, r->hi));
    ovs_assert(!tm_port_range_contains(r, r->lo - 1));
    ovs_assert(r->hi == UINT16_MAX || !tm_port_range_contains(r, r->hi + 1));
}

/* Each pair is an aligned block that begins where the one before ended. */
static void
check_masks(const struct tm_port_range *r)
{
    struct tm_port_mask masks[TM_PORT_MASKS_MAX];
    size_t n = tm_port_range_to_masks(r, masks);
    uint32_t at = r->lo;

    ovs_assert(n && n <= TM_PORT_MASKS_MAX);
    for (size_t i = 0; i < n; i++) {
        uint16_t rest = ~masks[i].mask;

        ovs_assert(masks[i].value == at);
        ovs_assert(!(rest & (rest + 1)));
        ovs_assert(!(masks[i].value & rest));
        at += (uint32_t) rest + 1;
    }
    ovs_assert(at == (uint32_t) r->hi + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct tm_port_range r;
    char *error;

    fuzz_init();
    error = tm_port_range_parse(text, &r);
    if (error) {
        fuzz_check_error(error);
    } else {
        check_round_trip(&r);
        check_contents(&r);
        check_masks(&r);
    }
    free(text);
    return 0;
}
