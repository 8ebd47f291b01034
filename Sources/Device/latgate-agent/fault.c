/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>

int lg_fault(struct lg_error *err, lg_u32 code, const char *format, ...)
{
	va_list args;

	err->code = code;
	err->log[0] = 0;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -1;
}
