/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Attaching. Loaded programs go through libbpf; pinned ones, of which only the
 * descriptor is known, through the system calls beneath it. Neither way needs
 * the right to load.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine_internal.h"

struct lg_link {
	struct bpf_link *link; /* of a loaded program */
	int fd; /* of a pinned one */
	struct lg_samples *samples; /* of either, on the rung perf_event */
	struct lg_uprobes *uprobes; /* of a loaded one, on the rung uprobe */
};

/* Of a tracepoint or kprobe: the program then runs for the event on all of them. */
enum { ANY_CPU = 0 };

static const char kprobe_source[] = "/sys/bus/event_source/devices/kprobe";

long lg_read_number(const char *directory, const char *name, const char *prefix)
{
	char path[256], text[64];
	size_t length = prefix ? strlen(prefix) : 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= (ssize_t)length || (prefix && strncmp(text, prefix, length)))
		return -1;
	text[n] = 0;
	return strtol(text + length, NULL, 10);
}

lg_u32 lg_event_id(const char *event)
{
	const char *tracefs = lg_tracefs_path();
	char directory[256];
	long id;

	if (!tracefs)
		return 0;
	snprintf(directory, sizeof(directory), "%s/events/%s", tracefs, event);
	id = lg_read_number(directory, "id", NULL);
	return id > 0 ? (lg_u32)id : 0;
}

int lg_open_event(struct perf_event_attr *event, int cpu, int program)
{
	int rc, fd = (int)syscall(__NR_perf_event_open, event, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		rc = errno;
		close(fd);
		errno = rc;
		return -1;
	}
	return fd;
}

/* `event` is <category>/<name>. */
static int attach_tracepoint(const struct lg_attached *attached, const char *event)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = attached->event,
		.sample_period = 1,
		.wakeup_events = 1,
	};

	if (!attr.config)
		attr.config = lg_event_id(event);
	if (!attr.config) {
		errno = ENOENT;
		return -1;
	}
	return lg_open_event(&attr, ANY_CPU, attached->fd);
}

static int attach_kprobe(const struct lg_attached *attached, const char *function, bool on_return)
{
	long type = lg_read_number(kprobe_source, "type", NULL);
	long bit = lg_read_number(kprobe_source, "format/retprobe", "config:");
	struct perf_event_attr attr = {
		.type = (lg_u32)type,
		.size = sizeof(attr),
		.config1 = (lg_u64)(uintptr_t)function,
	};

	if (type < 0 || (on_return && (bit < 0 || bit > 63))) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (on_return)
		attr.config = 1ULL << bit;
	return lg_open_event(&attr, ANY_CPU, attached->fd);
}

/* By the section, as libbpf would. */
static int attach_pinned(const struct lg_attached *attached)
{
	static const struct {
		const char *prefix;
		enum lg_pin_way { TP_BTF, RAW_TP, TRACEPOINT, KPROBE, KRETPROBE } way;
	} ways[] = {
		{"tp_btf/", TP_BTF}, {"raw_tp/", RAW_TP},	{"tracepoint/", TRACEPOINT},
		{"kprobe/", KPROBE}, {"kretprobe/", KRETPROBE},
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		size_t length = strlen(ways[i].prefix);
		const char *target = attached->section + length;

		if (strncmp(attached->section, ways[i].prefix, length))
			continue;
		switch (ways[i].way) {
		case TP_BTF:
			/* The kernel keeps the target of such a program itself. */
			return bpf_raw_tracepoint_open(NULL, attached->fd);
		case RAW_TP:
			return bpf_raw_tracepoint_open(target, attached->fd);
		case TRACEPOINT:
			return attach_tracepoint(attached, target);
		default:
			return attach_kprobe(attached, target, ways[i].way == KRETPROBE);
		}
	}
	errno = EINVAL;
	return -1;
}

int lg_attach(struct lg_attached *attached)
{
	struct lg_link *link = calloc(1, sizeof(*link));
	int rc;

	if (!link)
		return -1;
	link->fd = -1;
	if (lg_is_sampled(attached))
		link->samples = lg_sample(attached->program ? bpf_program__fd(attached->program)
							    : attached->fd);
	else if (lg_is_uprobe(attached))
		link->uprobes = lg_uprobes_attach(attached, bpf_program__fd(attached->program));
	else if (attached->program)
		link->link = bpf_program__attach(attached->program);
	else
		link->fd = attach_pinned(attached);
	if (link->link || link->fd >= 0 || link->samples || link->uprobes) {
		attached->link = link;
		return 0;
	}
	rc = errno;
	free(link);
	errno = rc;
	return -1;
}

void lg_detach(struct lg_attached *attached)
{
	if (!attached->link)
		return;
	bpf_link__destroy(attached->link->link);
	if (attached->link->fd >= 0)
		close(attached->link->fd);
	lg_sample_stop(attached->link->samples);
	lg_uprobes_detach(attached->link->uprobes);
	free(attached->link);
	attached->link = NULL;
}
