/* SPDX-License-Identifier: Apache-2.0 */
/* text.c
 *
 * Messages repeat what the operator wrote.  What was written may hold line
 * ends, escape sequences of a terminal, marks that turn the direction of
 * writing, or no text at all, so a value never goes into a message but through
 * tm_quote(). */

#include <config.h>

#include "lib/text.h"

#include "openvswitch/dynamic-string.h"

/* The first byte says how many follow; the smallest code point of each length
 * tells an overlong form from a proper one. */
bool
tm_utf8_next(const char **sp, uint32_t *cp)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    const uint8_t *s = (const uint8_t *) *sp;
    uint32_t c = s[0];
    int more;

    *cp = s[0];
    *sp += 1;
    if (s[0] < 0x80) {
        return true;
    } else if ((s[0] & 0xe0) == 0xc0) {
        more = 1;
        c &= 0x1f;
    } else if ((s[0] & 0xf0) == 0xe0) {
        more = 2;
        c &= 0x0f;
    } else if ((s[0] & 0xf8) == 0xf0) {
        more = 3;
        c &= 0x07;
    } else {
        return false;
    }

    for (int i = 1; i <= more; i++) {
        /* The terminating null byte is no continuation: this never reads past
         * the end. */
        if ((s[i] & 0xc0) != 0x80) {
            return false;
        }
        c = c << 6 | (s[i] & 0x3f);
    }
    if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return false;
    }
    *cp = c;
    *sp += more;
    return true;
}

/* True for what would leave the line, or change how the rest of it shows:
 * control characters, line and paragraph separator, the marks of
 * bidirectional text. */
static bool
needs_escape(uint32_t cp)
{
    return (cp < 0x20
            || (cp >= 0x7f && cp <= 0x9f)
            || (cp >= 0x200e && cp <= 0x200f)
            || (cp >= 0x2028 && cp <= 0x202e)
            || (cp >= 0x2066 && cp <= 0x2069));
}

/* Appends the character at '*sp', escaped if it must be, and moves '*sp' on.
 * 'quoted': it stands between double quotes. */
static void
put_escaped(const char **sp, bool quoted, struct ds *ds)
{
    const char *start = *sp;
    uint32_t cp;

    if (!tm_utf8_next(sp, &cp)) {
        ds_put_format(ds, "\\x%02x", cp);
    } else if (quoted && (cp == '"' || cp == '\\')) {
        ds_put_format(ds, "\\%c", (char) cp);
    } else if (cp == '\n') {
        ds_put_cstr(ds, "\\n");
    } else if (cp == '\t') {
        ds_put_cstr(ds, "\\t");
    } else if (needs_escape(cp)) {
        ds_put_format(ds, "\\u%04x", cp);
    } else {
        ds_put_buffer(ds, start, *sp - start);
    }
}

void
tm_quote_to(const char *s, struct ds *ds)
{
    ds_put_char(ds, '"');
    for (int n = 0; *s; n++) {
        if (n == TM_QUOTE_MAX) {
            ds_put_cstr(ds, "...");
            break;
        }
        put_escaped(&s, true, ds);
    }
    ds_put_char(ds, '"');
}

void
tm_quote_all_to(const char *s, struct ds *ds)
{
    ds_put_char(ds, '"');
    while (*s) {
        put_escaped(&s, true, ds);
    }
    ds_put_char(ds, '"');
}

void
tm_line_to(const char *s, struct ds *ds)
{
    while (*s) {
        put_escaped(&s, false, ds);
    }
}

char *
tm_quote(const char *s)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    tm_quote_to(s, &ds);
    return ds_steal_cstr(&ds);
}

void
tm_name_to(const char *s, struct ds *ds)
{
    const char *rest = s;

    while (*rest) {
        uint32_t cp;

        if (!tm_utf8_next(&rest, &cp) || needs_escape(cp)) {
            tm_quote_to(s, ds);
            return;
        }
    }
    ds_put_cstr(ds, s);
}
