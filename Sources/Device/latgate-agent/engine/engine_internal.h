/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the files of the engine share. */
#ifndef LATGATE_ENGINE_INTERNAL_H
#define LATGATE_ENGINE_INTERNAL_H

#include "agent_protocol.h"
#include "attach_ladder.h"
#include "engine.h"

struct bpf_map;
struct bpf_object;
struct bpf_program;

enum {
	LG_MAX_HOOKS = 64, /* per probe */
};

/* A map, of a loaded object or pinned by another program. */
struct lg_map {
	char name[64];
	int fd; /* -1 = not made yet */
	lg_u32 type, key_size, value_size, max_entries, flags;
};

struct lg_metric {
	lg_u32 id;
	lg_u32 counters_index;
	lg_u32 kind; /* LG_KIND_* */
	const struct lg_map *map;
	const struct lg_map *low; /* an array for keys that are small numbers, or NULL */
	const struct lg_map *names; /* or NULL */
	const struct lg_map *kernel_traces, *user_traces; /* of stacks; NULL = not taken */
};

struct lg_link;
struct lg_places;

/* A program in use; the baseline is what bpf_stats said when last enabled. */
struct lg_attached {
	char *name, *section;
	struct bpf_program *program; /* NULL = pinned */
	int fd;
	lg_u32 event; /* id of a pinned tracepoint program's event, 0 = ask tracefs */
	struct lg_places *places; /* on the rung uprobe */
	struct lg_link *link; /* NULL = not attached */
	lg_u64 base_runs, base_ns, base_misses;
};

/*
 * The variables that the agent writes, in .bss or in a map of their own; see
 * bpf/include/window.h.
 */
struct lg_bss {
	const struct lg_map *map;
	unsigned char *bytes; /* mapped, or a copy to be pushed as a whole */
	bool mapped; /* since 5.5 */
	size_t window, opened, session, self, epoch; /* offsets */
};

struct lg_probe {
	struct lg_probe *next;
	char *name;
	struct bpf_object *object; /* NULL = pinned: descriptors are the probe's own */
	int lock; /* keeps other agents off the pins; -1 = none */
	struct lg_map *maps;
	size_t map_count;
	const struct lg_map *counters;
	const struct lg_map *rows; /* how many rows CPUs have; NULL = no metric has rows */
	struct lg_metric *metrics;
	size_t metric_count;
	struct lg_attached *programs;
	size_t program_count;
	struct lg_bss bss;
};

struct lg_foreign;
struct lg_journal;

struct lg_engine {
	struct lg_probe *probes; /* in order of loading */
	struct lg_foreign *foreign; /* likewise */
	int possible_cpus;
	enum lg_known canary; /* has the kernel taken a trivial program */
	int canary_errno;
	lg_u32 epoch, state, phase;
	lg_u64 opened_ns, drained_ns, closed_ns;
	int stats_fd; /* -1 = off, or on through the sysctl */
	struct lg_journal *stats_journal; /* of the sysctl that was switched on here, or NULL */
	struct lg_scope scope; /* kind 0 = everyone */
	const struct lg_sites *sites; /* of the next probe to be loaded */
	size_t site_count;
};

/* engine_error.c */
/* Fills err and returns -1. */
__attribute__((format(printf, 3, 4))) int lg_fail(struct lg_error *err, lg_u32 code,
						  const char *format, ...);
/* LG_ERR_REFUSED for EPERM and EACCES, else `otherwise`. errno_value is positive. */
lg_u32 lg_code_of(int errno_value, lg_u32 otherwise);
/* Keeps the useful end of a verifier log: without the statistics, whole lines. */
void lg_log_tail(struct lg_error *err, const char *log);
/* libbpf's own warnings since the last call of lg_warnings_clear(). */
void lg_warnings_capture(void);
void lg_warnings_clear(void);
const char *lg_warnings(void);

/* engine_features.c */
enum lg_known lg_kprobes_known(void);
enum lg_known lg_uprobes_known(void);

/* engine_trial.c */
/* False when parsing the object crashes; no verdict otherwise. */
bool lg_trial_parse(const void *object, size_t size);

/* engine_map.c */
const struct lg_map *lg_find_map(const struct lg_probe *probe, const char *name);
/* Whether the name of a map of an object or its kernel name ends so. */
bool lg_name_ends(const char *name, const char *end);
/* Fits metrics and counters to the probe's maps and checks their layout. */
int lg_probe_bind(struct lg_probe *probe, const struct lg_metric_def *metrics, size_t count,
		  struct lg_error *err);

/* engine_object.c */
/* Lists an opened object's maps and finds .bss in it, before load. */
int lg_object_maps(struct lg_probe *probe, struct lg_error *err);
/* Keeps an opened object's maps out of /sys/fs/bpf: their pins would stay, or be another's. */
void lg_object_unpin(struct bpf_object *object);
/* After load: takes the maps' descriptors; those that were not made are left out. */
void lg_object_adopt(struct lg_probe *probe);
/* Offset of a variable of `size` bytes in a data section, or -1. */
long lg_variable(const struct bpf_object *object, const char *section, const char *name,
		 size_t size);

