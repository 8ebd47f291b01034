/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "scope_lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "agent_protocol.h"
#include "fault.h"
#include "proc.h"

/* As in linux/magic.h. */
#define CGROUP1_MAGIC 0x27e0eb
#define CGROUP2_MAGIC 0x63677270

/* Inodes of the initial namespaces (linux/proc_ns.h). */
#define INITIAL_PIDS 0xeffffffcU
#define INITIAL_CGROUPS 0xeffffffbU

/* A bound for the walk upwards; the kernel has none. */
enum { LEVELS_MAX = 64 };

/* Numbers and levels of another namespace are not those that probes see. */
static bool is_initial(const char *namespace, lg_u32 inode)
{
	struct stat found;

	/* Without it the kernel has no other. */
	return stat(namespace, &found) || found.st_ino == inode;
}

int lg_scope_of_comm(struct lg_scope *scope, const char *name, struct lg_error *err)
{
	size_t length = strlen(name);

	*scope = (struct lg_scope){.kind = LG_SCOPE_COMM};
	if (!length || length >= LG_COMM_LEN)
		return lg_fault(err, LG_ERR_SCOPE,
				"'%.64s' is no thread's name: they have 1 to %d bytes", name,
				LG_COMM_LEN - 1);
	memcpy(scope->comm, name, length);
	return 0;
}

int lg_scope_of_pid(struct lg_scope *scope, enum lg_fold_scope *kind, lg_u32 pid,
		    struct lg_error *err)
{
	char path[64];
	lg_u32 process;

	*scope = (struct lg_scope){.kind = LG_SCOPE_PID, .pid = pid};
	if (!is_initial("/proc/self/ns/pid", INITIAL_PIDS))
		return lg_fault(err, LG_ERR_SCOPE,
				"the agent runs in a container, which has process numbers of its "
				"own: use --comm, or measure from outside");
	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	process = (lg_u32)lg_proc_number(path, "Tgid");
	if (!process)
		return lg_fault(err, LG_ERR_SCOPE, "there is no process or thread %u", pid);
	*kind = process == pid ? LG_FOLD_PROCESS : LG_FOLD_THREAD;
	return 0;
}

/* The id by which the kernel identifies its cgroups. */
static bool read_id(int fd, lg_u64 *id)
{
	struct {
		struct file_handle head;
		unsigned char bytes[MAX_HANDLE_SZ];
	} handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	struct stat found;
	int mount;

	if (!name_to_handle_at(fd, "", &handle.head, &mount, AT_EMPTY_PATH) &&
	    handle.head.handle_bytes == sizeof(*id)) {
		memcpy(id, handle.head.f_handle, sizeof(*id));
		return true;
	}
	/* Not on every kernel; where inodes have 64 bits they are the ids. */
	if (sizeof(found.st_ino) < sizeof(*id) || fstat(fd, &found))
		return false;
	*id = found.st_ino;
	return true;
}

/* How many directories lie above it in its file system. -1 with errno. */
static int level_of(int fd)
{
	struct stat own, above;
	int level, at = dup(fd), parent;

	for (level = 0; at >= 0 && level < LEVELS_MAX; level++) {
		parent = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (parent < 0 || fstat(at, &own) || fstat(parent, &above))
			level = -2;
		close(at);
		at = parent;
		if (level < 0 || own.st_dev != above.st_dev || own.st_ino == above.st_ino)
			break;
	}
	if (at >= 0)
		close(at);
	return level < 0 || level == LEVELS_MAX ? -1 : level;
}

static int look_at(struct lg_scope *scope, int fd, const char *path, struct lg_error *err)
{
	struct statfs system;
	int level;

	if (fstatfs(fd, &system))
		return lg_fault(err, LG_ERR_SCOPE, "cgroup %.256s: %s", path, strerror(errno));
	if (system.f_type == CGROUP1_MAGIC)
		return lg_fault(err, LG_ERR_SCOPE,
				"%.256s is a cgroup of version 1: only those of version 2 can be "
				"distinguished from others",
				path);
	if (system.f_type != CGROUP2_MAGIC)
		return lg_fault(err, LG_ERR_SCOPE,
				"%.256s is no cgroup: give its directory below where cgroup2 is "
				"mounted, such as /sys/fs/cgroup",
				path);
	level = level_of(fd);
	if (level < 0 || !read_id(fd, &scope->cgroup))
		return lg_fault(err, LG_ERR_SCOPE,
				"cgroup %.256s: the kernel does not report its id", path);
	scope->level = (lg_u32)level;
	return 0;
}

int lg_scope_of_cgroup(struct lg_scope *scope, const char *path, struct lg_error *err)
{
	int fd, rc;

	*scope = (struct lg_scope){.kind = LG_SCOPE_CGROUP};
	if (!is_initial("/proc/self/ns/cgroup", INITIAL_CGROUPS))
		return lg_fault(err, LG_ERR_SCOPE,
				"the agent runs in a container, which has cgroups of its own: use "
				"--comm, or measure from outside");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return lg_fault(err, LG_ERR_SCOPE, "cgroup %.256s: %s", path, strerror(errno));
	rc = look_at(scope, fd, path, err);
	close(fd);
	return rc;
}
