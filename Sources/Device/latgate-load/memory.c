/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "commands.h"
#include "loop.h"
#include "pages.h"
#include "random.h"

struct held {
	struct lg_pages pages;
	lg_u64 random;
};

static int op(void *arg, lg_u64 index)
{
	struct held *held = arg;

	held->pages.start[lg_random(&held->random) % held->pages.count * held->pages.page] =
		(char)index;
	return 0;
}

static int run(const struct lg_options *options)
{
	struct held held = {.random = 1};
	struct lg_loop loop = {.op = op, .arg = &held};
	int code = lg_pages_map(&held.pages, options->mib);

	if (code)
		return code;
	/* Unlike zero pages, these differ: neither merging nor compression makes them vanish. */
	for (lg_u64 i = 0; i < held.pages.bytes; i += sizeof(lg_u64))
		*(volatile lg_u64 *)(held.pages.start + i) = lg_random(&held.random);
	return lg_loop_run(&loop, options);
}

const struct lg_command lg_command_memory = {
	.name = "memory",
	.summary =
		"Memory pressure: holds --mib of incompressible pages and touches them at random",
	.operation = "a write to a random page out of --mib (64) MiB; slow when it was reclaimed",
	.options = LG_OPT_MIB,
	.defaults = {.ops = 100000, .mib = 64},
	.run = run,
};
