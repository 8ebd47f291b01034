// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* TCP connections from being established to their end, with what went over them. */
#define LG_METRICS 2
#define LG_NEST_LEVELS 4 /* segments are received in a softirq on top of a task that closes */
#define LG_ROWS
#include "probe.h"
#include "tcp_socket.h"

enum {
	METRIC_CONNECTION = 0,
	METRIC_TIME = 1,
	MAX_CONNECTIONS = 8192,
	ROWS = 1024,
};

struct row {
	u64 time_ns;
	u64 duration;
	u64 pid;
	char comm[LG_COMM_LEN];
	u64 local;
	u64 port;
	u64 peer;
	u64 peer_port;
	u64 sent;
	u64 received;
};

LG_ROW_ARRAY(e_tcplife_connection, struct row, ROWS);
LG_HIST_ARRAY(h_tcplife_time, LG_FAMILIES);

struct connection {
	struct lg_stamp row, time;
	char comm[LG_COMM_LEN];
	u32 pid, pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_CONNECTIONS);
	__type(key, u64);
	__type(value, struct connection);
} s_tcplife SEC(".maps");

/* NULL without room, which is counted where a start is lost by it. */
static __always_inline struct connection *make(u64 key)
{
	struct connection *connection = bpf_map_lookup_elem(&s_tcplife, &key), fresh = {};

	if (connection)
		return connection;
	bpf_map_update_elem(&s_tcplife, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&s_tcplife, &key);
}

/* What runs while a connection is asked for is the task that asks; else a softirq on any. */
static __always_inline void owned(struct connection *connection)
{
	connection->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(connection->comm, sizeof(connection->comm));
}

static __always_inline void established(u64 key, u32 word)
{
	struct lg_counters *row = lg_metric(METRIC_CONNECTION), *time = lg_metric(METRIC_TIME);
	struct connection *connection = make(key);
	u64 now = bpf_ktime_get_ns();

	if (!row || !time)
		return;
	if (!connection) {
		if (lg_judged(word)) {
			row->map_full++;
			time->map_full++;
		}
		return;
	}
	lg_start(&connection->row, word, now, LG_CLASS_USER, row);
	lg_start(&connection->time, word, now, LG_CLASS_USER, time);
}

static __always_inline void fill(struct row *row, const struct lg_span *span,
				 const struct connection *connection, struct sock *sk)
{
	struct tcp_sock___life *tcp = (void *)sk;
	struct inet_sock *inet = (void *)sk;
	u16 port = lg_read(inet, inet_sport, false);
	u16 peer_port = lg_read(sk, __sk_common.skc_dport, false);

	row->time_ns = span->start_offset_ns + span->duration_ns;
	row->duration = span->duration_ns;
	row->pid = connection->pid;
	__builtin_memcpy(row->comm, connection->comm, sizeof(row->comm));
	row->local = lg_local_address(sk);
	row->port = __builtin_bswap16(port);
	row->peer = lg_peer_address(sk);
	row->peer_port = __builtin_bswap16(peer_port);
	row->sent = lg_read(tcp, bytes_acked, false);
	row->received = lg_read(tcp, bytes_received, false);
}

static __always_inline void ended(struct sock *sk, u64 key, u32 word, u64 now)
{
	struct connection *connection = bpf_map_lookup_elem(&s_tcplife, &key);
	struct lg_counters *c = lg_metric(METRIC_CONNECTION);
	struct lg_span span;
	struct row *row;

	/* It was there before the window. */
	if (!connection || !c)
		return;
	if (connection->row.word && lg_end(&connection->row, word, now, c, &span)) {
		/* Where a softirq opened it, the task that closes it is the next best. */
		if (!connection->pid)
			owned(connection);
		row = lg_record_span_row(&e_tcplife_connection, METRIC_CONNECTION, &span, 0, c);
		if (row)
			fill(row, &span, connection, sk);
	}
	c = lg_metric(METRIC_TIME);
	if (c && connection->time.word && lg_end(&connection->time, word, now, c, &span))
		lg_record(lg_hist_at(&h_tcplife_time, lg_family_of(sk, false)), &span, c);
	bpf_map_delete_elem(&s_tcplife, &key);
}

static __always_inline void changes(struct sock *sk, u32 to, u32 word)
{
	struct connection *connection;
	u64 key = (u64)sk;

	switch (to) {
	case LG_TCP_SYN_SENT:
		connection = make(key);
		if (connection)
			owned(connection);
		break;
	case LG_TCP_ESTABLISHED:
		established(key, word);
		break;
	case LG_TCP_CLOSE:
		ended(sk, key, word, bpf_ktime_get_ns());
		break;
	}
}

static __always_inline int on_state(struct sock *sk, u32 to)
{
	return LG_NESTED(changes(sk, to, word));
}

LG_TRACEPOINT(inet_sock_set_state, on_state(sk, to), struct sock *sk, int from, int to)
