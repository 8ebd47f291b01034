/// One way to write one kind of result. A new format is a conformance and a place in the result's
/// ``Reportable/formats``.
package protocol ReportFormat<Report>: Sendable {
  associatedtype Report: Sendable

  /// What users type: one lower-case word.
  var name: String { get }
  /// Who reads it or what it is, in a few words for help texts.
  var summary: String { get }

  /// The whole document, which ends in a newline. `layout` is a terminal's; documents of a fixed
  /// form pay no heed to it.
  /// - Throws: what encoders throw.
  func document(_ report: Report, _ layout: ReportLayout) throws -> String
}

/// What a text for people depends on beside its result.
package struct ReportLayout: Sendable, Equatable {
  /// Columns.
  package var width: Int
  package var style: TextStyle
  /// Also what says nothing new.
  package var showsAll: Bool

  package init(width: Int, style: TextStyle = .plain, showsAll: Bool = false) {
    self.width = width
    self.style = style
    self.showsAll = showsAll
  }

  /// For files and logs: nothing is coloured, broken or shortened.
  package static let file = ReportLayout(width: 1 << 16)
}

/// A result that commands print.
package protocol Reportable: Sendable {
  /// At least one, the usual one first; names differ.
  static var formats: [any ReportFormat<Self>] { get }
}

extension Reportable {
  /// The format of a name; nil where this kind of result has none such.
  package static func format(named name: String) -> (any ReportFormat<Self>)? {
    formats.first { $0.name == name }
  }
}
