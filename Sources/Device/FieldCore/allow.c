/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "allow.h"

#include <linux/bpf.h>
#include <string.h>

#include "declaration.h"

/* Prefixes of the kernel's trace events, without and with their system. */
static const struct {
	const char *system, *event;
} events[] = {
	{"sched", "sched_switch"},
	{"sched", "sched_waking"},
	{"sched", "sched_wakeup"},
	{"sched", "sched_wakeup_new"},
	{"sched", "sched_process_exit"},
	{"task", "task_newtask"},
	{"block", "block_rq_"},
	{"block", "block_bio_"},
	{"irq", "irq_handler_"},
	{"irq", "softirq_"},
	{"irq", "tasklet_"},
	{"ext4", "ext4_sync_file_"},
	{"ext4", "ext4_da_write_"},
	{"f2fs", "f2fs_sync_file_"},
	{"f2fs", "f2fs_write_checkpoint"},
	{"f2fs", "f2fs_gc_"},
	{"jbd2", "jbd2_commit_"},
	{"vmscan", "mm_vmscan_direct_reclaim_"},
	{"vmscan", "mm_vmscan_kswapd_"},
	{"compaction", "mm_compaction_"},
	{"binder", "binder_"},
	{"timer", "hrtimer_expire_"},
	{"timer", "timer_expire_"},
	{"workqueue", "workqueue_queue_work"},
	{"workqueue", "workqueue_execute_"},
	{"writeback", "writeback_start"},
	{"writeback", "writeback_written"},
	{"writeback", "writeback_single_inode"},
	{"writeback", "writeback_single_inode_start"},
	{"dma_fence", "dma_fence_"},
	{"regulator", "regulator_"},
	{"scsi", "scsi_dispatch_cmd_"},
	{"spi", "spi_transfer_"},
	{"v4l2", "v4l2_qbuf"},
	{"v4l2", "v4l2_dqbuf"},
	{"power", "cpu_frequency"},
	{"power", "cpu_idle"},
	{"ufs", "ufshcd_"},
	{"mmc", "mmc_request_"},
};

/* Fields whose values say nothing of a person: they may be labels and conditions. */
static const char *const label_fields[] = {
	"vec",	 "irq",	    "dev",	  "cpu",    "cpu_id",	 "order", "op",
	"type",	 "reason",  "state",	  "nid",    "zid",	 "rw",	  "ret",
	"minor", "bus_num", "cmd_opcode", "opcode", "direction", "str_t",
};

/* Functions that kprobes may be set on. */
static const char *const functions[] = {
	"blk_",	   "ext4_sync_file",	 "f2fs_sync_file",  "try_to_free_pages",
	"binder_", "__handle_irq_event", "handle_softirqs", "__do_softirq",
};

static const uint32_t program_types[] = {
	BPF_PROG_TYPE_KPROBE,
	BPF_PROG_TYPE_TRACEPOINT,
	BPF_PROG_TYPE_RAW_TRACEPOINT,
	BPF_PROG_TYPE_TRACING,
};

static const uint32_t map_types[] = {
	BPF_MAP_TYPE_HASH,	   BPF_MAP_TYPE_ARRAY,	  BPF_MAP_TYPE_PERCPU_HASH,
	BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH,
	BPF_MAP_TYPE_TASK_STORAGE,
};

/*
 * Those that read, or write only maps and the program's own stack. No output but maps. Plain
 * probe_read also reads what processes have in memory; libbpf puts it in place of
 * probe_read_kernel on kernels before 5.5, after this list was asked.
 */
