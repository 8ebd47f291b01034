import Foundation
import GRDB

extension Store {
  static let trustMarks = Migration(name: "trust marks") { database in
    try database.create(table: "trustMark") { table in
      for name in ["model", "build", "kernelBuildID", "probe", "content"] {
        table.column(name, .text).notNull()
      }
      table.column("at", .datetime).notNull()
      table.column("run", .text).notNull()
      table.primaryKey(["model", "build", "kernelBuildID", "probe", "content"])
    }
  }

  /// Notes that a subject was loaded and attached, and the device survived.
  package func trust(_ subject: LoadSubject, run: String, at: Date) throws(StoreError) {
    try write { database in
      try database.execute(
        sql: "INSERT OR IGNORE INTO trustMark VALUES (?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          subject.model, subject.build, subject.kernelBuildID, subject.probe, subject.content, at,
          run,
        ])
    }
  }

  /// Whether a subject survived before.
  package func trusts(_ subject: LoadSubject) throws(StoreError) -> Bool {
    try read { database in
      try Int.fetchOne(
        database,
        sql: """
          SELECT 1 FROM trustMark
          WHERE model = ? AND build = ? AND kernelBuildID = ? AND probe = ? AND content = ?
          """, arguments: arguments(subject)) != nil
    }
  }

  static func distrust(_ subject: LoadSubject, _ database: Database) throws {
    try database.execute(
      sql: """
        DELETE FROM trustMark
        WHERE model = ? AND build = ? AND kernelBuildID = ? AND probe = ? AND content = ?
        """, arguments: arguments(subject))
  }
}

/// The values of a subject in the order of its columns.
func arguments(_ subject: LoadSubject) -> StatementArguments {
  [subject.model, subject.build, subject.kernelBuildID, subject.probe, subject.content]
}
