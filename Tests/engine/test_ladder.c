/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Decisions of the ladder, on the running kernel's BTF and on files made here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "attach_ladder.h"
#include "harness.h"

static const char kernel_btf[] = "/sys/kernel/btf/vmlinux";

static const struct lg_candidate programs[] = {
	{"wake__raw_tp", "raw_tp/sched_wakeup"},
	{"wake__tp_btf", "tp_btf/sched_wakeup"},
	{"gone__tp_btf", "tp_btf/lg_gone"},
	{"gone__raw_tp", "raw_tp/lg_gone"},
	{"gone__kprobe", "kprobe/lg_gone"},
	{"opt_extra__tracepoint", "tracepoint/lg/extra"},
	{"sync__kprobe_2", "kprobe/lg_second"},
	{"sync__kprobe_1", "kretprobe/lg_first"},
	{"odd__name__raw_tp", "raw_tp/sched_switch"},
	{"clock__perf_event", "perf_event"},
};

enum { PROGRAMS = sizeof(programs) / sizeof(programs[0]), HOOKS = 6 };

static int choose(const struct lg_ladder_sources *sources, struct lg_choice *choices)
{
	struct lg_ladder *ladder;
	char why[512] = "";
	int hooks;

	if (lg_ladder_open(&ladder, sources, why, sizeof(why))) {
		check(false, "open the ladder", "%s", why);
		return -1;
	}
	hooks = lg_ladder_choose(ladder, programs, PROGRAMS, choices, HOOKS, why, sizeof(why));
	lg_ladder_free(ladder);
	return hooks;
}

static void expect(const struct lg_choice *choice, const char *hook, const char *rung,
		   int candidate, const char *why)
{
	check(!strcmp(choice->hook, hook) && !strcmp(choice->rung, rung) &&
		      choice->candidate == candidate && !strcmp(choice->why, why),
	      hook, "%s rung '%s' candidate %d why '%s'", choice->hook, choice->rung,
	      choice->candidate, choice->why);
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (!file)
		exit(2);
	fputs(text, file);
	fclose(file);
}

static void make_dir(const char *dir, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	mkdir(path, 0700);
}

/* A kernel with its own BTF, a tracefs and symbols. */
static void on_own_btf(const char *dir, struct lg_choice *choices)
{
	char tracefs[4200], kallsyms[4200];
	struct lg_ladder_sources sources = {.btf_path = kernel_btf,
					    .btf_in_kernel = LG_YES,
					    .tracefs = tracefs,
					    .kallsyms = kallsyms,
					    .kprobes = LG_YES};

	snprintf(tracefs, sizeof(tracefs), "%s/tracing", dir);
	snprintf(kallsyms, sizeof(kallsyms), "%s/kallsyms", dir);
	make_dir(dir, "tracing");
	make_dir(dir, "tracing/events");
	make_dir(dir, "tracing/events/lg");
	make_dir(dir, "tracing/events/lg/extra");
	write_file(dir, "tracing/events/lg/extra/id", "1\n");
	write_file(dir, "kallsyms",
		   "0000000000000000 T lg_first.constprop.0\n"
		   "0000000000000000 d lg_first\n"
		   "0000000000000000 t lg_second\t[module]\n");
	check(choose(&sources, choices) == HOOKS, "own BTF: all hooks", "other");
	expect(&choices[0], "wake", "tp_btf", 1, "");
	expect(&choices[1], "gone", "", -1,
	       "tp_btf: no tracepoint lg_gone in BTF; raw_tp: no tracepoint lg_gone; "
	       "kprobe: no function lg_gone (removed, renamed or inlined)");
	expect(&choices[2], "extra", "tracepoint", 5, "");
	expect(&choices[3], "sync", "kprobe", 6,
	       "kprobe: no function lg_first (removed, renamed or inlined)");
	expect(&choices[4], "odd__name", "raw_tp", 8, "");
	expect(&choices[5], "clock", "perf_event", 9, "");
	check(choices[2].optional && !choices[1].optional, "only opt_ is optional", "other");
	sources.kprobes = LG_NO;
	choose(&sources, choices);
	expect(&choices[3], "sync", "", -1,
	       "kprobe: the kernel has no kprobes; kprobe: the kernel has no kprobes");
}

