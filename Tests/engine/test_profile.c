/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Samples of every CPU: as many as a process's CPU time has room for, with its stacks. */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

enum { SPIN_MS = 400, EXPECTED = SPIN_MS * LG_SAMPLE_HZ / 1000 };

static const char spinner[] = "lg-spinner";

struct seen {
	struct lg_count of_spinner;
	size_t without_user;
	struct lg_counters counters;
};

static int see_stack(void *arg, lg_u32 id, const struct lg_stack *stack)
{
	struct seen *seen = arg;
	lg_u32 class_;

	(void)id;
	if (stack->key_size != sizeof(class_) + LG_COMM_LEN)
		return -1;
	memcpy(&class_, stack->key, sizeof(class_));
	if (strcmp((const char *)stack->key + sizeof(class_), spinner))
		return 0;
	if (class_ != LG_CLASS_USER)
		return -1;
	seen->of_spinner.count += stack->count.count;
	seen->of_spinner.sum += stack->count.sum;
	if (!stack->user_frames)
		seen->without_user += stack->count.count;
	return 0;
}

static int see_counters(void *arg, lg_u32 id, const struct lg_counters *sum, lg_u64 censored,
			lg_u64 age)
{
	(void)id;
	((struct seen *)arg)->counters = *sum;
	return censored || age;
}

/* Takes so much CPU time, however long that takes. */
static void spin(void)
{
	struct timespec now = {0};

	prctl(PR_SET_NAME, spinner);
	while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < SPIN_MS)
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	_exit(0);
}

void test_profile(void)
{
	static const struct lg_metric_def metric = {
		.id = 1, .map = "k_profile_cpu", .kind = LG_KIND_STACKS};
	struct lg_engine *engine = engine_or_exit();
	struct lg_error err = {0};
	struct seen seen = {0};
	const struct lg_reader reader = {
		.arg = &seen, .stack = see_stack, .counters = see_counters};
	size_t size;
	void *object = object_bytes("profile", &size);
	pid_t child;

	printf("# profile\n");
	if (lg_engine_load(engine, "profile", object, size, &metric, 1, NULL, NULL, NULL, &err) ||
	    lg_engine_attach(engine, &err)) {
		printf("Bail out! profile: %s\n# %s\n", err.text, err.log);
		exit(2);
	}
	free(object);
	lg_engine_arm(engine, 1, &err);
	lg_engine_open(engine);
	child = fork();
	if (!child)
		spin();
	waitpid(child, NULL, 0);
	lg_engine_drain(engine);
	lg_engine_close(engine);
	check(!lg_engine_read(engine, &reader, &err), "samples can be read", "%s", err.text);
	check(seen.of_spinner.count >= EXPECTED / 2 && seen.of_spinner.count <= EXPECTED * 3 / 2,
	      "as many samples as the CPU time has", "%llu, not about %d",
	      (unsigned long long)seen.of_spinner.count, EXPECTED);
	check(seen.of_spinner.sum == seen.of_spinner.count * (1000000000 / LG_SAMPLE_HZ),
	      "each weighs the time to the next", "%llu", (unsigned long long)seen.of_spinner.sum);
	check(seen.without_user * 10 <= seen.of_spinner.count, "with the stack of the process",
	      "%zu of %llu without", seen.without_user, (unsigned long long)seen.of_spinner.count);
	check(seen.counters.started == seen.counters.recorded + seen.counters.cancelled,
	      "every sample is accounted for", "%llu started",
	      (unsigned long long)seen.counters.started);
	lg_engine_detach(engine);
	lg_engine_free(engine);
}
