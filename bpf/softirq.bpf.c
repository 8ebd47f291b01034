// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Softirqs by vector: raised to entered, and entered to left.
 *
 * Two levels, and no need to count how deep it nests: raising happens with interrupts off, entering
 * and leaving in the softirq itself, which does not nest on a CPU. A raise interrupts it, though, and
 * both write starts.
 */
#define LG_METRICS 2
#define LG_NEST_LEVELS 2
#include "probe.h"

enum { IN_RAISE = 0, IN_SOFTIRQ = 1 };

enum {
	METRIC_RAISE = 0,
	METRIC_RUN = 1,
	VECTORS = 10,
	MAX_VECTORS = 16, /* a power of two */
	NO_CLASS = LG_CLASS_KERNEL,
};

LG_HIST_ARRAY(h_softirq_raise, VECTORS);
LG_HIST_ARRAY(h_softirq_run, VECTORS);

struct vector_state {
	struct lg_stamp raise;
	struct lg_stamp again;
	struct lg_stamp run;
	u32 batch; /* that in which `raise` was made; 0 = between two */
	/* A raise that nobody can place: it joined `raise`, or is due once more (is_due_again()). */
	u64 unsure_ns;
	u32 unsure_word; /* 0 = none */
	u32 unsure_batch; /* in which `raise` was entered; 0 = not yet */
};

/*
 * What a CPU is at. The kernel takes the vectors that are raised, all at once, and works through
 * them from the lowest on (__do_softirq, handle_softirqs): a vector not above the last is of a new
 * batch. So are one that was raised in this batch, and the next one after a raise while none runs.
 */
struct cpu_state {
	u32 batch; /* counts from 1 */
	u32 last; /* vector entered last in this batch; VECTORS = the batch is over */
	u32 word; /* window word under which the vector that runs was entered; 0 = none runs */
	struct vector_state vectors[MAX_VECTORS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct cpu_state);
} s_softirq SEC(".maps");

static __always_inline struct cpu_state *this_cpu(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&s_softirq, &zero);
}

/* Its array refuses what is no vector. */
static __always_inline struct lg_hist *hist_of(void *map, u32 vec)
{
	struct lg_hist_slots *slots = bpf_map_lookup_elem(map, &vec);

	return slots ? &slots->level[IN_SOFTIRQ] : NULL;
}

static __always_inline struct vector_state *vector_of(struct cpu_state *cpu, u32 vec)
{
	barrier_var(vec);
	return &cpu->vectors[vec & (MAX_VECTORS - 1)];
}

/*
 * The kernel takes what is raised and lets interrupts in before the first vector is entered, and again
 * between two vectors. What a waiting interrupt raises just there is entered twice, and looks like a
 * vector raised twice before the kernel took it, which is entered once. The entries show which it was:
 * the second comes within this many batches, or never. Two, as a batch that a raise between its vectors
 * cut in two counts as one more.
 */
enum { UNSURE_BATCHES = 2 };

static __always_inline bool is_due_again(const struct vector_state *state, u32 word, u32 batch)
{
	return state->unsure_word && lg_window_epoch(state->unsure_word) == lg_window_epoch(word) &&
	       state->unsure_batch && batch - state->unsure_batch <= UNSURE_BATCHES;
}

static __always_inline bool is_running(const struct cpu_state *cpu, u32 word)
{
	return cpu->word && lg_window_epoch(cpu->word) == lg_window_epoch(word);
}

/*
 * A vector raised again before it is entered has been waiting since the first time. Only when it
 * is due in the batch that runs is it to be entered once more after that: then it has been waiting
 * for the next time since now.
 */
static __always_inline int raised(u32 vec)
{
	u32 word = lg_window_now();
	struct vector_state *state;
	struct lg_stamp *stamp;
	struct cpu_state *cpu;
	bool running;
	u64 now;

	if (!word)
		return 0;
	cpu = this_cpu();
	if (!cpu)
		return 0;
	state = vector_of(cpu, vec);
	running = is_running(cpu, word);
	if (!running)
		cpu->last = VECTORS;
	if (lg_in_flight(&state->again, word))
		return 0;
	stamp = &state->raise;
	now = bpf_ktime_get_ns();
	if (!lg_in_flight(stamp, word)) {
		state->batch = running ? cpu->batch : 0;
		state->unsure_word = 0;
	} else if (!running) {
		state->unsure_ns = now;
		state->unsure_word = word;
		state->unsure_batch = 0;
		return 0;
	} else if (state->batch != cpu->batch) {
		stamp = &state->again;
	} else {
		return 0;
	}
	lg_start(stamp, word, now, NO_CLASS, lg_metric_on(METRIC_RAISE, IN_RAISE));
	return 0;
}

static __always_inline int entered(u32 vec)
{
	u32 word = lg_window_now();
	volatile struct cpu_state *seen;
	struct vector_state *state;
	struct cpu_state *cpu;
	struct lg_counters *c;
	struct lg_span span;
	u64 now;

	if (!word)
		return 0;
	now = bpf_ktime_get_ns();
	cpu = this_cpu();
	c = lg_metric_on(METRIC_RAISE, IN_SOFTIRQ);
	if (!cpu || !c)
		return 0;
	/* A raise may interrupt from here on: it finds the vector running, and still due. */
	seen = cpu;
	state = vector_of(cpu, vec);
	if (vec <= seen->last || !seen->batch ||
	    (lg_in_flight(&state->raise, word) && state->batch == seen->batch))
		seen->batch++;
	seen->last = vec;
	seen->word = word;
	if (lg_in_flight(&state->raise, word)) {
		state->unsure_batch = seen->batch;
	} else {
		if (is_due_again(state, word, seen->batch))
			lg_start(&state->raise, state->unsure_word, state->unsure_ns, NO_CLASS, c);
		state->unsure_word = 0;
	}
	if (lg_end(&state->raise, word, now, c, &span))
		lg_record(hist_of(&h_softirq_raise, vec), &span, c);
	if (lg_in_flight(&state->again, word)) {
		state->batch = cpu->batch;
		state->raise = state->again;
		state->unsure_word = 0;
		barrier();
	}
	state->again.word = 0;
	lg_start(&state->run, word, now, NO_CLASS, lg_metric_on(METRIC_RUN, IN_SOFTIRQ));
	return 0;
}

static __always_inline int left(u32 vec)
{
	u32 word = lg_window_now();
	struct lg_counters *c;
	struct cpu_state *cpu;
	struct lg_span span;

	if (!word)
		return 0;
	cpu = this_cpu();
	c = lg_metric_on(METRIC_RUN, IN_SOFTIRQ);
	if (!cpu || !c)
		return 0;
	cpu->word = 0;
	if (lg_end(&vector_of(cpu, vec)->run, word, bpf_ktime_get_ns(), c, &span))
		lg_record(hist_of(&h_softirq_run, vec), &span, c);
	return 0;
}

LG_TRACEPOINT(softirq_raise, raised(vec), unsigned int vec)
LG_TRACEPOINT(softirq_entry, entered(vec), unsigned int vec)
LG_TRACEPOINT(softirq_exit, left(vec), unsigned int vec)
