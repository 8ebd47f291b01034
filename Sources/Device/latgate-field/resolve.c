/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "resolve.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <string.h>

enum { ANSWER = 4096, SERVER_S = 5, SERVER_TRIES = 2 };

static void put(struct sockaddr_storage *out, int family, const void *address, in_port_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (family == AF_INET) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, address, sizeof(v4->sin_addr));
	} else {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		memcpy(&v6->sin6_addr, address, sizeof(v6->sin6_addr));
	}
}

static size_t ask(struct __res_state *state, const char *host, int type, in_port_t port,
		  struct sockaddr_storage *out, size_t room)
{
	size_t size = type == ns_t_a ? sizeof(struct in_addr) : sizeof(struct in6_addr), found = 0;
	unsigned char answer[ANSWER];
	int length = res_nquery(state, host, ns_c_in, type, answer, sizeof(answer));
	ns_msg message;
	ns_rr record;

	if (length < 0 || length > (int)sizeof(answer) || ns_initparse(answer, length, &message))
		return 0;
	for (int i = 0; i < ns_msg_count(message, ns_s_an) && found < room; i++) {
		if (!ns_parserr(&message, ns_s_an, i, &record) && (int)ns_rr_type(record) == type &&
		    ns_rr_rdlen(record) == size)
			put(&out[found++], type == ns_t_a ? AF_INET : AF_INET6, ns_rr_rdata(record),
			    port);
	}
	return found;
}

size_t lg_resolve(const char *host, in_port_t port, struct sockaddr_storage out[LG_ADDRESSES])
{
	struct __res_state state = {0};
	struct in6_addr v6;
	struct in_addr v4;
	size_t found;

	if (inet_pton(AF_INET, host, &v4) == 1) {
		put(out, AF_INET, &v4, port);
		return 1;
	}
	if (inet_pton(AF_INET6, host, &v6) == 1) {
		put(out, AF_INET6, &v6, port);
		return 1;
	}
	if (res_ninit(&state))
		return 0;
	state.retrans = SERVER_S;
	state.retry = SERVER_TRIES;
	found = ask(&state, host, ns_t_a, port, out, LG_ADDRESSES / 2);
	found += ask(&state, host, ns_t_aaaa, port, out + found, LG_ADDRESSES - found);
	res_nclose(&state);
	return found;
}
