/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Functions of processes. Where they begin and end in a file is the host's
 * finding; whether this file is the one that was looked at is checked here,
 * before anything is written into its code: a breakpoint that is not at the begin
 * of an instruction breaks the program.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "engine_internal.h"

static const char uprobe_source[] = "/sys/bus/event_source/devices/uprobe";
static const char entry_prefix[] = "uprobe/", return_prefix[] = "uretprobe/";

/* The places of one program. */
struct lg_places {
	int file;
	size_t count;
	struct {
		lg_u64 offset, semaphore;
	} sites[];
};

struct lg_uprobes {
	size_t count;
	int events[];
};

enum {
	SEGMENTS_MAX = 64,
	NOTES_MAX = 64 << 10, /* bytes of one segment of them */
};

/* How far up in an event's config a semaphore stands; -1 where the kernel counts none. */
static long semaphore_shift(void)
{
	long shift = lg_read_number(uprobe_source, "format/ref_ctr_offset", "config:");

	return shift > 0 && shift <= 32 ? shift : -1;
}

/* The hook that a section names; NULL for one of another rung. */
static const char *hook_of(const struct lg_attached *attached, bool *on_return)
{
	const char *section = attached->section;

	*on_return = !strncmp(section, return_prefix, sizeof(return_prefix) - 1);
	if (*on_return)
		return section + sizeof(return_prefix) - 1;
	if (!strncmp(section, entry_prefix, sizeof(entry_prefix) - 1))
		return section + sizeof(entry_prefix) - 1;
	return NULL;
}

bool lg_is_uprobe(const struct lg_attached *attached)
{
	bool on_return;

	return attached->program && hook_of(attached, &on_return);
}

static bool read_at(int file, void *to, size_t size, lg_u64 offset)
{
	return offset < INT64_MAX && pread(file, to, size, (off_t)offset) == (ssize_t)size;
}

/* Whether a note has these contents; notes are {u32 name, contents, type}, then both, padded to 4. */
static bool notes_hold(const unsigned char *bytes, size_t size, const struct lg_sites *sites)
{
	lg_u32 head[3];

	for (size_t at = 0; size - at >= sizeof(head);) {
		lg_u64 content, end;

		memcpy(head, bytes + at, sizeof(head));
		content = at + sizeof(head) + (((lg_u64)head[0] + 3) & ~3ull);
		end = content + (((lg_u64)head[1] + 3) & ~3ull);
		if (content + head[1] > size)
			return false;
		if (head[1] == sites->id_size &&
		    !memcmp(bytes + content, sites->id, sites->id_size))
			return true;
		at = end < size ? (size_t)end : size;
	}
	return false;
}

static bool notes_have(int file, lg_u64 offset, lg_u64 size, const struct lg_sites *sites)
{
	unsigned char *bytes;
	bool found;

	if (!size || size > NOTES_MAX)
		return false;
	bytes = malloc((size_t)size);
	found = bytes && read_at(file, bytes, (size_t)size, offset) &&
		notes_hold(bytes, (size_t)size, sites);
	free(bytes);
	return found;
}

/* The offsets of both classes' fields differ, their order as well. */
static bool has_id(int file, const struct lg_sites *sites)
{
	union {
		unsigned char ident[EI_NIDENT];
		Elf32_Ehdr narrow;
		Elf64_Ehdr wide;
	} head;
	bool wide, found = false;
	lg_u64 table;
	unsigned int count, size;

	if (!read_at(file, &head, sizeof(head), 0) || memcmp(head.ident, ELFMAG, SELFMAG))
		return false;
	wide = head.ident[EI_CLASS] == ELFCLASS64;
	table = wide ? head.wide.e_phoff : head.narrow.e_phoff;
	count = wide ? head.wide.e_phnum : head.narrow.e_phnum;
	size = wide ? head.wide.e_phentsize : head.narrow.e_phentsize;
	for (unsigned int i = 0; i < count && i < SEGMENTS_MAX && !found; i++) {
		union {
			Elf32_Phdr narrow;
			Elf64_Phdr wide;
		} segment;

		if (!read_at(file, &segment, wide ? sizeof(segment.wide) : sizeof(segment.narrow),
			     table + (lg_u64)i * size))
			return false;
		if ((wide ? segment.wide.p_type : segment.narrow.p_type) == PT_NOTE)
			found = notes_have(
				file, wide ? segment.wide.p_offset : segment.narrow.p_offset,
				wide ? segment.wide.p_filesz : segment.narrow.p_filesz, sites);
	}
	return found;
}

static bool has_code(int file, const struct lg_site *site)
{
	unsigned char code[LG_SITE_CODE_MAX];

	return site->size && site->size <= sizeof(code) &&
	       read_at(file, code, site->size, site->offset) &&
	       !memcmp(code, site->code, site->size);
}

