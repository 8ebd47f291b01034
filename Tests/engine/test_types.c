/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The kernel's types cut for an object: the same answers to it as the whole gives. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "harness.h"
#include "kernel_types.h"

enum { INSNS_MOST = 4096, PROGRAMS_MOST = 16 };

static struct bpf_object *opened(const char *name, const char *types)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "latgate", .btf_custom_path = types);
	size_t size;
	void *bytes = object_bytes(name, &size);
	struct bpf_object *object = bpf_object__open_mem(bytes, size, &opts);

	free(bytes);
	if (!object) {
		printf("Bail out! %s cannot be opened\n", name);
		exit(2);
	}
	return object;
}

static bool write_file(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write(fd, bytes, size) == (ssize_t)size;

	if (fd >= 0)
		close(fd);
	return good;
}

/* The bit where a member begins, or -1. */
static long place_of(const struct btf *types, const char *structure, const char *member)
{
	int id = btf__find_by_name_kind(types, structure, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? btf__type_by_id(types, (lg_u32)id) : NULL;

	for (int i = 0; type && i < btf_vlen(type); i++) {
		if (!strcmp(btf__name_by_offset(types, btf_members(type)[i].name_off), member))
			return btf_member_bit_offset(type, (lg_u32)i);
	}
	return -1;
}

static void same_ids(const struct btf *cut, const struct btf *whole)
{
	static const char tracepoint[] = "btf_trace_sched_switch";

	check(btf__type_cnt(cut) == btf__type_cnt(whole), "as many types", "%u, not %u",
	      btf__type_cnt(cut), btf__type_cnt(whole));
	check(btf__find_by_name_kind(cut, tracepoint, BTF_KIND_TYPEDEF) ==
		      btf__find_by_name_kind(whole, tracepoint, BTF_KIND_TYPEDEF),
	      "a tracepoint keeps its id", "%d",
	      btf__find_by_name_kind(cut, tracepoint, BTF_KIND_TYPEDEF));
	check(place_of(cut, "task_struct", "pid") > 0 &&
		      place_of(cut, "task_struct", "pid") == place_of(whole, "task_struct", "pid"),
	      "a member keeps its place", "%ld", place_of(cut, "task_struct", "pid"));
	check(btf__find_by_name_kind(whole, "vm_operations_struct", BTF_KIND_STRUCT) > 0 &&
		      btf__find_by_name_kind(cut, "vm_operations_struct", BTF_KIND_STRUCT) < 0,
	      "what is not asked for has no name", "%d",
	      btf__find_by_name_kind(cut, "vm_operations_struct", BTF_KIND_STRUCT));
}

/* Loads what needs no ids of the kernel; the programs' instructions without what names a map. */
static size_t relocated(const char *name, const char *types, struct bpf_insn *out)
{
	struct bpf_object *object = opened(name, types);
	struct bpf_program *program;
	size_t count = 0;

	bpf_object__for_each_program(program, object) bpf_program__set_autoload(
		program, !strncmp(bpf_program__section_name(program), "raw_tp/", 7));
	if (bpf_object__load(object)) {
		bpf_object__close(object);
		return 0;
	}
	bpf_object__for_each_program(program, object)
	{
		const struct bpf_insn *insns = bpf_program__insns(program);

		if (!bpf_program__autoload(program))
			continue;
		for (size_t i = 0; i < bpf_program__insn_cnt(program) && count < INSNS_MOST; i++) {
			out[count] = insns[i];
			if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && insns[i].src_reg)
				out[count].imm = 0;
			count++;
		}
	}
	bpf_object__close(object);
	return count;
}

static void same_programs(const char *name, const char *cut)
{
	struct bpf_insn *one = calloc(INSNS_MOST, sizeof(*one));
	struct bpf_insn *other = calloc(INSNS_MOST, sizeof(*other));
	size_t count = relocated(name, cut, one), whole = relocated(name, NULL, other);

	check(count && count == whole && !memcmp(one, other, count * sizeof(*one)),
	      "programs become the same", "%s: %zu and %zu instructions", name, count, whole);
	free(one);
	free(other);
}

/* A module that has one struct of that name. */
static void write_module(const char *path, struct btf *base, const char *name)
{
	struct btf *module = btf__new_empty_split(base);
	const void *bytes;
	lg_u32 size = 0;

	if (!module || btf__add_struct(module, name, 8) < 0 ||
	    !(bytes = btf__raw_data(module, &size)) || !write_file(path, bytes, size)) {
		printf("Bail out! a module's types cannot be written\n");
		exit(2);
	}
	btf__free(module);
}

static void by_modules(const char *directory, struct btf *whole)
{
	struct bpf_object *object = opened("runqueue_raw", NULL);
	char module[128], kernel[128];
	struct btf *cut;

	snprintf(module, sizeof(module), "%s/module", directory);
	snprintf(kernel, sizeof(kernel), "%s/vmlinux", directory);
	if (symlink(LG_KERNEL_TYPES "/vmlinux", kernel)) {
		perror("symlink");
		exit(2);
	}
	write_module(module, whole, "lg_of_no_one");
	cut = lg_types_cut(directory, object);
	check(cut, "a module with other names is of no concern", "%s", "nothing is cut");
	btf__free(cut);
	/* The probe's own type, which the kernel cannot have. */
	write_module(module, whole, "lg_counters");
	cut = lg_types_cut(directory, object);
	check(!cut, "a module with a wanted name takes the whole", "%s", "it was cut");
	btf__free(cut);
	unlink(kernel);
	unlink(module);
	write_file(kernel, "\x9f\xeb\1\0\xff", 5);
	cut = lg_types_cut(directory, object);
	check(!cut, "a torn file is not cut", "%s", "it was");
	btf__free(cut);
	unlink(kernel);
	bpf_object__close(object);
}

