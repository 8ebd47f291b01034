"""Runs the collector through faults; see Tests/collector/run."""

import argparse
import hashlib
import http.client
import json
import os
import pathlib
import random
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import report as reports
from collector import ANSWER_LIMIT, STOP_LIMIT, Collector

SPACE = 96 << 20
DEVICES = 3


class Device(threading.Thread):
    """Sends reports of one device, keeps what was not answered, and notes what was."""

    def __init__(self, name, directory, seed):
        super().__init__(daemon=True)
        self.device = name
        self.rng = random.Random(seed)
        self.tls = ssl.create_default_context(cafile=str(directory / "authority.pem"))
        self.tls.load_cert_chain(str(directory / f"{name}.pem"), str(directory / f"{name}.key"))
        self.incarnation = self.rng.randbytes(8)
        self.sequence = 0
        self.port = None
        self.running = True
        self.connection = None
        # What the oracle knows: by id, the number of events of each report that was answered with 200.
        self.acknowledged = {}
        self.bodies = []
        self.taken = []
        self.spool = []
        self.cut = self.replayed = self.refused = 0
        self.disputed = 0
        self.wrong = []

    def run(self):
        while self.running:
            port = self.port
            if port is None:
                time.sleep(0.002)
                continue
            try:
                self.step(port)
            except (OSError, http.client.HTTPException):
                self.close()
                time.sleep(0.002)

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def step(self, port):
        if len(self.spool) < 40:
            self.spool.append((*self.make(self.sequence), self.sequence))
            self.sequence += 1
        choice = self.rng.random()
        if choice < 0.05 and self.bodies:
            self.again(port)
        elif choice < 0.07 and self.bodies:
            self.conflict(port)
        else:
            # Now and then not the oldest: a spool that was put in order anew.
            place = 0 if self.rng.random() < 0.7 else self.rng.randrange(len(self.spool))
            body, events, sequence = self.spool[place]
            if self.rng.random() < 0.08:
                # Cut after the request: stored or not, nobody knows. It stays in the spool.
                self.send(port, body, wait=False)
                self.cut += 1
                return
            if self.send(port, body) == 200:
                self.acknowledged[reports.report_id(body)] = events
                self.bodies.append(body)
                self.taken.append(sequence)
                del self.spool[place]

    def make(self, sequence, build="b1"):
        counts = {index: self.rng.randrange(1, 1 << self.rng.randrange(1, 14))
                  for index in range(100, 100 + self.rng.randrange(1, 30))}
        body = reports.report(
            campaign="faults", incarnation=self.incarnation, sequence=sequence, build=build,
            histograms=[(metric, 0x21, "", 0, 0, counts) for metric in range(1, 4)])
        return body, 3 * sum(counts.values())

    def again(self, port):
        """What was answered once is answered with 200 for ever."""
        body = self.rng.choice(self.bodies)
        status = self.send(port, body)
        if status not in (200, 503):
            self.wrong.append(f"{self.device}: a replay was answered with {status}")
        self.replayed += status == 200

    def conflict(self, port):
        """Another report in a slot that is taken must never count."""
        sequence = self.rng.choice(self.taken)
        body, _ = self.make(sequence, build="b2")
        status = self.send(port, body)
        self.disputed += status == 409
        if status not in (409, 200, 503):
            self.wrong.append(f"{self.device}: a conflict was answered with {status}")

    def send(self, port, body, wait=True):
        if self.connection and self.connection.port != port:
            self.close()
        if not self.connection:
            self.connection = http.client.HTTPSConnection(
                "localhost", port, timeout=ANSWER_LIMIT, context=self.tls)
        self.connection.request("PUT", f"/v1/reports/{reports.report_id(body)}", body)
        if not wait:
            self.close()
            return None
        answer = self.connection.getresponse()
        answer.read(1024)
        if answer.status not in (200, 409):
            self.refused += 1
            if answer.status != 503:
                self.wrong.append(f"{self.device}: status {answer.status}")
        return answer.status


def fill(directory):
    """Takes all the space there is; returns the file that has it."""
    ballast = pathlib.Path(directory, "ballast")
    # Unbuffered: a buffer would be written once more as the file is closed, and fail there.
    with ballast.open("wb", buffering=0) as file:
        for piece in (bytes(1 << 16), b"0"):
            try:
                while file.write(piece):
                    pass
            except OSError:
                pass
    return ballast


def wait(condition, what):
    until = time.monotonic() + STOP_LIMIT
    while not condition():
        if time.monotonic() > until:
            sys.exit(f"waited in vain for {what}")
        time.sleep(0.01)


