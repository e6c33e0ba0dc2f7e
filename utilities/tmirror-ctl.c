/* SPDX-License-Identifier: Apache-2.0 */
/* tmirror-ctl.c
 *
 * The operator's tool: options here, the life of a transaction in ctl-run.c,
 * the commands in one file a group.
 *
 * What goes wrong is one line on stderr, so the log stays off the console
 * unless -v asks for it; only a time-out says its word, as in every tool of
 * Open vSwitch. */

#include <config.h>

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command-line.h"
#include "fatal-signal.h"
#include "lib/text.h"
#include "lib/version.h"
#include "openvswitch/vlog.h"
#include "ovsdb-schema/traffic-mirror-idl.h"
#include "process.h"
#include "stream-ssl.h"
#include "stream.h"
#include "unicode.h"
#include "utilities/ctl.h"

VLOG_DEFINE_THIS_MODULE(tmirror_ctl);

/* Environment: the database, unless --db is given. */
#define DB_VARIABLE "TMIRROR_DB"

enum {
    OPT_DB = UCHAR_MAX + 1,
    OPT_ONELINE,
    OPT_NO_SYSLOG,
    OPT_WAIT,
    OPT_NO_WAIT,
    OPT_DRY_RUN,
    OPT_EXPLAIN,
    OPT_BOOTSTRAP_CA_CERT,
    OPT_PEER_CA_CERT,
    OPT_LOCAL,
    OPT_RETRY,
    OPT_COMMANDS,
    OPT_OPTIONS,
    OPT_LEADER_ONLY,
    OPT_NO_LEADER_ONLY,
    OPT_SHUFFLE_REMOTES,
    OPT_NO_SHUFFLE_REMOTES,
    VLOG_OPTION_ENUMS,
    TABLE_OPTION_ENUMS,
    SSL_OPTION_ENUMS,
};

static const struct option global_options[] = {
    {"db", required_argument, NULL, OPT_DB},
    {"no-syslog", no_argument, NULL, OPT_NO_SYSLOG},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"no-wait", no_argument, NULL, OPT_NO_WAIT},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"explain", no_argument, NULL, OPT_EXPLAIN},
    {"oneline", no_argument, NULL, OPT_ONELINE},
    {"timeout", required_argument, NULL, 't'},
    {"retry", no_argument, NULL, OPT_RETRY},
    {"leader-only", no_argument, NULL, OPT_LEADER_ONLY},
    {"no-leader-only", no_argument, NULL, OPT_NO_LEADER_ONLY},
    {"shuffle-remotes", no_argument, NULL, OPT_SHUFFLE_REMOTES},
    {"no-shuffle-remotes", no_argument, NULL, OPT_NO_SHUFFLE_REMOTES},
    {"help", no_argument, NULL, 'h'},
    {"commands", no_argument, NULL, OPT_COMMANDS},
    {"options", no_argument, NULL, OPT_OPTIONS},
    {"version", no_argument, NULL, 'V'},
    VLOG_LONG_OPTIONS,
    TABLE_LONG_OPTIONS,
    STREAM_SSL_LONG_OPTIONS,
    {"bootstrap-ca-cert", required_argument, NULL, OPT_BOOTSTRAP_CA_CERT},
    {"peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT},
    {NULL, 0, NULL, 0},
};

/* Names of rows for the commands of db-ctl-base. */
static const struct ctl_table_class table_classes[TMREC_N_TABLES] = {
    [TMREC_TABLE_MIRROR_FILTER].row_ids[0]
    = {&tmrec_mirror_filter_col_name, NULL, NULL},
    [TMREC_TABLE_MIRROR_SESSION].row_ids[0]
    = {&tmrec_mirror_session_col_name, NULL, NULL},
    [TMREC_TABLE_NETWORK_INTERFACE].row_ids[0]
    = {&tmrec_network_interface_col_name, NULL, NULL},
    [TMREC_TABLE_LOAD_BALANCER].row_ids[0]
    = {&tmrec_load_balancer_col_name, NULL, NULL},
    [TMREC_TABLE_AGENT].row_ids[0]
    = {&tmrec_agent_col_name, NULL, NULL},
    [TMREC_TABLE_CONNECTION].row_ids[0]
    = {&tmrec_connection_col_target, NULL, NULL},
    [TMREC_TABLE_RBAC_ROLE].row_ids[0]
    = {&tmrec_rbac_role_col_name, NULL, NULL},
    [TMREC_TABLE_RBAC_PERMISSION].row_ids[0]
    = {&tmrec_rbac_permission_col_table, NULL, NULL},
};

/* One screen of 24 lines and 80 columns, with the prompt that follows: the
 * manual page has the rest. */
