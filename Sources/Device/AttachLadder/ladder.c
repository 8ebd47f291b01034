/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "ladder_internal.h"

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

int lg_ladder_open(struct lg_ladder **out, const struct lg_ladder_sources *sources, char *why,
		   size_t why_size)
{
	struct lg_ladder *ladder = calloc(1, sizeof(*ladder));
	int err;

	if (!ladder)
		return -ENOMEM;
	ladder->sources = *sources;
	ladder->sources.btf_path = copy(sources->btf_path);
	ladder->sources.module_btf_dir = copy(sources->module_btf_dir);
	ladder->sources.tracefs = copy(sources->tracefs);
	ladder->sources.kallsyms = copy(sources->kallsyms);
	ladder->btf = sources->types;
	if (!ladder->btf && sources->btf_path) {
		ladder->btf = btf__parse(sources->btf_path, NULL);
		if (!ladder->btf) {
			err = errno ? -errno : -EINVAL;
			snprintf(why, why_size, "cannot read BTF from %s: %s", sources->btf_path,
				 strerror(-err));
			lg_ladder_free(ladder);
			return err;
		}
	}
	*out = ladder;
	return 0;
}

struct btf *lg_ladder_take_types(struct lg_ladder *ladder)
{
	struct btf *types = ladder->sources.types;

	if (types)
		ladder->btf = ladder->sources.types = NULL;
	return types;
}

void lg_ladder_free(struct lg_ladder *ladder)
{
	if (!ladder)
		return;
	btf__free(ladder->btf);
	lg_symbols_free(ladder);
	free((char *)ladder->sources.btf_path);
	free((char *)ladder->sources.module_btf_dir);
	free((char *)ladder->sources.tracefs);
	free((char *)ladder->sources.kallsyms);
	free(ladder);
}

/* Appends "rung: reason", parted by "; " from what is there. */
__attribute__((format(printf, 2, 3))) static void add_reason(struct lg_choice *choice,
							     const char *format, ...)
{
	size_t used = strlen(choice->why);
	va_list args;

	if (used && used + 3 < sizeof(choice->why)) {
		memcpy(choice->why + used, "; ", 3);
		used += 2;
	}
	va_start(args, format);
	vsnprintf(choice->why + used, sizeof(choice->why) - used, format, args);
	va_end(args);
}

/* BTF knows every tracepoint of its kernel unless it was cut; tracefs and kallsyms then help out. */
static bool tracepoint_exists(struct lg_ladder *ladder, const char *name)
{
	return lg_btf_tracepoint_args(ladder, name) >= 0 ||
	       lg_tracefs_has_event(ladder, NULL, name) == LG_YES ||
	       lg_kallsyms_has_tracepoint(ladder, name) == LG_YES;
}

/*
 * Whether what no source knows may be in a module. System.map and a list that was
 * taken before modules were loaded have no module's symbols.
 */
static bool may_be_in_module(const struct lg_ladder *ladder)
{
	return ladder->sources.elsewhere && (!ladder->sources.kallsyms || !ladder->symbols.modules);
}

/* No source knows the tracepoint: absent, or in a module that files of the kernel do not cover. */
static enum lg_known tracepoint_absent(const struct lg_ladder *ladder, bool own)
{
	return may_be_in_module(ladder) && !own ? LG_UNKNOWN : LG_NO;
}

/* Why that is not known. */
static const char *no_modules(const struct lg_ladder *ladder)
{
	return ladder->sources.kallsyms ? ", and kallsyms names no module's symbols"
					: ", and no kallsyms given to find a module's";
}

static enum lg_known kprobe_fits(struct lg_ladder *ladder, const struct lg_program *program,
				 struct lg_choice *choice)
{
	enum lg_known known = lg_kallsyms_has_function(ladder, program->target);

	if (ladder->sources.kprobes == LG_NO) {
		add_reason(choice, "kprobe: the kernel has no kprobes");
		return LG_NO;
	}
	if (known == LG_UNKNOWN && lg_btf_has_function(ladder, program->target))
		known = LG_YES;
	if (known == LG_UNKNOWN && ladder->sources.elsewhere) {
		add_reason(choice, "kprobe: unknown, no kallsyms given to find %s in",
			   program->target);
		return LG_UNKNOWN;
	}
	if (known == LG_NO && may_be_in_module(ladder)) {
		add_reason(choice, "kprobe: no function %s%s", program->target, no_modules(ladder));
		return LG_UNKNOWN;
	}
	if (known != LG_YES) {
		add_reason(choice, "kprobe: no function %s (removed, renamed or inlined)",
			   program->target);
		return LG_NO;
	}
	if (ladder->sources.kprobes == LG_UNKNOWN && ladder->sources.elsewhere) {
		add_reason(choice, "kprobe: unknown, no config of the kernel was given");
		return LG_UNKNOWN;
	}
	return LG_YES;
}

