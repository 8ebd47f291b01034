/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the engine does where the kernel lacks a facility that this one has. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine_internal.h"
#include "harness.h"

/* One operation inside a window; true when it was recorded and all is balanced. */
static bool a_window_works(struct lg_engine *engine)
{
	struct child child = child_start();
	struct lg_error err;
	struct result r;

	lg_engine_scope(engine, child.pid);
	if (lg_engine_arm(engine, 1, &err))
		return false;
	lg_engine_open(engine);
	child_order(&child, ORDER_NEXT, 1);
	child_order(&child, ORDER_NEXT, 1);
	lg_engine_drain(engine);
	lg_engine_close(engine);
	read_result(engine, 1, &r);
	child_stop(&child);
	return r.counters.started == 2 && r.counters.recorded == 1 && r.censored == 1 &&
	       r.censored_age_ns < 60000000000ULL && balanced(&r);
}

/* As before 5.5: .bss is a copy that is pushed as a whole. */
static void bss_without_mapping(void)
{
	struct lg_engine *engine = engine_with("operation", "h_operation", NULL);
	struct lg_bss *bss = &engine->probes->bss;
	unsigned char *mapped = bss->bytes;
	size_t size = bss->map->value_size;

	check(bss->mapped, ".bss is mapped on this kernel", "it is not");
	bss->bytes = malloc(size);
	if (!bss->bytes)
		exit(2);
	memcpy(bss->bytes, mapped, size);
	bss->mapped = false;
	check(a_window_works(engine), "a window works without mapping .bss", "it does not");
	free(bss->bytes);
	bss->bytes = mapped;
	bss->mapped = true;
	lg_engine_free(engine);
}

/* The kernel refuses membarrier() from here on, in this process. */
static bool forbid_membarrier(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void closing_without_membarrier(void)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		struct lg_engine *engine = engine_with("operation", "h_operation", NULL);

		if (!forbid_membarrier())
			_exit(2);
		_exit(!lg_membarrier_works() && a_window_works(engine) ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a window closes without membarrier",
	      "status %d", status);
}

/* As before 5.8: the call that switches statistics on for a process is not there. */
static bool forbid_enabling_stats(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BPF_ENABLE_STATS, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static const char sysctl[] = "/proc/sys/kernel/bpf_stats_enabled";

/* What it says; 0 where it is not. */
static char counting(void)
{
	FILE *file = fopen(sysctl, "re");
	int value = file ? fgetc(file) : 0;

	if (file)
		fclose(file);
	return (char)value;
}

/* Switches statistics on, off and on, and waits to be killed. */
static void count_until_killed(int report)
{
	struct lg_engine *engine = engine_with("operation", "h_operation", NULL);
	struct lg_error err = {0};
	bool good;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	good = forbid_enabling_stats() && !lg_engine_stats_enable(engine, true, &err) &&
	       counting() == '1' && !lg_engine_stats_enable(engine, false, &err) &&
	       counting() == '0' && !lg_engine_stats_enable(engine, true, &err);
	if (write(report, &good, sizeof(good)) != sizeof(good))
		_exit(2);
	for (;;)
		pause();
}

static void statistics_by_sysctl(void)
{
	bool good = false;
	int ends[2];
	pid_t pid;

	if (access(sysctl, W_OK) || counting() != '0' || pipe(ends)) {
		printf("# statistics are on, or their sysctl cannot be written\n");
		return;
	}
	pid = fork();
	if (!pid)
		count_until_killed(ends[1]);
	close(ends[1]);
	check(read(ends[0], &good, sizeof(good)) == sizeof(good) && good && counting() == '1',
	      "statistics are switched by the sysctl", "%c", counting());
	close(ends[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* Another process restores it, as soon as it notices. */
	for (int i = 0; i < 500 && counting() != '0'; i++)
		pass_ms(10);
	check(counting() == '0', "and do not stay on when the agent is killed", "%c", counting());
}

void test_fallback(void)
{
	printf("# fallbacks\n");
	statistics_by_sysctl();
	bss_without_mapping();
	closing_without_membarrier();
}
