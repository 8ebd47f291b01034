/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Functions of processes: this program's own, which leaves by two instructions. */
#define _GNU_SOURCE
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

/* Its instructions have names, so that no disassembler is needed. */
int uprobe_work(int way);
extern const unsigned char uprobe_work_left[], uprobe_work_right[];
__asm__(".text\n"
	".globl uprobe_work\n"
	".type uprobe_work, @function\n"
	"uprobe_work:\n"
	"	test %edi, %edi\n"
	"	je 1f\n"
	"	mov $1, %eax\n"
	".globl uprobe_work_left\n"
	"uprobe_work_left:\n"
	"	ret\n"
	"1:	mov $2, %eax\n"
	".globl uprobe_work_right\n"
	"uprobe_work_right:\n"
	"	ret\n"
	".size uprobe_work, . - uprobe_work\n");

/* How many listen to it, which the kernel counts. */
volatile unsigned short uprobe_semaphore __attribute__((section(".probes")));

struct program {
	lg_u64 base;
	unsigned char id[LG_FILE_ID_MAX];
	size_t id_size;
	lg_u64 segment, offset;
	lg_u64 data, data_end, data_offset; /* what is written to */
};

/* This program is the first that is listed. */
static int note_program(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct program *program = arg;

	(void)size;
	program->base = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		const unsigned char *note = (const void *)(info->dlpi_addr + segment->p_vaddr);
		const unsigned char *end = note + segment->p_memsz;
		ElfW(Nhdr) head;

		if (segment->p_type == PT_LOAD && segment->p_flags & PF_X) {
			program->segment = segment->p_vaddr;
			program->offset = segment->p_offset;
		}
		if (segment->p_type == PT_LOAD && segment->p_flags & PF_W) {
			program->data = segment->p_vaddr;
			program->data_end = segment->p_vaddr + segment->p_filesz;
			program->data_offset = segment->p_offset;
		}
		while (segment->p_type == PT_NOTE && note + sizeof(head) <= end) {
			memcpy(&head, note, sizeof(head));
			note += sizeof(head) + ((head.n_namesz + 3) & ~3u);
			if (head.n_type == NT_GNU_BUILD_ID && head.n_descsz <= LG_FILE_ID_MAX) {
				memcpy(program->id, note, head.n_descsz);
				program->id_size = head.n_descsz;
			}
			note += (head.n_descsz + 3) & ~3u;
		}
	}
	return 1;
}

static struct lg_site site_of(const struct program *program, const void *address)
{
	struct lg_site site = {.size = 4};

	site.offset =
		(lg_u64)(uintptr_t)address - program->base - program->segment + program->offset;
	memcpy(site.code, address, site.size);
	return site;
}

static int load_with(struct lg_engine *engine, const struct lg_sites *sites, size_t count,
		     struct hooks *hooks, struct lg_error *err)
{
	lg_engine_place(engine, sites, count);
	return load(engine, "uprobe", "h_work", NULL, 1, hooks, err);
}

static void counts(struct lg_engine *engine, const struct lg_sites *sites)
{
	enum { CALLS = 1000 };
	struct lg_error err;
	struct hooks hooks = {""};
	struct result result;
	int sum = 0;

	if (load_with(engine, sites, 2, &hooks, &err) || lg_engine_attach(engine, &err) ||
	    lg_engine_arm(engine, 1, &err)) {
		check(false, "a function of a process is attached to", "%s", err.text);
		return;
	}
	check(strstr(hooks.text, "work=uprobe() work_return=uprobe()"), "both hooks are reported",
	      "%s", hooks.text);
	sum += uprobe_work(0);
	lg_engine_open(engine);
	for (int i = 0; i < CALLS; i++)
		sum += uprobe_work(i & 1);
	lg_engine_drain(engine);
	sum += uprobe_work(1);
	lg_engine_close(engine);
	read_result(engine, 1, &result);
	check(result.counters.recorded == CALLS && result.counters.started == CALLS &&
		      !result.counters.no_start && balanced(&result),
	      "every call is counted, whichever way it returns", "%llu of %d, %llu started",
	      (unsigned long long)result.counters.recorded, CALLS,
	      (unsigned long long)result.counters.started);
	check(sum == 3 + CALLS * 3 / 2, "it returns what it did before", "%d", sum);
	lg_engine_detach(engine);
	check(!memcmp((const void *)uprobe_work, sites[0].sites[0].code, 4) &&
		      !memcmp(uprobe_work_left, sites[1].sites[0].code, 4),
	      "its code is as before", "breakpoints are left");
	lg_engine_unload(engine, "uprobe");
}

static void refuses(struct lg_engine *engine, const char *name, const struct lg_sites *sites,
		    size_t count, lg_u32 code, const char *says)
{
	struct lg_error err;
	int rc = load_with(engine, sites, count, NULL, &err);

	check(rc && err.code == code && strstr(err.text, says), name, "rc %d code %u: %s", rc,
	      err.code, err.text);
}

/* Where a variable of the program's is in its file. */
static lg_u64 place_of_data(const struct program *program, const volatile void *variable)
{
	lg_u64 address = (lg_u64)(uintptr_t)variable - program->base;

	return address >= program->data && address < program->data_end
		       ? address - program->data + program->data_offset
		       : 0;
}