static const int32_t helpers[] = {
	BPF_FUNC_map_lookup_elem,      BPF_FUNC_map_update_elem,
	BPF_FUNC_map_delete_elem,      BPF_FUNC_ktime_get_ns,
	BPF_FUNC_ktime_get_boot_ns,    BPF_FUNC_jiffies64,
	BPF_FUNC_probe_read_kernel,    BPF_FUNC_probe_read_kernel_str,
	BPF_FUNC_get_smp_processor_id, BPF_FUNC_get_current_pid_tgid,
	BPF_FUNC_get_current_task,     BPF_FUNC_get_current_task_btf,
	BPF_FUNC_task_storage_get,     BPF_FUNC_task_storage_delete,
	BPF_FUNC_per_cpu_ptr,	       BPF_FUNC_this_cpu_ptr,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_one_of(uint32_t value, const uint32_t *list, size_t count)
{
	while (count--) {
		if (list[count] == value)
			return true;
	}
	return false;
}

static bool begins_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* An entry that ends with '_' is a family; others are one name. */
static bool is_of(const char *text, const char *entry)
{
	return entry[strlen(entry) - 1] == '_' ? begins_with(text, entry) : !strcmp(text, entry);
}

static bool event_allowed(const char *system, const char *event)
{
	for (size_t i = 0; i < COUNT(events); i++) {
		if ((!system || !strcmp(system, events[i].system)) && is_of(event, events[i].event))
			return true;
	}
	return false;
}

static bool function_allowed(const char *function)
{
	for (size_t i = 0; i < COUNT(functions); i++) {
		if (is_of(function, functions[i]))
			return true;
	}
	return false;
}

/* ---- programs and maps */

static bool attach_point_allowed(const char *section)
{
	char kind[16], system[48];
	const char *point = strchr(section, '/'), *event;

	section += *section == '?';
	if (!point || (size_t)(point - section) >= sizeof(kind))
		return false;
	memcpy(kind, section, (size_t)(point - section));
	kind[point++ - section] = 0;
	if (!strcmp(kind, "tp_btf") || !strcmp(kind, "raw_tp") || !strcmp(kind, "raw_tracepoint"))
		return event_allowed(NULL, point);
	if (!strcmp(kind, "kprobe") || !strcmp(kind, "kretprobe"))
		return function_allowed(point);
	event = strchr(point, '/');
	if ((strcmp(kind, "tp") && strcmp(kind, "tracepoint")) || !event ||
	    (size_t)(event - point) >= sizeof(system))
		return false;
	memcpy(system, point, (size_t)(event - point));
	system[event - point] = 0;
	return event_allowed(system, event + 1);
}

static bool helper_allowed(int32_t helper)
{
	for (size_t i = 0; i < COUNT(helpers); i++) {
		if (helpers[i] == helper)
			return true;
	}
	return false;
}

bool lg_allow_program(const char *section, uint32_t type, const void *instructions, size_t count,
		      char why[LG_WHY])
{
	const struct bpf_insn *instruction = instructions;

	if (!is_one_of(type, program_types, COUNT(program_types)))
		return lg_refuse(why, "program %.64s: kind %u is not on the list", section, type);
	if (!attach_point_allowed(section))
		return lg_refuse(why, "program %.64s: what it attaches to is not on the list",
				 section);
	for (size_t i = 0; i < count; i++) {
		/*
		 * These are the program's own instructions. A function beside it has others, and one of
		 * the kernel looks like that until it is loaded.
		 */
		if (instruction[i].code == (BPF_JMP | BPF_CALL | BPF_X) ||
		    (instruction[i].code == (BPF_JMP | BPF_CALL) && instruction[i].src_reg))
			return lg_refuse(why, "program %.64s: calls a function that is not inline",
					 section);
		if (instruction[i].code == (BPF_JMP | BPF_CALL) &&
		    !helper_allowed(instruction[i].imm))
			return lg_refuse(why, "program %.64s: helper %d is not on the list",
					 section, instruction[i].imm);
		if (instruction[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		/*
		 * The loader writes the descriptors of the object's maps into such constants. One that is
		 * there before is of a map that is not the object's, whatever its type.
		 */
		if (instruction[i].src_reg)
			return lg_refuse(why, "program %.64s: names a map that is not the object's",
					 section);
		/* A 64-bit constant takes two places; the second is no instruction. */
		i++;
	}
	return true;
}

bool lg_allow_map(const char *name, uint32_t type, char why[LG_WHY])
{
	return is_one_of(type, map_types, COUNT(map_types)) ||
	       lg_refuse(why, "map %.64s: type %u is not on the list", name, type);
}

/* ---- trace events */

static bool label_allowed(const char *field)
{
	for (size_t i = 0; i < COUNT(label_fields); i++) {
		if (!strcmp(label_fields[i], field))
			return true;
	}
	return false;
}

static bool labels_allowed(const struct lg_declaration *said, const struct lg_declared_span *span,
			   char why[LG_WHY])
{
	for (lg_u32 i = 0; i < said->key_count; i++) {
		if (span->sources[i] < said->field_count &&
		    !label_allowed(said->fields[span->sources[i]].name))
			return lg_refuse(why, "%.64s: the label %s is not on the list",
					 said->metric, said->fields[span->sources[i]].name);
	}
	return true;
}

static bool spans_allowed(const struct lg_declaration *said, char why[LG_WHY])
{
	for (lg_u32 i = 0; i < said->span_count; i++) {
		const struct lg_declared_span *span = &said->spans[i];
		const struct lg_event_name *ends[] = {&span->from, &span->to};

		for (int end = 0; end < 2; end++) {
			if (!event_allowed(ends[end]->system, ends[end]->event))
				return lg_refuse(why, "%.64s: the event %s/%s is not on the list",
						 said->metric, ends[end]->system, ends[end]->event);
		}
		if (!labels_allowed(said, span, why))
			return false;
	}
	return true;
}

bool lg_allow_spans(const void *spans, size_t size, char why[LG_WHY])
{
	struct lg_declaration said;
	const char *wrong = lg_declaration_read(&said, spans, size);

	if (wrong)
		return lg_refuse(why, "spans: %s", wrong);
	/* Rows and values would carry fields as they are. */
	if (said.kind != LG_KIND_HISTOGRAM || said.single)
		return lg_refuse(why, "%.64s: only durations in histograms are on the list",
				 said.metric);
	/*
	 * A text is a name that the kernel's code has, of an interrupt; a task's is its user's. Each
	 * span has one: those that a kernel lacks are left out, and any other may be all that counts.
	 */
	for (lg_u32 i = 0; i < said.span_count && said.name != LG_SPANS_NONE; i++) {
		if (strcmp(said.spans[i].from.system, "irq"))
			return lg_refuse(why, "%.64s: names of %s are not on the list", said.metric,
					 said.spans[i].from.system);
	}
	for (lg_u32 i = 0; i < said.condition_count; i++) {
		const char *field = said.fields[said.conditions[i].field].name;

		if (!label_allowed(field))
			return lg_refuse(why, "%.64s: a condition on %s is not on the list",
					 said.metric, field);
	}
	return spans_allowed(&said, why);
}
