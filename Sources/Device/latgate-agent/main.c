/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent_protocol.h"
#include "exit_codes.h"
#include "pin.h"
#include "session.h"
#include "version.h"

static const char usage[] =
	"usage: latgate-agent [--version | --help | pin … | pins]\n"
	"\n"
	"The device side of latgate. Without arguments it serves one host: frames in on\n"
	"stdin, frames out on stdout. It is started by latgate; there is nothing to type.\n"
	"'pin' is for a firmware's boot: it pins probes for an agent that may not load any;\n"
	"'pins' lists them.\n"
	"\n"
	"exit codes: 0 the host said goodbye, 64 usage, 69 the host is gone,\n"
	"  70 internal error, 75 the host was silent, 76 protocol error, 128+N signal N\n";

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("latgate-agent %s protocol %d %s\n", LATGATE_VERSION, LG_PROTOCOL_VERSION,
		       LATGATE_ABI);
		return LG_EXIT_OK;
	}
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return LG_EXIT_OK;
	}
	/* Else glibc raises the limit to the size of the first kernel BTF that is freed, takes the
	 * next ones from the heap, and keeps some 20 MB for as long as probes are attached. */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	if (argc > 1 && !strcmp(argv[1], "pin"))
		return lg_pin_command(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "pins"))
		return lg_pins_command(argc - 1, argv + 1);
	if (argc > 1) {
		fprintf(stderr, "latgate-agent: unexpected argument '%s'\n%s", argv[1], usage);
		return LG_EXIT_USAGE;
	}
	return lg_session_run(STDIN_FILENO, STDOUT_FILENO);
}
