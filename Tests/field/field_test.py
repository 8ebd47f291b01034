#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""The field agent as a whole, over an engine without BPF, against a repository and a collector.

Usage: field_test.py LATGATE_FIELD ABI. Prints a line per check.
"""

import atexit
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib

import fleet
from wire import EXEC

PROGRAM, ABI = sys.argv[1], sys.argv[2]
PATIENCE = int(os.environ.get("FIELD_PATIENCE", "180"))


def check(name, good, detail=""):
    print(f"{'ok' if good else 'FAILED'} field: {name}{'' if good else ': ' + str(detail)}",
          flush=True)


def wait_for(what):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    return what()


class World:
    """One device, its server, and what was configured."""

    def __init__(self, foreign_server=False, **extra):
        self.directory = tempfile.mkdtemp(prefix="latgate-field-")
        authority = fleet.certificate("authority")
        fleet.write_pem(self.directory, "authority", authority)
        fleet.write_pem(self.directory, "device", fleet.certificate("device-1", authority))
        self.repository = fleet.Repository(ABI)
        issuer = fleet.certificate("another") if foreign_server else authority
        self.server = fleet.Server(self.directory, self.repository, issuer)
        with open(self.path("root.json"), "wb") as file:
            file.write(self.repository.root)
        settings = {
            "server": f"https://{fleet.HOST}:{self.server.port}/", "address": "127.0.0.1",
            "authority": self.path("authority.pem"), "certificate": self.path("device.pem"),
            "key": self.path("device.key"), "root": self.path("root.json"),
            "state": self.path("state"), "model": "atlas", "build": "2026.11.29",
            "poll-seconds": 1, "settle-seconds": 0} | extra
        with open(self.path("field.conf"), "w") as file:
            file.write("# of a test\n")
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        self.agent = None
        # A test that fails leaves nothing running.
        atexit.register(self.abandon)

    def abandon(self):
        if self.agent and self.agent.poll() is None:
            self.agent.kill()

    def path(self, name):
        return os.path.join(self.directory, name)

    def start(self, **environment):
        self.log = open(self.path("log"), "ab")
        self.agent = subprocess.Popen(
            [PROGRAM, "run", self.path("field.conf")], stderr=self.log,
            env=os.environ | {"LATGATE_FAKE_TRACE": self.path("calls")} | environment)
        return self

    def sleep(self, seconds):
        """The device has been in suspend for so long."""
        slept = int(self.text("slept") or 0) + seconds
        with open(self.path("slept.new"), "w") as file:
            file.write(str(slept))
        os.rename(self.path("slept.new"), self.path("slept"))
        # Its timer would have ended by now.
        self.agent.send_signal(signal.SIGCHLD)

    def set_wall(self, seconds):
        """The clock of the wall is ahead by so much, and no other is."""
        with open(self.path("wall.new"), "w") as file:
            file.write(str(seconds))
        os.rename(self.path("wall.new"), self.path("wall"))

    def stop(self, how=signal.SIGTERM):
        self.agent.send_signal(how)
        self.log.close()
        return self.agent.wait(PATIENCE)

    def text(self, name):
        try:
            with open(self.path(name), "rb") as file:
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def spooled(self):
        try:
            return [name for name in os.listdir(self.path("state/spool")) if name[0] == "r"]
        except FileNotFoundError:
            return []

    def waiting(self):
        """Reports in the spool of an agent that has ended."""
        found = []
        for name in self.spooled():
            with open(os.path.join(self.path("state/spool"), name), "rb") as file:
                found.append(fleet.Report(file.read()[48:]))
        return found

    def count(self, command, path):
        with self.server.lock:
            return sum(1 for was, where in self.server.requests
                       if was == command and where.endswith(path))

    def sleeps(self, most=1e9):
        """The agent has looked at everything, and set its timer, for at most so many seconds."""
        directory = f"/proc/{self.agent.pid}/fdinfo"
        for name in os.listdir(directory):
            with open(os.path.join(directory, name)) as file:
                for line in file:
                    if line.startswith("it_value: ("):
                        seconds, rest = line[len("it_value: ("):].rstrip(")\n").split(", ")
                        if (seconds, rest) != ("0", "0") and int(seconds) < most:
                            return True
        return False

    def children(self):
        with open(f"/proc/{self.agent.pid}/task/{self.agent.pid}/children") as file:
            return file.read().split()

    def poller(self):
        """The process of a poll that is connected to the server."""
        port = f":{self.server.port:04X}"
        with open("/proc/net/tcp") as file:
            sockets = {f"socket:[{words[9]}]" for words in map(str.split, file) if words[2].endswith(port)}
        for pid in self.children():
            try:
                names = os.listdir(f"/proc/{pid}/fd")
                if any(os.readlink(f"/proc/{pid}/fd/{name}") in sockets for name in names):
                    return int(pid)
            except FileNotFoundError:
                pass  # it has ended
        return None

    def switches(self):
        """How often the agent has begun and ceased to run."""
        with open(f"/proc/{self.agent.pid}/status") as file:
            return [line.split()[1] for line in file if "ctxt_switches" in line]

    def polls(self):
        return self.count("GET", "timestamp.json")

    def more_polls(self):
        """Two more polls have begun, so that one was carried out."""
        before = self.polls()
        wait_for(lambda: self.polls() >= before + 2)

    def of_kind(self, kind):
        return [report for report in self.server.reports() if report.kind == kind]

    def end(self):
        if self.agent and self.agent.poll() is None:
            self.stop()
        self.server.close()
        problems = [line for line in self.text("log").splitlines() if "Sanitizer" in line]
        check("no sanitizer complains", not problems, problems)
        shutil.rmtree(self.directory)


def life():
    """A campaign from its publication to its revocation."""
    world = World()
    world.repository.add("first")
    world.repository.publish()
    world.start()
    check("measures and reports", wait_for(lambda: len(world.of_kind(1)) >= 2), world.text("log"))
    reports = world.of_kind(1)
    manifest = hashlib.sha256(world.repository.campaigns["first"]).digest()
    bucket = int.from_bytes(hashlib.sha256(
        bytes.fromhex(fleet.SALT) + b"device-1").digest()[:8], "big") % 10000
    check("a report says what it is of", all(
        (r.campaign, r.manifest, r.build, r.model, r.arm, r.window, r.code, r.histograms)
        == ("first", manifest[:8], "2026.11.29", "atlas", bucket // 5000, 1, 0, 1)
        for r in reports), vars(reports[0]))
    # Metric 7, T1 by a pin, no label, 9 lost, 3 censored; then the buckets of 3, 200 and 527.
    check("a histogram", reports[0].data[reports[0].at:reports[0].at + 5] == b"\x07\x16\0\x09\x03",
          reports[0].data[reports[0].at:].hex())
    check("reports are numbered from a start on", sorted(r.sequence for r in reports)
          == list(range(len(reports))) and len({r.incarnation for r in reports}) == 1)
    check("an id is the hash of its bytes", all(
        hashlib.sha256(data).hexdigest()[:32] == name
        for name, data in world.server.stored.items()))
    check("the certificate says who it is", world.server.devices == {"device-1"})
    check("nothing that is stored names device or user", not any(
        name in data for data in world.server.stored.values()
        for name in (b"device-1", b"kernel", b"runqueue", os.uname().nodename.encode())))
    # Every byte is one of a field that docs/fleet-reports.md names: no process, user, path or serial number
    # has a place, and a label only where the campaign asks for it.
    check("all bytes of a report are known, and nothing is labelled", all(
        [(metric, label, sum(buckets.values())) for metric, _, label, _, _, buckets in report.measured()]
        == [(7, "", 302)] for report in reports))
    check("sent reports leave the spool", wait_for(lambda: not world.spooled()))
    check("the probe was taken, and let go", wait_for(lambda: "\nfree" in world.text("calls"))
          and "load_pinned runqueue directory - manifest -" in world.text("calls"))

    world.repository.paused = ["first"]
    world.repository.publish()
    world.more_polls()
    calls = world.text("calls").count("arm 1")
    world.more_polls()
    check("a pause ends windows", world.text("calls").count("arm 1") == calls)
    world.repository.paused = []
    world.repository.publish()
    check("and they go on", wait_for(lambda: world.text("calls").count("arm 1") > calls))
    world.repository.revoked = ["first"]
    world.repository.publish()
    check("a revocation is reported", wait_for(lambda: any(r.code == 9 for r in world.of_kind(2))),
          [r.code for r in world.of_kind(2)])
    check("and kept", wait_for(lambda: "barred first 9" in world.text("state/state")))
    calls = world.text("calls").count("arm 1")
    world.repository.revoked = []
    world.repository.publish()
    world.more_polls()
    check("a revoked campaign never comes back", world.text("calls").count("arm 1") == calls)
    check("ends when it is asked to", world.stop() == 0)
    world.start()
    world.more_polls()
    check("nor after a start", world.text("calls").count("arm 1") == calls)
    world.end()


def answers():
    """What the collector may say."""
    world = World()
    world.server.answers = [409, "cut", 503, 403]
    world.repository.add("first")
    world.repository.publish()
    world.start()
    check("a refused report is set aside", wait_for(
        lambda: any(name[0] == "x" for name in os.listdir(world.path("state/spool")))
        if os.path.isdir(world.path("state/spool")) else False), world.text("log"))
    check("what the collector says is one line of the log",
          wait_for(lambda: "refused with 409: no" in world.text("log"))
          and "\x1b" not in world.text("log")
          and not any(line.startswith("latgate-field: forged")
                      for line in world.text("log").splitlines()), world.text("log"))
    wait_for(lambda: not world.server.answers)
    check("a report that was cut off after it was stored is sent again", wait_for(
        lambda: max(world.server.times.values(), default=0) >= 2), world.server.times)
    check("a lost report is said", wait_for(
        lambda: any(r.evicted for r in world.server.reports())))
    world.end()


def strangers():
    """What is not to be believed."""
    world = World()
    world.repository.add("first")
    world.repository.publish(timestamp_key=fleet.Key())
    world.start()
    world.more_polls()
    check("a forged timestamp is refused", "refused: timestamp: signed by 0" in world.text("log")
          and not os.path.exists(world.path("state/trust")) and not world.text("calls"))
    world.repository.publish()
    wait_for(lambda: world.text("state/trust"))
    kept = world.text("state/trust")
    check("a good one is taken", '"version":2' in kept)
    world.repository.version = 0
    world.repository.publish()
    world.more_polls()
    check("an older one is refused", "rolls back to version 1" in world.text("log")
          and world.text("state/trust") == kept)
    world.end()

    world = World(foreign_server=True)
    world.repository.publish()
    world.start()
    check("a server of another authority is not spoken to",
          wait_for(lambda: "TLS error -0x2700" in world.text("log"))
          and not world.server.requests, world.text("log"))
    world.end()


def refusals():
    """Campaigns that a device does not run, each with its reason."""
    for name, content, code in (
            ("no-bundle", b"", 1), ("disallowed", fleet.bundle(kind=EXEC), 7),
            ("cut", fleet.bundle()[:-4], 8), ("other-protocol", fleet.bundle(version=99), 8),
            ("other-metric", fleet.bundle(metric=8), 8)):
        world = World()
        world.repository.add(name, content)
        world.repository.publish()
        world.start()
        check(f"{name} is refused and reported", wait_for(
            lambda: [(r.code, r.campaign, r.histograms) for r in world.of_kind(2)]
            == [(code, name, 0)]), world.text("log"))
        check("nothing was armed", "arm" not in world.text("calls"))
        check("and not tried again", f"barred {name} {code}" in world.text("state/state"))
        world.end()


def others():
    """Campaigns of other devices: nothing is taken, measured or sent."""
    world = World()
    drawn = int.from_bytes(hashlib.sha256(
        bytes.fromhex(fleet.SALT) + b"device-1").digest()[:8], "big") % 10000
    first = 0 if drawn >= 5000 else 5000
    world.repository.add("other-model", models=["boreas"])
    world.repository.add(
        "other-devices", arms=(("control", first, first + 2500), ("canary", first + 2500, first + 5000)))
    world.repository.publish()
    world.start()
    world.more_polls()
    world.more_polls()
    check("a campaign of another cohort is left alone", not world.server.stored
          and not world.text("calls") and not world.spooled()
          and "other" not in world.text("state/state"), world.text("log"))
    world.repository.add("own")
    world.repository.publish()
    check("and one of this device is taken", wait_for(lambda: world.of_kind(1)))
    world.end()


def idle():
    """Between two polls nothing runs, not even for a moment."""
    world = World(**{"poll-seconds": 59})
    world.repository.publish()
    world.start()
    # While a poll runs the timer is its patience, of 900 s; then it still has to save its state.
    wait_for(lambda: world.polls() and not world.children() and world.sleeps(100))
    before = world.switches()
    time.sleep(2)
    check("no wake-up in 2 s between two polls", world.polls() == 1 and world.switches() == before,
          (before, world.switches(), world.polls()))
    world.end()


def costs():
    """What the kernel does for a campaign's probes is in its budgets."""
    window = {"window_seconds": 3000, "every_seconds": 3000}
    for name, environment, code in (
            ("programs", {"LATGATE_FAKE_RUN_NS": str(200 * 10**9)}, 3),
            ("maps", {"LATGATE_FAKE_MAP_BYTES": str(33 << 20)}, 4)):
        world = World()
        world.repository.add("first", **window)
        world.repository.publish()
        world.start(**environment)
        reports = wait_for(lambda: world.of_kind(2))
        check(f"{name} over the budget end a window before its time", [r.code for r in reports] == [code]
              and "close" not in world.text("calls").splitlines(), world.text("log"))
        check("and it is said what they cost", all(
            (r.cpu >= 200_000) == (code == 3) and (r.memory > 33 << 10) == (code == 4)
            for r in reports), [(r.cpu, r.memory) for r in reports])
        check("the campaign is over", wait_for(
            lambda: f"barred first {code}" in world.text("state/state")), world.text("log"))
        world.end()

    world = World()
    world.repository.add("first")
    world.repository.publish()
    world.start(LATGATE_FAKE_FAULT="stats", LATGATE_FAKE_RUN_NS=str(10**12))
    reports = wait_for(lambda: world.of_kind(1))
    check("where the kernel does not count, a report says so",
          reports and all(r.flags & 8 and r.cpu < 10**6 for r in reports),
          [(r.flags, r.cpu) for r in reports] or world.text("log"))
    world.end()


