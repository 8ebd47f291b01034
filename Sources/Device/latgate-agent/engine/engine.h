/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The engine: everything the agent does with BPF. It loads probe objects over
 * the attach ladder, turns the window word, waits for operations in flight and
 * reads histograms. It knows no frames and runs no steps; the same engine
 * serves driven and field mode.
 */
#ifndef LATGATE_ENGINE_H
#define LATGATE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "probe_abi.h"

struct lg_engine;

struct lg_metric_def {
	lg_u32 id;
	const char *map;
	lg_u32 counters_index;
	const char *names_map; /* or NULL */
	lg_u32 kind; /* LG_KIND_* */
};

/* One line for people and the tail of the verifier log. code is LG_ERR_* of agent_protocol.h, 0 = fine. */
struct lg_error {
	lg_u32 code;
	char text[512];
	char log[4096];
};

struct lg_hook_report {
	const char *hook;
	const char *rung; /* "" = none fits */
	const char *program;
	const char *why; /* why higher rungs were passed over, or "" */
};

enum {
	LG_SITES_MAX = 256, /* of a hook */
	LG_SITE_CODE_MAX = 16,
	LG_FILE_ID_MAX = 128,
};

/* A place in a program or library, and what stands there. */
struct lg_site {
	lg_u64 offset; /* in the file */
	lg_u64 semaphore; /* likewise, of 2 bytes: how many listen to it; 0 = none */
	lg_u32 size;
	unsigned char code[LG_SITE_CODE_MAX];
};

/* Where a hook of the rung uprobe is. */
struct lg_sites {
	const char *hook, *path;
	const unsigned char *id; /* contents of a note that the file must have */
	size_t id_size; /* 0 = it has none that is known */
	const struct lg_site *sites;
	size_t count;
};

typedef void (*lg_hook_fn)(void *arg, const struct lg_hook_report *report);

int lg_engine_new(struct lg_engine **out, struct lg_error *err);
void lg_engine_free(struct lg_engine *engine); /* detaches and unloads everything */

/* Loads a program that does nothing, once; 0 or an error that names what refused it. */
int lg_engine_canary(struct lg_engine *engine, struct lg_error *err);

/*
 * Feature lines "name=yes|no|unknown[: why]"; calls fn once per feature. Loads
 * nothing: bpf is unknown before the canary.
 */
void lg_engine_features(struct lg_engine *engine, void (*fn)(void *arg, const char *line),
			void *arg);

/* Where tracefs is mounted and readable, or NULL. */
const char *lg_tracefs_path(void);

/*
 * Whose operations the probes measure that are loaded from now on; their objects
 * must be built for it. NULL = everyone's, by objects that are not.
 */
void lg_engine_restrict(struct lg_engine *engine, const struct lg_scope *scope);

/*
 * Where hooks of the next probe to be loaded are in files of the device: its load
 * looks whether each file is the one that is meant, and keeps it open, so that
 * another one that takes its name is never attached to. `sites` must last until then.
 */
void lg_engine_place(struct lg_engine *engine, const struct lg_sites *sites, size_t count);

/* The object is copied where needed. On failure nothing of the probe stays loaded. */
int lg_engine_load(struct lg_engine *engine, const char *probe, const void *object, size_t size,
		   const struct lg_metric_def *metrics, size_t metric_count, const char *btf_path,
		   lg_hook_fn hook_fn, void *arg, struct lg_error *err);
int lg_engine_unload(struct lg_engine *engine, const char *probe);

/* An object that was written for another tool. */
struct lg_foreign_def {
	const char *const *programs; /* to be loaded, by name */
	size_t program_count;
	const char *btf_path; /* NULL = the kernel's own */
};

enum {
	LG_ENTRIES_MAX = 65536, /* of a map that are read */
	LG_VALUE_MAX = 256 << 10, /* bytes of a value on all CPUs */
	LG_MAP_BYTES_MAX = 64 << 20, /* of all keys and values of a map */
};

/* Loads it as the other tool would: it knows no window, and hooks are its programs. */
int lg_engine_load_foreign(struct lg_engine *engine, const char *probe, const void *object,
			   size_t size, const struct lg_foreign_def *def, lg_hook_fn hook_fn,
			   void *arg, struct lg_error *err);
/* Called with each entry of a map as it is; values of per-CPU maps follow each other, padded to 8. */
typedef int (*lg_entry_fn)(void *arg, const void *key, size_t key_size, const void *value,
			   size_t size);
/* At any time. Stops with what fn returns when that is not 0. */
int lg_engine_read_map(struct lg_engine *engine, const char *probe, const char *map, lg_entry_fn fn,
		       void *arg, struct lg_error *err);

