/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <string.h>

#include "text.h"

enum { MAX_DEPTH = 32 }; /* nested parentheses */

bool lg_text_line(struct lg_text *text, struct lg_text *line)
{
	const char *newline;

	if (text->at == text->end)
		return false;
	newline = memchr(text->at, '\n', (size_t)(text->end - text->at));
	line->at = text->at;
	line->end = newline ? newline : text->end;
	text->at = newline ? newline + 1 : text->end;
	return true;
}

void lg_text_skip_blanks(struct lg_text *text)
{
	while (text->at < text->end && (*text->at == ' ' || *text->at == '\t'))
		text->at++;
}

bool lg_text_take(struct lg_text *text, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(text->end - text->at) < size || memcmp(text->at, word, size))
		return false;
	text->at += size;
	return true;
}

const char *lg_text_find(const struct lg_text *text, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = text->at; (size_t)(text->end - at) >= size; at++) {
		if (!memcmp(at, word, size))
			return at;
	}
	return NULL;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool lg_text_number(struct lg_text *text, lg_u64 *out)
{
	struct lg_text from = *text;
	int base = lg_text_take(&from, "0x") || lg_text_take(&from, "0X") ? 16 : 10;
	const char *first = from.at;
	lg_u64 value = 0;

	while (from.at < from.end && digit_of(*from.at) < base) {
		int digit = digit_of(*from.at);

		if (value > (~(lg_u64)0 - (lg_u64)digit) / (lg_u64)base)
			return false;
		value = value * (lg_u64)base + (lg_u64)digit;
		from.at++;
	}
	if (from.at == first)
		return false;
	while (from.at < from.end && (*from.at == 'U' || *from.at == 'L' || *from.at == 'u'))
		from.at++;
	*text = from;
	*out = value;
	return true;
}

static bool expression(struct lg_text *text, int level, int depth, lg_u64 *out);

static bool primary(struct lg_text *text, int depth, lg_u64 *out)
{
	if (depth > MAX_DEPTH)
		return false;
	lg_text_skip_blanks(text);
	if (lg_text_take(text, "~")) {
		if (!primary(text, depth + 1, out))
			return false;
		*out = ~*out;
		return true;
	}
	if (!lg_text_take(text, "("))
		return lg_text_number(text, out);
	if (!expression(text, 0, depth + 1, out))
		return false;
	lg_text_skip_blanks(text);
	return lg_text_take(text, ")");
}

/* Operators by level, loosest first: C's order. */
static const char *const operators[][3] = {
	{"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*"},
};

enum { LEVELS = sizeof(operators) / sizeof(operators[0]) };

static const char *take_operator(struct lg_text *text, int level)
{
	lg_text_skip_blanks(text);
	for (int i = 0; operators[level][i]; i++) {
		if (lg_text_take(text, operators[level][i]))
			return operators[level][i];
	}
	return NULL;
}

static lg_u64 apply(char operator, lg_u64 left, lg_u64 right)
{
	switch (operator) {
	case '|':
		return left | right;
	case '^':
		return left ^ right;
	case '&':
		return left & right;
	case '<':
		return right < 64 ? left << right : 0;
	case '>':
		return right < 64 ? left >> right : 0;
	case '+':
		return left + right;
	case '-':
		return left - right;
	default:
		return left * right;
	}
}

static bool expression(struct lg_text *text, int level, int depth, lg_u64 *out)
{
	const char *operator;
	lg_u64 right;

	if (level == LEVELS)
		return primary(text, depth, out);
	if (!expression(text, level + 1, depth, out))
		return false;
	while ((operator= take_operator(text, level))) {
		if (!expression(text, level + 1, depth, &right))
			return false;
		*out = apply(*operator, * out, right);
	}
	return true;
}

bool lg_text_expression(struct lg_text *text, lg_u64 *out)
{
	return expression(text, 0, 0, out);
}
