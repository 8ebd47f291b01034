/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_AGENT_VERSION_H
#define LATGATE_AGENT_VERSION_H

/* The build may give the release's own version. */
#ifndef LATGATE_VERSION
#define LATGATE_VERSION "0.1.0"
#endif

#if defined(__aarch64__)
#define LATGATE_ABI "arm64"
#elif defined(__arm__)
#define LATGATE_ABI "armv7"
#elif defined(__x86_64__)
#define LATGATE_ABI "x86_64"
#else
#error "the agent is built for arm64, armv7 and x86_64"
#endif

#endif
