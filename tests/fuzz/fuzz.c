/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.c
 *
 * Helpers of the fuzz targets. */

#include <config.h>

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/vlog.h"
#include "unicode.h"
#include "util.h"

void
fuzz_init(void)
{
    static bool done;

    if (!done) {
        done = true;
        vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    }
}

char *
fuzz_text(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\0', size) : NULL;

    return xmemdup0((const char *) data, end ? (size_t) (end - data) : size);
}

void
fuzz_check_line(const char *s)
{
    char *error = utf8_validate(s, NULL);

    ovs_assert(!error);
    for (; *s; s++) {
        ovs_assert((unsigned char) *s >= ' ' && *s != 0x7f);
    }
}

void
fuzz_check_error(char *error)
{
    ovs_assert(*error);
    fuzz_check_line(error);
    free(error);
}