OVS_NO_RETURN static void
usage(void)
{
    puts("\
usage: tmirror-ctl [OPTION]... COMMAND [ARG]... [-- COMMAND...]\n\
Filters   filter-add NAME [KEY=VALUE]...     filter-set FILTER KEY=VALUE...\n\
          filter-del FILTER                  filter-list\n\
Rules     rule-add FILTER DIRECTION PRIORITY ACTION [KEY=VALUE]...\n\
          rule-set FILTER DIRECTION PRIORITY KEY=VALUE...\n\
          rule-del FILTER [DIRECTION [PRIORITY]]           rule-list FILTER\n\
ENIs      eni-add ID [KEY=VALUE]...          eni-set ID KEY=VALUE...\n\
          eni-del ID                         eni-list\n\
Load      lb-add NAME [KEY=VALUE]...         lb-set NAME KEY=VALUE...\n\
balancers lb-del NAME                        lb-list\n\
Sessions  session-add NAME PRIORITY FILTER TARGET [KEY=VALUE]...\n\
          session-set SESSION KEY=VALUE... session-del SESSION session-list\n\
          session-enable SESSION             session-disable SESSION\n\
Sources   source-add SESSION ENI...          source-del SESSION [ENI...]\n\
Look      show [SESSION]   stats [SESSION]   who-mirrors ENI     agent-list\n\
          explain ENI DIRECTION FLOW         DIRECTION is in or out\n\
Database  init             quota-list        quota-set KEY VALUE\n\
Rows      list find get set add remove clear create destroy wait-until\n\
          comment (as in ovs-vsctl)          All is in tmirror-ctl(8)\n\
Options   --db=REMOTE  -t, --timeout=SECS  --wait=none|agents  --oneline\n\
          -f, --format=table|list|csv|json --columns=NAMES --no-headings\n\
          --dry-run [--explain]  --may-exist  --if-exists  --disabled\n\
          -h, --help  -V, --version  -v SPEC  --commands  --options");
    exit(EXIT_SUCCESS);
}

/* Ends the program unless 'value' is among 'words', separated by blanks. */
static void
check_word(const char *option, const char *value, const char *words)
{
    char *copy = xstrdup(words), *save_ptr = NULL;
    bool ok = false;

    for (char *word = strtok_r(copy, " ", &save_ptr); word;
         word = strtok_r(NULL, " ", &save_ptr)) {
        ok = ok || !strcmp(word, value);
    }
    free(copy);
    if (!ok) {
        char *quoted = tm_quote(value);

        tm_ctl_usage_error(xasprintf("%s %s: must be one of %s", option,
                                     quoted, words));
    }
}

/* Open vSwitch's own handlers end the program in another way. */
static void
check_option(int c, const char *arg)
{
    if (c == 'f') {
        check_word("--format", arg, "table list html csv json");
    } else if (c == 'd') {
        check_word("--data", arg, "string bare json");
    } else if (c == OPT_WAIT) {
        check_word("--wait", arg, "none agents");
    } else if (c == 'v' && arg) {
        char *error = vlog_set_levels_from_string(arg);

        if (error) {
            tm_ctl_usage_error(error);
        }
    }
}

/* The options that are this program's own.  Returns false if 'c' is another.
 */
static bool
handle_own_option(int c, char *arg, struct tm_ctl_options *o)
{
    switch (c) {
    case OPT_DB: o->db = arg; return true;
    case OPT_ONELINE: o->oneline = true; return true;
    case OPT_DRY_RUN: o->dry_run = true; return true;
    case OPT_EXPLAIN: o->explain = true; return true;
    case OPT_RETRY: o->retry = true; return true;
    case OPT_NO_WAIT: o->wait_agents = false; return true;
    case OPT_WAIT: o->wait_agents = !strcmp(arg, "agents"); return true;
    case OPT_LEADER_ONLY: o->leader_only = true; return true;
    case OPT_NO_LEADER_ONLY: o->leader_only = false; return true;
    case OPT_SHUFFLE_REMOTES: o->shuffle_remotes = true; return true;
    case OPT_NO_SHUFFLE_REMOTES: o->shuffle_remotes = false; return true;
    case OPT_NO_SYSLOG:
        vlog_set_levels(NULL, VLF_SYSLOG, VLL_WARN);
        return true;
    case OPT_COMMANDS: ctl_print_commands(); return true;
    case OPT_OPTIONS: ctl_print_options(global_options); return true;
    case 'h': usage();
    case 'V':
        ovs_print_version(0, 0);
        printf("DB Schema %s\n", tmrec_get_db_version());
        exit(EXIT_SUCCESS);
    case 't':
        if (!str_to_uint(arg, 10, &o->timeout) || !o->timeout) {
            tm_ctl_usage_error(xasprintf("-t or --timeout \"%s\": must be a "
                                         "positive number of seconds", arg));
        }
        return true;
    default:
        return false;
    }
}

static void
handle_option(int c, struct tm_ctl_options *o)
{
    check_option(c, optarg);
    if (c == 'f' || c == OPT_BARE) {
        o->format_given = true;
    }
    if (handle_own_option(c, optarg, o)) {
        return;
    }

    switch (c) {
    VLOG_OPTION_HANDLERS
    TABLE_OPTION_HANDLERS(&o->style)
    STREAM_SSL_OPTION_HANDLERS

    case OPT_BOOTSTRAP_CA_CERT:
        stream_ssl_set_ca_cert_file(optarg, true);
        break;

    case OPT_PEER_CA_CERT:
        stream_ssl_set_peer_ca_cert_file(optarg);
        break;

    default:
        OVS_NOT_REACHED();
    }
}

