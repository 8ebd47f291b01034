/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Exit codes of the agent. A signal that ended it gives 128 + its number. */
#ifndef LATGATE_AGENT_EXIT_CODES_H
#define LATGATE_AGENT_EXIT_CODES_H

enum {
	LG_EXIT_OK = 0, /* the host said BYE */
	LG_EXIT_SOME = 1, /* pin, pins: some or all are not there */
	LG_EXIT_USAGE = 64,
	LG_EXIT_HOST_GONE = 69, /* stdin ended without BYE, or stdout took no bytes */
	LG_EXIT_INTERNAL = 70, /* no memory, or the BPF engine could not start */
	LG_EXIT_SILENT_HOST = 75, /* no frame for SILENCE_MS */
	LG_EXIT_PROTOCOL = 76, /* malformed frame or another protocol version */
	LG_EXIT_CONFIG = 78, /* the field agent's configuration cannot be used */
	LG_EXIT_SIGNAL = 128,

	LG_GO_ON = -1, /* not an exit code: the session continues */
};

#endif
