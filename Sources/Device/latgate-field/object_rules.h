/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_FIELD_OBJECT_RULES_H
#define LATGATE_FIELD_OBJECT_RULES_H

#include "allow.h"

/* Holds the programs and maps of a LOAD's object against the list, before anything is loaded. */
bool lg_allow_object(const struct lg_bundle_request *request, char why[LG_WHY]);

#endif
