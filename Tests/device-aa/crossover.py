# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""Holds a check of `ci/device-crossover` against what it must say.

  crossover.py DIRECTORY CANDIDATE

Prints how far the boards are apart, what a comparison that knows no boards would think of the
screen's runs, and the verdict. Exits 1 when unchanged firmware was called slower, a cut of the disk
was not found, or the evidence is not a crossover.
"""

import collections
import json
import math
import pathlib
import statistics
import sys

METRIC = "disk.time"


def disk_times(record):
    return [
        math.log(scalar["value"])
        for iteration in record["iterations"]
        if iteration["kind"] == "measured" and "dropped" not in iteration
        for phase in iteration["phases"]
        for scalar in phase.get("scalars", [])
        if scalar["metric"] == METRIC
    ]


def main():
    directory, candidate = pathlib.Path(sys.argv[1]), sys.argv[2]
    levels = collections.defaultdict(list)
    flashes = collections.defaultdict(set)
    for path in sorted(directory.glob("runs/*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        place = record["experiment"]["arm"], record["device"]["serial"]
        levels[place].append(statistics.mean(disk_times(record)))
        flashes[place].add(record["flash"]["id"])
    boards = sorted({serial for _, serial in levels})
    arms = sorted({arm for arm, _ in levels}, reverse=True)
    for board in boards:
        found = ", ".join(
            f"{arm} {math.exp(statistics.mean(levels[arm, board])) / 1e6:.0f} ms "
            f"({len(levels[arm, board])} runs, {len(flashes[arm, board])} flashes)"
            for arm in arms
        )
        print(f"  {board}: {found}")
    apart = statistics.mean(levels["reference", boards[1]]) - statistics.mean(
        levels["reference", boards[0]])
    verdict = json.loads((directory / "verdict.json").read_text(encoding="utf-8"))
    metric = next(
        one for one in verdict["metrics"]
        if one["id"]["name"] == METRIC and one["statistic"] == "value")
    interval = metric["interval"]
    print(
        f"  boards are {100 * math.expm1(abs(apart)):.0f}% apart; {METRIC} of {candidate} "
        f"{100 * metric['change']:+.1f}% ({100 * interval['low']:+.1f}% … "
        f"{100 * interval['high']:+.1f}%), finds {100 * metric['mde80']:+.1f}%: "
        f"{metric['outcome']} on {verdict['grade']} evidence")
    wanted = candidate != "same-again"
    found = metric["outcome"] == "regression"
    alarms = verdict["counts"]["regression"]
    is_right = verdict["grade"] == "crossover" and (found if wanted else not alarms)
    if not is_right:
        print("  WRONG: must be " + ("found" if wanted else "no slower"), file=sys.stderr)
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
