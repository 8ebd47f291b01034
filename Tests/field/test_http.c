/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <string.h>

#include "field_check.h"
#include "http.h"

static bool bad_url(const char *text)
{
	struct lg_url url;

	return !lg_url_read(text, &url);
}

static void test_urls(void)
{
	struct lg_url url;

	check("http", "a URL",
	      lg_url_read("https://fleet.example:8443/a/b", &url) &&
		      !strcmp(url.host, "fleet.example") && !strcmp(url.port, "8443") &&
		      !strcmp(url.path, "/a/b/"));
	check("http", "a URL without port and path",
	      lg_url_read("https://10.0.2.2", &url) && !strcmp(url.port, "443") &&
		      !strcmp(url.path, "/"));
	check("http", "an IPv6 address",
	      lg_url_read("https://[fd00::1]:444/", &url) && !strcmp(url.host, "fd00::1") &&
		      !strcmp(url.port, "444"));
	check("http", "URLs that are refused",
	      bad_url("http://a") && bad_url("https://") && bad_url("https://a:0") &&
		      bad_url("https://a:65536") && bad_url("https://a:1x") &&
		      bad_url("https://a b/") && bad_url("https://fd00::1") &&
		      bad_url("https://a/x?y") && bad_url("https://a/\r\nX: y") &&
		      bad_url("https://u@a") && bad_url("https://[::1") &&
		      bad_url("https://[::1]x"));
}

static void test_requests(void)
{
	struct lg_url url;
	struct lg_buffer out = {0};
	static const char get[] = "GET /x/timestamp.json HTTP/1.1\r\nHost: h.example:443\r\n\r\n";
	static const char put[] = "PUT /x/v1/reports/00 HTTP/1.1\r\nHost: h.example:443\r\n"
				  "Content-Length: 3\r\n\r\nabc";

	lg_url_read("https://h.example/x", &url);
	lg_http_request(&out, &url, "timestamp.json", NULL, 0);
	check("http", "a GET", out.size == sizeof(get) - 1 && !memcmp(out.data, get, out.size));
	lg_buffer_reset(&out);
	lg_http_request(&out, &url, "v1/reports/00", "abc", 3);
	check("http", "a PUT", out.size == sizeof(put) - 1 && !memcmp(out.data, put, out.size));
	lg_buffer_free(&out);
}

/* In pieces of `step` bytes. */
static enum lg_http_state take(const char *text, size_t step, size_t most,
			       struct lg_http_answer *answer, struct lg_buffer *body)
{
	size_t size = strlen(text), at = 0;
	enum lg_http_state state = LG_HTTP_MORE;

	*answer = (struct lg_http_answer){.most = most, .body = body};
	lg_buffer_reset(body);
	while (at < size && state == LG_HTTP_MORE) {
		size_t n = size - at < step ? size - at : step;

		state = lg_http_take(answer, (const uint8_t *)text + at, n);
		at += n;
	}
	lg_buffer_free(&answer->head);
	return state;
}

static void test_answers(void)
{
	static const char good[] = "HTTP/1.1 503 Service Unavailable\r\nretry-after:  17\r\n"
				   "Connection: Close\r\ncontent-length: 5\r\nX-Y: z\r\n\r\nfull\n";
	static const char *const broken[] = {
		"HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 20\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc",
		"SSH-2.0-x\r\n\r\n",
	};
	struct lg_http_answer answer;
	struct lg_buffer body = {0};
	char long_head[LG_HTTP_HEAD_MOST + 64];
	size_t refused = 0, whole = 0;

	for (size_t step = 1; step < sizeof(good); step++)
		whole += take(good, step, 5, &answer, &body) == LG_HTTP_WHOLE &&
			 answer.status == 503 && answer.retry_after_s == 17 && answer.close &&
			 body.size == 5 && !memcmp(body.data, "full\n", 5);
	check("http", "an answer, however it is cut", whole == sizeof(good) - 1);
	check("http", "a body over the bound is not read",
	      take(good, 200, 4, &answer, &body) == LG_HTTP_OVERSIZE && !body.size);
	check("http", "a cut answer is not whole",
	      take("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", 9, 4, &answer, &body) ==
		      LG_HTTP_MORE);
	check("http", "no content",
	      take("HTTP/1.1 204 No\r\n\r\n", 3, 4, &answer, &body) == LG_HTTP_WHOLE);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		bool bad = take(broken[i], 7, 100, &answer, &body) == LG_HTTP_BROKEN;

		if (!bad)
			printf("note http: taken: %s\n", broken[i]);
		refused += bad;
	}
	check("http", "11 answers that are none are refused", refused == 11);
	memset(long_head, 'a', sizeof(long_head) - 1);
	memcpy(long_head, "HTTP/1.1 200 OK\r\nX:", 19);
	long_head[sizeof(long_head) - 1] = 0;
	check("http", "a head without end",
	      take(long_head, 500, 100, &answer, &body) == LG_HTTP_BROKEN);
	lg_buffer_free(&body);
}

void test_http(void)
{
	test_urls();
	test_requests();
	test_answers();
}
