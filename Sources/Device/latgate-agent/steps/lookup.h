/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_AGENT_LOOKUP_H
#define LATGATE_AGENT_LOOKUP_H

/*
 * The file a step's argv[0] means: a name without a slash is looked up beside
 * the agent first, so that the helpers pushed with it are found, then in PATH.
 * Returns a path to be freed, or NULL when there is no such executable.
 */
char *lg_lookup(const char *name);

#endif
