/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The window word and per-metric counters, seen from a probe. */
#ifndef LATGATE_WINDOW_H
#define LATGATE_WINDOW_H

/* Metrics of the object: indices 0 .. LG_METRICS - 1 of lg_counters. */
#ifndef LG_METRICS
#define LG_METRICS 1
#endif

/* A power of two: 1, or 4 (task, softirq, hardirq, NMI) where programs of a metric nest. */
#ifndef LG_NEST_LEVELS
#define LG_NEST_LEVELS 1
#endif

/* Written by the agent alone. */
#ifdef LG_WINDOW_MAP
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, lg_u32);
	__type(value, struct lg_window_vars);
} lg_window_map SEC(".maps");

static __always_inline volatile struct lg_window_vars *lg_window_vars(void)
{
	lg_u32 zero = 0;

	return bpf_map_lookup_elem(&lg_window_map, &zero);
}

/* The lookup of an array's only element gives no NULL; the verifier wants to see it asked. */
#define LG_WINDOW_VAR(field)                                                                       \
	({                                                                                         \
		volatile struct lg_window_vars *vars_ = lg_window_vars();                          \
		vars_ ? vars_->field : 0;                                                          \
	})
#define lg_window LG_WINDOW_VAR(window)
#define lg_scope_session LG_WINDOW_VAR(session)
#define lg_self_tgid LG_WINDOW_VAR(self)
#define lg_window_opened_ns LG_WINDOW_VAR(opened_ns)
#else
volatile lg_u32 lg_window;
volatile lg_u32 lg_scope_session;
volatile lg_u32 lg_self_tgid;
volatile lg_u32 lg_epoch;
volatile lg_u64 lg_window_opened_ns;
#endif

struct lg_counter_slots {
	struct lg_counters level[LG_NEST_LEVELS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LG_METRICS);
	__type(key, lg_u32);
	__type(value, struct lg_counter_slots);
} lg_counters SEC(".maps");

#if LG_NEST_LEVELS > 1
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, lg_u32);
	__type(value, lg_u32);
} lg_nest SEC(".maps");

/*
 * How deep this CPU is inside the object's programs. Plain arithmetic is right:
 * whatever interrupts between load and store has put the value back before
 * control returns. Every path after lg_nest_enter() must pass lg_nest_leave().
 */
static __always_inline void lg_nest_add(lg_u32 n)
{
	lg_u32 zero = 0;
	lg_u32 *depth = bpf_map_lookup_elem(&lg_nest, &zero);

	if (depth)
		*(volatile lg_u32 *)depth += n;
}

static __always_inline void lg_nest_enter(void)
{
	lg_nest_add(1);
}

static __always_inline void lg_nest_leave(void)
{
	lg_nest_add(-1u);
}

/*
 * A handler's frame: inside a window only, on a nesting level of its own. The
 * call may use `word`, and `level`, by which lg_metric_on() and lg_hist_on() save a look-up; in
 * LG_NESTED_END also `now`, an end's time, taken first.
 */
#define LG_NESTED(call)                                                                            \
	({                                                                                         \
		lg_u32 word = lg_window_now();                                                     \
                                                                                                   \
		if (word)                                                                          \
			LG_ON_LEVEL(call);                                                         \
		0;                                                                                 \
	})
#define LG_NESTED_END(call)                                                                        \
	({                                                                                         \
		lg_u32 word = lg_window_now();                                                     \
                                                                                                   \
		if (word) {                                                                        \
			lg_u64 now = bpf_ktime_get_ns();                                           \
                                                                                                   \
			LG_ON_LEVEL(call);                                                         \
		}                                                                                  \
		0;                                                                                 \
	})
#define LG_ON_LEVEL(call)                                                                          \
	({                                                                                         \
		lg_u32 zero_ = 0;                                                                  \
		volatile lg_u32 *depth_ = bpf_map_lookup_elem(&lg_nest, &zero_);                   \
		lg_u32 level = depth_ ? *depth_ : 0;                                               \
                                                                                                   \
		(void)level;                                                                       \
		if (depth_)                                                                        \
			*depth_ = level + 1;                                                       \
		call;                                                                              \
		if (depth_)                                                                        \
			*depth_ = level;                                                           \
	})

/* Level of the running program, to be called between enter and leave. */
static __always_inline lg_u32 lg_nest_level(void)
{
	lg_u32 zero = 0;
	lg_u32 *depth = bpf_map_lookup_elem(&lg_nest, &zero);

	return depth ? (*depth - 1) & (LG_NEST_LEVELS - 1) : 0;
}
#else
static __always_inline lg_u32 lg_nest_level(void)
{
	return 0;
}
#endif

/* The window word; 0 = closed: return at once. */
static __always_inline lg_u32 lg_window_now(void)
{
	return lg_window;
}

/* Starts made under this word are judged. */
static __always_inline bool lg_judged(lg_u32 word)
{
	return lg_window_state(word) == LG_WINDOW_OPEN;
}

/* A level as an index; older kernels forget the bounds of what was kept on the stack. */
static __always_inline lg_u32 lg_level(lg_u32 level)
{
	barrier_var(level);
	return level & (LG_NEST_LEVELS - 1);
}

/* This CPU's counters of a metric; never NULL for a metric below LG_METRICS. */
static __always_inline struct lg_counters *lg_metric_on(lg_u32 metric, lg_u32 level)
{
	struct lg_counter_slots *slots = bpf_map_lookup_elem(&lg_counters, &metric);

	return slots ? &slots->level[lg_level(level)] : NULL;
}

/* The same of the running program's level. */
static __always_inline struct lg_counters *lg_metric(lg_u32 metric)
{
	struct lg_counter_slots *slots = bpf_map_lookup_elem(&lg_counters, &metric);

	if (!slots)
		return NULL;
	return &slots->level[lg_nest_level()];
}

#endif