static int check(const struct lg_probe *probe, int file, const struct lg_sites *sites,
		 struct lg_error *err)
{
	if (sites->id_size && !has_id(file, sites))
		return lg_fail(err, LG_ERR_UNSUPPORTED,
			       "probe %s: %.200s has another build-id than the file whose code was "
			       "looked at: it was replaced meanwhile; try again",
			       probe->name, sites->path);
	for (size_t i = 0; i < sites->count; i++) {
		if (sites->sites[i].semaphore >> 32)
			return lg_fail(err, LG_ERR_UNSUPPORTED,
				       "probe %s: the semaphore of 0x%llx in %.200s is beyond 4 "
				       "GiB, where kernels set none",
				       probe->name, (unsigned long long)sites->sites[i].offset,
				       sites->path);
		if (sites->sites[i].semaphore && semaphore_shift() < 0)
			return lg_fail(
				err, LG_ERR_UNSUPPORTED,
				"probe %s: this kernel does not set semaphores (no %s/format/"
				"ref_ctr_offset), without which %.200s passes over 0x%llx",
				probe->name, uprobe_source, sites->path,
				(unsigned long long)sites->sites[i].offset);
		if (!has_code(file, &sites->sites[i]))
			return lg_fail(err, LG_ERR_UNSUPPORTED,
				       "probe %s: %.200s has other code at 0x%llx than the file "
				       "that was looked at: it was replaced meanwhile; try again",
				       probe->name, sites->path,
				       (unsigned long long)sites->sites[i].offset);
	}
	return 0;
}

static int open_places(const struct lg_probe *probe, struct lg_attached *attached,
		       const struct lg_sites *sites, struct lg_error *err)
{
	struct stat what;
	int file;

	/* To open a device may start something: a watchdog, a tape. */
	if (!stat(sites->path, &what) && !S_ISREG(what.st_mode))
		return lg_fail(err, LG_ERR_UNSUPPORTED, "probe %s: %.200s is no file", probe->name,
			       sites->path);
	file = open(sites->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file < 0)
		return lg_fail(err, lg_code_of(errno, LG_ERR_UNSUPPORTED),
			       "probe %s: cannot open %.200s: %s", probe->name, sites->path,
			       strerror(errno));
	if (check(probe, file, sites, err)) {
		close(file);
		return -1;
	}
	attached->places = malloc(sizeof(*attached->places) +
				  sites->count * sizeof(attached->places->sites[0]));
	if (!attached->places) {
		close(file);
		return lg_fail(err, LG_ERR_INTERNAL, "out of memory");
	}
	attached->places->file = file;
	attached->places->count = sites->count;
	for (size_t i = 0; i < sites->count; i++) {
		attached->places->sites[i].offset = sites->sites[i].offset;
		attached->places->sites[i].semaphore = sites->sites[i].semaphore;
	}
	return 0;
}

int lg_uprobes_find(struct lg_probe *probe, const struct lg_sites *sites, size_t count,
		    struct lg_error *err)
{
	for (size_t i = 0; i < probe->program_count; i++) {
		const struct lg_sites *own = NULL;
		bool on_return;
		const char *hook = hook_of(&probe->programs[i], &on_return);

		if (!hook)
			continue;
		for (size_t j = 0; j < count && !own; j++) {
			if (!strcmp(sites[j].hook, hook))
				own = &sites[j];
		}
		if (!own || !own->count)
			return lg_fail(err, LG_ERR_OBJECT, "probe %s: nothing says where %.100s is",
				       probe->name, hook);
		if (open_places(probe, &probe->programs[i], own, err))
			return -1;
	}
	return 0;
}

void lg_places_free(struct lg_places *places)
{
	if (!places)
		return;
	close(places->file);
	free(places);
}

struct lg_uprobes *lg_uprobes_attach(const struct lg_attached *attached, int program)
{
	const struct lg_places *places = attached->places;
	long type = lg_read_number(uprobe_source, "type", NULL);
	long bit = lg_read_number(uprobe_source, "format/retprobe", "config:");
	long shift = semaphore_shift();
	struct lg_uprobes *uprobes;
	bool on_return, counts = false;
	/* The file that was checked, whatever has its name by now. */
	char path[64];
	int rc;

	hook_of(attached, &on_return);
	for (size_t i = 0; places && i < places->count; i++)
		counts |= places->sites[i].semaphore != 0;
	if (!places || type < 0 || (on_return && (bit < 0 || bit > 63)) || (counts && shift < 0)) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	uprobes = malloc(sizeof(*uprobes) + places->count * sizeof(uprobes->events[0]));
	if (!uprobes)
		return NULL;
	uprobes->count = 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", places->file);
	for (size_t i = 0; i < places->count; i++) {
		struct perf_event_attr attr = {
			.type = (lg_u32)type,
			.size = sizeof(attr),
			.config = on_return ? 1ULL << bit : 0,
			.config1 = (lg_u64)(uintptr_t)path,
			.config2 = places->sites[i].offset,
		};
		int event;

		if (places->sites[i].semaphore)
			attr.config |= places->sites[i].semaphore << shift;
		event = lg_open_event(&attr, 0, program);
		if (event < 0) {
			rc = errno;
			lg_uprobes_detach(uprobes);
			errno = rc;
			return NULL;
		}
		uprobes->events[uprobes->count++] = event;
	}
	return uprobes;
}

void lg_uprobes_detach(struct lg_uprobes *uprobes)
{
	if (!uprobes)
		return;
	for (size_t i = 0; i < uprobes->count; i++)
		close(uprobes->events[i]);
	free(uprobes);
}
