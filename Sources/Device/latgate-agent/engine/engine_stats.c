/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the probes themselves cost. Only outside judged iterations: counting costs, too. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "engine_internal.h"
#include "trace_journal.h"
#include "tracefs.h"

/* Before 5.8 there is only the sysctl, which no process's end switches off. */
static const char sysctls[] = "/proc/sys/kernel", stats_sysctl[] = "bpf_stats_enabled";

/*
 * By a journal, which restores it however this process ends. What is on already is left alone. 0 or
 * -errno.
 */
static int switch_sysctl(struct lg_engine *engine)
{
	char before[16];
	int rc = lg_tracefs_line(sysctls, stats_sysctl, before, sizeof(before));

	if (rc || !strcmp(before, "1"))
		return rc;
	engine->stats_journal = lg_journal_new(sysctls);
	rc = engine->stats_journal ? lg_journal_guard(engine->stats_journal) : -ENOMEM;
	if (!rc)
		rc = lg_journal_set(engine->stats_journal, stats_sysctl, "1", before);
	if (rc) {
		lg_journal_free(engine->stats_journal);
		engine->stats_journal = NULL;
	}
	return rc;
}

static bool program_info(const struct lg_attached *attached, struct bpf_prog_info *info)
{
	lg_u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return !bpf_obj_get_info_by_fd(attached->fd, info, &size);
}

static void take_baseline(struct lg_engine *engine)
{
	for (struct lg_probe *probe = engine->probes; probe; probe = probe->next) {
		for (size_t i = 0; i < probe->program_count; i++) {
			struct lg_attached *attached = &probe->programs[i];
			struct bpf_prog_info info;

			if (!program_info(attached, &info))
				continue;
			attached->base_runs = info.run_cnt;
			attached->base_ns = info.run_time_ns;
			attached->base_misses = info.recursion_misses;
		}
	}
}

static void disable(struct lg_engine *engine)
{
	if (engine->stats_fd >= 0)
		close(engine->stats_fd);
	engine->stats_fd = -1;
	lg_journal_free(engine->stats_journal);
	engine->stats_journal = NULL;
}

int lg_engine_stats_enable(struct lg_engine *engine, bool enable, struct lg_error *err)
{
	int rc;

	disable(engine);
	/* Without programs there is nothing to count, and maybe no right to ask. */
	if (!enable || !engine->probes)
		return 0;
	engine->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (engine->stats_fd < 0) {
		rc = switch_sysctl(engine);
		if (rc)
			return lg_fail(err, lg_code_of(-rc, LG_ERR_UNSUPPORTED),
				       "BPF run-time statistics cannot be switched on: %s",
				       strerror(-rc));
	}
	take_baseline(engine);
	return 0;
}

void lg_engine_stats(struct lg_engine *engine,
		     void (*fn)(void *arg, const char *probe, const char *program, lg_u64 runs,
				lg_u64 ns, lg_u64 recursion_misses),
		     void *arg)
{
	for (struct lg_probe *probe = engine->probes; probe; probe = probe->next) {
		for (size_t i = 0; i < probe->program_count; i++) {
			const struct lg_attached *attached = &probe->programs[i];
			struct bpf_prog_info info;

			if (!program_info(attached, &info))
				continue;
			fn(arg, probe->name, attached->name, info.run_cnt - attached->base_runs,
			   info.run_time_ns - attached->base_ns,
			   info.recursion_misses - attached->base_misses);
		}
	}
}
