/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#include "agent_protocol.h"
#include "probe_abi.h"
#include "span_template.h"
