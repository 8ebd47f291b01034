/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#define _FILE_OFFSET_BITS 64
#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char name[PATH_MAX];

static void remove_it(void)
{
	if (name[0])
		unlink(name);
	name[0] = 0;
}

static void on_signal(int number)
{
	remove_it();
	signal(number, SIG_DFL);
	raise(number);
}

void lg_scratch_remove_later(const char *path)
{
	static const int ending[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};

	snprintf(name, sizeof(name), "%s", path);
	atexit(remove_it);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaction(ending[i], &action, NULL);
}

static int complain(const char *path, const char *what)
{
	fprintf(stderr, "latgate-load: %s: %s: %s\n", path, what, strerror(errno));
	return -1;
}

/* Written, not only extended: a hole would be allocated inside the measurement. */
static int fill(const char *path, lg_u64 size)
{
	static const char data[64 << 10] = {1};
	int fd = open(path, O_WRONLY | O_CLOEXEC), code = 0;

	if (fd < 0)
		return complain(path, "cannot be opened");
	for (lg_u64 done = 0; done < size && !code;) {
		lg_u64 left = size - done;
		ssize_t n = write(fd, data, left < sizeof(data) ? (size_t)left : sizeof(data));

		if (n < 0 && errno != EINTR)
			code = complain(path, "cannot be filled");
		done += n > 0 ? (lg_u64)n : 0;
	}
	if (!code && fsync(fd))
		code = complain(path, "cannot be written back");
	close(fd);
	return code;
}

/*
 * A power cut leaves our files behind, or brings back those whose removal was not on the disk yet:
 * the next boot counts its processes from the same number, and would find the name taken. No process
 * of that number, or our own: the file has no owner.
 */
static void sweep(const char *path)
{
	static const char prefix[] = "latgate-load-";
	const size_t length = sizeof(prefix) - 1;
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = directory < 0 ? NULL : fdopendir(directory);
	struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		char *end;
		long owner;

		if (strncmp(entry->d_name, prefix, length))
			continue;
		owner = strtol(entry->d_name + length, &end, 10);
		if (owner <= 0 || owner > INT_MAX || strcmp(end, ".tmp"))
			continue;
		if (owner == getpid() || (kill((pid_t)owner, 0) && errno == ESRCH))
			unlinkat(directory, entry->d_name, 0);
	}
	if (stream)
		closedir(stream);
	else if (directory >= 0)
		close(directory);
}

int lg_scratch_open(const char *path, lg_u64 size, int flags)
{
	char wanted[PATH_MAX];
	struct stat status;
	int fd;

	if (!stat(path, &status) && S_ISDIR(status.st_mode)) {
		int n = snprintf(wanted, sizeof(wanted), "%s/latgate-load-%d.tmp", path, getpid());

		if (n >= (int)sizeof(wanted)) {
			errno = ENAMETOOLONG;
			return complain(path, "cannot hold a file");
		}
		sweep(path);
		path = wanted;
	}
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return complain(path, "cannot be created");
	close(fd);
	lg_scratch_remove_later(path);
	if (fill(path, size))
		return -1;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? complain(path, "cannot be opened") : fd;
}
