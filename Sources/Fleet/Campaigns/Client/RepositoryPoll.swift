/// One poll of a repository as a device makes it (TUF 5.3 to 5.6), without its transport: it says which
/// file it wants, and is given that.
///
/// Each file is believed after all its checks only. After a fault ``state`` holds what was believed
/// before and what was verified since, so it can be kept, and the next poll begins with it.
package struct RepositoryPoll: Sendable {
  /// A file to fetch: a path below the repository's address.
  package struct Request: Sendable, Equatable {
    package var file: String
    /// Bytes to read of it, at most; one more shows that it is too long.
    package var limit: Int
  }

  private enum Step { case root, timestamp, snapshot, targets, done }

  /// New versions of root that one poll follows.
  private static let mostRoots = 32

  package private(set) var state: TrustedState
  private let now: MetadataTime
  private var step = Step.root
  private var roots = 0

  package init(_ state: TrustedState, now: MetadataTime) {
    self.state = state
    self.now = now
  }

  /// What to fetch next; nil when the poll is over and everything is verified.
  package var request: Request? {
    switch step {
    case .root:
      Request(
        file: CampaignPath.metadata(.root, version: state.root.metadata.version + 1),
        limit: Role.root.mostBytes)
    case .timestamp:
      Request(
        file: CampaignPath.metadata(.timestamp, version: 0), limit: Role.timestamp.mostBytes)
    case .snapshot:
      state.timestamp.map { announced($0.metadata.snapshot, .snapshot) }
    case .targets:
      state.snapshot.map { announced($0.metadata.targets, .targets) }
    case .done: nil
    }
  }

  private func announced(_ listed: ListedMetadata, _ role: Role) -> Request {
    Request(
      file: CampaignPath.metadata(role, version: listed.version),
      limit: min(role.mostBytes, listed.file.length))
  }

  /// Takes the answer to ``request``.
  /// - Parameter bytes: of the file; nil when the repository does not have it.
  /// - Throws: ``MetadataError``; the poll is then over.
  package mutating func receive(_ bytes: [UInt8]?) throws(MetadataError) {
    guard let request else { return }
    do {
      try take(bytes, request)
    } catch {
      step = .done
      throw error
    }
  }

  private mutating func take(_ bytes: [UInt8]?, _ request: Request) throws(MetadataError) {
    if let bytes, bytes.count > request.limit {
      throw .oversize(file: request.file, limit: request.limit)
    }
    if step == .root {
      if let bytes, roots < Self.mostRoots {
        try state.take(root: bytes)
        roots += 1
      } else {
        // Only the last one has to be valid now: a device may have slept through others.
        try TrustedState.check(state.root.metadata, now)
        step = .timestamp
      }
      return
    }
    guard let bytes else { throw .missing(file: request.file) }
    switch step {
    case .timestamp:
      try state.take(timestamp: bytes, now: now)
      step = .snapshot
    case .snapshot:
      try state.take(snapshot: bytes, now: now)
      step = .targets
    case .targets:
      try state.take(targets: bytes, now: now)
      step = .done
    case .root, .done: break
    }
  }

  /// Makes a whole poll.
  /// - Parameter fetch: the bytes of a file, one more than the limit at most; nil when it is not there.
  /// - Throws: what `fetch` throws, and ``MetadataError``.
  package mutating func run(_ fetch: (Request) throws -> [UInt8]?) throws {
    while let request { try receive(try fetch(request)) }
  }
}