/* What tasks are asked for: one struct with a member. */
static unsigned char *small_types(size_t *size)
{
	struct btf *types = btf__new_empty();
	const void *bytes = NULL;
	unsigned char *copy;
	lg_u32 length = 0;

	if (types && btf__add_ptr(types, 0) == 1 && btf__add_struct(types, "task_struct", 8) == 2 &&
	    !btf__add_field(types, "bpf_storage", 1, 0, 0))
		bytes = btf__raw_data(types, &length);
	copy = bytes ? malloc(length) : NULL;
	if (!copy) {
		printf("Bail out! types cannot be made\n");
		exit(2);
	}
	memcpy(copy, bytes, length);
	btf__free(types);
	*size = length;
	return copy;
}

/* A word of the file at each place is another; whatever it is, nothing is read beyond the file. */
static void malformed(const char *directory)
{
	static const lg_u32 values[] = {0, 1, 3, 23, 25, 0x7fffffff, 0x80000000, 0xfffffff0, ~0u};
	/* struct btf_header: where the types and the names are, and how long. */
	enum { HEADER_LENGTH = 4, TYPES = 8, TYPES_LENGTH = 12, NAMES = 16, MEMBER_TYPE = 24 + 28 };
	static const struct {
		size_t place;
		lg_u32 value;
	} faults[] = {
		{HEADER_LENGTH, 0},	    {HEADER_LENGTH, 25}, {TYPES, 0xfffffff0},
		{TYPES_LENGTH, 0xfffffff0}, {TYPES_LENGTH, 16},	 {NAMES, 0xffffffe8},
		{24 + 12, 0x7fffffff}, /* the struct's name */
		{24 + 16, 0x0400ffff}, /* its kind, with 65535 members */
		{24 + 16, 0x1f000001}, /* another kind */
		{MEMBER_TYPE, 3},
	};
	size_t size;
	unsigned char *good = small_types(&size), *bytes = malloc(size);
	char path[128];
	struct btf *cut;

	snprintf(path, sizeof(path), "%s/vmlinux", directory);
	write_file(path, good, size);
	cut = lg_types_cut(directory, NULL);
	check(cut && place_of(cut, "task_struct", "bpf_storage") == 0, "few types are cut as well",
	      "%s", cut ? "the member is not there" : "they are not");
	btf__free(cut);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		memcpy(bytes, good, size);
		memcpy(bytes + faults[i].place, &faults[i].value, sizeof(faults[i].value));
		write_file(path, bytes, size);
		cut = lg_types_cut(directory, NULL);
		check(!cut, "malformed types are not cut", "0x%x at %zu", faults[i].value,
		      faults[i].place);
		btf__free(cut);
	}
	for (size_t at = 4; at + 4 <= size; at += 4) {
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			memcpy(bytes, good, size);
			memcpy(bytes + at, &values[i], sizeof(values[i]));
			write_file(path, bytes, size);
			btf__free(lg_types_cut(directory, NULL));
		}
	}
	for (size_t length = 0; length < size; length++) {
		write_file(path, good, length);
		cut = lg_types_cut(directory, NULL);
		if (cut)
			check(false, "a file that ends early is not cut", "%zu bytes", length);
		btf__free(cut);
	}
	unlink(path);
	free(good);
	free(bytes);
}

void test_types(void)
{
	static const char *const names[] = {"runqueue_raw", "operation_raw", "block"};
	struct btf *whole = btf__parse(LG_KERNEL_TYPES "/vmlinux", NULL);
	char directory[] = "/tmp/latgate-types-XXXXXX", path[128];

	printf("# kernel types\n");
	if (!whole || !mkdtemp(directory)) {
		printf("Bail out! no types of this kernel, or no directory\n");
		exit(2);
	}
	snprintf(path, sizeof(path), "%s/cut", directory);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bpf_object *object = opened(names[i], NULL);
		struct btf *cut = lg_types_cut(LG_KERNEL_TYPES, object);
		const void *bytes;
		lg_u32 size = 0, all = 0;

		check(cut, "types can be cut", "%s", names[i]);
		bpf_object__close(object);
		if (!cut)
			continue;
		bytes = btf__raw_data(cut, &size);
		btf__raw_data(whole, &all);
		check(size < all / 2, "they are less than half", "%u of %u bytes", size, all);
		if (!i)
			same_ids(cut, whole);
		check(bytes && write_file(path, bytes, size), "they can be written", "%s", path);
		btf__free(cut);
		same_programs(names[i], path);
		unlink(path);
	}
	by_modules(directory, whole);
	malformed(directory);
	rmdir(directory);
	btf__free(whole);
}
