/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Errors for people: one line, and the part of a log that helps. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "engine_internal.h"

static char warnings[1024];

int lg_fail(struct lg_error *err, lg_u32 code, const char *format, ...)
{
	va_list args;

	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -1;
}

lg_u32 lg_code_of(int errno_value, lg_u32 otherwise)
{
	return errno_value == EPERM || errno_value == EACCES ? LG_ERR_REFUSED : otherwise;
}

/* Verifier statistics at the end of a log say nothing about the failure. */
static bool is_statistics(const char *line, size_t len)
{
	static const char *const starts[] = {"processed ", "verification time ", "stack depth ",
					     "peak_states ", "-- END "};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		size_t n = strlen(starts[i]);

		if (len >= n && !memcmp(line, starts[i], n))
			return true;
	}
	return len == 0;
}

void lg_log_tail(struct lg_error *err, const char *log)
{
	const char *start, *end = log + strlen(log);
	size_t room = sizeof(err->log) - 64, omitted = 0;

	err->log[0] = 0;
	while (end > log) {
		const char *line_end = end[-1] == '\n' ? end - 1 : end;
		const char *line = line_end;

		while (line > log && line[-1] != '\n')
			line--;
		if (!is_statistics(line, line_end - line))
			break;
		end = line;
	}
	for (start = end; start > log; start--) {
		if (start < end && start[-1] == '\n' && (size_t)(end - start) > room / 2) {
			const char *line = start - 1;

			while (line > log && line[-1] != '\n')
				line--;
			if ((size_t)(end - line) > room)
				break;
		}
		if ((size_t)(end - start) >= room)
			break;
	}
	for (const char *at = log; at < start; at++)
		omitted += *at == '\n';
	if (omitted)
		snprintf(err->log, sizeof(err->log), "(%zu lines before this)\n%.*s", omitted,
			 (int)(end - start), start);
	else
		snprintf(err->log, sizeof(err->log), "%.*s", (int)(end - start), start);
}

static int keep_warning(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t used = strlen(warnings);
	int len;

	if (level != LIBBPF_WARN || used + 1 >= sizeof(warnings))
		return 0;
	len = vsnprintf(warnings + used, sizeof(warnings) - used, format, args);
	/* A verifier log comes through here as well; it is kept elsewhere. */
	if (len > 512)
		warnings[used] = 0;
	return 0;
}

void lg_warnings_capture(void)
{
	libbpf_set_print(keep_warning);
}

void lg_warnings_clear(void)
{
	warnings[0] = 0;
}

const char *lg_warnings(void)
{
	return warnings;
}