static enum lg_known uprobe_fits(struct lg_ladder *ladder, struct lg_choice *choice)
{
	if (ladder->sources.uprobes == LG_NO) {
		add_reason(choice, "uprobe: the kernel has no uprobes (CONFIG_UPROBE_EVENTS)");
		return LG_NO;
	}
	if (ladder->sources.uprobes == LG_UNKNOWN && ladder->sources.elsewhere) {
		add_reason(choice, "uprobe: unknown, no config of the kernel was given");
		return LG_UNKNOWN;
	}
	return LG_YES;
}

static enum lg_known tp_btf_fits(struct lg_ladder *ladder, const struct lg_program *program,
				 struct lg_choice *choice)
{
	if (ladder->sources.btf_in_kernel == LG_NO) {
		add_reason(choice, "tp_btf: the kernel carries no BTF of its own");
		return LG_NO;
	}
	if (lg_btf_tracepoint_args(ladder, program->target) < 0) {
		add_reason(choice, "tp_btf: no tracepoint %s in BTF", program->target);
		return LG_NO;
	}
	if (ladder->sources.btf_in_kernel == LG_UNKNOWN) {
		add_reason(choice, "tp_btf: unknown whether the kernel itself carries BTF");
		return LG_UNKNOWN;
	}
	return LG_YES;
}

static enum lg_known tracepoint_fits(struct lg_ladder *ladder, const struct lg_program *program,
				     bool own, struct lg_choice *choice)
{
	enum lg_known known = lg_tracefs_has_event(ladder, program->category, program->target);

	if (known == LG_YES)
		return LG_YES;
	if (known == LG_UNKNOWN && ladder->sources.elsewhere) {
		if (tracepoint_exists(ladder, program->target))
			return LG_YES;
		add_reason(choice, "tracepoint: no event %s:%s in BTF%s", program->category,
			   program->target,
			   tracepoint_absent(ladder, own) == LG_NO ? "" : no_modules(ladder));
		return tracepoint_absent(ladder, own);
	}
	if (known == LG_UNKNOWN)
		add_reason(choice, "tracepoint: tracefs is not readable");
	else
		add_reason(choice, "tracepoint: no event %s:%s", program->category,
			   program->target);
	return LG_NO;
}

/*
 * Whether the program can attach; if it is not sure, the reason is added to the
 * choice. `own`: the hook is the kernel's own, never a module's, since a rung of
 * it is tp_btf.
 */
static enum lg_known fits(struct lg_ladder *ladder, const struct lg_program *program, bool own,
			  struct lg_choice *choice)
{
	if (!ladder->btf) {
		add_reason(choice, "%s: no BTF for this kernel", lg_rung_name(program->rung));
		return LG_NO;
	}
	switch (program->rung) {
	case LG_RUNG_TP_BTF:
		return tp_btf_fits(ladder, program, choice);
	case LG_RUNG_RAW_TP:
		if (tracepoint_exists(ladder, program->target))
			return LG_YES;
		add_reason(choice, "raw_tp: no tracepoint %s%s%s", program->target,
			   tracepoint_absent(ladder, own) == LG_NO ? "" : " in BTF",
			   tracepoint_absent(ladder, own) == LG_NO ? "" : no_modules(ladder));
		return tracepoint_absent(ladder, own);
	case LG_RUNG_TRACEPOINT:
		return tracepoint_fits(ladder, program, own, choice);
	case LG_RUNG_UPROBE:
		return uprobe_fits(ladder, choice);
	case LG_RUNG_PERF_EVENT:
		/* Every kernel with BPF in tracing has the clock of each CPU. */
		return LG_YES;
	default:
		return kprobe_fits(ladder, program, choice);
	}
}

static int find_hook(struct lg_choice *choices, int count, const char *hook)
{
	for (int i = 0; i < count; i++) {
		if (!strcmp(choices[i].hook, hook))
			return i;
	}
	return -1;
}

