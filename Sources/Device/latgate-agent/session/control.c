/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "exit_codes.h"

int lg_control_open(struct lg_control *control, int input)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &ending, NULL) || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return -1;
	*control = (struct lg_control){.input = input};
	control->signals = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
	return control->signals < 0 ? -1 : 0;
}

static int take_signal(struct lg_control *control)
{
	struct signalfd_siginfo info;

	if (read(control->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	control->signal = (int)info.ssi_signo;
	return 1;
}

enum lg_wake lg_control_wait(struct lg_control *control, int fd, short events, lg_u64 deadline_ns)
{
	/* POLLRDHUP alone: data that wait must not wake us, the end of a socket must. */
	struct pollfd fds[3] = {
		{.fd = control->signals, .events = POLLIN},
		{.fd = fd, .events = events},
		{.fd = control->input, .events = POLLRDHUP},
	};

	if (fd == control->input || (events & POLLOUT))
		fds[2].fd = -1;
	for (;;) {
		lg_u64 now = lg_monotonic_ns();
		struct timespec left = lg_timespec(deadline_ns > now ? deadline_ns - now : 0);
		int ready = ppoll(fds, 3, &left, NULL);

		if (ready < 0 && errno != EINTR && errno != ENOMEM)
			return LG_WAKE_HOST_GONE;
		if (ready > 0 && fds[0].revents && take_signal(control))
			return LG_WAKE_SIGNAL;
		if (ready > 0 && fds[1].revents)
			return LG_WAKE_READY;
		if (ready > 0 && fds[2].revents)
			return LG_WAKE_HOST_GONE;
		if (lg_monotonic_ns() >= deadline_ns)
			return LG_WAKE_DEADLINE;
	}
}

int lg_control_exit_code(const struct lg_control *control, enum lg_wake wake)
{
	if (wake == LG_WAKE_SIGNAL)
		return LG_EXIT_SIGNAL + control->signal;
	return wake == LG_WAKE_DEADLINE ? LG_EXIT_INTERNAL : LG_EXIT_HOST_GONE;
}