def crashes():
    """Whatever ends the agent in a window ends its campaign."""
    world = World()
    world.repository.add("first", window_seconds=30, every_seconds=30)
    world.repository.publish()
    world.start()
    wait_for(lambda: "open" in world.text("calls"))
    check("the attempt is on the disk", "attempt first" in world.text("state/state"))
    world.stop(signal.SIGKILL)
    check("a killed agent's probe is let go", wait_for(lambda: "free" in world.text("calls")))
    world.start()
    check("a crash is put down to the campaign", wait_for(
        lambda: [r.code for r in world.of_kind(2) if r.code == 6]), world.text("log"))
    world.more_polls()
    check("and it never runs again", world.text("calls").count("arm 1") == 1
          and "barred first 6" in world.text("state/state"))
    world.stop()
    with open(world.path("state/stop"), "w"):
        pass
    before = len(world.server.requests)
    world.start()
    check("a stop file keeps it quiet", wait_for(world.sleeps)
          and len(world.server.requests) == before)
    os.unlink(world.path("state/stop"))
    check("and no longer than it is there", wait_for(lambda: len(world.server.requests) > before))
    world.end()

    world = World()
    world.repository.add("first", window_seconds=25, every_seconds=25, lease_seconds=4)
    world.repository.publish()
    world.start()
    wait_for(lambda: "open" in world.text("calls"))
    world.server.repository = fleet.Repository(ABI)
    check("a lease ends a window when polls fail", wait_for(
        lambda: "free" in world.text("calls")), world.text("log"))
    world.end()


