/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_FIELD_UTC_H
#define LATGATE_FIELD_UTC_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds since 1970 of "YYYY-MM-DDTHH:MM:SSZ", years 1970-9999; false for anything else. */
bool lg_utc_read(const char *text, uint64_t *out);

#endif
