/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What this kernel lets the agent do, asked by doing it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "engine_internal.h"

const char *lg_tracefs_path(void)
{
	static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	char path[64];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/events", places[i]);
		if (!access(path, R_OK | X_OK))
			return places[i];
	}
	return NULL;
}

/* Global variables in BPF need 5.2, so where probes can run at all the event source is there. */
enum lg_known lg_kprobes_known(void)
{
	if (!access("/sys/bus/event_source/devices/kprobe/type", F_OK))
		return LG_YES;
	return access("/sys/bus/event_source/devices", F_OK) ? LG_UNKNOWN : LG_NO;
}

enum lg_known lg_uprobes_known(void)
{
	if (!access("/sys/bus/event_source/devices/uprobe/type", F_OK))
		return LG_YES;
	return access("/sys/bus/event_source/devices", F_OK) ? LG_UNKNOWN : LG_NO;
}

/*
 * Some kernels do not survive their first BPF program, so the first one does
 * nothing: if the device is gone after it, no probe was the cause.
 */
int lg_engine_canary(struct lg_engine *engine, struct lg_error *err)
{
	/* r0 = 0; exit */
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};

	if (engine->canary == LG_UNKNOWN) {
		int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "lg_canary", "GPL", nothing, 2,
				       NULL);

		engine->canary_errno = fd < 0 ? errno : 0;
		engine->canary = fd < 0 ? LG_NO : LG_YES;
		if (fd >= 0)
			close(fd);
	}
	if (engine->canary == LG_YES)
		return 0;
	return lg_fail(err, lg_code_of(engine->canary_errno, LG_ERR_UNSUPPORTED),
		       "the kernel takes no BPF tracing program: %s%s",
		       strerror(engine->canary_errno),
		       engine->canary_errno == EPERM ? ": run the agent as root" : "");
}

struct sink {
	void (*fn)(void *arg, const char *line);
	void *arg;
};

static void say(const struct sink *sink, const char *name, enum lg_known known, const char *why)
{
	static const char *const words[] = {"unknown", "no", "yes"};
	char line[256];

	snprintf(line, sizeof(line), "%s=%s%s%.200s", name, words[known + 1], why ? ": " : "",
		 why ? why : "");
	sink->fn(sink->arg, line);
}

static void say_btf(const struct sink *sink)
{
	static const char path[] = "/sys/kernel/btf/vmlinux";

	if (!access(path, R_OK))
		say(sink, "btf", LG_YES, NULL);
	else
		say(sink, "btf", LG_NO,
		    errno == ENOENT ? "no /sys/kernel/btf/vmlinux: give the build's BTF"
				    : "/sys/kernel/btf/vmlinux is not readable");
}

static void say_stats(const struct sink *sink)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	if (fd >= 0) {
		close(fd);
		say(sink, "bpf_stats", LG_YES, NULL);
	} else if (!access("/proc/sys/kernel/bpf_stats_enabled", W_OK)) {
		say(sink, "bpf_stats", LG_YES, "by sysctl");
	} else {
		say(sink, "bpf_stats", LG_NO, strerror(errno));
	}
}

static void note_pin(void *arg, const char *probe, const char *directory)
{
	char *names = arg;
	size_t used = strlen(names);

	(void)directory;
	snprintf(names + used, 200 - used, "%s%s", used ? "," : "", probe);
}

static void say_pins(const struct sink *sink)
{
	char names[200] = "";
	const char *why = lg_engine_pins(note_pin, names);

	say(sink, "pinned", why ? LG_NO : LG_YES, why ? why : names);
}

void lg_engine_features(struct lg_engine *engine, void (*fn)(void *arg, const char *line),
			void *arg)
{
	const struct sink sink = {fn, arg};
	const char *tracefs = lg_tracefs_path();
	struct lg_error refused;

	if (engine->canary == LG_UNKNOWN)
		say(&sink, "bpf", LG_UNKNOWN, "no program was loaded yet");
	else if (lg_engine_canary(engine, &refused))
		say(&sink, "bpf", LG_NO, refused.text);
	else
		say(&sink, "bpf", LG_YES, NULL);
	say_btf(&sink);
	say(&sink, "tracefs", tracefs ? LG_YES : LG_NO,
	    tracefs ? tracefs : "not mounted or readable");
	say(&sink, "kprobe", lg_kprobes_known(),
	    lg_kprobes_known() == LG_NO ? "the kernel has no kprobe events" : NULL);
	say_stats(&sink);
	say_pins(&sink);
	if (lg_membarrier_works())
		say(&sink, "membarrier", LG_YES, NULL);
	else
		say(&sink, "membarrier", LG_NO, "every CPU is visited instead");
}
