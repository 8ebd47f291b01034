/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A second process that serves the first and never outlives it. */
#ifndef LATGATE_LOAD_PEER_H
#define LATGATE_LOAD_PEER_H

#include <sys/types.h>

#include "options.h"

/*
 * Forks; the child pins itself as number 1 and exits with serve(arg)'s code.
 * Returns its pid, or -1 with errno set.
 */
pid_t lg_peer_start(const struct lg_options *options, int (*serve)(void *arg), void *arg);
void lg_peer_stop(pid_t peer);

#endif
