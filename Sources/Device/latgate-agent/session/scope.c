/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* SCOPE: whose operations the probes to come measure. */
#include <stdlib.h>

#include "agent.h"
#include "attribute.h"
#include "scope_lookup.h"

struct request {
	char *comm, *cgroup;
	lg_u32 pid;
};

static const char *read_request(struct request *request, struct lg_cursor payload)
{
	enum lg_attr_state state;
	struct lg_attr attr;

	while ((state = lg_attr_next(&payload, &attr)) == LG_ATTR_FOUND) {
		if (attr.type == LG_ATTR_SCOPE_COMM && !lg_attr_text(&attr, &request->comm))
			return "SCOPE_COMM is not text";
		if (attr.type == LG_ATTR_SCOPE_CGROUP && !lg_attr_text(&attr, &request->cgroup))
			return "SCOPE_CGROUP is not text";
		if (attr.type == LG_ATTR_SCOPE_PID &&
		    (!lg_attr_u32(&attr, &request->pid) || !request->pid))
			return "SCOPE_PID is not a u32 above 0";
	}
	if (state == LG_ATTR_MALFORMED)
		return "an attribute leaves the payload";
	if (!!request->comm + !!request->cgroup + !!request->pid != 1)
		return "it needs one of SCOPE_COMM, SCOPE_PID and SCOPE_CGROUP";
	return NULL;
}

static int look_up(const struct request *request, struct lg_scope *scope, enum lg_fold_scope *kind,
		   struct lg_error *err)
{
	if (request->comm)
		return lg_scope_of_comm(scope, request->comm, err);
	if (request->cgroup)
		return lg_scope_of_cgroup(scope, request->cgroup, err);
	return lg_scope_of_pid(scope, kind, request->pid, err);
}

int lg_handle_scope(struct lg_agent *agent, const struct lg_frame *frame)
{
	enum lg_fold_scope kind = LG_FOLD_EVERYONE;
	struct request request = {0};
	struct lg_error err = {0};
	struct lg_scope scope;
	const char *wrong = read_request(&request, frame->payload);

	if (!wrong && !look_up(&request, &scope, &kind, &err)) {
		lg_engine_restrict(agent->engine, &scope);
		lg_tracer_restrict(agent->tracer, &scope, kind);
	}
	free(request.comm);
	free(request.cgroup);
	return wrong ? lg_protocol_error(agent, frame, wrong)
		     : lg_answer(agent, frame->sequence, &err, NULL);
}
