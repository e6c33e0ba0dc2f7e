/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-text.c
 *
 * Text from outside in messages (lib/text.h).  Whatever comes in, what goes
 * out is one line that a terminal shows as it stands; what is quoted in full
 * can be read back without a loss; and what is text here is text for the
 * library too. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "tests/fuzz/fuzz.h"
#include "unicode.h"
#include "util.h"

static void
put_utf8(uint32_t cp, struct ds *s)
{
    if (cp < 0x80) {
        ds_put_char(s, cp);
    } else if (cp < 0x800) {
        ds_put_char(s, 0xc0 | cp >> 6);
        ds_put_char(s, 0x80 | (cp & 0x3f));
    } else {
        ovs_assert(cp < 0x10000);
        ds_put_char(s, 0xe0 | cp >> 12);
        ds_put_char(s, 0x80 | (cp >> 6 & 0x3f));
        ds_put_char(s, 0x80 | (cp & 0x3f));
    }
}

static const char *
put_unescaped(const char *p, struct ds *s)
{
    int n = *p == 'x' ? 2 : *p == 'u' ? 4 : 0;
    bool ok;

    if (!n) {
        ovs_assert(strchr("\"\\nt", *p));
        ds_put_char(s, *p == 'n' ? '\n' : *p == 't' ? '\t' : *p);
        return p + 1;
    }

    uintmax_t cp = hexits_value(p + 1, n, &ok);

    ovs_assert(ok);
    if (n == 2) {
        ds_put_char(s, cp);
    } else {
        put_utf8(cp, s);
    }
    return p + 1 + n;
}

/* What stands between the quotes of 'quoted'. */
static char *
unquote(const char *quoted)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    const char *p = quoted;

    ovs_assert(*p++ == '"');
    while (*p != '"') {
        ovs_assert(*p);
        if (*p == '\\') {
            p = put_unescaped(p + 1, &s);
        } else {
            ds_put_char(&s, *p++);
        }
    }
    ovs_assert(!p[1]);
    return ds_steal_cstr(&s);
}

static void
check_quoted(const char *text)
{
    struct ds all = DS_EMPTY_INITIALIZER;
    char *quoted = tm_quote(text);
    char *back;

    fuzz_check_line(quoted);
    free(unquote(quoted));
    tm_quote_all_to(text, &all);
    fuzz_check_line(ds_cstr(&all));
    back = unquote(ds_cstr(&all));
    ovs_assert(!strcmp(back, text));
    free(back);
    free(quoted);
    ds_destroy(&all);
}

static void
check_lines(const char *text)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    tm_line_to(text, &s);
    fuzz_check_line(ds_cstr(&s));
    ds_clear(&s);
    tm_name_to(text, &s);
    fuzz_check_line(ds_cstr(&s));
    ovs_assert(*text || !s.length);
    ds_destroy(&s);
}

static void
check_utf8(const char *text)
{
    char *error = utf8_validate(text, NULL);
    bool ok = true;

    for (const char *p = text; *p; ) {
        const char *start = p;
        uint32_t cp;

        if (tm_utf8_next(&p, &cp)) {
            ovs_assert(cp <= 0x10ffff && p > start && p <= start + 4);
        } else {
            ovs_assert(p == start + 1 && cp == (uint8_t) *start);
            ok = false;
        }
    }
    ovs_assert(ok == !error);
    free(error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);

    fuzz_init();
    check_quoted(text);
    check_lines(text);
    check_utf8(text);
    free(text);
    return 0;
}
