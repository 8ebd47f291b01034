# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""Pulls the plug of a virtual device that spools reports; see Tests/fleet/power-cut.

Two writers use /data when the power goes: the field agent as it measures a campaign, and the spool's own code
that is given reports as fast as the disk takes them. The oracle is on this machine: it has each line that said
that a report is kept.
"""

import argparse
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "field"), str(HERE.parent / "agent")]

import fleet as field  # noqa: E402

PLACE = "/data/local/tmp/plug"
PATIENCE = 240
# More than a device gets through before its power goes.
COMMANDS = 5000
REPORT_SIZES = [0, 1, 40, 700, 2500, 4000]


class Files:
    """A repository's directory, as the server of the field agent's tests asks for it."""

    def __init__(self, directory):
        self.directory = directory
        self.files = self

    def get(self, path):
        place = self.directory / path
        return place.read_bytes() if ".." not in path and place.is_file() else None


class Machine:
    """A virtual device by the tool's own commands."""

    def __init__(self, latgate, name):
        self.latgate, self.name = latgate, name

    def tool(self, *words, limit=PATIENCE, accepted=(0,)):
        done = subprocess.run([self.latgate, *map(str, words)], capture_output=True, text=True, timeout=limit,
                              check=False)
        if done.returncode not in accepted:
            sys.exit(f"latgate {' '.join(map(str, words))}: exit {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout

    def boot(self):
        self.tool("device", "boot", self.name)

    def stop(self):
        self.tool("device", "stop", self.name)

    def cut(self):
        self.tool("device", "reset", self.name)

    def push(self, source, name):
        self.tool("device", "push", self.name, source, f"{PLACE}/{name}")

    def shell(self, command, accepted=(0,)):
        return self.tool("device", "shell", self.name, "--", command, accepted=accepted)


def wait_for(what, why):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.2)
    sys.exit(f"waited in vain for {why}")


# ---- the spool's code alone

