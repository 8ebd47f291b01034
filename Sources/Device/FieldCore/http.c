/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- asking */

static bool is_host(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789.-_:")];
}

static bool read_port(const char *text, char port[6])
{
	size_t size = strspn(text, "0123456789");

	if (!size || size > 5 || text[size] || strtol(text, NULL, 10) > 65535 ||
	    !strtol(text, NULL, 10))
		return false;
	memcpy(port, text, size + 1);
	return true;
}

/* host, or host:port; in brackets a host may have colons. */
static bool read_authority(char *text, struct lg_url *out)
{
	bool bracket = *text == '[';
	char *host = text + bracket, *end = strchr(host, bracket ? ']' : ':');

	strcpy(out->port, "443");
	if (bracket && !end)
		return false;
	if (end) {
		const char *port = end + bracket;

		/* Behind a bracket there may be nothing; a colon has a port behind it. */
		if ((!bracket || *port) &&
		    ((bracket && *port != ':') || !read_port(port + 1, out->port)))
			return false;
		*end = 0;
	}
	if (strlen(host) >= sizeof(out->host) || !is_host(host) || (!bracket && strchr(host, ':')))
		return false;
	strcpy(out->host, host);
	return true;
}

bool lg_url_read(const char *text, struct lg_url *out)
{
	static const char scheme[] = "https://";
	char authority[LG_HOST_TEXT + 8];
	const char *rest = text + sizeof(scheme) - 1;
	size_t size;

	if (strncmp(text, scheme, sizeof(scheme) - 1))
		return false;
	size = strcspn(rest, "/");
	if (size >= sizeof(authority))
		return false;
	memcpy(authority, rest, size);
	authority[size] = 0;
	rest += size;
	size = strlen(rest);
	if (!read_authority(authority, out) || size + 2 > sizeof(out->path) ||
	    strpbrk(rest, " \r\n\t?#"))
		return false;
	snprintf(out->path, sizeof(out->path), "%s%s", rest,
		 size && rest[size - 1] == '/' ? "" : "/");
	return true;
}

void lg_http_request(struct lg_buffer *out, const struct lg_url *url, const char *path,
		     const void *body, size_t size)
{
	bool brackets = strchr(url->host, ':');
	char head[LG_PATH_TEXT * 2 + LG_HOST_TEXT + 128];
	int n = snprintf(head, sizeof(head), "%s %s%.*s HTTP/1.1\r\nHost: %s%s%s:%s\r\n",
			 body ? "PUT" : "GET", url->path, LG_PATH_TEXT, path, brackets ? "[" : "",
			 url->host, brackets ? "]" : "", url->port);

	lg_buffer_append(out, head, (size_t)n);
	if (body) {
		n = snprintf(head, sizeof(head), "Content-Length: %zu\r\n", size);
		lg_buffer_append(out, head, (size_t)n);
	}
	lg_buffer_append(out, "\r\n", 2);
	lg_buffer_append(out, body, size);
}

/* ---- the answer */

static bool read_number(const char *text, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*out = strtoull(text, &end, 10);
	return !*end && *out < UINT64_MAX / 2;
}

static bool read_header(struct lg_http_answer *answer, char *line, bool *has_length)
{
	char *value = strchr(line, ':');
	uint64_t seconds, length;

	if (!value || value == line)
		return false;
	*value++ = 0;
	value += strspn(value, " \t");
	if (!strcasecmp(line, "Transfer-Encoding") || !strcasecmp(line, "Content-Encoding"))
		return false;
	if (!strcasecmp(line, "Content-Length")) {
		/* Two lengths that differ are somebody's attempt to smuggle an answer. */
		if (!read_number(value, &length) || (*has_length && length != answer->length))
			return false;
		answer->length = length;
		*has_length = true;
	}
	/* A date in place of seconds is left out: the wait is then our own. */
	if (!strcasecmp(line, "Retry-After") && read_number(value, &seconds))
		answer->retry_after_s = seconds;
	if (!strcasecmp(line, "Connection") && !strcasecmp(value, "close"))
		answer->close = true;
	return true;
}

static bool read_status(struct lg_http_answer *answer, const char *line)
{
	if (strncmp(line, "HTTP/1.1 ", 9) && strncmp(line, "HTTP/1.0 ", 9))
		return false;
	answer->close = line[7] == '0';
	if (strspn(line + 9, "0123456789") != 3 || (line[12] && line[12] != ' '))
		return false;
	answer->status = atoi(line + 9);
	/* 1xx would have another head behind it; nothing that is sent asks for one. */
	return answer->status >= 200 && answer->status < 600;
}

/* The head is whole: its lines end with CR LF, and the last is empty. */
static bool read_head(struct lg_http_answer *answer)
{
	char *line = (char *)answer->head.data, *end;
	bool has_length = false, good = true;

	if (memchr(line, 0, answer->head.size))
		return false;
	for (bool first = true; good; first = false, line = end + 2) {
		end = strstr(line, "\r\n");
		if (!end || end == line)
			break;
		*end = 0;
		good = first ? read_status(answer, line) : read_header(answer, line, &has_length);
	}
	if (answer->status == 204 || answer->status == 304)
		answer->length = 0;
	else if (!has_length)
		return false;
	return good && answer->status;
}

static enum lg_http_state take_body(struct lg_http_answer *answer, const uint8_t *bytes,
				    size_t size)
{
	if (answer->length > answer->most)
		return LG_HTTP_OVERSIZE;
	if (size > answer->length - answer->body->size)
		return LG_HTTP_BROKEN;
	lg_buffer_append(answer->body, bytes, size);
	if (answer->body->failed)
		return LG_HTTP_BROKEN;
	return answer->body->size == answer->length ? LG_HTTP_WHOLE : LG_HTTP_MORE;
}

enum lg_http_state lg_http_take(struct lg_http_answer *answer, const uint8_t *bytes, size_t size)
{
	size_t at = 0;

	if (answer->status)
		return take_body(answer, bytes, size);
	while (at < size && answer->head.size < LG_HTTP_HEAD_MOST) {
		lg_buffer_append(&answer->head, bytes + at++, 1);
		if (answer->head.failed)
			return LG_HTTP_BROKEN;
		if (answer->head.size < 4 ||
		    memcmp(answer->head.data + answer->head.size - 4, "\r\n\r\n", 4))
			continue;
		/* The NUL is beyond the text. */
		answer->head.data[answer->head.size - 1] = 0;
		answer->head.size--;
		if (!read_head(answer)) {
			answer->status = 0;
			return LG_HTTP_BROKEN;
		}
		return take_body(answer, bytes + at, size - at);
	}
	return answer->head.size < LG_HTTP_HEAD_MOST ? LG_HTTP_MORE : LG_HTTP_BROKEN;
}
