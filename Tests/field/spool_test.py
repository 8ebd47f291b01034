#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""Kills, cuts off, fills up and damages a spool, and counts what became of each report.

The oracle is outside: it knows which reports the spool said it has, and which it gave back whole.
Usage: spool_test.py DRIVER [CYCLES]. Prints a line per check.
"""

import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

FAULTS = ["kill", "kill-after", "cut", "cut-after", "full", "eio", "short", "none"]
HEADER = 48


def content(name, size):
    name = name.encode().ljust(16, b"\0")
    return bytes((name[i % 16] + i // 16) & 0xFF for i in range(size))


class Gone(Exception):
    """The driver was killed, as it was asked to be."""


class Driver:
    def __init__(self, program, directory, fault, call, seed, boot=1, uptime=0):
        self.process = subprocess.Popen(
            [program, directory, fault, str(call), str(seed), str(boot), str(uptime)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def answer(self):
        line = self.process.stdout.readline()
        if not line.endswith("\n"):
            raise Gone
        return line.split()

    def ask(self, line):
        try:
            self.process.stdin.write(line + "\n")
        except BrokenPipeError:
            raise Gone from None
        return self.answer()

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        last = self.process.stdout.read().split()
        self.process.stdout.close()
        code = self.process.wait()
        if code not in (0, -9):
            raise SystemExit(f"FAILED spool: the driver ended with {code}")
        return int(last[1]) if code == 0 and len(last) == 2 else 0


class Oracle:
    def __init__(self):
        self.attempted, self.accepted = {}, set()
        self.numbers, self.missing = {}, set()
        self.delivered, self.rejected = {}, set()
        self.wrong = []
        self.removals_unsure = set()
        self.damage, self.aside, self.dropped = {}, set(), set()
        self.faults = {name: 0 for name in FAULTS}

    def look(self, directory):
        """Every accepted report is in the directory, or what became of it is known."""
        through, _ = decided(directory)
        for name in self.lost() - self.missing:
            number = self.numbers[name]
            if number > through and not os.path.exists(os.path.join(directory, f"r{number:016x}")):
                self.missing.add(name)
        # What is set aside is kept for a while; what an eviction came first for is not.
        for name, number in self.damage.items():
            if os.path.exists(os.path.join(directory, f"x{number:016x}")):
                self.aside.add(name)
            elif not os.path.exists(os.path.join(directory, f"r{number:016x}")):
                self.dropped.add(name)

    def lost(self):
        return self.accepted - set(self.delivered) - self.rejected - set(self.damage)


class Clock:
    """The time for which a device is on, over its boots."""

    def __init__(self, dice):
        self.dice, self.boot, self.uptime = dice, 1, 5

    def advance(self, seconds):
        if self.dice.random() < 0.1:
            self.boot, self.uptime = self.boot + 1, 5
        self.uptime += seconds


def work(driver, oracle, dice, clock):
    """Some steps of a device's life; raises Gone in the middle of one."""
    for _ in range(dice.randrange(2, 14)):
        step = dice.random()
        if step < 0.55:
            name = f"r{len(oracle.attempted)}"
            size = dice.choice([0, 1, 40, 700, 2500, 4096])
            oracle.attempted[name] = size
            _, code, number = driver.ask(f"put {name} {size}")
            if code == "0":
                oracle.accepted.add(name)
                oracle.numbers[name] = int(number)
        elif step < 0.9:
            give_back(driver, oracle, reject=step > 0.87)
        else:
            clock.uptime += dice.choice([0, 0, 0, 900, 1100])
            driver.ask(f"now {clock.boot} {clock.uptime}")
            driver.ask("expire")


def give_back(driver, oracle, reject=False):
    answer = driver.ask("read")
    if answer[0] != "report":
        return answer[0]
    name, data = answer[1], bytes.fromhex(answer[2] if len(answer) > 2 else "")
    if name not in oracle.attempted or data != content(name, oracle.attempted[name]):
        oracle.wrong.append(name)
    if reject:
        oracle.rejected.add(name)
        driver.ask("rejected")
        return "report"
    # The collector has it from here on, whatever becomes of the device.
    oracle.delivered[name] = oracle.delivered.get(name, 0) + 1
    oracle.removals_unsure.add(name)
    if driver.ask("sent")[1] == "0":
        oracle.removals_unsure.discard(name)
    return "report"


def decided(directory):
    """What the ledger says is only left to be done: (evicted through, setting aside)."""
    with open(os.path.join(directory, "ledger"), "rb") as file:
        blocks = file.read()
    newest = (0, 0, 0)
    for at in (0, 4096):
        slot = blocks[at:at + 128]
        if len(slot) == 128 and struct.unpack_from("<I", slot, 4)[0] == zlib.crc32(slot[8:]):
            generation, *_, through, aside, _, _, _ = struct.unpack_from("<15Q", slot, 8)
            newest = max(newest, (generation, through, aside))
    return newest[1:]


