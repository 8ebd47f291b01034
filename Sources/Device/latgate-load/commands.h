/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The loads, one file each. */
#ifndef LATGATE_LOAD_COMMANDS_H
#define LATGATE_LOAD_COMMANDS_H

#include "options.h"

struct lg_command {
	const char *name;
	const char *summary; /* one line */
	const char *operation; /* what one operation is, for --help */
	unsigned options; /* beyond LG_OPT_LOOP */
	bool is_alone; /* takes no LG_OPT_LOOP: it does not go through lg_loop_run() */
	struct lg_options defaults;
	int (*run)(const struct lg_options *options); /* returns the exit code */
};

extern const struct lg_command lg_command_binder;
extern const struct lg_command lg_command_fault;
extern const struct lg_command lg_command_fsync;
extern const struct lg_command lg_command_futex;
extern const struct lg_command lg_command_memory;
extern const struct lg_command lg_command_pingpong;
extern const struct lg_command lg_command_pipe;
extern const struct lg_command lg_command_randio;
extern const struct lg_command lg_command_sleep;
extern const struct lg_command lg_command_speed;
extern const struct lg_command lg_command_spin;
extern const struct lg_command lg_command_syscall;

#endif
