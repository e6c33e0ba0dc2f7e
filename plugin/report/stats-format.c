/* SPDX-License-Identifier: Apache-2.0 */
/* stats-format.c
 *
 * The list of stats.h as JSON, which tmirror-ctl reads, as lines for people,
 * and the commands that print the two.  A command's connection waits until the
 * switch has answered.
 *
 * JSON, with every UUID as text:
 *
 *     {"node": NAME,
 *      "sources": [{"session_uuid", "session", "source", "action",
 *                   "packets", "bytes"}...],
 *      "rules": [{"filter_uuid", "filter", "direction", "priority", "action",
 *                 "packets", "bytes"}...],
 *      "tunnel": {"packets", "bytes"},
 *      "unsent": [{"session_uuid", "session", "reason", "packets",
 *                  "over"}...]}
 *
 * "tunnel" is left out if there is no port, "session" if it is not known
 * which, "packets" if nobody knows how many, and "over", which is true if the
 * reason is no more, if it is not.  Or {"node": NAME, "error": WHY}. */

#include <config.h>

#include "plugin/report/stats.h"

#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "plugin/loop.h"
#include "unixctl.h"
#include "util.h"

/* ## JSON ## */

static void
put_uuid(struct json *object, const char *name, const struct uuid *uuid)
{
    char text[UUID_LEN + 1];

    snprintf(text, sizeof text, UUID_FMT, UUID_ARGS(uuid));
    json_object_put_string(object, name, text);
}

static void
put_count(struct json *object, const char *name, uint64_t count)
{
    json_object_put(object, name, json_integer_create(count));
}

static struct json *
source_to_json(const struct tm_stats_source *source)
{
    struct json *object = json_object_create();

    put_uuid(object, "session_uuid", &source->session_uuid);
    json_object_put_string(object, "session", source->session);
    json_object_put_string(object, "source", source->source);
    json_object_put_string(object, "action",
                           tm_action_to_string(source->action));
    put_count(object, "packets", source->packets);
    put_count(object, "bytes", source->bytes);
    return object;
}

static struct json *
rule_to_json(const struct tm_stats_rule *rule)
{
    struct json *object = json_object_create();

    put_uuid(object, "filter_uuid", &rule->filter_uuid);
    json_object_put_string(object, "filter", rule->filter);
    json_object_put_string(object, "direction",
                           tm_direction_to_string(rule->direction));
    put_count(object, "priority", rule->priority);
    json_object_put_string(object, "action",
                           tm_action_to_string(rule->action));
    put_count(object, "packets", rule->packets);
    put_count(object, "bytes", rule->bytes);
    return object;
}

static struct json *
unsent_to_json(const struct tm_stats_unsent *unsent)
{
    struct json *object = json_object_create();

    if (unsent->session) {
        put_uuid(object, "session_uuid", &unsent->session_uuid);
        json_object_put_string(object, "session", unsent->session);
    }
    json_object_put_string(object, "reason", unsent->reason);
    if (unsent->over) {
        json_object_put(object, "over", json_boolean_create(true));
    }
    if (unsent->counted) {
        put_count(object, "packets", unsent->packets);
    }
    return object;
}

static struct json *
stats_to_json(const struct tm_stats *s)
{
    struct json *object = json_object_create();

    json_object_put_string(object, "node", s->node);
    if (s->error) {
        json_object_put_string(object, "error", s->error);
        return object;
    }

    struct json *sources = json_array_create_empty();
    for (size_t i = 0; i < s->n_sources; i++) {
        json_array_add(sources, source_to_json(&s->sources[i]));
    }
    json_object_put(object, "sources", sources);

    struct json *rules = json_array_create_empty();
    for (size_t i = 0; i < s->n_rules; i++) {
        json_array_add(rules, rule_to_json(&s->rules[i]));
    }
    json_object_put(object, "rules", rules);

    if (s->has_tunnel) {
        struct json *tunnel = json_object_create();

        put_count(tunnel, "packets", s->sent_packets);
        put_count(tunnel, "bytes", s->sent_bytes);
        json_object_put(object, "tunnel", tunnel);
    }

    struct json *unsent = json_array_create_empty();
    for (size_t i = 0; i < s->n_unsent; i++) {
        json_array_add(unsent, unsent_to_json(&s->unsent[i]));
    }
    json_object_put(object, "unsent", unsent);
    return object;
}

