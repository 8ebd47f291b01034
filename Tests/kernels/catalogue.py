# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""Prints what each metric of the catalogue counted on each kernel: catalogue.py [--known FILE] RECORD...

Every record is of one run of Tests/kernels/catalogue.yaml. A cell is the number of operations, or `-`
where the kernel has not what the metric needs; what that is stands below the table. A metric that is
attached and counted nothing is marked, unless no load of a virtual device fires it (NO_DEVICE). `=N`
behind a number is how often the kernel counted the event that ends such operations, by a histogram trigger
in the same phase. Ends with 1 when one is marked, when starts and ends of a metric do not balance, or when
the kernel counted something else (TOLERANCE). A second table says of each probe whether it works there, as
docs/kernels.md has it.
"""

import json
import sys

# Attached, and without the device that would fire them.
NO_DEVICE = {"fence.signal", "fence.wait", "regulator.ramp", "mmc.request", "spi.transfer",
             "camera.buffer", "camera.interval", "audio.period", "fuse.request", "ufs.command",
             "i2c.transfer", "scsi.command"}


# What ends the operations of a metric, as the kernel's own triggers count it, and in which phase.
HITS = {
    "timer.lateness": ("tasks", ["hrtimer_expire_entry"]),
    "timer.handler": ("tasks", ["hrtimer_expire_exit", "timer_expire_exit"]),
    "lock.wait": ("tasks", ["contention_end"]),
    "journal.commit": ("storage", ["jbd2_end_commit"]),
    "f2fs.gc": ("storage", ["f2fs_gc_end"]),
    "writeback.pass": ("storage", ["writeback_written"]),
    "writeback.file": ("storage", ["writeback_single_inode"]),
    "workqueue.run": ("storage", ["workqueue_execute_end"]),
    "scsi.command": ("storage", ["scsi_dispatch_cmd_done"]),
    "memory.compaction": ("memory", ["mm_compaction_end"]),
    "memory.kswapd": ("memory", ["mm_vmscan_kswapd_sleep"]),
    "bio.time": ("memory", ["block_bio_complete"]),
    "tcp.rtt": ("devices", ["tcp_probe"]),
    "suspend.device": ("devices", ["device_pm_callback_end"]),
}
# Share, and events at the window's edges: the triggers come after it opens and go before it closes.
TOLERANCE, EDGE = 0.02, 5
# These go on by themselves while the triggers come and go: the kernel's count is what they are at least.
PERIODIC = {"timer.lateness", "timer.handler", "workqueue.run"}


def hits(record, metric):
    """How often the kernel counted a metric's end, and what the metric counted beside it; None for
    the kernel's where it has no histogram triggers."""
    phase_name, events = HITS[metric]
    for phase in judged(record):
        if phase["name"] == phase_name:
            said = {scalar["metric"].removeprefix("hits."): int(scalar["value"])
                    for scalar in phase["scalars"]}
            counted = sum(said[event] for event in events) if said.get("triggers") else None
            own = sum(loss["recorded"] for loss in phase["losses"] if loss["metric"] == metric)
            return counted, own
    return 0, 0


def is_off(metric, own, counted):
    """Whether a metric counted something else than the kernel did."""
    apart = counted - own if metric in PERIODIC else abs(counted - own)
    return apart > max(EDGE, TOLERANCE * counted)


def judged(record):
    return [phase for iteration in record["iterations"] if iteration["kind"] == "measured"
            for phase in iteration["phases"]]


def probe_of(metric):
    return metric.split(".", 1)[0]


def reason(probe, metric):
    """Why a metric is not measured; None when it is."""
    if probe["status"] != "loaded":
        lines = [line for line in probe.get("reason", "").splitlines() if line.startswith("T2")]
        return (lines or [probe["status"]])[0].removeprefix("T2: ")
    return probe.get("unsupported", {}).get(metric)


def standing(probe, counts):
    """Whether a probe works on a kernel; `counts` has what its metrics recorded, None for those that
    the kernel cannot have."""
    if probe["status"] != "loaded":
        return "unsupported"
    there = {name: count for name, count in counts.items() if count is not None}
    if not there:
        return "unsupported"
    silent = [name for name, count in there.items() if count == 0]
    if silent:
        return "no device" if all(name in NO_DEVICE for name in silent) else "SILENT"
    return "works" if len(there) == len(counts) else f"works {len(there)}/{len(counts)}"


