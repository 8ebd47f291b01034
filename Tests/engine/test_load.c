/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Loading: what is refused, and how the refusal reads. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "harness.h"

/* What the kernel answers next instead of loading; 0 = it is asked. */
static int next_answer;

/* In the place of libbpf's own: kernels that answer so are not at hand. */
int bpf_object__load(struct bpf_object *object)
{
	int (*real)(struct bpf_object *) =
		(int (*)(struct bpf_object *))dlsym(RTLD_NEXT, "bpf_object__load");
	int answer = next_answer;

	next_answer = 0;
	if (!answer)
		return real(object);
	errno = -answer;
	return answer;
}

static void without_interpreter(struct lg_engine *engine)
{
	struct lg_error err;

	next_answer = -524;
	check(load(engine, "operation", "h_operation", NULL, 1, NULL, &err) &&
		      err.code == LG_ERR_UNSUPPORTED && strstr(err.text, "BPF_JIT_ALWAYS_ON"),
	      "a program that the JIT cannot translate is LG_ERR_UNSUPPORTED", "%u %s", err.code,
	      err.text);
}

static void truncated(struct lg_engine *engine)
{
	const struct lg_metric_def metric = {.id = 1, .map = "h_operation"};
	struct lg_error err;
	size_t size, wrong = 0;
	unsigned char *bytes = object_bytes("operation", &size), *part;

	for (size_t cut = 0; cut < size; cut += size / 97) {
		/* A block of its own size, so that reading past its end is seen. */
		part = malloc(cut ? cut : 1);
		if (!part)
			exit(2);
		memcpy(part, bytes, cut);
		memset(&err, 0, sizeof(err));
		if (!lg_engine_load(engine, "cut", part, cut, &metric, 1, NULL, NULL, NULL, &err) ||
		    err.code != LG_ERR_OBJECT)
			wrong++;
		free(part);
	}
	check(wrong == 0, "truncated objects are LG_ERR_OBJECT", "%zu were not", wrong);
	free(bytes);
}

/* Where the object's BTF begins: magic, version 1, no flags, a header of 24 bytes. */
static unsigned char *find_btf(unsigned char *bytes, size_t size)
{
	static const unsigned char start[] = {0x9f, 0xeb, 1, 0, 24, 0, 0, 0};

	return memmem(bytes, size, start, sizeof(start));
}

/* Map definitions with members of types that do not exist: libbpf 1.1 follows a null pointer. */
static void damaged_types(struct lg_engine *engine)
{
	const struct lg_metric_def metric = {.id = 1, .map = "h_operation"};
	struct lg_error err = {0};
	size_t size;
	unsigned char *bytes = object_bytes("operation", &size), *start = find_btf(bytes, size);
	const struct btf_header *header = (const void *)start;
	struct btf *btf;
	lg_u32 raw_size;
	const char *raw;

	btf = start ? btf__new(start, header->hdr_len + header->str_off + header->str_len) : NULL;
	if (!btf) {
		check(false, "find the object's BTF", "%zu bytes", size);
		free(bytes);
		return;
	}
	raw = btf__raw_data(btf, &raw_size);
	for (lg_u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const struct btf_member *member = btf_members(type);
		lg_u32 outside = 0x00800000;

		if (btf_is_struct(type) && btf_vlen(type))
			memcpy(start + ((const char *)&member->type - raw), &outside,
			       sizeof(outside));
	}
	btf__free(btf);
	check(lg_engine_load(engine, "bad", bytes, size, &metric, 1, NULL, NULL, NULL, &err) &&
		      err.code == LG_ERR_OBJECT && strstr(err.text, "damaged"),
	      "an object that crashes its parser is LG_ERR_OBJECT", "%u %s", err.code, err.text);
	free(bytes);
}

