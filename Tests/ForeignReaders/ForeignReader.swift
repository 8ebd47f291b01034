import Foundation

/// Another project's reader of a format: a Python module that Debian or PyPI packages.
package enum ForeignReader {
  /// What `ci/setup` made, else Debian's own: another Python in the path has none of them.
  package static let python: String = {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "")/.cache"
    let made = (environment["LATGATE_READERS"] ?? "\(cache)/latgate/readers") + "/bin/python3"
    return [made, "/usr/bin/python3"].first(where: FileManager.default.isExecutableFile)
      ?? "python3"
  }()

  /// A program beside that Python, such as `prometheus`; nil where it is not installed.
  package static func program(_ name: String) -> String? {
    let path = (python as NSString).deletingLastPathComponent + "/\(name)"
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  /// A file of what `ci/setup` made, such as a schema; nil where it is not there.
  package static func file(_ name: String) -> String? {
    let programs = (python as NSString).deletingLastPathComponent
    let path = "\((programs as NSString).deletingLastPathComponent)/\(name)"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// Whether a module can be imported, for `.enabled(if:)`.
  package static func has(_ module: String) -> Bool {
    (try? run("import \(module)", input: "")) != nil
  }

  /// Runs a program with `input` as its standard input; what it prints.
  /// - Throws: ``Refusal`` with the program's own words unless it ends with 0.
  package static func run(_ program: String, input: String) throws -> String {
    try run(program, input: Array(input.utf8))
  }

  /// The same with bytes as standard input.
  package static func run(_ program: String, input: [UInt8]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "-c", program]
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("latgate-reader-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    // Files rather than pipes: neither side can wait for the other.
    let file = directory.appendingPathComponent("input")
    try Data(input).write(to: file)
    let output = directory.appendingPathComponent("output")
    try Data().write(to: output)
    let errors = directory.appendingPathComponent("errors")
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

  package struct Refusal: Error, CustomStringConvertible {
    package var text: String

    package var description: String { text }
  }
}
