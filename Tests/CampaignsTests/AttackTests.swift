import Testing

@testable import Campaigns

/// Someone between the devices and the repository, or with some of its keys.
@Suite("Attacks on a repository")
struct AttackTests {
  /// What is done to a repository that a device has polled before.
  struct Attack: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var change: @Sendable (inout TestRepository) throws -> Void
    var isRefused: @Sendable (MetadataError) -> Bool
  }

  static let attacks: [Attack] = [
    Attack(testDescription: "forged timestamp: a key that nobody named") { repository in
      let last = try #require(try repository.timestamp()).metadata
      var next = last
      next.version += 1
      repository.files["timestamp.json"] = try SignedMetadata(next, keys: [SigningKey()]).bytes
    } isRefused: {
      $0 == .threshold(role: .timestamp, valid: 0, needed: 1)
    },
    Attack(testDescription: "forged timestamp: one bit changed") { repository in
      var bytes = try #require(repository.files["timestamp.json"])
      let place = try #require(bytes.lastIndex(of: UInt8(ascii: "1")))
      bytes[place] = UInt8(ascii: "7")
      repository.files["timestamp.json"] = bytes
    } isRefused: {
      if case .threshold = $0 { true } else { false }
    },
    Attack(testDescription: "rolled back timestamp") { repository in
      let last = try #require(try repository.timestamp()).metadata
      var old = last
      old.version -= 1
      repository.files["timestamp.json"] = try SignedMetadata(
        old, keys: [repository.timestampKey]
      ).bytes
    } isRefused: {
      $0 == .rollback(role: .timestamp, version: 1, known: 2)
    },
    Attack(testDescription: "rolled back snapshot under a new timestamp") { repository in
      let snapshot = try #require(repository.files["1.snapshot.json"])
      var next = try #require(try repository.timestamp()).metadata
      next.version += 1
      next.snapshot = ListedMetadata(version: 1, file: ListedFile(of: snapshot))
      repository.files["timestamp.json"] = try SignedMetadata(
        next, keys: [repository.timestampKey]
      ).bytes
    } isRefused: {
      $0 == .rollback(role: .snapshot, version: 1, known: 2)
    },
    Attack(testDescription: "rolled back targets under a new snapshot") { repository in
      let targets = try #require(repository.files["1.targets.json"])
      try repository.replaceSnapshot {
        $0.targets = ListedMetadata(version: 1, file: ListedFile(of: targets))
      }
    } isRefused: {
      $0 == .rollback(role: .targets, version: 1, known: 2)
    },
    Attack(testDescription: "frozen: nothing new until the timestamp expires") { repository in
      repository.now = repository.now.adding(seconds: 2 * 86400)
    } isRefused: {
      if case .expired(.timestamp, _) = $0 { true } else { false }
    },
    Attack(testDescription: "expired root") { repository in
      repository.now = repository.now.adding(seconds: 400 * 86400)
    } isRefused: {
      if case .expired(.root, _) = $0 { true } else { false }
    },
    Attack(testDescription: "expired snapshot, fresh timestamp") { repository in
      try repository.replaceSnapshot { $0.expires = TestRepository.start }
    } isRefused: {
      if case .expired(.snapshot, _) = $0 { true } else { false }
    },
    Attack(testDescription: "expired targets, fresh snapshot") { repository in
      try repository.replaceTargets { $0.expires = TestRepository.start }
    } isRefused: {
      if case .expired(.targets, _) = $0 { true } else { false }
    },
    Attack(testDescription: "mixed: an old snapshot's bytes in the new one's place") { repository in
      repository.files["3.snapshot.json"] = repository.files["2.snapshot.json"]
      try repository.replaceSnapshot(writes: false) { _ in }
    } isRefused: {
      $0 == .content(file: "snapshot.json")
    },
    Attack(testDescription: "mixed: an old list of campaigns in the new one's place") {
      repository in
      try repository.publish([TestRepository.campaign("disk-3")])
      repository.files["3.targets.json"] = repository.files["2.targets.json"]
    } isRefused: {
      if case .content(file: "targets.json") = $0 { return true }
      if case .oversize(file: "3.targets.json", _) = $0 { return true }
      return false
    },
    Attack(testDescription: "wrong role: the timestamp key signs a list of campaigns") {
      repository in
      try repository.replaceTargets(key: repository.timestampKey) { _ in }
    } isRefused: {
      $0 == .threshold(role: .targets, valid: 0, needed: 1)
    },
    Attack(testDescription: "wrong role: a snapshot in the timestamp's place") { repository in
      repository.files["timestamp.json"] = repository.files["2.snapshot.json"]
    } isRefused: {
      $0 == .wrongRole(expected: .timestamp, found: "snapshot")
    },
    Attack(testDescription: "wrong version: targets that call themselves another") { repository in
      try repository.replaceTargets { $0.version = 9 }
    } isRefused: {
      $0 == .version(role: .targets, version: 9, expected: 3)
    },
    Attack(testDescription: "root signed by one of three") { repository in
      try repository.replaceRoot(keys: [repository.roots[0]])
    } isRefused: {
      $0 == .threshold(role: .root, valid: 1, needed: 2)
    },
    Attack(testDescription: "root signed twice by one of three") { repository in
      let good = try SignedMetadata(
        try repository.nextRoot(), keys: [repository.roots[0], repository.roots[0]])
      repository.files["2.root.json"] = good.bytes
    } isRefused: {
      if case .malformed = $0 { true } else { false }
    },
    Attack(testDescription: "root signed by the new keys alone") { repository in
      let thieves = [SigningKey(), SigningKey()]
      var next = try repository.nextRoot()
      next.holders[.root] = .init(keys: thieves.map(\.publicKey), threshold: 2)
      repository.files["2.root.json"] = try SignedMetadata(next, keys: thieves).bytes
    } isRefused: {
      $0 == .threshold(role: .root, valid: 0, needed: 2)
    },
    Attack(testDescription: "root that skips a version") { repository in
      var next = try repository.nextRoot()
      next.version = 3
      repository.files["2.root.json"] = try SignedMetadata(next, keys: repository.roots).bytes
    } isRefused: {
      $0 == .version(role: .root, version: 3, expected: 2)
    },
    Attack(testDescription: "oversize timestamp") { repository in
      repository.files["timestamp.json"] = Array(
        repeating: UInt8(ascii: " "), count: Role.timestamp.mostBytes + 1)
    } isRefused: {
      if case .oversize(file: "timestamp.json", _) = $0 { true } else { false }
    },
    Attack(testDescription: "endless snapshot") { repository in
      try repository.replaceSnapshot { _ in }
      repository.files["3.snapshot.json"]? += Array(repeating: UInt8(ascii: " "), count: 1 << 20)
    } isRefused: {
      if case .oversize(file: "3.snapshot.json", _) = $0 { true } else { false }
    },
    Attack(testDescription: "missing snapshot") { repository in
      try repository.replaceSnapshot(writes: false) { _ in }
    } isRefused: {
      $0 == .missing(file: "3.snapshot.json")
    },
    Attack(testDescription: "nested beyond measure") { repository in
      repository.files["timestamp.json"] = Array(repeating: UInt8(ascii: "["), count: 10_000)
    } isRefused: {
      if case .malformed = $0 { true } else { false }
    },
  ]

  @Test("is refused, and what the device believes stays", arguments: attacks)
  func refused(_ attack: Attack) throws {
    var repository = try TestRepository()
    try repository.publish([TestRepository.campaign("disk-1")])
    var device = try repository.poll(try repository.freshDevice())
    try repository.publish([TestRepository.campaign("disk-2")])
    device = try repository.poll(device)
    #expect(device.campaigns == ["disk-2"])

    try attack.change(&repository)
    var poll = RepositoryPoll(device, now: repository.now)
    let fault = try #require(throws: MetadataError.self) {
      try poll.run { request in
        repository.files[request.file].map { Array($0.prefix(request.limit + 1)) }
      }
    }
    #expect(attack.isRefused(fault), "\(fault)")
    #expect(poll.state.root.bytes == device.root.bytes)
    #expect(poll.state.targets?.bytes == device.targets?.bytes)
    #expect(poll.state.campaigns == ["disk-2"])
    #expect(poll.request == nil)
  }

  @Test("A new root that is signed by old and new holders is followed, and counts begin anew")
  func rotation() throws {
    var repository = try TestRepository()
    try repository.publish([TestRepository.campaign("disk-1")])
    try repository.publish([TestRepository.campaign("disk-2")])
    let device = try repository.poll(try repository.freshDevice())
    // A thief has counted the timestamp far up; the owner replaces the key.
    var stolen = try #require(try repository.timestamp()).metadata
    stolen.version = 1 << 40
    repository.files["timestamp.json"] = try SignedMetadata(
      stolen, keys: [repository.timestampKey]
    ).bytes
    let spoilt = try repository.poll(device)
    #expect(spoilt.timestamp?.metadata.version == 1 << 40)
    let old = repository.files["timestamp.json"]
    repository.timestampKey = SigningKey()
    let root = try RepositoryEditor(root: try repository.root(), now: repository.now).nextRoot(
      holders: repository.holders, keys: Array(repository.roots.suffix(2)))
    repository.files[root.path] = root.bytes
    repository.files["timestamp.json"] = nil
    try repository.publish([TestRepository.campaign("disk-3")])
    let healed = try repository.poll(spoilt)
    #expect(healed.timestamp?.metadata.version == 1)
    #expect(healed.campaigns == ["disk-3"])
    // And the thief's timestamp is worth nothing any more.
    repository.files["timestamp.json"] = old
    #expect(throws: MetadataError.threshold(role: .timestamp, valid: 0, needed: 1)) {
      try repository.poll(healed)
    }
  }

  @Test("The online key can pause and revoke, and nothing that it signs starts a campaign")
  func revoking() throws {
    var repository = try TestRepository()
    try repository.publish([TestRepository.campaign("disk-1"), TestRepository.campaign("disk-2")])
    var device = try repository.poll(try repository.freshDevice())
    #expect(device.standing(of: "disk-1") == .running)
    #expect(device.standing(of: "disk-9") == nil)
    var next = try #require(try repository.timestamp()).metadata
    next.version += 1
    next.paused = ["disk-1", "disk-9"]
    next.revoked = ["disk-2"]
    repository.files["timestamp.json"] = try SignedMetadata(
      next, keys: [repository.timestampKey]
    ).bytes
    device = try repository.poll(device)
    #expect(device.standing(of: "disk-1") == .paused)
    #expect(device.standing(of: "disk-2") == .revoked)
    #expect(device.standing(of: "disk-9") == nil)
  }

  @Test("What would be too long for devices to read is not published")
  func oversize() throws {
    var repository = try TestRepository()
    try repository.publish([TestRepository.campaign()])
    let files = repository.files
    let revoked = Set(
      (0..<300).map { "a-campaign-that-was-revoked-a-long-time-ago-with-number-\($0)" })
    #expect(throws: MetadataError.oversize(file: "timestamp.json", limit: 16 << 10)) {
      try repository.publish([TestRepository.campaign()]) { $0.revoked = revoked }
    }
    // The lists that were signed before it are not the present ones.
    #expect(repository.files["timestamp.json"] == files["timestamp.json"])
    #expect(try repository.poll(repository.freshDevice()).standing(of: "disk-1") == .running)
  }

  @Test("A manifest is believed only with the bytes and the name that were signed")
  func manifests() throws {
    var repository = try TestRepository()
    let campaign = TestRepository.campaign("disk-1")
    try repository.publish([campaign])
    let device = try repository.poll(try repository.freshDevice())
    let request = try #require(device.request(manifestOf: "disk-1"))
    let bytes = try #require(repository.files[request.file])
    #expect(bytes.count <= request.limit)
    #expect(try device.manifest(of: "disk-1", bytes) == campaign)
    var changed = bytes
    changed[changed.count - 3] ^= 1
    #expect(throws: MetadataError.content(file: "campaigns/disk-1.json")) {
      try device.manifest(of: "disk-1", changed)
    }
    #expect(throws: MetadataError.missing(file: "campaigns/disk-2.json")) {
      try device.manifest(of: "disk-2", bytes)
    }
  }

  @Test("Another campaign's manifest under this one's name is refused")
  func misnamed() throws {
    var repository = try TestRepository()
    let other = TestRepository.campaign("disk-2")
    try repository.publish([TestRepository.campaign("disk-1")])
    try repository.replaceTargets {
      $0.files["campaigns/disk-1.json"] = ListedFile(of: other.bytes)
    }
    let device = try repository.poll(try repository.freshDevice())
    #expect {
      try device.manifest(of: "disk-1", other.bytes)
    } throws: { error in
      if case .malformed = error as? MetadataError { true } else { false }
    }
  }
}

