/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Files of tracefs, and sysctls, by their path below a root. Errors are negative errno values. */
#ifndef LATGATE_AGENT_TRACEFS_H
#define LATGATE_AGENT_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { LG_TRACEFS_PATH = 192 }; /* bytes of a whole path with its NUL */

/* The whole text of a file, NUL-terminated and cut at size - 1 bytes; its length. */
ssize_t lg_tracefs_read(const char *root, const char *file, char *text, size_t size);
/* The same of a one-line setting, without its newline. */
int lg_tracefs_line(const char *root, const char *file, char *text, size_t size);
int lg_tracefs_write(const char *root, const char *file, const char *text);
/* Whether this user may write the file, asked by opening it: 0. */
int lg_tracefs_writable(const char *root, const char *file);
int lg_tracefs_open(const char *root, const char *file, int flags);

#endif
