/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h
 *
 * Job.       The unixctl commands of tmirrord (cli.md).
 * Input.     The loop.
 * Output.    Text, for people.
 * Not here.  The stages' own texts (their _show and _format functions).
 * Ownership. The loop must outlive the commands.
 * Failure.   An error reply of one line. */

#ifndef PLUGIN_REPORT_COMMANDS_H
#define PLUGIN_REPORT_COMMANDS_H 1

struct tm_loop;
struct unixctl_conn;

/* 'exit' is answered when the program has done what it asked: the caller
 * of tm_commands_finish_exit() is the main loop. */
void tm_commands_register(struct tm_loop *);
void tm_commands_finish_exit(void);

#endif /* plugin/report/commands.h */
