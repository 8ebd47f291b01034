/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Probes pinned by one process and used by another that has no capabilities,
 * as at boot and later.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "engine_internal.h"
#include "harness.h"

enum { GROUP = 54321, USER = 54322 };

static char mount_point[] = "/tmp/latgate-pins-XXXXXX";
static char root[64];

/* A process with a user's rights and an engine, which follows commands. */
struct agent {
	pid_t pid;
	int orders;
};

struct request {
	char what; /* l load, m load with a manifest file, a attach, d detach, o open, c close and read */
	char probe[32], directory[128], manifest[128];
};

struct answer {
	int rc;
	struct lg_error err;
	struct result result;
};

static int carry_out(struct lg_engine *engine, const struct request *request, struct answer *answer)
{
	const struct lg_metric_def metric = {.id = 1, .map = "h_operation"};

	switch (request->what) {
	case 'l':
	case 'm':
		return lg_engine_load_pinned(engine, request->probe, request->directory,
					     request->what == 'm' ? request->manifest : NULL,
					     &metric, 1, NULL, NULL, &answer->err);
	case 'a':
		return lg_engine_attach(engine, &answer->err);
	case 'd':
		lg_engine_detach(engine);
		return 0;
	case 'o':
		/* The session is that of the test's child, given in place of a name. */
		lg_engine_scope(engine, atoi(request->probe));
		if (lg_engine_arm(engine, 1, &answer->err))
			return -1;
		lg_engine_open(engine);
		return 0;
	default:
		lg_engine_drain(engine);
		lg_engine_close(engine);
		return try_read(engine, 1, &answer->result, &answer->err);
	}
}

