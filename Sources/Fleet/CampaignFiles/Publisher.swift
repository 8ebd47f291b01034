import Campaigns
import Foundation
import POSIXSupport

/// What `latgate campaign` does to a repository.
package struct Publisher: Sendable {
  package let repository: RepositoryDirectory
  private let keys: [SigningKey]
  private let now: MetadataTime
  package var lifetimes = RepositoryEditor.Lifetimes()

  /// `keys` are directories; those of roles that a step does not sign for are not needed.
  package init(repository: String, keys: [String], now: MetadataTime) throws {
    self.repository = RepositoryDirectory(path: repository)
    self.keys = try keys.flatMap { try KeyDirectory(path: $0).keys() }
    self.now = now
  }

  /// Makes keys and the first root of a new repository: three of root, one of each other role.
  /// - Returns: paths of the keys.
  package static func create(
    repository: String, keys directory: String, now: MetadataTime
  ) throws -> [String] {
    let place = RepositoryDirectory(path: repository)
    let first = CampaignPath.metadata(.root, version: 1)
    guard try place.read(first, limit: 0) == nil else {
      throw CampaignFileError(
        "there is a repository already", path: repository,
        remedy: "devices trust its \(first); change its keys with 'latgate campaign keys rotate'")
    }
    let keys = KeyDirectory(path: directory)
    var paths: [String] = []
    var made: [Role: [SigningKey]] = [:]
    for role in Role.allCases {
      for _ in 0..<(role == .root ? 3 : 1) {
        let one = try keys.make(role)
        paths.append(one.path)
        made[role, default: []].append(one.key)
      }
    }
    let holders = made.mapValues {
      RootMetadata.Holders(keys: $0.map(\.publicKey), threshold: $0.count > 1 ? 2 : 1)
    }
    try place.write([
      try RepositoryEditor.firstRoot(holders: holders, keys: made[.root] ?? [], now: now)
    ])
    return paths
  }

  /// Tries of a tenth of a second.
  private static let patience = 100

  /// Makes a step while no other one is made. Two at once would be two files of one version, and the one that is
  /// written last would take back what the other said, such as a revocation.
  private func alone<Value>(_ step: () throws -> Value) throws -> Value {
    // Of a directory that is no repository, the step says what is wrong.
    guard FileManager.default.fileExists(atPath: repository.path) else { return try step() }
    for _ in 0..<Self.patience {
      guard let lock = try FileLock.tryAcquireShared("\(repository.path)/.lock") else {
        usleep(100_000)
        continue
      }
      let result = Result { try step() }
      withExtendedLifetime(lock) {}
      return try result.get()
    }
    throw CampaignFileError(
      "another command is changing it", path: repository.path, remedy: "try again when it is done")
  }

  private func editor() throws -> RepositoryEditor {
    var editor = RepositoryEditor(root: try repository.root(), now: now)
    editor.lifetimes = lifetimes
    return editor
  }

  /// Replaces the keys of roles by new ones, or with none renews root.
  /// - Returns: version of the new root.
  package func rotate(_ roles: [Role], into directory: String) throws -> Int64 {
    try alone { try rotateNow(roles, into: directory) }
  }

  private func rotateNow(_ roles: [Role], into directory: String) throws -> Int64 {
    let editor = try editor()
    var holders = editor.root.metadata.holders
    var all = keys
    for role in roles {
      let count = holders[role]?.keys.count ?? 1
      var made: [SigningKey] = []
      for _ in 0..<count { made.append(try KeyDirectory(path: directory).make(role).key) }
      holders[role]?.keys = made.map(\.publicKey)
      all += made
    }
    let known = Set((holders[.root]?.keys ?? []) + editor.root.metadata.holders(of: .root).keys)
    try repository.write([
      try editor.nextRoot(holders: holders, keys: all.filter { known.contains($0.publicKey) })
    ])
    return editor.root.metadata.version + 1
  }

  /// Adds a campaign to the list of campaigns and signs that; devices see it when it is published.
  package func sign(_ draft: DraftDirectory?) throws -> String? {
    try alone { try signNow(draft) }
  }

  private func signNow(_ draft: DraftDirectory?) throws -> String? {
    let editor = try editor()
    let last = try repository.newestTargets()
    var listed = last?.metadata.files ?? [:]
    var files: [RepositoryEditor.File] = []
    var id: String?
    if let draft {
      let (manifest, made) = try draft.read()
      let path = CampaignPath.target(manifest.id)
      guard listed[path] == nil else {
        throw CampaignFileError(
          "campaign '\(manifest.id)' is signed already", path: repository.path,
          remedy: "a campaign that has begun is not changed; make one with another id")
      }
      if try repository.timestamp()?.metadata.revoked.contains(manifest.id) == true {
        throw CampaignFileError(
          "campaign '\(manifest.id)' was revoked", path: repository.path,
          remedy: "devices never run that id again; make one with another id")
      }
      listed[path] = ListedFile(of: manifest.bytes)
      files = made
      id = manifest.id
    }
    files.append(try editor.targets(listed, after: last?.metadata, keys: keys))
    try repository.write(files)
    return id
  }

  /// Makes the newest list of campaigns the present one, or says that it still is.
  package func publish() throws {
    try alone { try publishNow() }
  }

  private func publishNow(_ change: (inout TimestampMetadata) -> Void = { _ in }) throws {
    let editor = try editor()
    guard let targets = try repository.newestTargets() else {
      throw CampaignFileError(
        "no campaign is signed", path: repository.path,
        remedy: "sign one with 'latgate campaign sign'")
    }
    // A timestamp of keys that root does not name any more says nothing of versions.
    let timestamp = try repository.timestamp()
    try repository.write(
      try editor.publish(
        targets: targets, after: timestamp?.metadata, snapshot: try repository.snapshot(),
        keys: keys, change: change))
  }

  /// Stops a campaign, or lets it go on.
  package func pause(_ id: String, resumes: Bool) throws {
    try alone {
      try demand(id)
      try publishNow { if resumes { $0.paused.remove(id) } else { $0.paused.insert(id) } }
    }
  }

  /// Ends a campaign for good: at once by the timestamp, and then in the list of campaigns too,
  /// where its key is at hand.
  /// - Returns: whether it is out of the list.
  package func revoke(_ id: String) throws -> Bool {
    try alone { try revokeNow(id) }
  }

  private func revokeNow(_ id: String) throws -> Bool {
    try demand(id)
    // First what stops it. The keys for that may be missing now, and a second attempt would not
    // find a campaign that is out of the list.
    try publishNow {
      $0.paused.remove(id)
      $0.revoked.insert(id)
    }
    let editor = try editor()
    let last = try repository.newestTargets()
    let holders = editor.root.metadata.holders(of: .targets)
    guard keys.count(where: { holders.keys.contains($0.publicKey) }) >= holders.threshold else {
      return false
    }
    var listed = last?.metadata.files ?? [:]
    listed[CampaignPath.target(id)] = nil
    try repository.write([try editor.targets(listed, after: last?.metadata, keys: keys)])
    try publishNow()
    return true
  }

  private func demand(_ id: String) throws {
    let known = try repository.newestTargets()?.metadata.campaigns ?? []
    guard known.contains(id) else {
      throw CampaignFileError(
        "there is no campaign '\(id)'", path: repository.path,
        remedy: known.isEmpty
          ? "no campaign is signed" : "there are \(known.joined(separator: ", "))")
    }
  }
}
