/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include <string.h>

#include "field_json.h"

/* ---- the one pass that looks at everything */

struct reader {
	const char *at, *end;
	const char *wrong;
};

static bool fail(struct reader *in, const char *what)
{
	if (!in->wrong)
		in->wrong = what;
	return false;
}

static bool take(struct reader *in, char c)
{
	if (in->at == in->end || *in->at != c)
		return false;
	in->at++;
	return true;
}

static bool word(struct reader *in, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(in->end - in->at) < n || memcmp(in->at, text, n))
		return fail(in, "a value of no kind that is known");
	in->at += n;
	return true;
}

static bool string(struct reader *in)
{
	if (!take(in, '"'))
		return fail(in, "a string is missing");
	while (in->at < in->end && *in->at != '"') {
		if (*in->at < 0x20 || *in->at > 0x7e)
			return fail(in, "a string has other than printable ASCII");
		if (*in->at++ == '\\' && !take(in, '"') && !take(in, '\\'))
			return fail(in, "an escape other than \\\" and \\\\");
	}
	return take(in, '"') || fail(in, "it ends inside a string");
}

static bool is_digit(const struct reader *in)
{
	return in->at < in->end && *in->at >= '0' && *in->at <= '9';
}

static bool number(struct reader *in)
{
	bool negative = take(in, '-');
	const char *first = in->at;

	while (is_digit(in))
		in->at++;
	if (in->at == first)
		return fail(in, "a value of no kind that is known");
	if (*first == '0' && (in->at - first > 1 || negative))
		return fail(in, "a number with a leading 0");
	if (in->at < in->end && (*in->at == '.' || *in->at == 'e' || *in->at == 'E'))
		return fail(in, "a number that is not whole");
	return true;
}

/* Keys with escapes would not sort as they are written; nothing has such keys. */
static bool key(struct reader *in, struct lg_json *previous)
{
	struct lg_json is = {.at = in->at};
	size_t common;
	int order;

	if (!string(in))
		return false;
	is.size = (size_t)(in->at - is.at);
	if (memchr(is.at, '\\', is.size))
		return fail(in, "a key with an escape");
	if (previous->size) {
		common = (is.size < previous->size ? is.size : previous->size) - 1;
		order = memcmp(previous->at, is.at, common);
		if (order > 0 || (!order && previous->size >= is.size))
			return fail(in, "keys that are not in ascending order, or twice");
	}
	*previous = is;
	return take(in, ':') || fail(in, "a ':' is missing");
}

static bool value(struct reader *in, int depth);

static bool members(struct reader *in, int depth, bool keyed)
{
	struct lg_json previous = {0};
	char end = keyed ? '}' : ']';

	if (!depth)
		return fail(in, "more than 16 levels");
	in->at++;
	if (take(in, end))
		return true;
	do {
		if ((keyed && !key(in, &previous)) || !value(in, depth - 1))
			return false;
	} while (take(in, ','));
	return take(in, end) || fail(in, "a ',' or an end is missing, or there is white space");
}

static bool value(struct reader *in, int depth)
{
	if (in->at == in->end)
		return fail(in, "it ends early");
	switch (*in->at) {
	case '{':
		return members(in, depth, true);
	case '[':
		return members(in, depth, false);
	case '"':
		return string(in);
	case 't':
		return word(in, "true");
	case 'f':
		return word(in, "false");
	default:
		return number(in);
	}
}

const char *lg_json_read(struct lg_json *out, const void *bytes, size_t size)
{
	struct reader in = {.at = bytes, .end = (const char *)bytes + size};

	*out = (struct lg_json){0};
	if (size && value(&in, LG_JSON_DEPTH) && in.at != in.end)
		fail(&in, "there is more behind its end");
	if (!size)
		fail(&in, "it is empty");
	if (!in.wrong)
		*out = (struct lg_json){bytes, size};
	return in.wrong;
}

/* ---- values of a good document */

