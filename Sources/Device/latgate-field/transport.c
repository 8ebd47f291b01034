/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "transport.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <sodium.h>

#include "clock.h"
#include "resolve.h"

enum { PIECE = 4096 };

struct lg_transport {
	mbedtls_x509_crt authority, certificate;
	mbedtls_pk_context key;
	mbedtls_ssl_config tls;
	mbedtls_ssl_context ssl;
	char address[LG_CONFIG_TEXT], device[LG_DEVICE_ID];
	struct lg_url at; /* connected to, while fd is open */
	int fd;
	lg_u64 deadline_ns; /* CLOCK_BOOTTIME */
};

static bool tls_refuse(char why[LG_WHY], const char *what, int code)
{
	return lg_refuse(why, "%s: TLS error -0x%04x", what, (unsigned)-code);
}

static int random_bytes(void *arg, unsigned char *out, size_t size)
{
	(void)arg;
	randombytes_buf(out, size);
	return 0;
}

static void set_deadline(struct lg_transport *transport, uint64_t seconds)
{
	transport->deadline_ns = lg_clock_ns(CLOCK_BOOTTIME) + seconds * LG_NS_PER_S;
}

/* False when the time is over. A suspended device's time goes on. */
static bool await(struct lg_transport *transport, short events)
{
	for (;;) {
		lg_u64 now = lg_clock_ns(CLOCK_BOOTTIME);
		struct pollfd fd = {.fd = transport->fd, .events = events};
		struct timespec left;
		int ready;

		if (now >= transport->deadline_ns)
			return false;
		left = lg_timespec(transport->deadline_ns - now);
		ready = ppoll(&fd, 1, &left, NULL);
		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
	}
}

static int tls_send(void *arg, const unsigned char *bytes, size_t size)
{
	struct lg_transport *transport = arg;
	ssize_t n;

	do {
		n = send(transport->fd, bytes, size, MSG_NOSIGNAL);
		if (n >= 0)
			return (int)n;
	} while (errno == EINTR || (errno == EAGAIN && await(transport, POLLOUT)));
	return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

static int tls_receive(void *arg, unsigned char *out, size_t size)
{
	struct lg_transport *transport = arg;
	ssize_t n;

	do {
		n = recv(transport->fd, out, size, 0);
		if (n >= 0)
			return (int)n;
	} while (errno == EINTR || (errno == EAGAIN && await(transport, POLLIN)));
	return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* A device without a clock that survives boots begins in the past: that is no fault of the server. */
static int forgive_future(void *arg, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
	(void)arg;
	(void)certificate;
	(void)depth;
	*flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_FUTURE;
	return 0;
}

/* The common name of a subject, if it is of printable ASCII. */
static bool common_name(const mbedtls_x509_crt *certificate, char out[LG_DEVICE_ID])
{
	for (const mbedtls_x509_name *name = &certificate->subject; name; name = name->next) {
		if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &name->oid))
			continue;
		if (!name->val.len || name->val.len >= LG_DEVICE_ID)
			return false;
		for (size_t i = 0; i < name->val.len; i++) {
			if (name->val.p[i] < 0x20 || name->val.p[i] > 0x7e)
				return false;
		}
		memcpy(out, name->val.p, name->val.len);
		out[name->val.len] = 0;
		return true;
	}
	return false;
}

static bool read_files(struct lg_transport *transport, const struct lg_config *config,
		       char why[LG_WHY])
{
	int rc = mbedtls_x509_crt_parse_file(&transport->authority, config->authority);

	if (rc)
		return tls_refuse(why, config->authority, rc);
	rc = mbedtls_x509_crt_parse_file(&transport->certificate, config->certificate);
	if (rc)
		return tls_refuse(why, config->certificate, rc);
	rc = mbedtls_pk_parse_keyfile(&transport->key, config->key, NULL);
	if (rc)
		return tls_refuse(why, config->key, rc);
	return common_name(&transport->certificate, transport->device) ||
	       lg_refuse(why, "%s: its common name is not 1-128 bytes of ASCII",
			 config->certificate);
}

