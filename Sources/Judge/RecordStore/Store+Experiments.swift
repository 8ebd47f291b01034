import Foundation
import GRDB
import RegressionAnalysis

/// What an experiment said.
package struct StoredExperiment: Sendable, Equatable {
  /// What an experiment was made for.
  package enum Kind: String, Sendable, Codable, CaseIterable {
    /// A candidate against a reference.
    case gate
    /// A firmware against itself.
    case calibration
  }

  package var id: String
  package var kind: Kind
  package var at: Date
  package var bench: BenchIdentity
  /// Build ids; the reference is empty where it was a baseline of several.
  package var reference: String
  package var candidate: String
  /// `pass`, `regression`, `inconclusive` or `failed`; ``waived`` for a pass that a waiver made.
  package var outcome: String
  /// `firmware` or `rack`; nil after a pass.
  package var owner: String?
  /// JSON of the verdict.
  package var verdict: Data

  /// The outcome of a firmware that has a regression, but a known one.
  package static let waived = "waived"

  package init(
    id: String, kind: Kind, at: Date, bench: BenchIdentity, reference: String, candidate: String,
    outcome: String, owner: String?, verdict: Data
  ) {
    self.id = id
    self.kind = kind
    self.at = at
    self.bench = bench
    self.reference = reference
    self.candidate = candidate
    self.outcome = outcome
    self.owner = owner
    self.verdict = verdict
  }
}

extension StoredExperiment: FetchableRecord {
  package init(row: Row) throws {
    let word: String = row["kind"]
    guard let kind = Kind(rawValue: word) else {
      throw DatabaseError(
        resultCode: .SQLITE_CORRUPT,
        message: "experiment \(row["id"] as String) is of unknown kind '\(word)'")
    }
    self.init(
      id: row["id"], kind: kind, at: row["at"],
      bench: BenchIdentity(target: row["target"], device: row["device"], suite: row["suite"]),
      reference: row["reference"], candidate: row["candidate"], outcome: row["outcome"],
      owner: row["owner"], verdict: row["verdict"])
  }
}

extension Store {
  static let experiments = Migration(name: "experiments") { database in
    try database.create(table: "experiment") { table in
      table.column("id", .text).primaryKey()
      table.column("kind", .text).notNull()
      table.column("at", .datetime).notNull()
      for name in ["target", "device", "suite", "reference", "candidate", "outcome"] {
        table.column(name, .text).notNull()
      }
      table.column("owner", .text)
      table.column("verdict", .blob).notNull()
    }
    try database.create(
      index: "experimentByBench", on: "experiment", columns: ["suite", "target", "candidate"])
  }

  /// Keeps what an experiment said; a later verdict on the same runs takes its place.
  package func add(_ experiment: StoredExperiment) throws(StoreError) {
    try write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO experiment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          experiment.id, experiment.kind.rawValue, experiment.at, experiment.bench.target,
          experiment.bench.device, experiment.bench.suite, experiment.reference,
          experiment.candidate, experiment.outcome, experiment.owner, experiment.verdict,
        ])
    }
  }

  /// Experiments of a suite on a target, oldest first; nil = of all.
  package func experiments(
    suite: String? = nil, target: String? = nil
  ) throws(StoreError) -> [StoredExperiment] {
    try read { database in
      try StoredExperiment.fetchAll(
        database,
        sql: """
          SELECT * FROM experiment WHERE suite = coalesce(?, suite) AND target = coalesce(?, target)
          ORDER BY at, id
          """, arguments: [suite, target])
    }
  }
}
