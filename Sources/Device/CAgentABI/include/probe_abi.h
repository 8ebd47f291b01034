/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The contract between a probe in the kernel and the agent beside it: the
 * histogram layout, the window word and the counters. The same file is
 * compiled into BPF objects, the agent and Swift, so there is one definition.
 */
#ifndef LATGATE_PROBE_ABI_H
#define LATGATE_PROBE_ABI_H

#ifdef __BPF__
typedef unsigned char lg_u8;
typedef unsigned int lg_u32;
typedef unsigned long long lg_u64;
#else
#include <stdint.h>
typedef uint8_t lg_u8;
typedef uint32_t lg_u32;
typedef uint64_t lg_u64;
#endif

/*
 * Log-linear histogram, 2^4 buckets per octave: values below 32 have a bucket
 * each, above that a bucket is at most 1/16 of its lower edge wide. Values are
 * nanoseconds; 2^36 ns (68 s) and longer are recorded as 2^36 - 1 and counted
 * in lg_counters.clamped.
 */
enum {
	LG_HIST_SUB_BITS = 4,
	LG_HIST_VALUE_BITS = 36,
	LG_HIST_BUCKETS = (LG_HIST_VALUE_BITS - LG_HIST_SUB_BITS + 1) << LG_HIST_SUB_BITS,
};
#define LG_HIST_MAX_VALUE ((1ULL << LG_HIST_VALUE_BITS) - 1)

struct lg_hist {
	lg_u64 count;
	lg_u64 sum; /* ns, of the values as recorded */
	lg_u64 max; /* ns */
	lg_u32 buckets[LG_HIST_BUCKETS];
};

/* Not every JIT takes a call inside a program. */
#ifdef __BPF__
#define LG_INLINE static inline __attribute__((always_inline))
#else
#define LG_INLINE static inline
#endif

/* What a metric gives. */
enum {
	LG_KIND_HISTOGRAM = 0,
	LG_KIND_COUNTER = 1,
	LG_KIND_EVENTS = 2,
	LG_KIND_STACKS = 3,
	LG_KINDS, /* how many there are */
};

/* Where something happened: ids in two maps of stack traces, or a negative errno. */
struct lg_stack_ids {
	int kernel, user;
};

enum { LG_STACK_DEPTH = 64 }; /* frames of a trace */

/*
 * How often a program on the rung perf_event runs on each CPU, by a timer of
 * the kernel (cpu-clock). Not a round number: what repeats a hundred times a
 * second must not always be met at the same place.
 */
enum { LG_SAMPLE_HZ = 99 };

/* Events of a label, and the sum of the value that each has (1 where none is named). */
struct lg_count {
	lg_u64 count, sum;
};

/*
 * Labels are bounded. What finds no room counts under a key whose bytes are all LG_OTHER, for which
 * there is always room: the agent makes it when a window is armed.
 */
enum { LG_OTHER = 0xff, LG_MAX_KEY = 128 /* bytes of a key */ };

/*
 * A row of events is so many bytes, a multiple of 8: time_ns since the window
 * opened, then the columns of the manifest, 8 bytes each; texts have more.
 */
enum {
	LG_ROW_MAX = 512, /* bytes of a row */
	LG_ROWS_MAX = 4096, /* rows of a CPU */
};

/* Position of the highest set bit; 0 for 0. Branches, because BPF has no clz. */
LG_INLINE lg_u32 lg_msb(lg_u64 v)
{
	lg_u32 r = 0;

	if (v >> 32) {
		v >>= 32;
		r = 32;
	}
	if (v >> 16) {
		v >>= 16;
		r += 16;
	}
	if (v >> 8) {
		v >>= 8;
		r += 8;
	}
	if (v >> 4) {
		v >>= 4;
		r += 4;
	}
	if (v >> 2) {
		v >>= 2;
		r += 2;
	}
	return r + (lg_u32)(v >> 1);
}