static void on_foreign_btf(struct lg_choice *choices)
{
	struct lg_ladder_sources sources = {.btf_path = kernel_btf, .kprobes = LG_UNKNOWN};

	check(choose(&sources, choices) == HOOKS, "BTF from elsewhere: all hooks", "other");
	expect(&choices[0], "wake", "raw_tp", 0, "tp_btf: the kernel carries no BTF of its own");
	expect(&choices[2], "extra", "", -1, "tracepoint: tracefs is not readable");
	sources.btf_path = NULL;
	choose(&sources, choices);
	expect(&choices[0], "wake", "", -1,
	       "tp_btf: no BTF for this kernel; raw_tp: no BTF for this kernel");
}

/* How often a watched file was opened since. */
static int opens(int watch)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t size = read(watch, events, sizeof(events));
	int count = 0;

	for (ssize_t at = 0; at < size; count++)
		at += sizeof(struct inotify_event) +
		      ((const struct inotify_event *)(void *)(events + at))->len;
	return count;
}

/* Cut for one probe, a BTF knows no tracepoints: the kernel's symbols do. */
static void on_cut_btf(const char *dir, struct lg_choice *choices)
{
	char path[4200], kallsyms[4200];
	struct lg_ladder_sources sources = {
		.btf_path = path, .kallsyms = kallsyms, .kprobes = LG_UNKNOWN};
	struct btf *btf = btf__new_empty();
	int watch, opened;
	lg_u32 size = 0;
	const void *raw;
	FILE *file;

	snprintf(path, sizeof(path), "%s/cut.btf", dir);
	snprintf(kallsyms, sizeof(kallsyms), "%s/kallsyms", dir);
	write_file(dir, "kallsyms",
		   "0000000000000000 T __traceiter_sched_wakeup\n"
		   "0000000000000000 d __tracepoint_sched_switch\n"
		   "0000000000000000 t __bpf_trace_lg_gone\n");
	btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	raw = btf__raw_data(btf, &size);
	file = fopen(path, "wb");
	if (!file || fwrite(raw, 1, size, file) != size)
		exit(2);
	fclose(file);
	btf__free(btf);
	watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch < 0 || inotify_add_watch(watch, kallsyms, IN_OPEN) < 0)
		exit(2);
	check(choose(&sources, choices) == HOOKS, "cut BTF: all hooks", "other");
	opened = opens(watch);
	check(opened == 1, "the kernel's symbols are read once", "%d times", opened);
	close(watch);
	expect(&choices[0], "wake", "raw_tp", 0, "tp_btf: the kernel carries no BTF of its own");
	expect(&choices[4], "odd__name", "raw_tp", 8, "");
	expect(&choices[1], "gone", "", -1,
	       "tp_btf: the kernel carries no BTF of its own; raw_tp: no tracepoint lg_gone; "
	       "kprobe: no function lg_gone (removed, renamed or inlined)");
}

/* The kernel makes every line as it is read, with those of modules at the end. */
static void symbols_until_found(void)
{
	static const struct lg_candidate one = {"sync__kprobe", "kprobe/lg_first"};
	static const char other[] = "0000000000000000 t lg_other\n";
	char kallsyms[64], why[512] = "", rest[4096];
	struct lg_ladder_sources sources = {.btf_path = kernel_btf,
					    .btf_in_kernel = LG_YES,
					    .kallsyms = kallsyms,
					    .kprobes = LG_YES};
	struct lg_choice choice;
	struct lg_ladder *ladder;
	ssize_t left;
	int ends[2];

	if (pipe(ends) || dprintf(ends[1], "%sffffffff81000000 T lg_first\n", other) < 0)
		exit(2);
	for (int i = 0; i < 1000; i++)
		dprintf(ends[1], "%s", other);
	close(ends[1]);
	snprintf(kallsyms, sizeof(kallsyms), "/proc/self/fd/%d", ends[0]);
	if (lg_ladder_open(&ladder, &sources, why, sizeof(why)))
		exit(2);
	check(lg_ladder_choose(ladder, &one, 1, &choice, 1, why, sizeof(why)) == 1, "one hook",
	      "%s", why);
	expect(&choice, "sync", "kprobe", 0, "");
	lg_ladder_free(ladder);
	left = read(ends[0], rest, sizeof(rest));
	check(left > 0, "symbols are read until all are found", "%zd bytes are left", left);
	close(ends[0]);
}

