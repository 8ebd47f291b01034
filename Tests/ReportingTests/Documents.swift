import Foundation
import Testing

@testable import Reporting

/// The document that a report makes in a format.
func document(
  _ report: some Reportable, _ format: String, sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
  try report.written(format, sourceLocation)
}

extension Reportable {
  fileprivate func written(_ name: String, _ location: SourceLocation) throws -> String {
    let format = try #require(Self.format(named: name), sourceLocation: location)
    return try format.document(self, .file)
  }
}
