/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Programs that interrupt each other add to slots of their own, and all are summed. */
#include <stdio.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "engine_internal.h"
#include "harness.h"

/* Makes every CPU look as if `depth` programs were at work on it already. */
static void pretend_depth(const struct lg_engine *engine, lg_u32 depth)
{
	int fd = bpf_object__find_map_fd_by_name(engine->probes->object, "lg_nest");
	lg_u64 *values = calloc((size_t)engine->possible_cpus, sizeof(*values));
	lg_u32 zero = 0;

	if (!values)
		exit(2);
	for (int cpu = 0; cpu < engine->possible_cpus; cpu++)
		values[cpu] = depth;
	check(!bpf_map_update_elem(fd, &zero, values, BPF_ANY), "set the depth", "%u", depth);
	free(values);
}

/* Recorded values in the slots of one level, straight from the map. */
static lg_u64 in_level(const struct lg_engine *engine, int level)
{
	const struct lg_probe *probe = engine->probes;
	size_t levels = probe->counters->value_size / sizeof(struct lg_counters);
	struct lg_counters *slots = calloc((size_t)engine->possible_cpus * levels, sizeof(*slots));
	lg_u64 recorded = 0;
	lg_u32 zero = 0;

	if (!slots || bpf_map_lookup_elem(probe->counters->fd, &zero, slots))
		exit(2);
	for (int cpu = 0; cpu < engine->possible_cpus; cpu++)
		recorded += slots[(size_t)cpu * levels + (size_t)level].recorded;
	free(slots);
	return recorded;
}

/* A raise interrupts a softirq that is entered, which may write starts as well. */
static void softirqs(void)
{
	struct lg_engine *engine = engine_with("softirq", "h_softirq_raise", NULL);
	struct lg_error err;
	struct result r;

	printf("# softirqs\n");
	lg_engine_arm(engine, 1, &err);
	lg_engine_open(engine);
	for (int i = 0; i < 50; i++)
		pass_ms(2);
	lg_engine_drain(engine);
	lg_engine_close(engine);
	check(in_level(engine, 0) == 0 && in_level(engine, 1) > 0,
	      "raises and softirqs count apart", "%llu recorded by raises",
	      (unsigned long long)in_level(engine, 0));
	read_result(engine, 1, &r);
	check(r.counters.recorded == in_level(engine, 1) && balanced(&r), "and both are in the sum",
	      "recorded %llu", (unsigned long long)r.counters.recorded);
	lg_engine_free(engine);
}

void test_nest(void)
{
	struct lg_engine *engine = engine_with("operation_nest", "h_operation", NULL);
	struct child child = child_start();
	struct lg_error err;
	struct result r;

	printf("# nesting\n");
	lg_engine_scope(engine, child.pid);
	lg_engine_arm(engine, 1, &err);
	lg_engine_open(engine);
	child_order(&child, ORDER_NEXT, 1);
	for (lg_u32 depth = 0; depth < 4; depth++) {
		pretend_depth(engine, depth);
		child_order(&child, ORDER_NEXT, 1);
	}
	pretend_depth(engine, 0);
	lg_engine_drain(engine);
	lg_engine_close(engine);
	for (int level = 0; level < 4; level++)
		check(in_level(engine, level) == 1, "one end per level", "level %d", level);
	read_result(engine, 1, &r);
	check(r.counters.recorded == 4 && count_of(&r, 1) == 4 && r.censored == 1 && balanced(&r),
	      "and all of them in the sum", "recorded %llu",
	      (unsigned long long)r.counters.recorded);
	child_stop(&child);
	lg_engine_free(engine);
	softirqs();
}
