/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* One process's end of a binder device: the few commands a ping-pong needs. */
#ifndef LATGATE_LOAD_BINDER_PORT_H
#define LATGATE_LOAD_BINDER_PORT_H

#include <linux/android/binder.h>

#include "probe_abi.h"

struct lg_binder_port {
	int fd;
	/* read buffer: commands the kernel sent and we have not looked at */
	lg_u32 words[64];
	lg_u64 at, end; /* bytes */
	/* write buffer: commands for the next call */
	unsigned char out[512];
	lg_u64 out_size;
};

/* 0, or an errno; EPROTO when the driver speaks another protocol. */
int lg_binder_open(struct lg_binder_port *port, const char *dev);
/* Appends a command and its argument for the next lg_binder_next(). */
void lg_binder_put(struct lg_binder_port *port, lg_u32 command, const void *arg, lg_u64 size);
/*
 * Sends what was put, waits, and gives the next command that matters:
 * BR_TRANSACTION or BR_REPLY with *data filled in, or BR_DEAD_REPLY or
 * BR_FAILED_REPLY. Acknowledges reference counts by itself. 0 or an errno.
 */
int lg_binder_next(struct lg_binder_port *port, lg_u32 *command,
		   struct binder_transaction_data *data);
/* Sends what was put without waiting for an answer. */
int lg_binder_flush(struct lg_binder_port *port);

#endif
