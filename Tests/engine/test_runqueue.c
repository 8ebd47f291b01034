/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The run-queue probe beside libbpf-tools' runqlat, over the same window, oversubscribed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

/* Twice as many busy loops as CPUs, in a session of their own. */
static pid_t start_loops(void)
{
	long loops = 2 * sysconf(_SC_NPROCESSORS_ONLN);
	pid_t leader = fork();

	if (leader)
		return leader;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	for (long i = 1; i < loops; i++) {
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			break;
		}
	}
	for (volatile unsigned long n = 0;; n++)
		;
}

/* "  16 -> 31 : 5 |***" lines; adds up the counts until the end of the output. */
static lg_u64 sum_of(FILE *file)
{
	unsigned long long low, high, count, sum = 0;
	char line[256];

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llu -> %llu : %llu", &low, &high, &count) == 3)
			sum += count;
	}
	return sum;
}

static lg_u64 total(const struct result *r)
{
	return r->counters.recorded + r->counters.excluded;
}

static void compare(const struct result *ours, const struct result *narrow,
		    const struct result *raw, lg_u64 reference)
{
	double ratio = reference ? (double)total(ours) / (double)reference : 0;
	double loops = (double)count_of(ours, LG_CLASS_WORKLOAD);

	printf("# ours %llu (workload %.0f, max %llu ns), raw_tp %llu, narrow rule %llu "
	       "(workload %llu), runqlat %llu\n",
	       (unsigned long long)total(ours), loops, (unsigned long long)ours->hist[0].max,
	       (unsigned long long)total(raw), (unsigned long long)total(narrow),
	       (unsigned long long)count_of(narrow, LG_CLASS_WORKLOAD),
	       (unsigned long long)reference);
	check(ratio > 0.95 && ratio < 1.05, "counts agree with runqlat", "ratio %.3f", ratio);
	check(loops > 50, "the busy loops wait for each other", "%.0f waits", loops);
	check((double)total(raw) > 0.98 * (double)total(ours) &&
		      (double)total(raw) < 1.02 * (double)total(ours),
	      "raw_tp with a hash map agrees with tp_btf", "%llu", (unsigned long long)total(raw));
	check((double)count_of(narrow, LG_CLASS_WORKLOAD) < 0.8 * loops,
	      "the narrower rule for preemption loses contended waits", "%llu of %.0f",
	      (unsigned long long)count_of(narrow, LG_CLASS_WORKLOAD), loops);
	check(balanced(ours) && balanced(narrow) && balanced(raw), "starts and ends balance",
	      "other");
	check(ours->counters.null_storage == 0 && ours->counters.negative == 0,
	      "no storage refused, no time backwards", "null_storage %llu negative %llu",
	      (unsigned long long)ours->counters.null_storage,
	      (unsigned long long)ours->counters.negative);
}

void test_runqueue(void)
{
	struct lg_engine *engine = engine_or_exit();
	struct result *r = calloc(3, sizeof(*r));
	struct hooks hooks = {""};
	struct lg_error err = {0};
	lg_u64 reference;
	char line[256];
	pid_t loops;
	FILE *tool;

	printf("# run queue\n");
	if (!r || load(engine, "runqueue", "h_runqueue_wait", NULL, 1, &hooks, &err) ||
	    load(engine, "runqueue_preempt", "h_runqueue_wait", NULL, 2, NULL, &err) ||
	    load(engine, "runqueue_raw", "h_runqueue_wait", NULL, 3, &hooks, &err) ||
	    lg_engine_attach(engine, &err)) {
		check(false, "load and attach three at once", "%s\n%s", err.text, err.log);
		return;
	}
	check(strstr(hooks.text, "sched_switch=raw_tp(tp_btf: no tracepoint"),
	      "the third fell to raw_tp", "%s", hooks.text);
	loops = start_loops();
	lg_engine_scope(engine, loops);
	lg_engine_arm(engine, 1, &err);
	tool = popen("exec stdbuf -oL runqlat 3 1", "r");
	if (!tool || !fgets(line, sizeof(line), tool)) {
		printf("ok - # SKIP no runqlat\n");
		return;
	}
	/* It says that it traces, sleeps its interval, and prints. */
	lg_engine_open(engine);
	if (!fgets(line, sizeof(line), tool))
		line[0] = 0;
	lg_engine_drain(engine);
	reference = sum_of(tool);
	pclose(tool);
	kill(-loops, SIGKILL);
	waitpid(loops, NULL, 0);
	lg_engine_close(engine);
	for (lg_u32 id = 1; id <= 3; id++)
		read_result(engine, id, &r[id - 1]);
	compare(&r[0], &r[1], &r[2], reference);
	free(r);
	lg_engine_free(engine);
}
