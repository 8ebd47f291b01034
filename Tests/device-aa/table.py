# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""The table of `ci/device-aa`: alarms without a change, and defects held against the prediction.

What a check of 8 + 8 runs finds is predicted from the checks of unchanged firmware alone: the
median of what each said it would detect with 80% power, those of one stage divided by the square
root of two on the logarithmic scale. A cut of the share c makes work bound by it 1 / (1 - c) times
longer. From the prediction upwards a defect must be found; below it, it may be.

Exits 1 when an unchanged firmware was called slower or a defect that must be found was not, 2 when
there is nothing to conclude from.
"""

import json
import math
import pathlib
import statistics
import sys

# What shows a defect, and the checks of the same firmware without one.
DEFECTS = {"disk": ("disk.time", "same-*"), "cpu": ("cpu.time", "single-*")}


def verdicts(directory, pattern):
    for path in sorted(directory.glob(f"{pattern}/verdict.json")):
        with open(path, encoding="utf-8") as file:
            yield path.parent.name, json.load(file)


def scalar(verdict, name):
    for metric in verdict["metrics"]:
        if metric["id"]["name"] == name and metric["statistic"] == "value":
            return metric
    raise SystemExit(f"a verdict has no {name}: not made by the suite 'defects'")


def percent(value):
    return "-" if value is None else f"{100 * value:+.1f}%"


def upper_bound(alarms, trials):
    """Of the alarm rate, one-sided 95%: the rate at which so few alarms have probability .05."""
    low, high = 0.0, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        some = sum(
            math.comb(trials, n) * rate**n * (1 - rate) ** (trials - n) for n in range(alarms + 1)
        )
        low, high = (rate, high) if some > 0.05 else (low, rate)
    return high


def predicted(same, name):
    """The change that 8 + 8 runs find with 80% power, by the checks of unchanged firmware."""
    logs = []
    for _, verdict in same:
        detects = scalar(verdict, name).get("mde80")
        if detects is not None:
            logs.append(math.log1p(detects) * math.sqrt(min(verdict["runs"].values()) / 8))
    return math.expm1(statistics.median(logs)) if logs else None


def unchanged(same):
    counts = {}
    for _, verdict in same:
        counts[verdict["outcome"]] = counts.get(verdict["outcome"], 0) + 1
    alarms = [name for name, verdict in same if verdict["counts"]["regression"]]
    runs = sum(sum(verdict["runs"].values()) for _, verdict in same)
    found = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
    print(f"{len(same)} independent checks of unchanged firmware, {runs} boots: {found}")
    print(
        f"called slower: {len(alarms)}{' ' + str(alarms) if alarms else ''} "
        f"(the true rate is below {100 * upper_bound(len(alarms), len(same)):.0f}% with 95% "
        "confidence)"
    )
    return not alarms


def defects(directory):
    print()
    row = "{:<9} {:<10} {:>7} {:>9} {:<9} {:>7} {:>22} {:<16} {}"
    print(row.format(
        "defect", "metric", "effect", "detects", "predicted", "change", "95% interval", "said", ""))
    is_right = True
    for kind, (name, pattern) in DEFECTS.items():
        detects = predicted(verdicts(directory, pattern), name)
        for label, verdict in sorted(
            verdicts(directory, f"{kind}-*"), key=lambda one: int(one[0].split("-")[1])
        ):
            cut = int(label.split("-")[1]) / 100
            effect = 1 / (1 - cut) - 1
            metric = scalar(verdict, name)
            is_found = metric["outcome"] == "regression"
            must = detects is not None and effect >= detects
            found = "as predicted" if is_found == must else "found, beyond the prediction"
            if must and not is_found:
                found, is_right = "WRONG: must be found", False
            interval = metric.get("interval")
            print(row.format(
                label, name, percent(effect), percent(detects), "found" if must else "open",
                percent(metric.get("change")),
                f"{percent(interval['low'])} … {percent(interval['high'])}" if interval else "-",
                f"{verdict['outcome']} ({sum(verdict['runs'].values())})", found,
            ).rstrip())
    print("(effect: of the cut on work bound by it; detects: with 80% power in 8 + 8 runs)")
    return is_right


def main():
    directory = pathlib.Path(sys.argv[1])
    same = [one for _, pattern in DEFECTS.values() for one in verdicts(directory, pattern)]
    if not same:
        print("no check of unchanged firmware is there", file=sys.stderr)
        return 2
    is_quiet = unchanged(same)
    is_right = defects(directory)
    return 0 if is_quiet and is_right else 1


if __name__ == "__main__":
    sys.exit(main())
