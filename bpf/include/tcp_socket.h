/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Sockets of TCP; see kernel_types.h. */
#ifndef LATGATE_TCP_SOCKET_H
#define LATGATE_TCP_SOCKET_H

#include "kernel_types.h"
#include "read.h"

enum {
	/* TCP_* of include/net/tcp_states.h. */
	LG_TCP_ESTABLISHED = 1,
	LG_TCP_SYN_SENT = 2,
	LG_TCP_CLOSE = 7,
	LG_AF_INET6 = 10,
	LG_FAMILY_V4 = 0,
	LG_FAMILY_V6 = 1,
	LG_FAMILIES = 2,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sock_common {
	unsigned short skc_family;
	u32 skc_daddr; /* as in a packet, like the next two */
	u32 skc_rcv_saddr;
	u16 skc_dport;
	u16 skc_num; /* as a number */
};

struct sock {
	struct sock_common __sk_common;
	unsigned short sk_protocol; /* a bit-field before 5.6 */
};

struct inet_sock {
	u16 inet_sport; /* as in a packet; it outlives the connection, skc_num does not */
};

struct tcp_sock {
	u32 srtt_us;
};

struct tcp_sock___life {
	u64 bytes_acked;
	u64 bytes_received;
};

#pragma clang attribute pop

static __always_inline u32 lg_family_of(struct sock *sk, bool direct)
{
	return lg_read(sk, __sk_common.skc_family, direct) == LG_AF_INET6 ? LG_FAMILY_V6
									  : LG_FAMILY_V4;
}

/* 0 of a connection over IPv6 alone; one to an address of IPv4 has that. */
static __always_inline u32 lg_local_address(struct sock *sk)
{
	return lg_read(sk, __sk_common.skc_rcv_saddr, false);
}

static __always_inline u32 lg_peer_address(struct sock *sk)
{
	return lg_read(sk, __sk_common.skc_daddr, false);
}

#endif
