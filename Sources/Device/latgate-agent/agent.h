/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* One driven session: what its requests share. */
#ifndef LATGATE_AGENT_AGENT_H
#define LATGATE_AGENT_AGENT_H

#include "control.h"
#include "engine.h"
#include "exit_codes.h"
#include "fault.h"
#include "frame.h"
#include "output.h"
#include "session_state.h"
#include "tracer.h"
#include "watchdog.h"

enum { LG_CPU_LIST_TEXT = 256 };

/* The window being measured; kept between WINDOW_OPEN and WINDOW_CLOSE. */
struct lg_window {
	lg_u32 phase;
	lg_u64 opened_ns, closed_ns, drained_ns;
	lg_u64 boot_offset_before_ns, boot_offset_after_ns;
	char online_before[LG_CPU_LIST_TEXT], online_after[LG_CPU_LIST_TEXT];
};

struct lg_load; /* a probe object on its way in */

struct lg_agent {
	struct lg_control control;
	struct lg_output output;
	struct lg_inbox inbox;
	struct lg_session_state state;
	struct lg_watchdog watchdog;
	struct lg_engine *engine; /* NULL until HELLO */
	struct lg_tracer *tracer; /* likewise */
	int presence; /* the device is this session's while it is open; -1 = it is not */
	struct lg_window window;
	struct lg_load *load;
};

/*
 * Handlers of one request each. They answer it and return LG_GO_ON, or the
 * exit code that ends the session.
 */
int lg_handle_hello(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_load(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_load_trace(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_blob(struct lg_agent *agent, const struct lg_frame *frame, bool last);
int lg_handle_load_pinned(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_canary(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_scope(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_attach(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_detach(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_unload(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_exec(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_phase(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_window_open(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_snapshot(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_window_close(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_stats(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_costs(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_read_map(struct lg_agent *agent, const struct lg_frame *frame);
int lg_handle_read_files(struct lg_agent *agent, const struct lg_frame *frame);

/* Answers LG_ERR_PROTOCOL, naming the request, and returns the exit code for it. */
int lg_protocol_error(struct lg_agent *agent, const struct lg_frame *frame, const char *wrong);
/* Answers DONE, or ERROR when err->code is set. */
int lg_answer(struct lg_agent *agent, lg_u32 sequence, const struct lg_error *err,
	      const char *probe);
void lg_load_free(struct lg_load *load);

#endif
