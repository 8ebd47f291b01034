/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "config.h"
#include "exit_codes.h"
#include "supervisor.h"
#include "version.h"

#define CONFIG "/etc/latgate/field.conf"

static const char usage[] =
	"usage: latgate-field [--version | --help | run [CONFIG]]\n"
	"\n"
	"Measures on a fielded device what signed campaigns ask for, and sends reports of it.\n"
	"A service of the device's init starts 'run'; CONFIG is " CONFIG ".\n"
	"A file named 'stop' in its state directory keeps it quiet.\n"
	"\n"
	"exit codes: 0 ended by a signal, 64 usage, 70 internal error, 78 configuration\n";

int main(int argc, char **argv)
{
	struct lg_config config;
	char why[LG_WHY];

	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("latgate-field %s %s\n", LATGATE_VERSION, LATGATE_ABI);
		return LG_EXIT_OK;
	}
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return LG_EXIT_OK;
	}
	if (argc < 2 || argc > 3 || strcmp(argv[1], "run")) {
		fputs(usage, stderr);
		return LG_EXIT_USAGE;
	}
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	if (sodium_init() < 0) {
		fprintf(stderr, "latgate-field: no source of random numbers\n");
		return LG_EXIT_INTERNAL;
	}
	if (!lg_config_read(&config, argc == 3 ? argv[2] : CONFIG, why)) {
		fprintf(stderr, "latgate-field: %s\n", why);
		return LG_EXIT_CONFIG;
	}
	return lg_supervise(&config);
}
