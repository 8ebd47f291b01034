/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* HTTPS with the device's own certificate. Every wait has an end. */
#ifndef LATGATE_FIELD_TRANSPORT_H
#define LATGATE_FIELD_TRANSPORT_H

#include "config.h"

struct lg_transport;

enum {
	LG_CONNECT_S = 30,
	LG_ANSWER_S = 60, /* a request and all of its answer */
	LG_DEVICE_ID = 129, /* bytes with the NUL */
};

/* Reads certificates and key; connects only when something is asked for. NULL with `why`. */
struct lg_transport *lg_transport_new(const struct lg_config *config, char why[LG_WHY]);
void lg_transport_free(struct lg_transport *transport);

/* The common name of the device's certificate. */
const char *lg_transport_device(const struct lg_transport *transport);

/*
 * Asks for `path` below a URL; with `body` it is a PUT. The answer's status, or
 * 0 with `why` when there was none. At most `most` bytes of a body are taken
 * into `answer`; *oversize says that there were more.
 */
int lg_transport_ask(struct lg_transport *transport, const struct lg_url *url, const char *path,
		     const struct lg_buffer *body, size_t most, struct lg_buffer *answer,
		     bool *oversize, uint64_t *retry_after_s, char why[LG_WHY]);

#endif
