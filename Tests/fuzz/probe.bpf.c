// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* An object with every kind of question that probes ask of a kernel's types. */

#define CORE __attribute__((preserve_access_index))

struct list {
	struct list *next;
} CORE;

struct inner {
	int depth;
	unsigned char low : 3, high : 5;
} CORE;

enum state {
	STATE_RUNNING,
	STATE_WAITING = 5,
};

struct task_struct {
	volatile long state;
	union {
		struct inner inner;
		unsigned long flags;
	};
	char comm[16];
	struct list tasks;
	struct task_struct *parent;
	enum state last;
} CORE;

struct trace_event_raw_sched_switch {
	int prev_pid, next_pid;
};

typedef void (*btf_trace_sched_switch)(void *, _Bool, struct task_struct *, struct task_struct *);
typedef int finish_t(struct task_struct *, enum state);

struct trace_event_raw_sched_switch event;
btf_trace_sched_switch tracepoint;

__attribute__((noinline)) int finish(struct task_struct *task, enum state last)
{
	return task->inner.high + (task->last == last) + task->comm[3];
}

__attribute__((section("tp_btf/sched_switch"), used)) int program(unsigned long *context)
{
	struct task_struct *task = (struct task_struct *)context[1];

	if (!__builtin_preserve_field_info(task->flags, 2))
		return 0;
	if (!__builtin_preserve_type_info(*(struct inner *)0, 0) ||
	    !__builtin_preserve_type_info(*(btf_trace_sched_switch *)0, 2))
		return 1;
	return task->parent->state + __builtin_preserve_field_info(task->flags, 1) +
	       __builtin_preserve_enum_value(*(enum state *)STATE_WAITING, 1) +
	       (task->tasks.next != 0) + finish(task->parent, STATE_WAITING);
}
