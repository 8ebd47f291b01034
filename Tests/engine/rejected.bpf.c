// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* A program that the verifier must reject: it reads through a pointer that may be NULL. */
#define LG_METRICS 1
#include "probe.h"

LG_HIST_ARRAY(h_rejected, 1);

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch__tp_btf)
{
	u32 index = lg_window_now();
	struct lg_hist_slots *slots = bpf_map_lookup_elem(&h_rejected, &index);

	return slots->level[0].count;
}
