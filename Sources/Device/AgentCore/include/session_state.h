/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the host may ask for now: an event goes in, an action comes out. No I/O. */
#ifndef LATGATE_SESSION_STATE_H
#define LATGATE_SESSION_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum { LG_OBJECT_MAX = 16 << 20 }; /* bytes of one probe object */

enum lg_session_stage {
	LG_STAGE_NEW, /* only HELLO */
	LG_STAGE_READY,
	LG_STAGE_LOADING, /* only BLOB, until the object is whole */
	LG_STAGE_WINDOW, /* the host's own steps run: only WINDOW_CLOSE, PING and BYE */
	LG_STAGE_ENDED, /* nothing: the agent exits */
};

struct lg_session_state {
	enum lg_session_stage stage;
	uint32_t object_left; /* bytes of the object still to come */
};

enum lg_session_action {
	LG_ACTION_HANDLE, /* carry out the request of this type */
	LG_ACTION_BLOB_PART, /* keep these bytes */
	LG_ACTION_BLOB_LAST, /* keep these bytes, the object is whole: load it */
	LG_ACTION_REFUSE, /* answer LG_ERR_STATE and continue */
	LG_ACTION_PROTOCOL_ERROR, /* answer LG_ERR_PROTOCOL and exit */
};

/* A whole frame arrived. A BYE that may be handled ends the session. */
enum lg_session_action lg_session_frame(struct lg_session_state *state, uint16_t type,
					uint32_t length);
void lg_session_greeted(struct lg_session_state *state);
/* A LOAD was read; false when the size is 0 or over LG_OBJECT_MAX. */
bool lg_session_load(struct lg_session_state *state, uint32_t object_size);
void lg_session_window(struct lg_session_state *state, bool open);

/* The request's name as in the protocol, for messages. */
const char *lg_message_name(uint16_t type);

#endif
