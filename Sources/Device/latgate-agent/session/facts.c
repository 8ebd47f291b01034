/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "facts.h"

#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "attribute.h"
#include "build_id.h"
#include "version.h"

enum { NOTES_MAX = 4096 };

static size_t read_file(const char *path, void *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, size);

	if (fd >= 0)
		close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* The first line of a small file, without its newline. */
static void read_line(const char *path, char *text, size_t size)
{
	text[read_file(path, text, size - 1)] = 0;
	text[strcspn(text, "\n")] = 0;
}

void lg_online_cpus(char text[LG_CPU_LIST_TEXT])
{
	read_line("/sys/devices/system/cpu/online", text, LG_CPU_LIST_TEXT);
}

/* Possible CPUs are numbered without holes up to the last one of "0-7". */
static lg_u32 possible_cpus(void)
{
	char text[LG_CPU_LIST_TEXT];
	lg_u32 last = 0;

	read_line("/sys/devices/system/cpu/possible", text, sizeof(text));
	for (const char *at = text; *at; at++) {
		if (*at >= '0' && *at <= '9' && last < 100000)
			last = last * 10 + (lg_u32)(*at - '0');
		else
			last = 0;
	}
	return last + 1;
}

static lg_u64 counter_hz(void)
{
#if defined(__aarch64__)
	lg_u64 hz;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz;
#elif defined(__arm__)
	/* 32-bit user space may have no access to the register: ask the device tree. */
	static const char *const paths[] = {"/proc/device-tree/timer/clock-frequency",
					    "/proc/device-tree/soc/timer/clock-frequency"};
	uint8_t cell[4];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (read_file(paths[i], cell, sizeof(cell)) == sizeof(cell))
			return (lg_u64)cell[0] << 24 | cell[1] << 16 | cell[2] << 8 | cell[3];
	}
	return 0;
#else
	return 0;
#endif
}

void lg_kernel_build_id(char text[LG_BUILD_ID_TEXT])
{
	uint8_t notes[NOTES_MAX];

	lg_build_id(notes, read_file("/sys/kernel/notes", notes, sizeof(notes)), text);
}

static void put_feature(void *arg, const char *line)
{
	lg_put_text(arg, LG_ATTR_FEATURE, line);
}

void lg_put_facts(struct lg_buffer *frames, struct lg_engine *engine)
{
	struct utsname kernel = {0};
	char text[LG_CPU_LIST_TEXT], build_id[LG_BUILD_ID_TEXT];

	uname(&kernel);
	lg_kernel_build_id(build_id);
	lg_put_text(frames, LG_ATTR_ABI, LATGATE_ABI);
	read_line("/proc/sys/kernel/random/boot_id", text, sizeof(text));
	lg_put_text(frames, LG_ATTR_BOOT_ID, text);
	lg_put_text(frames, LG_ATTR_KERNEL_RELEASE, kernel.release);
	lg_put_text(frames, LG_ATTR_KERNEL_BUILD_ID, build_id);
	lg_put_u32(frames, LG_ATTR_POSSIBLE_CPUS, possible_cpus());
	lg_online_cpus(text);
	lg_put_text(frames, LG_ATTR_ONLINE_CPUS, text);
	lg_put_u32(frames, LG_ATTR_UID, geteuid());
	lg_put_u64(frames, LG_ATTR_COUNTER_HZ, counter_hz());
	lg_engine_features(engine, put_feature, frames);
}