extension TestRepository {
  /// A new snapshot under a new timestamp, both signed as they have to be.
  mutating func replaceSnapshot(
    writes: Bool = true, _ change: (inout SnapshotMetadata) -> Void
  ) throws {
    var next = try #require(try snapshot()).metadata
    next.version += 1
    change(&next)
    let signed = try SignedMetadata(next, keys: [snapshotKey])
    if writes { files["\(next.version).snapshot.json"] = signed.bytes }
    var timestamp = try #require(try self.timestamp()).metadata
    timestamp.version += 1
    timestamp.snapshot = ListedMetadata(version: next.version, file: ListedFile(of: signed.bytes))
    files["timestamp.json"] = try SignedMetadata(timestamp, keys: [timestampKey]).bytes
  }

  /// A new list of campaigns, announced as the next version whatever it calls itself.
  mutating func replaceTargets(
    key: SigningKey? = nil, _ change: (inout TargetsMetadata) -> Void
  ) throws {
    var next = try #require(try targets()).metadata
    let announced = next.version + 1
    next.version = announced
    change(&next)
    let signed = try SignedMetadata(next, keys: [key ?? targetsKey])
    files["\(announced).targets.json"] = signed.bytes
    try replaceSnapshot {
      $0.targets = ListedMetadata(version: announced, file: ListedFile(of: signed.bytes))
    }
  }

  func nextRoot() throws -> RootMetadata {
    var next = try root().metadata
    next.version += 1
    return next
  }

  mutating func replaceRoot(keys: [SigningKey]) throws {
    let next = try nextRoot()
    files["\(next.version).root.json"] = try SignedMetadata(next, keys: keys).bytes
  }
}