/* engine_programs.c */
/* Chooses rungs, sets autoload, maps and rodata, reports every hook. */
int lg_probe_choose(struct lg_probe *probe, struct lg_ladder *ladder, const struct lg_scope *scope,
		    lg_hook_fn hook_fn, void *arg, struct lg_error *err);

/* engine_load.c */
/* Why an object could not be loaded; -1. */
int lg_load_failed(const char *probe, int errno_value, const char *log, struct lg_error *err);
bool lg_is_loaded(const struct lg_engine *engine, const char *name);
void lg_probe_add(struct lg_engine *engine, struct lg_probe *probe);
void lg_probe_free(struct lg_probe *probe);

/* engine_foreign.c */
int lg_foreign_attach(struct lg_engine *engine, struct lg_error *err);
void lg_foreign_detach(struct lg_engine *engine);
int lg_foreign_unload(struct lg_engine *engine, const char *name);
void lg_foreign_free(struct lg_engine *engine);

/* engine_manifest.c */
enum {
	LG_MANIFEST_MAX = 64 << 10, /* bytes of its text */
	LG_PIN_NAME = 128,
};

struct lg_pin_hook {
	char *hook, *rung, *program, *section, *why;
	lg_u32 event;
};

/* What was pinned of one probe; a text of lines with fields between tabs, see engine_manifest.c. */
struct lg_manifest {
	char *text; /* all strings point into it */
	const char *probe, *kernel, *build_id;
	const char *window_map;
	lg_u32 window, opened, session, self, epoch; /* offsets in it */
	char **maps;
	size_t map_count;
	struct lg_pin_hook *hooks;
	size_t hook_count;
};

/* Takes over `text` (NUL-terminated, from malloc) in any case. -1 with one line in `why`. */
int lg_manifest_parse(struct lg_manifest *out, char *text, char *why, size_t why_size);
void lg_manifest_free(struct lg_manifest *manifest);
/* Of a directory's pinned map `manifest`, or of a file where one is given. -1 with errno. */
char *lg_manifest_text(const char *directory, const char *file);
/* <directory>/<kind>_<probe>_<name>; false when it is too long. */
bool lg_pin_path(char *path, size_t size, const char *directory, const char *kind,
		 const char *probe, const char *name);

/* engine_attach.c */
/* 0, or -1 with errno; libbpf's warnings say more of a loaded program. */
int lg_attach(struct lg_attached *attached);
void lg_detach(struct lg_attached *attached);
struct perf_event_attr;
/* Opens an event of a CPU that runs a program; its descriptor, or -1 with errno. */
int lg_open_event(struct perf_event_attr *event, int cpu, int program);

/* The first number in a small file, after `prefix` where there is one; -1 without. */
long lg_read_number(const char *directory, const char *name, const char *prefix);
/* The number of a trace event, `group/name`; 0 where tracefs does not say it. */
lg_u32 lg_event_id(const char *event);

/* engine_uprobe.c */
bool lg_is_uprobe(const struct lg_attached *attached);
/* Opens the files of a probe's hooks and holds them against what was given. */
int lg_uprobes_find(struct lg_probe *probe, const struct lg_sites *sites, size_t count,
		    struct lg_error *err);
void lg_places_free(struct lg_places *places);
/* An event for each place, which runs the program; NULL with errno. */
struct lg_uprobes *lg_uprobes_attach(const struct lg_attached *attached, int program);
void lg_uprobes_detach(struct lg_uprobes *uprobes);

/* engine_sample.c */
/* Whether it is a program of the rung perf_event. */
bool lg_is_sampled(const struct lg_attached *attached);
/* An event on every CPU that is online, which runs the program; NULL with errno. */
struct lg_samples *lg_sample(int program);
void lg_sample_stop(struct lg_samples *samples);

/* engine_bss.c */
/* Maps the variables for writing; where that cannot be, `initial` (or zeroes) is copied. */
int lg_bss_map(struct lg_probe *probe, const void *initial, struct lg_error *err);
void lg_bss_free(struct lg_bss *bss);
lg_u32 lg_bss_u32(const struct lg_bss *bss, size_t offset);
/* Stores one variable and, where .bss cannot be mapped, pushes all of it. */
void lg_bss_store_u32(struct lg_bss *bss, size_t offset, lg_u32 value);
void lg_bss_store_u64(struct lg_bss *bss, size_t offset, lg_u64 value);

/* engine_zero.c */
/* Zeroes histograms and counters and empties hash maps of stamps. 0 or -errno. */
int lg_probe_zero(struct lg_probe *probe, int possible_cpus);

/* engine_rows.c */
/* Hands the rows of a metric to the reader; how many there are, or -1. */
long lg_rows_read(const struct lg_probe *probe, const struct lg_metric *metric, int possible_cpus,
		  const struct lg_reader *reader, struct lg_error *err);

/* engine_stacks.c */
/* Finds the maps of a metric's traces. */
int lg_traces_bind(const struct lg_probe *probe, struct lg_metric *metric, struct lg_error *err);
/* Hands a stack to the reader: the key with its ids, and how often it was seen. 0 or -1. */
int lg_stack_read(const struct lg_metric *metric, const void *key, const struct lg_count *count,
		  const struct lg_reader *reader);

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
