import FleetLog
import FleetReports
import Foundation
import POSIXSupport

/// The directory of a collector: log, index, audit log, key of pseudonyms.
package struct CollectorStore: Sendable {
  package let path: String
  package let index: IndexPlace
  /// Collectors whose reports are in the same index.
  package let companions: [CollectorStore]

  /// - Parameters:
  ///   - path: the directory.
  ///   - index: another place for the index than a file in it.
  ///   - companions: directories of other collectors whose reports are in the same index.
  package init(path: String, index: IndexPlace? = nil, companions: [String] = []) {
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    let place = index ?? .sqlite(path: self.path + "/index.sqlite")
    self.index = place
    self.companions = companions.map { CollectorStore(path: $0, index: place) }
  }

  private var stores: [CollectorStore] { [self] + companions }

  package var log: LogDirectory { LogDirectory(path: path + "/log") }
  package var auditPath: String { path + "/audit.log" }
  package var keyPath: String { path + "/pseudonym.key" }
  package var trialPath: String { path + "/trial" }
  /// What `latgate campaign judge --keep` wrote, which the dashboard shows.
  package var verdictsPath: String { path + "/verdicts" }
  package var dashboardKeyPath: String { path + "/dashboard.key" }

  /// Makes the index anew from the log, and from those of its companions.
  /// - Throws: ``LogError``: also while a collector writes to one of the logs; of kind `damaged` when the
  ///   index is there, without reports that were acknowledged.
  package func rebuild() async throws {
    let key = try commonKey()
    let opened = try stores.map { try ReportLog.open($0.log) }
    let identities = try identities()
    try index.remove()
    let index = try index.open(key: key)
    for (log, _) in opened {
      try Indexer(index, directory: log.directory, companions: identities).advance(to: log.durable)
    }
    for (log, _) in opened { await log.close() }
    // Opening has put it aside, and the next start finds nothing any more.
    if let damaged = opened.first(where: { $0.found.damagedBytes > 0 }) {
      throw LogError(
        .damaged, path: damaged.log.directory.path,
        reason:
          "\(damaged.found.damagedBytes) bytes of acknowledged reports are damaged; the index is made "
          + "without them, the file is kept as \(damaged.found.aside ?? "-")")
    }
  }

  /// Removes reports that came before a time, by whole segments, and notes it in the audit log; both times are in
  /// milliseconds since 1970 (UTC). An index in a file goes as well: it is made anew of what is left.
  /// - Throws: ``LogError``: also while a collector writes to the log.
  package func prune(before time: UInt64, at now: UInt64) throws -> LogPruning {
    guard let lock = try FileLock.tryAcquire(log.lockPath) else {
      throw LogError(.unusable, path: log.path, reason: "a collector writes to it")
    }
    let result = Result { try pruneLocked(before: time, at: now) }
    withExtendedLifetime(lock) {}
    return try result.get()
  }

  private func pruneLocked(before time: UInt64, at now: UInt64) throws -> LogPruning {
    let pruned = try LogPruning(log, before: time)
    guard pruned.segments > 0 else { return pruned }
    if case .sqlite = index { try index.remove() }
    try AuditLog(path: auditPath).note(
      "pruned",
      [
        "segments": "\(pruned.segments)", "reports": "\(pruned.reports)",
        "first": "\(pruned.first)",
      ], at: now)
    return pruned
  }

  /// The key that made the pseudonyms in all logs; nil where no collector ran yet.
  private func commonKey() throws -> PseudonymKey? {
    let keys = try stores.filter { FileManager.default.fileExists(atPath: $0.keyPath) }
      .map { (path: $0.keyPath, key: try PseudonymKey(path: $0.keyPath)) }
    if let other = keys.first(where: { $0.key.mark != keys[0].key.mark }) {
      throw LogError(
        .unusable, path: other.path,
        reason: "is another key than \(keys[0].path): a device would count as two")
    }
    return keys.first?.key
  }

  /// The numbers of the logs, each another one.
  private func identities() throws -> Set<LogIdentity> {
    var known: [LogIdentity: String] = [:]
    for store in stores {
      guard let log = try LogReader(store.log).identity() else { continue }
      if let other = known.updateValue(store.path, forKey: log) {
        throw LogError(
          .unusable, path: store.path,
          reason:
            "has a log with the number of that in \(other): one is a copy of the other, or both "
            + "are from before logs had numbers")
      }
    }
    return Set(known.keys)
  }

  /// What is not as it should be, in words. An index that is behind is brought to the log's end; one of a
  /// collector that runs has moved on before it could be compared, and is left alone.
  /// - Returns: also what was looked at.
  package func verify() throws -> (facts: [String], problems: [String]) {
    var facts: [String] = []
    var problems: [String] = []
    var isWritten = false
    for store in stores {
      let found = try store.verifyFiles()
      facts += found.facts
      problems += found.problems
      isWritten = isWritten || found.isWritten
    }
    guard problems.isEmpty else { return (facts, problems) }
    let fresh = "\(path)/verify-\(getpid()).sqlite"
    defer { SQLiteIndex.remove(path: fresh) }
    let rebuilt = try SQLiteIndex(path: fresh)
    let identities = try identities()
    let ends = try stores.map { (directory: $0.log, end: try LogReader($0.log).end()) }
    for (directory, end) in ends {
      try Indexer(rebuilt, directory: directory, companions: identities).advance(to: end)
    }
    let expected = try IndexDigest.of(rebuilt)
    facts.append("digest: \(expected)")
    let count = try rebuilt.campaigns().reduce(0) { $0 + $1.reports }
    facts.append("counted: \(count) reports, \(try rebuilt.conflicts().count) conflicts")
    if hasIndex, isWritten {
      facts.append("index: not compared, as a collector runs")
    } else if hasIndex {
      let index = try indexToRead()
      for (directory, end) in ends {
        try Indexer(index, directory: directory, companions: identities).advance(to: end)
      }
      let found = try IndexDigest.of(index)
      let others = try Set(index.logs()).subtracting(identities).sorted()
      if !others.isEmpty {
        let names = others.map(\.description).joined(separator: ", ")
        problems.append(
          "\(self.index): has reports of other logs, \(names): name their collectors by --also")
      } else if found != expected {
        problems.append(
          "\(self.index): digest \(found) is not that of the log; 'latgate-collector rebuild' makes it anew"
        )
      }
    }
    return (facts, problems)
  }

  private func verifyFiles() throws -> (facts: [String], problems: [String], isWritten: Bool) {
    let lock = try FileLock.tryAcquire(log.lockPath)
    let isWritten = lock == nil
    let check = try LogVerification(log, isWritten: isWritten)
    withExtendedLifetime(lock) {}
    var problems = check.problems
    var facts = ["log: \(check.segments) segments, \(check.records) reports"]
    if check.first > 1 { facts.append("log: segments before number \(check.first) were pruned") }
    if check.repeated > 0 { facts.append("log: \(check.repeated) of them were appended again") }
    if FileManager.default.fileExists(atPath: auditPath) {
      let audit = try AuditLog.verify(path: auditPath)
      facts.append("audit log: \(audit.lines) lines")
      if let line = audit.broken {
        problems.append("\(auditPath): line \(line) does not follow the one before it")
      }
    }
    return (facts, problems, isWritten)
  }

  /// The index as it is, to be read.
  /// - Throws: ``LogError``; also for a file that is not there: an empty one would say that there are no
  ///   reports.
  package func indexToRead() throws(LogError) -> any ReportIndex {
    if case .sqlite(let path) = index { return try SQLiteIndex(path: path, isRead: true) }
    return try index.open()
  }

  private var hasIndex: Bool {
    if case .sqlite(let path) = index { return FileManager.default.fileExists(atPath: path) }
    return true
  }
}
