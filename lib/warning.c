/* SPDX-License-Identifier: Apache-2.0 */
/* warning.c
 *
 * A rule can never match if the rules before it have taken every packet that
 * it would.  That is decided exactly, on sets of packets (space.h), and so are
 * the rules that are to blame: one that covers it alone if there is one, else
 * of all those that overlap it as many as can be spared are left out, the last
 * first. */

#include <config.h>

#include "lib/warning.h"

#include <stdlib.h>

#include "lib/space.h"
#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "util.h"

/* Rules that a line names. */
#define NAMED_MAX 5

/* True if the rules of 'filter' at the 'n' indexes in 'cover', but not at
 * 'cover[spared]', leave nothing of 'box'. */
static bool
covers(const struct tm_filter *filter, const size_t *cover, size_t n,
       size_t spared, const struct tm_box *box)
{
    struct tm_space rest;
    bool empty;

    tm_space_init(&rest);
    tm_space_add(&rest, box);
    for (size_t i = 0; i < n; i++) {
        struct tm_box less;

        if (i != spared) {
            tm_box_from_rule(&filter->rules[cover[i]], &less);
            tm_space_subtract(&rest, &less);
        }
    }
    empty = tm_space_is_empty(&rest);
    tm_space_uninit(&rest);
    return empty;
}

/* Leaves those of the 'n' indexes in 'cover' that cannot be spared.  Returns
 * their number. */
static size_t
thin_out(const struct tm_filter *filter, size_t *cover, size_t n,
         const struct tm_box *box)
{
    for (size_t i = n; i-- > 0; ) {
        if (covers(filter, cover, n, i, box)) {
            n--;
            for (size_t j = i; j < n; j++) {
                cover[j] = cover[j + 1];
            }
        }
    }
    return n;
}

size_t
tm_warning_find_cover(const struct tm_filter *filter, size_t rule,
                      size_t **coverp)
{
    size_t *cover = xmalloc((rule + 1) * sizeof *cover);
    struct tm_box box;
    size_t n = 0;

    tm_box_from_rule(&filter->rules[rule], &box);
    for (size_t i = 0; i < rule; i++) {
        struct tm_box earlier;

        if (filter->rules[i].direction != filter->rules[rule].direction) {
            continue;
        }
        tm_box_from_rule(&filter->rules[i], &earlier);
        if (tm_box_is_within(&box, &earlier)) {
            cover[0] = i;
            *coverp = cover;
            return 1;
        }
        if (tm_box_intersect(&box, &earlier, NULL)) {
            cover[n++] = i;
        }
    }
    n = covers(filter, cover, n, n, &box) ? thin_out(filter, cover, n, &box)
                                          : 0;
    if (!n) {
        free(cover);
        cover = NULL;
    }
    *coverp = cover;
    return n;
}

void
tm_warning_of_session(const struct tm_model *model,
                      const struct tm_session *session, struct svec *lines)
{
    struct tm_addr addr;
    char *why = (session->usable
                 ? tm_model_target_address(model, session, TM_IPV4, &addr)
                 : NULL);

    if (!session->n_sources) {
        svec_add(lines, "session has no sources, so it copies nothing");
    }
    if (why) {
        svec_add_nocopy(lines, xasprintf("%s, so the session copies nothing",
                                         why));
        free(why);
    }
}

/* "inbound rules 1, 3 and 4". */
static void
put_rules(const struct tm_filter *filter, const size_t *rules, size_t n,
          struct ds *ds)
{
    const struct tm_rule *first = &filter->rules[rules[0]];
    size_t named = MIN(n, NAMED_MAX);

    ds_put_format(ds, "%s rule%s ",
                  tm_direction_to_adjective(first->direction),
                  n > 1 ? "s" : "");
    for (size_t i = 0; i < named; i++) {
        ds_put_cstr(ds, !i ? "" : i == n - 1 ? " and " : ", ");
        ds_put_format(ds, "%d", filter->rules[rules[i]].priority);
    }
    if (n > named) {
        ds_put_format(ds, " and %"PRIuSIZE" more", n - named);
    }
}

/* Warns if rule 'i' can never match. */
static void
warn_of_rule(const struct tm_filter *filter, size_t i, struct svec *lines)
{
    size_t *cover;
    size_t n = tm_warning_find_cover(filter, i, &cover);

    if (n) {
        struct ds ds = DS_EMPTY_INITIALIZER;

        put_rules(filter, &i, 1, &ds);
        ds_put_cstr(&ds, " can never match: ");
        put_rules(filter, cover, n, &ds);
        ds_put_format(&ds, " cover%s it", n > 1 ? "" : "s");
        svec_add_nocopy(lines, ds_steal_cstr(&ds));
    }
    free(cover);
}

void
tm_warning_of_filter(const struct tm_filter *filter, struct svec *lines)
{
    bool accepts = false;

    for (size_t i = 0; i < filter->n_rules; i++) {
        accepts |= filter->rules[i].action == TM_ACCEPT;
    }
    if (!filter->n_rules) {
        svec_add(lines, "filter has no rules, so the session copies nothing");
    } else if (!accepts) {
        svec_add(lines, "filter has no accept rule, so the session copies "
                 "nothing and only hides packets from later sessions");
    }
    for (size_t i = 0; i < filter->n_rules; i++) {
        warn_of_rule(filter, i, lines);
    }
}
