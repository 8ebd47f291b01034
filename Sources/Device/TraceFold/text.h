/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A read position in untrusted text that need not end with NUL. */
#ifndef LATGATE_TRACE_TEXT_H
#define LATGATE_TRACE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "probe_abi.h"

struct lg_text {
	const char *at, *end;
};

/* The next line without its newline; false at the end. */
bool lg_text_line(struct lg_text *text, struct lg_text *line);
void lg_text_skip_blanks(struct lg_text *text);
/* Takes `word` when the text begins with it. */
bool lg_text_take(struct lg_text *text, const char *word);
/* Where `word` first is from here on; NULL = nowhere. */
const char *lg_text_find(const struct lg_text *text, const char *word);
/* A decimal or 0x number with C's suffixes; false without one or beyond 64 bits. */
bool lg_text_number(struct lg_text *text, lg_u64 *out);
/*
 * The value of a C expression of numbers, parentheses and ~ * + - << >> & ^ |,
 * as `print fmt` lines have them. Stops where the expression ends.
 */
bool lg_text_expression(struct lg_text *text, lg_u64 *out);

#endif
