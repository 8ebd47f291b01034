# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""Holds the records of two runs of one workload, each in another tier: records.py T2 OTHER.

The machine's own work differs from run to run, the journal's writes too, so only counts of what
the workload itself does a known number of times are compared. Ends with 1 when a metric is missing or a count differs.
"""

import json
import sys

TOLERANCE = 0.02
# What each phase of the workload does.
OPERATIONS = [
    ("ping-pong", "runqueue.wait", {"class": "workload"}),
    ("fsync-ext4", "fsync.latency", {"class": "workload", "fs": "ext4"}),
    ("fsync-f2fs", "fsync.latency", {"class": "workload", "fs": "f2fs"}),
    ("binder", "binder.call", {"class": "workload"}),
    ("binder", "binder.roundtrip", {"class": "workload"}),
]


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def judged(record):
    return [phase for iteration in record["iterations"] if iteration["kind"] == "measured"
            for phase in iteration["phases"]]


def metrics(record):
    return {result["metric"] for phase in judged(record) for result in phase["results"]}


def count(record, phase, metric, labels):
    return sum(result["count"] for one in judged(record) if one["name"] == phase
               for result in one["results"]
               if result["metric"] == metric and result["kind"] in ("histogram", "counter") and
               labels.items() <= result["labels"].items())


def main():
    one, two = load(sys.argv[1]), load(sys.argv[2])
    wrong = 0
    for record in (one, two):
        for iteration in record["iterations"]:
            if iteration.get("dropped"):
                print(f"  FAILED {record['tier']}: iteration dropped: {iteration['dropped']}")
                wrong += 1
    # What the lower tier cannot see at all is known beforehand: it has no such metric.
    missing = metrics(two) - metrics(one)
    wrong += len(missing)
    for name in sorted(missing):
        print(f"  FAILED {name}: in the record of {two['tier']} only")
    print(f"  {one['tier']}: {', '.join(sorted(metrics(one)))}")
    print(f"  {two['tier']}: {', '.join(sorted(metrics(two)))}")
    for phase, metric, labels in OPERATIONS:
        before, after = count(one, phase, metric, labels), count(two, phase, metric, labels)
        good = before and abs(after - before) <= TOLERANCE * before
        label = ",".join(f"{k}={v}" for k, v in labels.items())
        print(f"  {'ok' if good else 'FAILED count':13} {metric}{{{label}}}@{phase}: "
              f"{one['tier']} {before}, {two['tier']} {after}")
        wrong += not good
    sys.exit(1 if wrong else 0)


main()
