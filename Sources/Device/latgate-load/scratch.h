/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A file made for the load, removed at exit and on SIGTERM, SIGINT and SIGHUP. */
#ifndef LATGATE_LOAD_SCRATCH_H
#define LATGATE_LOAD_SCRATCH_H

#include "probe_abi.h"

/*
 * Creates and fills a file of `size` bytes inside the directory `path`, or at
 * `path` itself, which then must not exist. Returns a file descriptor opened
 * with `flags`, or -1 after a message. The name stays until the end, because
 * file systems treat fsync() of a nameless file differently.
 */
int lg_scratch_open(const char *path, lg_u64 size, int flags);
/* Has `path` removed at the end as well. */
void lg_scratch_remove_later(const char *path);

#endif