/* Bucket of a value in [0, LG_HIST_MAX_VALUE]; larger values land in the last. */
LG_INLINE lg_u32 lg_bucket(lg_u64 v)
{
	lg_u32 msb, shift;

	if (v > LG_HIST_MAX_VALUE)
		v = LG_HIST_MAX_VALUE;
	msb = lg_msb(v);
	shift = msb > LG_HIST_SUB_BITS ? msb - LG_HIST_SUB_BITS : 0;
	return (shift << LG_HIST_SUB_BITS) + (lg_u32)(v >> shift);
}

/*
 * The window word: 0 is closed and probes return at once. Otherwise
 * bits 0-7 phase (1-255), bits 8-9 state, bits 10-31 epoch (never 0).
 * The agent changes it with one aligned 32-bit store; a start stamp keeps the
 * word it was made under, so a stamp of another epoch is recognised, and the
 * state at the *start* decides whether an operation belongs to the window.
 */
enum {
	LG_WINDOW_PHASE_BITS = 8,
	LG_WINDOW_STATE_SHIFT = 8,
	LG_WINDOW_EPOCH_SHIFT = 10,
	LG_WINDOW_EPOCH_MAX = (1 << 22) - 1,
};

enum {
	LG_WINDOW_CLOSED = 0,
	LG_WINDOW_ARMED = 1, /* pre-roll: starts are stamped, not judged */
	LG_WINDOW_OPEN = 2, /* starts are stamped and judged */
	LG_WINDOW_DRAIN = 3, /* starts stamped, not judged; ends of judged ones recorded */
};

static inline lg_u32 lg_window_word(lg_u32 epoch, lg_u32 state, lg_u32 phase)
{
	return (epoch << LG_WINDOW_EPOCH_SHIFT) | (state << LG_WINDOW_STATE_SHIFT) |
	       (phase & ((1u << LG_WINDOW_PHASE_BITS) - 1));
}

static inline lg_u32 lg_window_epoch(lg_u32 word)
{
	return word >> LG_WINDOW_EPOCH_SHIFT;
}

static inline lg_u32 lg_window_state(lg_u32 word)
{
	return (word >> LG_WINDOW_STATE_SHIFT) & 3;
}

static inline lg_u32 lg_window_phase(lg_u32 word)
{
	return word & ((1u << LG_WINDOW_PHASE_BITS) - 1);
}

/* What a probe keeps at the start of an operation. */
struct lg_stamp {
	lg_u64 start_ns; /* CLOCK_MONOTONIC */
	lg_u32 word; /* window word at the start; 0 = no operation in flight */
	lg_u32 class_; /* LG_CLASS_* in bits 0-7; bits 10-31 the epoch it was cached in */
};

/* Process classes that probes split by. */
enum {
	LG_CLASS_WORKLOAD = 0, /* session started by the agent for the step */
	LG_CLASS_USER = 1,
	LG_CLASS_KERNEL = 2,
	LG_CLASS_SELF = 3, /* the agent: excluded and counted */
	LG_CLASS_OUTSIDE = 4, /* not of the scope: likewise */
};

/* Operations of this class are measured. */
static inline int lg_class_measured(lg_u32 class_)
{
	return class_ < LG_CLASS_SELF;
}

/*
 * Whose operations an object built with LG_SCOPED measures. In rodata, set
 * before load: a probe that is pinned already measures everyone's.
 */
enum {
	LG_SCOPE_COMM = 1, /* threads of this name, and those of a process of this name */
	LG_SCOPE_PID = 2, /* a process with all its threads, or one thread */
	LG_SCOPE_CGROUP = 3, /* tasks of a cgroup (version 2) and of those below it */
};

enum { LG_COMM_LEN = 16 }; /* TASK_COMM_LEN: bytes with the NUL */

struct lg_scope {
	lg_u32 kind; /* LG_SCOPE_* */
	lg_u32 pid; /* as the initial namespace numbers it */
	lg_u64 cgroup; /* the kernel's id of it */
	lg_u32 level; /* of the cgroup; the root has 0 */
	lg_u32 pad;
	lg_u64 comm[LG_COMM_LEN / 8]; /* text, filled with NUL */
};

