/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int disk_open(void *arg, int directory, const char *name, int flags, mode_t mode)
{
	int fd = openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW, mode);

	(void)arg;
	return fd < 0 ? -errno : fd;
}

static ssize_t disk_read(void *arg, int fd, void *out, size_t size, off_t at)
{
	ssize_t n;

	(void)arg;
	do
		n = pread(fd, out, size, at);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t disk_write(void *arg, int fd, const void *bytes, size_t size, off_t at)
{
	ssize_t n;

	(void)arg;
	do
		n = pwrite(fd, bytes, size, at);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int disk_sync(void *arg, int fd)
{
	(void)arg;
	return fsync(fd) ? -errno : 0;
}

static int disk_rename(void *arg, int directory, const char *from, const char *to)
{
	(void)arg;
	return renameat(directory, from, directory, to) ? -errno : 0;
}

static int disk_unlink(void *arg, int directory, const char *name)
{
	(void)arg;
	return unlinkat(directory, name, 0) ? -errno : 0;
}

static int disk_close(void *arg, int fd)
{
	(void)arg;
	return close(fd) ? -errno : 0;
}

static int disk_list(void *arg, int directory, void (*fn)(void *context, const char *name),
		     void *context)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int rc = entries ? 0 : -errno;

	(void)arg;
	if (!entries) {
		if (fd >= 0)
			close(fd);
		return rc;
	}
	for (errno = 0; (entry = readdir(entries)); errno = 0) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			fn(context, entry->d_name);
	}
	rc = -errno;
	closedir(entries);
	return rc;
}

const struct lg_disk lg_posix_disk = {
	.open = disk_open,
	.read = disk_read,
	.write = disk_write,
	.sync = disk_sync,
	.rename = disk_rename,
	.unlink = disk_unlink,
	.close = disk_close,
	.list = disk_list,
};
