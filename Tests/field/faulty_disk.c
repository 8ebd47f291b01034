/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "faulty_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PENDING = 512, FULL_CALLS = 6 };

static struct {
	enum lg_fault_kind kind;
	long at, calls;
	unsigned seed;
} fault;

/* What a power cut may take back; forgotten at a sync. */
static struct change {
	enum { WRITTEN, RENAMED, REMOVED } what;
	int directory, fd; /* of a file: a descriptor of our own */
	char from[128], to[128];
	off_t at;
	size_t size;
	unsigned char *before; /* of a write, as far as there was something */
	size_t had;
	ino_t inode;
} pending[PENDING];
static size_t pending_count;

static bool coin(void)
{
	return rand_r(&fault.seed) & 1;
}

static struct change *note(int what, int directory)
{
	struct change *change = &pending[pending_count];

	if (pending_count == PENDING) {
		fprintf(stderr, "faulty disk: too much is pending\n");
		abort();
	}
	pending_count++;
	*change = (struct change){.what = what, .directory = directory, .fd = -1};
	return change;
}

static void undo(struct change *change)
{
	size_t torn = change->size ? (size_t)rand_r(&fault.seed) % change->size : 0;

	switch (change->what) {
	case WRITTEN:
		/* Some of it arrived, or all, or none. */
		if (coin())
			torn = 0;
		if (change->had > torn)
			pwrite(change->fd, change->before + torn, change->had - torn,
			       change->at + (off_t)torn);
		else if (ftruncate(change->fd, change->at + (off_t)torn))
			perror("faulty disk: ftruncate");
		break;
	case RENAMED:
		if (renameat(change->directory, change->to, change->directory, change->from))
			perror("faulty disk: rename back");
		break;
	case REMOVED:
		if (linkat(change->directory, change->to, change->directory, change->from, 0))
			perror("faulty disk: link back");
		break;
	}
}

static void die(bool cut)
{
	/* The newest first. Of names, a file system keeps a first part of the changes. */
	size_t kept = pending_count ? (size_t)rand_r(&fault.seed) % (pending_count + 1) : 0;

	for (size_t i = pending_count; cut && i-- > 0;) {
		if (pending[i].what == WRITTEN ? coin() : i >= kept)
			undo(&pending[i]);
	}
	kill(getpid(), SIGKILL);
	pause();
}

/* True when the call is to fail, with *error. */
static bool strikes(int *error, bool takes_room)
{
	long call = ++fault.calls;

	if (fault.kind == FAULT_FULL && takes_room && call >= fault.at &&
	    call < fault.at + FULL_CALLS) {
		*error = -ENOSPC;
		return true;
	}
	if (call != fault.at)
		return false;
	if (fault.kind == FAULT_KILL || fault.kind == FAULT_CUT)
		die(fault.kind == FAULT_CUT);
	*error = -EIO;
	return fault.kind == FAULT_EIO;
}

static void done(void)
{
	if (fault.calls == fault.at &&
	    (fault.kind == FAULT_KILL_AFTER || fault.kind == FAULT_CUT_AFTER))
		die(fault.kind == FAULT_CUT_AFTER);
}

static ino_t inode_of(int fd)
{
	struct stat info;

	return fstat(fd, &info) ? 0 : info.st_ino;
}

static void forget(bool (*matches)(const struct change *change, ino_t inode, int fd), ino_t inode,
		   int fd)
{
	size_t kept = 0;

	for (size_t i = 0; i < pending_count; i++) {
		if (!matches(&pending[i], inode, fd)) {
			pending[kept++] = pending[i];
			continue;
		}
		if (pending[i].what == REMOVED)
			unlinkat(pending[i].directory, pending[i].to, 0);
		if (pending[i].fd >= 0)
			close(pending[i].fd);
		free(pending[i].before);
	}
	pending_count = kept;
}

static bool of_file(const struct change *change, ino_t inode, int fd)
{
	(void)fd;
	return change->what == WRITTEN && change->inode == inode;
}

