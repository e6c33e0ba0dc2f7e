/* SPDX-License-Identifier: Apache-2.0 */
/* main.c
 *
 * tmirrord: options, daemon, loop.
 *
 * SIGTERM ends the program as 'exit' does, so that a stopped service says
 * good-bye in its Agent row and nobody waits for it.  Mirroring goes on. */

#include <config.h>

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>

#include "command-line.h"
#include "daemon.h"
#include "dirs.h"
#include "fatal-signal.h"
#include "latch.h"
#include "lib/version.h"
#include "memory.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "plugin/loop.h"
#include "plugin/report/commands.h"
#include "plugin/report/http.h"
#include "plugin/report/metrics.h"
#include "simap.h"
#include "stream-ssl.h"
#include "stream.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(main);

/* Set by the signal handler, the one thing that cannot be handed in. */
static struct latch terminate;

static char *unixctl_path;
static const char *metrics_address;     /* --metrics, or NULL. */

static void
handle_sigterm(int signo OVS_UNUSED)
{
    latch_set(&terminate);
}

OVS_NO_RETURN static void
usage(void)
{
    printf("%s: traffic mirroring daemon for Open vSwitch\n"
           "usage: %s [OPTIONS] [OVS-DB]\n"
           "where OVS-DB is the local Open_vSwitch database\n"
           "(default: unix:%s/db.sock).\n"
           "Everything else is configured in that database; see "
           "tmirrord(8).\n", program_name, program_name, ovs_rundir());
    stream_usage("OVS-DB", true, false, true);
    daemon_usage();
    vlog_usage();
    printf("\nOther options:\n"
           "  --metrics=[ADDR:]PORT   serve metrics over HTTP there\n"
           "                          (default ADDR: the loopback)\n"
           "  --unixctl=SOCKET        override default control socket name\n"
           "  -h, --help              display this help message\n"
           "  -V, --version           display version information\n");
    exit(EXIT_SUCCESS);
}

/* What is left of the command line when the options are gone: the remote of
 * the Open_vSwitch database, malloc()ed. */
static char *
parse_arguments(int argc, char *argv[])
{
    if (argc > 1) {
        ovs_error(0, "at most one argument, the Open_vSwitch database, is "
                  "accepted; use --help for usage");
        exit(2);
    }
    return argc ? xstrdup(argv[0])
                : xasprintf("unix:%s/db.sock", ovs_rundir());
}

static void
set_metrics_address(const char *address)
{
    char *error = tm_http_check_address(address);

    if (error) {
        ovs_error(0, "--metrics: %s", error);
        free(error);
        exit(2);
    }
    metrics_address = address;
}

static void
serve_metrics(struct tm_loop *loop)
{
    char *error = (metrics_address
                   ? tm_metrics_create(loop, metrics_address, &loop->server)
                   : NULL);

    if (error) {
        ovs_error(0, "%s", error);
        free(error);
        exit(EXIT_FAILURE);
    }
}

static char *
parse_options(int argc, char *argv[])
{
    enum {
        OPT_UNIXCTL = UCHAR_MAX + 1,
        OPT_METRICS,
        OPT_BOOTSTRAP_CA_CERT,
        OPT_PEER_CA_CERT,
        DAEMON_OPTION_ENUMS,
        VLOG_OPTION_ENUMS,
        SSL_OPTION_ENUMS,
    };
    static const struct option long_options[] = {
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { "unixctl", required_argument, NULL, OPT_UNIXCTL },
        { "metrics", required_argument, NULL, OPT_METRICS },
        DAEMON_LONG_OPTIONS,
        VLOG_LONG_OPTIONS,
        STREAM_SSL_LONG_OPTIONS,
        { "bootstrap-ca-cert", required_argument, NULL,
          OPT_BOOTSTRAP_CA_CERT },
        { "peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT },
        { NULL, 0, NULL, 0 },
    };
    char *short_options = ovs_cmdl_long_options_to_short_options(long_options);

    for (;;) {
        int c = getopt_long(argc, argv, short_options, long_options, NULL);
        if (c == -1) {
            break;
        }
        switch (c) {
        case 'h':
            usage();
        case 'V':
            ovs_print_version(0, 0);
            exit(EXIT_SUCCESS);
        case OPT_UNIXCTL: unixctl_path = optarg; break;
        case OPT_METRICS: set_metrics_address(optarg); break;
        VLOG_OPTION_HANDLERS
        DAEMON_OPTION_HANDLERS
        STREAM_SSL_OPTION_HANDLERS
        case OPT_BOOTSTRAP_CA_CERT:
            stream_ssl_set_ca_cert_file(optarg, true);
            break;
        case OPT_PEER_CA_CERT:
            stream_ssl_set_peer_ca_cert_file(optarg);
            break;
        case '?':
            exit(2);
        default:
            abort();
        }
    }
    free(short_options);

    return parse_arguments(argc - optind, argv + optind);
}

static void
report_memory(const struct tm_loop *loop)
{
    memory_run();
    if (memory_should_report()) {
        struct simap usage = SIMAP_INITIALIZER(&usage);
        struct tm_flow_set *want = tm_compiler_want(loop->compiler);

        simap_put(&usage, "flows-want", tm_flow_set_count(want));
        simap_put(&usage, "flows-have",
                  tm_flow_set_count(tm_switch_have(loop->sw)));
        simap_put(&usage, "sources",
                  hmap_count(tm_compiler_states(loop->compiler)));
        memory_report(&usage);
        simap_destroy(&usage);
    }
}

int
main(int argc, char *argv[])
{
    ovs_cmdl_proctitle_init(argc, argv);
    ovs_set_program_name(argv[0], tm_version());
    fatal_ignore_sigpipe();
    char *ovs_remote = parse_options(argc, argv);

    daemonize_start(false);

    struct unixctl_server *unixctl;
    if (unixctl_server_create(unixctl_path, &unixctl)) {
        exit(EXIT_FAILURE);
    }

    struct tm_loop loop;
    latch_init(&terminate);
    tm_loop_init(&loop, ovs_remote);
    tm_commands_register(&loop);
    serve_metrics(&loop);
    daemonize_complete();
    signal(SIGTERM, handle_sigterm);

    while (loop.phase != TM_GONE) {
        if (latch_poll(&terminate)) {
            tm_loop_exit(&loop, false);
        }
        tm_loop_run(&loop);
        unixctl_server_run(unixctl);
        report_memory(&loop);

        memory_wait();
        latch_wait(&terminate);
        tm_loop_wait(&loop);
        unixctl_server_wait(unixctl);
        poll_block();
    }

    tm_commands_finish_exit();
    unixctl_server_destroy(unixctl);
    tm_loop_uninit(&loop);
    latch_destroy(&terminate);
    free(ovs_remote);
    return EXIT_SUCCESS;
}
