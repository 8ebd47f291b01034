/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_LADDER_INTERNAL_H
#define LATGATE_LADDER_INTERNAL_H

#include "attach_ladder.h"

enum lg_rung {
	LG_RUNG_TP_BTF,
	LG_RUNG_RAW_TP,
	LG_RUNG_TRACEPOINT,
	LG_RUNG_KPROBE,
	LG_RUNG_UPROBE,
	LG_RUNG_PERF_EVENT,
	LG_RUNGS
};

/* A candidate taken apart; target and category point into its section. */
struct lg_program {
	char hook[LG_LADDER_NAME];
	bool optional;
	unsigned long long groups; /* bit n: the hook is of group n */
	enum lg_rung rung;
	int order; /* the <n> of the name, 0 without */
	const char *target; /* tracepoint or function; of perf_event the section */
	char category[LG_LADDER_NAME]; /* tracepoint rung */
};

const char *lg_rung_name(enum lg_rung rung);

/* False when name or section do not follow the convention. */
bool lg_program_parse(struct lg_program *out, const struct lg_candidate *candidate);

struct btf;
struct lg_symbol;

/* The symbols that were asked for, or will be. */
struct lg_symbols {
	struct lg_symbol *list;
	size_t count;
	bool unreadable;
	bool modules; /* some are of modules */
};

struct lg_ladder {
	struct lg_ladder_sources sources; /* strings owned */
	struct btf *btf; /* NULL = none */
	struct lg_symbols symbols;
};

/* BTF that describes a tracepoint (vmlinux or a module), and the typedef's id; NULL = none. */
int lg_btf_tracepoint_args(struct lg_ladder *ladder, const char *tracepoint);
bool lg_btf_has_function(const struct lg_ladder *ladder, const char *name);

/* By tracefs; LG_UNKNOWN without it. A NULL category matches any. */
enum lg_known lg_tracefs_has_event(const struct lg_ladder *ladder, const char *category,
				   const char *event);
/* Notes what the program may make the ladder ask kallsyms, so that one pass answers all of it. */
void lg_symbols_want(struct lg_ladder *ladder, const struct lg_program *program);
void lg_symbols_free(struct lg_ladder *ladder);
/* By kallsyms: a function that a kprobe can name; LG_UNKNOWN without it. */
enum lg_known lg_kallsyms_has_function(struct lg_ladder *ladder, const char *name);
/* By kallsyms: the tracepoint's own symbol; LG_UNKNOWN without it. */
enum lg_known lg_kallsyms_has_tracepoint(struct lg_ladder *ladder, const char *name);

#endif
