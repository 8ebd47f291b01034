# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""Holds the tiers against each other: tiers.py SERIAL AGENT_DIRECTORY OBJECT...

One agent on a device with root rights loads every probe twice, as BPF and as trace events. Both
see the same windows, so they must report the same: as many operations (within 2%), medians in the
same bucket or its neighbour. Direct reclaim is provoked by files read into memory that is short of
room, and also counted by the kernel's own trace of it. AGENT_DIRECTORY is where agent and
load helper are on the device; OBJECT is PROBE=PATH of a BPF object on this machine. Prints a line
per histogram: "ok", "few" where a median of so few events says nothing, "ok, run", "ok, turn" and
"ok, waking" where it needed what judge() and steps_apart() allow beyond that, or what FAILED. Ends
with 1 when something did, 2 when the comparison could not be made.
"""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "agent"))
import wire  # noqa: E402
from wire import Agent, attribute, frame, step  # noqa: E402

# Tables as the host declares them; Tests/ProbeProgramsTests holds them against the manifests.
SPANS = pathlib.Path(__file__).resolve().parent.parent / "fold" / "spans"
TOLERANCE = 0.02
# At the edges of a window the two may see one operation more or less.
EDGE = 2
# A median of fewer events says nothing.
ENOUGH = 50
# Fewer direct reclaims than that were not provoked.
RECLAIMS = 10

# probe: metrics with their map, index in lg_counters and map of names, as in bpf/<probe>.yaml.
PROBES = {
    "runqueue": {"runqueue.wait": ("h_runqueue_wait", 0, None)},
    "block": {"block.device": ("h_block_device", 1, None)},
    "fsync": {"fsync.latency": ("h_fsync_latency", 0, None)},
    "binder": {"binder.call": ("h_binder_call", 0, None),
               "binder.roundtrip": ("h_binder_roundtrip", 1, None)},
    "hardirq": {"hardirq.run": ("h_hardirq_run", 0, "n_hardirq_run")},
    "softirq": {"softirq.raise": ("h_softirq_raise", 0, None),
                "softirq.run": ("h_softirq_run", 1, None)},
    "reclaim": {"reclaim.direct": ("h_reclaim_direct", 0, None)},
    "sleep": {"sleep.uninterruptible": ("h_sleep_uninterruptible", 0, None)},
}

PHASES = {
    "ping-pong": [["pingpong", "--ops", "2000"]],
    "oversubscription": [["spin", "--threads", "8", "--ops", "500", "--work", "200000"]],
    "fsync-ext4": [["fsync", "--path", "/data/local/tmp", "--ops", "260"]],
    "fsync-f2fs": [["fsync", "--path", "/mnt/f2fs", "--ops", "260"]],
    "binder": [["binder", "--ops", "1000"]],
}

# Leaves room for less than half of what is read, in memory that is not for caches.
SHORTAGE = """
set -e
mkdir /sys/kernel/tracing/instances/tiers
echo 512 > /proc/sys/vm/min_free_kbytes
cd /data/local/tmp
for n in 1 2 3; do dd if=/dev/zero of=read-$n bs=1048576 count=100 2>/dev/null; done
sync
echo 3 > /proc/sys/vm/drop_caches
mkdir full
mount -t tmpfs -o size=95% tmpfs full
free=$(awk '/^MemAvailable:/ {print int($2 / 1024)}' /proc/meminfo)
dd if=/dev/zero of=full/it bs=1048576 count=$((free - 130)) 2>/dev/null
"""
# The kernel's own counts: direct reclaims that it traces in an instance of the tracer for itself, and
# what allocstall_* of /proc/vmstat grew by. There is room again before that is read, so that reading
# needs no reclaim.
COUNTER = "/sys/kernel/tracing/instances/tiers"
COUNTED = f"{COUNTER}/events/vmscan/mm_vmscan_direct_reclaim_end"
RECLAIM = f"""
stalls() {{ awk '/^allocstall/ {{n += $2}} END {{print n}}' /proc/vmstat; }}
cd /data/local/tmp
before=$(stalls)
echo 1 > {COUNTED}/enable
for round in 1 2; do
  for n in 1 2 3; do cat read-$n > /dev/null & done
  wait