/* An option of the first command, which stands before its name. */
static void
handle_local_option(const char *name, struct shash *local_options)
{
    char *option = xasprintf("--%s", name);

    if (shash_find(local_options, option)) {
        tm_ctl_usage_error(xasprintf("%s option specified multiple times",
                                     option));
    }
    shash_add_nocopy(local_options, option, nullable_xstrdup(optarg));
}

static void
parse_options(int argc, char *argv[], struct tm_ctl_options *o,
              struct shash *local_options)
{
    size_t n_global = ARRAY_SIZE(global_options) - 1;
    size_t n_options = n_global, allocated = ARRAY_SIZE(global_options);
    struct option *options = xmemdup(global_options, sizeof global_options);
    char *tmp = ovs_cmdl_long_options_to_short_options(global_options);
    char *short_options = xasprintf("+:%s", tmp);

    free(tmp);
    ctl_add_cmd_options(&options, &n_options, &allocated, OPT_LOCAL);
    for (;;) {
        int idx, c = getopt_long(argc, argv, short_options, options, &idx);

        if (c == -1) {
            break;
        } else if (c == OPT_LOCAL) {
            handle_local_option(options[idx].name, local_options);
        } else if (c == ':') {
            tm_ctl_usage_error(xasprintf("option %s needs an argument",
                                         argv[optind - 1]));
        } else if (c == '?' && optopt > 0 && optopt <= UCHAR_MAX) {
            tm_ctl_usage_error(xasprintf("unknown option -%c; use --help for "
                                         "help", optopt));
        } else if (c == '?') {
            tm_ctl_usage_error(xasprintf(
                "%s option %s; use --help for help",
                optopt ? "no argument is allowed to" : "unknown or ambiguous",
                argv[optind - 1]));
        } else {
            handle_option(c, o);
        }
    }
    free(short_options);
    for (size_t i = n_global; options[i].name; i++) {
        free(CONST_CAST(char *, options[i].name));
    }
    free(options);
}

/* The database's protocol knows no other text. */
static void
check_arguments(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++) {
        char *error = utf8_validate(argv[i], NULL);

        if (error) {
            free(error);
            tm_ctl_usage_error(xasprintf("argument %d is not UTF-8 text", i));
        }
    }
}

static void
register_commands(void)
{
    /* No tables for a "show": that command is ours. */
    ctl_init(&tmrec_idl_class, tmrec_table_classes, table_classes, NULL, NULL);
    ctl_register_commands(tm_ctl_global_commands);
    ctl_register_commands(tm_ctl_show_commands);
    ctl_register_commands(tm_ctl_stats_commands);
    ctl_register_commands(tm_ctl_who_commands);
    ctl_register_commands(tm_ctl_explain_commands);
    ctl_register_commands(tm_ctl_filter_commands);
    ctl_register_commands(tm_ctl_rule_commands);
    ctl_register_commands(tm_ctl_eni_commands);
    ctl_register_commands(tm_ctl_lb_commands);
    ctl_register_commands(tm_ctl_session_commands);
    ctl_register_commands(tm_ctl_quota_commands);
}

int
main(int argc, char *argv[])
{
    struct tm_ctl_options options = {
        .leader_only = true,
        .shuffle_remotes = true,
        .style = TABLE_STYLE_DEFAULT,
    };
    struct shash local_options = SHASH_INITIALIZER(&local_options);
    struct ctl_command *commands;
    size_t n_commands;
    char *args, *error;

    ovs_set_program_name("tmirror-ctl", tm_version());
    fatal_ignore_sigpipe();
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_OFF);
    vlog_set_levels_from_string_assert("fatal_signal:console:warn");
    /* The system log is for changes, not for who looks at what. */
    vlog_set_levels_from_string_assert("reconnect:syslog:warn");
    opterr = 0;

    register_commands();
    check_arguments(argc, argv);
    args = process_escape_args(argv + 1);
    parse_options(argc, argv, &options, &local_options);
    if (options.explain && !options.dry_run) {
        tm_ctl_usage_error(xstrdup("--explain needs --dry-run"));
    }
    if (!options.db) {
        const char *db = getenv(DB_VARIABLE);

        options.db = db && *db ? db : ctl_default_db();
    }
    error = ctl_parse_commands(argc - optind, argv + optind, &local_options,
                               &commands, &n_commands);
    if (error) {
        tm_ctl_usage_error(error);
    }
    VLOG_DBG("Called as %s", args);

    ctl_timeout_setup(options.timeout);
    tm_ctl_run(&options, args, commands, n_commands);

    for (size_t i = 0; i < n_commands; i++) {
        shash_destroy_free_data(&commands[i].options);
    }
    free(commands);
    shash_destroy(&local_options);
    free(args);
    return EXIT_SUCCESS;
}
