import FleetLog
import FleetReports
import Foundation
import POSIXSupport

/// The folder of a collector: log, index, audit log, key of pseudonyms.
package struct CollectorStore: Sendable {
  package let path: String
  package let index: IndexPlace

  /// - Parameters:
  ///   - path: the folder.
  ///   - index: another place for the index than a file in it.
  package init(path: String, index: IndexPlace? = nil) {
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    self.index = index ?? .sqlite(path: self.path + "/index.sqlite")
  }

  package var log: LogFolder { LogFolder(path: path + "/log") }
  package var auditPath: String { path + "/audit.log" }
  package var keyPath: String { path + "/pseudonym.key" }
  package var trialPath: String { path + "/trial" }
  /// What `latgate campaign judge --keep` wrote, which the dashboard shows.
  package var verdictsPath: String { path + "/verdicts" }
  package var dashboardKeyPath: String { path + "/dashboard.key" }

  /// Makes the index anew from the log.
  /// - Throws: ``LogError``: also while a collector writes to the log.
  package func rebuild() async throws {
    let (log, _) = try ReportLog.open(self.log)
    try index.remove()
    try Indexer(index.open(), folder: self.log).advance(to: log.durable)
    await log.close()
  }

  /// What is not as it should be, in words. An index that is behind is brought to the log's end.
  /// - Returns: also what was looked at.
  package func verify() throws -> (facts: [String], problems: [String]) {
    let lock = try FileLock.tryAcquire(log.lockPath)
    let check = try LogVerification(log, isWritten: lock == nil)
    withExtendedLifetime(lock) {}
    var problems = check.problems
    var facts = ["log: \(check.segments) segments, \(check.records) reports"]
    if check.repeated > 0 { facts.append("log: \(check.repeated) of them were appended again") }
    if FileManager.default.fileExists(atPath: auditPath) {
      let audit = try AuditLog.verify(path: auditPath)
      facts.append("audit log: \(audit.lines) lines")
      if let line = audit.broken {
        problems.append("\(auditPath): line \(line) does not follow the one before it")
      }
    }
    guard problems.isEmpty else { return (facts, problems) }
    let fresh = "\(path)/verify-\(getpid()).sqlite"
    defer { SQLiteIndex.remove(path: fresh) }
    let rebuilt = try SQLiteIndex(path: fresh)
    let end = try LogReader(log).end()
    try Indexer(rebuilt, folder: log).advance(to: end)
    let expected = try IndexDigest.of(rebuilt)
    facts.append("digest: \(expected)")
    let count = try rebuilt.campaigns().reduce(0) { $0 + $1.reports }
    facts.append("counted: \(count) reports, \(try rebuilt.conflicts().count) conflicts")
    if hasIndex {
      let index = try index.open()
      try Indexer(index, folder: log).advance(to: end)
      let found = try IndexDigest.of(index)
      if found != expected {
        problems.append(
          "\(self.index): digest \(found) is not that of the log; 'latgate-collector rebuild' makes it anew"
        )
      }
    }
    return (facts, problems)
  }

  private var hasIndex: Bool {
    if case .sqlite(let path) = index { return FileManager.default.fileExists(atPath: path) }
    return true
  }
}