def sleeper():
    """A device that is suspended while a window is open."""
    world = World(**{"poll-seconds": 1000})
    world.repository.add("first", window_seconds=3, every_seconds=3, lease_seconds=3600)
    world.repository.publish()
    world.start(LATGATE_SLEPT=world.path("slept"))
    wait_for(world.sleeps)
    world.sleep(101)
    wait_for(lambda: "open" in world.text("calls"))
    world.sleep(700)
    check("a window that the device sleeps in is measured", wait_for(world.spooled)
          and "barred" not in world.text("state/state"), world.text("log"))
    world.sleep(1100)
    check("and reported, without the time in suspend", wait_for(lambda: world.of_kind(1)) and not
          world.of_kind(2) and all(r.window < 60 and not r.flags & 2 for r in world.of_kind(1)),
          [(r.kind, r.code, r.window, r.flags) for r in world.server.reports()])
    world.end()


def timeless():
    """A device whose clock begins anew at each boot."""
    world = World()
    # One report a day, and not two.
    world.repository.add("first", upload=150)
    world.repository.publish()
    world.start()
    check("the first report of the day", wait_for(lambda: world.server.stored and world.spooled())
          and len(world.server.stored) == 1)
    world.stop()
    world.start(LATGATE_NO_RTC="yes")
    world.more_polls()
    world.more_polls()
    check("a boot without a clock begins no other day", len(world.server.stored) == 1,
          (len(world.server.stored), world.text("state/state")))
    world.end()