done
rm full/it
after=$(stalls)
own=" $(cd /proc && for agent in $(pidof latgate-agent); do ls $agent/task; done | tr '\\n' ' ') "
awk -v own="$own" -v stalls=$((after - before)) '
  match($0, /-[0-9]+ +\\[/) {{
    pid = substr($0, RSTART + 1, RLENGTH - 2)
    sub(/ +/, "", pid)
    if (index(own, " " pid " ")) agent++; else others++
  }}
  END {{ print stalls, others + 0, agent + 0 }}' {COUNTER}/trace
"""
PLENTY = f"""
cd /data/local/tmp
umount full
rmdir full
rm read-*
echo 0 > {COUNTED}/enable
rmdir {COUNTER}
"""
# All CPUs but the first come and go.
OTHER_CPUS = "for file in /sys/devices/system/cpu/cpu[1-9]*/online; do echo {} > $file; done"


class Refused(Exception):
    pass


def ask(agent, *frames):
    agent.send(*frames)
    answers = agent.answers()
    if answers[-1].kind == wire.ERROR:
        raise Refused(answers[-1].text(31))
    return answers


def load(agent, probe, path, first):
    """As BPF; the metrics get the ids first, first + 1, …"""
    data = pathlib.Path(path).read_bytes()
    metrics = [
        attribute(22, attribute(23, (first + at, 4)) + attribute(24, where) +
                  attribute(25, (index, 4)) + (attribute(26, names) if names else b""))
        for at, (where, index, names) in enumerate(PROBES[probe].values())]
    chunks = [frame(wire.BLOB, 2, data[at:at + 65536]) for at in range(0, len(data), 65536)]
    ask(agent, frame(wire.LOAD, 2, attribute(20, probe), attribute(21, (len(data), 4)), *metrics),
        *chunks)


def trace_source(metric):
    """The declaration of a metric that is a table, or its name."""
    path = SPANS / f"{metric}.spans"
    return attribute(97, path.read_bytes()) if path.exists() else attribute(90, metric)


def load_trace(agent, probe, first):
    """As trace events; the names of those that this kernel has."""
    answers = ask(agent, frame(wire.LOAD_TRACE, 3, attribute(20, probe), *(
        attribute(22, attribute(23, (first + at, 4)) + trace_source(name))
        for at, name in enumerate(PROBES[probe]))))
    return [answer.text(30) for answer in answers if answer.kind == wire.HOOK and answer.get(29)]


def load_all(agent, objects):
    """{id: (tier, metric)} of what is loaded, and the events that it needs."""
    ids, events = {}, []
    for probe, path in objects.items():
        load(agent, probe, path, len(ids) + 1)
        ids |= {len(ids) + 1 + at: ("T2", metric) for at, metric in enumerate(PROBES[probe])}
        events += load_trace(agent, probe, len(ids) + 1)
        ids |= {len(ids) + 1 + at: ("T0", metric) for at, metric in enumerate(PROBES[probe])}
    return ids, sorted(set(events))


def enable_first(serial, events):
    """Enables events before the programs are attached.

    A tracepoint calls its users in the order they came. The trace's clock is read at the begin of
    its work, the programs' somewhere inside theirs: behind them, the trace would see the rest of
    their work at a start and at an end, which is not the same.
    """
    script = "cd /sys/kernel/tracing && echo 0 > tracing_on && " + " && ".join(
        f"echo 1 > events/{event.replace(':', '/')}/enable" for event in events)
    subprocess.run(["adb", "-s", serial, "shell", script], check=True)


def varints(data):
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            yield value
            value = shift = 0


def buckets_of(data):
    numbers, index, found = list(varints(data)), 0, {}
    for at in range(0, len(numbers), 2):
        index += numbers[at]
        found[index] = numbers[at + 1]
    return found


def measure(agent, ids, steps):
    """{(metric, key): {tier: {bucket: count}}} of one window."""
    return window(agent, ids, [["latgate-load", *words] for words in steps])[0]


def window(agent, ids, commands):
    """The same, and what the commands printed."""
    answers = ask(agent, wire.phase(
        9, *(step(*words, timeout_ms=120000) for words in commands),
        preroll_ns=100_000_000, drain_ns=2_000_000_000))
    printed = "".join(answer.get(51).decode() for answer in answers
                      if answer.kind == wire.STEP_RESULT)
    for answer in answers:
        if answer.kind == wire.STEP_RESULT and answer.number(48):
            raise Refused(answer.get(52).decode())
        if answer.kind == wire.WINDOW and answer.has(91):
            raise Refused(answer.text(91))
    found = {}
    for answer in answers if ids else []:
        if answer.kind != wire.HISTOGRAM:
            continue
        tier, metric = ids[answer.number(23)]
        key = answer.get(60)
        if metric == "sleep.uninterruptible":
            # The cause: trace events report it on Android's kernels only.
            key = key[:4]
        tiers = found.setdefault((metric, key), {}).setdefault(tier, {})
        for index, count in buckets_of(answer.get(64)).items():
            tiers[index] = tiers.get(index, 0) + count
    return found, printed


def shell(agent, script):
    for answer in ask(agent, frame(wire.EXEC, 7, step("sh", "-c", script, timeout_ms=120000))):
        if answer.kind == wire.STEP_RESULT and answer.number(48):
            raise Refused(answer.get(52).decode())


def reclaim(agent, ids):
    """What a window of direct reclaim counted; the kernel's stalls, reclaims, those of the agent."""
    shell(agent, SHORTAGE)
    try:
        found, printed = window(agent, ids, [["sh", "-c", RECLAIM]])
    finally:
        shell(agent, PLENTY)
    return (found, *map(int, printed.split()))


def program_times(agent):
    """{probe: ns that a run of its fastest program takes}, by the kernel's own account."""
    ask(agent, frame(wire.STATS, 5, attribute(80, (1, 4))))
    for steps in PHASES.values():
        measure(agent, {}, steps)
    fastest = {}
    for answer in ask(agent, frame(wire.STATS, 6, attribute(80, (0, 4)))):
        if answer.kind != wire.PROGRAM or not answer.number(81):
            continue
        probe, taken = answer.text(20), answer.number(82) // answer.number(81)
        fastest[probe] = min(fastest.get(probe, taken), taken)
    print("  a program's run: " + ", ".join(f"{name} {ns} ns" for name, ns in fastest.items()))
    return fastest


def median(buckets):
    rank, below = max(1, round(sum(buckets.values()) / 2)), 0
    for index in sorted(buckets):
        below += buckets[index]
        if below >= rank:
            return index
    return None


def lowest(bucket):
    """Nanoseconds at which a bucket begins: the layout of probe_abi.h."""
    octave = max(0, (bucket >> 4) - 1)
    return (bucket - (octave << 4)) << octave


def steps_apart(bucket, times):
    """Buckets that medians may lie apart: one, or what a run of the probe's program takes there.

    The clocks are read before, inside or after such a run. On an emulator it takes longer than a
    bucket of a few microseconds is wide.
    """
    width = lowest(bucket + 1) - lowest(bucket)
    return max(1, -(-times // width))


def judge(metric, expected, found, times, alone=""):
    """What is printed of two histograms; alone is what was said of the same on one CPU."""
    before, after = sum(expected.values()), sum(found.values())
    if abs(after - before) > max(EDGE, TOLERANCE * before):
        if metric == "sleep.uninterruptible" and after < before and alone in ("few", "ok"):
            # Where sched_switch has no state among its arguments (before 5.18) the event shows a
            # task as running that another CPU wakes before the switch is through.
            return "ok, waking"
        return "FAILED count"
    if before < ENOUGH:
        return "few"
    middle, other = median(expected), median(found)
    if abs(middle - other) <= 1:
        return "ok"
    if abs(middle - other) <= steps_apart(middle, times):
        return "ok, run"
    # The emulator runs one CPU at a time. When it turns to another between the two readings of one
    # event, the other's work is in one of them and not in the other. With one CPU it cannot.
    if alone in ("ok", "ok, run"):
        return "ok, turn"
    return "FAILED median"


def compare(phase, found, times, alone=None):
    """{(metric, key): what was said}, printed; alone is the same for one CPU."""
    said = {}
    for (metric, key), tiers in sorted(found.items()):
        bpf, trace = tiers.get("T2", {}), tiers.get("T0", {})
        said[metric, key] = judge(metric, bpf, trace, times.get(metric.split(".")[0], 0),
                                  (alone or {}).get((metric, key), ""))
        label = ",".join(str(int.from_bytes(key[at:at + 4], "little"))
                         for at in range(0, len(key), 4))
        print(f"  {said[metric, key]:13} {metric}{{{label}}}@{phase}: "
              f"T2 {sum(bpf.values())} events, median in bucket {median(bpf)}; "
              f"T0 {sum(trace.values())}, {median(trace)}", flush=True)
        if said[metric, key] in ("ok, turn", "ok, waking", "FAILED median"):
            for tier in ("T2", "T0"):
                print(f"    {tier} {dict(sorted(tiers.get(tier, {}).items()))}")
    return said


def compare_reclaims(found, stalls, hits, own):
    """Holds both tiers against the kernel's counts; 1 when one differs, or nothing stalled.

    The agent leaves its own reclaims out. A reclaim counts as a stall once, and again when it freed
    nothing and begins anew (do_try_to_free_pages of mm/vmscan.c, which since 6.11 does so to walk
    all groups).
    """
    wrong = stalls + EDGE < hits + own
    print(f"  {'FAILED count' if wrong else 'ok':13} reclaim.direct: /proc/vmstat {stalls} stalls; "
          f"the kernel's trace {hits} reclaims and {own} of the agent itself")
    for tier in ("T2", "T0"):
        counted = sum(sum(tiers.get(tier, {}).values()) for (metric, _), tiers in found.items()
                      if metric == "reclaim.direct")
        good = hits >= RECLAIMS and abs(counted - hits) <= max(EDGE, TOLERANCE * hits)
        print(f"  {'ok' if good else 'FAILED count':13} reclaim.direct: {tier} {counted} events, "
              f"the kernel's trace {hits}", flush=True)
        wrong += not good
    return wrong


def main():
    serial, directory, *given = sys.argv[1:]
    objects = dict(word.split("=", 1) for word in given)
    agent = Agent("adb", "-s", serial, "shell", "-T", f"exec {directory}/latgate-agent")
    found, alone = {}, {}
    try:
        agent.greet()
        ids, events = load_all(agent, objects)
        enable_first(serial, events)
        ask(agent, frame(wire.ATTACH, 4))
        for phase, steps in PHASES.items():
            found[phase] = measure(agent, ids, steps)
        found["reclaim"], *counts = reclaim(agent, ids)
        shell(agent, OTHER_CPUS.format(0))
        for phase, steps in PHASES.items():
            alone[phase] = measure(agent, ids, steps)
        shell(agent, OTHER_CPUS.format(1))
        times = program_times(agent)
    except Refused as refused:
        print(f"  FAILED: {refused}")
        sys.exit(2)
    agent.bye()
    said = []
    for phase, one in found.items():
        single = compare(f"{phase} on one CPU", alone[phase], times) if phase in alone else None
        said += [compare(phase, one, times, single), single or {}]
    wrong = any(word.startswith("FAILED") for one in said for word in one.values())
    sys.exit(1 if compare_reclaims(found["reclaim"], *counts) or wrong else 0)


main()