static void agent_main(int orders)
{
	struct lg_engine *engine;
	struct request request;
	static struct answer answer;

	if (setgroups(0, NULL) || setgid(GROUP) || setuid(USER))
		_exit(3);
	engine = engine_or_exit();
	while (recv(orders, &request, sizeof(request), MSG_WAITALL) == sizeof(request)) {
		memset(&answer, 0, sizeof(answer));
		answer.rc = carry_out(engine, &request, &answer);
		if (send(orders, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
			break;
	}
	lg_engine_free(engine);
	_exit(0);
}

static struct agent agent_start(void)
{
	struct agent agent;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		exit(2);
	fflush(stdout);
	agent.orders = pair[0];
	agent.pid = fork();
	if (!agent.pid) {
		close(pair[0]);
		agent_main(pair[1]);
	}
	close(pair[1]);
	return agent;
}

static const struct answer *ask(const struct agent *agent, char what, const char *probe,
				const char *directory, const char *manifest)
{
	struct request request = {.what = what};
	static struct answer answer;

	snprintf(request.probe, sizeof(request.probe), "%s", probe);
	snprintf(request.directory, sizeof(request.directory), "%s", directory);
	snprintf(request.manifest, sizeof(request.manifest), "%s", manifest);
	if (send(agent->orders, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request) ||
	    recv(agent->orders, &answer, sizeof(answer), MSG_WAITALL) != sizeof(answer)) {
		printf("Bail out! the unprivileged process is gone\n");
		exit(2);
	}
	return &answer;
}

static const struct answer *ask_load(const struct agent *agent, const char *probe)
{
	char directory[128];

	snprintf(directory, sizeof(directory), "%s/%s", root, probe);
	return ask(agent, 'l', probe, directory, "");
}

static const struct answer *ask_open(const struct agent *agent, const struct child *child)
{
	char session[16];

	snprintf(session, sizeof(session), "%d", child->pid);
	return ask(agent, 'o', session, "", "");
}

static void agent_end(const struct agent *agent, int signal)
{
	if (signal)
		kill(agent->pid, signal);
	close(agent->orders);
	waitpid(agent->pid, NULL, 0);
}

static void keep_hook(void *arg, const struct lg_hook_report *report)
{
	struct lg_hook_report **next = arg;

	*(*next)++ = (struct lg_hook_report){strdup(report->hook), strdup(report->rung),
					     strdup(report->program), strdup(report->why)};
}

/* As the boot-time loader does; nothing of the process but the pins stays. */
static bool pin(const char *name, struct lg_error *err)
{
	const struct lg_pin_rules rules = {.root = root, .group = GROUP, .build_id = "abcd"};
	struct lg_engine *engine = engine_or_exit();
	struct lg_hook_report hooks[LG_MAX_HOOKS], *next = hooks;
	size_t size;
	void *bytes = object_bytes(name, &size);
	bool pinned;

	memset(err, 0, sizeof(*err));
	pinned = !lg_engine_load(engine, name, bytes, size, NULL, 0, NULL, keep_hook, &next, err) &&
		 !lg_engine_pin(engine, name, &rules, hooks, (size_t)(next - hooks), err);
	while (next-- > hooks) {
		free((char *)next->hook);
		free((char *)next->rung);
		free((char *)next->program);
		free((char *)next->why);
	}
	free(bytes);
	lg_engine_free(engine);
	return pinned;
}

static void whole_window(const char *name)
{
	struct child child = child_start();
	struct agent agent = agent_start();
	const struct answer *answer = ask_load(&agent, name);

	check(!answer->rc, "a process without capabilities takes the pins", "%u %s",
	      answer->err.code, answer->err.text);
	answer = ask_open(&agent, &child);
	child_order(&child, ORDER_NEXT, 5);
	answer = ask(&agent, 'c', "", "", "");
	check(!answer->rc && answer->result.counters.started == 0,
	      "programs that nobody attached do nothing", "%llu started",
	      (unsigned long long)answer->result.counters.started);
	answer = ask(&agent, 'a', "", "", "");
	check(!answer->rc, "and attaches them", "%u %s", answer->err.code, answer->err.text);
	ask_open(&agent, &child);
	for (int i = 0; i < 5; i++)
		child_order(&child, ORDER_NEXT, 1);
	answer = ask(&agent, 'c', "", "", "");
	check(!answer->rc && answer->result.counters.recorded == 4 &&
		      answer->result.counters.started == 5 && answer->result.censored == 1 &&
		      balanced(&answer->result),
	      "the window's operations are counted as with a loaded probe",
	      "%s: %llu started, %llu recorded", answer->err.text,
	      (unsigned long long)answer->result.counters.started,
	      (unsigned long long)answer->result.counters.recorded);
	ask(&agent, 'd', "", "", "");
	ask_open(&agent, &child);
	child_order(&child, ORDER_NEXT, 3);
	answer = ask(&agent, 'c', "", "", "");
	check(!answer->rc && answer->result.counters.started == 0, "detached, they are still",
	      "%llu started", (unsigned long long)answer->result.counters.started);
	agent_end(&agent, 0);
	child_stop(&child);
}

static void one_agent_at_a_time(const char *name)
{
	struct agent first = agent_start(), second = agent_start();
	const struct answer *answer = ask_load(&first, name);

	check(!answer->rc, "the pins are free again", "%s", answer->err.text);
	answer = ask_load(&second, name);
	check(answer->rc && answer->err.code == LG_ERR_BUSY &&
		      strstr(answer->err.text, "another agent"),
	      "a second agent is kept off", "%u %s", answer->err.code, answer->err.text);
	agent_end(&first, SIGKILL);
	answer = ask_load(&second, name);
	check(!answer->rc, "until the first is gone", "%u %s", answer->err.code, answer->err.text);
	agent_end(&second, 0);
}

/* The first one dies inside a window; what it left behind must not be taken for the second's. */
static void killed_inside_a_window(const char *name)
{
	struct child child = child_start();
	struct agent first = agent_start(), second = agent_start();
	const struct answer *answer;

	ask_load(&first, name);
	ask(&first, 'a', "", "", "");
	ask_open(&first, &child);
	child_order(&child, ORDER_NEXT, 1);
	agent_end(&first, SIGKILL);
	pass_ms(20);
	answer = ask_load(&second, name);
	check(!answer->rc, "the pins of a killed agent can be taken", "%s", answer->err.text);
	ask(&second, 'a', "", "", "");
	ask_open(&second, &child);
	child_order(&child, ORDER_NEXT, 1);
	answer = ask(&second, 'c', "", "", "");
	check(!answer->rc && answer->result.counters.recorded == 0 &&
		      answer->result.counters.started == 1 &&
		      answer->result.counters.stale + answer->result.counters.no_start == 1,
	      "a start of the killed agent's window gives no sample", "recorded %llu stale %llu",
	      (unsigned long long)answer->result.counters.recorded,
	      (unsigned long long)answer->result.counters.stale);
	agent_end(&second, 0);
	child_stop(&child);
}

static void refusals(void)
{
	struct agent agent = agent_start();
	const struct answer *answer = ask_load(&agent, "nothing");

	check(answer->rc && answer->err.code == LG_ERR_UNSUPPORTED &&
		      strstr(answer->err.text, "not pinned"),
	      "a probe that is not pinned is LG_ERR_UNSUPPORTED", "%u %s", answer->err.code,
	      answer->err.text);
	chmod(root, 0700);
	answer = ask_load(&agent, "operation");
	check(answer->rc && answer->err.code == LG_ERR_REFUSED,
	      "pins of another group are LG_ERR_REFUSED", "%u %s", answer->err.code,
	      answer->err.text);
	chmod(root, 0750);
	agent_end(&agent, 0);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0)
		exit(2);
	fclose(file);
	chmod(path, 0644);
}

static char *pinned_manifest(const char *probe)
{
	char directory[128], *text;

	snprintf(directory, sizeof(directory), "%s/%s", root, probe);
	text = lg_manifest_text(directory, NULL);
	if (!text)
		exit(2);
	return text;
}

/* Every prefix and every changed byte must be refused or be harmless, never be followed blindly. */
static void damaged_manifests(void)
{
	char *text = pinned_manifest("operation"), why[256];
	size_t length = strlen(text), accepted = 0;
	struct lg_manifest manifest;

	check(strstr(text, "\nkernel\t") && strstr(text, "abcd\n") &&
		      strstr(text,
			     "hook\tsys_enter\ttp_btf\tsys_enter__tp_btf\ttp_btf/sys_enter\t0\t\n"),
	      "the manifest names kernel, hooks, rungs and programs", "%s", text);
	for (size_t cut = 0; cut < length; cut++) {
		if (!lg_manifest_parse(&manifest, strndup(text, cut), why, sizeof(why)))
			accepted++;
		lg_manifest_free(&manifest);
	}
	/* Whole but for its last lines, it is a manifest of fewer hooks. */
	check(accepted < length / 3, "a cut manifest is refused", "%zu of %zu cuts were taken",
	      accepted, length);
	for (size_t at = 0; at < length; at++) {
		char *copy = strdup(text);

		copy[at] = copy[at] == '\t' ? '\n' : '\t';
		lg_manifest_parse(&manifest, copy, why, sizeof(why));
		lg_manifest_free(&manifest);
	}
	free(text);
}

static void wrong_manifest(const char *what, const char *from, const char *to, lg_u32 code)
{
	char *text = pinned_manifest("operation"), *at = strstr(text, from), path[96],
	     directory[96];
	char changed[8192];
	struct agent agent = agent_start();
	const struct answer *answer;

	if (!at)
		exit(2);
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, to,
		 at + strlen(from));
	snprintf(path, sizeof(path), "/tmp/latgate-pins-%d.pins", getpid());
	snprintf(directory, sizeof(directory), "%s/operation", root);
	write_text(path, changed);
	answer = ask(&agent, 'm', "operation", directory, path);
	check(answer->rc && answer->err.code == code, what, "%u %s", answer->err.code,
	      answer->err.text);
	unlink(path);
	free(text);
	agent_end(&agent, 0);
}