static void sets_semaphores(struct lg_engine *engine, const struct program *program,
			    const struct lg_sites *sites)
{
	struct lg_site entry = sites[0].sites[0], ends[2];
	struct lg_sites own[2] = {sites[0], sites[1]};
	struct lg_error err;
	int rc;

	memcpy(ends, sites[1].sites, sizeof(ends));
	own[0].sites = &entry;
	own[1].sites = ends;
	entry.semaphore = ends[0].semaphore = place_of_data(program, &uprobe_semaphore);
	check(entry.semaphore && !uprobe_semaphore, "a semaphore is in the file, and is 0", "%d",
	      uprobe_semaphore);
	rc = load_with(engine, own, 2, NULL, &err);
	check(!rc && !uprobe_semaphore, "a load sets no semaphore", "%d: %s", uprobe_semaphore,
	      err.text);
	rc = lg_engine_attach(engine, &err);
	check(!rc && uprobe_semaphore == 2, "each place that is attached to counts in it", "%d: %s",
	      uprobe_semaphore, err.text);
	lg_engine_detach(engine);
	check(!uprobe_semaphore, "nothing is left in it", "%d", uprobe_semaphore);
	lg_engine_unload(engine, "uprobe");
	entry.semaphore = 1ull << 32;
	refuses(engine, "a semaphore beyond 4 GiB is refused", own, 2, LG_ERR_UNSUPPORTED,
		"is beyond 4 GiB");
}

/* What is no file is not opened: that may start something. */
static void is_not_opened(struct lg_engine *engine, struct lg_sites *sites)
{
	char directory[] = "/tmp/latgate-uprobe-XXXXXX", path[64], events[4096];
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (!mkdtemp(directory) || watch < 0) {
		printf("Bail out! no directory or no inotify\n");
		exit(2);
	}
	snprintf(path, sizeof(path), "%s/pipe", directory);
	sites->path = path;
	if (mkfifo(path, 0600) || inotify_add_watch(watch, path, IN_OPEN) < 0) {
		perror(path);
		exit(2);
	}
	refuses(engine, "a pipe is refused", sites, 2, LG_ERR_UNSUPPORTED, "is no file");
	check(read(watch, events, sizeof(events)) < 0, "what is no file is not opened", "it was");
	close(watch);
	unlink(path);
	rmdir(directory);
}

void test_uprobe(void)
{
	struct program program = {0};
	struct lg_engine *engine = engine_or_exit();
	struct lg_site entry, ends[2];
	struct lg_sites sites[2] = {
		{.hook = "work", .path = "/proc/self/exe", .sites = &entry, .count = 1},
		{.hook = "work_return", .path = "/proc/self/exe", .sites = ends, .count = 2},
	};
	struct lg_sites wrong[2];
	struct lg_error err;
	struct lg_site moved;
	unsigned char id[LG_FILE_ID_MAX];

	dl_iterate_phdr(note_program, &program);
	entry = site_of(&program, (const void *)uprobe_work);
	ends[0] = site_of(&program, uprobe_work_left);
	ends[1] = site_of(&program, uprobe_work_right);
	sites[0].id = sites[1].id = program.id;
	sites[0].id_size = sites[1].id_size = program.id_size;
	check(program.id_size, "this program has a build-id", "link it with --build-id");
	counts(engine, sites);
	sets_semaphores(engine, &program, sites);

	memcpy(wrong, sites, sizeof(wrong));
	moved = ends[0];
	moved.offset++;
	wrong[1].sites = &moved;
	wrong[1].count = 1;
	refuses(engine, "other code at a place is refused", wrong, 2, LG_ERR_UNSUPPORTED,
		"has other code at 0x");
	moved.offset = 1ull << 62;
	refuses(engine, "a place outside the file is refused", wrong, 2, LG_ERR_UNSUPPORTED,
		"has other code at 0x");
	memcpy(wrong, sites, sizeof(wrong));
	memcpy(id, program.id, sizeof(id));
	id[0] ^= 1;
	wrong[0].id = id;
	refuses(engine, "another build is refused", wrong, 2, LG_ERR_UNSUPPORTED,
		"has another build-id");
	memcpy(wrong, sites, sizeof(wrong));
	wrong[0].path = "/proc/self/maps";
	refuses(engine, "what is no program is refused", wrong, 2, LG_ERR_UNSUPPORTED, "build-id");
	wrong[0].path = "/proc/self";
	refuses(engine, "what is no file is refused", wrong, 2, LG_ERR_UNSUPPORTED, "is no file");
	is_not_opened(engine, wrong);
	wrong[0].path = "/lg-absent";
	refuses(engine, "a file that is not there is refused", wrong, 2, LG_ERR_UNSUPPORTED,
		"cannot open /lg-absent");
	refuses(engine, "a hook without a place is refused", sites, 1, LG_ERR_OBJECT,
		"nothing says where work_return is");
	/* A load that fails before it looks at them. */
	lg_engine_place(engine, sites, 2);
	lg_engine_arm(engine, 1, &err);
	check(load(engine, "uprobe", "h_work", NULL, 1, NULL, &err) && err.code == LG_ERR_STATE,
	      "an open window refuses a load", "%s", err.text);
	lg_engine_close(engine);
	check(load(engine, "uprobe", "h_work", NULL, 1, NULL, &err) &&
		      strstr(err.text, "nothing says where work is"),
	      "places are those of one load", "%s", err.text);
	lg_engine_free(engine);
}