def content(name, size):
    """What spool_driver.c puts into a report of this name."""
    name = name.encode().ljust(16, b"\0")
    return bytes((name[i % 16] + i // 16) & 0xFF for i in range(size))


class Writer:
    """Reports in the order in which the spool is given them; what it said of each before the power went."""

    def __init__(self, machine, rng):
        self.machine, self.rng = machine, rng
        self.made, self.kept, self.whole = 0, 0, 0
        # Names and sizes of this session, and those that the spool said it has.
        self.sizes, self.accepted = {}, set()
        # What the driver says comes by a connection of its own, line by line, up to the cut.
        self.place = socket.create_server(("127.0.0.1", 0))
        self.place.settimeout(PATIENCE)
        self.connection = self.listener = None
        self.has_ended = False

    def begin(self, scratch):
        """Starts writing; returns at once."""
        self.sizes = {f"p{self.made + at}": self.rng.choice(REPORT_SIZES) for at in range(COMMANDS)}
        self.made += COMMANDS
        self.accepted = set()
        self.give(scratch, [f"put {name} {size}" for name, size in self.sizes.items()])
        port = self.place.getsockname()[1]
        self.machine.shell(
            f"cd {PLACE} && mkdir -p spool && (./driver spool none 0 0 < commands | busybox nc 10.0.2.2 {port} &) "
            ">/dev/null 2>&1 </dev/null")
        self.connection, _ = self.place.accept()
        self.has_ended = False
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def give(self, scratch, lines):
        path = scratch / "commands"
        path.write_text("\n".join(lines) + "\n")
        self.machine.push(path, "commands")

    def listen(self):
        names = iter(self.sizes)
        try:
            with self.connection.makefile("r") as stream:
                for line in stream:
                    # A line that the cut has cut is none.
                    if line.startswith("put ") and line.endswith("\n"):
                        name = next(names)
                        if line.split()[1] == "0":
                            self.accepted.add(name)
        except OSError:
            pass
        self.has_ended = True

    def end(self, scratch):
        """After the cut: what is left in the spool. Lines of what is wrong."""
        self.connection.shutdown(socket.SHUT_RDWR)
        self.listener.join(PATIENCE)
        self.connection.close()
        self.give(scratch, ["read", "sent"] * 100 + ["counts"])
        said = self.machine.shell(f"cd {PLACE} && mkdir -p spool && ./driver spool none 0 0 < commands")
        given = {}
        for line in said.splitlines():
            if line.startswith("report "):
                _, name, *digits = line.split()
                given[name] = bytes.fromhex("".join(digits))
        self.kept, self.whole = self.kept + len(self.accepted), self.whole + len(given)
        return list(self.problems(given, said))

    def problems(self, given, said):
        """The oldest are evicted for the newest: all that are newer than one that is there have to be there."""
        order = {name: at for at, name in enumerate(self.sizes)}
        for name, data in given.items():
            if name not in order or data != content(name, self.sizes[name]):
                yield f"report {name} was given back changed"
        places = [order[name] for name in given if name in order]
        if self.accepted and not places:
            yield f"{len(self.accepted)} reports were kept, and none is there: {said[-300:]}"
            return
        for name in self.accepted:
            if name not in given and order[name] > min(places):
                yield f"report {name} was kept and is gone, though an older one is there"
        newest = max((order[name] for name in self.accepted), default=-1)
        if newest > max(places, default=-1):
            yield "the newest report that was kept is gone"


# ---- the field agent

class Agent:
    """latgate-field on the device, against a repository and a collector on this machine."""

    def __init__(self, machine, scratch, program, campaigns):
        self.machine, self.scratch = machine, scratch
        keys, repository = scratch / "keys", scratch / "repository"
        signed = ("--repository", repository, "--keys", keys)
        machine.tool("campaign", "keys", "create", *signed)
        for number in range(campaigns):
            draft = scratch / f"draft-{number}"
            machine.tool(
                "campaign", "create", f"plug-{number}", "--probe", "fsync", "--tier", "T0", "--control", "50%",
                "--canary", "50%", "--every", "6s", "--window", "1s", "--lease", "1h", "--battery", "0%",
                "--memory", "32768", "--cpu", "50%", "--out", draft)
            machine.tool("campaign", "sign", draft, *signed)
        machine.tool("campaign", "publish", *signed)
        authority = field.certificate("authority")
        field.write_pem(scratch, "authority", authority)
        field.write_pem(scratch, "device", field.certificate("device-1", authority))
        self.server = field.Server(scratch, Files(repository), authority)
        # Until the last boot nothing is taken: what was measured waits in the spool.
        self.server.answers = [503] * 100000
        self.kept = {}
        settings = {
            "server": f"https://{field.HOST}:{self.server.port}/", "address": "10.0.2.2",
            "authority": f"{PLACE}/authority.pem", "certificate": f"{PLACE}/device.pem",
            "key": f"{PLACE}/device.key", "root": f"{PLACE}/root.json", "state": f"{PLACE}/state",
            "model": "virtual", "build": "B1", "poll-seconds": 15, "settle-seconds": 0}
        (scratch / "field.conf").write_text(
            "".join(f"{name} = {value}\n" for name, value in settings.items()))
        machine.shell(f"mkdir -p {PLACE}")
        for source, name in ((program, "latgate-field"), (scratch / "authority.pem", "authority.pem"),
                             (scratch / "device.pem", "device.pem"), (scratch / "device.key", "device.key"),
                             (repository / "1.root.json", "root.json"), (scratch / "field.conf", "field.conf")):
            machine.push(source, name)
        machine.shell(f"chmod 755 {PLACE}/latgate-field; sync")

    def start(self):
        self.machine.shell(
            f"date -u @{int(time.time())} >/dev/null; cd {PLACE}; "
            "(./latgate-field run field.conf >>log 2>&1 </dev/null &) >/dev/null 2>&1")

    def look(self):
        """Notes the reports that wait. The one with the highest number may not be kept yet."""
        said = self.machine.shell(
            f"cd {PLACE}/state/spool 2>/dev/null && for file in r*; do "
            "[ -f $file ] && echo $file $(od -An -v -tx1 -j28 -N16 $file); done", accepted=(0, 1))
        rows = sorted(line.split(None, 1) for line in said.splitlines() if len(line.split()) == 17)
        for name, digits in rows[:-1]:
            self.kept[name] = digits.replace(" ", "")
        return len(self.kept)

    def drain(self):
        self.server.answers = []
        wait_for(lambda: set(self.kept.values()) <= set(self.server.stored), "the field agent's reports")

    def problems(self):
        """Each report that came is whole: its bytes have their checksum and their name."""
        for name, report in self.server.stored.items():
            if field.sha256(report)[:32] != name:
                yield f"report {name} of the field agent is another"
        for report in self.server.reports():
            if not report.campaign.startswith("plug-"):
                yield f"a report of campaign {report.campaign}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--latgate", required=True)
    parser.add_argument("--driver", required=True)
    parser.add_argument("--field", required=True)
    parser.add_argument("-n", type=int, default=5, dest="cuts")
    parser.add_argument("-s", type=int, default=random.SystemRandom().randrange(1 << 32), dest="seed")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    rng = random.Random(options.seed)
    machine = Machine(options.latgate, f"plug-{options.seed}")
    # As an interrupt does: the device is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="latgate-plug-") as scratch:
        scratch = pathlib.Path(scratch)
        machine.boot()
        try:
            problems = run(options, rng, machine, scratch)
        finally:
            machine.stop()
    for line in problems[:20]:
        print(f"FAILED: {line}", file=sys.stderr)
    sys.exit(1 if problems else 0)


def run(options, rng, machine, scratch):
    agent = Agent(machine, scratch, options.field, options.cuts + 1)
    machine.push(options.driver, "driver")
    machine.shell(f"chmod 755 {PLACE}/driver; sync")
    writer = Writer(machine, rng)
    problems = []
    for cut in range(options.cuts):
        before = len(agent.kept)
        agent.start()
        # A window was measured, so that the agent is at work when the power goes.
        wait_for(lambda: agent.look() > before, "a report of the field agent")
        writer.begin(scratch)
        wait_for(lambda: writer.accepted, "the first report that was kept")
        time.sleep(rng.uniform(0, 3))
        agent.look()
        if writer.has_ended:
            sys.exit("the spool's writer ended before the power was cut: nothing was tested")
        machine.cut()
        problems += writer.end(scratch)
        print(f"cut {cut + 1}: {writer.kept} reports kept by the spool's code so far, {len(agent.kept)} seen in the "
              "field agent's spool", flush=True)
    agent.start()
    agent.drain()
    print(f"{options.cuts} cuts of the power; spool: {writer.kept} reports kept, {writer.whole} there after a cut, "
          f"the others evicted by these, {len(problems)} lost or changed")
    print(f"field agent: {len(agent.kept)} seen in its spool before a cut, {len(agent.server.stored)} arrived; "
          f"kept and lost {len(set(agent.kept.values()) - set(agent.server.stored))}")
    agent.server.close()
    problems += agent.problems()
    if not writer.kept or not agent.kept:
        problems.append("nothing was kept: nothing was tested")
    return problems


if __name__ == "__main__":
    main()
