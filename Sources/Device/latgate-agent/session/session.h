/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#ifndef LATGATE_AGENT_SESSION_H
#define LATGATE_AGENT_SESSION_H

/* Serves one host on the two file descriptors; returns the exit code. Leaves no process behind. */
int lg_session_run(int input, int output);

#endif