static bool configure(struct lg_transport *transport, char why[LG_WHY])
{
	int rc = mbedtls_ssl_config_defaults(&transport->tls, MBEDTLS_SSL_IS_CLIENT,
					     MBEDTLS_SSL_TRANSPORT_STREAM,
					     MBEDTLS_SSL_PRESET_DEFAULT);

	if (!rc)
		rc = mbedtls_ssl_conf_own_cert(&transport->tls, &transport->certificate,
					       &transport->key);
	if (rc)
		return tls_refuse(why, "the device's certificate", rc);
	mbedtls_ssl_conf_authmode(&transport->tls, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(&transport->tls, &transport->authority, NULL);
	mbedtls_ssl_conf_verify(&transport->tls, forgive_future, NULL);
	mbedtls_ssl_conf_rng(&transport->tls, random_bytes, NULL);
	mbedtls_ssl_conf_min_version(&transport->tls, MBEDTLS_SSL_MAJOR_VERSION_3,
				     MBEDTLS_SSL_MINOR_VERSION_3);
	return true;
}

struct lg_transport *lg_transport_new(const struct lg_config *config, char why[LG_WHY])
{
	struct lg_transport *transport = calloc(1, sizeof(*transport));

	if (!transport) {
		lg_refuse(why, "no memory");
		return NULL;
	}
	transport->fd = -1;
	strcpy(transport->address, config->address);
	mbedtls_x509_crt_init(&transport->authority);
	mbedtls_x509_crt_init(&transport->certificate);
	mbedtls_pk_init(&transport->key);
	mbedtls_ssl_config_init(&transport->tls);
	mbedtls_ssl_init(&transport->ssl);
	if (read_files(transport, config, why) && configure(transport, why))
		return transport;
	lg_transport_free(transport);
	return NULL;
}

static void disconnect(struct lg_transport *transport)
{
	if (transport->fd < 0)
		return;
	mbedtls_ssl_free(&transport->ssl);
	mbedtls_ssl_init(&transport->ssl);
	close(transport->fd);
	transport->fd = -1;
}

void lg_transport_free(struct lg_transport *transport)
{
	if (!transport)
		return;
	disconnect(transport);
	mbedtls_ssl_free(&transport->ssl);
	mbedtls_ssl_config_free(&transport->tls);
	mbedtls_pk_free(&transport->key);
	mbedtls_x509_crt_free(&transport->certificate);
	mbedtls_x509_crt_free(&transport->authority);
	free(transport);
}

const char *lg_transport_device(const struct lg_transport *transport)
{
	return transport->device;
}

/* ---- connecting */

static bool connect_to(struct lg_transport *transport, const struct sockaddr_storage *address)
{
	socklen_t size = address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
						       : sizeof(struct sockaddr_in6);
	int on = 1, error = 0;
	socklen_t error_size = sizeof(error);

	transport->fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (transport->fd < 0)
		return false;
	setsockopt(transport->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!connect(transport->fd, (const struct sockaddr *)address, size))
		return true;
	if (errno == EINPROGRESS && await(transport, POLLOUT) &&
	    !getsockopt(transport->fd, SOL_SOCKET, SO_ERROR, &error, &error_size) && !error)
		return true;
	close(transport->fd);
	transport->fd = -1;
	return false;
}

static bool handshake(struct lg_transport *transport, char why[LG_WHY])
{
	int rc = mbedtls_ssl_setup(&transport->ssl, &transport->tls);

	if (!rc)
		rc = mbedtls_ssl_set_hostname(&transport->ssl, transport->at.host);
	if (rc)
		return tls_refuse(why, "a connection cannot be set up", rc);
	mbedtls_ssl_set_bio(&transport->ssl, transport, tls_send, tls_receive, NULL);
	do
		rc = mbedtls_ssl_handshake(&transport->ssl);
	while (rc == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE);
	return !rc || tls_refuse(why, transport->at.host, rc);
}

static bool connect_url(struct lg_transport *transport, const struct lg_url *url, char why[LG_WHY])
{
	const char *host = *transport->address ? transport->address : url->host;
	struct sockaddr_storage addresses[LG_ADDRESSES];
	size_t count;

	if (transport->fd >= 0 && !strcmp(url->host, transport->at.host) &&
	    !strcmp(url->port, transport->at.port))
		return true;
	disconnect(transport);
	transport->at = *url;
	set_deadline(transport, LG_CONNECT_S);
	count = lg_resolve(host, (in_port_t)atoi(url->port), addresses);
	for (size_t i = 0; i < count && transport->fd < 0; i++)
		connect_to(transport, &addresses[i]);
	if (transport->fd < 0)
		return lg_refuse(why, "%.100s: %s", host,
				 count ? "no connection" : "its address is not known");
	if (handshake(transport, why))
		return true;
	disconnect(transport);
	return false;
}

/* ---- asking */

static bool send_all(struct lg_transport *transport, const struct lg_buffer *bytes)
{
	for (size_t done = 0; done < bytes->size;) {
		int n = mbedtls_ssl_write(&transport->ssl, bytes->data + done, bytes->size - done);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static enum lg_http_state receive(struct lg_transport *transport, struct lg_http_answer *answer)
{
	enum lg_http_state state;
	unsigned char piece[PIECE];
	int n;

	do {
		n = mbedtls_ssl_read(&transport->ssl, piece, sizeof(piece));
		if (n <= 0)
			return LG_HTTP_BROKEN;
		state = lg_http_take(answer, piece, (size_t)n);
	} while (state == LG_HTTP_MORE);
	return state;
}

int lg_transport_ask(struct lg_transport *transport, const struct lg_url *url, const char *path,
		     const struct lg_buffer *body, size_t most, struct lg_buffer *out,
		     bool *oversize, uint64_t *retry_after_s, char why[LG_WHY])
{
	struct lg_http_answer answer = {.most = most, .body = out};
	struct lg_buffer request = {0};
	enum lg_http_state state = LG_HTTP_BROKEN;
	bool reused = transport->fd >= 0, connected;
	int status = 0;

	lg_http_request(&request, url, path, body ? body->data : NULL, body ? body->size : 0);
	connected = !request.failed && connect_url(transport, url, why);
	if (connected) {
		set_deadline(transport, LG_ANSWER_S);
		if (send_all(transport, &request))
			state = receive(transport, &answer);
		if (state == LG_HTTP_BROKEN)
			lg_refuse(why, "%.100s: no whole answer%s", path,
				  reused ? " on a connection that was in use" : "");
	}
	*oversize = state == LG_HTTP_OVERSIZE;
	if (state == LG_HTTP_WHOLE || state == LG_HTTP_OVERSIZE) {
		status = answer.status;
		*retry_after_s = answer.retry_after_s;
	}
	if (state != LG_HTTP_WHOLE || answer.close)
		disconnect(transport);
	lg_buffer_free(&answer.head);
	lg_buffer_free(&request);
	return status;
}