def strangers(directory, names):
    """Stored files that say what no stored byte may: names of devices, addresses, processes."""
    words = [name.encode() for name in names] + [b"127.0.0.1", str(os.getpid()).encode() + b"\0"]
    for path in pathlib.Path(directory).rglob("*"):
        if path.is_file() and "trial" not in path.parts:
            content = path.read_bytes()
            for word in words:
                if word in content:
                    yield f"{path.name} holds {word!r}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--mount", action="store_true")
    parser.add_argument("-n", type=int, default=200, dest="cycles")
    parser.add_argument("-s", type=int, default=random.SystemRandom().randrange(1 << 32), dest="seed")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    print(f"seed {options.seed}", flush=True)
    scratch = tempfile.mkdtemp(prefix="latgate-faults-")
    mounted = options.mount and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SPACE}", "tmpfs", scratch]).returncode == 0
    try:
        run(options, rng, scratch, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "-l", scratch])
        shutil.rmtree(scratch, ignore_errors=True)


def run(options, rng, scratch, mounted):
    collector = Collector(options.program, scratch + "/data", "--devices", str(DEVICES), "--quota",
                          "1000000000", "--segment", "64")
    port = collector.start()
    names = [f"device-{number + 1}" for number in range(DEVICES)]
    devices = [Device(name, pathlib.Path(collector.directory, "trial"), rng.randrange(1 << 32)) for name in names]
    for device in devices:
        device.port = port
        device.start()
    counts = {"killed": 0, "stopped": 0, "full": 0, "torn": 0, "index lost": 0}
    begun = time.monotonic()
    for cycle in range(options.cycles):
        time.sleep(rng.uniform(0.01, 0.12))
        if mounted and cycle % 20 == 10:
            ballast = fill(scratch)
            refused = sum(device.refused for device in devices)
            wait(lambda: sum(device.refused for device in devices) > refused + 3, "a refusal without space")
            if rng.random() < 0.5:
                ballast.unlink()
                wait(lambda: collector.health() == 200, "health after there was space again")
            counts["full"] += 1
        if cycle % 10 == 9:
            collector.stop()
            counts["stopped"] += 1
        else:
            collector.kill()
            counts["killed"] += 1
        pathlib.Path(scratch, "ballast").unlink(missing_ok=True)
        if rng.random() < 0.3:
            collector.tear(rng)
            counts["torn"] += 1
        if rng.random() < 0.1:
            for path in pathlib.Path(collector.directory).glob("index.sqlite*"):
                path.unlink()
            counts["index lost"] += 1
        port = collector.start()
        for device in devices:
            device.port = port
    for device in devices:
        device.running = False
    for device in devices:
        device.join(ANSWER_LIMIT * 2)
    collector.stop()

    known = {}
    for device in devices:
        known.update(device.acknowledged)
    # Sent, and perhaps stored, without an answer.
    open_ids = {reports.report_id(body): events for device in devices for body, events, _ in device.spool}
    problems = [line for device in devices for line in device.wrong]
    facts = collector.tool("verify").decode()
    export = collector.tool("export")
    stored = {}
    for line in export.splitlines():
        entry = json.loads(line)
        events = sum(count for histogram in entry["histograms"] for _, count in histogram["buckets"])
        if entry["id"] in stored:
            problems.append(f"counted twice: {entry['id']}")
        stored[entry["id"]] = events
    lost = [name for name in known if name not in stored]
    problems += [f"answered with 200 and lost: {name}" for name in lost]
    problems += [f"{name}: {stored[name]} events instead of {events}"
                 for name, events in known.items() if stored.get(name, events) != events]
    problems += [f"never sent: {name}" for name in stored if name not in known and name not in open_ids]
    problems += list(strangers(collector.directory, names))

    # Without its index the log says the same.
    for path in pathlib.Path(collector.directory).glob("index.sqlite*"):
        path.unlink()
    collector.tool("rebuild")
    again = collector.tool("export")
    if again != export:
        problems.append("the rebuilt index exports other bytes")
    if collector.tool("verify").decode() != facts:
        problems.append("the rebuilt index has another digest")

    print(f"{options.cycles} cycles in {time.monotonic() - begun:.0f} s: "
          + ", ".join(f"{name} {count}" for name, count in counts.items()))
    print(f"answered {len(known)}, stored {len(stored)}, cut before the answer "
          f"{sum(device.cut for device in devices)}, replayed {sum(device.replayed for device in devices)}, "
          f"conflicts {sum(device.disputed for device in devices)}, torn tails cut off {collector.torn}")
    print(f"answered and lost {len(lost)}, counted twice {sum('twice' in line for line in problems)}")
    print(f"export {hashlib.sha256(export).hexdigest()[:16]}, rebuilt {hashlib.sha256(again).hexdigest()[:16]}")
    print(facts, end="")
    if not mounted:
        print("no disk was full: a tmpfs could not be mounted")
    if len(known) < options.cycles:
        problems.append(f"only {len(known)} reports were answered: nothing was tested")
    for line in problems[:20]:
        print(f"FAILED: {line}", file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
