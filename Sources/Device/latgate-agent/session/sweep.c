/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "sweep.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "proc.h"

/* A killed process may be in an uninterruptible wait: how often to look again, and how long. */
enum { ROUNDS = 200 };
#define ROUND_NS (5 * LG_NS_PER_MS)

struct process {
	pid_t pid, parent, session;
	bool doomed;
};

struct process_list {
	struct process *all;
	size_t count;
};

static bool read_process(const char *pid, struct process *process)
{
	struct lg_proc_stat stat;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	if (!lg_proc_stat(path, &stat))
		return false;
	*process =
		(struct process){.pid = atoi(pid), .parent = stat.parent, .session = stat.session};
	return stat.state != 'Z' && stat.state != 'X';
}

static struct process_list list_processes(void)
{
	struct process_list list = {0};
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t capacity = 0;

	while (proc && (entry = readdir(proc))) {
		struct process process;

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !read_process(entry->d_name, &process))
			continue;
		if (list.count == capacity) {
			size_t wanted = capacity ? 2 * capacity : 64;
			struct process *grown = realloc(list.all, wanted * sizeof(*grown));

			if (!grown)
				break;
			list.all = grown;
			capacity = wanted;
		}
		list.all[list.count++] = process;
	}
	if (proc)
		closedir(proc);
	return list;
}

static void doom_descendants(struct process_list *list, pid_t ancestor)
{
	for (size_t i = 0; i < list->count; i++) {
		struct process *process = &list->all[i];

		if (process->doomed || process->parent != ancestor)
			continue;
		process->doomed = true;
		doom_descendants(list, process->pid);
	}
}

static void doom_session(struct process_list *list, pid_t session)
{
	for (size_t i = 0; i < list->count; i++)
		list->all[i].doomed = list->all[i].session == session;
}

/* One look at /proc; returns how many had to be killed. A session of 0 means all descendants. */
static size_t kill_once(pid_t session)
{
	struct process_list list = list_processes();
	size_t killed = 0;

	if (session)
		doom_session(&list, session);
	else
		doom_descendants(&list, getpid());
	for (size_t i = 0; i < list.count; i++) {
		if (list.all[i].doomed && list.all[i].pid != getpid() &&
		    !kill(list.all[i].pid, SIGKILL))
			killed++;
	}
	free(list.all);
	return killed;
}

static void kill_until_gone(pid_t session)
{
	struct timespec pause = lg_timespec(ROUND_NS);

	for (int round = 0; round < ROUNDS && kill_once(session); round++)
		nanosleep(&pause, NULL);
}

void lg_sweep_prepare(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

void lg_sweep_session(pid_t session)
{
	kill(-session, SIGKILL);
	kill_until_gone(session);
}

void lg_sweep_descendants(void)
{
	kill_until_gone(0);
	lg_sweep_reap();
}

void lg_sweep_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}
