/* SPDX-License-Identifier: Apache-2.0 */
/* ctl-schema.h
 *
 * Job.       The schema of Traffic_Mirror as text, so that 'init' needs no
 *            file of ours.
 * Input.     ovsdb-schema/traffic-mirror.ovsschema, when the program is built.
 * Output.    A string.
 * Not here.  Its meaning.
 * Ownership. Static.
 * Failure.   Cannot fail. */

#ifndef UTILITIES_CTL_SCHEMA_H
#define UTILITIES_CTL_SCHEMA_H 1

extern const char tm_ctl_schema[];

#endif /* utilities/ctl-schema.h */
