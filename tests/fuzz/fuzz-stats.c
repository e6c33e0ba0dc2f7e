/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-stats.c
 *
 * What a node answers to 'tmirror-ctl stats' (utilities/ctl-counts.h): JSON of
 * any kind.  It is added as a whole or not at all, and what of it goes to an
 * operator is one line each. */

#include <config.h>

#include <stdlib.h>

#include "openvswitch/json.h"
#include "tests/fuzz/fuzz.h"
#include "utilities/ctl-counts.h"
#include "util.h"

/* As in the corpus. */
static const struct uuid filter_uuid = { { 1, 0, 0, 1 } };
static const struct uuid session_uuid = { { 2, 0, 0, 2 } };

static void
make_model(struct tm_model *model)
{
    struct tm_filter *filter = tm_filter_create(&filter_uuid);
    struct tm_session *session = tm_session_create(&session_uuid);
    struct tm_rule rule = {
        .direction = TM_IN,
        .priority = 100,
        .action = TM_ACCEPT,
        .ip = TM_IPV4,
        .description = xstrdup(""),
    };

    tm_filter_add_rule(filter, &rule);
    tm_filter_finish(filter);
    session->filter = filter_uuid;
    session->usable = true;
    tm_session_finish(session);

    tm_model_init(model);
    tm_model_put_filter(model, filter, NULL);
    tm_model_put_session(model, session, NULL);
}

static void
check_session(const struct tm_session_sum *sum, bool taken)
{
    struct tm_count sums[2] = { { 0, 0 }, { 0, 0 } };

    for (size_t i = 0; i < sum->n_sources; i++) {
        const struct tm_source_count *source = &sum->sources[i];
        struct tm_count *count = &sums[source->action == TM_REJECT];

        fuzz_check_line(source->source);
        count->packets += source->count.packets;
        count->bytes += source->count.bytes;
    }
    for (size_t i = 0; i < sum->n_unsent; i++) {
        fuzz_check_line(sum->unsent[i].reason);
        fuzz_check_line(sum->unsent[i].packets);
    }
    for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
        ovs_assert(sums[i].packets == sum->sums[i].packets);
        ovs_assert(sums[i].bytes == sum->sums[i].bytes);
    }
    ovs_assert(taken || (!sum->n_sources && !sum->n_unsent));
}

static void
take(const struct json *answer)
{
    static struct tm_model model;
    static bool done;
    struct tm_counts counts;
    const char *error;

    if (!done) {
        done = true;
        make_model(&model);
    }
    tm_counts_init(&counts, &model, NULL);
    error = tm_counts_take(&counts, "node", answer);
    if (error) {
        char *line = tm_counts_line(error);

        ovs_assert(*line);
        fuzz_check_line(line);
        free(line);
    }
    for (size_t i = 0; i <= counts.n_sessions; i++) {
        check_session(&counts.sessions[i], !error);
    }
    for (size_t i = 0; i < counts.n_rules; i++) {
        ovs_assert(!error || (!counts.rules[i].count.packets
                              && !counts.rules[i].count.bytes));
    }
    tm_counts_uninit(&counts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct json *json;

    fuzz_init();
    json = json_from_string(text);
    take(json);
    json_destroy(json);
    free(text);
    return 0;
}
