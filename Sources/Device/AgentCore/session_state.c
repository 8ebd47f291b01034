/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "session_state.h"

#include <stddef.h>

#include "agent_protocol.h"

static const char *const names[] = {
	[LG_MSG_HELLO] = "HELLO",
	[LG_MSG_PING] = "PING",
	[LG_MSG_LOAD] = "LOAD",
	[LG_MSG_BLOB] = "BLOB",
	[LG_MSG_ATTACH] = "ATTACH",
	[LG_MSG_DETACH] = "DETACH",
	[LG_MSG_UNLOAD] = "UNLOAD",
	[LG_MSG_EXEC] = "EXEC",
	[LG_MSG_PHASE] = "PHASE",
	[LG_MSG_WINDOW_OPEN] = "WINDOW_OPEN",
	[LG_MSG_WINDOW_CLOSE] = "WINDOW_CLOSE",
	[LG_MSG_STATS] = "STATS",
	[LG_MSG_READ_FILES] = "READ_FILES",
	[LG_MSG_BYE] = "BYE",
	[LG_MSG_LOAD_PINNED] = "LOAD_PINNED",
	[LG_MSG_LOAD_TRACE] = "LOAD_TRACE",
	[LG_MSG_CANARY] = "CANARY",
	[LG_MSG_SCOPE] = "SCOPE",
	[LG_MSG_SNAPSHOT] = "SNAPSHOT",
	[LG_MSG_READ_MAP] = "READ_MAP",
	[LG_MSG_COSTS] = "COSTS",
};

static bool is_request(uint16_t type)
{
	return type < sizeof(names) / sizeof(names[0]) && names[type];
}

const char *lg_message_name(uint16_t type)
{
	return is_request(type) ? names[type] : "unknown message";
}

static enum lg_session_action take_blob(struct lg_session_state *state, uint32_t length)
{
	if (!length || length > state->object_left)
		return LG_ACTION_PROTOCOL_ERROR;
	state->object_left -= length;
	if (state->object_left)
		return LG_ACTION_BLOB_PART;
	state->stage = LG_STAGE_READY;
	return LG_ACTION_BLOB_LAST;
}

static bool allowed(enum lg_session_stage stage, uint16_t type)
{
	switch (type) {
	case LG_MSG_PING:
	case LG_MSG_BYE:
		return true;
	case LG_MSG_WINDOW_CLOSE:
	case LG_MSG_SNAPSHOT:
		return stage == LG_STAGE_WINDOW;
	case LG_MSG_READ_FILES:
	case LG_MSG_READ_MAP:
	case LG_MSG_COSTS:
		return stage == LG_STAGE_WINDOW || stage == LG_STAGE_READY;
	case LG_MSG_HELLO:
		return false;
	default:
		return stage == LG_STAGE_READY;
	}
}

enum lg_session_action lg_session_frame(struct lg_session_state *state, uint16_t type,
					uint32_t length)
{
	if (!is_request(type))
		return LG_ACTION_PROTOCOL_ERROR;
	switch (state->stage) {
	case LG_STAGE_NEW:
		return type == LG_MSG_HELLO ? LG_ACTION_HANDLE : LG_ACTION_PROTOCOL_ERROR;
	case LG_STAGE_LOADING:
		if (type != LG_MSG_BLOB)
			return LG_ACTION_PROTOCOL_ERROR;
		return take_blob(state, length);
	case LG_STAGE_READY:
	case LG_STAGE_WINDOW:
		if (type == LG_MSG_BLOB)
			return LG_ACTION_PROTOCOL_ERROR;
		if (!allowed(state->stage, type))
			return LG_ACTION_REFUSE;
		if (type == LG_MSG_BYE)
			state->stage = LG_STAGE_ENDED;
		return LG_ACTION_HANDLE;
	case LG_STAGE_ENDED:
		break;
	}
	return LG_ACTION_PROTOCOL_ERROR;
}

void lg_session_greeted(struct lg_session_state *state)
{
	state->stage = LG_STAGE_READY;
}

bool lg_session_load(struct lg_session_state *state, uint32_t object_size)
{
	if (!object_size || object_size > LG_OBJECT_MAX)
		return false;
	state->stage = LG_STAGE_LOADING;
	state->object_left = object_size;
	return true;
}

void lg_session_window(struct lg_session_state *state, bool open)
{
	state->stage = open ? LG_STAGE_WINDOW : LG_STAGE_READY;
}
