/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the files of the engine share. */
#ifndef LATGATE_ENGINE_INTERNAL_H
#define LATGATE_ENGINE_INTERNAL_H

#include "agent_protocol.h"
#include "attach_ladder.h"
#include "engine.h"

struct bpf_link;
struct bpf_map;
struct bpf_object;
struct bpf_program;

enum {
	LG_MAX_HOOKS = 64, /* per probe */
	LG_MAX_KEY = 128, /* bytes of a label */
};

struct lg_metric {
	lg_u32 id;
	lg_u32 counters_index;
	struct bpf_map *map;
	struct bpf_map *names; /* or NULL */
};

/* A program in use; the baseline is what bpf_stats said when last enabled. */
struct lg_attached {
	struct bpf_program *program;
	struct bpf_link *link; /* NULL = not attached */
	lg_u64 base_runs, base_ns, base_misses;
};

/* The variables in .bss that the agent writes; see bpf/include/window.h. */
struct lg_bss {
	struct bpf_map *map;
	unsigned char *bytes; /* mapped, or a copy to be pushed as a whole */
	bool mapped; /* since 5.5 */
	size_t window, opened, session, self; /* offsets */
};

struct lg_probe {
	struct lg_probe *next;
	char *name;
	struct bpf_object *object;
	struct bpf_map *counters;
	struct lg_metric *metrics;
	size_t metric_count;
	struct lg_attached *programs;
	size_t program_count;
	struct lg_bss bss;
};

struct lg_engine {
	struct lg_probe *probes; /* in order of loading */
	int possible_cpus;
	enum lg_known canary; /* has the kernel taken a trivial program */
	int canary_errno;
	lg_u32 epoch, state, phase;
	lg_u64 opened_ns, drained_ns, closed_ns;
	int stats_fd; /* -1 = off, or on through the sysctl */
	bool stats_sysctl;
};

/* engine_error.c */
/* Fills err and returns -1. */
__attribute__((format(printf, 3, 4))) int lg_fail(struct lg_error *err, lg_u32 code,
						  const char *format, ...);
/* LG_ERR_REFUSED for EPERM and EACCES, else `otherwise`. errno_value is positive. */
lg_u32 lg_code_of(int errno_value, lg_u32 otherwise);
/* Keeps the end of a verifier log that tells most: without the statistics, whole lines. */
void lg_log_tail(struct lg_error *err, const char *log);
/* libbpf's own warnings since the last call of lg_warnings_clear(). */
void lg_warnings_capture(void);
void lg_warnings_clear(void);
const char *lg_warnings(void);

/* engine_features.c */
const char *lg_tracefs_path(void); /* NULL = none mounted or readable */
enum lg_known lg_kprobes_known(void);

/* engine_trial.c */
/* False when parsing the object crashes; no verdict otherwise. */
bool lg_trial_parse(const void *object, size_t size);

/* engine_object.c */
/* Finds metrics, counters and .bss and checks their layout before load. */
int lg_probe_bind(struct lg_probe *probe, const struct lg_metric_def *metrics, size_t count,
		  struct lg_error *err);
/* Offset of a variable of `size` bytes in a data section, or -1. */
long lg_variable(const struct bpf_object *object, const char *section, const char *name,
		 size_t size);

/* engine_programs.c */
/* Chooses rungs, sets autoload, maps and rodata, reports every hook. */
int lg_probe_choose(struct lg_probe *probe, struct lg_ladder *ladder, lg_hook_fn hook_fn, void *arg,
		    struct lg_error *err);

/* engine_load.c */
void lg_probe_free(struct lg_probe *probe);

/* engine_bss.c */
/* Stores one variable and, where .bss cannot be mapped, pushes all of it. */
void lg_bss_store_u32(struct lg_bss *bss, size_t offset, lg_u32 value);
void lg_bss_store_u64(struct lg_bss *bss, size_t offset, lg_u64 value);

/* engine_zero.c */
/* Zeroes histograms and counters and empties hash maps of stamps. 0 or -errno. */
int lg_probe_zero(struct lg_probe *probe, int possible_cpus);

/* engine_counters.c */
/* Sums one metric's counters over CPUs and nesting levels. 0 or -errno. */
int lg_counters_sum(const struct lg_probe *probe, lg_u32 index, int possible_cpus,
		    struct lg_counters *sum);
/* started - recorded - overwritten - cancelled; negative = inconsistent. */
long long lg_counters_in_flight(const struct lg_counters *sum);

/* engine_quiesce.c */
/* Returns once every program that read the window word before has ended. */
void lg_quiesce(void);
bool lg_membarrier_works(void);

lg_u64 lg_now_ns(void);

#endif