/* As Android's bpfloader pins: all in one directory, programs to be read only, no manifest. */
static bool pin_as_bpfloader(const char *name)
{
	size_t size;
	void *bytes = object_bytes(name, &size);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = name);
	struct bpf_object *object = bpf_object__open_mem(bytes, size, &opts);
	struct bpf_program *program;
	struct bpf_map *map;
	char path[256];
	int rc = object ? bpf_object__load(object) : -1;

	bpf_object__for_each_map(map, object)
	{
		const char *pinned = bpf_map__name(map);

		/* This test's string is in a section of its own, which bpfloader would refuse. */
		if (rc || strstr(pinned, ".rodata"))
			continue;
		snprintf(path, sizeof(path), "%s/map_%s_%s", root, name, pinned);
		rc = bpf_map__pin(map, path) || chown(path, 0, GROUP) || chmod(path, 0660);
	}
	bpf_object__for_each_program(program, object)
	{
		if (rc)
			break;
		if (!bpf_program__autoload(program))
			continue;
		snprintf(path, sizeof(path), "%s/prog_%s_%s", root, name,
			 bpf_program__name(program));
		rc = bpf_program__pin(program, path) || chown(path, 0, GROUP) || chmod(path, 0440);
	}
	bpf_object__close(object);
	free(bytes);
	return !rc;
}

