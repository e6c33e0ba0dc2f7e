/* SPDX-License-Identifier: Apache-2.0 */
/* version.h
 *
 * Job.       The version of this tree.
 * Input.     build-config.h, made by configure.
 * Output.    A string.
 * Not here.  The version of Open vSwitch, whose config.h everybody includes.
 * Ownership. Static.
 * Failure.   Cannot fail. */

#ifndef LIB_VERSION_H
#define LIB_VERSION_H 1

const char *tm_version(void);   /* "0.1.0" */

#endif /* lib/version.h */