/*
 * Per metric and CPU. Every judged start must end in exactly one of
 * recorded, overwritten, cancelled, or be in flight:
 *   in flight = started - recorded - overwritten - cancelled
 * start_offset_sum - end_offset_sum is the sum over in-flight operations of
 * (start - lg_window_opened_ns), which gives the summed age of the censored.
 */
struct lg_counters {
	lg_u64 started; /* judged starts */
	lg_u64 recorded; /* judged ends, in a histogram */
	lg_u64 overwritten; /* judged starts replaced by a new start of the same key */
	lg_u64 cancelled; /* judged starts that can have no end (say, a task that went back to sleep) */
	lg_u64 start_offset_sum; /* ns */
	lg_u64 end_offset_sum; /* ns; recorded, overwritten and cancelled ones */
	lg_u64 before_window; /* ends whose start was in the pre-roll */
	lg_u64 after_window; /* ends whose start was during drain */
	lg_u64 no_start; /* ends without any stamp */
	lg_u64 stale; /* stamps of an earlier epoch, discarded */
	lg_u64 null_storage; /* bpf_task_storage_get() returned NULL at a judged start or end */
	lg_u64 map_full; /* a stamp or a label found no room */
	lg_u64 clamped; /* values >= 2^36 ns, also recorded */
	lg_u64 excluded; /* operations of the agent itself, and of tasks outside the scope */
	lg_u64 negative; /* end before start: clock or ordering fault, discarded, counted as cancelled too */
};

/* Names agreed on by probes and agent. */
#define LG_MAP_COUNTERS "lg_counters" /* per-CPU array: index = metric's `counters` */
#define LG_MAP_LOW "_low" /* behind a metric's map: an array for its keys that are small numbers */
#define LG_MAP_TRACES "t_" /* + <metric>_kernel and <metric>_user, beside k_<metric> */
#define LG_MAP_ROWS "lg_rows" /* per-CPU array: index as lg_counters, rows that this CPU has */
#define LG_VAR_WINDOW "lg_window" /* u32 in .bss */
#define LG_VAR_OPENED "lg_window_opened_ns" /* u64 in .bss, stored before the word turns OPEN */
#define LG_VAR_SESSION                                                                             \
	"lg_scope_session" /* u32 in .bss: session id of the running step, 0 = none */
#define LG_VAR_SELF "lg_self_tgid" /* u32 in .bss: the agent */
#define LG_VAR_EPOCH "lg_epoch" /* u32 in .bss: the last epoch used; programs do not read it */

/*
 * The same variables in a map of their own, LG_MAP_WINDOW, in objects built
 * with LG_WINDOW_MAP: Android's bpfloader pins no .bss.
 */
#define LG_MAP_WINDOW "lg_window_map"
#define LG_VAR_SCOPE "lg_scope" /* struct lg_scope in .rodata, with LG_SCOPED */
#define LG_VAR_TEMPLATE "lg_template" /* struct lg_template in .rodata, see span_template.h */

struct lg_window_vars {
	lg_u32 window, session, self, epoch;
	lg_u64 opened_ns;
};

enum { LG_NAME_LEN = 32 }; /* value of a label-name map: NUL-terminated text */

#ifndef __BPF__
/* A histogram as it leaves the device, summed over CPUs. */
struct lg_hist_sum {
	lg_u64 count, sum, max;
	lg_u64 buckets[LG_HIST_BUCKETS];
};

#ifdef __cplusplus
#define LG_STATIC_ASSERT static_assert
#else
#define LG_STATIC_ASSERT _Static_assert
#endif
LG_STATIC_ASSERT(LG_HIST_BUCKETS == 528, "histogram layout");
LG_STATIC_ASSERT(sizeof(struct lg_hist) == 2136, "histogram layout");
LG_STATIC_ASSERT(sizeof(struct lg_stamp) == 16, "stamp layout");
LG_STATIC_ASSERT(sizeof(struct lg_counters) == 15 * 8, "counter layout");
LG_STATIC_ASSERT(sizeof(struct lg_window_vars) == 24, "window layout");
#endif

#endif
