# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""The agent's frames for its tests, written from the protocol's header by hand."""

import os
import select
import struct
import subprocess
import time

HELLO, PING, LOAD, BLOB, ATTACH, DETACH, UNLOAD, EXEC, PHASE = range(1, 10)
WINDOW_OPEN, WINDOW_CLOSE, STATS, READ_FILES, BYE, LOAD_PINNED, LOAD_TRACE = range(10, 17)
CANARY, SCOPE, SNAPSHOT, READ_MAP, COSTS = 20, 21, 22, 23, 24
DONE, ERROR, FACTS, HOOK, STEP_RESULT, HISTOGRAM, COUNTERS, WINDOW, PROGRAM, FILE, COUNT, \
    ROWS, STACK, ENTRY, MAPS = range(64, 79)


def attribute(kind, value):
    """One attribute: int pairs are (value, bytes), the rest is raw or text."""
    if isinstance(value, tuple):
        value = value[0].to_bytes(value[1], "little")
    elif isinstance(value, str):
        value = value.encode()
    return struct.pack("<HHI", kind, 0, len(value)) + value + b"\0" * (-len(value) % 4)


def frame(kind, sequence, *attributes):
    payload = b"".join(attributes)
    return struct.pack("<IHHI", len(payload), kind, 0, sequence) + payload


def step(*argv, timeout_ms=20000):
    return attribute(40, attribute(41, "\0".join(argv)) + attribute(43, (timeout_ms, 4)))


def sleep(ns):
    return attribute(40, attribute(42, (ns, 8)))


def hello(version=3, silence_ms=20000):
    return frame(HELLO, 1, attribute(1, (version, 4)), attribute(2, "1.2.3"),
                 attribute(4, (silence_ms, 4)))


def phase(sequence, *steps, number=3, preroll_ns=1000000, drain_ns=50000000):
    return frame(PHASE, sequence, attribute(44, (number, 4)), attribute(45, (preroll_ns, 8)),
                 attribute(46, (drain_ns, 8)), *steps)


def attributes(payload):
    """[(type, bytes)] of a payload; fails on anything malformed."""
    found = []
    while payload:
        kind, zero, size = struct.unpack_from("<HHI", payload)
        padded = size + -size % 4
        assert zero == 0 and 8 + padded <= len(payload), payload
        assert payload[8 + size:8 + padded] == b"\0" * (padded - size)
        found.append((kind, payload[8:8 + size]))
        payload = payload[8 + padded:]
    return found


class Answer:
    """A frame from the agent."""

    def __init__(self, header, payload):
        self.length, self.kind, self.flags, self.sequence = struct.unpack("<IHHI", header)
        self.payload = payload
        self.attributes = attributes(payload)

    def get(self, kind):
        values = [value for found, value in self.attributes if found == kind]
        assert len(values) == 1, (kind, self.attributes)
        return values[0]

    def has(self, kind):
        return any(found == kind for found, _ in self.attributes)

    def number(self, kind):
        return int.from_bytes(self.get(kind), "little")

    def text(self, kind):
        return self.get(kind).decode()


class Agent:
    """The agent as a child process. Every wait has a limit, so a hang is a failure."""

    LIMIT = 120

    def __init__(self, *command, **environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env={**os.environ, **environment})

    def send(self, *frames):
        self.process.stdin.write(b"".join(frames))

    def read(self, size):
        data = b""
        deadline = time.monotonic() + self.LIMIT
        while len(data) < size:
            ready, _, _ = select.select([self.process.stdout], [], [],
                                        max(0, deadline - time.monotonic()))
            assert ready, "no answer in time"
            piece = self.process.stdout.read(size - len(data))
            assert piece, f"the agent ended: {self.process.stderr.read().decode()}"
            data += piece
        return data

    def answer(self):
        header = self.read(12)
        return Answer(header, self.read(int.from_bytes(header[:4], "little")))

    def answers(self):
        """All frames up to DONE or ERROR."""
        found = [self.answer()]
        while found[-1].kind not in (DONE, ERROR):
            found.append(self.answer())
        return found

    def greet(self, **arguments):
        self.send(hello(**arguments))
        return self.answers()

    def finish(self):
        """The exit code, after the agent ended by itself; nothing may be left unread."""
        code = self.process.wait(self.LIMIT)
        self.rest = self.process.stdout.read()
        self.errors = self.process.stderr.read().decode()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        assert "Sanitizer" not in self.errors and "runtime error" not in self.errors, self.errors
        return code

    def end_input(self):
        self.process.stdin.close()

    def bye(self):
        self.send(frame(BYE, 99))
        assert [a.kind for a in self.answers()] == [DONE]
        return self.finish()
