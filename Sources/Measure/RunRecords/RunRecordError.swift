/// Why a run record cannot be read or written.
package enum RunRecordError: Error, Sendable, Equatable {
  /// The file is not there, or may not be read.
  case unreadable(file: String)
  /// The file ends early; `position` says where.
  case cutOff(file: String, position: String)
  /// The file stops being JSON; `position` says where.
  case notJSON(file: String, position: String)
  /// Valid JSON of another schema or version; nil = the field is absent.
  case schema(file: String, found: String?)
  /// A field is missing, has the wrong type, or a value that cannot be.
  case field(file: String, field: String, problem: String)
}

extension RunRecordError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let file):
      "\(file): cannot be read: check the path and its permissions"
    case .notJSON(let file, let position):
      "\(file): not valid JSON (\(position)). Write the record anew."
    case .cutOff(let file, let position):
      "\(file): is cut off (\(position)). Copy it again."
    case .schema(let file, let found?):
      "\(file): field schema: is \"\(found)\", this version reads \"\(RunRecord.currentSchema)\"."
        + " Read it with the version of latgate that wrote it."
    case .schema(let file, nil):
      "\(file): field schema: missing, so this is no run record (\"\(RunRecord.currentSchema)\")."
    case .field(let file, let field, let problem):
      "\(file): field \(field): \(problem)"
    }
  }
}