/* The programs of one hook from the best rung down, by <n> within a rung. */
static void choose_hook(struct lg_ladder *ladder, struct lg_choice *choice,
			const struct lg_program *programs, size_t count)
{
	bool own = false;
	long done = -1;

	for (size_t i = 0; i < count; i++)
		own |= programs[i].rung == LG_RUNG_TP_BTF &&
		       !strcmp(programs[i].hook, choice->hook);
	for (;;) {
		long best = -1, best_rank = 0;
		enum lg_known known;

		for (size_t i = 0; i < count; i++) {
			long rank =
				(programs[i].rung * 1001L + programs[i].order) * 1000L + (long)i;

			if (strcmp(programs[i].hook, choice->hook) || rank <= done)
				continue;
			if (best < 0 || rank < best_rank) {
				best = (long)i;
				best_rank = rank;
			}
		}
		if (best < 0)
			return;
		known = fits(ladder, &programs[best], own, choice);
		if (known == LG_YES) {
			choice->candidate = (int)best;
			choice->rung = lg_rung_name(programs[best].rung);
			choice->unknown = false;
			return;
		}
		choice->unknown |= known == LG_UNKNOWN;
		done = best_rank;
	}
}

/* A hook of the group that is absent for certain; NULL: there is none. */
static const struct lg_choice *absent_of(const struct lg_choice *choices, int hooks, int group)
{
	for (int i = 0; i < hooks; i++) {
		if (choices[i].groups >> group & 1 && choices[i].candidate < 0 &&
		    !choices[i].unknown)
			return &choices[i];
	}
	return NULL;
}

/* What each group lacks is looked up before any hook is dropped for it. */
static void drop_useless(struct lg_choice *choices, int hooks)
{
	const struct lg_choice *absent[LG_LADDER_GROUPS];

	for (int group = 0; group < LG_LADDER_GROUPS; group++)
		absent[group] = absent_of(choices, hooks, group);
	for (int i = 0; i < hooks; i++) {
		const struct lg_choice *missing = NULL;
		bool useful = !choices[i].groups || !choices[i].optional;

		for (int group = 0; group < LG_LADDER_GROUPS && !useful; group++) {
			if (!(choices[i].groups >> group & 1))
				continue;
			if (absent[group])
				missing = absent[group];
			else
				useful = true;
		}
		if (useful || choices[i].candidate < 0)
			continue;
		choices[i].candidate = -1;
		choices[i].rung = "";
		snprintf(choices[i].why, sizeof(choices[i].why),
			 "of no use: the kernel lacks %.100s, which it belongs to", missing->hook);
	}
}

int lg_ladder_choose(struct lg_ladder *ladder, const struct lg_candidate *candidates, size_t count,
		     struct lg_choice *choices, size_t max, char *why, size_t why_size)
{
	struct lg_program *programs;
	int hooks = 0, err = 0;

	if (count > 1000)
		return -E2BIG;
	programs = calloc(count ? count : 1, sizeof(*programs));
	if (!programs)
		return -ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		int at;

		if (!lg_program_parse(&programs[i], &candidates[i])) {
			snprintf(why, why_size,
				 "program %s in section %s: expected <hook>__<rung> in a section "
				 "<rung>/<target>, rung one of tp_btf, raw_tp, tracepoint, kprobe, "
				 "uprobe, or perf_event alone",
				 candidates[i].program, candidates[i].section);
			err = -EINVAL;
			break;
		}
		lg_symbols_want(ladder, &programs[i]);
		at = find_hook(choices, hooks, programs[i].hook);
		if (at >= 0) {
			choices[at].optional &= programs[i].optional;
			choices[at].groups |= programs[i].groups;
			continue;
		}
		if ((size_t)hooks == max) {
			snprintf(why, why_size, "more than %zu hooks", max);
			err = -E2BIG;
			break;
		}
		memset(&choices[hooks], 0, sizeof(choices[hooks]));
		memcpy(choices[hooks].hook, programs[i].hook, sizeof(choices[hooks].hook));
		choices[hooks].optional = programs[i].optional;
		choices[hooks].groups = programs[i].groups;
		choices[hooks].candidate = -1;
		choices[hooks].rung = "";
		hooks++;
	}
	for (int i = 0; i < hooks && !err; i++)
		choose_hook(ladder, &choices[i], programs, count);
	if (!err)
		drop_useless(choices, hooks);
	free(programs);
	return err ? err : hooks;
}
