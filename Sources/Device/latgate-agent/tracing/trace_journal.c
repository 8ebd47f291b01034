/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "trace_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracefs.h"

/* Settings, and an `enable` of each event that may be traced. */
enum { ENTRIES = 192, FILE_NAME = 128, VALUE = 32 };

struct entry {
	char file[FILE_NAME], before[VALUE];
	atomic_bool changed;
};

/* Shared with the guard; the agent alone writes it, as long as it lives. */
struct pages {
	char root[LG_TRACEFS_PATH];
	atomic_uint count;
	struct entry entries[ENTRIES];
};

struct lg_journal {
	struct pages *pages;
	pid_t guard; /* 0 = none */
	int alive; /* its end shows the guard that the agent is gone */
};

struct lg_journal *lg_journal_new(const char *root)
{
	struct lg_journal *journal = calloc(1, sizeof(*journal));

	if (!journal)
		return NULL;
	journal->alive = -1;
	journal->pages = mmap(NULL, sizeof(*journal->pages), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (journal->pages == MAP_FAILED ||
	    (size_t)snprintf(journal->pages->root, sizeof(journal->pages->root), "%s", root) >=
		    sizeof(journal->pages->root)) {
		if (journal->pages != MAP_FAILED)
			munmap(journal->pages, sizeof(*journal->pages));
		free(journal);
		return NULL;
	}
	return journal;
}

static struct entry *find(const struct lg_journal *journal, const char *file)
{
	struct pages *pages = journal->pages;

	for (unsigned int i = 0; i < pages->count; i++) {
		if (!strcmp(pages->entries[i].file, file))
			return &pages->entries[i];
	}
	return NULL;
}

/* An entry of the file that is not changed; entries stay in the order of the first change. */
static struct entry *make(struct lg_journal *journal, const char *file, const char *before)
{
	struct pages *pages = journal->pages;
	struct entry *entry = find(journal, file);

	if (strlen(file) >= FILE_NAME || strlen(before) >= VALUE)
		return NULL;
	if (!entry) {
		if (pages->count == ENTRIES)
			return NULL;
		entry = &pages->entries[pages->count];
		strcpy(entry->file, file);
		pages->count++;
	}
	if (!entry->changed)
		strcpy(entry->before, before);
	return entry;
}

int lg_journal_set(struct lg_journal *journal, const char *file, const char *value,
		   const char *before)
{
	struct entry *entry = make(journal, file, before);
	bool was_changed;
	int rc;

	if (!entry)
		return -ENOSPC;
	was_changed = entry->changed;
	entry->changed = true;
	rc = lg_tracefs_write(journal->pages->root, file, value);
	/* What could not be written is as it was. */
	if (rc && !was_changed)
		entry->changed = false;
	return rc;
}

static int restore(const char *root, struct entry *entry)
{
	int rc;

	if (!entry->changed)
		return 0;
	rc = lg_tracefs_write(root, entry->file, entry->before);
	if (!rc)
		entry->changed = false;
	return rc;
}

int lg_journal_restore(struct lg_journal *journal, const char *file)
{
	struct entry *entry = find(journal, file);

	return entry ? restore(journal->pages->root, entry) : 0;
}

static int restore_pages(struct pages *pages)
{
	int failed = 0;

	for (unsigned int i = pages->count; i--;) {
		if (restore(pages->root, &pages->entries[i]))
			failed++;
	}
	return failed;
}

int lg_journal_restore_all(struct lg_journal *journal)
{
	return restore_pages(journal->pages);
}

const char *lg_journal_changed(const struct lg_journal *journal)
{
	const struct pages *pages = journal->pages;

	for (unsigned int i = 0; i < pages->count; i++) {
		if (pages->entries[i].changed)
			return pages->entries[i].file;
	}
	return NULL;
}

/* Keeps nothing of the agent but the pipe: its streams must end when it ends. */
static void close_others(int keep)
{
	struct rlimit limit = {0};
	int null, last;

	getrlimit(RLIMIT_NOFILE, &limit);
	last = limit.rlim_cur < 4096 ? (int)limit.rlim_cur : 4096;
	for (int fd = 0; fd < last; fd++) {
		if (fd != keep)
			close(fd);
	}
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++) {
		if (fd != keep && fd != null)
			dup2(null, fd);
	}
}

static _Noreturn void guard(struct pages *pages, int gone)
{
	char byte;

	/* A session of its own: what ends the agent's must not end it. */
	setsid();
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, "latgate-restore");
	close_others(gone);
	while (read(gone, &byte, 1) < 0 && errno == EINTR)
		continue;
	/* Nothing to do when the agent did it. */
	_exit(restore_pages(pages) ? 1 : 0);
}

int lg_journal_guard(struct lg_journal *journal)
{
	int ends[2], rc;

	if (journal->guard)
		return 0;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	journal->guard = fork();
	if (!journal->guard) {
		close(ends[1]);
		guard(journal->pages, ends[0]);
	}
	rc = journal->guard < 0 ? -errno : 0;
	close(ends[0]);
	if (rc) {
		close(ends[1]);
		journal->guard = 0;
		return rc;
	}
	journal->alive = ends[1];
	return 0;
}

pid_t lg_journal_guard_pid(const struct lg_journal *journal)
{
	return journal->guard;
}

void lg_journal_free(struct lg_journal *journal)
{
	if (!journal)
		return;
	lg_journal_restore_all(journal);
	if (journal->guard) {
		/*
		 * A word rather than the end of the pipe: a child of ours may hold it, too. Where nobody
		 * reads it the guard was killed, and its number may be another process's by now.
		 */
		bool told = write(journal->alive, "", 1) == 1;

		close(journal->alive);
		while (waitpid(journal->guard, NULL, told ? 0 : WNOHANG) < 0 && errno == EINTR)
			continue;
	}
	munmap(journal->pages, sizeof(*journal->pages));
	free(journal);
}
