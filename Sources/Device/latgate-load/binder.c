/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/android/binderfs.h>

#include "binder_port.h"
#include "commands.h"
#include "loop.h"
#include "peer.h"
#include "scratch.h"

struct server {
	const char *dev;
	int ready; /* an errno is written here once the server serves, or cannot */
};

static void free_buffer(struct lg_binder_port *port, const struct binder_transaction_data *data)
{
	binder_uintptr_t buffer = data->data.ptr.buffer;

	lg_binder_put(port, BC_FREE_BUFFER, &buffer, sizeof(buffer));
}

static int become_manager(struct lg_binder_port *port, const char *dev)
{
	lg_u32 command = BC_ENTER_LOOPER;
	int error = lg_binder_open(port, dev);

	if (error)
		return error;
	if (ioctl(port->fd, BINDER_SET_CONTEXT_MGR, 0))
		return errno;
	lg_binder_put(port, command, NULL, 0);
	return lg_binder_flush(port);
}

static int serve(void *arg)
{
	const struct server *server = arg;
	struct binder_transaction_data data, reply = {0};
	struct lg_binder_port port;
	int error = become_manager(&port, server->dev);
	lg_u32 command;

	if (write(server->ready, &error, sizeof(error)) != sizeof(error))
		return LG_LOAD_UNAVAILABLE;
	while (!error && !(error = lg_binder_next(&port, &command, &data))) {
		if (command != BR_TRANSACTION)
			continue;
		free_buffer(&port, &data);
		lg_binder_put(&port, BC_REPLY, &reply, sizeof(reply));
	}
	return LG_LOAD_UNAVAILABLE;
}

static int op(void *arg, lg_u64 index)
{
	struct lg_binder_port *port = arg;
	struct binder_transaction_data data = {.code = 1};
	lg_u32 command;
	int error;

	(void)index;
	/* target.handle 0 is the context manager */
	lg_binder_put(port, BC_TRANSACTION, &data, sizeof(data));
	error = lg_binder_next(port, &command, &data);
	if (error)
		return error;
	if (command != BR_REPLY)
		return EREMOTEIO;
	/* Sent with the next transaction. */
	free_buffer(port, &data);
	return 0;
}

/* A device of our own where binderfs lets us make one: the usual one belongs to servicemanager. */
static void make_device(const char *dev)
{
	struct binderfs_device device = {0};
	const char *slash = strrchr(dev, '/');
	char control[PATH_MAX];
	int fd;

	if (!slash || !access(dev, F_OK) || strlen(slash + 1) > BINDERFS_MAX_NAME)
		return;
	snprintf(control, sizeof(control), "%.*s/binder-control", (int)(slash - dev), dev);
	fd = open(control, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	strcpy(device.name, slash + 1);
	if (!ioctl(fd, BINDER_CTL_ADD, &device))
		lg_scratch_remove_later(dev);
	close(fd);
}

static int explain(const char *dev, int error)
{
	char what[PATH_MAX + 128];

	snprintf(what, sizeof(what), "%s cannot be used%s", dev,
		 error == EBUSY	   ? " (it has a context manager; name a new device in a mounted "
				     "binderfs, say --dev /dev/binderfs/latgate)"
		 : error == ENOENT ? " (load binder_linux, or name the device with --dev)"
				   : "");
	return lg_unavailable(what, error);
}

static int start_server(const struct lg_options *options, pid_t *peer)
{
	struct server server = {.dev = options->dev};
	int ends[2], error = EPIPE;

	if (pipe2(ends, O_CLOEXEC))
		return lg_unavailable("a pipe could not be made", errno);
	server.ready = ends[1];
	*peer = lg_peer_start(options, serve, &server);
	close(ends[1]);
	if (*peer < 0)
		return lg_unavailable("the second process could not be started", errno);
	if (read(ends[0], &error, sizeof(error)) != sizeof(error))
		error = EPIPE;
	close(ends[0]);
	return error ? explain(options->dev, error) : 0;
}

static int run(const struct lg_options *options)
{
	struct lg_binder_port port;
	struct lg_loop loop = {.op = op, .arg = &port};
	pid_t peer = -1;
	int code, error;

	make_device(options->dev);
	code = start_server(options, &peer);
	if (!code) {
		error = lg_binder_open(&port, options->dev);
		code = error ? explain(options->dev, error) : lg_loop_run(&loop, options);
	}
	if (peer > 0)
		lg_peer_stop(peer);
	return code;
}

const struct lg_command lg_command_binder = {
	.name = "binder",
	.summary = "Two processes that call each other over binder",
	.operation =
		"one empty transaction to the context manager of --dev (/dev/binder) and its reply",
	.options = LG_OPT_DEV,
	.defaults = {.ops = 10000, .warmup = 100, .dev = "/dev/binder"},
	.run = run,
};