def jumper():
    """A clock that jumps ahead by more than reports may wait, and back."""
    world = World(**{"spool-age-seconds": 3600})
    # One report a day, and not two: the others wait.
    world.repository.add("first", upload=150)
    world.repository.publish()
    world.start(LATGATE_WALL=world.path("wall"))
    check("reports wait", wait_for(
        lambda: len(world.server.stored) == 1 and len(world.spooled()) >= 2), world.text("log"))
    world.set_wall(400_000)
    check("another day has another report's bytes", wait_for(lambda: len(world.server.stored) == 2))
    world.set_wall(0)
    world.more_polls()
    world.more_polls()
    world.stop()
    sent, waiting = world.server.reports(), world.waiting()
    check("a clock that goes back begins no other day", len(sent) == 2, len(sent))
    check("no report grew old by a clock", waiting and not any(r.evicted for r in sent + waiting)
          and sorted(r.sequence for r in sent + waiting) == list(range(len(sent + waiting))),
          sorted(r.sequence for r in sent + waiting))
    world.end()


def broken_poll():
    """A poll whose process does not live to say what it sent."""
    world = World()
    world.server.answers = ["hang"]
    world.repository.add("first", upload=150)
    world.repository.publish()
    world.start()
    wait_for(lambda: world.server.stored)
    os.kill(wait_for(world.poller), signal.SIGKILL)
    check("a poll that dies is noticed", wait_for(
        lambda: "did not end as it should" in world.text("log")), world.text("log"))
    world.more_polls()
    check("what it sent is of the day's bytes", list(world.server.times.values()) == [1],
          (world.server.times, world.text("state/state")))
    world.end()


