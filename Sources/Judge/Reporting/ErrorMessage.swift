import Catalogs
import RunRecords

/// What every command says when it cannot continue: what happened, where, what to do.
package struct ErrorMessage: Sendable, Equatable {
  /// What happened, without a full stop.
  package var what: String
  /// File, line, field or device; empty when there is no place.
  package var place: String
  /// What to do, without a full stop; empty when nothing can be done.
  package var remedy: String
  /// Who has to act where the firmware could not be judged: `firmware` or `rack`; empty where it
  /// is neither, as with a wrong command line.
  package var owner = ""
  /// More lines, such as the tail of a log, shown as they are.
  package var details: [String]

  package init(what: String, place: String = "", remedy: String = "", details: [String] = []) {
    self.what = what
    self.place = place
    self.remedy = remedy
    self.details = details
  }

  /// The lines for standard error, each with a newline.
  package func rendered(_ style: TextStyle) -> String {
    var lines = [Emphasis.bad.applied(to: "error:", style) + " " + oneLine(what)]
    if !place.isEmpty {
      lines.append("  " + Emphasis.dim.applied(to: "where:", style) + " " + oneLine(place))
    }
    lines += details.map { "  | " + oneLine($0) }
    if !owner.isEmpty {
      lines.append("  " + Emphasis.dim.applied(to: "owner:", style) + " " + owner)
    }
    if !remedy.isEmpty {
      lines.append("  " + Emphasis.dim.applied(to: "try:", style) + " " + oneLine(remedy))
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Several messages, in order.
  package static func rendered(_ messages: [ErrorMessage], _ style: TextStyle) -> String {
    messages.map { $0.rendered(style) }.joined()
  }
}

extension ErrorMessage {
  package init(_ problem: CatalogProblem) {
    self.init(
      what: problem.message,
      place: problem.location + (problem.field.isEmpty ? "" : ", field \(problem.field)"),
      remedy: problem.remedy)
  }

  package init(_ unknown: UnknownNameError) {
    self.init(what: "there is no \(unknown.kind) '\(unknown.name)'", remedy: unknown.remedy)
  }

  package init(_ error: RunRecordError) {
    switch error {
    case .unreadable(let file):
      self.init(
        what: "the record cannot be read", place: file,
        remedy: "check the path and its permissions")
    case .notJSON(let file, let position):
      self.init(
        what: "not valid JSON: \(position)", place: file,
        remedy: "write the record anew; it was changed or is broken")
    case .cutOff(let file, let position):
      self.init(
        what: "the record is cut off: \(position)", place: file, remedy: "copy the file again")
    case .schema(let file, let found?) where !found.hasPrefix(Self.recordKind):
      self.init(
        what: "the file is a '\(found)', which is no run record", place: "\(file), field schema",
        remedy: "give the directory of a check, its 'runs', or the records themselves")
    case .schema(let file, let found?):
      self.init(
        what: "the record is '\(found)', this version reads '\(RunRecord.currentSchema)'",
        place: "\(file), field schema", remedy: "use the version of latgate that wrote it")
    case .schema(let file, nil):
      self.init(
        what: "not a run record", place: "\(file), field schema",
        remedy: "give a file that 'latgate run' or 'latgate check' wrote")
    case .field(let file, let field, let problem):
      self.init(
        what: problem, place: field.isEmpty ? file : "\(file), field \(field)",
        remedy: "write the record anew; it was changed or is broken")
    }
  }

  /// The schema of run records without its version.
  private static let recordKind = RunRecord.currentSchema.prefix { $0 != "/" } + "/"

  /// One message per problem.
  package static func messages(_ error: CatalogError) -> [ErrorMessage] {
    error.problems.map(ErrorMessage.init)
  }
}
