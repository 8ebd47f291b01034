/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_FIELD_TRUST_FILE_H
#define LATGATE_FIELD_TRUST_FILE_H

#include "trust.h"

/* All of it in one file, so that its parts always fit. 0 or -errno. */
int lg_trust_save(const struct lg_trust *trust, const struct lg_disk *disk, int directory);

#endif
