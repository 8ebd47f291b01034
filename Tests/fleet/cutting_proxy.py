# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""A proxy that cuts connections by what flows in them, not by time."""

import random
import socket
import threading

HEADER = 5
APPLICATION_DATA = 23


class Cut(Exception):
    """This connection ends here."""


class Records:
    """Splits a stream into TLS records, so that a cut falls before, in or after one."""

    def __init__(self):
        self.pending = b""

    def split(self, data):
        self.pending += data
        while len(self.pending) >= HEADER:
            end = HEADER + int.from_bytes(self.pending[3:5], "big")
            if len(self.pending) < end:
                return
            yield self.pending[:end]
            self.pending = self.pending[end:]


class CuttingProxy:
    """Forwards from a port of its own to `upstream`, the collector's port; None refuses everyone.

    Some connections are cut in the middle of a request ("before commit"), some when an answer has come
    that the device does not get ("before ack"). What the records hold is encrypted: with TLS 1.2, each
    record of application data from the device is a request, each from the collector an answer.
    """

    def __init__(self, seed):
        self.upstream = None
        self.faults = True
        self.cuts = {"at once": 0, "before commit": 0, "before ack": 0}
        self.lock = threading.Lock()
        self.rng = random.Random(seed)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def close(self):
        self.listener.close()

    def plan(self):
        """(what is cut, at which record)"""
        with self.lock:
            dice, record = self.rng.random(), self.rng.randrange(1, 4)
        if not self.faults or dice < 0.6:
            return None, 0
        if dice < 0.65:
            return "at once", 0
        return ("before commit" if dice < 0.75 else "before ack"), record

    def cut(self, what):
        with self.lock:
            self.cuts[what] += 1
        raise Cut

    def serve(self, client):
        upstream, port = None, self.upstream
        try:
            what, record = self.plan()
            if what == "at once":
                self.cut(what)
            if port is None:
                return
            upstream = socket.create_connection(("127.0.0.1", port), timeout=60)
            client.settimeout(60)
            back = threading.Thread(
                target=self.pump, daemon=True,
                args=(upstream, client, "before ack", record if what == "before ack" else 0))
            back.start()
            self.pump(client, upstream, "before commit", record if what == "before commit" else 0)
            back.join()
        except (Cut, OSError):
            pass
        finally:
            for end in (client, upstream):
                if end:
                    end.close()

    def pump(self, source, sink, what, last):
        """Forwards until the stream ends, or up to the record number `last` of application data."""
        seen, records = 0, Records()
        try:
            while data := source.recv(65536):
                for record in records.split(data):
                    seen += record[0] == APPLICATION_DATA
                    if last and seen == last:
                        if what == "before commit":
                            sink.sendall(record[:len(record) // 2])
                        self.cut(what)
                    sink.sendall(record)
        except (Cut, OSError):
            pass
        finally:
            # Both ways end: a half-closed connection would leave the other side waiting.
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
