import Foundation
import Testing

@testable import Reporting

/// Somebody else's reader of a format: a Python module that Debian or PyPI packages.
enum ForeignReader {
  /// What `ci/setup` made, else Debian's own: another Python in the path has none of them.
  private static let python: String = {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "")/.cache"
    let made = (environment["LATGATE_READERS"] ?? "\(cache)/latgate/readers") + "/bin/python3"
    return [made, "/usr/bin/python3"].first(where: FileManager.default.isExecutableFile)
      ?? "python3"
  }()

  /// Whether a module can be imported, for `.enabled(if:)`.
  static func has(_ module: String) -> Bool {
    (try? run("import \(module)", input: "")) != nil
  }

  /// Runs a program with `input` as its standard input; what it prints.
  /// - Throws: ``Refusal`` with the program's own words unless it ends with 0.
  static func run(_ program: String, input: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "-c", program]
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("latgate-reader-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // Files rather than pipes: neither side can wait for the other.
    let file = folder.appendingPathComponent("input")
    try Data(input.utf8).write(to: file)
    let output = folder.appendingPathComponent("output")
    try Data().write(to: output)
    let errors = folder.appendingPathComponent("errors")
    try Data().write(to: errors)
    process.standardInput = try FileHandle(forReadingFrom: file)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Refusal(text: (try? String(contentsOf: errors, encoding: .utf8)) ?? "")
    }
    return try String(contentsOf: output, encoding: .utf8)
  }

  struct Refusal: Error, CustomStringConvertible {
    var text: String

    var description: String { text }
  }
}

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
