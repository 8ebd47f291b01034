# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""The table of `ci/zoo`: which metric found each defect, and what else was called slower.

  table.py DEFECTS DIRECTORY

DEFECTS is defects.txt. DIRECTORY has a directory for each suite, in it one for each firmware with its runs
(1.json, 1.seconds ...) and, where it was compared, verdict.json. A defect without a verdict is listed as
not run. Exits 1 when one that was compared was missed, or an unchanged firmware was called slower.
"""

import fnmatch
import json
import pathlib
import re
import sys

ROW = "{:<20} {:<12} {:<44} {:<10} {:>24}  {:<28} {:>4} {:>6}"


def probe_of(metric):
    return re.split(r"[.{@]", metric, maxsplit=1)[0]


def is_meant(pattern, metric):
    """Whether a metric with its labels and phase is one that a pattern of the table names."""
    name, _, phase = pattern.partition("@")
    name, _, labels = name.rstrip("}").partition("{")
    found, _, where = metric.partition("@")
    found, _, has = found.rstrip("}").partition("{")
    return (fnmatch.fnmatch(found, name) and (not phase or phase == where)
            and set(filter(None, labels.split(","))) <= set(has.split(",")))


def read_defects(path):
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            firmware, suite, expected, related = line.split()
            yield (firmware, suite, [] if expected == "-" else expected.split(";"),
                   set() if related == "-" else set(related.split(",")))


def slower(verdict):
    return [row for row in verdict["rows"]
            if row["isGating"] and row["finding"] == "regression"]


def percent(value):
    return "?" if value is None else f"{100 * value:+.0f}%"


def describe(row):
    return (f"{percent(row.get('change'))} ({percent(row.get('lower'))} … "
            f"{percent(row.get('upper'))})")


def minutes(directory):
    return sum(float(path.read_text(encoding="utf-8")) for path in directory.glob("*.seconds")) / 60


def unrelated(rows, expected, related):
    """Probes that were called slower and have nothing to do with the defect."""
    if "any" in related:
        return set()
    wanted = {probe_of(pattern) for pattern in expected} | related
    return {probe_of(row["metric"]) for row in rows} - wanted


def print_defect(firmware, suite, expected, related, directory):
    """Prints a row; returns whether the defect was found and which unrelated probes were, or None."""
    runs = len(list(directory.glob("[0-9]*.json")))
    path = directory / "verdict.json"
    if not path.exists():
        print(ROW.format(firmware, suite, expected[0], "not run", "", "", runs,
                         f"{minutes(directory):.1f}").rstrip())
        return None
    verdict = json.loads(path.read_text(encoding="utf-8"))
    rows = slower(verdict)
    hits = [row for row in rows if any(is_meant(one, row["metric"]) for one in expected)]
    best = max(hits, key=lambda row: row.get("lower") or 0, default=None)
    others = unrelated(rows, expected, related)
    also = {probe_of(row["metric"]) for row in rows} - {probe_of(one) for one in expected} - others
    words = sorted(also) + [f"{name}!" for name in sorted(others)]
    print(ROW.format(
        firmware, suite, best["metric"] if best else expected[0], "found" if best else "MISSED",
        describe(best) if best else "", ",".join(words) or "-", runs,
        f"{minutes(directory):.1f}").rstrip())
    return bool(best), others


def main():
    directory = pathlib.Path(sys.argv[2])
    defects, found, missed, strays, alarms, unchanged = 0, 0, [], [], [], 0
    print(ROW.format("defect", "suite", "metric", "", "change", "also (! not related)", "runs",
                     "min"))
    for firmware, suite, expected, related in read_defects(sys.argv[1]):
        place = directory / suite / firmware
        if expected:
            defects += 1
            said = print_defect(firmware, suite, expected, related, place)
            if said:
                found += said[0]
                missed += [] if said[0] else [firmware]
                strays += [f"{firmware}: {name}" for name in sorted(said[1])]
            continue
        for path in sorted(place.glob("verdict*.json")):
            unchanged += 1
            rows = slower(json.loads(path.read_text(encoding="utf-8")))
            alarms += [f"{suite}: {row['metric']} {describe(row)}" for row in rows]
    print(f"{found} of {found + len(missed)} defects found, {defects - found - len(missed)} not run; "
          f"{len(strays)} unrelated probes flagged")
    print(f"{unchanged} checks of unchanged firmware, {len(alarms)} metrics called slower")
    for line in [f"MISSED {name}" for name in missed] + [f"UNRELATED {one}" for one in strays] \
            + [f"FALSE ALARM {one}" for one in alarms]:
        print(line)
    return 1 if missed or alarms else 0


if __name__ == "__main__":
    sys.exit(main())
