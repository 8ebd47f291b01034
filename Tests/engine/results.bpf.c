// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* A result of each kind from one event, the entry of LG_TEST_OP by the tests' child. */
#define LG_METRICS 4
#define LG_NEST_LEVELS 4
#define LG_ROWS
#include "probe.h"

struct row {
	u64 time_ns;
	u64 bytes;
	char comm[LG_COMM_LEN];
};

/* Room for one label, and for 4 rows. */
LG_COUNT_LABELS(c_calls, u32, 1);
LG_HIST_ARRAY(h_bytes, 1);
LG_ROW_ARRAY(e_calls, struct row, 4);
LG_COUNT_LABELS(k_calls, struct lg_stack_ids, 64);
LG_KERNEL_TRACES(t_calls_kernel, 64);
LG_USER_TRACES(t_calls_user, 64);

static __always_inline void stacked(void *ctx, u32 word, u32 class_, u64 bytes)
{
	struct lg_counters *c = lg_metric(3);

	if (lg_happens(word, class_, c)) {
		struct lg_stack_ids key = {
			.kernel = bpf_get_stackid(ctx, &t_calls_kernel, 0),
			.user = bpf_get_stackid(ctx, &t_calls_user, BPF_F_USER_STACK),
		};

		lg_record_count(lg_count_of(&k_calls, &key), bytes, c);
	}
}

static __always_inline void happened(u32 word, u32 class_, u64 bytes)
{
	struct lg_counters *c = lg_metric(0);
	struct row *row;
	u32 label = bytes;

	if (lg_happens(word, class_, c))
		lg_record_count(lg_count_of(&c_calls, &label), bytes, c);
	c = lg_metric(1);
	if (lg_happens(word, class_, c))
		lg_record_value(lg_hist_at(&h_bytes, 0), bytes == 1 ? -1ULL : bytes, c);
	c = lg_metric(2);
	if (!lg_happens(word, class_, c))
		return;
	row = lg_record_row(&e_calls, 2, c);
	if (!row)
		return;
	row->time_ns = bpf_ktime_get_ns() - lg_window_opened_ns;
	row->bytes = bytes;
	bpf_get_current_comm(row->comm, sizeof(row->comm));
}

static __always_inline int entered(void *ctx, struct pt_regs *regs, long nr)
{
	u32 word = lg_window_now();
	u32 class_;

	if (!word || nr != LG_TEST_OP)
		return 0;
	class_ = lg_class_current();
	if (class_ != LG_CLASS_WORKLOAD && class_ != LG_CLASS_SELF)
		return 0;
	lg_nest_enter();
	stacked(ctx, word, class_, BPF_CORE_READ(regs, dx));
	happened(word, class_, BPF_CORE_READ(regs, dx));
	lg_nest_leave();
	return 0;
}

LG_TRACEPOINT(sys_enter, entered(ctx, regs, nr), struct pt_regs *regs, long nr)
