import Foundation
import GRDB
import POSIXSupport

/// A line of the crash ledger: a load under way, or what happened to the device in one.
package struct CrashEvent: Sendable, Equatable {
  /// What happened.
  package enum Kind: String, Sendable, Codable, CaseIterable {
    /// Under way, or never ended.
    case loading
    /// The kernel reported a panic.
    case panic
    /// The device had restarted.
    case reboot
    /// The load did not return.
    case hang
    /// The kernel found an error in itself and kept running.
    case oops
    /// The device did not answer any more.
    case vanished
    /// The host ended meanwhile, and the device was not seen in that boot again.
    case abandoned
  }

  /// Number in the ledger.
  package var id: Int64
  package var subject: LoadSubject
  package var kind: Kind
  package var at: Date
  /// The run that loaded.
  package var run: String
  package var serial: String
  /// The device's boot in which it was loaded.
  package var bootID: String
  /// The process that loaded.
  package var owner: ProcessIdentity
  /// What the device said afterwards; may be empty.
  package var evidence: String
  /// When a person allowed the load again.
  package var liftedAt: Date?
}

extension CrashEvent: FetchableRecord {
  package init(row: Row) throws {
    id = row["id"]
    subject = LoadSubject(
      model: row["model"], build: row["build"], kernelBuildID: row["kernelBuildID"],
      probe: row["probe"], content: row["content"])
    let word: String = row["kind"]
    guard let known = Kind(rawValue: word) else {
      throw DatabaseError(message: "crashEvent \(row["id"] as Int64) is of unknown kind '\(word)'")
    }
    kind = known
    at = row["at"]
    run = row["run"]
    serial = row["serial"]
    bootID = row["bootID"]
    owner = ProcessIdentity(
      processID: row["ownerProcess"], startTicks: UInt64(bitPattern: row["ownerStart"] as Int64),
      hostBootID: row["ownerBoot"])
    evidence = row["evidence"]
    liftedAt = row["liftedAt"]
  }
}
