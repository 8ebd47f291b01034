# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""Holds the probe `alarm` against rtla timerlat in the same window: compare.py RECORD IMPORTED

RECORD is of a run whose workload was rtla, IMPORTED what `latgate import` made of its table. The counts
must agree within 0.5%, the medians within one bucket of a histogram. Ends with 1 when one does not.
"""

import json
import sys

TOLERANCE, BUCKETS = 0.005, 1
# rtla rounds down to whole microseconds.
UNIT_NS = {"us": 1000, "ns": 1}


def histograms(path):
    with open(path, encoding="utf-8") as file:
        record = json.load(file)
    for iteration in record["iterations"]:
        for phase in iteration["phases"]:
            for result in phase["results"]:
                if result["kind"] == "histogram":
                    yield result


def bounds(index):
    """Smallest value of a bucket, and the smallest above it."""
    if index < 32:
        return index, index + 1
    shift = (index >> 4) - 1
    lower = ((index & 15) + 16) << shift
    return lower, lower + (1 << shift)


def bucket(value):
    shift = max(0, value.bit_length() - 5)
    return (shift << 4) + (value >> shift)


def median(result):
    """Index of the bucket that the median lies in."""
    rank, before = sum(count for _, count in result["buckets"]) / 2, 0
    for index, count in sorted(result["buckets"]):
        before += count
        if before >= rank:
            return index
    return None


def text(nanoseconds):
    return f"{nanoseconds / 1000:.1f} us"


def main(record, imported):
    ours = {result["metric"]: result for result in histograms(record)
            if result["labels"]["comm"] == "timerlat/0"}
    theirs = {result["labels"]["kind"]: result for result in histograms(imported)}
    failed = False
    print(f"{'metric, beside rtla timerlat':34}{'ours':>8}{'rtla':>8}{'':>9}{'median':>12}{'rtla':>12}")
    for metric, kind in [("alarm.expiry", "IRQ"), ("alarm.run", "Thr")]:
        if metric not in ours or kind not in theirs:
            print(f"{metric} or rtla's {kind} counted nothing", file=sys.stderr)
            failed = True
            continue
        own, other = ours[metric], theirs[kind]
        counts = [sum(count for _, count in one["buckets"]) for one in (own, other)]
        share = counts[0] / counts[1] - 1
        unit = UNIT_NS[other["unit"]]
        places = [median(own), bucket(bounds(median(other))[0] * unit)]
        # The table's row is a microsecond wide: any bucket that it reaches into may hold the median.
        last = bucket(bounds(median(other))[1] * unit - 1)
        apart = max(0, places[1] - places[0], places[0] - last)
        is_fine = abs(share) <= TOLERANCE and apart <= BUCKETS
        failed = failed or not is_fine
        print(f"{metric + ', ' + kind:34}{counts[0]:8}{counts[1]:8}{100 * share:+8.2f}%"
              f"{text(bounds(places[0])[0]):>12}{text(bounds(places[1])[0]):>12}"
              f"  {'ok' if is_fine else f'WRONG, {apart} buckets apart'}")
    return int(failed)


sys.exit(main(*sys.argv[1:]))
