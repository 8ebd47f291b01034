/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "binder_port.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RECEIVE_AREA = 128 << 10 };

int lg_binder_open(struct lg_binder_port *port, const char *dev)
{
	struct binder_version version = {0};
	void *area;

	*port = (struct lg_binder_port){.fd = open(dev, O_RDWR | O_CLOEXEC)};
	if (port->fd < 0)
		return errno;
	if (ioctl(port->fd, BINDER_VERSION, &version))
		return errno;
	if (version.protocol_version != BINDER_CURRENT_PROTOCOL_VERSION)
		return EPROTO;
	area = mmap(NULL, RECEIVE_AREA, PROT_READ, MAP_PRIVATE | MAP_NORESERVE, port->fd, 0);
	return area == MAP_FAILED ? errno : 0;
}

void lg_binder_put(struct lg_binder_port *port, lg_u32 command, const void *arg, lg_u64 size)
{
	memcpy(port->out + port->out_size, &command, sizeof(command));
	memcpy(port->out + port->out_size + sizeof(command), arg, (size_t)size);
	port->out_size += sizeof(command) + size;
}

static int transfer(struct lg_binder_port *port, lg_u64 read_size)
{
	struct binder_write_read call = {
		.write_buffer = (binder_uintptr_t)(uintptr_t)port->out,
		.write_size = port->out_size,
		.read_buffer = (binder_uintptr_t)(uintptr_t)port->words,
		.read_size = read_size,
	};

	while (ioctl(port->fd, BINDER_WRITE_READ, &call)) {
		if (errno != EINTR)
			return errno;
	}
	port->out_size = 0;
	port->at = 0;
	port->end = call.read_consumed;
	return 0;
}

int lg_binder_flush(struct lg_binder_port *port)
{
	return transfer(port, 0);
}

static void acknowledge(struct lg_binder_port *port, lg_u32 command, const void *arg)
{
	if (command == BR_INCREFS)
		lg_binder_put(port, BC_INCREFS_DONE, arg, sizeof(struct binder_ptr_cookie));
	else if (command == BR_ACQUIRE)
		lg_binder_put(port, BC_ACQUIRE_DONE, arg, sizeof(struct binder_ptr_cookie));
}

int lg_binder_next(struct lg_binder_port *port, lg_u32 *command,
		   struct binder_transaction_data *data)
{
	for (;;) {
		const unsigned char *arg;
		lg_u64 size;
		int error;

		if (port->at == port->end) {
			error = transfer(port, sizeof(port->words));
			if (error)
				return error;
			continue;
		}
		if (port->end - port->at < sizeof(*command))
			return EPROTO;
		memcpy(command, (unsigned char *)port->words + port->at, sizeof(*command));
		arg = (unsigned char *)port->words + port->at + sizeof(*command);
		/* The size of a command's argument is part of its number. */
		size = _IOC_SIZE(*command);
		if (size > port->end - port->at - sizeof(*command))
			return EPROTO;
		port->at += sizeof(*command) + size;
		if (*command == BR_TRANSACTION || *command == BR_REPLY)
			memcpy(data, arg, sizeof(*data));
		if (*command == BR_TRANSACTION || *command == BR_REPLY ||
		    *command == BR_DEAD_REPLY || *command == BR_FAILED_REPLY)
			return 0;
		acknowledge(port, *command, arg);
	}
}