static void pinned_by_bpfloader(void)
{
	struct child child = child_start();
	struct agent agent = agent_start();
	const struct answer *answer;
	char path[96], text[1024];

	check(pin_as_bpfloader("operation_map"), "an object without .bss is pinned by its names",
	      "errno %d", errno);
	snprintf(path, sizeof(path), "/tmp/latgate-pins-%d.pins", getpid());
	snprintf(text, sizeof(text),
		 "latgate-pins\t1\t%zu\t%zu\nprobe\toperation_map\nkernel\t\t\n"
		 "window\t" LG_MAP_WINDOW "\t0\t16\t4\t8\t12\nmap\t" LG_MAP_WINDOW
		 "\nmap\tlg_counters\nmap\th_operation\nmap\tn_operation\nmap\ts_operation_hash\n"
		 "hook\tsys_enter\traw_tp\tsys_enter__raw_tp\traw_tp/sys_enter\t0\t\n"
		 "hook\tsys_exit\traw_tp\tsys_exit__raw_tp\traw_tp/sys_exit\t0\t\n",
		 sizeof(struct lg_hist), sizeof(struct lg_counters));
	write_text(path, text);
	answer = ask(&agent, 'm', "operation_map", root, path);
	check(!answer->rc, "and taken with a manifest beside it", "%u %s", answer->err.code,
	      answer->err.text);
	answer = ask(&agent, 'a', "", "", "");
	check(!answer->rc, "and attached", "%u %s", answer->err.code, answer->err.text);
	ask_open(&agent, &child);
	for (int i = 0; i < 4; i++)
		child_order(&child, ORDER_NEXT, 1);
	answer = ask(&agent, 'c', "", "", "");
	check(!answer->rc && answer->result.counters.recorded == 3 &&
		      answer->result.counters.started == 4,
	      "its window variables live in a map", "%llu started, %llu recorded",
	      (unsigned long long)answer->result.counters.started,
	      (unsigned long long)answer->result.counters.recorded);
	unlink(path);
	agent_end(&agent, 0);
	child_stop(&child);
}

void test_pinned(void)
{
	struct lg_error err;

	printf("# pinned\n");
	if (!mkdtemp(mount_point) || mount("bpf", mount_point, "bpf", 0, "mode=0711")) {
		check(false, "mount a bpf file system", "errno %d", errno);
		return;
	}
	snprintf(root, sizeof(root), "%s/latgate", mount_point);
	check(pin("operation", &err), "pin", "%s", err.text);
	check(pin("operation", &err), "pinning again changes nothing", "%s", err.text);
	check(pin("operation_raw", &err), "pin another", "%s", err.text);
	whole_window("operation");
	whole_window("operation_raw");
	one_agent_at_a_time("operation");
	killed_inside_a_window("operation");
	killed_inside_a_window("operation_raw");
	refusals();
	damaged_manifests();
	wrong_manifest("another layout is refused", "latgate-pins\t1\t2136", "latgate-pins\t1\t8",
		       LG_ERR_UNSUPPORTED);
	wrong_manifest("another probe's manifest is refused", "probe\toperation", "probe\tother",
		       LG_ERR_UNSUPPORTED);
	wrong_manifest("offsets outside the map are refused", "window\tbss\t0", "window\tbss\t4000",
		       LG_ERR_OBJECT);
	wrong_manifest("a map that is not pinned is refused", "map\tlg_counters",
		       "map\tlg_encounters", LG_ERR_OBJECT);
	wrong_manifest("a path in a name is refused", "map\tlg_counters", "map\t../lg_counters",
		       LG_ERR_UNSUPPORTED);
	pinned_by_bpfloader();
	umount2(mount_point, MNT_DETACH);
	rmdir(mount_point);
}
