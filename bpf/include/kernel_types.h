/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Hand-kept declarations of what every probe needs of the kernel. Only the
 * fields in use are listed; preserve_access_index makes each access a CO-RE
 * relocation, so order and offsets here mean nothing. Subsystem types are in
 * kernel_block.h, kernel_fs.h, kernel_irq.h, kernel_timer.h and kernel_binder.h.
 */
#ifndef LATGATE_KERNEL_TYPES_H
#define LATGATE_KERNEL_TYPES_H

/* For bpf_tracing.h: registers carry the kernel's names (di, not rdi). */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__
#endif

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;
typedef _Bool bool;

enum { false = 0, true = 1 };

#define NULL ((void *)0)

/* From the BPF user API. */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_EXIST = 2,
};

enum {
	BPF_F_NO_PREALLOC = 1,
	BPF_F_STACK_BUILD_ID = 1 << 5, /* of a map */
	BPF_F_USER_STACK = 1 << 8, /* of bpf_get_stackid() */
	BPF_F_MMAPABLE = 1 << 10,
	BPF_F_CURRENT_CPU = 0xffffffffULL,
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
};

enum {
	LG_TASK_RUNNING = 0,
	LG_PF_FORKNOEXEC = 0x00000040,
	LG_PF_KTHREAD = 0x00200000,
	LG_PIDTYPE_SID = 3,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

enum pid_type {
	PIDTYPE_SID = LG_PIDTYPE_SID,
};

struct signal_struct {
	struct pid *pids[4];
};

struct task_struct {
	unsigned int __state; /* 5.14 on; a long named `state` before: struct task_struct___state */
	unsigned int flags;
	unsigned int on_cpu; /* a byte since 7.2 */
	int pid;
	int tgid;
	char comm[16];
	struct signal_struct *signal;
	struct task_struct *group_leader;
	struct css_set *cgroups;
};

struct css_set {
	struct cgroup *dfl_cgrp; /* of the hierarchy of version 2 */
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
	int level; /* the root has 0 */
	struct cgroup *ancestors[1]; /* by level, itself included; 6.1 on */
};

struct cgroup___ids {
	u64 ancestor_ids[1]; /* before */
};

struct task_struct___state {
	long state;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long di, si, dx, cx, r8, r9, r10, sp, bp, ax, orig_ax, ip;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};
struct pt_regs {
	struct user_pt_regs user_regs;
	__u64 orig_x0;
	__s32 syscallno;
};
#elif defined(__TARGET_ARCH_arm)
struct pt_regs {
	unsigned long uregs[18];
};
#else
struct pt_regs {
	unsigned long lg_no_target_arch;
};
#endif

#pragma clang attribute pop

#endif
