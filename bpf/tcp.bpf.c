// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* TCP: how long connecting took, and the round trips that the kernel measures. */
#define LG_METRICS 2
#define LG_NEST_LEVELS 4 /* segments are received in a softirq on top of a task that connects */
#include "probe.h"
#include "tcp_socket.h"

enum {
	METRIC_CONNECT = 0,
	METRIC_RTT = 1,
	MAX_CONNECTS = 8192,
	MAX_LABELS = 12,
	NS_PER_US = 1000,
	SRTT_SHIFT = 3, /* srtt_us is eight times the smoothed time */
};

struct connect_key {
	u32 class_;
	u32 family;
};

LG_HIST_LABELS(h_tcp_connect, struct connect_key, MAX_LABELS);
LG_HIST_ARRAY(h_tcp_rtt, LG_FAMILIES);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_CONNECTS);
	__type(key, u64);
	__type(value, struct lg_stamp);
} s_tcp_connect SEC(".maps");

static __always_inline void changes(struct sock *sk, u32 from, u32 to, u32 word, u64 now,
				    bool direct)
{
	struct lg_counters *c = lg_metric(METRIC_CONNECT);
	struct connect_key label;
	struct lg_span span;
	u64 key = (u64)sk;

	if (!c)
		return;
	if (to == LG_TCP_SYN_SENT) {
		lg_start_key(&s_tcp_connect, &key, word, now, lg_class_current(), c);
		return;
	}
	if (from != LG_TCP_SYN_SENT)
		return;
	/* Refused, timed out, or given up. */
	if (to != LG_TCP_ESTABLISHED) {
		lg_cancel_key(&s_tcp_connect, &key, word, c);
		return;
	}
	if (!lg_end_key(&s_tcp_connect, &key, word, now, c, &span))
		return;
	label.class_ = span.class_;
	label.family = lg_family_of(sk, direct);
	lg_record(lg_hist_of(&h_tcp_connect, &label), &span, c);
}

static __always_inline int on_state(struct sock *sk, u32 from, u32 to, bool direct)
{
	return LG_NESTED(changes(sk, from, to, word, bpf_ktime_get_ns(), direct));
}

static __always_inline void measured(struct sock *sk, u32 word, u64 now, bool direct)
{
	struct tcp_sock *tcp = (void *)sk;
	struct lg_counters *c = lg_metric(METRIC_RTT);
	struct lg_span span = {.class_ = LG_CLASS_KERNEL};
	u64 us = lg_read(tcp, srtt_us, false) >> SRTT_SHIFT;

	/* No round trip was measured yet. */
	if (!c || !us || !lg_judged(word))
		return;
	span.start_offset_ns = now - lg_window_opened_ns;
	span.duration_ns = us * NS_PER_US;
	c->started++;
	c->start_offset_sum += span.start_offset_ns;
	lg_record(lg_hist_at(&h_tcp_rtt, lg_family_of(sk, direct)), &span, c);
}

static __always_inline int on_segment(struct sock *sk, bool direct)
{
	return LG_NESTED(measured(sk, word, bpf_ktime_get_ns(), direct));
}

LG_TRACEPOINT(inet_sock_set_state, on_state(sk, from, to, direct), struct sock *sk, int from,
	      int to)
LG_TRACEPOINT(tcp_probe, on_segment(sk, direct), struct sock *sk)
