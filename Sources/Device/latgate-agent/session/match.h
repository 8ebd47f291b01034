/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Files by pattern: sysfs numbers its devices as it likes. */
#ifndef LATGATE_AGENT_MATCH_H
#define LATGATE_AGENT_MATCH_H

#include "exit_codes.h"

/*
 * Calls found() for what matches an absolute pattern with *, ? and [] inside
 * its parts, in no order. Stops when found() returns other than LG_GO_ON, which
 * is returned, after 1024 matches, and after 16384 names looked at. What cannot
 * be listed matches nothing.
 */
int lg_match(const char *pattern, int (*found)(void *arg, const char *path), void *arg);

#endif
