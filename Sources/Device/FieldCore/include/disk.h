/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The system calls by which the field agent keeps things, as a table, so that
 * tests can make each of them fail. All names are relative to a directory's
 * descriptor. Results are those of the system call, or -errno.
 */
#ifndef LATGATE_FIELD_DISK_H
#define LATGATE_FIELD_DISK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct lg_disk {
	void *arg;
	int (*open)(void *arg, int directory, const char *name, int flags, mode_t mode);
	ssize_t (*read)(void *arg, int fd, void *out, size_t size, off_t at);
	ssize_t (*write)(void *arg, int fd, const void *bytes, size_t size, off_t at);
	int (*sync)(void *arg, int fd); /* data and length of a file, or names of a directory */
	int (*rename)(void *arg, int directory, const char *from, const char *to);
	int (*unlink)(void *arg, int directory, const char *name);
	int (*close)(void *arg, int fd);
	/* Calls fn with each name but "." and ".."; fn must not change the directory. */
	int (*list)(void *arg, int directory, void (*fn)(void *context, const char *name),
		    void *context);
};

/* The real ones. */
extern const struct lg_disk lg_posix_disk;

#endif
