#!/usr/bin/env python3
"""Keeps a check as a fixture of ReportingTests: its records, its suite, what was known of the bench.

  Tests/reports/keep.py DIRECTORY NAME [--suite FILE] [--metric PATTERN ...]

DIRECTORY is what `latgate check --output DIRECTORY` left. The fixture is xz of JSON lines: first the suite's file
and the noise profile, then a record a line. Left out of the records is what no report shows: what steps
printed, stacks, names of symbols, and with --metric all metrics that match none of the patterns.
"""

import argparse
import fnmatch
import json
import lzma
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def thinned(record, patterns):
    record.pop("symbols", None)
    for iteration in record["iterations"]:
        for phase in iteration["phases"]:
            phase["results"] = [
                one for one in phase["results"]
                if one["kind"] != "stacks"
                and (not patterns or any(fnmatch.fnmatch(one["metric"], p) for p in patterns))]
            kept = {one["metric"] for one in phase["results"]}
            phase["losses"] = [one for one in phase["losses"] if one["metric"] in kept]
            for step in phase["steps"]:
                for words in ("output", "stdout", "stderr"):
                    if words in step:
                        step[words] = ""
    return record


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("name")
    parser.add_argument("--suite", type=pathlib.Path, help="default: of targets/suites")
    parser.add_argument("--metric", action="append", default=[])
    options = parser.parse_args()
    setup = json.loads((options.directory / "check.json").read_text())
    profile = options.directory / "profile.json"
    records = [json.loads(path.read_text()) for path in (options.directory / "runs").glob("*.json")]
    records.sort(key=lambda record: record["experiment"]["order"])
    head = {
        "suite": (options.suite or ROOT / f"targets/suites/{setup['suite']}.yaml").read_text(),
        "transport": records[0]["device"]["transport"],
        "profile": json.loads(profile.read_text()) if profile.exists() else None,
    }
    lines = [head] + [thinned(record, options.metric) for record in records]
    text = "".join(json.dumps(line, separators=(",", ":"), sort_keys=True) + "\n" for line in lines)
    place = ROOT / f"Tests/ReportingTests/Fixtures/{options.name}.jsonl.xz"
    place.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{place.relative_to(ROOT)}: {len(records)} runs, {place.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
