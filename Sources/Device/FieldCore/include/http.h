/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* HTTP/1.1 as the field agent needs it: a URL, a request, and an answer of a known length. */
#ifndef LATGATE_FIELD_HTTP_H
#define LATGATE_FIELD_HTTP_H

#include "buffer.h"

enum {
	LG_HTTP_HEAD_MOST = 8 << 10, /* bytes of an answer's head */
	LG_HOST_TEXT = 254,
	LG_PATH_TEXT = 256,
};

struct lg_url {
	char host[LG_HOST_TEXT];
	char port[6];
	char path[LG_PATH_TEXT]; /* with a '/' at both ends */
};

/* "https://host[:port][/path]", an IPv6 address in brackets. False for anything else. */
bool lg_url_read(const char *text, struct lg_url *out);

/* body NULL = GET. `path` follows the URL's own. */
void lg_http_request(struct lg_buffer *out, const struct lg_url *url, const char *path,
		     const void *body, size_t size);

enum lg_http_state {
	LG_HTTP_MORE,
	LG_HTTP_WHOLE,
	LG_HTTP_OVERSIZE, /* the body is over the bound; no more is to be read */
	LG_HTTP_BROKEN, /* not an answer, or of a kind that is not known */
};

struct lg_http_answer {
	int status; /* 0 = the head is not whole yet */
	uint64_t length, retry_after_s;
	bool close; /* the connection ends with it */
	size_t most; /* bytes of the body that are taken */
	struct lg_buffer head, *body;
};

/* Takes bytes as they arrive. Those behind a whole answer are refused: nothing else was asked for. */
enum lg_http_state lg_http_take(struct lg_http_answer *answer, const uint8_t *bytes, size_t size);

#endif