static bool of_directory(const struct change *change, ino_t inode, int fd)
{
	(void)inode;
	return change->what != WRITTEN && change->directory == fd;
}

static int faulty_open(void *arg, int directory, const char *name, int flags, mode_t mode)
{
	int error;

	if ((flags & O_CREAT) && strikes(&error, true))
		return error;
	return lg_posix_disk.open(arg, directory, name, flags, mode);
}

static ssize_t faulty_write(void *arg, int fd, const void *bytes, size_t size, off_t at)
{
	struct change *change;
	char path[64];
	ssize_t n;
	int error;

	if (strikes(&error, true))
		return error;
	if (fault.kind == FAULT_SHORT && fault.calls == fault.at && size > 1)
		size /= 2;
	change = note(WRITTEN, -1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	change->fd = open(path, O_RDWR | O_CLOEXEC);
	change->inode = inode_of(fd);
	change->at = at;
	change->size = size;
	change->before = malloc(size);
	n = pread(change->fd, change->before, size, at);
	change->had = n > 0 ? (size_t)n : 0;
	n = lg_posix_disk.write(arg, fd, bytes, size, at);
	done();
	return n;
}

static int faulty_sync(void *arg, int fd)
{
	int error, rc;

	if (strikes(&error, false))
		return error;
	rc = lg_posix_disk.sync(arg, fd);
	if (!rc) {
		forget(of_file, inode_of(fd), fd);
		forget(of_directory, 0, fd);
	}
	done();
	return rc;
}

static int faulty_rename(void *arg, int directory, const char *from, const char *to)
{
	struct change *change;
	int error, rc;

	if (strikes(&error, false))
		return error;
	rc = lg_posix_disk.rename(arg, directory, from, to);
	if (!rc) {
		change = note(RENAMED, directory);
		snprintf(change->from, sizeof(change->from), "%s", from);
		snprintf(change->to, sizeof(change->to), "%s", to);
	}
	done();
	return rc;
}

static int faulty_unlink(void *arg, int directory, const char *name)
{
	static int graves;
	char grave[64];
	struct change *change;
	int error, rc;

	if (strikes(&error, false))
		return error;
	snprintf(grave, sizeof(grave), "grave-%d-%d", getpid(), graves++);
	rc = linkat(directory, name, directory, grave, 0) ? -errno : 0;
	if (!rc)
		rc = lg_posix_disk.unlink(arg, directory, name);
	if (!rc) {
		change = note(REMOVED, directory);
		snprintf(change->from, sizeof(change->from), "%s", name);
		snprintf(change->to, sizeof(change->to), "%s", grave);
	}
	done();
	return rc;
}

static ssize_t faulty_read(void *arg, int fd, void *out, size_t size, off_t at)
{
	return lg_posix_disk.read(arg, fd, out, size, at);
}

static int faulty_close(void *arg, int fd)
{
	return lg_posix_disk.close(arg, fd);
}

static int faulty_list(void *arg, int directory, void (*fn)(void *context, const char *name),
		       void *context)
{
	return lg_posix_disk.list(arg, directory, fn, context);
}

const struct lg_disk faulty_disk_table = {
	.open = faulty_open,
	.read = faulty_read,
	.write = faulty_write,
	.sync = faulty_sync,
	.rename = faulty_rename,
	.unlink = faulty_unlink,
	.close = faulty_close,
	.list = faulty_list,
};

const struct lg_disk *faulty_disk(enum lg_fault_kind kind, long at, unsigned seed)
{
	fault.kind = kind;
	fault.at = at;
	fault.seed = seed;
	fault.calls = 0;
	return &faulty_disk_table;
}

enum lg_fault_kind fault_kind(const char *name)
{
	static const char *const names[] = {"none",	 "kill", "kill-after", "cut",
					    "cut-after", "full", "eio",	       "short"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(name, names[i]))
			return (enum lg_fault_kind)i;
	}
	fprintf(stderr, "no fault is named %s\n", name);
	exit(64);
}

long faulty_disk_calls(void)
{
	return fault.calls;
}
