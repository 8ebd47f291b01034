# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""A repository and a collector for the field agent's tests, written from their descriptions."""

import datetime
import hashlib
import http.server
import json
import os
import ssl
import struct
import sys
import threading
import zlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "agent"))
from wire import HELLO, LOAD_PINNED, attribute, frame  # noqa: E402

HOST = "fleet.test"
SALT = "5a" * 32


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Key:
    """A key of metadata."""

    def __init__(self):
        self.secret = ed25519.Ed25519PrivateKey.generate()
        public = self.secret.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.value = {"keytype": "ed25519", "keyval": {"public": public.hex()},
                      "scheme": "ed25519"}
        self.id = sha256(canonical(self.value))

    def sign(self, body):
        return {"keyid": self.id, "sig": self.secret.sign(canonical(body)).hex()}


def bundle(probe="runqueue", metric=7, kind=LOAD_PINNED, version=3):
    said = (attribute(23, (metric, 4)) + attribute(24, "runqueue_wait") + attribute(25, (0, 4)))
    return frame(HELLO, 1, attribute(1, (version, 4))) + frame(
        kind, 2, attribute(20, probe), attribute(22, said))


class Repository:
    """Files by path, as `latgate campaign publish` would lay them out."""

    def __init__(self, abi):
        self.abi = abi
        self.keys = {role: Key() for role in ("root", "root2", "timestamp", "snapshot", "targets")}
        self.files, self.version = {}, 0
        self.campaigns, self.revoked, self.paused = {}, [], []
        body = {"_type": "root", "consistent_snapshot": True, "expires": "2099-01-01T00:00:00Z",
                "keys": {key.id: key.value for key in self.keys.values()},
                "roles": {role: {"keyids": [self.keys[role].id], "threshold": 1}
                          for role in ("timestamp", "snapshot", "targets")},
                "spec_version": "1.0.31", "version": 1}
        body["roles"]["root"] = {
            "keyids": [self.keys["root"].id, self.keys["root2"].id], "threshold": 2}
        self.root = canonical({"signatures": [self.keys["root"].sign(body),
                                              self.keys["root2"].sign(body)], "signed": body})

    def add(self, name, content=None, models=(), arms=(("control", 0, 5000), ("canary", 5000, 10000)),
            upload=65536, **schedule):
        content = bundle() if content is None else content
        bundles = {self.abi: {"length": len(content), "sha256": sha256(content)}} if content else {}
        if content:
            self.files["bundles/" + sha256(content)] = content
        self.campaigns[name] = canonical({
            "arms": [{"from": first, "name": arm, "to": after} for arm, first, after in arms],
            "budgets": {"battery_floor_percent": 0, "cpu_ppm": 50000,
                        "memory_bytes": 33554432, "upload_bytes_per_day": upload},
            "bundles": bundles, "format": "latgate-campaign-1", "id": name,
            "metrics": [{"id": 7, "name": "runqueue.wait", "probe": "runqueue"}],
            "privacy": {"keys": False}, "salt": SALT,
            "schedule": {"duration_seconds": 3600, "ends": "2099-01-01T00:00:00Z",
                         "every_seconds": 2, "lease_seconds": 30,
                         "starts": "2020-01-01T00:00:00Z", "window_seconds": 1} | schedule,
            "targeting": {"builds": [], "models": list(models)}})

    def _file(self, role, key, **members):
        body = {"_type": role, "expires": "2099-01-01T00:00:00Z", "spec_version": "1.0.31",
                "version": self.version} | members
        return canonical({"signatures": [key.sign(body)], "signed": body})

    def publish(self, timestamp_key=None):
        """A new version of everything; timestamp_key: who signs in place of the right one."""
        self.version += 1
        targets = {}
        for name, manifest in self.campaigns.items():
            targets[f"campaigns/{name}.json"] = {
                "hashes": {"sha256": sha256(manifest)}, "length": len(manifest)}
            self.files[f"targets/campaigns/{sha256(manifest)}.{name}.json"] = manifest
        for role, named, members in (
                ("targets", "targets.json", {"targets": targets}), ("snapshot", "snapshot.json", {})):
            data = self._file(role, self.keys[role],
                              **(members or {"meta": self.meta}))
            self.files[f"{self.version}.{named}"] = data
            self.meta = {named: {"hashes": {"sha256": sha256(data)}, "length": len(data),
                                 "version": self.version}}
        self.files["timestamp.json"] = self._file(
            "timestamp", timestamp_key or self.keys["timestamp"], meta=self.meta,
            **{"x-latgate-paused": self.paused, "x-latgate-revoked": self.revoked})