def damage(directory, oracle, dice):
    """Turns a bit of a report at rest, or cuts it."""
    through, aside = decided(directory)
    waiting = []
    for name in sorted(os.listdir(directory)):
        if name[0] != "r" or len(name) != 17 or int(name[1:], 16) in (*range(through + 1), aside):
            continue
        with open(os.path.join(directory, name), "rb") as file:
            data = bytearray(file.read())
        report = bytes(data[28:44]).rstrip(b"\0").decode("ascii", "replace")
        if len(data) >= HEADER and report not in oracle.damage:
            waiting.append((os.path.join(directory, name), data, report))
    if not waiting:
        return False
    path, data, name = dice.choice(waiting)
    if dice.random() < 0.5:
        data = data[:dice.randrange(len(data))]
    else:
        at = dice.randrange(len(data))
        data[at] ^= 1 << dice.randrange(8)
    with open(path, "wb") as file:
        file.write(data)
    oracle.damage[name] = int(os.path.basename(path)[1:], 16)
    return True


def check(name, good, detail=""):
    print(f"{'ok' if good else 'FAILED'} spool: {name}{'' if good else ': ' + str(detail)}")
    return good


def main():
    program = sys.argv[1]
    cycles = int(sys.argv[2]) if len(sys.argv) > 2 else 240
    seed = int(os.environ.get("FIELD_SEED", "1"))
    dice = random.Random(seed)
    directory = tempfile.mkdtemp(prefix="latgate-spool-")
    oracle = Oracle()
    clock = Clock(dice)
    calls, damaged, killed = 40, 0, 0
    for cycle in range(cycles):
        fault = dice.choice(FAULTS)
        clock.advance(dice.randrange(0, 60))
        driver = Driver(program, directory, fault, dice.randrange(1, calls + 1), dice.randrange(1 << 30),
                        clock.boot, clock.uptime)
        try:
            if driver.answer() == ["open", "0"]:
                work(driver, oracle, dice, clock)
        except Gone:
            killed += 1
        oracle.faults[fault] += 1
        calls = max(12, driver.end() or calls)
        oracle.look(directory)
        if dice.random() < 0.15:
            damaged += damage(directory, oracle, dice)
    driver = Driver(program, directory, "none", 0, 0, clock.boot, clock.uptime)
    opened = driver.answer() == ["open", "0"]
    while opened and give_back(driver, oracle) != "none":
        pass
    oracle.look(directory)
    counts = [int(n) for n in driver.ask("counts")[1:]]
    driver.end()
    waiting, evicted, found = counts[0], counts[3] + counts[4], counts[6]
    lost = oracle.lost()
    never = set(oracle.attempted) - set(oracle.delivered) - oracle.rejected
    left = [n for n in os.listdir(directory) if n.endswith(".tmp") or n[0] == "r"]
    aside = [n for n in os.listdir(directory) if n[0] == "x"]
    good = [
        check(f"opens after {cycles} faults", opened and waiting == 0),
        check("gives back nothing but what was put, whole", not oracle.wrong, oracle.wrong),
        check(f"{len(oracle.accepted)} accepted reports are there until they are sent or evicted",
              not oracle.missing, sorted(oracle.missing)),
        check(f"an accepted report is sent, or counted as evicted: {len(lost)}, {evicted} evicted",
              len(lost) <= evicted, sorted(lost)),
        check("an eviction is counted once",
              evicted <= len(never) + len(oracle.removals_unsure), (evicted, len(never))),
        check(f"evicts and finds damage in this run: {evicted}, {damaged}", evicted and damaged),
        check(f"damage is found: {len(oracle.aside)} of {damaged} set aside",
              len(oracle.aside) <= found <= len(oracle.aside) + oracle.faults["eio"]
              and len(oracle.dropped - oracle.aside) <= evicted
              and set(oracle.damage) == oracle.aside | oracle.dropped, found),
        check("what is refused for good is counted",
              len(oracle.rejected) - killed <= counts[7] <= len(oracle.rejected), counts[7]),
        check("nothing is left but what was set aside", not left and 0 < len(aside) <= 8,
              (left, aside)),
        check(f"processes were killed: {killed} of {cycles}", killed > cycles / 5),
    ]
    print(f"note spool: seed {seed}, {len(oracle.attempted)} put, {len(oracle.accepted)} accepted, "
          f"{len(oracle.delivered)} delivered, {sum(oracle.delivered.values())} with replays, "
          f"{counts[5]} unwritten, {killed} killed", file=sys.stderr)
    if all(good):
        shutil.rmtree(directory)
    else:
        print(f"the spool is kept in {directory}", file=sys.stderr)
    return 0 if all(good) else 1


sys.exit(main())
