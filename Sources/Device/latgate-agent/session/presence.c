/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The name of a socket belongs to one process of the device, whoever its user
 * and whichever directory the agent was installed to, and the kernel takes it
 * back with the process: nothing is left on the device.
 */
#define _GNU_SOURCE 1
#include "presence.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char name[] = "latgate-agent";

/* Abstract: the name begins with a NUL and is in no file system. */
static socklen_t address(struct sockaddr_un *at)
{
	memset(at, 0, sizeof(*at));
	at->sun_family = AF_UNIX;
	memcpy(at->sun_path + 1, name, sizeof(name) - 1);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(name));
}

static void describe_holder(char *other, size_t size)
{
	struct sockaddr_un at;
	socklen_t length = address(&at), peer_size = sizeof(struct ucred);
	struct ucred peer;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(other, size, "process unknown");
	if (fd < 0)
		return;
	if (!connect(fd, (struct sockaddr *)&at, length) &&
	    !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size))
		snprintf(other, size, "process %d of user %u", peer.pid, peer.uid);
	close(fd);
}

int lg_presence_take(char *other, size_t size)
{
	struct sockaddr_un at;
	socklen_t length = address(&at);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*other = 0;
	if (fd < 0)
		return -1;
	/* No connection is accepted: one in the queue shows whom it was made to. It stays there
	 * when it was closed, so that the queue has to hold all that ever ask. */
	if (!bind(fd, (struct sockaddr *)&at, length) && !listen(fd, SOMAXCONN))
		return fd;
	if (errno == EADDRINUSE)
		describe_holder(other, size);
	close(fd);
	return -1;
}
