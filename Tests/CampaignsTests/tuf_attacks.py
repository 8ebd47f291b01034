# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
"""Signs repositories with python-tuf as its own simulator does, and spoils them in its ways: prints
for each attack two states of the files, before and after. Tests of both clients read it."""
import copy, datetime, json
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    Metadata, MetaFile, Root, Snapshot, Targets, TargetFile, Timestamp)
from tuf.api.serialization.json import JSONSerializer
later = datetime.datetime(2040, 1, 1, tzinfo=datetime.timezone.utc)
past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
class Simulator:
    def __init__(self):
        self.signers = {r: [CryptoSigner.generate_ed25519()]
                        for r in ["timestamp", "snapshot", "targets"]}
        self.signers["root"] = [CryptoSigner.generate_ed25519() for _ in range(3)]
        self.root = Root(version=1, expires=later, consistent_snapshot=True)
        for role, signers in self.signers.items():
            for signer in signers: self.root.add_key(signer.public_key, role)
        self.root.roles["root"].threshold = 2
        self.targets = Targets(version=1, expires=later)
        self.snapshot = Snapshot(version=1, expires=later)
        self.timestamp = Timestamp(version=1, expires=later)
        self.files = {}
        self.write_root()
        self.add("disk-1")
        self.write()
    def sign(self, role, signed, signers=None):
        metadata = Metadata(signed)
        for signer in signers or self.signers[role]: metadata.sign(signer, append=True)
        return metadata.to_bytes(JSONSerializer(compact=True))
    def meta(self, version, data):
        import hashlib
        return MetaFile(version, len(data), {"sha256": hashlib.sha256(data).hexdigest()})
    def write_root(self, signers=None):
        self.files[f"{self.root.version}.root.json"] = self.sign("root", self.root, signers)
    def add(self, name):
        data = json.dumps({"id": name}).encode()
        info = TargetFile.from_data(f"campaigns/{name}.json", data, ["sha256"])
        self.targets.targets[info.path] = info
    def write(self, snapshot=True, targets=True, targets_signers=None):
        if targets:
            data = self.sign("targets", self.targets, targets_signers)
            self.files[f"{self.targets.version}.targets.json"] = data
            self.snapshot.meta["targets.json"] = self.meta(self.targets.version, data)
        if snapshot:
            data = self.sign("snapshot", self.snapshot)
            self.files[f"{self.snapshot.version}.snapshot.json"] = data
            self.timestamp.snapshot_meta = self.meta(self.snapshot.version, data)
        self.files["timestamp.json"] = self.sign("timestamp", self.timestamp)
    def bump(self):
        self.targets.version += 1
        self.snapshot.version += 1
        self.timestamp.version += 1
    def state(self):
        return {name: data.decode() for name, data in self.files.items()}
def attack(change, prepare=None):
    sim = Simulator()
    sim.bump(); sim.add("disk-2"); sim.write()
    before = sim.state()
    change(sim)
    return [before, sim.state()]
def good(s): s.bump(); s.add("disk-3"); s.write()
def timestamp_rollback(s): s.timestamp.version = 1; s.write(False, False)
def snapshot_rollback(s):
    s.timestamp.version += 1; s.snapshot.version = 1; s.write(targets=False)
def targets_rollback(s):
    s.bump(); s.targets.version = 1; s.write()
def timestamp_expired(s): s.bump(); s.timestamp.expires = past; s.write()
def snapshot_expired(s): s.bump(); s.snapshot.expires = past; s.write()
def targets_expired(s): s.bump(); s.targets.expires = past; s.write()
def timestamp_unsigned(s):
    s.bump(); s.signers["timestamp"] = [CryptoSigner.generate_ed25519()]; s.write()
def snapshot_unsigned(s):
    s.bump(); s.signers["snapshot"] = [CryptoSigner.generate_ed25519()]; s.write()
def targets_wrong_role(s):
    s.bump(); s.write(targets_signers=s.signers["timestamp"])
def snapshot_mix(s):
    old = s.files[f"{s.snapshot.version}.snapshot.json"]
    good(s); s.files[f"{s.snapshot.version}.snapshot.json"] = old
def targets_mix(s):
    old = s.files[f"{s.targets.version}.targets.json"]
    good(s); s.files[f"{s.targets.version}.targets.json"] = old
def root_threshold(s): s.root.version = 2; s.write_root(s.signers["root"][:1])
def root_fork(s):
    s.root.version = 2
    for key in list(s.root.roles["root"].keyids): s.root.revoke_key(key, "root")
    thieves = [CryptoSigner.generate_ed25519() for _ in range(2)]
    for thief in thieves: s.root.add_key(thief.public_key, "root")
    s.write_root(thieves)
def root_rollback(s):
    s.root.version = 1; s.write_root(); s.files["2.root.json"] = s.files["1.root.json"]
def root_skip(s):
    s.root.version = 3; data = s.sign("root", s.root); s.files["2.root.json"] = data
def root_expired(s): s.root.version = 2; s.root.expires = past; s.write_root()
def snapshot_lists_nothing(s):
    s.bump(); s.snapshot.meta = {"other.json": MetaFile(1)}
    data = s.sign("snapshot", s.snapshot)
    s.files[f"{s.snapshot.version}.snapshot.json"] = data
    s.timestamp.snapshot_meta = s.meta(s.snapshot.version, data)
    s.files["timestamp.json"] = s.sign("timestamp", s.timestamp)
attacks = [good, timestamp_rollback, snapshot_rollback, targets_rollback, timestamp_expired,
    snapshot_expired, targets_expired, timestamp_unsigned, snapshot_unsigned,
    targets_wrong_role, snapshot_mix, targets_mix, root_threshold, root_fork, root_rollback,
    root_skip, root_expired, snapshot_lists_nothing]
print(json.dumps({a.__name__: attack(a) for a in attacks}))