def forkless():
    """A device that has no room for a window's process."""
    world = World(**{"poll-seconds": 59})
    world.repository.add("first", lease_seconds=110)
    world.repository.publish()
    world.start(LATGATE_NO_FORK=world.path("no-fork"))
    wait_for(world.spooled)
    with open(world.path("no-fork"), "w"):
        pass
    wait_for(lambda: len(world.text("no-fork")) >= 2)
    check("a window without a process is no attempt", wait_for(
        lambda: not world.children() and "attempt" not in world.text("state/state")),
        world.text("state/state"))
    os.unlink(world.path("no-fork"))
    windows = world.text("calls").count("arm 1")
    check("and there is one when there is room", wait_for(
        lambda: world.text("calls").count("arm 1") > windows), world.text("log"))
    world.end()


def debtor():
    """An agent that ended before it had reported why a campaign is over."""
    world = World()
    world.repository.add("first")
    world.repository.publish()
    world.start()
    wait_for(lambda: world.of_kind(1))
    world.stop()
    state = world.text("state/state").rpartition("crc ")[0].encode() + b"owed first 3\n"
    with open(world.path("state/state"), "wb") as file:
        file.write(state + b"crc %08x\n" % zlib.crc32(state))
    # Its clock is not set either.
    world.start(LATGATE_NO_RTC="yes")
    # Its end may have cut a window short, which is reported with another code.
    reports = wait_for(lambda: [r for r in world.of_kind(2) if r.code == 3])
    check("it is reported by the next", [r.campaign for r in reports] == ["first"], world.text("log"))
    check("without a time that is not known", all(r.started == 0 for r in reports),
          [r.started for r in reports])
    check("and once", wait_for(lambda: "owed" not in world.text("state/state")))
    world.end()


life()
answers()
strangers()
refusals()
others()
idle()
costs()
crashes()
sleeper()
timeless()
jumper()
broken_poll()
forkless()
debtor()
