/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "commands.h"
#include "loop.h"
#include "pages.h"

static void before(void *arg, lg_u64 index)
{
	struct lg_pages *pages = arg;

	if (index % pages->count == 0)
		lg_pages_drop(pages);
}

static int op(void *arg, lg_u64 index)
{
	struct lg_pages *pages = arg;

	pages->start[index % pages->count * pages->page] = 1;
	return 0;
}

static int run(const struct lg_options *options)
{
	struct lg_pages pages;
	struct lg_loop loop = {.op = op, .before = before, .arg = &pages};
	int code = lg_pages_map(&pages, options->mib);

	return code ? code : lg_loop_run(&loop, options);
}

const struct lg_command lg_command_fault = {
	.name = "fault",
	.summary = "First touches of anonymous memory, dropped and touched again",
	.operation = "the page fault of one page out of --mib (16) MiB",
	.options = LG_OPT_MIB,
	.defaults = {.ops = 100000, .mib = 16},
	.run = run,
};