/* Where probes are pinned by default; a directory per probe. */
#define LG_PIN_ROOT "/sys/fs/bpf/latgate"
/* Where manifests of probes are that Android's bpfloader pinned, all in LG_PIN_ROOT. */
#define LG_PIN_FILES "/system/etc/latgate"

/*
 * Takes a probe that was pinned at boot: nothing is loaded. `directory` holds its
 * pins; NULL = looked for in the two places above. LG_ERR_UNSUPPORTED when
 * there are no pins of this release, LG_ERR_BUSY when another agent uses them,
 * LG_ERR_REFUSED when this process may not open them.
 */
int lg_engine_load_pinned(struct lg_engine *engine, const char *probe, const char *directory,
			  const char *manifest_file, const struct lg_metric_def *metrics,
			  size_t metric_count, lg_hook_fn hook_fn, void *arg, struct lg_error *err);
/* Calls fn for each probe whose pins this process may open; returns why there are none, or NULL. */
const char *lg_engine_pins(void (*fn)(void *arg, const char *probe, const char *directory),
			   void *arg);

struct lg_pin_rules {
	const char *root; /* a directory of a bpf file system, such as LG_PIN_ROOT */
	gid_t group; /* may open the pins */
	const char *build_id; /* of the kernel, "" = unknown */
};

/*
 * Pins a loaded probe as <root>/<probe>/…, with a manifest of its hooks as they
 * were reported. 0 also when it is pinned already. On failure nothing is left.
 */
int lg_engine_pin(struct lg_engine *engine, const char *probe, const struct lg_pin_rules *rules,
		  const struct lg_hook_report *hooks, size_t hook_count, struct lg_error *err);
bool lg_engine_pinned_already(const char *root, const char *probe);

int lg_engine_attach(struct lg_engine *engine, struct lg_error *err);
void lg_engine_detach(struct lg_engine *engine);

/* Session id of the running step; 0 = none. Store before the window opens. */
void lg_engine_scope(struct lg_engine *engine, pid_t session);

/*
 * arm() zeroes histograms and counters, takes a fresh epoch and arms the start
 * side; open() begins judging; drain() stops judging new starts; close() ends
 * the epoch and runs membarrier so that no program still writes.
 */
int lg_engine_arm(struct lg_engine *engine, lg_u32 phase, struct lg_error *err);
lg_u64 lg_engine_open(struct lg_engine *engine); /* CLOCK_MONOTONIC ns of the store */
lg_u64 lg_engine_drain(struct lg_engine *engine);
lg_u64
lg_engine_in_flight(struct lg_engine *engine); /* judged operations without an end, all metrics */
lg_u64 lg_engine_close(struct lg_engine *engine);

/* Where something happened, and how often. */
struct lg_stack {
	const void *key; /* of the label */
	size_t key_size;
	struct lg_count count;
	const lg_u64 *kernel; /* return addresses, innermost first */
	size_t kernel_frames;
	const void *user; /* struct bpf_stack_build_id, likewise */
	size_t user_frames;
	bool lost; /* a trace found no room */
};

struct lg_reader {
	void *arg;
	int (*histogram)(void *arg, lg_u32 metric_id, const void *key, size_t key_size,
			 const char *label_name, const struct lg_hist_sum *hist);
	int (*count)(void *arg, lg_u32 metric_id, const void *key, size_t key_size,
		     const char *label_name, const struct lg_count *count);
	/* Of one CPU, in the order of time; called as often as there are CPUs with rows. */
	int (*rows)(void *arg, lg_u32 metric_id, const void *rows, size_t row_size, size_t count);
	int (*stack)(void *arg, lg_u32 metric_id, const struct lg_stack *stack);
	int (*counters)(void *arg, lg_u32 metric_id, const struct lg_counters *sum, lg_u64 censored,
			lg_u64 censored_age_sum_ns);
};

/* After close(). LG_ERR_INCONSISTENT when a histogram's buckets do not sum to its count. */
int lg_engine_read(struct lg_engine *engine, const struct lg_reader *reader, struct lg_error *err);
/* The same of an open window, whose programs go on: numbers may not balance, and nothing is proven. */
int lg_engine_look(struct lg_engine *engine, const struct lg_reader *reader, struct lg_error *err);

int lg_engine_stats_enable(struct lg_engine *engine, bool enable, struct lg_error *err);
void lg_engine_stats(struct lg_engine *engine,
		     void (*fn)(void *arg, const char *probe, const char *program, lg_u64 runs,
				lg_u64 ns, lg_u64 recursion_misses),
		     void *arg);
/* Memory of the kernel that maps take which were made for probes; pinned ones are not among them. */
lg_u64 lg_engine_map_bytes(const struct lg_engine *engine);

#endif
