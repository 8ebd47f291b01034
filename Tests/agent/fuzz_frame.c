/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* libFuzzer target: a byte stream through the inbox, each frame through the request readers. */
#include <stdlib.h>
#include <string.h>

#include "attribute.h"
#include "build_id.h"
#include "frame.h"
#include "phase_request.h"
#include "session_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_frame(struct lg_session_state *session, const struct lg_frame *frame)
{
	struct lg_phase_request request;
	struct lg_cursor payload = frame->payload;
	struct lg_attr attr;
	char *text = NULL;

	if (lg_session_frame(session, frame->type, (uint32_t)payload.left) == LG_ACTION_HANDLE)
		lg_session_greeted(session);
	lg_phase_request_read(&request, payload);
	lg_phase_request_free(&request);
	while (lg_attr_next(&payload, &attr) == LG_ATTR_FOUND)
		lg_attr_text(&attr, &text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lg_session_state session = {0};
	struct lg_inbox inbox = {0};
	struct lg_frame frame = {0};
	char build_id[LG_BUILD_ID_TEXT];

	lg_build_id(data, size, build_id);
	while (size) {
		size_t room;
		uint8_t *at = lg_inbox_space(&inbox, &room);
		size_t n = room < size ? room : size;
		enum lg_inbox_state state;

		memcpy(at, data, n);
		state = lg_inbox_took(&inbox, n, &frame);
		data += n;
		size -= n;
		if (state == LG_INBOX_FRAME)
			read_frame(&session, &frame);
		else if (state != LG_INBOX_MORE)
			break;
	}
	lg_inbox_free(&inbox);
	return 0;
}
