# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""Lines of `latgate measure` for a device, and the kernel's own count of the same events.

  questions.py lines                       name, a tab, the line
  questions.py oracle MACHINE              a shell script for the device: `oracle begin`, `oracle read`
  questions.py table MACHINE TITLE REPORT REFUSED BEFORE AFTER
                                           ours beside the kernel's; 1 when one differs

The kernel counts by histogram triggers, which need no compiler and no program beside it. All are about
what a load of its own name does, which runs inside windows only: so both see the same events.
MACHINE is that of `uname -m`. REPORT is the run in JSON, REFUSED has lines `name: why` of questions that
this kernel or tier cannot answer, BEFORE and AFTER are what `oracle read` printed around the run.
"""

import json
import re
import sys

from answers import counted

# Numbers of system calls (arch/arm64/include/asm/unistd.h by asm-generic, arch/arm/tools/syscall.tbl).
CALLS = {
    "aarch64": {"getppid": 173, "read": 63, "write": 64, "fsync": 82},
    "armv7l": {"getppid": 64, "read": 3, "write": 4, "fsync": 118},
}
LOAD = 'comm == "lgquest"'
ENTER, EXIT = "raw_syscalls/sys_enter", "raw_syscalls/sys_exit"
ISSUE = "block/block_rq_issue"
SPAN = "raw_syscalls:sys_enter ~ raw_syscalls:sys_exit by tid"
OURS, WORKLOAD = "comm=lgquest", "class=workload"

# The workload's class has also what the agent's child calls before it becomes the load, under another name:
# spans, which have no label of the running thread's name, ask for what it does not do.
# Name, line, labels that are counted, event of the kernel, its condition, and the field that is summed up.
QUESTIONS = [
    ("calls", "count raw_syscalls:sys_enter by comm,id where id == getppid", OURS,
     ENTER, LOAD + " && id == {getppid}", None),
    ("moved", "count raw_syscalls:sys_exit by comm,id where id in (read, write)", OURS,
     EXIT, LOAD + " && (id == {read} || id == {write})", None),
    ("good", "count raw_syscalls:sys_exit by comm where ret > 0", OURS,
     EXIT, LOAD + " && ret > 0", None),
    ("sum_read", "sum raw_syscalls:sys_exit.ret by comm where id == read and ret > 0", OURS,
     EXIT, LOAD + " && id == {read} && ret > 0", "ret"),
    ("written", "hist raw_syscalls:sys_exit.ret by comm where id == write and ret > 0", OURS,
     EXIT, LOAD + " && id == {write} && ret > 0", None),
    ("wakes", "count sched:sched_wakeup by comm where comm == 'lgquest'", OURS,
     "sched/sched_wakeup", LOAD, None),
    ("switches", "count sched:sched_switch by next_comm where next_comm == 'lgquest'",
     "next_" + OURS, "sched/sched_switch", 'next_comm == "lgquest"', None),
    ("execs", "count sched:sched_process_exec by comm", OURS, "sched/sched_process_exec", LOAD, None),
    ("issues", "count block:block_rq_issue by comm,rwbs where comm == 'lgquest'", OURS,
     ISSUE, LOAD, None),
    ("sum_bytes", "sum block:block_rq_issue.bytes by comm where comm == 'lgquest'", OURS,
     ISSUE, LOAD, "bytes"),
    ("rows", "events block:block_rq_issue print comm,rwbs,sector where comm == 'lgquest'", ".",
     ISSUE, LOAD, None),
    ("large", "hist block:block_rq_issue.bytes by comm where comm == 'lgquest' and bytes >= 4KiB",
     OURS, ISSUE, LOAD + " && bytes >= 4096", None),
    ("stacks", "kstack ext4:ext4_sync_file_enter by comm", OURS, "ext4/ext4_sync_file_enter", LOAD,
     None),
    ("f2fs", "count f2fs:f2fs_sync_file_enter by comm", OURS, "f2fs/f2fs_sync_file_enter", LOAD,
     None),
    ("getppid", f"{SPAN} where id == getppid label class", WORKLOAD,
     EXIT, LOAD + " && id == {getppid}", None),
    ("fsyncs", f"{SPAN} where id == fsync label class,id", WORKLOAD, EXIT, LOAD + " && id == {fsync}",
     None),
    ("positive", f"{SPAN} where id == getppid and ret > 0 label class", WORKLOAD,
     EXIT, LOAD + " && id == {getppid} && ret > 0", None),
    ("sync", "ext4:ext4_sync_file_enter ~ ext4:ext4_sync_file_exit by tid label class", WORKLOAD,
     "ext4/ext4_sync_file_exit", LOAD, None),
    ("sync_f2fs", "f2fs:f2fs_sync_file_enter ~ f2fs:f2fs_sync_file_exit by tid label class", WORKLOAD,
     "f2fs/f2fs_sync_file_exit", LOAD, None),
    ("runs", "sched:sched_wakeup ~ sched:sched_switch by pid=next_pid where comm == 'lgquest'",
     ".", "synthetic/lg_run", None, None),
    ("disk", "block:block_rq_issue ~ block:block_rq_complete by dev,sector "
             "where comm == 'lgquest'", ".", "synthetic/lg_disk", None, None),
    ("function", "vfs_fsync_range label class", WORKLOAD, "lgq/fsync_ret", LOAD, None),
    ("writes", "count vfs_write by comm", OURS, "lgq/write", LOAD, None),
    ("lengths", "hist vfs_write.arg2 by comm", OURS, "lgq/write", LOAD, None),
    ("whole", "vfs_fsync_range where ret == 0 label class", WORKLOAD, "lgq/fsync_ret", LOAD, None),
    ("sum_written", "sum vfs_write.ret by comm where ret > 0", OURS, "lgq/write_ret",
     LOAD + " && ret > 0", "ret"),
]

# What has no event of its own: functions.
FUNCTIONS = """\
ret=s64
[ "$(uname -m)" = aarch64 ] || ret=s32
echo 'p:lgq/write vfs_write' >>"$t/kprobe_events"
echo "r:lgq/write_ret vfs_write ret=\\$retval:$ret" >>"$t/kprobe_events"
echo 'r:lgq/fsync_ret vfs_fsync_range' >>"$t/kprobe_events\""""
# Pairs that the kernel matches by itself, where it was built so (CONFIG_SYNTH_EVENTS).
PAIRS = """\
[ -e "$t/synthetic_events" ] || exit 0
echo 'lg_run u64 lat' >>"$t/synthetic_events"
echo 'lg_disk u64 lat' >>"$t/synthetic_events"
on sched/sched_wakeup 'hist:keys=pid:ts0=common_timestamp.usecs if comm == "lgquest"'
on sched/sched_switch \\
	'hist:keys=next_pid:lat=common_timestamp.usecs-$ts0:onmatch(sched.sched_wakeup).lg_run($lat)'
on block/block_rq_issue 'hist:keys=dev,sector:ts1=common_timestamp.usecs if comm == "lgquest"'
on block/block_rq_complete \\
	'hist:keys=dev,sector:lat1=common_timestamp.usecs-$ts1:onmatch(block.block_rq_issue).lg_disk($lat1)'
on synthetic/lg_run hist:keys=lat
on synthetic/lg_disk hist:keys=lat"""