static size_t string_size(const char *at)
{
	const char *c = at + 1;

	while (*c != '"')
		c += *c == '\\' ? 2 : 1;
	return (size_t)(c + 1 - at);
}

/* An object or an array ends where its brackets are even. */
static size_t container_size(const char *at)
{
	const char *c = at;
	int depth = 0;

	do {
		if (*c == '"') {
			c += string_size(c);
			continue;
		}
		depth += *c == '{' || *c == '[';
		depth -= *c == '}' || *c == ']';
		c++;
	} while (depth);
	return (size_t)(c - at);
}

struct lg_json_walk lg_json_begin(struct lg_json container)
{
	struct lg_json_walk walk = {0};

	if (container.size < 2 || (*container.at != '{' && *container.at != '['))
		return walk;
	walk.keyed = *container.at == '{';
	/* Without the brackets: what is left ends with a value. */
	walk.left = (struct lg_json){container.at + 1, container.size - 2};
	return walk;
}

static struct lg_json cut(struct lg_json_walk *walk, size_t size)
{
	struct lg_json out = {walk->left.at, size};

	walk->left.at += size;
	walk->left.size -= size;
	/* ':' behind a key, ',' behind a value that is not the last. */
	if (walk->left.size) {
		walk->left.at++;
		walk->left.size--;
	}
	return out;
}

static size_t value_size(struct lg_json left)
{
	const char *comma = memchr(left.at, ',', left.size);

	if (*left.at == '"')
		return string_size(left.at);
	if (*left.at == '{' || *left.at == '[')
		return container_size(left.at);
	return comma ? (size_t)(comma - left.at) : left.size;
}

bool lg_json_next(struct lg_json_walk *walk, struct lg_json *out)
{
	if (!walk->left.size)
		return false;
	if (walk->keyed)
		walk->key = cut(walk, string_size(walk->left.at));
	*out = cut(walk, value_size(walk->left));
	return true;
}

struct lg_json lg_json_member(struct lg_json object, const char *name)
{
	struct lg_json_walk walk = lg_json_begin(object);
	struct lg_json value;

	while (walk.keyed && lg_json_next(&walk, &value)) {
		if (lg_json_is(walk.key, name))
			return value;
	}
	return (struct lg_json){0};
}

bool lg_json_u64(struct lg_json value, uint64_t most, uint64_t *out)
{
	uint64_t sum = 0;

	if (!value.size)
		return false;
	for (size_t i = 0; i < value.size; i++) {
		uint64_t digit = (uint64_t)(value.at[i] - '0');

		if (value.at[i] < '0' || value.at[i] > '9' || sum > (UINT64_MAX - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*out = sum;
	return sum <= most;
}

bool lg_json_bool(struct lg_json value, bool *out)
{
	if (!value.size || (*value.at != 't' && *value.at != 'f'))
		return false;
	*out = *value.at == 't';
	return true;
}

bool lg_json_is_object(struct lg_json value)
{
	return value.size && *value.at == '{';
}

bool lg_json_is_array(struct lg_json value)
{
	return value.size && *value.at == '[';
}

bool lg_json_text(struct lg_json value, char *out, size_t size)
{
	size_t n = 0;

	if (value.size < 2 || *value.at != '"' || !size)
		return false;
	for (size_t i = 1; i + 1 < value.size; i++) {
		if (value.at[i] == '\\')
			i++;
		if (n + 1 == size)
			return false;
		out[n++] = value.at[i];
	}
	out[n] = 0;
	return true;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool lg_json_hex(struct lg_json value, uint8_t *out, size_t n)
{
	if (value.size != 2 * n + 2 || *value.at != '"')
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = digit_of(value.at[1 + 2 * i]), low = digit_of(value.at[2 + 2 * i]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool lg_json_is(struct lg_json value, const char *text)
{
	size_t n = strlen(text);

	return value.size == n + 2 && *value.at == '"' && !memcmp(value.at + 1, text, n);
}
