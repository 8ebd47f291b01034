import Campaigns
import Foundation
import Glibc
import POSIXSupport

/// A repository as a directory, which any web server serves as it is.
package struct RepositoryDirectory: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  /// Bytes of a file, `limit` + 1 at most; nil when it is not there.
  /// - Throws: ``CampaignFileError`` for one that cannot be read.
  package func read(_ file: String, limit: Int) throws -> [UInt8]? {
    let place = "\(path)/\(file)"
    guard let handle = FileHandle(forReadingAtPath: place) else {
      if FileManager.default.fileExists(atPath: place) {
        throw CampaignFileError(
          "cannot be read", path: place, remedy: "look at its permissions")
      }
      return nil
    }
    defer { try? handle.close() }
    return Array(try handle.read(upToCount: limit + 1) ?? Data())
  }

  /// Writes files in their order: what one names is there before it.
  package func write(_ files: [RepositoryEditor.File]) throws {
    for file in files {
      let place = "\(path)/\(file.path)"
      let directory = (place as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try AtomicFile.write(file.bytes, to: place)
    }
  }

  /// Its newest root, reached from the first by signatures alone.
  package func root() throws -> SignedMetadata<RootMetadata> { try firstState().root }

  /// What a device knows that has the first root only.
  private func firstState() throws -> TrustedState {
    let first = CampaignPath.metadata(.root, version: 1)
    guard let bytes = try read(first, limit: Role.root.mostBytes) else {
      throw CampaignFileError(
        "not a repository: it has no \(first)", path: path,
        remedy: "make one with 'latgate campaign keys create'")
    }
    var poll = try refused(first) {
      RepositoryPoll(try TrustedState(root: bytes), now: .distantPast)
    }
    // Expiry is not asked here: an expired root is what 'keys rotate' renews.
    while let request = poll.request, request.file.hasSuffix(".root.json") {
      guard let next = try read(request.file, limit: request.limit) else { break }
      try refused(request.file) { try poll.receive(next) }
    }
    return poll.state
  }

  /// The file of the role's metadata with this version, whatever it says.
  private func metadata<Metadata: RoleMetadata>(
    _ version: Int64
  ) throws -> SignedMetadata<Metadata>? {
    let file = CampaignPath.metadata(Metadata.role, version: version)
    guard let bytes = try read(file, limit: Metadata.role.mostBytes) else { return nil }
    return try refused(file) { try SignedMetadata(bytes: bytes) }
  }

  package func timestamp() throws -> SignedMetadata<TimestampMetadata>? { try metadata(0) }

  /// The one that the timestamp names.
  package func snapshot() throws -> SignedMetadata<SnapshotMetadata>? {
    guard let version = try timestamp()?.metadata.snapshot.version else { return nil }
    return try metadata(version)
  }

  /// The newest list of campaigns that was signed, whether it is published or not.
  package func newestTargets() throws -> SignedMetadata<TargetsMetadata>? {
    guard let newest = targetsVersions.max() else { return nil }
    return try metadata(newest)
  }

  /// Versions of all lists of campaigns that were signed.
  private var targetsVersions: [Int64] {
    let suffix = ".\(Role.targets.rawValue).json"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.compactMap {
      Int64($0.dropLast(suffix.utf8.count))
    }
  }

  /// Polls it as a device does that has the first root only.
  /// - Throws: ``CampaignFileError`` where a device would refuse it.
  package func polled(now: MetadataTime) throws -> TrustedState {
    let first = CampaignPath.metadata(.root, version: 1)
    guard let bytes = try read(first, limit: Role.root.mostBytes) else { return try firstState() }
    var poll = try refused(first) { RepositoryPoll(try TrustedState(root: bytes), now: now) }
    while let request = poll.request {
      let answer = try read(request.file, limit: request.limit)
      try refused(request.file) { try poll.receive(answer) }
    }
    return poll.state
  }

  /// A campaign's manifest, checked against what the state lists.
  package func manifest(_ id: String, _ state: TrustedState) throws -> CampaignManifest {
    guard let request = state.request(manifestOf: id) else {
      throw CampaignFileError(
        "there is no campaign '\(id)'", path: path,
        remedy: state.campaigns.isEmpty
          ? "no campaign is published" : "there are \(state.campaigns.joined(separator: ", "))")
    }
    let bytes = try read(request.file, limit: request.limit)
    return try refused(request.file) {
      guard let bytes else { throw MetadataError.missing(file: request.file) }
      return try state.manifest(of: id, bytes)
    }
  }

  /// A campaign's manifest for those who look at what was collected: of a campaign that was revoked
  /// as well, from the last list that had it. Devices do not take it from there.
  /// - Throws: ``CampaignFileError`` where a device would refuse the repository, and for a campaign
  ///   that no list ever had.
  package func collectedManifest(_ id: String, now: MetadataTime) throws -> CampaignManifest {
    let state = try polled(now: now)
    guard !state.campaigns.contains(id) else { return try manifest(id, state) }
    let roots = try roots()
    for version in targetsVersions.sorted(by: >) {
      guard let past: SignedMetadata<TargetsMetadata> = try metadata(version),
        let listed = past.metadata.manifest(of: id),
        // Keys of targets may have been replaced since.
        roots.contains(where: { (try? past.verify(by: $0.metadata)) != nil })
      else { continue }
      let file = CampaignPath.manifest(id, hash: listed.hash)
      let bytes = try read(file, limit: min(listed.length, CampaignManifest.mostBytes))
      return try refused(file) {
        guard let bytes else { throw MetadataError.missing(file: file) }
        return try past.metadata.manifest(of: id, bytes)
      }
    }
    return try manifest(id, state)
  }

  /// The newest root and those that led to it.
  private func roots() throws -> [SignedMetadata<RootMetadata>] {
    let newest = try root()
    var roots = [newest]
    for version in stride(from: newest.metadata.version - 1, to: 0, by: -1) {
      if let root: SignedMetadata<RootMetadata> = try metadata(version) { roots.append(root) }
    }
    return roots
  }

  /// Bytes of a bundle that a manifest names, checked.
  package func check(bundles manifest: CampaignManifest) throws {
    for (_, bundle) in manifest.bundles.sorted(by: { $0.key < $1.key }) {
      let file = CampaignPath.bundle(bundle.hash)
      let bytes = try read(file, limit: bundle.length)
      try refused(file) {
        guard let bytes else { throw MetadataError.missing(file: file) }
        guard ListedFile(of: bytes) == bundle else { throw MetadataError.content(file: file) }
      }
    }
  }

  private func refused<Value>(_ file: String, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let fault as MetadataError {
      throw CampaignFileError(fault, path: "\(path)/\(file)", remedy: Self.remedy(fault))
    }
  }

  private static func remedy(_ fault: MetadataError) -> String {
    switch fault {
    case .expired(.timestamp, _), .expired(.snapshot, _):
      "sign it again with 'latgate campaign publish'"
    case .expired(.targets, _): "sign it again with 'latgate campaign sign --renew'"
    case .expired(.root, _): "sign it again with 'latgate campaign keys rotate root'"
    case .missing: "publish first: 'latgate campaign publish'"
    default: ""
    }
  }
}

extension MetadataTime {
  static let distantPast = MetadataTime(seconds: 0)
}