def print_standings(records, cells):
    """One row for each probe; `cells` maps a metric to a list of counts, one for each record."""
    print()
    print(f"{'':24}" + "".join(f"{record['firmware']['name']:>14}" for record in records))
    for name in sorted({probe["name"] for record in records for probe in record["probes"]}):
        row = []
        for index, record in enumerate(records):
            probe = next(probe for probe in record["probes"] if probe["name"] == name)
            row.append(standing(probe, {metric: counts[index] for metric, counts in cells.items()
                                        if probe_of(metric) == name}))
        print(f"{name:24}" + "".join(f"{word:>14}" for word in row))


def shorter(text):
    for cut in ("; raw_tp", "; tracepoint", "; kprobe"):
        text = text.split(cut, 1)[0]
    return text.replace("probe ", "", 1)


def main():
    records = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            records.append(json.load(file))
    metrics, tables = {}, []
    for record in records:
        losses = {}
        for phase in judged(record):
            for loss in phase["losses"]:
                metrics[loss["metric"]] = True
                sums = losses.setdefault(loss["metric"], {"recorded": 0, "started": 0, "ended": 0,
                                                          "lost": 0})
                sums["recorded"] += loss["recorded"]
                sums["started"] += loss["started"]
                sums["ended"] += sum(loss[key] for key in
                                     ("recorded", "overwritten", "cancelled", "censored"))
                sums["lost"] += sum(loss[key] for key in
                                    ("overwritten", "nullStorage", "mapFull", "negative"))
        tables.append(losses)
        for probe in record["probes"]:
            if probe["status"] != "loaded":
                metrics.setdefault(probe["name"], True)
    # A probe that some kernel lacks as a whole stands for its metrics where they are known.
    names = sorted(name for name in metrics
                   if "." in name or not any(probe_of(other) == name and "." in other
                                             for other in metrics))
    print(f"{'':24}" + "".join(f"{record['firmware']['name']:>14}" for record in records))
    failed, lacking, recorded = [], {}, {}
    for name in names:
        cells, recorded[name] = [], []
        for record, losses in zip(records, tables):
            probe = next(probe for probe in record["probes"] if probe["name"] == probe_of(name))
            why = reason(probe, name)
            if why:
                cells.append("-")
                recorded[name].append(None)
                lacking.setdefault((name, shorter(why)), []).append(record["firmware"]["name"])
                continue
            sums = losses.get(name, {"recorded": 0, "started": 0, "ended": 0, "lost": 0})
            cell = str(sums["recorded"])
            recorded[name].append(sums["recorded"])
            if sums["recorded"] == 0:
                if name in NO_DEVICE:
                    cell = "no device"
                else:
                    cell = "0 !"
                    failed.append(f"{record['firmware']['name']}: {name}: nothing under its load")
            if name in HITS and cell != "no device":
                counted, own = hits(record, name)
                cell = f"{own}" if counted is None else f"{own}={counted}"
                if counted is not None and is_off(name, own, counted):
                    failed.append(f"{record['firmware']['name']}: {name}: {own}, and the kernel "
                                  f"counted {counted}")
            if sums["started"] != sums["ended"]:
                failed.append(f"{record['firmware']['name']}: {name}: {sums['started']} started, "
                              f"{sums['ended']} ended or in flight")
            if sums["lost"] > 2 and sums["lost"] > 0.01 * (sums["lost"] + sums["recorded"]):
                failed.append(f"{record['firmware']['name']}: {name}: {sums['lost']} lost of "
                              f"{sums['lost'] + sums['recorded']}")
            cells.append(cell)
        print(f"{name:24}" + "".join(f"{cell:>14}" for cell in cells))
    for (name, why), firmwares in sorted(lacking.items()):
        print(f"- {name} on {', '.join(firmwares)}: {why}")
    print_standings(records, recorded)
    for line in failed:
        print(f"FAILED {line}")
    sys.exit(1 if failed else 0)


main()
