import Foundation
import GRDB
import RegressionAnalysis

/// A verdict as it takes room.
package struct StoredVerdict: Sendable, Equatable {
  /// Of its experiment.
  package var id: String
  package var at: Date
  package var bytes: Int
}

extension Store {
  /// Verdicts on builds of which no run is kept, oldest first: nothing is judged by them any more.
  /// - Parameters:
  ///   - date: only those said before.
  ///   - builds: ids of the builds whose runs are kept.
  /// - Returns: them.
  /// - Throws: ``StoreError``.
  package func verdicts(
    before date: Date, withoutRuns builds: Set<String>
  ) throws(StoreError) -> [StoredVerdict] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT id, at, candidate, LENGTH(verdict) AS bytes FROM experiment
          WHERE kind = ? AND at < ? ORDER BY at, id
          """, arguments: [StoredExperiment.Kind.gate.rawValue, date]
      ).compactMap { row in
        builds.contains(row["candidate"])
          ? nil : StoredVerdict(id: row["id"], at: row["at"], bytes: row["bytes"])
      }
    }
  }

  /// The builds that runs or verdicts are stored of, over all suites and devices.
  package func judgedBuilds() throws(StoreError) -> [StoredBuild] {
    try read { database in
      try StoredBuild.fetchAll(
        database,
        sql: """
          SELECT build, firmware, MIN(created) AS first, SUM(isValid) AS runs FROM run GROUP BY build
          UNION ALL
          SELECT candidate, candidate, MIN(at), 0 FROM experiment
          WHERE kind = ? AND candidate NOT IN (SELECT build FROM run) GROUP BY candidate
          ORDER BY first
          """, arguments: [StoredExperiment.Kind.gate.rawValue])
    }
  }

  /// The last verdict on a build, by its id, of each suite on each device.
  package func lastVerdicts(on build: String) throws(StoreError) -> [StoredExperiment] {
    let all = try read { database in
      try StoredExperiment.fetchAll(
        database, sql: "SELECT * FROM experiment WHERE kind = ? AND candidate = ? ORDER BY at, id",
        arguments: [StoredExperiment.Kind.gate.rawValue, build])
    }
    let last = Dictionary(all.map { ($0.bench, $0) }) { _, later in later }
    return last.values.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
  }

  /// Forgets experiments, all or none.
  package func removeVerdicts(_ ids: [String]) throws(StoreError) {
    try write { database in
      for id in ids {
        try database.execute(sql: "DELETE FROM experiment WHERE id = ?", arguments: [id])
      }
    }
  }
}