static void refused_objects(struct lg_engine *engine)
{
	struct hooks hooks = {""};
	struct lg_error err;

	check(load(engine, "absent", "h_absent", NULL, 1, &hooks, &err) &&
		      err.code == LG_ERR_UNSUPPORTED && strstr(err.text, "hook missing"),
	      "a hook without a rung is LG_ERR_UNSUPPORTED and named", "%u %s", err.code, err.text);
	check(strstr(hooks.text, "missing=(tp_btf: ") &&
		      strstr(hooks.text, "sched_switch=tp_btf()"),
	      "every hook is reported", "%s", hooks.text);
	check(load(engine, "absent_all", "h_absent", NULL, 1, NULL, &err) &&
		      err.code == LG_ERR_UNSUPPORTED && strstr(err.text, "(extra, further)"),
	      "a probe of absent optional hooks is LG_ERR_UNSUPPORTED, and they are named", "%u %s",
	      err.code, err.text);
	check(load(engine, "rejected", "h_rejected", NULL, 1, NULL, &err) &&
		      err.code == LG_ERR_VERIFIER && strstr(err.log, "map_value_or_null") &&
		      !strstr(err.log, "processed "),
	      "the verifier's refusal comes with its log's useful end", "%u %s\n%s", err.code,
	      err.text, err.log);
	check(load(engine, "operation", "h_nothing", NULL, 1, NULL, &err) &&
		      err.code == LG_ERR_OBJECT && strstr(err.text, "h_nothing"),
	      "a metric's missing map is named", "%u %s", err.code, err.text);
	check(load(engine, "operation", "s_operation_hash", NULL, 1, NULL, &err) &&
		      err.code == LG_ERR_OBJECT,
	      "a map that holds no histograms is refused", "%u", err.code);
	check(load(engine, "operation", "h_operation", "s_operation_hash", 1, NULL, &err) &&
		      err.code == LG_ERR_OBJECT,
	      "a map that holds no names is refused", "%u", err.code);
	check(load(engine, "bucket", "h_operation", NULL, 1, NULL, &err) &&
		      err.code == LG_ERR_OBJECT,
	      "a missing metric map of another object is refused", "%u", err.code);
}

static void accepted_objects(struct lg_engine *engine)
{
	struct hooks hooks = {""};
	struct lg_error err;
	struct result r;

	check(!load(engine, "absent_optional", "h_absent", NULL, 1, &hooks, &err),
	      "an optional hook may be absent", "%s", err.text);
	check(strstr(hooks.text, "extra=(tp_btf: no tracepoint"), "and is reported without opt_",
	      "%s", hooks.text);
	check(load(engine, "absent_optional", "h_absent", NULL, 1, NULL, &err) &&
		      err.code == LG_ERR_STATE,
	      "a probe is loaded once", "%u", err.code);
	check(lg_engine_map_bytes(engine) >=
		      sizeof(struct lg_hist) * (size_t)sysconf(_SC_NPROCESSORS_CONF),
	      "the kernel says what its maps take", "%llu bytes",
	      (unsigned long long)lg_engine_map_bytes(engine));
	check(!lg_engine_attach(engine, &err), "attach", "%s", err.text);
	lg_engine_detach(engine);
	check(!lg_engine_attach(engine, &err), "attach again after detach", "%s", err.text);
	check(!lg_engine_arm(engine, 1, &err) && lg_engine_open(engine) &&
		      lg_engine_drain(engine) && lg_engine_close(engine) &&
		      !try_read(engine, 1, &r, &err),
	      "a whole window", "%s", err.text);
	check(!lg_engine_unload(engine, "absent_optional") &&
		      lg_engine_unload(engine, "absent_optional"),
	      "unload once", "other");
	check(!lg_engine_map_bytes(engine), "and nothing is taken after it", "%llu bytes",
	      (unsigned long long)lg_engine_map_bytes(engine));
}

static void without_privilege(void)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		struct lg_engine *engine = engine_or_exit();
		struct lg_error err;
		int rc;

		if (setgid(65534) || setuid(65534))
			_exit(3);
		rc = load(engine, "operation", "h_operation", NULL, 1, NULL, &err);
		_exit(rc && err.code == LG_ERR_REFUSED && strstr(err.text, "root") ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "without privilege: LG_ERR_REFUSED",
	      "status %d", status);
}

static void note_feature(void *arg, const char *line)
{
	char *all = arg;

	strncat(all, line, 1000 - strlen(all));
	strncat(all, "|", 1000 - strlen(all));
}

void test_load(void)
{
	struct lg_engine *engine = engine_or_exit();
	char features[1024] = "|";
	struct lg_error err = {0};

	printf("# load\n");
	lg_engine_features(engine, note_feature, features);
	check(strstr(features, "|bpf=unknown: "), "nothing is loaded unasked", "%s", features);
	check(!lg_engine_canary(engine, &err), "the canary", "%s", err.text);
	strcpy(features, "|");
	lg_engine_features(engine, note_feature, features);
	check(strstr(features, "|bpf=yes|") && strstr(features, "|btf=yes|") &&
		      strstr(features, "|tracefs=") && strstr(features, "|kprobe=") &&
		      strstr(features, "|bpf_stats=yes") && strstr(features, "|membarrier="),
	      "features", "%s", features);
	/* The kernel's types are megabytes: they are read where a probe is loaded. */
	check(!strstr(features, "task_storage"), "no type is looked up for them", "%s", features);
	printf("# %s\n", features);
	truncated(engine);
	damaged_types(engine);
	refused_objects(engine);
	accepted_objects(engine);
	without_interpreter(engine);
	without_privilege();
	lg_engine_free(engine);
}
