/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What kallsyms says of functions and tracepoints. A device needs some 30 ms to
 * print it, so all that a probe may ask is looked for in one pass, and only if
 * something is asked at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ladder_internal.h"

/* The letters of a line's second word: functions, and data of any section. */
static const char functions[] = "tTwW";
static const char iterators[] = "tT";
static const char data[] = "dDbBrR";

struct lg_symbol {
	char name[LG_LADDER_NAME + 24];
	const char *types; /* one of the above */
	bool looked, found;
};

static struct lg_symbol *want(struct lg_symbols *symbols, const char *prefix, const char *name,
			      const char *types)
{
	struct lg_symbol wanted = {.types = types}, *list;

	snprintf(wanted.name, sizeof(wanted.name), "%s%s", prefix, name);
	for (size_t i = 0; i < symbols->count; i++) {
		if (symbols->list[i].types == types && !strcmp(symbols->list[i].name, wanted.name))
			return &symbols->list[i];
	}
	list = realloc(symbols->list, (symbols->count + 1) * sizeof(*list));
	if (!list)
		return NULL;
	symbols->list = list;
	list += symbols->count++;
	*list = wanted;
	return list;
}

void lg_symbols_want(struct lg_ladder *ladder, const struct lg_program *program)
{
	struct lg_symbols *symbols = &ladder->symbols;

	/* Without memory the name is looked for when it is asked. */
	if (program->rung == LG_RUNG_KPROBE) {
		want(symbols, "", program->target, functions);
	} else if (program->rung == LG_RUNG_RAW_TP) {
		want(symbols, "__traceiter_", program->target, iterators);
		want(symbols, "__tracepoint_", program->target, data);
	}
}

void lg_symbols_free(struct lg_ladder *ladder)
{
	free(ladder->symbols.list);
}

/*
 * A line is "address type name[\t[module]]"; addresses that are hidden may be "(null)". Returns how
 * many symbols it is the first to have.
 */
static size_t look_at(struct lg_symbols *symbols, const char *line)
{
	const char *type = strchr(line + strspn(line, " \t"), ' '), *name;
	size_t len, fresh = 0;

	if (!type || !type[1] || type[2] != ' ')
		return 0;
	name = type + 3;
	len = strcspn(name, " \t\r\n");
	symbols->modules |= name[len] == '\t' && name[len + 1] == '[';
	for (size_t i = 0; i < symbols->count; i++) {
		struct lg_symbol *symbol = &symbols->list[i];

		if (!symbol->looked && !symbol->found && symbol->name[0] == name[0] &&
		    !strncmp(symbol->name, name, len) && !symbol->name[len] &&
		    strchr(symbol->types, type[1])) {
			symbol->found = true;
			fresh++;
		}
	}
	return fresh;
}

/*
 * Looks for all that is wanted; LG_YES unless the file cannot decide. With the last of it found the
 * rest says only whether modules are listed, which is asked of files of another machine alone.
 */
static enum lg_known look(struct lg_ladder *ladder)
{
	struct lg_symbols *symbols = &ladder->symbols;
	size_t missing = 0;
	char line[1024];
	FILE *file;

	if (!ladder->sources.kallsyms || symbols->unreadable)
		return LG_UNKNOWN;
	for (size_t i = 0; i < symbols->count; i++)
		missing += !symbols->list[i].looked;
	file = fopen(ladder->sources.kallsyms, "re");
	/* An empty file is a kernel that hides its symbols. */
	symbols->unreadable = !file || !fgets(line, sizeof(line), file);
	if (!symbols->unreadable) {
		do {
			missing -= look_at(symbols, line);
		} while ((missing || ladder->sources.elsewhere) && fgets(line, sizeof(line), file));
		for (size_t i = 0; i < symbols->count; i++)
			symbols->list[i].looked = true;
	}
	if (file)
		fclose(file);
	return symbols->unreadable ? LG_UNKNOWN : LG_YES;
}

static enum lg_known find(struct lg_ladder *ladder, const char *prefix, const char *name,
			  const char *types)
{
	struct lg_symbol *symbol = want(&ladder->symbols, prefix, name, types);

	if (!symbol || (!symbol->looked && look(ladder) == LG_UNKNOWN))
		return LG_UNKNOWN;
	return symbol->found ? LG_YES : LG_NO;
}

enum lg_known lg_kallsyms_has_function(struct lg_ladder *ladder, const char *name)
{
	return find(ladder, "", name, functions);
}

/* The iterator is a function since 5.10; before, only the data symbol of KALLSYMS_ALL shows it. */
enum lg_known lg_kallsyms_has_tracepoint(struct lg_ladder *ladder, const char *name)
{
	enum lg_known known = find(ladder, "__traceiter_", name, iterators);

	return known == LG_NO ? find(ladder, "__tracepoint_", name, data) : known;
}
