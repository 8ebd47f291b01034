import Foundation

/// A headless Chromium, by `Tests/pages/browser.py`.
package enum Browser {
  /// One page at one size of the window.
  package struct Visit: Decodable, Sendable {
    package var page: String
    package var width: Int
    /// Where the page's header ends, in px from its top; nil where it has none.
    package var header: Int?
    /// Lines on the console, requests for anything but the page, and what does not fit.
    package var problems: [String]
  }

  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../pages/browser.py").standardized.path

  /// For `.enabled(if:)`.
  package static let isInstalled: Bool = {
    let environment = ProcessInfo.processInfo.environment
    if environment["LATGATE_BROWSER"] != nil { return true }
    let directories = (environment["PATH"] ?? "").split(separator: ":")
    return ["chromium-headless-shell", "chromium"].contains { program in
      directories.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }
  }()

  /// Opens pages, which are given as name and HTML, at the usual sizes.
  /// - Throws: ``ForeignReader/Refusal`` where the browser does not work.
  package static func visits(to pages: [(name: String, html: String)]) throws -> [Visit] {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("latgate-pages-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    var words = [script]
    if let place = ProcessInfo.processInfo.environment["LATGATE_SCREENSHOTS"] {
      words += ["--screenshots", place]
    }
    for page in pages {
      let file = directory.appendingPathComponent("\(page.name).html")
      try page.html.write(to: file, atomically: true, encoding: .utf8)
      words.append(file.path)
    }
    let argv = words.map { "\"\($0)\"" }.joined(separator: ", ")
    // Problems are for the test to judge, so a code of 1 is an answer too.
    let output = try ForeignReader.run(
      """
      import subprocess, sys
      done = subprocess.run([sys.executable, \(argv)], capture_output=True, text=True)
      if done.returncode > 1 or done.returncode < 0 or "Traceback" in done.stderr:
          sys.exit(done.stderr)
      print(done.stdout, end="")
      """, input: "")
    return try output.split(separator: "\n").map {
      try JSONDecoder().decode(Visit.self, from: Data($0.utf8))
    }
  }
}
