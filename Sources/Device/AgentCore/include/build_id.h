/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The GNU build-id in a run of ELF notes, such as /sys/kernel/notes. */
#ifndef LATGATE_BUILD_ID_H
#define LATGATE_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>

enum { LG_BUILD_ID_TEXT = 2 * 64 + 1 };

/* Lower-case hex into text; false, and an empty text, when there is none or the notes are damaged. */
bool lg_build_id(const void *notes, size_t size, char text[LG_BUILD_ID_TEXT]);

#endif