static void features_by_btf(void)
{
	struct lg_ladder_sources sources = {.btf_path = kernel_btf, .btf_in_kernel = LG_YES};
	struct lg_ladder *ladder;
	char why[512];

	if (lg_ladder_open(&ladder, &sources, why, sizeof(why)))
		return;
	check(lg_ladder_args(ladder, "sched_wakeup") == 1 &&
		      lg_ladder_args(ladder, "sched_switch") >= 3 &&
		      lg_ladder_args(ladder, "lg_gone") == 0,
	      "arguments of tracepoints", "sched_switch %u",
	      lg_ladder_args(ladder, "sched_switch"));
	lg_ladder_free(ladder);
	sources.btf_path = "/proc/version";
	check(lg_ladder_open(&ladder, &sources, why, sizeof(why)) < 0 &&
		      strstr(why, "/proc/version"),
	      "a file that is no BTF is named", "%s", why);
}

static void broken_conventions(void)
{
	static const struct lg_candidate bad[] = {
		{"wake", "tp_btf/sched_wakeup"},
		{"wake__fentry", "fentry/do_nanosleep"},
		{"wake__raw_tp", "tp_btf/sched_wakeup"},
		{"wake__tracepoint", "tracepoint/sched_wakeup"},
		{"wake__kprobe_x", "kprobe/f"},
		{"__kprobe", "kprobe/f"},
		{"wake__raw_tp", "raw_tp/"},
		{"opt64_wake__raw_tp", "raw_tp/sched_wakeup"},
	};
	struct lg_ladder_sources sources = {0};
	struct lg_choice choices[2];
	struct lg_ladder *ladder;
	char why[512] = "";

	if (lg_ladder_open(&ladder, &sources, why, sizeof(why)))
		return;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(lg_ladder_choose(ladder, &bad[i], 1, choices, 2, why, sizeof(why)) < 0 &&
			      strstr(why, bad[i].program),
		      "a program outside the convention is refused", "%s in %s", bad[i].program,
		      bad[i].section);
	check(lg_ladder_choose(ladder, programs, PROGRAMS, choices, 2, why, sizeof(why)) < 0,
	      "more hooks than there is room for", "%s", why);
	lg_ladder_free(ladder);
}

/* A start without its end is of no use, unless it serves another end. */
static void groups(void)
{
	static const struct lg_candidate grouped[] = {
		{"opt0_sched_wakeup__raw_tp", "raw_tp/sched_wakeup"},
		{"opt0_lg_gone__raw_tp", "raw_tp/lg_gone"},
		{"opt0_63_sched_switch__raw_tp", "raw_tp/sched_switch"},
		{"opt63_sched_process_exit__raw_tp", "raw_tp/sched_process_exit"},
		{"optional__raw_tp", "raw_tp/sched_process_fork"},
	};
	struct lg_ladder_sources sources = {.btf_path = kernel_btf, .btf_in_kernel = LG_YES};
	struct lg_choice choices[5];
	struct lg_ladder *ladder;
	char why[512] = "";

	if (lg_ladder_open(&ladder, &sources, why, sizeof(why)))
		return;
	check(lg_ladder_choose(ladder, grouped, 5, choices, 5, why, sizeof(why)) == 5,
	      "hooks in groups", "%s", why);
	expect(&choices[0], "sched_wakeup", "", -1,
	       "of no use: the kernel lacks lg_gone, which it belongs to");
	expect(&choices[1], "lg_gone", "", -1, "raw_tp: no tracepoint lg_gone");
	expect(&choices[2], "sched_switch", "raw_tp", 2, "");
	expect(&choices[3], "sched_process_exit", "raw_tp", 3, "");
	expect(&choices[4], "optional", "raw_tp", 4, "");
	check(choices[2].optional && !choices[4].optional, "hooks in groups are optional", "other");
	lg_ladder_free(ladder);
}

void test_ladder(void)
{
	struct lg_choice choices[HOOKS];
	char dir[] = "/tmp/latgate-ladder-XXXXXX";
	char command[64];

	printf("# ladder\n");
	if (!mkdtemp(dir))
		exit(2);
	on_own_btf(dir, choices);
	on_foreign_btf(choices);
	on_cut_btf(dir, choices);
	symbols_until_found();
	features_by_btf();
	broken_conventions();
	groups();
	snprintf(command, sizeof(command), "rm -r %s", dir);
	if (system(command))
		check(false, "clean up", "%s", dir);
}
