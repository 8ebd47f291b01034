"""The collector as a process, for its tests."""

import http.client
import os
import pathlib
import select
import signal
import subprocess
import sys
import time

ANSWER_LIMIT = 90
# A collector that is well does these within seconds; a hang is a failure, not a slow machine.
START_LIMIT = STOP_LIMIT = 180


class Collector:
    """The program and its directory."""

    def __init__(self, program, directory, *options):
        self.program = program
        self.directory = directory
        self.options = options
        self.process = None
        self.torn = 0

    def start(self):
        """Returns the port for devices, once it listens."""
        self.process = subprocess.Popen(
            [self.program, "serve", "--data", self.directory, "--trial", "--listen", "127.0.0.1:0", "--operate",
             "127.0.0.1:0", *self.options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        ports, seen = {}, b""
        until = time.monotonic() + START_LIMIT
        while len(ports) < 2:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, until - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 4096) if ready else b""
            if not data:
                self.process.kill()
                sys.exit(f"the collector did not start: {seen!r} {self.process.stderr.read()!r}")
            seen += data
            for line in seen.decode().splitlines(keepends=True):
                name, _, address = line.partition(": ")
                if name in ("devices", "operators") and line.endswith("\n"):
                    ports[name] = int(address.rsplit(":", 1)[1])
        self.torn += seen.count(b"were cut off")
        self.operators = ports["operators"]
        return ports["devices"]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            _, errors = self.process.communicate(timeout=STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            sys.exit("the collector did not stop")
        if self.process.returncode != 0:
            sys.exit(f"the collector stopped with {self.process.returncode}: {errors!r}")

    def health(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.operators, timeout=ANSWER_LIMIT)
        connection.request("GET", "/health")
        return connection.getresponse().status

    def tool(self, *words):
        done = subprocess.run([self.program, *words, "--data", self.directory], capture_output=True)
        if done.returncode != 0:
            sys.exit(f"{words}: exit {done.returncode}: {done.stdout!r} {done.stderr!r}")
        return done.stdout

    def tear(self, rng):
        """Leaves behind the log what a crash in the middle of a write may leave."""
        files = list(pathlib.Path(self.directory, "log").glob("*.open"))
        if not files:
            return
        whole = files[0].read_bytes()
        frame = whole[64:][: rng.randrange(20, 4000)] or bytes(40)
        kind = rng.randrange(4)
        if kind == 0:
            tail = frame[: rng.randrange(1, len(frame))]
        elif kind == 1:
            # A whole batch with a flipped bit.
            tail = bytearray(self.first_frame(whole))
            if not tail:
                return
            tail[rng.randrange(len(tail))] ^= 1 << rng.randrange(8)
        elif kind == 2:
            tail = rng.randbytes(rng.randrange(1, 5000))
        else:
            tail = bytes(rng.randrange(1, 5000))
        with files[0].open("ab") as file:
            file.write(tail)

    @staticmethod
    def first_frame(whole):
        size = int.from_bytes(whole[68:72], "little") if len(whole) > 80 else 0
        return whole[64:80 + size] if size else b""
