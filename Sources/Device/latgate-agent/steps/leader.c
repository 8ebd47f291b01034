/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "leader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

extern char **environ;

/* How often a running step's output is looked at: the only wake-up inside a long step. */
#define TICK_NS LG_NS_PER_S

struct waiting_step {
	pid_t pid;
	int release;
};

/* Dies with its parent, also when the parent died before this call. */
static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
}

static void silence(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0 && null != fd) {
		dup2(null, fd);
		close(null);
	}
}

/* What the agent blocked or ignored must not reach a step. */
static void default_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become_step(const struct lg_leader *leader, size_t index, int released)
{
	struct lg_slot *slot = &leader->slots[index];
	char byte;

	silence(STDIN_FILENO);
	dup2(leader->captures[index].out, STDOUT_FILENO);
	dup2(leader->captures[index].err, STDERR_FILENO);
	close(leader->ready);
	default_signals();
	if (read(released, &byte, 1) != 1)
		_exit(127);
	execve(leader->paths[index], leader->steps[index].argv, environ);
	slot->start_errno = errno;
	_exit(127);
}

static bool fork_step(const struct lg_leader *leader, size_t index, struct waiting_step *step)
{
	pid_t self = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return false;
	step->pid = fork();
	if (!step->pid) {
		die_with(self);
		close(ends[1]);
		become_step(leader, index, ends[0]);
	}
	close(ends[0]);
	step->release = ends[1];
	return step->pid > 0;
}

static _Noreturn void stop_at(struct lg_slot *slot, enum lg_slot_state state)
{
	slot->ended_ns = lg_monotonic_ns();
	slot->state = state;
	_exit(0);
}

/* The agent kills the session of a step that does not end. */
static void await_step(const struct lg_leader *leader, size_t index, pid_t pid)
{
	struct lg_slot *slot = &leader->slots[index];
	lg_u64 deadline = slot->started_ns + leader->steps[index].timeout_ms * LG_NS_PER_MS;
	sigset_t child;
	int status;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (waitpid(pid, &status, WNOHANG) != pid) {
		lg_u64 now = lg_monotonic_ns();
		struct timespec left;

		if (now >= deadline)
			stop_at(slot, LG_SLOT_TIMED_OUT);
		if (lg_capture_flooded(&leader->captures[index]))
			stop_at(slot, LG_SLOT_FLOODED);
		left = lg_timespec(deadline - now < TICK_NS ? deadline - now : TICK_NS);
		sigtimedwait(&child, NULL, &left);
	}
	slot->status = status;
}

static void run_step(const struct lg_leader *leader, size_t index, const struct waiting_step *step)
{
	struct lg_slot *slot = &leader->slots[index];

	slot->started_ns = lg_monotonic_ns();
	slot->state = LG_SLOT_RUNNING;
	if (leader->paths[index]) {
		if (write(step->release, "", 1) != 1)
			slot->start_errno = errno;
		else
			await_step(leader, index, step->pid);
	} else {
		struct timespec until =
			lg_timespec(slot->started_ns + leader->steps[index].sleep_ns);

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
			continue;
	}
	if (slot->start_errno)
		stop_at(slot, LG_SLOT_NOT_STARTED);
	slot->ended_ns = lg_monotonic_ns();
	slot->state = LG_SLOT_ENDED;
}

_Noreturn void lg_leader_main(const struct lg_leader *leader)
{
	struct waiting_step steps[LG_STEPS_MAX];
	sigset_t child;
	char byte;
	size_t i;

	die_with(leader->agent);
	setsid();
	silence(STDIN_FILENO);
	silence(STDOUT_FILENO);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (i = 0; i < leader->step_count; i++) {
		if (leader->paths[i] && !fork_step(leader, i, &steps[i])) {
			leader->slots[i].start_errno = errno;
			stop_at(&leader->slots[i], LG_SLOT_NOT_STARTED);
		}
	}
	if (write(leader->ready, "", 1) != 1 || read(leader->go, &byte, 1) != 1)
		_exit(0);
	for (i = 0; i < leader->step_count; i++)
		run_step(leader, i, &steps[i]);
	_exit(0);
}
