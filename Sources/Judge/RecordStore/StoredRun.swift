import Foundation
import GRDB
import RegressionAnalysis

/// What the store's index knows of a run.
package struct StoredRun: Sendable, Equatable {
  /// SHA-256 of the record's bytes, hex.
  package var hash: String
  /// The record's own id.
  package var id: String
  package var created: Date
  package var bench: BenchIdentity
  package var serial: String
  /// Build id and name of the firmware.
  package var build: String
  package var firmware: String
  /// Nil for a run outside any experiment.
  package var experiment: String?
  /// `reference` or `candidate`.
  package var arm: String?
  /// Bytes of the record.
  package var size: Int
  /// Bytes that it takes in the store: the record's, and about those of its levels.
  package var room: Int
  /// False when the whole run must not be judged.
  package var isValid: Bool
}

extension StoredRun: FetchableRecord {
  /// The columns of ``init(row:)``: all but the record itself.
  static let columns = """
    hash, id, created, target, device, suite, serial, build, firmware, experiment, arm, isValid,
    length(record) AS size, (SELECT count FROM levelRun WHERE run = run.hash) AS levels
    """

  /// Of a level with its place in both indexes: 35, as measured with 180,000 of them.
  private static let levelBytes = 35

  package init(row: Row) throws {
    hash = row["hash"]
    id = row["id"]
    created = row["created"]
    bench = BenchIdentity(target: row["target"], device: row["device"], suite: row["suite"])
    serial = row["serial"]
    build = row["build"]
    firmware = row["firmware"]
    experiment = row["experiment"]
    arm = row["arm"]
    size = row["size"]
    room = row["size"] + Self.levelBytes * (row["levels"] as Int? ?? 0)
    isValid = row["isValid"]
  }
}

/// A firmware build of which runs are stored.
package struct StoredBuild: Sendable, Equatable {
  package var id: String
  /// What it was called when it was first measured.
  package var name: String
  /// When it was first measured; builds are in this order.
  package var first: Date
  /// Those that may be judged.
  package var runs: Int

  package init(id: String, name: String, first: Date, runs: Int) {
    self.id = id
    self.name = name
    self.first = first
    self.runs = runs
  }
}

extension StoredBuild: FetchableRecord {
  package init(row: Row) throws {
    self.init(id: row["build"], name: row["firmware"], first: row["first"], runs: row["runs"])
  }
}

/// Which runs are meant; nil = all.
package struct RunFilter: Sendable, Equatable {
  package var suite: String?
  package var target: String?
  /// Id or name of a firmware.
  package var build: String?
  package var experiment: String?

  package init(
    suite: String? = nil, target: String? = nil, build: String? = nil, experiment: String? = nil
  ) {
    self.suite = suite
    self.target = target
    self.build = build
    self.experiment = experiment
  }

  /// A condition and its arguments.
  var sql: (condition: String, arguments: StatementArguments) {
    var parts = ["1"]
    var arguments = StatementArguments()
    for (column, value) in [
      ("suite", suite), ("target", target), ("experiment", experiment),
    ] {
      guard let value else { continue }
      parts.append("\(column) = ?")
      arguments += [value]
    }
    if let build {
      parts.append("(build = ? OR firmware = ?)")
      arguments += [build, build]
    }
    return (parts.joined(separator: " AND "), arguments)
  }
}
