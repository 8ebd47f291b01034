#!/usr/bin/env python3
"""Drives `latgate live` by a terminal of its own, and prints as JSON what that showed.

  screen.py TOOL DIRECTORY

TOOL is the built latgate, DIRECTORY gets its records. Needs pyte, root, and a kernel that takes probes.
"""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pyte

# A wait that takes longer never ends: the machine may be busy, and the device in use.
LIMIT = 240
# Other tests measure this machine as well.
WAIT = ["--wait-for-device", "120s"]


class Terminal:
    """A pseudo terminal with a program on it, and the screen that a person would see."""

    def __init__(self, arguments, columns=80, rows=24):
        self.master, self.slave = pty.openpty()
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.size(columns, rows)
        self.before = self.settings()
        self.program = subprocess.Popen(
            arguments, stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def size(self, columns, rows):
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def settings(self):
        return subprocess.run(
            ["stty", "-g"], stdin=self.slave, capture_output=True, text=True, check=True).stdout

    def read(self, wait):
        if not select.select([self.master], [], [], wait)[0]:
            return
        data = os.read(self.master, 65536)
        self.raw += data
        self.stream.feed(data)

    def until(self, what, condition):
        """Reads until the screen's lines satisfy a condition; what it returned."""
        end = time.monotonic() + LIMIT
        while True:
            lines = [line.rstrip() for line in self.screen.display]
            found = condition(lines)
            if found:
                return found
            if time.monotonic() > end or self.program.poll() is not None:
                sys.exit(f"never: {what}\n" + "\n".join(lines))
            self.read(0.2)

    def press(self, keys):
        os.write(self.master, keys.encode())

    def end(self):
        """The exit code, once everything is read."""
        end = time.monotonic() + LIMIT
        while self.program.poll() is None:
            if time.monotonic() > end:
                self.program.kill()
                sys.exit("it does not end:\n" + "\n".join(self.screen.display))
            self.read(0.1)
        while select.select([self.master], [], [], 0)[0]:
            self.read(0)
        return self.program.returncode


def rate(lines, name):
    """Events per second of a metric's first row; None without one."""
    for line in lines:
        found = re.match(rf"[▸ ] {name}\S* +([0-9.]+)([kMG]?)/s", line)
        if found and float(found[1]) > 0:
            return line
    return None


def table(lines):
    return lines[2:lines.index(next(line for line in lines if "reference:" in line))]


def seconds(lines):
    found = re.search(r" (\d+) (s|min)$", lines[0])
    return int(found[1]) * {"s": 1, "min": 60}[found[2]] if found else -1


def watched(tool, directory):
    seen = {}
    terminal = Terminal([
        tool, "live", "--probe", "syscall", "--probe", "runqueue", "--interval", "200ms", "--output", directory,
        *WAIT])
    terminal.until("the screen", lambda l: l[0].startswith("latgate live"))
    # The busiest first: what is idle at the moment has no rate.
    terminal.press("s")
    terminal.until("rates of both probes", lambda l: rate(l, "syscall.") and rate(l, "runqueue."))
    terminal.until("what the agent uses", lambda l: re.search(r"agent [0-9.<]+% of a CPU, [0-9.]+ MiB", l[1]))
    seen["small"] = [line.rstrip() for line in terminal.screen.display]
    seen["raw mode"] = terminal.settings() != terminal.before

    terminal.press("f")
    terminal.until("that it is frozen", lambda l: "FROZEN" in l[0])
    frozen = [line.rstrip() for line in terminal.screen.display]
    then = seconds(frozen)
    terminal.until("that time goes on", lambda l: seconds(l) >= then + 2)
    seen["frozen alike"] = table([line.rstrip() for line in terminal.screen.display]) == table(frozen)
    terminal.press("f")
    terminal.until("that it moves again", lambda l: "FROZEN" not in l[0])

    terminal.size(200, 50)
    terminal.until("the large screen", lambda l: len(l[0]) == 200 and "q quit" in l[49] and "p99 to ref" in l[2])
    seen["large"] = [line.rstrip() for line in terminal.screen.display]

    terminal.press("m")
    terminal.until("the mark", lambda l: l[49] == "mark 1")
    terminal.press("p")
    seen["perfetto"] = terminal.until("word of perfetto", lambda l: "no trace" in l[49] and l[49])
    terminal.press("w")
    seen["saved"] = terminal.until("the record", lambda l: l[49].startswith("saved: ") and l[49])
    terminal.press("q")
    seen["exit"] = terminal.end()
    seen["restored"] = terminal.settings() == terminal.before
    seen["left"] = b"\x1b[?1049l" in terminal.raw and b"\x1b[?25h" in terminal.raw
    return seen


def killed(tool, directory, number):
    terminal = Terminal([tool, "live", "--probe", "syscall", "--output", directory, *WAIT])
    terminal.until("a rate", lambda l: rate(l, "syscall."))
    terminal.program.send_signal(number)
    code = terminal.end()
    return {
        "exit": code, "restored": terminal.settings() == terminal.before,
        "left": terminal.raw.count(b"\x1b[?1049l") == 1}


print(json.dumps({
    "watched": watched(sys.argv[1], sys.argv[2]),
    "killed": killed(sys.argv[1], sys.argv[2], signal.SIGTERM),
    "crashed": killed(sys.argv[1], sys.argv[2], signal.SIGSEGV)}))
