/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Whose operations count: two children do the same, and one of them is of the scope. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "scope_lookup.h"

enum { ORDERS = 5 };

/* Of `in` all count, those of a thread of another name too; of `out` none. */
static void measure(const char *object, const struct lg_scope *scope, const struct child *in,
		    const struct child *out, const char *what)
{
	struct lg_engine *engine = engine_or_exit();
	const struct lg_counters *c;
	struct lg_error err;
	struct result r;

	lg_engine_restrict(engine, scope);
	if (load(engine, object, "h_operation", NULL, 1, NULL, &err) ||
	    lg_engine_attach(engine, &err)) {
		printf("# %s\n# %s\nBail out! %s\n", err.text, err.log, object);
		exit(2);
	}
	lg_engine_arm(engine, 1, &err);
	lg_engine_open(engine);
	/* The first ends what began before the window. */
	for (int i = 0; i < ORDERS; i++) {
		child_order(in, i == ORDERS - 1 ? ORDER_THREAD : ORDER_NEXT, 1);
		child_order(out, i == ORDERS - 1 ? ORDER_THREAD : ORDER_NEXT, 1);
	}
	lg_engine_drain(engine);
	lg_engine_close(engine);
	read_result(engine, 1, &r);
	c = &r.counters;
	check(c->started == ORDERS + 1 && c->recorded == ORDERS && r.censored == 1 && balanced(&r),
	      what, "started %llu recorded %llu censored %llu", (unsigned long long)c->started,
	      (unsigned long long)c->recorded, (unsigned long long)r.censored);
	check(c->excluded >= ORDERS + 1, "the other's are excluded and counted", "%llu",
	      (unsigned long long)c->excluded);
	lg_engine_free(engine);
}

static void by_pid(const char *object)
{
	struct child in = child_start(), out = child_start();
	enum lg_fold_scope kind = LG_FOLD_EVERYONE;
	struct lg_error err = {0};
	struct lg_scope scope;

	check(!lg_scope_of_pid(&scope, &kind, (lg_u32)in.pid, &err) && kind == LG_FOLD_PROCESS,
	      "a process is found", "%s", err.text);
	measure(object, &scope, &in, &out, "a process with its threads");
	/* The younger one first: it has the elder's socket, too. */
	child_stop(&out);
	child_stop(&in);
	check(lg_scope_of_pid(&scope, &kind, (lg_u32)in.pid, &err) && err.code == LG_ERR_SCOPE,
	      "one that is gone is refused", "%s", err.text);
}

static void by_name(const char *object)
{
	struct child in = child_start(), out = child_start();
	struct lg_error err = {0};
	struct lg_scope scope;

	check(lg_scope_of_comm(&scope, CHILD_NAME "er", &err) && err.code == LG_ERR_SCOPE,
	      "a name longer than the kernel's is refused", "%s", err.text);
	check(!lg_scope_of_comm(&scope, CHILD_NAME, &err), "a name is taken", "%s", err.text);
	/* What begins from here on bears the name. */
	child_order(&in, ORDER_NAMED, 1);
	measure(object, &scope, &in, &out, "a name, and threads of a process of that name");
	/* The younger one first: it has the elder's socket, too. */
	child_stop(&out);
	child_stop(&in);
}

static bool move(const struct child *child, const char *group)
{
	char path[256], line[16];
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "%.200s/cgroup.procs", group);
	snprintf(line, sizeof(line), "%d\n", child->pid);
	file = fopen(path, "we");
	good = file && fputs(line, file) >= 0;
	return file && !fclose(file) && good;
}

static void in_group(const char *object, const char *outer, const char *inner, const char *other)
{
	struct child in = child_start(), out = child_start();
	struct lg_error err = {0};
	struct lg_scope scope;

	if (lg_scope_of_cgroup(&scope, outer, &err)) {
		/* In a container: its cgroups are not those of the kernel. */
		printf("# cgroups are left out: %s\n", err.text);
	} else {
		check(move(&in, inner) && move(&out, other), "children are moved", "%s",
		      strerror(errno));
		measure(object, &scope, &in, &out, "a cgroup with those below it");
	}
	/* The younger one first: it has the elder's socket, too. */
	child_stop(&out);
	child_stop(&in);
}

static void by_cgroup(const char *object)
{
	char mount_point[] = "/tmp/latgate-cgroup-XXXXXX", outer[64], inner[80], other[64];
	struct lg_error err = {0};
	struct lg_scope scope;

	check(lg_scope_of_cgroup(&scope, "/tmp", &err) && err.code == LG_ERR_SCOPE,
	      "what is no cgroup is refused", "%s", err.text);
	if (!mkdtemp(mount_point) || mount("none", mount_point, "cgroup2", 0, NULL)) {
		printf("# cgroups are left out: cgroup2 cannot be mounted: %s\n", strerror(errno));
		rmdir(mount_point);
		return;
	}
	snprintf(outer, sizeof(outer), "%s/latgate-%d", mount_point, getpid());
	snprintf(inner, sizeof(inner), "%s/inner", outer);
	snprintf(other, sizeof(other), "%s/latgate-%d-other", mount_point, getpid());
	if (mkdir(outer, 0755) || mkdir(inner, 0755) || mkdir(other, 0755))
		printf("# cgroups are left out: none can be made: %s\n", strerror(errno));
	else
		in_group(object, outer, inner, other);
	rmdir(inner);
	rmdir(outer);
	rmdir(other);
	umount(mount_point);
	rmdir(mount_point);
}

/* An object of one kind asked for the other is refused: it would count others' operations. */
static void mismatches(void)
{
	struct lg_engine *engine = engine_or_exit();
	struct lg_error err = {0};
	struct lg_scope scope;

	check(load(engine, "operation_scoped", "h_operation", NULL, 1, NULL, &err) &&
		      err.code == LG_ERR_OBJECT,
	      "an object for a scope needs one", "%s", err.text);
	lg_scope_of_comm(&scope, "any", &err);
	lg_engine_restrict(engine, &scope);
	check(load(engine, "operation", "h_operation", NULL, 1, NULL, &err) &&
		      err.code == LG_ERR_OBJECT,
	      "a scope needs an object for it", "%s", err.text);
	check(lg_engine_load_pinned(engine, "operation", NULL, NULL, NULL, 0, NULL, NULL, &err) &&
		      err.code == LG_ERR_UNSUPPORTED,
	      "pinned probes have no scope", "%s", err.text);
	lg_engine_free(engine);
}

void test_scope(const char *object)
{
	printf("# scope: %s\n", object);
	by_pid(object);
	by_name(object);
	by_cgroup(object);
	mismatches();
}
