// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* DNS over UDP: from a query leaving for a device to its answer coming from one. */
#define LG_METRICS 1
#define LG_NEST_LEVELS 4 /* packets are received in a softirq on top of a task that sends */
#include "probe.h"

enum {
	METRIC_TIME = 0,
	MAX_QUERIES = 4096,
	MAX_LABELS = 48,
	PORT = 53,
	PROTOCOL_UDP = 17,
	V4_LEAST = 20, /* bytes of a header */
	V6_HEADER = 40,
	MORE_FRAGMENTS = 0x1fff,
	IS_ANSWER = 0x8000,
	RCODE = 15,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sk_buff {
	unsigned char *head, *data;
	u16 network_header;
};

#pragma clang attribute pop

struct dns_key {
	u32 class_;
	u32 rcode;
};

LG_HIST_LABELS(h_dns_time, struct dns_key, MAX_LABELS);

/* By the port of the one who asks, and the query's number. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_QUERIES);
	__type(key, u32);
	__type(value, struct lg_stamp);
} s_dns SEC(".maps");

/* The headers of UDP and DNS, as they stand in the packet. */
struct message {
	u16 from, to, length, sum;
	u16 number, flags;
};

/* False for all that is not UDP. */
static __always_inline bool read_message(const unsigned char *packet, struct message *out)
{
	unsigned char header[V4_LEAST];
	u32 size;

	if (bpf_probe_read_kernel(header, sizeof(header), packet))
		return false;
	if (header[0] >> 4 == 4) {
		if (header[9] != PROTOCOL_UDP ||
		    (((u32)header[6] << 8 | header[7]) & MORE_FRAGMENTS))
			return false;
		size = (header[0] & 15) * 4;
	} else if (header[0] >> 4 == 6) {
		if (header[6] != PROTOCOL_UDP)
			return false;
		size = V6_HEADER;
	} else {
		return false;
	}
	if (bpf_probe_read_kernel(out, sizeof(*out), packet + size))
		return false;
	out->from = __builtin_bswap16(out->from);
	out->to = __builtin_bswap16(out->to);
	out->number = __builtin_bswap16(out->number);
	out->flags = __builtin_bswap16(out->flags);
	return true;
}

static __always_inline void leaves(struct sk_buff *skb, u32 word)
{
	unsigned char *packet = lg_read_pointer(skb, head);
	struct lg_counters *c = lg_metric(METRIC_TIME);
	struct message message;
	u32 key;

	packet += lg_read(skb, network_header, false);
	if (!c || !read_message(packet, &message) || message.to != PORT ||
	    (message.flags & IS_ANSWER))
		return;
	key = (u32)message.from << 16 | message.number;
	/* It passes several devices where one stands upon another. */
	if (lg_in_flight(bpf_map_lookup_elem(&s_dns, &key), word))
		return;
	lg_start_key(&s_dns, &key, word, bpf_ktime_get_ns(), lg_class_current(), c);
}

static __always_inline void arrives(struct sk_buff *skb, u32 word, u64 now)
{
	struct lg_counters *c = lg_metric(METRIC_TIME);
	struct message message;
	struct dns_key label;
	struct lg_span span;
	u32 key;

	if (!c || !read_message(lg_read_pointer(skb, data), &message) || message.from != PORT ||
	    !(message.flags & IS_ANSWER))
		return;
	key = (u32)message.to << 16 | message.number;
	/* Answered before by another server, or asked before the window. */
	if (!lg_stamped(bpf_map_lookup_elem(&s_dns, &key)))
		return;
	if (!lg_end_key(&s_dns, &key, word, now, c, &span))
		return;
	label.class_ = span.class_;
	label.rcode = message.flags & RCODE;
	lg_record(lg_hist_of(&h_dns_time, &label), &span, c);
}

LG_TRACEPOINT(net_dev_queue, LG_NESTED(leaves(skb, word)), struct sk_buff *skb)
LG_TRACEPOINT(netif_receive_skb, LG_NESTED_END(arrives(skb, word, now)), struct sk_buff *skb)
