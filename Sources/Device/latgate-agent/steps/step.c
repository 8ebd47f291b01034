/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "step.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent_protocol.h"
#include "attribute.h"
#include "clock.h"
#include "exit_codes.h"
#include "fault.h"
#include "frame.h"
#include "lookup.h"
#include "sweep.h"

/* For the leader's own work: forking before the window, and beyond the steps' time-outs. */
#define LEADER_GRACE_NS (10 * LG_NS_PER_S)

static const char *title(const struct lg_run *run, size_t index)
{
	return run->steps[index].argv ? run->steps[index].argv[0] : "sleep";
}

static int prepare(struct lg_run *run, struct lg_error *err)
{
	run->paths = calloc(run->count, sizeof(*run->paths));
	run->captures = calloc(run->count, sizeof(*run->captures));
	run->slots = mmap(NULL, run->count * sizeof(*run->slots), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run->slots == MAP_FAILED)
		run->slots = NULL;
	if (!run->paths || !run->captures || !run->slots)
		return lg_fault(err, LG_ERR_INTERNAL, "no memory for %zu steps", run->count);
	for (size_t i = 0; i < run->count; i++)
		run->captures[i] = (struct lg_capture){-1, -1};
	for (size_t i = 0; i < run->count; i++) {
		if (!run->steps[i].argv)
			continue;
		run->paths[i] = lg_lookup(run->steps[i].argv[0]);
		if (!run->paths[i])
			return lg_fault(
				err, LG_ERR_STEP,
				"step %zu (%s): no such executable beside the agent or in PATH", i,
				title(run, i));
		if (lg_capture_open(&run->captures[i]))
			return lg_fault(err, LG_ERR_STEP,
					"step %zu (%s): no room for its output: %s", i,
					title(run, i), strerror(errno));
	}
	return 0;
}

static int fork_leader(struct lg_run *run, struct lg_error *err)
{
	int ready[2] = {-1, -1}, go[2] = {-1, -1};
	struct lg_leader leader = {
		.agent = getpid(),
		.steps = run->steps,
		.step_count = run->count,
		.paths = run->paths,
		.captures = run->captures,
		.slots = run->slots,
	};
	pid_t pid = -1;

	if (!pipe2(ready, O_CLOEXEC) && !pipe2(go, O_CLOEXEC)) {
		leader.ready = ready[1];
		leader.go = go[0];
		pid = fork();
	}
	if (!pid) {
		close(ready[0]);
		close(go[1]);
		lg_leader_main(&leader);
	}
	if (pid < 0)
		lg_fault(err, LG_ERR_STEP, "the workload's session could not be started: %s",
			 strerror(errno));
	close(ready[1]);
	close(go[0]);
	run->ready = ready[0];
	run->go = go[1];
	run->leader = pid > 0 ? pid : 0;
	return pid > 0 ? 0 : -1;
}

/* What the slots say once the leader is gone. */
static void judge(const struct lg_run *run, struct lg_error *err)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct lg_slot *slot = &run->slots[i];

		switch (slot->state) {
		case LG_SLOT_ENDED:
			continue;
		case LG_SLOT_TIMED_OUT:
			lg_fault(err, LG_ERR_STEP,
				 "step %zu (%s) did not end within %u ms and was killed", i,
				 title(run, i), run->steps[i].timeout_ms);
			return;
		case LG_SLOT_FLOODED:
			lg_fault(err, LG_ERR_STEP,
				 "step %zu (%s) printed more than %d MiB and was killed", i,
				 title(run, i), LG_CAPTURE_FLOOD >> 20);
			return;
		case LG_SLOT_NOT_STARTED:
			lg_fault(err, LG_ERR_STEP, "step %zu (%s) could not be started: %s", i,
				 title(run, i), strerror(slot->start_errno));
			return;
		default:
			lg_fault(err, LG_ERR_STEP,
				 "step %zu (%s): the workload's session was killed from outside", i,
				 title(run, i));
			return;
		}
	}
}

int lg_run_start(struct lg_run *run, const struct lg_phase_request *request,
		 struct lg_control *control, struct lg_error *err)
{
	enum lg_wake wake;
	char byte;

