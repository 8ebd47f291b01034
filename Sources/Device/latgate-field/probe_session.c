/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "probe_session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attribute.h"
#include "clock.h"
#include "session.h"

enum { HELLO_S = 30, BYE_S = 10 };

static bool await(int fd, short events, lg_u64 deadline_ns)
{
	for (;;) {
		lg_u64 now = lg_monotonic_ns();
		struct pollfd poll_fd = {.fd = fd, .events = events};
		struct timespec left;
		int ready;

		if (now >= deadline_ns)
			return false;
		left = lg_timespec(deadline_ns - now);
		ready = ppoll(&poll_fd, 1, &left, NULL);
		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return false;
	}
}

static bool send_all(int fd, const uint8_t *bytes, size_t size, lg_u64 deadline_ns)
{
	while (size) {
		ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		} else if (errno != EINTR &&
			   (errno != EAGAIN || !await(fd, POLLOUT, deadline_ns))) {
			return false;
		}
	}
	return true;
}

static bool next_frame(struct lg_probe_session *session, struct lg_frame *frame, lg_u64 deadline_ns)
{
	enum lg_inbox_state state;

	do {
		size_t room;
		uint8_t *at = lg_inbox_space(&session->inbox, &room);
		ssize_t n;

		if (!await(session->fd, POLLIN, deadline_ns))
			return false;
		n = recv(session->fd, at, room, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
			state = LG_INBOX_MORE;
			continue;
		}
		if (n <= 0)
			return false;
		state = lg_inbox_took(&session->inbox, (size_t)n, frame);
	} while (state == LG_INBOX_MORE);
	return state == LG_INBOX_FRAME;
}

static enum lg_asked read_error(struct lg_cursor payload, uint32_t *code, char why[LG_WHY])
{
	char *text = NULL;
	struct lg_attr attr;

	*code = 0;
	while (lg_attr_next(&payload, &attr) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_CODE)
			lg_attr_u32(&attr, code);
		if (attr.type == LG_ATTR_TEXT)
			lg_attr_text(&attr, &text);
	}
	lg_refuse(why, "%s", text ? text : "an error without words");
	free(text);
	return LG_ASKED_ERROR;
}

enum lg_asked lg_probe_session_ask(struct lg_probe_session *session, const void *frames,
				   size_t size, uint32_t sequence, uint64_t wait_s,
				   void (*fn)(void *arg, const struct lg_frame *frame), void *arg,
				   uint32_t *code, char why[LG_WHY])
{
	/* In suspend neither end runs: nobody takes too long to answer. */
	lg_u64 deadline = lg_monotonic_ns() + wait_s * LG_NS_PER_S;
	struct lg_frame frame;

	lg_refuse(why, "the agent's process does not answer");
	if (!send_all(session->fd, frames, size, deadline))
		return LG_ASKED_LOST;
	while (next_frame(session, &frame, deadline)) {
		if (frame.sequence != sequence)
			return LG_ASKED_LOST;
		if (frame.type == LG_MSG_DONE)
			return LG_ASKED;
		if (frame.type == LG_MSG_ERROR)
			return read_error(frame.payload, code, why);
		if (fn)
			fn(arg, &frame);
	}
	return LG_ASKED_LOST;
}

static void serve(int fd)
{
	sigset_t none;

	/* Its host is this program: when that is gone, nothing may stay attached. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	_exit(lg_session_run(fd, fd));
}

static void note_busy(void *arg, const struct lg_frame *frame)
{
	struct lg_cursor payload = frame->payload;
	struct lg_attr attr;
	bool *busy = arg;

	while (lg_attr_next(&payload, &attr) == LG_ATTR_FOUND)
		*busy |= attr.type == LG_ATTR_OTHER_SESSION;
}

bool lg_probe_session_start(struct lg_probe_session *session, uint64_t silence_s, bool *busy,
			    char why[LG_WHY])
{
	struct lg_buffer hello = {0};
	uint32_t code;
	size_t begun;
	int ends[2];
	bool good;

	*session = (struct lg_probe_session){.fd = -1};
	*busy = false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return lg_refuse(why, "no socket: %s", strerror(errno));
	session->process = fork();
	if (!session->process) {
		close(ends[0]);
		serve(ends[1]);
	}
	close(ends[1]);
	session->fd = ends[0];
	if (session->process < 0)
		return lg_refuse(why, "no process: %s", strerror(errno));
	begun = lg_frame_begin(&hello, LG_MSG_HELLO, 1);
	lg_put_u32(&hello, LG_ATTR_VERSION, LG_PROTOCOL_VERSION);
	lg_put_u32(&hello, LG_ATTR_SILENCE_MS, (uint32_t)(silence_s * 1000));
	lg_frame_end(&hello, begun);
	good = !hello.failed && lg_probe_session_ask(session, hello.data, hello.size, 1, HELLO_S,
						     note_busy, busy, &code, why) == LG_ASKED;
	lg_buffer_free(&hello);
	session->sequence = 1;
	return good;
}

void lg_probe_session_end(struct lg_probe_session *session)
{
	struct lg_buffer bye = {0};
	uint32_t code;
	char why[LG_WHY];
	int status;

	if (session->fd >= 0) {
		lg_frame_end(&bye, lg_frame_begin(&bye, LG_MSG_BYE, ++session->sequence));
		lg_probe_session_ask(session, bye.data, bye.size, session->sequence, BYE_S, NULL,
				     NULL, &code, why);
		lg_buffer_free(&bye);
		close(session->fd);
	}
	/* With its input at the end it takes everything back and ends. */
	if (session->process > 0)
		while (waitpid(session->process, &status, 0) < 0 && errno == EINTR)
			;
	lg_inbox_free(&session->inbox);
	*session = (struct lg_probe_session){.fd = -1};
}
