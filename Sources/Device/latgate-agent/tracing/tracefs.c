/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int lg_tracefs_open(const char *root, const char *file, int flags)
{
	char path[LG_TRACEFS_PATH];
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", root, file) >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

ssize_t lg_tracefs_read(const char *root, const char *file, char *text, size_t size)
{
	int fd = lg_tracefs_open(root, file, O_RDONLY);
	size_t have = 0;
	ssize_t n = 0;

	if (fd < 0)
		return fd;
	while (have < size - 1 && (n = read(fd, text + have, size - 1 - have)) > 0)
		have += (size_t)n;
	if (n < 0)
		n = -errno;
	close(fd);
	text[have] = 0;
	return n < 0 ? n : (ssize_t)have;
}

int lg_tracefs_line(const char *root, const char *file, char *text, size_t size)
{
	ssize_t n = lg_tracefs_read(root, file, text, size);

	if (n < 0)
		return (int)n;
	text[strcspn(text, "\n")] = 0;
	return 0;
}

int lg_tracefs_write(const char *root, const char *file, const char *text)
{
	int fd = lg_tracefs_open(root, file, O_WRONLY | O_TRUNC);
	size_t size = strlen(text);
	int rc = 0;

	if (fd < 0)
		return fd;
	if (write(fd, text, size) != (ssize_t)size)
		rc = errno ? -errno : -EIO;
	if (close(fd) && !rc)
		rc = -errno;
	return rc;
}

int lg_tracefs_writable(const char *root, const char *file)
{
	int fd = lg_tracefs_open(root, file, O_WRONLY);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}