void
tm_stats_to_json(const struct tm_stats *s, struct ds *ds)
{
    struct json *json = stats_to_json(s);

    json_to_ds(json, JSSF_SORT, ds);
    json_destroy(json);
}

/* ## Text ## */

static void
format_counts(uint64_t packets, uint64_t bytes, struct ds *ds)
{
    ds_put_format(ds, "%"PRIu64" packets, %"PRIu64" bytes\n", packets, bytes);
}

void
tm_stats_format(const struct tm_stats *s, struct ds *ds)
{
    if (s->error) {
        ds_put_format(ds, "%s\n", s->error);
        return;
    }
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct tm_stats_source *source = &s->sources[i];

        ds_put_cstr(ds, "session ");
        tm_name_to(source->session, ds);
        ds_put_cstr(ds, " source ");
        tm_name_to(source->source, ds);
        ds_put_format(ds, " %s: ", tm_action_to_string(source->action));
        format_counts(source->packets, source->bytes, ds);
    }
    for (size_t i = 0; i < s->n_rules; i++) {
        const struct tm_stats_rule *rule = &s->rules[i];

        ds_put_cstr(ds, "filter ");
        tm_name_to(rule->filter, ds);
        ds_put_format(ds, " rule %s %"PRIu16" %s: ",
                      tm_direction_to_string(rule->direction), rule->priority,
                      tm_action_to_string(rule->action));
        format_counts(rule->packets, rule->bytes, ds);
    }
    if (s->has_tunnel) {
        ds_put_cstr(ds, "given to the tunnel port: ");
        format_counts(s->sent_packets, s->sent_bytes, ds);
    }
    for (size_t i = 0; i < s->n_unsent; i++) {
        const struct tm_stats_unsent *unsent = &s->unsent[i];

        if (unsent->session) {
            ds_put_cstr(ds, "session ");
            tm_name_to(unsent->session, ds);
            ds_put_char(ds, ' ');
        }
        ds_put_format(ds, "not sent: %s%s: ", unsent->reason,
                      unsent->over ? " (no more)" : "");
        if (unsent->counted) {
            ds_put_format(ds, "%"PRIu64" packets\n", unsent->packets);
        } else {
            ds_put_cstr(ds, "not counted\n");
        }
    }
}

/* ## Commands ## */

static void
reply(struct unixctl_conn *conn, const struct tm_stats *s,
      void (*format)(const struct tm_stats *, struct ds *))
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    format(s, &ds);
    if (s->error) {
        unixctl_command_reply_error(conn, s->error);
    } else {
        unixctl_command_reply(conn, ds_cstr(&ds));
    }
    ds_destroy(&ds);
}

static void
reply_json(const struct tm_stats *s, void *conn)
{
    reply(conn, s, tm_stats_to_json);
}

static void
reply_text(const struct tm_stats *s, void *conn)
{
    reply(conn, s, tm_stats_format);
}

static void
ask_for(struct unixctl_conn *conn, struct tm_loop *loop,
        tm_stats_callback *cb)
{
    if (loop->phase == TM_RUNNING) {
        tm_stats_ask(loop, 0, cb, conn);
    } else {
        unixctl_command_reply_error(conn, "the daemon is exiting");
    }
}

static void
run_json(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *loop)
{
    ask_for(conn, loop, reply_json);
}

static void
run_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
         const char *argv[] OVS_UNUSED, void *loop)
{
    ask_for(conn, loop, reply_text);
}

void
tm_stats_register_commands(struct tm_loop *loop)
{
    unixctl_command_register("stats/json", "", 0, 0, run_json, loop);
    unixctl_command_register("stats/show", "", 0, 0, run_show, loop);
}
