/// One thing wrong in one catalogue file, with its place and its remedy.
package struct CatalogProblem: Sendable, Equatable {
  /// Path of the file as given to the parser or found by the loader.
  package var file: String
  /// 1-based; nil when the problem is of the file as a whole.
  package var line: Int?
  /// 1-based, in Unicode scalars; nil when `line` is.
  package var column: Int?
  /// Path of the field from the document's root, such as `metrics[0].key[1].size`;
  /// empty for the document itself.
  package var field: String
  /// What is wrong, without a full stop.
  package var message: String
  /// What to do about it, without a full stop.
  package var remedy: String

  package init(
    file: String, line: Int? = nil, column: Int? = nil, field: String = "", message: String,
    remedy: String
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.field = field
    self.message = message
    self.remedy = remedy
  }

  /// `file:line:column`, as compilers write it.
  package var location: String {
    [file, line.map(String.init), column.map(String.init)].compactMap(\.self)
      .joined(separator: ":")
  }
}

extension CatalogProblem: CustomStringConvertible {
  package var description: String {
    let place = field.isEmpty ? "" : "\(field): "
    return "\(location): \(place)\(message) (\(remedy))"
  }
}

/// Catalogue files that cannot be used; the CLI exits with 65.
package struct CatalogError: Error, Sendable, Equatable {
  /// Never empty; ordered by file, then line.
  package var problems: [CatalogProblem]

  package init(_ problems: [CatalogProblem]) {
    self.problems = problems.sorted {
      ($0.file, $0.line ?? 0, $0.column ?? 0) < ($1.file, $1.line ?? 0, $1.column ?? 0)
    }
  }

  /// `EX_DATAERR` of sysexits(3).
  package var exitCode: Int32 { 65 }
}

extension CatalogError: CustomStringConvertible {
  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
