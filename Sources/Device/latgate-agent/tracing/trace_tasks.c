/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "trace_tasks.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proc.h"
#include "trace_fold.h"

enum { PF_KTHREAD = 0x00200000 };

struct task {
	lg_u32 tid, class_;
};

struct lg_tasks {
	pid_t session, self;
	lg_u32 scope; /* 0 = everyone */
	struct task *all; /* by tid, ascending */
	size_t count, capacity;
};

static lg_u32 class_of(const struct lg_tasks *tasks, const struct lg_proc_stat *stat, pid_t process)
{
	if (stat->flags & PF_KTHREAD)
		return LG_CLASS_KERNEL;
	if (process == tasks->self)
		return LG_CLASS_SELF;
	return tasks->session && stat->session == tasks->session ? LG_CLASS_WORKLOAD
								 : LG_CLASS_USER;
}

static lg_u32 in_scope(const struct lg_tasks *tasks, pid_t process, lg_u32 tid, lg_u32 class_)
{
	bool inside = !tasks->scope || tasks->scope == (lg_u32)process || tasks->scope == tid;

	return inside || class_ == LG_CLASS_SELF ? class_ : LG_CLASS_OUTSIDE;
}

static bool add(struct lg_tasks *tasks, pid_t process, lg_u32 tid, lg_u32 class_)
{
	if (tasks->count == tasks->capacity) {
		size_t wanted = tasks->capacity ? 2 * tasks->capacity : 256;
		struct task *grown = realloc(tasks->all, wanted * sizeof(*grown));

		if (!grown)
			return false;
		tasks->all = grown;
		tasks->capacity = wanted;
	}
	tasks->all[tasks->count++] = (struct task){tid, in_scope(tasks, process, tid, class_)};
	return true;
}

static bool is_number(const char *name)
{
	return isdigit((unsigned char)name[0]);
}

static bool add_threads(struct lg_tasks *tasks, const char *process, lg_u32 class_)
{
	char path[64];
	struct dirent *entry;
	bool good = true;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%.20s/task", process);
	directory = opendir(path);
	while (directory && good && (entry = readdir(directory))) {
		if (is_number(entry->d_name))
			good = add(tasks, atoi(process), (lg_u32)atoi(entry->d_name), class_);
	}
	if (directory)
		closedir(directory);
	return good;
}

static int by_tid(const void *a, const void *b)
{
	lg_u32 left = ((const struct task *)a)->tid, right = ((const struct task *)b)->tid;

	return left < right ? -1 : left > right;
}

struct lg_tasks *lg_tasks_snapshot(pid_t session, lg_u32 scope)
{
	struct lg_tasks *tasks = calloc(1, sizeof(*tasks));
	DIR *proc = tasks ? opendir("/proc") : NULL;
	struct dirent *entry;
	bool good = tasks;

	if (tasks) {
		tasks->session = session;
		tasks->scope = scope;
		tasks->self = getpid();
	}
	while (proc && good && (entry = readdir(proc))) {
		struct lg_proc_stat stat;
		char path[64];
		lg_u32 class_;
		pid_t process;

		snprintf(path, sizeof(path), "/proc/%.20s/stat", entry->d_name);
		if (!is_number(entry->d_name) || !lg_proc_stat(path, &stat))
			continue;
		process = atoi(entry->d_name);
		class_ = class_of(tasks, &stat, process);
		good = stat.threads > 1 ? add_threads(tasks, entry->d_name, class_)
					: add(tasks, process, (lg_u32)process, class_);
	}
	if (proc)
		closedir(proc);
	if (!good) {
		lg_tasks_free(tasks);
		return NULL;
	}
	if (tasks->count)
		qsort(tasks->all, tasks->count, sizeof(*tasks->all), by_tid);
	return tasks;
}

void lg_tasks_free(struct lg_tasks *tasks)
{
	if (!tasks)
		return;
	free(tasks->all);
	free(tasks);
}

lg_u32 lg_tasks_class(void *arg, lg_u32 tid)
{
	const struct lg_tasks *tasks = arg;
	struct task key = {.tid = tid};
	const struct task *found =
		tasks->count ? bsearch(&key, tasks->all, tasks->count, sizeof(key), by_tid) : NULL;
	struct lg_proc_stat stat;
	char path[64];
	pid_t process;

	if (found)
		return found->class_;
	snprintf(path, sizeof(path), "/proc/%u/stat", tid);
	if (!lg_proc_stat(path, &stat))
		return LG_CLASS_UNKNOWN;
	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	process = (pid_t)lg_proc_number(path, "Tgid");
	return in_scope(tasks, process, tid, class_of(tasks, &stat, process));
}
