/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "commands.h"

static const struct lg_command *const commands[] = {
	&lg_command_binder, &lg_command_fault,	  &lg_command_fsync, &lg_command_futex,
	&lg_command_memory, &lg_command_pingpong, &lg_command_pipe,  &lg_command_randio,
	&lg_command_sleep,  &lg_command_speed,	  &lg_command_spin,  &lg_command_syscall,
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static const char introduction[] =
	"usage: latgate-load COMMAND [--option value]...\n"
	"\n"
	"Makes load by a fixed number of operations and prints its latency, one\n"
	"`key: value` a line: ops, errors, elapsed_ns, rate_per_s, mean_ns, p50_ns,\n"
	"p90_ns, p99_ns, max_ns. Without --rate the next operation starts when the last\n"
	"has ended; with it, operations are due at fixed times and latency counts from\n"
	"there, so that waiting behind a slow one is not hidden.\n"
	"\n"
	"commands:\n";

static const char conclusion[] =
	"\n"
	"latgate-load COMMAND --help lists the command's options.\n"
	"exit codes: 0 fine, 1 an operation failed, 64 usage, 69 a device, file or\n"
	"  permission is missing\n";

static void print_help(FILE *out)
{
	fputs(introduction, out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
	fputs(conclusion, out);
}

static unsigned options_of(const struct lg_command *command)
{
	return command->is_alone ? command->options : LG_OPT_LOOP | command->options;
}

static void print_command_help(const struct lg_command *command)
{
	printf("usage: latgate-load %s [--option value]...\n\n%s.\nOne operation: "
	       "%s.\n\noptions:\n",
	       command->name, command->summary, command->operation);
	lg_options_help(options_of(command));
}

static const struct lg_command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct lg_command *command;
	struct lg_options options;
	int code;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		print_help(stdout);
		return LG_LOAD_OK;
	}
	command = argc > 1 ? find(argv[1]) : NULL;
	if (!command) {
		if (argc > 1)
			fprintf(stderr, "latgate-load: there is no command '%s'\n", argv[1]);
		print_help(stderr);
		return LG_LOAD_USAGE;
	}
	if (argc == 3 && !strcmp(argv[2], "--help")) {
		print_command_help(command);
		return LG_LOAD_OK;
	}
	options = command->defaults;
	if (!options.threads)
		options.threads = 1;
	code = lg_options_read(&options, options_of(command), argc - 2, argv + 2);
	return code ? code : command->run(&options);
}
