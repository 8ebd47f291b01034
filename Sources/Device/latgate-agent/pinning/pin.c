/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Run once at boot, as root: loads probe objects over the attach ladder and
 * pins them, attached to nothing, for an agent that may attach but not load.
 */
#define _GNU_SOURCE 1
#include "pin.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build_id.h"
#include "engine.h"
#include "exit_codes.h"
#include "facts.h"
#include "session_state.h"

enum { BPF_FS = 0xcafe4a11, HOOKS_MAX = 64, NOBODY = 65534 };

static const char bpf_file_system[] = "/sys/fs/bpf";
static const char unprivileged[] = "/proc/sys/kernel/unprivileged_bpf_disabled";

static const char usage[] =
	"usage: latgate-agent pin [--group GID] [--root DIRECTORY] [--btf FILE]\n"
	"                         [--unprivileged-bpf] OBJECT...\n"
	"\n"
	"Loads each OBJECT (<probe>.bpf.o) and pins it below DIRECTORY (" LG_PIN_ROOT ").\n"
	"  --group             group that may use the pins; default 0\n"
	"  --btf               the kernel's BTF, where it carries none\n"
	"  --unprivileged-bpf  sets kernel.unprivileged_bpf_disabled to 0, which kernels need "
	"that\n"
	"                      keep the whole of bpf() from unprivileged processes\n"
	"\n"
	"exit codes: 0 all are pinned, 1 some are not, 64 usage, 70 internal error\n";

struct order {
	const char *btf;
	struct lg_pin_rules rules;
	bool unprivileged_bpf;
	char build_id[LG_BUILD_ID_TEXT];
};

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("latgate-agent: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

/* A file of at most `most` bytes, NULL with errno. */
static uint8_t *slurp(const char *path, size_t most, size_t *size)
{
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat file;
	uint8_t *bytes = NULL;

	if (fd < 0)
		return NULL;
	errno = EFBIG;
	if (!fstat(fd, &file) && S_ISREG(file.st_mode) && file.st_size > 0 &&
	    (size_t)file.st_size <= most)
		bytes = malloc((size_t)file.st_size);
	*size = 0;
	while (bytes && *size < (size_t)file.st_size) {
		ssize_t n = read(fd, bytes + *size, (size_t)file.st_size - *size);

		if (n <= 0)
			break;
		*size += (size_t)n;
	}
	rc = errno;
	close(fd);
	errno = rc;
	return bytes;
}

struct hooks {
	struct lg_hook_report all[HOOKS_MAX];
	size_t count;
};

static void note_hook(void *arg, const struct lg_hook_report *report)
{
	struct hooks *hooks = arg;

	if (hooks->count == HOOKS_MAX)
		return;
	hooks->all[hooks->count++] = (struct lg_hook_report){
		.hook = strdup(report->hook),
		.rung = strdup(report->rung),
		.program = strdup(report->program),
		.why = strdup(report->why),
	};
}

static void free_hooks(struct hooks *hooks)
{
	for (size_t i = 0; i < hooks->count; i++) {
		free((char *)hooks->all[i].hook);
		free((char *)hooks->all[i].rung);
		free((char *)hooks->all[i].program);
		free((char *)hooks->all[i].why);
	}
}

/* "runqueue" of "/usr/lib/latgate/runqueue.bpf.o". */
static bool probe_of(const char *path, char *name, size_t size)
{
	const char *base = strrchr(path, '/');

	snprintf(name, size, "%s", base ? base + 1 : path);
	name[strcspn(name, ".")] = 0;
	return *name != 0;
}

static void say_pinned(const char *probe, const struct hooks *hooks)
{
	char text[1024] = "";

	for (size_t i = 0; i < hooks->count; i++) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, " %s=%s", hooks->all[i].hook,
			 *hooks->all[i].rung ? hooks->all[i].rung : "none");
	}
	say("%s is pinned:%s", probe, text);
}

static bool pin_object(struct lg_engine *engine, const struct order *order, const char *path)
{
	struct hooks hooks = {.count = 0};
	struct lg_error err = {0};
	char probe[64];
	size_t size = 0;
	uint8_t *object;
	bool pinned;

	if (!probe_of(path, probe, sizeof(probe))) {
		say("%s: its name is no probe's", path);
		return false;
	}
	if (lg_engine_pinned_already(order->rules.root, probe)) {
		say("%s was pinned before", probe);
		return true;
	}
	object = slurp(path, LG_OBJECT_MAX, &size);
	if (!object) {
		say("%s: %s", path, strerror(errno));
		return false;
	}
	pinned = !lg_engine_load(engine, probe, object, size, NULL, 0, order->btf, note_hook,
				 &hooks, &err) &&
		 !lg_engine_pin(engine, probe, &order->rules, hooks.all, hooks.count, &err);
	free(object);
	if (pinned)
		say_pinned(probe, &hooks);
	else
		say("%s%s%s", err.text, *err.log ? "\n" : "", err.log);
	lg_engine_unload(engine, probe);
	free_hooks(&hooks);
	return pinned;
}

