import Foundation
import GRDB

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

  /// Forgets experiments, all or none.
  package func removeVerdicts(_ ids: [String]) throws(StoreError) {
    try write { database in
      for id in ids {
        try database.execute(sql: "DELETE FROM experiment WHERE id = ?", arguments: [id])
      }
    }
  }
}
