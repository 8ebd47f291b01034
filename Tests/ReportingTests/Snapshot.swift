import Foundation
import Testing

/// Compares text with a file in `Snapshots`, byte for byte.
///
/// With `LATGATE_RECORD=1` in the environment the file is written instead, and the test fails, so
/// that a recording can never pass for a comparison.
func expectSnapshot(
  _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Snapshots").appendingPathComponent(name)
  if ProcessInfo.processInfo.environment["LATGATE_RECORD"] == "1" {
    try Data(text.utf8).write(to: file)
    Issue.record(
      "recorded \(name); run again without LATGATE_RECORD", sourceLocation: sourceLocation)
    return
  }
  guard let expected = try? String(contentsOf: file, encoding: .utf8) else {
    Issue.record(
      "no snapshot \(name); record with LATGATE_RECORD=1", sourceLocation: sourceLocation)
    return
  }
  #expect(text == expected, sourceLocation: sourceLocation)
}

/// The text without its colours.
func withoutColour(_ text: String) -> String {
  text.replacing(/\u{1B}\[[0-9;]*m/, with: "")
}

/// The longest line, in characters.
func longestLine(_ text: String) -> Int {
  text.split(separator: "\n").map(\.count).max() ?? 0
}
