# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""Runs a fleet of simulated devices against a collector under faults; see Tests/fleet/run."""

import argparse
import concurrent.futures
import datetime
import hashlib
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import serialization

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "collector"), str(HERE.parent / "field"), str(HERE.parent / "agent")]

import fleet as field  # noqa: E402
from collector import Collector  # noqa: E402
from cutting_proxy import CuttingProxy  # noqa: E402
from device import Device  # noqa: E402
from faults import fill, strangers, wait  # noqa: E402

# Of the collector's disk, which becomes full.
SPACE = 192 << 20
LIVES_AT_ONCE = 6
# Simulated: what the reports of one run are of.
HOURS, HOURS_BEFORE = 240, 48


class Campaign:
    """A campaign in a repository, by the tool itself; without the tool there is no verdict."""

    name = "soak"

    def __init__(self, latgate, directory, abi):
        self.latgate, self.directory = latgate, directory
        self.repository = directory / "repository"
        if not latgate:
            (directory / "root.json").write_bytes(field.Repository(abi).root)
            self.root, self.manifest, self.metrics = directory / "root.json", bytes(8), (1,)
            self.arms, self.salt = [{"from": 0, "to": 5000}, {"from": 5000, "to": 10000}], bytes(32)
            return
        draft, keys = directory / "draft", directory / "keys"
        signed = ("--repository", self.repository, "--keys", keys)
        self.tool("keys", "create", *signed)
        self.tool("create", self.name, "--probe", "fsync", "--tier", "T0", "--control", "50%",
                  "--canary", "50%", "--out", draft)
        self.tool("sign", draft, *signed)
        self.tool("publish", *signed, "--valid", "48h")
        self.root = self.repository / "1.root.json"
        written = (draft / "campaign.json").read_bytes()
        content = json.loads(written)
        self.manifest = hashlib.sha256(written).digest()[:8]
        self.metrics = tuple(sorted(metric["id"] for metric in content["metrics"]))[:2]
        self.arms, self.salt = content["arms"], bytes.fromhex(content["salt"])

    def tool(self, *words, accepted=(0,)):
        done = subprocess.run(
            [self.latgate, "campaign", *map(str, words)], capture_output=True, check=False)
        if done.returncode not in accepted:
            sys.exit(f"latgate campaign {words}: exit {done.returncode}: {done.stderr.decode()}")
        return done

    def arm(self, device):
        drawn = int.from_bytes(hashlib.sha256(self.salt + device.encode()).digest()[:8], "big") % 10000
        return next(at for at, arm in enumerate(self.arms) if arm["from"] <= drawn < arm["to"])

    def verdict(self, reports, offered, now):
        """(exit code, bytes) of the judge; `reports` are options that say where these are."""
        def moment(hour):
            return datetime.datetime.fromtimestamp(hour * 3600, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        done = self.tool(
            "judge", self.name, "--repository", self.repository, *reports, "--build", "B2", "--offered",
            moment(offered), "--as-of", moment(now), "--silence", "168h", "--format", "json",
            accepted=(0, 1, 2, 3))
        return done.returncode, done.stdout


class Fleet:
    """What all devices have in common."""

    def __init__(self, program, campaign, directory, proxy, collector, seed):
        self.program, self.seed = program, seed
        self.campaign, self.manifest, self.metrics = campaign.name, campaign.manifest, campaign.metrics
        self.arm, self.root = campaign.arm, campaign.root
        self.devices_directory, self.port = directory, proxy.port
        trial = pathlib.Path(collector.directory, "trial")
        self.authority = trial / "authority.pem"
        self.issuer = (
            x509.load_pem_x509_certificate(self.authority.read_bytes()),
            serialization.load_pem_private_key((trial / "authority.key").read_bytes(), None))
        self.begun = int(time.time()) // 3600 - HOURS
        self.offered = self.begun + HOURS_BEFORE

    def stream(self, number):
        return random.Random(f"{self.seed} {number}")

    def certify(self, name, directory):
        field.write_pem(directory, name, field.certificate(name, self.issuer))


def disk(directory, size=None):
    """A file system in memory of its own; whether it could be mounted."""
    directory.mkdir()
    words = ["mount", "-t", "tmpfs", *(["-o", f"size={size}"] if size else []), "tmpfs", str(directory)]
    return subprocess.run(words, check=False, stderr=subprocess.DEVNULL).returncode == 0


class Soak:
    def __init__(self, options, scratch):
        self.options = options
        self.rng = random.Random(options.seed)
        self.mounted = options.mount and disk(scratch / "collector", SPACE) and disk(scratch / "devices")
        (scratch / "collector").mkdir(exist_ok=True)
        self.disk = scratch / "collector"
        self.campaign = Campaign(options.latgate, scratch, options.abi)
        self.collector = Collector(
            options.program, str(self.disk / "data"), "--devices", "1", "--quota", "1000000000", "--segment",
            "256")
        self.proxy = CuttingProxy(self.rng.randrange(1 << 32))
        self.proxy.upstream = self.collector.start()
        self.fleet = Fleet(options.device, self.campaign, scratch / "devices", self.proxy, self.collector,
                           options.seed)
        self.devices = [Device(self.fleet, number) for number in range(options.devices)]
        self.counts = {"killed": 0, "stopped": 0, "full": 0, "torn": 0, "index lost": 0, "away": 0}
        self.lives = 0

    # ---- faults

    def cycle(self, number, pool):
        """Some devices live while one thing happens to the collector."""
        hour = self.fleet.begun + HOURS * number // self.options.cycles
        # A tenth of the devices has most of the lives: their spools overflow in an outage.
        few = max(1, len(self.devices) // 10)
        chosen = {self.rng.randrange(few if self.rng.random() < 0.4 else len(self.devices))
                  for _ in range(self.options.lives)}
        lives = [pool.submit(self.devices[place].live, hour) for place in sorted(chosen)]
        self.lives += len(lives)
        away = 0.4 <= number / self.options.cycles < 0.5
        threading.Event().wait(self.rng.uniform(0.01, 0.15))
        if away:
            self.counts["away"] += 1
            self.proxy.upstream = None
        else:
            self.harm(number)
        for life in lives:
            life.result()

    def harm(self, number):
        if self.mounted and number % 20 == 10:
            ballast = fill(self.disk)
            threading.Event().wait(self.rng.uniform(0.05, 0.2))
            if self.rng.random() < 0.5:
                ballast.unlink()
                wait(lambda: self.collector.health() == 200, "health after there was space again")
            self.counts["full"] += 1
        self.proxy.upstream = None
        if number % 10 == 9:
            self.collector.stop()
            self.counts["stopped"] += 1
        else:
            self.collector.kill()
            self.counts["killed"] += 1
        pathlib.Path(self.disk, "ballast").unlink(missing_ok=True)
        if self.rng.random() < 0.3:
            self.collector.tear(self.rng)
            self.counts["torn"] += 1
        if self.rng.random() < 0.1:
            self.lose_index()
            self.counts["index lost"] += 1
        self.proxy.upstream = self.collector.start()

    def lose_index(self):
        for path in pathlib.Path(self.collector.directory).glob("index.sqlite*"):
            path.unlink()

    def settle(self, pool):
        """Every device sends what it has, on a disk and a network without faults."""
        self.proxy.faults = False
        hour = self.fleet.begun + HOURS
        known = [device for device in self.devices if device.directory.exists()]
        for _ in range(3):
            list(pool.map(lambda device: device.live(hour, faults=False), known))
            if all(device.counts and not device.counts["waiting"] for device in known):
                return known
        sys.exit("a device does not get rid of its reports")

    # ---- the oracle

    def judge(self, known):
        """Lines of what is wrong."""
        problems = [line for device in known for line in device.wrong]
        facts = self.collector.tool("verify").decode()
        export = self.collector.tool("export")
        stored = {}
        for line in export.splitlines():
            entry = json.loads(line)
            if entry["id"] in stored:
                problems.append(f"counted twice: {entry['id']}")
            stored[entry["id"]] = sum(
                count for histogram in entry["histograms"] for _, count in histogram["buckets"])
        given = {name: events for device in known for name, events in device.given.items()}
        acknowledged = set().union(*(device.acknowledged for device in known))
        lost = sorted(acknowledged - stored.keys())
        problems += [f"answered with 200 and lost: {name}" for name in lost]
        problems += [f"never made: {name}" for name in sorted(stored.keys() - given.keys())]
        problems += [f"{name}: {events} events instead of {given[name]}"
                     for name, events in stored.items() if given.get(name, events) != events]
        unseen, said = 0, 0
        for device in known:
            gone = device.accepted - stored.keys()
            counted = device.counts["evicted"] + device.counts["damaged"]
            unseen, said = unseen + len(gone), said + counted
            if len(gone) > counted:
                problems.append(f"{device.name}: {len(gone)} reports are gone, {counted} are counted")
            if device.counts["rejected"]:
                problems.append(f"{device.name}: {device.counts['rejected']} reports were refused for good")
            if counted > len(device.given.keys() - device.certain):
                problems.append(f"{device.name}: counts {counted} as lost, which were not so many")
        problems += list(strangers(self.collector.directory, [device.name for device in known]))
        twice = sum("twice" in line for line in problems)
        print(f"{len(known)} devices in {self.lives} lives, of which {sum(d.killed for d in known)} were killed; "
              f"connections cut: " + ", ".join(f"{name} {count}" for name, count in self.proxy.cuts.items()))
        print(f"reports: made {len(given)}, spooled {sum(len(d.accepted) for d in known)}, answered "
              f"{len(acknowledged)}, stored {len(stored)}; gone from spools {unseen}, counted there {said}, "
              f"spoilt at rest {sum(len(d.damaged) for d in known)}; torn tails cut off {self.collector.torn}")
        print(f"answered and lost {len(lost)}, counted twice {twice}")
        if len(acknowledged) < self.options.cycles:
            problems.append(f"only {len(acknowledged)} reports were answered: nothing was tested")
        return problems + self.remake(export, facts)

    def remake(self, export, facts):
        """Without its index, the log says the same, and so does the judge."""
        before = self.verdict("--index", pathlib.Path(self.collector.directory, "index.sqlite"))
        self.lose_index()
        self.collector.tool("rebuild")
        again = self.collector.tool("export")
        problems = []
        if again != export:
            problems.append("the rebuilt index exports other bytes")
        if self.collector.tool("verify").decode() != facts:
            problems.append("the rebuilt index has another digest")
        print(facts, end="")
        if not before:
            print("no verdict: the tool is not built")
            return problems
        after = self.verdict("--index", pathlib.Path(self.collector.directory, "index.sqlite"))
        lines = self.campaign.directory / "reports.jsonl"
        lines.write_bytes(again)
        if after != before:
            problems.append("the verdict of the rebuilt index has other bytes")
        if self.verdict("--reports", lines) != before:
            problems.append("the verdict of the exported reports has other bytes")
        said = [f"exit {code}, {hashlib.sha256(text).hexdigest()[:16]}" for code, text in (before, after)]
        print(f"verdict {json.loads(before[1])['verdict']['outcome']}: {said[0]}; of the rebuilt index: {said[1]}")
        return problems

    def verdict(self, *reports):
        now = self.fleet.begun + HOURS
        return self.campaign.verdict(reports, self.fleet.offered, now) if self.options.latgate else None

    def run(self):
        begun = time.monotonic()
        try:
            with concurrent.futures.ThreadPoolExecutor(LIVES_AT_ONCE) as pool:
                for number in range(self.options.cycles):
                    self.cycle(number, pool)
                if self.proxy.upstream is None:
                    self.proxy.upstream = self.collector.start()
                known = self.settle(pool)
        finally:
            self.proxy.close()
            if self.collector.process.poll() is None:
                self.collector.stop()
        print(f"{self.options.cycles} cycles in {time.monotonic() - begun:.0f} s: "
              + ", ".join(f"{name} {count}" for name, count in self.counts.items()))
        return self.judge(known)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--latgate")
    parser.add_argument("--abi", default="x86_64")
    parser.add_argument("--mount", action="store_true")
    parser.add_argument("-n", type=int, default=20, dest="cycles")
    parser.add_argument("-d", type=int, default=100, dest="devices")
    parser.add_argument("-l", type=int, default=12, dest="lives")
    parser.add_argument("-s", type=int, default=random.SystemRandom().randrange(1 << 32), dest="seed")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="latgate-fleet-") as scratch:
        scratch = pathlib.Path(scratch)
        soak = None
        try:
            soak = Soak(options, scratch)
            problems = soak.run()
        finally:
            for directory in ("collector", "devices"):
                subprocess.run(["umount", "-l", scratch / directory], check=False, stderr=subprocess.DEVNULL)
        if not soak.mounted:
            print("no disk was full: file systems in memory could not be mounted")
        for line in problems[:20]:
            print(f"FAILED: {line}", file=sys.stderr)
        sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