def trigger(machine, condition, summed):
    if condition is None:
        return None
    values = f":vals={summed}" if summed else ""
    return f"hist:keys=common_pid{values} if {condition.format(**CALLS[machine])}"


def oracle(machine):
    print("#!/bin/sh\n# Has the kernel count what the questions ask for, and prints what it counted.\n"
          # A file that is opened to be written anew loses its triggers.
          "t=/sys/kernel/tracing\non() { echo \"$2\" >>\"$t/events/$1/trigger\"; }\nset -e\n"
          "case $1 in\nbegin)")
    print(FUNCTIONS)
    wanted = {(event, trigger(machine, condition, summed))
              for _, _, _, event, condition, summed in QUESTIONS if condition}
    for event, text in sorted(wanted):
        print(f"on {event} '{text}'")
    print(PAIRS)
    print(";;\nread)")
    for event in sorted({question[3] for question in QUESTIONS}):
        print(f"echo '= {event}'\n[ ! -e \"$t/events/{event}\" ] || cat \"$t/events/{event}/hist\"")
    print(";;\nesac")


def sections(text):
    """Events, what their triggers say of themselves, and the lines below."""
    event = info = None
    for line in text.splitlines():
        if line.startswith("= "):
            event, info = line[2:].strip(), None
        elif line.startswith("# trigger info: "):
            info = line.removeprefix("# trigger info: ").removesuffix(" [active]").strip()
        elif event and info:
            yield event, info, line


def truth(machine, text, event, condition, summed):
    """The kernel's count; None where it did not count."""
    wanted = condition and condition.format(**CALLS[machine])
    total = None
    for where, info, line in sections(text):
        # Others on the same event remember when it happened.
        if (where != event or not info.startswith(("hist:keys=common_pid:", "hist:keys=lat:"))
                or (info.partition(" if ")[2] or None) != wanted
                or f"vals=hitcount{',' + summed if summed else ''}:" not in info):
            continue
        total = total or 0
        found = re.search(rf"{summed}:\s*(\d+)" if summed else r"^\s*Hits:\s*(\d+)", line)
        total += int(found[1]) if found else 0
    return total


def table(machine, title, report, refused, before, after):
    with open(report, encoding="utf-8") as file:
        report = json.load(file)
    with open(refused, encoding="utf-8") as file:
        reasons = dict(line.rstrip("\n").split(": ", 1) for line in file)
    with open(before, encoding="utf-8") as file:
        before = file.read()
    with open(after, encoding="utf-8") as file:
        after = file.read()
    good = asked = 0
    for name, line, labels, event, condition, summed in QUESTIONS:
        if name in reasons:
            print(f"{title:<16} {name:<12} {'-':>9} {'-':>9}  refused   {reasons[name]}")
            continue
        asked += 1
        ours = counted(report, f"q_{name}", labels)
        theirs = truth(machine, after, event, condition, summed)
        if theirs is not None:
            theirs -= truth(machine, before, event, condition, summed) or 0
        elif event.startswith("synthetic/"):
            asked -= 1
            print(f"{title:<16} {name:<12} {ours:>9} {'none':>9}  no synthetic events  {line}")
            continue
        # What did not happen shows nothing.
        same = ours == theirs and ours > 0
        good += same
        print(f"{title:<16} {name:<12} {ours:>9} {'none' if theirs is None else theirs:>9}  "
              f"{'ok' if same else 'DIFFERS':<9} {line}")
    print(f"{title}: {good} of {asked} equal, {len(reasons)} refused")
    return good != asked or not asked


def main():
    mode, *rest = sys.argv[1:]
    if mode == "lines":
        for name, line, *_ in QUESTIONS:
            print(f"{name}\t{line}")
        return 0
    if mode == "oracle":
        return oracle(*rest)
    return table(*rest)


if __name__ == "__main__":
    sys.exit(main())
