// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Operations on regular files that took long: reads, writes and syncs, with the file's name. */
#define LG_METRICS 1
#define LG_NEST_LEVELS 4
#define LG_ROWS
#include "probe.h"

enum {
	METRIC_OPERATION = 0,
	OP_READ = 0,
	OP_WRITE = 1,
	OP_SYNC = 2,
	MAX_OPERATIONS = 8192,
	ROWS = 1024,
	NAME = 64,
	SLOW_NS = 1000000,
	MODE_FORMAT = 0170000,
	MODE_REGULAR = 0100000,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

struct inode {
	unsigned short i_mode;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
};

#pragma clang attribute pop

struct row {
	u64 time_ns;
	u64 duration;
	u64 pid;
	char comm[LG_COMM_LEN];
	u64 class_;
	u64 op;
	s64 ret;
	char file[NAME];
};

LG_ROW_ARRAY(e_fileslower_operation, struct row, ROWS);

struct key {
	u32 tid;
	u32 op; /* a write may sync */
};

struct operation {
	struct lg_stamp stamp;
	u64 file;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_OPERATIONS);
	__type(key, struct key);
	__type(value, struct operation);
} s_fileslower SEC(".maps");

static __always_inline void begins(struct file *file, u32 op, u32 word)
{
	struct key key = {.tid = bpf_get_current_pid_tgid(), .op = op};
	struct lg_counters *c = lg_metric(METRIC_OPERATION);
	struct inode *inode = lg_read_pointer(file, f_inode);
	struct operation *operation, fresh = {};

	if (!c || (lg_read(inode, i_mode, false) & MODE_FORMAT) != MODE_REGULAR)
		return;
	operation = bpf_map_lookup_elem(&s_fileslower, &key);
	if (!operation) {
		if (bpf_map_update_elem(&s_fileslower, &key, &fresh, BPF_NOEXIST) &&
		    lg_judged(word))
			c->map_full++;
		operation = bpf_map_lookup_elem(&s_fileslower, &key);
		if (!operation)
			return;
	}
	operation->file = (u64)file;
	lg_start(&operation->stamp, word, bpf_ktime_get_ns(), lg_class_current(), c);
}

static __always_inline void fill(struct row *row, const struct lg_span *span, struct file *file,
				 u32 op, s64 ret)
{
	struct dentry *dentry = lg_read_pointer(file, f_path.dentry);

	row->time_ns = span->start_offset_ns + span->duration_ns;
	row->duration = span->duration_ns;
	row->pid = bpf_get_current_pid_tgid() >> 32;
	row->class_ = span->class_;
	row->op = op;
	row->ret = ret;
	bpf_get_current_comm(row->comm, sizeof(row->comm));
	if (bpf_probe_read_kernel_str(row->file, sizeof(row->file),
				      lg_read_pointer(dentry, d_name.name)) < 0)
		row->file[0] = 0;
}

static __always_inline void ends(u32 op, s64 ret, u32 word, u64 now)
{
	struct key key = {.tid = bpf_get_current_pid_tgid(), .op = op};
	struct lg_counters *c = lg_metric(METRIC_OPERATION);
	struct operation *operation = bpf_map_lookup_elem(&s_fileslower, &key);
	struct lg_span span;
	struct row *row;

	/* Of a pipe, a socket or a device. */
	if (!c || !operation)
		return;
	if (lg_end(&operation->stamp, word, now, c, &span)) {
		row = lg_record_span_row(&e_fileslower_operation, METRIC_OPERATION, &span, SLOW_NS,
					 c);
		if (row)
			fill(row, &span, (struct file *)operation->file, op, ret);
	}
	bpf_map_delete_elem(&s_fileslower, &key);
}

SEC("kprobe/vfs_read")
int opt0_vfs_read__kprobe(struct pt_regs *ctx)
{
	return LG_NESTED(begins((struct file *)PT_REGS_PARM1(ctx), OP_READ, word));
}

SEC("kretprobe/vfs_read")
int opt0_vfs_read_return__kprobe(struct pt_regs *ctx)
{
	return LG_NESTED_END(ends(OP_READ, PT_REGS_RC(ctx), word, now));
}

SEC("kprobe/vfs_write")
int opt1_vfs_write__kprobe(struct pt_regs *ctx)
{
	return LG_NESTED(begins((struct file *)PT_REGS_PARM1(ctx), OP_WRITE, word));
}

SEC("kretprobe/vfs_write")
int opt1_vfs_write_return__kprobe(struct pt_regs *ctx)
{
	return LG_NESTED_END(ends(OP_WRITE, PT_REGS_RC(ctx), word, now));
}

SEC("kprobe/vfs_fsync_range")
int opt2_vfs_fsync_range__kprobe(struct pt_regs *ctx)
{
	return LG_NESTED(begins((struct file *)PT_REGS_PARM1(ctx), OP_SYNC, word));
}

SEC("kretprobe/vfs_fsync_range")
int opt2_vfs_fsync_range_return__kprobe(struct pt_regs *ctx)
{
	return LG_NESTED_END(ends(OP_SYNC, PT_REGS_RC(ctx), word, now));
}
