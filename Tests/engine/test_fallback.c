/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the engine does where the kernel lacks a facility that this one has. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

void test_fallback(void)
{
	printf("# fallbacks\n");
	bss_without_mapping();
	closing_without_membarrier();
}