/* The directory above the root, mounted and passable for the group. */
static bool prepare(const struct order *order)
{
	char parent[256];
	struct statfs system;
	struct stat directory;

	snprintf(parent, sizeof(parent), "%s", order->rules.root);
	if (!strrchr(parent, '/') || strrchr(parent, '/') == parent) {
		say("%s: give a directory of a bpf file system", parent);
		return false;
	}
	*strrchr(parent, '/') = 0;
	if (!statfs(parent, &system) && (unsigned long)system.f_type != BPF_FS &&
	    !strcmp(parent, bpf_file_system) && mount("bpf", parent, "bpf", 0, "mode=0711")) {
		say("cannot mount a bpf file system at %s: %s", parent, strerror(errno));
		return false;
	}
	if (statfs(parent, &system) || (unsigned long)system.f_type != BPF_FS ||
	    stat(parent, &directory)) {
		say("%s is no bpf file system", parent);
		return false;
	}
	if ((directory.st_mode & S_IXOTH) || !chmod(parent, (directory.st_mode & 07777) | 0011))
		return true;
	say("cannot let the group into %s: %s", parent, strerror(errno));
	return false;
}

static bool allow_unprivileged(void)
{
	int fd = open(unprivileged, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, "0", 1) == 1;

	if (!done)
		say("cannot set %s to 0 (a value of 1 stays until the next boot): %s", unprivileged,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

static void seen(void *arg, const char *probe, const char *directory)
{
	(void)probe;
	(void)directory;
	(*(int *)arg)++;
}

/* Whether pins can be used by a process like the agent: no capabilities, only the group. */
static bool group_may_use(gid_t group, bool quiet)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		int count = 0;
		const char *why;

		if (setgroups(0, NULL) || setgid(group) || setuid(NOBODY))
			_exit(0);
		why = lg_engine_pins(seen, &count);
		if (why && !quiet)
			say("warning: group %d: %s", (int)group, why);
		_exit(why ? 1 : 0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return true;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool check_access(const struct order *order)
{
	/* Elsewhere no agent looks by itself. */
	if (strcmp(order->rules.root, LG_PIN_ROOT))
		return true;
	if (order->unprivileged_bpf && !group_may_use(order->rules.group, true) &&
	    !allow_unprivileged())
		return false;
	/* The firmware may yet give the agent more than its group. */
	group_may_use(order->rules.group, false);
	return true;
}

static bool parse_group(const char *text, gid_t *group)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*group = (gid_t)value;
	return *text >= '0' && *text <= '9' && !*end && value < 0xffffffffUL;
}

/* Returns the index of the first object, or -1. */
static int parse(struct order *order, int argc, char **argv)
{
	int at = 1;

	for (; at < argc && argv[at][0] == '-'; at++) {
		const char *value = at + 1 < argc ? argv[at + 1] : NULL;

		if (!strcmp(argv[at], "--unprivileged-bpf")) {
			order->unprivileged_bpf = true;
			continue;
		}
		if (!value)
			return -1;
		if (!strcmp(argv[at], "--root"))
			order->rules.root = value;
		else if (!strcmp(argv[at], "--btf"))
			order->btf = value;
		else if (strcmp(argv[at], "--group") || !parse_group(value, &order->rules.group))
			return -1;
		at++;
	}
	return at < argc ? at : -1;
}

int lg_pin_command(int argc, char **argv)
{
	struct order order = {.rules.root = LG_PIN_ROOT};
	struct lg_engine *engine = NULL;
	struct lg_error err = {0};
	int at = parse(&order, argc, argv);
	bool all = true;

	if (at < 0) {
		fputs(usage, stderr);
		return LG_EXIT_USAGE;
	}
	lg_kernel_build_id(order.build_id);
	order.rules.build_id = order.build_id;
	if (!prepare(&order))
		return LG_EXIT_SOME;
	if (lg_engine_new(&engine, &err)) {
		say("%s", err.text);
		return LG_EXIT_INTERNAL;
	}
	/* One that fails keeps no other from being pinned. */
	for (; at < argc; at++)
		all &= pin_object(engine, &order, argv[at]);
	lg_engine_free(engine);
	all &= check_access(&order);
	return all ? LG_EXIT_OK : LG_EXIT_SOME;
}

static void print_pin(void *arg, const char *probe, const char *directory)
{
	(void)arg;
	printf("%s\t%s\n", probe, directory);
}

int lg_pins_command(int argc, char **argv)
{
	const char *why;

	(void)argv;
	if (argc > 1) {
		fputs("usage: latgate-agent pins\n", stderr);
		return LG_EXIT_USAGE;
	}
	why = lg_engine_pins(print_pin, NULL);
	if (why)
		say("%s", why);
	return why ? LG_EXIT_SOME : LG_EXIT_OK;
}
