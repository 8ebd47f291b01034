/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_CLIBBPF_SHIM_H
#define LATGATE_CLIBBPF_SHIM_H

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#endif
