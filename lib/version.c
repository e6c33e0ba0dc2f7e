/* SPDX-License-Identifier: Apache-2.0 */
/* version.c
 *
 * The only file that includes our own configure's header and, for that reason,
 * not Open vSwitch's config.h: both define PACKAGE and its kin. */

#include "build-config.h"

#include "lib/version.h"

const char *
tm_version(void)
{
    return PACKAGE_VERSION;
}
