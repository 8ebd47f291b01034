// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Segments of TCP that are sent again. */
#define LG_METRICS 2
#define LG_NEST_LEVELS 4 /* a timer's softirq on top of a task that sends */
#define LG_ROWS
#include "probe.h"
#include "tcp_socket.h"

enum { METRIC_SEGMENT = 0, METRIC_COUNT = 1, ROWS = 1024 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sock_common___state {
	unsigned char skc_state;
};

struct sock___state {
	struct sock_common___state __sk_common;
};

#pragma clang attribute pop

struct row {
	u64 time_ns;
	u64 local;
	u64 port;
	u64 peer;
	u64 peer_port;
	u64 state;
};

LG_ROW_ARRAY(e_tcpretrans_segment, struct row, ROWS);
LG_COUNT_ARRAY(c_tcpretrans_count, LG_FAMILIES);

static __always_inline void sent_again(const struct sock *socket, u32 word)
{
	struct lg_counters *c = lg_metric(METRIC_COUNT);
	struct sock___state *stated = (void *)socket;
	struct sock *sk = (void *)socket;
	struct row *row;
	u16 peer_port;

	if (lg_happens(word, LG_CLASS_KERNEL, c))
		lg_record_count(lg_count_at(&c_tcpretrans_count, lg_family_of(sk, false)), 1, c);
	c = lg_metric(METRIC_SEGMENT);
	if (!lg_happens(word, LG_CLASS_KERNEL, c))
		return;
	row = lg_record_row(&e_tcpretrans_segment, METRIC_SEGMENT, c);
	if (!row)
		return;
	peer_port = lg_read(sk, __sk_common.skc_dport, false);
	row->time_ns = bpf_ktime_get_ns() - lg_window_opened_ns;
	row->local = lg_local_address(sk);
	row->port = lg_read(sk, __sk_common.skc_num, false);
	row->peer = lg_peer_address(sk);
	row->peer_port = __builtin_bswap16(peer_port);
	row->state = lg_read(stated, __sk_common.skc_state, false);
}

static __always_inline int on_retransmit(const struct sock *sk)
{
	return LG_NESTED(sent_again(sk, word));
}

LG_TRACEPOINT(tcp_retransmit_skb, on_retransmit(sk), const struct sock *sk)