class Bits:
    """Reads bits from the most significant one of each byte on."""

    def __init__(self, data):
        self.text = "".join(format(byte, "08b") for byte in data)
        self.at = 0

    def take(self, count):
        self.at += count
        return int(self.text[self.at - count:self.at] or "0", 2)

    def buckets(self):
        """{index: events}, as docs/fleet-reports.md has them."""
        first = self.take(10)
        if first == 1023:
            return {}
        counts, before, mean = {}, 0, 1
        for index in range(first, first + self.take(10) + 1):
            ones = 0
            while ones < 12 and self.take(1):
                ones += 1
            low = mean.bit_length() - 1 if mean else 0
            code = (ones << low) + self.take(low) if ones < 12 else self.take(self.take(6))
            if code > 2 * before:
                count = code
            else:
                count = before + (code + 1) // 2 if code % 2 else before - code // 2
            mean, before = (mean + code) // 2, count
            if count:
                counts[index] = count
        return counts


class Report:
    """The head of a report, and where its histograms begin."""

    def __init__(self, data):
        assert zlib.crc32(data[:-4]) == struct.unpack("<I", data[-4:])[0]
        assert data[:3] == b"LR\x01", data[:3]
        self.data, self.at, self.kind = data, 4, data[3]
        self.campaign = self._text()
        self.manifest, self.incarnation = self._take(8), self._take(8)
        (self.sequence, self.arm) = (self._number(), self._number())
        self.build, self.model = self._text(), self._text()
        (self.started, self.uptime, self.window, self.flags, self.evicted, self.cpu, self.memory,
         self.code) = (self._number() for _ in range(8))
        self.sub_bits = self._take(1)[0]
        self.histograms = self._number()

    def measured(self):
        """(metric, attach, label, lost, censored, {index: events}) each; all bytes are accounted for."""
        found = []
        for _ in range(self.histograms):
            head = (self._number(), self._take(1)[0], self._text(), self._number(), self._number())
            bits = Bits(self.data[self.at:-4])
            found.append((*head, bits.buckets()))
            assert "1" not in bits.text[bits.at:-(-bits.at // 8) * 8]
            self.at += -(-bits.at // 8)
        assert self.at == len(self.data) - 4, (self.at, len(self.data))
        return found

    def _take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def _number(self):
        value = shift = 0
        while True:
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def _text(self):
        return self._take(self._number()).decode()


def certificate(name, issuer=None, server=False):
    """(certificate, key) of EC P-256; without an issuer one that signs others."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateBuilder().subject_name(subject)
               .issuer_name(issuer[0].subject if issuer else subject).public_key(key.public_key())
               .serial_number(x509.random_serial_number())
               .not_valid_before(now - datetime.timedelta(days=1))
               .not_valid_after(now + datetime.timedelta(days=30))
               .add_extension(x509.BasicConstraints(ca=not issuer, path_length=None), True))
    if server:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def write_pem(directory, name, pair):
    with open(os.path.join(directory, f"{name}.pem"), "wb") as file:
        file.write(pair[0].public_bytes(serialization.Encoding.PEM))
    with open(os.path.join(directory, f"{name}.key"), "wb") as file:
        file.write(pair[1].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption()))


class Server:
    """Serves a repository, and keeps reports: what it answered 200 to, it has."""

    def __init__(self, directory, repository, issuer, name=HOST):
        self.repository = repository
        self.requests, self.stored, self.times = [], {}, {}
        self.devices = set()
        # For the next reports: a status, or "cut" or "hang" after it was stored.
        self.answers = []
        self.released = threading.Event()  # ends what hangs
        self.lock = threading.Lock()
        write_pem(directory, "server", certificate(name, issuer, server=True))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(directory, "server.pem"),
                                os.path.join(directory, "server.key"))
        context.load_verify_locations(os.path.join(directory, "authority.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
        world = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def log_message(self, *_):
                pass

            def answer(self, status, body=b""):
                self.send_response_only(status)
                if status == 503:
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def note(self):
                subject = self.connection.getpeercert()["subject"]
                with world.lock:
                    world.requests.append((self.command, self.path))
                    world.devices.add(dict(pair[0] for pair in subject)["commonName"])

            def do_GET(self):
                self.note()
                body = world.repository.files.get(self.path[1:])
                self.answer(404 if body is None else 200, body or b"")

            def do_PUT(self):
                self.note()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                name = self.path.rsplit("/", 1)[1]
                with world.lock:
                    what = world.answers.pop(0) if world.answers else 200
                    if what in (200, "cut", "hang"):
                        world.times[name] = world.times.get(name, 0) + 1
                        assert world.stored.setdefault(name, body) == body
                if what == "hang":
                    world.released.wait(120)
                if what in ("cut", "hang"):
                    self.close_connection = True
                    return
                self.answer(what, b"no\n\x1b[2Jlatgate-field: forged\n" if what != 200 else b"")

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

            def finish_request(self, request, client_address):
                request.settimeout(30)
                with context.wrap_socket(request, server_side=True) as secured:
                    super().finish_request(secured, client_address)

        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.port = self.http.server_port
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def reports(self):
        with self.lock:
            return [Report(data) for data in self.stored.values()]

    def close(self):
        self.released.set()
        self.http.shutdown()
        self.http.server_close()
