/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The settings of tracing that all tools share: who uses them now, and ours. */
#define _GNU_SOURCE 1
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "tracefs.h"
#include "tracer_internal.h"

/* The buffer of all CPUs takes at most one of so many parts of the free memory. */
enum { BUFFER_SHARES = 16, KIB = 1 << 10 };
/* Per CPU. The least is what a kernel starts with. */
enum { BUFFER_LEAST = 1408 * KIB, BUFFER_MOST = 16 << 20 };

size_t lg_memory_share(size_t shares, size_t least, size_t most)
{
	char text[2048];
	const char *found;
	size_t share;

	if (lg_tracefs_read("/proc", "meminfo", text, sizeof(text)) < 0)
		return least;
	found = strstr(text, "MemAvailable:");
	share = found ? (size_t)(strtoull(found + 13, NULL, 10) * KIB / shares) : 0;
	if (share < least)
		return least;
	return share < most ? share : most;
}

static bool is_trace_pipe(const char *link)
{
	const char *name = strrchr(link, '/');

	return name && (!strcmp(name, "/trace_pipe_raw") || !strcmp(name, "/trace_pipe"));
}

/* A process, not ours, that has one of the tracefs' pipes open. Sees what this user may see. */
static int pipe_reader(const char *root)
{
	DIR *proc = opendir("/proc");
	struct dirent *process;
	int found = 0;

	while (proc && !found && (process = readdir(proc))) {
		char path[64], link[LG_TRACEFS_PATH];
		struct dirent *entry;
		DIR *fds;
		int fd;

		if (atoi(process->d_name) <= 0 || atoi(process->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/fd", process->d_name);
		fds = opendir(path);
		fd = fds ? dirfd(fds) : -1;
		while (fd >= 0 && !found && (entry = readdir(fds))) {
			ssize_t n = readlinkat(fd, entry->d_name, link, sizeof(link) - 1);

			if (n <= 0)
				continue;
			link[n] = 0;
			if (!strncmp(link, root, strlen(root)) && is_trace_pipe(link))
				found = atoi(process->d_name);
		}
		if (fds)
			closedir(fds);
	}
	if (proc)
		closedir(proc);
	return found;
}

void lg_contention(const char *root, char *text, size_t size)
{
	char tracer[64] = "nop", on[16] = "0", events[16] = "0";
	int reader;

	text[0] = 0;
	lg_tracefs_line(root, "current_tracer", tracer, sizeof(tracer));
	lg_tracefs_line(root, "tracing_on", on, sizeof(on));
	lg_tracefs_line(root, "events/enable", events, sizeof(events));
	if (strcmp(tracer, "nop")) {
		snprintf(text, size,
			 "the tracer '%.40s' is at work: end the tool that set it, or write nop "
			 "into %.100s/current_tracer",
			 tracer, root);
	} else if (on[0] == '1' && events[0] != '0') {
		snprintf(
			text, size,
			"trace events are enabled and being recorded, by perfetto or another tool: "
			"end it, or fold the trace that it writes");
	} else if ((reader = pipe_reader(root))) {
		snprintf(text, size, "process %d reads the trace buffer: end it first", reader);
	}
}

int lg_current_clock(const char *root, char *clock, size_t size)
{
	char text[256], *from, *to;
	int rc = lg_tracefs_line(root, "trace_clock", text, sizeof(text));

	if (rc)
		return rc;
	from = strchr(text, '[');
	to = from ? strchr(from, ']') : NULL;
	if (!to || (size_t)(to - from) > size)
		return -EINVAL;
	*to = 0;
	snprintf(clock, size, "%s", from + 1);
	return 0;
}

/*
 * "1408", "X" where CPUs differ, or "7 (expanded: 1408)" before the first use
 * of tracing since boot: any use makes that 1408 for good, so 1408 is what
 * restoring leaves. 0 = leave it alone.
 */
static unsigned long buffer_kib(const char *root)
{
	char text[64];
	const char *expanded;

	if (lg_tracefs_line(root, "buffer_size_kb", text, sizeof(text)))
		return 0;
	expanded = strstr(text, "expanded: ");
	return strtoul(expanded ? expanded + 10 : text, NULL, 10);
}

/* Only ever larger: the present size may have been chosen by a user. */
static int enlarge_buffer(struct lg_tracer *tracer)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	unsigned long now = buffer_kib(tracer->root), wanted;
	char value[24], before[24];
	int rc;

	if (!now || lg_tracefs_writable(tracer->root, "buffer_size_kb"))
		return 0;
	wanted = lg_memory_share(BUFFER_SHARES * (size_t)(cpus > 0 ? cpus : 1), BUFFER_LEAST,
				 BUFFER_MOST) /
		 KIB;
	if (wanted <= now)
		return 0;
	snprintf(value, sizeof(value), "%lu", wanted);
	snprintf(before, sizeof(before), "%lu", now);
	rc = lg_journal_set(tracer->journal, "buffer_size_kb", value, before);
	/* A part may have been allocated. */
	if (rc)
		lg_tracefs_write(tracer->root, "buffer_size_kb", before);
	return rc == -ENOMEM ? 0 : rc;
}

static int settings_failed(const char *file, int rc, struct lg_error *err)
{
	return lg_fault(err, rc == -EACCES || rc == -EPERM ? LG_ERR_REFUSED : LG_ERR_INTERNAL,
			"tracefs: %s cannot be set: %s", file, strerror(-rc));
}

int lg_tracer_configure(struct lg_tracer *tracer, struct lg_error *err)
{
	char clock[32], on[16];
	int rc = lg_tracefs_line(tracer->root, "tracing_on", on, sizeof(on));

	on[1] = 0;
	if (!rc)
		rc = lg_journal_set(tracer->journal, "tracing_on", "0", on);
	if (rc)
		return settings_failed("tracing_on", rc, err);
	rc = lg_current_clock(tracer->root, clock, sizeof(clock));
	if (!rc && strcmp(clock, "mono"))
		rc = lg_journal_set(tracer->journal, "trace_clock", "mono", clock);
	if (rc)
		return settings_failed("trace_clock", rc, err);
	rc = enlarge_buffer(tracer);
	return rc ? settings_failed("buffer_size_kb", rc, err) : 0;
}
