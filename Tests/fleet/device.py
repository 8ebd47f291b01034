# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""A simulated device: the agent's own program with a directory, a certificate and a clock, and what is known
of its reports from outside."""

import os
import pathlib
import subprocess
import threading

import report as reports

FAULTS = ["kill", "kill-after", "cut", "cut-after", "full", "eio", "short"]
# Calls that change a disk in one life: three reports, a ledger, some removals.
CALLS = 40
LIFE_LIMIT = 300
HOUR = 3600
# Shorter than the largest jumps of a clock, by which no report may grow old.
SPOOL_AGE = 720
SPOOL_HEADER = 48


class Device:
    """Its reports, by id: events of each that the agent was given, and what the agent said of it."""

    def __init__(self, fleet, number):
        self.fleet = fleet
        self.name = f"device-{number}"
        self.directory = pathlib.Path(fleet.devices_directory, str(number))
        self.rng = fleet.stream(number)
        self.arm = fleet.arm(self.name)
        self.slowness = self.rng.lognormvariate(0, 0.3)
        self.jump = 0
        self.given, self.accepted, self.acknowledged, self.certain = {}, set(), set(), set()
        self.damaged = set()
        self.counts = None
        self.lock = threading.Lock()
        self.wrong = []
        self.killed = 0

    def prepare(self):
        self.directory.mkdir(parents=True)
        self.fleet.certify(self.name, self.directory)
        settings = {
            "server": f"https://localhost:{self.fleet.port}/", "address": "127.0.0.1",
            # Nobody listens there: what campaigns there are is not asked here.
            "repository": "https://localhost:1/", "authority": self.fleet.authority,
            "certificate": self.directory / f"{self.name}.pem", "key": self.directory / f"{self.name}.key",
            "root": self.fleet.root, "state": self.directory / "state", "model": "atlas", "build": "B1",
            "spool-bytes": 8192, "spool-age-seconds": SPOOL_AGE * HOUR}
        (self.directory / "field.conf").write_text(
            "".join(f"{name} = {value}\n" for name, value in settings.items()))

    # ---- a life

    def live(self, hour, faults=True):
        """From the agent's start to its end; nothing is left running."""
        with self.lock:
            if not self.directory.exists():
                self.prepare()
            # A clock that jumps by days, and one day is set right.
            if faults and self.rng.random() < 0.05:
                self.jump = self.rng.choice([-1000, -30, 30, 1000]) * HOUR if not self.jump else 0
            if faults and self.rng.random() < 0.05:
                self.spoil()
            fault = self.rng.choice(FAULTS) if faults and self.rng.random() < 0.4 else "none"
            now = hour * HOUR + self.jump
            lines, ids = [], []
            for body, events in self.measured(hour, self.rng.randrange(1, 5)) if faults else []:
                name = reports.report_id(body)
                self.given[name] = events
                ids.append(name)
                lines.append(f"put {body.hex()}\n")
            lines += [f"poll {now}\n", "counts\n"]
            self.hear(*self.run(fault, "".join(lines), faults and self.rng.random() < 0.05), ids)

    def measured(self, hour, count):
        """Reports of one start of the agent, each with its number of events."""
        incarnation = self.rng.randbytes(8)
        is_new = self.arm == 1 and hour >= self.fleet.offered
        median = 100_000 * self.slowness * (1.3 if is_new else 1)
        for sequence in range(count):
            histograms = [
                (metric, 0x05, "", 0, 0, reports.latencies(self.rng, 40, median, 0.4))
                for metric in self.fleet.metrics]
            yield reports.report(
                campaign=self.fleet.campaign, manifest=self.fleet.manifest, incarnation=incarnation,
                sequence=sequence, arm=self.arm, build="B2" if is_new else "B1", model="atlas",
                started=hour, uptime=3000, window=600, histograms=histograms,
            ), 40 * len(histograms)

    def run(self, fault, text, is_killed):
        """(what it said, whether it ended by itself)"""
        process = subprocess.Popen(
            [self.fleet.program, self.directory / "field.conf", fault, str(self.rng.randrange(1, CALLS)),
             str(self.rng.randrange(1 << 30))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        timer = threading.Timer(self.rng.uniform(0, 0.04), process.kill) if is_killed else None
        if timer:
            timer.start()
        try:
            said, _ = process.communicate(text, timeout=LIFE_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            self.wrong.append(f"{self.name}: hangs")
        finally:
            if timer:
                timer.cancel()
        if process.returncode not in (0, -9):
            self.wrong.append(f"{self.name}: the agent ended with {process.returncode}")
        self.killed += process.returncode == -9
        return said, process.returncode == 0 and fault == "none"

    def hear(self, said, is_whole, ids):
        spooled = iter(ids)
        # A line that a kill cut is none.
        for line in said[:said.rfind("\n") + 1].splitlines():
            what, *words = line.split()
            if what == "put":
                name = next(spooled)
                if words[0] == "0":
                    self.accepted.add(name)
            elif what == "answer":
                name, status = words[0], int(words[1])
                if status == 200:
                    self.acknowledged.add(name)
                    if is_whole:
                        self.certain.add(name)
                elif status not in (0, 503):
                    self.wrong.append(f"{self.name}: {name} was answered with {status}")
            elif what == "counts":
                keys = ("waiting", "written", "sent", "evicted", "unwritten", "damaged", "rejected")
                self.counts = dict(zip(keys, map(int, words)))

    # ---- what happens to a disk at rest

    def spoil(self):
        """Turns a bit of a report that waits, or cuts it."""
        spool = self.directory / "state" / "spool"
        names = [name for name in sorted(os.listdir(spool)) if name[0] == "r"] if spool.exists() else []
        if not names:
            return
        path = spool / self.rng.choice(names)
        data = bytearray(path.read_bytes())
        if len(data) < SPOOL_HEADER:
            return
        self.damaged.add(bytes(data[28:44]).hex())
        if self.rng.random() < 0.5:
            data = data[:self.rng.randrange(len(data))]
        else:
            data[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
        path.write_bytes(data)
