import ADB
import Foundation
import Glibc
import POSIXSupport

extension ADBDevice {
  /// Copies a file, or a directory with all that is in it, from the device.
  ///
  /// As `adb pull -a` does it: into the directory `local` where there is one, else under that name;
  /// links are followed, modes and times of files kept. Whatever names the device sends, nothing is
  /// written outside of that place. A file that cannot be copied does not stop the others.
  /// - Throws: ``DeviceError``, `CancellationError`.
  package func pullAll(
    _ remote: String, to local: String, options: CopyOptions = CopyOptions(),
    progress: @escaping CopyProgress = { _ in }
  ) async throws -> CopyTally {
    try await mapping("pull of \(remote)", limit: .seconds(30)) {
      try await onOwnThread {
        var copy = PullCopy(device: self, options: options, reporter: CopyReporter(progress))
        return try await copy.run(remote, to: local)
      }
    }
  }
}

/// One pull of a file or a tree.
private struct PullCopy {
  /// Something to fetch, named below the root of the tree.
  private struct Entry {
    var name: String
    var status: SyncFileStatus
  }

  private let options: CopyOptions
  private var reporter: CopyReporter
  private var session: CopySession

  init(device: ADBDevice, options: CopyOptions, reporter: CopyReporter) {
    self.options = options
    self.reporter = reporter
    session = CopySession(device: device)
  }

  mutating func run(_ remote: String, to local: String) async throws -> CopyTally {
    let compression = try await session.compression(options.compression)
    guard let status = try await session.use({ try await $0.target(of: remote) }) else {
      throw ADBError.transferFailed(path: remote, message: "no such file or directory")
    }
    var base = local
    let isDirectory = try LocalTree.status(of: local, follows: true)?.kind == .directory
    if isDirectory, case let name = LocalTree.lastName(remote), !name.isEmpty {
      base = "\(local)/\(name)"
    }
    if status.kind == .directory {
      let entries = try await entries(of: remote, status)
      try makeDirectory(base, isRoot: true)
      for entry in entries {
        if entry.status.kind == .directory {
          try makeDirectory("\(base)/\(entry.name)", isRoot: false)
        } else {
          try await fetch(
            "\(remote)/\(entry.name)", entry.status, "\(base)/\(entry.name)", compression)
        }
      }
    } else {
      reporter.tally.expectedFiles = 1
      try await fetch(remote, status, base, compression)
    }
    await session.end()
    reporter.report()
    return reporter.tally
  }

  private mutating func fetch(
    _ remote: String, _ status: SyncFileStatus, _ local: String, _ compression: SyncCompression
  ) async throws {
    do {
      if options.resumes, let there = try LocalTree.status(of: local, follows: false),
        there.kind == .regular, there.size == status.size, there.modified == status.modified
      {
        reporter.tally.present += 1
      } else {
        let part = try HostFile(replacing: local)
        var reporter = reporter
        try await session.use {
          try await $0.receive(remote, compression: compression) { bytes in
            try part.write(bytes)
            reporter.add(bytes: bytes.count)
          }
        }
        self.reporter = reporter
        // Set-id bits of a device mean nothing here.
        try part.setFacts(mode: status.mode & 0o777, modified: status.modified)
        try part.commit()
        self.reporter.tally.files += 1
      }
    } catch ADBError.transferFailed(_, let message) {
      reporter.tally.failed.append(.init(path: remote, detail: message))
    } catch DeviceError.hostFile(let path, let detail) where isOfOneFile(path) {
      reporter.tally.failed.append(.init(path: path, detail: detail))
    }
    reporter.report()
  }

  /// A full disk stops everything; a name that cannot be written does not.
  private func isOfOneFile(_ path: String) -> Bool {
    var facts = statvfs()
    return statvfs(PathParent.of(path), &facts) != 0 || facts.f_bavail > 0
  }

  /// All files and directories below, a directory before what is in it. Links are replaced by what
  /// they lead to.
  private mutating func entries(
    of root: String, _ status: SyncFileStatus
  ) async throws -> [Entry] {
    var found: [Entry] = []
    // Beside each directory those it is in: a link back to one of them has no end.
    var pending: [(name: String, above: [SyncFileStatus.Identity?])] = [("", [status.identity])]
    while let (directory, above) = pending.popLast() {
      let path = directory.isEmpty ? root : "\(root)/\(directory)"
      for entry in try await session.use({ try await $0.list(path) }) {
        let name = directory.isEmpty ? entry.name : "\(directory)/\(entry.name)"
        var status = entry.status
        if status.kind == .symbolicLink {
          guard let target = try await session.use({ try await $0.target(of: "\(root)/\(name)") })
          else {
            skip("\(root)/\(name)", "a link that leads nowhere")
            continue
          }
          // Without an identity it is not known.
          let mayBeCircle = target.identity == nil || above.contains { $0 == target.identity }
          if target.kind == .directory, mayBeCircle {
            skip("\(root)/\(name)", "a link to a directory, which may be one that it is in")
            continue
          }
          status = target
        }
        switch status.kind {
        case .directory:
          found.append(Entry(name: name, status: status))
          pending.append((name, above + [status.identity]))
        case .regular:
          found.append(Entry(name: name, status: status))
          reporter.tally.expectedFiles += 1
        default: skip("\(root)/\(name)", "no file, directory or link")
        }
      }
    }
    return found.sorted { $0.name < $1.name }
  }

  private mutating func skip(_ path: String, _ detail: String) {
    reporter.tally.skipped.append(.init(path: path, detail: detail))
  }

  /// Makes a directory, or takes the one that is there. Below the root a link is no directory: it
  /// would lead out of the place that the user named.
  private func makeDirectory(_ path: String, isRoot: Bool) throws(DeviceError) {
    if let there = try LocalTree.status(of: path, follows: isRoot) {
      if there.kind == .directory { return }
      throw .hostFile(path: path, detail: "it is in the way of a directory of the device")
    }
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: isRoot)
    } catch {
      throw .hostFile(path: path, detail: error.localizedDescription)
    }
  }
}