	*run = (struct lg_run){
		.steps = request->steps, .count = request->step_count, .ready = -1, .go = -1};
	if (prepare(run, err) || fork_leader(run, err))
		return LG_GO_ON;
	wake = lg_control_wait(control, run->ready, POLLIN, lg_monotonic_ns() + LEADER_GRACE_NS);
	if (wake == LG_WAKE_DEADLINE)
		lg_fault(err, LG_ERR_STEP, "the steps could not be forked within 10 s");
	else if (wake != LG_WAKE_READY)
		return lg_control_exit_code(control, wake);
	else if (read(run->ready, &byte, 1) != 1)
		judge(run, err);
	return LG_GO_ON;
}

static lg_u64 latest_end(const struct lg_run *run)
{
	lg_u64 end = lg_monotonic_ns() + LEADER_GRACE_NS;

	for (size_t i = 0; i < run->count; i++) {
		const struct lg_step *step = &run->steps[i];

		end += step->argv ? step->timeout_ms * LG_NS_PER_MS : step->sleep_ns;
	}
	return end;
}

int lg_run_finish(struct lg_run *run, struct lg_control *control, struct lg_error *err)
{
	enum lg_wake wake;

	if (write(run->go, "", 1) != 1)
		return lg_fault(err, LG_ERR_STEP, "the workload's session is gone");
	wake = lg_control_wait(control, run->ready, POLLIN, latest_end(run));
	if (wake == LG_WAKE_DEADLINE)
		lg_fault(err, LG_ERR_STEP, "the workload's session did not end in time");
	else if (wake != LG_WAKE_READY)
		return lg_control_exit_code(control, wake);
	else
		judge(run, err);
	return LG_GO_ON;
}

void lg_run_end(struct lg_run *run, bool kill_session)
{
	if (!run->leader)
		return;
	/* Until it is collected, the leader's zombie keeps the session id from being used again. */
	kill(run->leader, SIGKILL);
	if (kill_session)
		lg_sweep_session(run->leader);
	while (waitpid(run->leader, NULL, 0) < 0 && errno == EINTR)
		continue;
	run->leader = 0;
	lg_sweep_reap();
}

static void put_ending(const struct lg_slot *slot, struct lg_buffer *frames)
{
	if (slot->state != LG_SLOT_ENDED)
		lg_put_u32(frames, LG_ATTR_SIGNAL, SIGKILL);
	else if (WIFSIGNALED(slot->status))
		lg_put_u32(frames, LG_ATTR_SIGNAL, (lg_u32)WTERMSIG(slot->status));
	else
		lg_put_u32(frames, LG_ATTR_EXIT_CODE, (lg_u32)WEXITSTATUS(slot->status));
}

static void put_result(const struct lg_run *run, size_t index, struct lg_buffer *frames,
		       lg_u32 sequence)
{
	const struct lg_slot *slot = &run->slots[index];
	size_t begun = lg_frame_begin(frames, LG_MSG_STEP_RESULT, sequence);

	lg_put_u32(frames, LG_ATTR_INDEX, (lg_u32)index);
	put_ending(slot, frames);
	lg_put_u64(frames, LG_ATTR_DURATION_NS, slot->ended_ns - slot->started_ns);
	lg_capture_put(&run->captures[index], frames);
	lg_frame_end(frames, begun);
}

int lg_run_send(const struct lg_run *run, struct lg_output *output, lg_u32 sequence)
{
	int code = LG_GO_ON;

	for (size_t i = 0; run->slots && i < run->count && code == LG_GO_ON; i++) {
		enum lg_slot_state state = run->slots[i].state;

		if (state != LG_SLOT_ENDED && state != LG_SLOT_TIMED_OUT &&
		    state != LG_SLOT_FLOODED)
			break;
		put_result(run, i, &output->frames, sequence);
		code = lg_output_flush(output);
	}
	return code;
}

void lg_run_free(struct lg_run *run)
{
	for (size_t i = 0; run->paths && i < run->count; i++)
		free(run->paths[i]);
	for (size_t i = 0; run->slots && run->captures && i < run->count; i++)
		lg_capture_close(&run->captures[i]);
	free(run->paths);
	free(run->captures);
	if (run->slots)
		munmap(run->slots, run->count * sizeof(*run->slots));
	if (run->ready >= 0)
		close(run->ready);
	if (run->go >= 0)
		close(run->go);
	*run = (struct lg_run){.ready = -1, .go = -1};
}
