#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""The field agent's client against repositories of python-tuf, and what its simulator's attacks make of them.

Usage: tuf_test.py TRUST_DRIVER, with a Python that has the module tuf. Prints a line per check.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ATTACKS = pathlib.Path(__file__).resolve().parents[1] / "CampaignsTests" / "tuf_attacks.py"
REFUSALS = {
    "timestamp_rollback": ["rolls back"], "snapshot_rollback": ["rolls snapshot.json back"],
    "targets_rollback": ["rolls targets.json back"], "timestamp_expired": ["has expired"],
    "snapshot_expired": ["has expired"], "targets_expired": ["has expired"],
    "timestamp_unsigned": ["timestamp: signed by 0"], "snapshot_unsigned": ["snapshot: signed by 0"],
    "targets_wrong_role": ["targets: signed by 0"], "snapshot_mix": ["not the file"],
    "targets_mix": ["not the file", "over"], "root_threshold": ["root: signed by 1"],
    "root_fork": ["root: signed by 0"], "root_rollback": ["version 1 where 2 should be"],
    "root_skip": ["version 3 where 2 should be"], "root_expired": ["has expired"],
    "snapshot_lists_nothing": ["targets.json"],
}
# The root itself is sound, and is followed before it is seen that nothing newer replaces it (TUF 5.3.10).
KEEPS_ROOT = {"root_expired"}


def check(name, good, detail=""):
    print(f"{'ok' if good else 'FAILED'} tuf: {name}{'' if good else ': ' + str(detail)}", flush=True)


def content(directory):
    return {name: pathlib.Path(directory, name).read_bytes() for name in os.listdir(directory)}


def poll(driver, state, directory, files):
    for name, text in files.items():
        pathlib.Path(directory, name).write_text(text)
    return subprocess.run([driver, state, directory], capture_output=True, text=True, check=True).stdout.strip()


def main():
    driver = sys.argv[1]
    said = subprocess.run([sys.executable, ATTACKS], capture_output=True, text=True, check=True).stdout
    attacks = json.loads(said)
    check("all attacks are known", attacks.keys() == REFUSALS.keys() | {"good"}, attacks.keys())
    for name, (before, after) in attacks.items():
        with tempfile.TemporaryDirectory() as state, tempfile.TemporaryDirectory() as directory:
            first = poll(driver, state, directory, before)
            kept = content(state)
            for file in os.listdir(directory):
                os.unlink(os.path.join(directory, file))
            then = poll(driver, state, directory, after)
            if first.split() != ["updated", "campaigns/disk-1.json", "campaigns/disk-2.json"]:
                check(f"{name}: reads what python-tuf signs", False, first)
            elif name == "good":
                check("reads what python-tuf signs, and its next version",
                      then.split()[1:] == [f"campaigns/disk-{number}.json" for number in (1, 2, 3)], then)
            else:
                check(f"{name} is refused, and {'only its root' if name in KEEPS_ROOT else 'nothing'} is kept",
                      then.startswith("refused ") and any(words in then for words in REFUSALS[name])
                      and (content(state) == kept or name in KEEPS_ROOT), then)


main()
