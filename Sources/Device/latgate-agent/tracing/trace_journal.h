/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What was changed in tracefs or among the sysctls, and what it was before. An
 * entry is written before the setting is, into memory shared with a process
 * that does nothing but restore when the agent dies: no way to end, not even
 * SIGKILL, leaves a setting behind.
 */
#ifndef LATGATE_AGENT_TRACE_JOURNAL_H
#define LATGATE_AGENT_TRACE_JOURNAL_H

#include <sys/types.h>

struct lg_journal;

/* For the files below root. NULL without memory. */
struct lg_journal *lg_journal_new(const char *root);
/* Restores first what is still changed. */
void lg_journal_free(struct lg_journal *journal);

/*
 * Writes `value` into a setting, by its path below the root; `before` is what
 * restoring writes. A setting changed again keeps its first `before`. Returns
 * 0 or a negative errno.
 */
int lg_journal_set(struct lg_journal *journal, const char *file, const char *value,
		   const char *before);
/* Restores one setting. 0, also when it was not changed; or a negative errno. */
int lg_journal_restore(struct lg_journal *journal, const char *file);
/* Restores all, the last change first. How many could not be restored. */
int lg_journal_restore_all(struct lg_journal *journal);
/* A setting that is still changed, or NULL. */
const char *lg_journal_changed(const struct lg_journal *journal);

/* Forks the process that restores when this one is gone. 0 or a negative errno. */
int lg_journal_guard(struct lg_journal *journal);
pid_t lg_journal_guard_pid(const struct lg_journal *journal); /* 0 = none */

#endif
