/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
#define _GNU_SOURCE 1
#include "peer.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t lg_peer_start(const struct lg_options *options, int (*serve)(void *arg), void *arg)
{
	pid_t parent = getpid(), peer = fork();
	int code;

	if (peer)
		return peer;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(LG_LOAD_OK);
	code = lg_options_place(options, 1);
	_exit(code ? code : serve(arg));
}

void lg_peer_stop(pid_t peer)
{
	kill(peer, SIGKILL);
	while (waitpid(peer, NULL, 0) < 0 && errno == EINTR)
		continue;
}
