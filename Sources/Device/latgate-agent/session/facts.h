/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_AGENT_FACTS_H
#define LATGATE_AGENT_FACTS_H

#include "agent.h"
#include "build_id.h"

/* Online CPUs as the kernel writes them ("0-3,6"); empty when unreadable. */
void lg_online_cpus(char text[LG_CPU_LIST_TEXT]);
/* As lg_build_id; empty where the kernel shows none. */
void lg_kernel_build_id(char text[LG_BUILD_ID_TEXT]);
/* Appends what FACTS says about the device and its kernel. */
void lg_put_facts(struct lg_buffer *frames, struct lg_engine *engine);

#endif
