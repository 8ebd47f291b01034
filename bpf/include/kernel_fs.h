/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* File system types; see kernel_types.h. */
#ifndef LATGATE_KERNEL_FS_H
#define LATGATE_KERNEL_FS_H

#include "kernel_types.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct file_system_type {
	const char *name;
};

struct super_block {
	__u32 s_dev;
	struct file_system_type *s_type;
	char s_id[32];
};

struct inode {
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct dentry {
	struct inode *d_inode;
	struct dentry *d_parent;
};

struct file {
	struct inode *f_inode;
};

#pragma clang attribute pop

#endif
