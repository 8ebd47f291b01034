// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Hooks that no kernel has: two optional ones, and unless LG_TEST_OPTIONAL a needed one. With
 * LG_TEST_NOTHING there is no other.
 */
#define LG_METRICS 1
#include "probe.h"

LG_HIST_ARRAY(h_absent, 1);

static __always_inline int record(void)
{
	struct lg_counters *c = lg_metric(0);

	if (lg_window_now() && c)
		c->no_start++;
	return 0;
}

#ifndef LG_TEST_NOTHING
SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch__tp_btf)
{
	return record();
}
#endif

SEC("tp_btf/lg_not_there")
int BPF_PROG(opt_extra__tp_btf)
{
	return record();
}

SEC("kprobe/lg_not_there")
int BPF_PROG(opt_further__kprobe)
{
	return record();
}

#ifndef LG_TEST_OPTIONAL
SEC("tp_btf/lg_not_there")
int BPF_PROG(missing__tp_btf)
{
	return record();
}

SEC("raw_tp/lg_not_there")
int BPF_PROG(missing__raw_tp)
{
	return record();
}

SEC("kprobe/lg_not_there")
int BPF_PROG(missing__kprobe)
{
	return record();
}
#endif
