/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_FIELD_OBJECT_RULES_H
#define LATGATE_FIELD_OBJECT_RULES_H

#include "allow.h"

/*
 * Holds the programs and maps of a LOAD's object against the list, before anything is loaded, and
 * says what its maps may take of the kernel's memory.
 */
bool lg_allow_object(const struct lg_bundle_request *request, uint64_t *bytes_of_maps,
		     char why[LG_WHY]);

#endif
