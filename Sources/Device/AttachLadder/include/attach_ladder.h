/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Which way each hook of a probe is attached on a given kernel: the rungs are
 * tp_btf, raw_tp, tracepoint, kprobe, best first; uprobe is for functions of
 * processes, and perf_event is the clock of every CPU. The decision asks the kernel's BTF, tracefs and kallsyms, never a
 * version number, so the agent can make it on its own kernel and the host from
 * files of a firmware.
 */
#ifndef LATGATE_ATTACH_LADDER_H
#define LATGATE_ATTACH_LADDER_H

#include <stdbool.h>
#include <stddef.h>

enum { LG_LADDER_NAME = 128, LG_LADDER_WHY = 512, LG_LADDER_GROUPS = 64 };

enum lg_known { LG_UNKNOWN = -1, LG_NO = 0, LG_YES = 1 };

struct btf;

/* What is known of the kernel. NULL = there is none or it cannot be read. */
struct lg_ladder_sources {
	/* /sys/kernel/btf/vmlinux, or a file made from the build's vmlinux (possibly cut). */
	const char *btf_path;
	/* Directory of module BTF beside it, or NULL. */
	const char *module_btf_dir;
	/* The kernel itself has this BTF: without, tp_btf cannot attach. */
	enum lg_known btf_in_kernel;
	const char *tracefs; /* mount point */
	const char *kallsyms;
	enum lg_known kprobes; /* can kprobes be made at all */
	enum lg_known uprobes; /* and uprobes */
	/*
	 * The kernel is known by its files only: what none of them says is
	 * unknown instead of absent. The BTF must then be whole.
	 */
	bool elsewhere;
	/*
	 * Types of the kernel as far as they are asked for, in place of those of btf_path and of
	 * modules, or NULL. The ladder takes them over, unless it cannot be opened.
	 */
	struct btf *types;
};

struct lg_ladder;

/*
 * 0, or -errno with one line in `why`: the BTF path was given and cannot be
 * read. Missing tracefs or kallsyms are no error.
 */
int lg_ladder_open(struct lg_ladder **out, const struct lg_ladder_sources *sources, char *why,
		   size_t why_size);
void lg_ladder_free(struct lg_ladder *ladder);

/* Gives back the types that it was opened with, or NULL; after the last question. */
struct btf *lg_ladder_take_types(struct lg_ladder *ladder);

/* A program of the object. */
struct lg_candidate {
	const char *program; /* [opt[<group>_...]_]<hook>__<rung>[_<n>] */
	/*
	 * tp_btf/<tp>, raw_tp/<tp>, tracepoint/<cat>/<tp>, k[ret]probe/<fn>, perf_event, or
	 * u[ret]probe/<hook>, whose places in which file are given beside the object
	 */
	const char *section;
};

/* The decision for one hook. */
struct lg_choice {
	char hook[LG_LADDER_NAME]; /* without opt_ */
	bool optional; /* its absence is no failure */
	unsigned long long groups; /* it serves these; 0: of none */
	const char *rung; /* "" when none fits */
	int candidate; /* index of the program, -1 when none fits */
	bool unknown; /* none is known to fit, but one may: see why */
	char why[LG_LADDER_WHY]; /* why the rungs above were passed over, or "" */
};

/*
 * Hooks of a group are of use together only: one of which no group is whole has
 * no program, and its why names a hook that is absent.
 *
 * Fills at most `max` choices, one per hook in order of first appearance, and
 * returns how many there are; -EINVAL with a line in `why` when a program's
 * name or section does not follow the convention, -E2BIG for too many hooks.
 */
int lg_ladder_choose(struct lg_ladder *ladder, const struct lg_candidate *candidates, size_t count,
		     struct lg_choice *choices, size_t max, char *why, size_t why_size);

/* Number of arguments of a tracepoint by BTF; 0 = unknown. */
unsigned int lg_ladder_args(struct lg_ladder *ladder, const char *tracepoint);

/* Tracing programs may use task-local storage. */
bool lg_ladder_task_storage(struct lg_ladder *ladder);

#endif
