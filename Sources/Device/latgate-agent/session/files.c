/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* READ_FILES and COSTS, also inside windows of the host; STATS, between windows. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent.h"
#include "attribute.h"
#include "match.h"

enum { FILE_LIMIT = 256 << 10, GATHERED_MAX = 64 << 10 };

/* Non-blocking, because the host may name a FIFO or trace_pipe. */
static void put_data(struct lg_buffer *frames, int fd)
{
	size_t begun = lg_put_begin(frames, LG_ATTR_DATA), total = 0;
	uint8_t chunk[4096];
	ssize_t n;

	while (total < FILE_LIMIT) {
		n = read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			break;
		lg_buffer_append(frames, chunk, (size_t)n);
		total += (size_t)n;
	}
	lg_put_end(frames, begun);
}

struct files_answer {
	struct lg_agent *agent;
	lg_u32 sequence;
};

static int send_file(void *arg, const char *path)
{
	const struct files_answer *answer = arg;
	struct lg_buffer *frames = &answer->agent->output.frames;
	size_t begun = lg_frame_begin(frames, LG_MSG_FILE, answer->sequence);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	lg_put_text(frames, LG_ATTR_PATH, path);
	if (fd >= 0) {
		put_data(frames, fd);
		close(fd);
	}
	lg_frame_end(frames, begun);
	/* Hundreds of small files are one message to the transport, not hundreds. */
	return frames->size < GATHERED_MAX ? LG_GO_ON : lg_output_flush(&answer->agent->output);
}

int lg_handle_read_files(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct lg_cursor payload = frame->payload;
	struct files_answer answer = {agent, frame->sequence};
	enum lg_attr_state state;
	struct lg_attr attr;
	int code = LG_GO_ON;
	char *path = NULL;

	while ((state = lg_attr_next(&payload, &attr)) == LG_ATTR_FOUND && code == LG_GO_ON) {
		if (attr.type != LG_ATTR_PATH && attr.type != LG_ATTR_PATTERN)
			continue;
		if (!lg_attr_text(&attr, &path))
			code = lg_protocol_error(agent, frame, "PATH or PATTERN is not text");
		else if (attr.type == LG_ATTR_PATH)
			code = send_file(&answer, path);
		else
			code = lg_match(path, send_file, &answer);
	}
	free(path);
	if (code != LG_GO_ON)
		return code;
	if (state == LG_ATTR_MALFORMED)
		return lg_protocol_error(agent, frame, "an attribute leaves the payload");
	return lg_output_done(&agent->output, frame->sequence);
}

struct stats_answer {
	struct lg_buffer *frames;
	lg_u32 sequence;
};

static void put_program(void *arg, const char *probe, const char *program, lg_u64 runs, lg_u64 ns,
			lg_u64 recursion_misses)
{
	const struct stats_answer *answer = arg;
	size_t begun = lg_frame_begin(answer->frames, LG_MSG_PROGRAM, answer->sequence);

	lg_put_text(answer->frames, LG_ATTR_PROBE, probe);
	lg_put_text(answer->frames, LG_ATTR_PROGRAM, program);
	lg_put_u64(answer->frames, LG_ATTR_RUN_COUNT, runs);
	lg_put_u64(answer->frames, LG_ATTR_RUN_NS, ns);
	lg_put_u64(answer->frames, LG_ATTR_RECURSION_MISSES, recursion_misses);
	lg_frame_end(answer->frames, begun);
}

int lg_handle_stats(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct stats_answer answer = {&agent->output.frames, frame->sequence};
	struct lg_cursor payload = frame->payload;
	struct lg_error err = {0};
	struct lg_attr attr;
	lg_u32 enable = 2;

	while (lg_attr_next(&payload, &attr) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_ENABLE && !lg_attr_u32(&attr, &enable))
			break;
	}
	if (payload.left || enable > 1)
		return lg_protocol_error(agent, frame, "ENABLE is missing or not 0 or 1");
	if (!enable)
		lg_engine_stats(agent->engine, put_program, &answer);
	if (lg_engine_stats_enable(agent->engine, enable, &err) && !err.code)
		lg_fault(&err, LG_ERR_REFUSED, "BPF run-time statistics could not be switched");
	return lg_answer(agent, frame->sequence, &err, NULL);
}

int lg_handle_costs(struct lg_agent *agent, const struct lg_frame *frame)
{
	struct stats_answer answer = {&agent->output.frames, frame->sequence};
	size_t begun;

	lg_engine_stats(agent->engine, put_program, &answer);
	begun = lg_frame_begin(answer.frames, LG_MSG_MAPS, frame->sequence);
	lg_put_u64(answer.frames, LG_ATTR_MAP_BYTES, lg_engine_map_bytes(agent->engine));
	lg_frame_end(answer.frames, begun);
	return lg_output_done(&agent->output, frame->sequence);
}
