// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* How long the kernel's own locks were waited for, by kind. */
#define LG_METRICS 1
#define LG_NEST_LEVELS 4 /* a handler may wait for a spinlock while a task does */
#include "probe.h"

enum {
	METRIC_WAIT = 0,
	MAX_WAITS = 16384,
	MAX_LABELS = 32,
};

/* LCB_F_* of include/trace/events/lock.h. */
enum {
	F_SPIN = 1,
	F_READ = 2,
	F_WRITE = 4,
	F_RT = 8,
	F_PERCPU = 16,
	F_MUTEX = 32,
};

enum {
	KIND_OTHER = 0,
	KIND_SPIN = 1,
	KIND_RW_READ = 2, /* spinning */
	KIND_RW_WRITE = 3,
	KIND_MUTEX = 4,
	KIND_SEM_READ = 5, /* sleeping */
	KIND_SEM_WRITE = 6,
	KIND_PERCPU = 7,
	KIND_RT = 8,
};

struct lock_key {
	u32 class_;
	u32 kind;
};

LG_HIST_LABELS(h_lock_wait, struct lock_key, MAX_LABELS);

/* A handler on top of a task is the same thread to the kernel, and waits for another lock. */
struct wait_key {
	u64 lock;
	u32 tid;
	u32 pad;
};

struct wait {
	struct lg_stamp stamp;
	u32 kind;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_WAITS);
	__type(key, struct wait_key);
	__type(value, struct wait);
} s_lock SEC(".maps");

static __always_inline u32 kind_of(u32 flags)
{
	if (flags & F_PERCPU)
		return KIND_PERCPU;
	if (flags & F_MUTEX)
		return KIND_MUTEX;
	if (flags & F_RT)
		return KIND_RT;
	if (flags & F_SPIN) {
		if (flags & F_READ)
			return KIND_RW_READ;
		return flags & F_WRITE ? KIND_RW_WRITE : KIND_SPIN;
	}
	if (flags & F_READ)
		return KIND_SEM_READ;
	return flags & F_WRITE ? KIND_SEM_WRITE : KIND_OTHER;
}

static __always_inline void begins(u64 lock, u32 flags, u32 word)
{
	struct wait_key key = {.lock = lock, .tid = bpf_get_current_pid_tgid()};
	struct lg_counters *c = lg_metric(METRIC_WAIT);
	struct wait *wait = bpf_map_lookup_elem(&s_lock, &key), fresh = {};

	if (!c)
		return;
	if (!wait) {
		if (bpf_map_update_elem(&s_lock, &key, &fresh, BPF_NOEXIST)) {
			if (lg_judged(word))
				c->map_full++;
			return;
		}
		wait = bpf_map_lookup_elem(&s_lock, &key);
		if (!wait)
			return;
	}
	/* A mutex is spun for and then slept for: one wait. */
	if (wait->stamp.word && lg_stamp_current(&wait->stamp, word))
		return;
	wait->kind = kind_of(flags);
	lg_start(&wait->stamp, word, bpf_ktime_get_ns(), lg_class_current(), c);
}

static __always_inline void ends(u64 lock, u32 word, u64 now)
{
	struct wait_key key = {.lock = lock, .tid = bpf_get_current_pid_tgid()};
	struct lg_counters *c = lg_metric(METRIC_WAIT);
	struct wait *wait = bpf_map_lookup_elem(&s_lock, &key);
	struct lock_key label;
	struct lg_span span;
	bool judged;

	if (!c)
		return;
	judged = lg_end(wait ? &wait->stamp : NULL, word, now, c, &span);
	if (!wait)
		return;
	label.kind = wait->kind;
	bpf_map_delete_elem(&s_lock, &key);
	if (!judged)
		return;
	label.class_ = span.class_;
	lg_record(lg_hist_of(&h_lock_wait, &label), &span, c);
}

static __always_inline int on_begin(u64 lock, u32 flags)
{
	return LG_NESTED(begins(lock, flags, word));
}

static __always_inline int on_end(u64 lock)
{
	return LG_NESTED_END(ends(lock, word, now));
}

LG_TRACEPOINT(contention_begin, on_begin((u64)lock, flags), void *lock, unsigned int flags)
LG_TRACEPOINT(contention_end, on_end((u64)lock), void *lock)
