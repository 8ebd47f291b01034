import ADB
import Foundation
import POSIXSupport

extension ADBDevice {
  /// Copies a file, or a directory with all that is in it, to the device.
  ///
  /// As adb does it: into the directory `remote` where there is one, else under that name; links in
  /// a directory arrive as links. Modes and times of files are kept; those of directories are the
  /// device's. A file that cannot be copied does not stop the others.
  /// - Throws: ``DeviceError``, `CancellationError`.
  package func pushAll(
    _ local: String, to remote: String, options: CopyOptions = CopyOptions(),
    progress: @escaping CopyProgress = { _ in }
  ) async throws -> CopyTally {
    guard let status = try LocalTree.status(of: local, follows: true) else {
      throw DeviceError.hostFile(path: local, detail: "no such file or directory")
    }
    return try await mapping("push to \(remote)", limit: .seconds(30)) {
      try await onOwnThread {
        var copy = PushCopy(device: self, options: options, reporter: CopyReporter(progress))
        return try await copy.run(local, status, to: remote)
      }
    }
  }
}

/// One push of a file or a tree.
private struct PushCopy {
  private let device: ADBDevice
  private let options: CopyOptions
  private var reporter: CopyReporter
  private var session: CopySession
  /// Files by the permission bits they are to have.
  private var modes: [UInt32: [String]] = [:]

  init(device: ADBDevice, options: CopyOptions, reporter: CopyReporter) {
    self.device = device
    self.options = options
    self.reporter = reporter
    session = CopySession(device: device)
  }

  mutating func run(
    _ local: String, _ status: SyncFileStatus, to remote: String
  ) async throws -> CopyTally {
    let compression = try await session.compression(options.compression)
    let there = try await session.use { try await $0.target(of: remote) }
    var base = remote
    if there?.kind == .directory, case let name = LocalTree.lastName(local), !name.isEmpty {
      base = remote.hasSuffix("/") ? remote + name : "\(remote)/\(name)"
    }
    if status.kind == .directory {
      let entries = try LocalTree.entries(of: local)
      for entry in entries where entry.status.kind == .regular || entry.status.kind == .symbolicLink
      {
        reporter.tally.expectedFiles += 1
      }
      try await makeDirectories(entries, base)
      for entry in entries {
        try await send("\(local)/\(entry.name)", entry.status, "\(base)/\(entry.name)", compression)
      }
    } else {
      reporter.tally.expectedFiles = 1
      try await send(local, status, base, compression)
    }
    await session.end()
    try await setModes()
    reporter.report()
    return reporter.tally
  }

  private mutating func send(
    _ local: String, _ status: SyncFileStatus, _ remote: String, _ compression: SyncCompression
  ) async throws {
    guard let kind = status.kind else {
      reporter.tally.skipped.append(.init(path: local, detail: "no file, directory or link"))
      return
    }
    if kind == .directory { return }
    do {
      let modified = UInt32(clamping: status.modified)
      if options.resumes, try await isThere(remote, status) {
        reporter.tally.present += 1
      } else if kind == .symbolicLink {
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: local)
        let source = TextSource(Array(target.utf8) + [0])
        try await session.use {
          try await $0.send(to: remote, mode: status.mode, modified: modified, from: source)
        }
        reporter.tally.files += 1
      } else {
        let source = try HostFile(reading: local)
        try await session.use {
          try await $0.send(
            to: remote, mode: status.mode & 0o7777 | SyncFileStatus.Kind.regular.rawValue,
            modified: modified, compression: compression, from: source)
        }
        reporter.add(bytes: Int(clamping: status.size))
        reporter.tally.files += 1
      }
      if kind == .regular { modes[status.mode & 0o7777, default: []].append(remote) }
    } catch ADBError.transferFailed(_, let message) {
      reporter.tally.failed.append(.init(path: remote, detail: message))
    } catch DeviceError.hostFile(let path, let detail) {
      reporter.tally.failed.append(.init(path: path, detail: detail))
    }
    reporter.report()
  }

  private mutating func isThere(_ remote: String, _ status: SyncFileStatus) async throws -> Bool {
    let there = try await session.use { try await $0.status(of: remote) }
    return there?.kind == status.kind && there?.modified == status.modified
      && (there?.size == status.size || status.kind == .symbolicLink)
  }

  /// Directories that hold no file, which sending files would not make.
  private func makeDirectories(_ entries: [LocalEntry], _ base: String) async throws {
    let empty = entries.filter(\.isEmptyDirectory).map { "\(base)/\($0.name)" }
    try await inBatches(empty + (entries.isEmpty ? [base] : []), "mkdir -p --")
  }

  /// The daemon widens the modes it is given: the owner's bits go to everybody.
  private func setModes() async throws {
    for (mode, paths) in modes.sorted(by: { $0.key < $1.key }) {
      try await inBatches(paths, "chmod \(String(mode, radix: 8)) --")
    }
  }

  private func inBatches(_ paths: [String], _ command: String) async throws {
    for batch in PathBatches(paths) {
      let result = try await device.exec("\(command) \(batch.words)", timeout: .seconds(60))
      if result.exitCode != 0 {
        let reason = String(decoding: result.standardError, as: UTF8.self)
        throw ADBError.transferFailed(
          path: batch.first, message: reason.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
  }
}

/// A link's target as a file to send.
private final class TextSource: SyncSource {
  private let text: [UInt8]

  init(_ text: [UInt8]) {
    self.text = text
  }

  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    // A target is shorter than a frame, so this is asked once.
    let count = min(text.count, buffer.count)
    buffer.copyBytes(from: text.prefix(count))
    return count
  }
}
