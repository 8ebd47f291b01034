import Campaigns

/// A repository in memory, with all its keys: what its owner makes of it, and what a thief of some
/// keys could.
struct TestRepository {
  static let start = MetadataTime(seconds: 1_893_456_000)

  let roots: [SigningKey]
  let targetsKey: SigningKey
  var snapshotKey: SigningKey
  var timestampKey: SigningKey
  var files: [String: [UInt8]] = [:]
  var now = Self.start

  init() throws {
    func key(_ number: UInt8) throws -> SigningKey {
      guard let key = SigningKey(seed: Array(repeating: number, count: 32)) else {
        throw MetadataError.malformed("no key")
      }
      return key
    }
    roots = [try key(1), try key(2), try key(3)]
    targetsKey = try key(4)
    snapshotKey = try key(5)
    timestampKey = try key(6)
    let first = try RepositoryEditor.firstRoot(
      holders: holders, keys: Array(roots.prefix(2)), now: now)
    files[first.path] = first.bytes
  }

  var holders: [Role: RootMetadata.Holders] {
    [
      .root: .init(keys: roots.map(\.publicKey), threshold: 2),
      .targets: .init(keys: [targetsKey.publicKey], threshold: 1),
      .snapshot: .init(keys: [snapshotKey.publicKey], threshold: 1),
      .timestamp: .init(keys: [timestampKey.publicKey], threshold: 1),
    ]
  }

  var allKeys: [SigningKey] { roots + [targetsKey, snapshotKey, timestampKey] }

  func root() throws -> SignedMetadata<RootMetadata> {
    var newest = try SignedMetadata<RootMetadata>(bytes: files["1.root.json"] ?? [])
    while let bytes = files["\(newest.metadata.version + 1).root.json"] {
      newest = try SignedMetadata(bytes: bytes)
    }
    return newest
  }

  func timestamp() throws -> SignedMetadata<TimestampMetadata>? {
    try files["timestamp.json"].map { try SignedMetadata(bytes: $0) }
  }

  func snapshot() throws -> SignedMetadata<SnapshotMetadata>? {
    guard let version = try timestamp()?.metadata.snapshot.version,
      let bytes = files["\(version).snapshot.json"]
    else { return nil }
    return try SignedMetadata(bytes: bytes)
  }

  func targets() throws -> SignedMetadata<TargetsMetadata>? {
    guard let version = try snapshot()?.metadata.targets.version,
      let bytes = files["\(version).targets.json"]
    else { return nil }
    return try SignedMetadata(bytes: bytes)
  }

  /// Signs a list of campaigns and makes it the present one.
  mutating func publish(
    _ manifests: [CampaignManifest], change: (inout TimestampMetadata) -> Void = { _ in }
  ) throws {
    let editor = RepositoryEditor(root: try root(), now: now)
    var listed: [String: ListedFile] = [:]
    for manifest in manifests {
      let bytes = manifest.bytes
      let file = ListedFile(of: bytes)
      listed[CampaignPath.target(manifest.id)] = file
      files[CampaignPath.manifest(manifest.id, hash: file.hash)] = bytes
    }
    let last = try targets()?.metadata
    let made = try editor.targets(listed, after: last, keys: allKeys)
    files[made.path] = made.bytes
    for file in try editor.publish(
      targets: try SignedMetadata(bytes: made.bytes), after: try timestamp()?.metadata,
      snapshot: try snapshot(), keys: allKeys, change: change)
    {
      files[file.path] = file.bytes
    }
  }

  /// What a device makes of it.
  func poll(_ state: TrustedState) throws -> TrustedState {
    var poll = RepositoryPoll(state, now: now)
    try poll.run { request in files[request.file].map { Array($0.prefix(request.limit + 1)) } }
    return poll.state
  }

  func freshDevice() throws -> TrustedState {
    try TrustedState(root: files["1.root.json"] ?? [])
  }

  static func campaign(_ id: String = "disk-1") -> CampaignManifest {
    CampaignManifest(
      id: id,
      metrics: [CampaignMetric(id: 1, name: "fsync.latency", probe: "fsync")],
      schedule: CampaignSchedule(
        starts: start, ends: start.adding(seconds: 30 * 86400), duration: 7 * 86400, every: 86400,
        window: 600, lease: 7200),
      targeting: CampaignTargeting(
        models: ["pixel"], builds: [BuildRange(from: "A1", to: "A20")]),
      arms: [
        CampaignArm(name: "control", from: 0, to: 200),
        CampaignArm(name: "canary", from: 200, to: 400),
      ],
      salt: Array(0..<32),
      bundles: ["arm64": ListedFile(hash: String(repeating: "ab", count: 32), length: 100)])
  }
}
