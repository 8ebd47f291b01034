/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_FIELD_RESOLVE_H
#define LATGATE_FIELD_RESOLVE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

enum { LG_ADDRESSES = 4 };

/*
 * Addresses of a host: itself when it is one, else what the name servers of
 * /etc/resolv.conf say. A static program has no other services of names. The
 * number found, 0 = none.
 */
size_t lg_resolve(const char *host, in_port_t port, struct sockaddr_storage out[LG_ADDRESSES]);

#endif
