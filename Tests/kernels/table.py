# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""Prints what the probes counted on each kernel: table.py REFERENCE RECORD...

Every record is of one run of Tests/kernels/matrix.yaml, REFERENCE that of the kernel that the others
are held against. Where the workload alone decides how often something happens, the counts are the
same; where the kernel has a say (how it merges requests, which interrupts it takes), they are near,
or are printed only. Direct reclaims are held against the kernel's own count of stalls. Ends with 1
when a count is another, a probe is not attached as BPF, or operations were lost.
"""

import json
import sys

ALL_PROBES = {"runqueue", "block", "fsync", "syscall", "softirq", "hardirq", "binder", "reclaim",
              "sleep"}
WORKLOAD = {"class": "workload"}
# Share by which a count may differ from the reference's; None = it is only printed.
SAME, NEAR, SHOWN = 0.0, 0.25, None
ROWS = [
    ("fsync.latency", {**WORKLOAD, "fs": "ext4"}, "fsync-ext4", SAME),
    ("fsync.latency", {**WORKLOAD, "fs": "f2fs"}, "fsync-f2fs", SAME),
    ("syscall.latency", {**WORKLOAD, "nr": "getppid"}, "system-calls", SAME),
    ("syscall.latency", {**WORKLOAD, "nr": "fsync"}, "fsync-ext4", SAME),
    ("binder.call", WORKLOAD, "binder", SAME),
    ("binder.roundtrip", WORKLOAD, "binder", SAME),
    ("runqueue.wait", WORKLOAD, "ping-pong", NEAR),
    ("sleep.uninterruptible", WORKLOAD, "fsync-ext4", SHOWN),
    ("block.device", {"op": "write"}, "fsync-ext4", NEAR),
    ("block.total", {"op": "write"}, "fsync-ext4", NEAR),
    ("block.queue", {"op": "write"}, "fsync-ext4", SHOWN),
    ("softirq.run", {"vec": "block"}, "fsync-ext4", SHOWN),
    ("softirq.raise", {"vec": "block"}, "fsync-ext4", SHOWN),
    ("hardirq.run", {}, "fsync-ext4", SHOWN),
]
# A reclaim that frees nothing is tried again and counted as another stall; few say nothing.
RECLAIMS, RECLAIMS_OF_STALLS = 10, 0.5
# Share of a metric's operations that may be lost; more where memory is short on purpose, and there is
# none for a stamp.
LOSS, LOSS_WITHOUT_MEMORY = 0.001, 0.01
# So many may be lost anywhere, as for a verdict.
FEW_LOST = 2


def phases(record, name):
    return [phase for iteration in record["iterations"] if iteration["kind"] == "measured"
            for phase in iteration["phases"] if phase["name"] == name]


def count(record, metric, labels, phase):
    return sum(result["count"] for found in phases(record, phase)
               for result in found["results"]
               if result["metric"] == metric and result["kind"] == "histogram"
               and all(result["labels"].get(key) == value for key, value in labels.items()))


def loss_problems(record):
    for iteration in record["iterations"]:
        for phase in iteration["phases"]:
            for loss in phase["losses"]:
                ended = sum(loss[key] for key in
                            ("recorded", "overwritten", "cancelled", "censored"))
                lost = sum(loss[key] for key in
                           ("overwritten", "nullStorage", "mapFull", "negative"))
                where = f"{loss['metric']}@{phase['name']}"
                if loss["started"] != ended:
                    yield f"{where}: {loss['started']} started, {ended} ended or in flight"
                limit = LOSS_WITHOUT_MEMORY if phase["name"] == "memory" else LOSS
                if lost > FEW_LOST and lost > limit * (lost + loss["recorded"]):
                    yield f"{where}: {lost} lost of {lost + loss['recorded']}"


def problems(record):
    for probe in record["probes"]:
        if probe["status"] != "loaded" or probe.get("tier") != "T2":
            yield f"probe {probe['name']}: {probe['status']}, {probe.get('reason', '')}"
    missing = ALL_PROBES - {probe["name"] for probe in record["probes"]}
    if missing:
        yield f"without {', '.join(sorted(missing))}"
    yield from loss_problems(record)
    stalls = sum(int(scalar["value"]) for phase in phases(record, "memory")
                 for scalar in phase["scalars"] if scalar["metric"] == "stalls")
    reclaims = count(record, "reclaim.direct", {}, "memory")
    if reclaims < RECLAIMS or not RECLAIMS_OF_STALLS * stalls <= reclaims <= stalls:
        yield f"reclaim.direct: {reclaims} where the kernel says {stalls} stalls"


def label(row):
    metric, labels, phase, _ = row
    inside = ",".join(f"{key}={value}" for key, value in sorted(labels.items()) if key != "class")
    return f"{metric}{'{' + inside + '}' if inside else ''}@{phase}"


def print_row(title, cells):
    print(f"{title:44}" + "".join(f"{cell:>14}" for cell in cells))


def main():
    records = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            records.append(json.load(file))
    failed = []
    print_row("", [record["firmware"]["name"] for record in records])
    releases = [record["firmware"]["kernelRelease"] for record in records]
    print_row("kernel", [release.split("-arm64")[0].removesuffix("-rt")[:13]
                         for release in releases])
    for row in ROWS:
        metric, labels, phase, tolerance = row
        counts = [count(record, metric, labels, phase) for record in records]
        cells = []
        for record, found in zip(records, counts):
            is_off = (found == 0 or tolerance is not None
                      and abs(found - counts[0]) > tolerance * counts[0])
            cells.append(f"{found}{' !' if is_off else ''}")
            if is_off:
                failed.append(f"{record['firmware']['name']}: {label(row)}: {found}, "
                              f"{counts[0]} on {records[0]['firmware']['name']}")
        print_row(label(row), cells)
    print_row("reclaim.direct@memory",
              [str(count(record, "reclaim.direct", {}, "memory")) for record in records])
    for record in records:
        failed += [f"{record['firmware']['name']}: {problem}" for problem in problems(record)]
    for line in failed:
        print(f"FAILED {line}")
    print("every kernel counts the same" if not failed else f"{len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
