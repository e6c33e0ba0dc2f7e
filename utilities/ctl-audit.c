/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-audit.c
 *
 * Who runs tmirror-ctl, and the line about a change in the system log.
 *
 * The user ID is the kernel's word.  The name that sudo leaves in the
 * environment is only as good as the user, so it comes beside it, not in its
 * place. */

#include <config.h>

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/store/audit.h"
#include "lib/text.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "utilities/ctl.h"

VLOG_DEFINE_THIS_MODULE(audit);

/* What the servers of a system log take as one message. */
#define SYSLOG_MAX 8000

static char *
describe_user(void)
{
    const struct passwd *pw = getpwuid(getuid());
    const char *sudo_user = getenv("SUDO_USER");
    struct ds s = DS_EMPTY_INITIALIZER;

    if (pw) {
        tm_name_to(pw->pw_name, &s);
        ds_put_char(&s, ' ');
    }
    ds_put_format(&s, "(uid %lu", (unsigned long int) getuid());
    if (sudo_user && *sudo_user) {
        ds_put_cstr(&s, ", sudo from ");
        tm_name_to(sudo_user, &s);
    }
    ds_put_char(&s, ')');
    return ds_steal_cstr(&s);
}

char *
tm_ctl_audit_line(const char *args, const char *changes)
{
    char *user = describe_user();
    char *line = tm_audit_line("tmirror-ctl", user, args, changes);

    free(user);
    return line;
}

void
tm_ctl_audit_log(const char *line)
{
    size_t len = line ? strlen(line) : 0;

    if (len > SYSLOG_MAX) {
        /* Not in the middle of a character. */
        for (len = SYSLOG_MAX; (line[len] & 0xc0) == 0x80; len--) {
            continue;
        }
        VLOG_INFO("%.*s... (the rest is in the database's log)", (int) len,
                  line);
    } else if (line) {
        VLOG_INFO("%s", line);
    }
}
