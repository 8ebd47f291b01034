// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * How long fsync and fdatasync took inside the file system.
 *
 * Every hook is optional: a device has ext4, f2fs or both, often as modules,
 * whose events only raw_tp, tracepoint and kprobe can reach on kernels before
 * module BTF. The events carry nothing that is needed here.
 */
#define LG_METRICS 1
#include "probe.h"

enum {
	METRIC_LATENCY = 0,
	MAX_THREADS = 4096,
	MAX_LABELS = 6,
};

enum {
	FS_EXT4 = 0,
	FS_F2FS = 1,
};

struct label_key {
	u32 fs;
	u32 class_;
};

LG_HIST_LABELS(h_fsync_latency, struct label_key, MAX_LABELS);

struct fsync_key {
	u32 tid;
	u32 fs;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_THREADS);
	__type(key, struct fsync_key);
	__type(value, struct lg_stamp);
} s_fsync SEC(".maps");

static __always_inline int entered(u32 fs)
{
	struct fsync_key key = {.tid = bpf_get_current_pid_tgid(), .fs = fs};
	u32 word = lg_window_now();

	if (!word)
		return 0;
	lg_start_key(&s_fsync, &key, word, bpf_ktime_get_ns(), lg_class_current(),
		     lg_metric(METRIC_LATENCY));
	return 0;
}

static __always_inline int left(u32 fs)
{
	struct fsync_key key = {.tid = bpf_get_current_pid_tgid(), .fs = fs};
	struct lg_counters *c = lg_metric(METRIC_LATENCY);
	u32 word = lg_window_now();
	struct label_key label;
	struct lg_span span;

	if (!word || !c)
		return 0;
	if (lg_end_key(&s_fsync, &key, word, bpf_ktime_get_ns(), c, &span)) {
		label.fs = fs;
		label.class_ = span.class_;
		lg_record(lg_hist_of(&h_fsync_latency, &label), &span, c);
	}
	return 0;
}

SEC("raw_tp/ext4_sync_file_enter")
int opt_ext4_sync_file_enter__raw_tp(void *ctx)
{
	return entered(FS_EXT4);
}

LG_SEC_UNLESS_PINNED("tracepoint/ext4/ext4_sync_file_enter")
int opt_ext4_sync_file_enter__tracepoint(void *ctx)
{
	return entered(FS_EXT4);
}

LG_SEC_UNLESS_PINNED("kprobe/ext4_sync_file")
int opt_ext4_sync_file_enter__kprobe(void *ctx)
{
	return entered(FS_EXT4);
}

SEC("raw_tp/ext4_sync_file_exit")
int opt_ext4_sync_file_exit__raw_tp(void *ctx)
{
	return left(FS_EXT4);
}

LG_SEC_UNLESS_PINNED("tracepoint/ext4/ext4_sync_file_exit")
int opt_ext4_sync_file_exit__tracepoint(void *ctx)
{
	return left(FS_EXT4);
}

LG_SEC_UNLESS_PINNED("kretprobe/ext4_sync_file")
int opt_ext4_sync_file_exit__kprobe(void *ctx)
{
	return left(FS_EXT4);
}

SEC("raw_tp/f2fs_sync_file_enter")
int opt_f2fs_sync_file_enter__raw_tp(void *ctx)
{
	return entered(FS_F2FS);
}

LG_SEC_UNLESS_PINNED("tracepoint/f2fs/f2fs_sync_file_enter")
int opt_f2fs_sync_file_enter__tracepoint(void *ctx)
{
	return entered(FS_F2FS);
}

LG_SEC_UNLESS_PINNED("kprobe/f2fs_sync_file")
int opt_f2fs_sync_file_enter__kprobe(void *ctx)
{
	return entered(FS_F2FS);
}

SEC("raw_tp/f2fs_sync_file_exit")
int opt_f2fs_sync_file_exit__raw_tp(void *ctx)
{
	return left(FS_F2FS);
}

LG_SEC_UNLESS_PINNED("tracepoint/f2fs/f2fs_sync_file_exit")
int opt_f2fs_sync_file_exit__tracepoint(void *ctx)
{
	return left(FS_F2FS);
}

LG_SEC_UNLESS_PINNED("kretprobe/f2fs_sync_file")
int opt_f2fs_sync_file_exit__kprobe(void *ctx)
{
	return left(FS_F2FS);
}
