/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * A device without room for another process: while the file is there that
 * LATGATE_NO_FORK names, fork() fails, and adds a byte to it. Linked with --wrap.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

pid_t __real_fork(void);
pid_t __wrap_fork(void);

pid_t __wrap_fork(void)
{
	const char *path = getenv("LATGATE_NO_FORK");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	if (fd < 0)
		return __real_fork();
	if (write(fd, "x", 1) != 1)
		abort();
	close(fd);
	errno = EAGAIN;
	return -1;
}
