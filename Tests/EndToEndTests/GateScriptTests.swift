import Foundation
import Testing

/// `ci/gate` as a pipeline calls it.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct GateScriptTests {
  private func gate(
    _ arguments: [String], in directory: String, tool: String, _ more: [String: String] = [:]
  ) async throws -> Call.Result {
    let environment = [
      "LATGATE": tool, "LATGATE_GATE_OUT": "\(directory)/out",
      "LATGATE_STORE": "\(directory)/store",
      "LATGATE_SHARE": Tool.repository, "NO_COLOR": "1",
    ].merging(more) { $1 }
    return try await Call("\(Tool.repository)/ci/gate", arguments, environment: environment)
      .end(within: .seconds(60))
  }

  private static let real = "\(Tool.repository)/.build/debug/latgate"

  @Test func withoutAVerdictNoTabStaysGreen() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let out = "\(path)/out"
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    try "of the job before".write(toFile: "\(out)/report.html", atomically: true, encoding: .utf8)
    let made = try await gate(
      ["nothing<here>"], in: path, tool: Self.real,
      ["GITHUB_STEP_SUMMARY": "\(path)/step.md"])
    #expect(made.exitCode == 64, "\(made.errors)")
    let xml = try String(contentsOfFile: "\(out)/latgate.xml", encoding: .utf8)
    #expect(xml.contains("errors=\"1\""))
    #expect(xml.contains("nothing&lt;here&gt;"))
    let step = try String(contentsOfFile: "\(path)/step.md", encoding: .utf8)
    #expect(step.contains("no verdict on nothing<here> (exit code 64)"))
    #expect(!FileManager.default.fileExists(atPath: "\(out)/report.html"))
  }

  /// A tool that notes how it is called and ends with the given exit code.
  @Test(arguments: [(0, "weak", false), (1, "stored", true), (2, "stored", true)])
  func aBaselineJudgesOnceItHasBuilds(code: Int32, evidence: String, isUsed: Bool) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = "\(path)/latgate"
    try """
    #!/bin/sh
    echo "$@" >> '\(path)/calls'
    case $1 in
      baseline) echo 'nightly  demo  virtual  last 16  9  27  \(evidence)' ;;
      check)
        for word; do case $word in junit=*) echo '<testsuites/>' > "${word#junit=}" ;; esac; done
        echo 'error: nothing' >&2
        exit \(code) ;;
    esac
    """.write(toFile: tool, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tool)
    let made = try await gate(
      ["demo", "--candidate", "new build"], in: path, tool: tool,
      ["LATGATE_GATE_BASELINE": "nightly", "LATGATE_GATE_KEEP": "30d"])
    #expect(made.exitCode == code)
    let calls = try String(contentsOfFile: "\(path)/calls", encoding: .utf8).split(separator: "\n")
    let check = try #require(calls.first { $0.hasPrefix("check ") })
    let baseline = isUsed ? " --baseline nightly" : ""
    #expect(check.contains("check demo\(baseline) --candidate new build"))
    #expect(calls.last == "gc --older-than 30d --results \(path)/out --delete --quiet")
    #expect(!calls.contains { $0.hasPrefix("baseline roll") })
    let xml = try String(contentsOfFile: "\(path)/out/latgate.xml", encoding: .utf8)
    #expect(xml == "<testsuites/>\n")
  }

  /// `ci/campaign-gate`: what is judged of a part of the reports moves no roll-out.
  @Test(arguments: [(70, 3, 69), (0, 2, 2), (141, 64, 64)] as [(Int32, Int32, Int32)])
  func aRollOutStaysWhereReportsAreMissing(export: Int32, judge: Int32, code: Int32) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    func program(_ name: String, endingWith code: Int32) throws -> String {
      let file = "\(path)/\(name)"
      try "#!/bin/sh\nexit \(code)\n".write(toFile: file, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
      return file
    }
    let environment = [
      "LATGATE": try program("latgate", endingWith: judge),
      "COLLECTOR": try program("latgate-collector", endingWith: export),
      "COLLECTOR_DATA": path, "MANAGER": "http://127.0.0.1:1", "MANAGER_AUTH": "/dev/null",
      "ROLLOUT": "17",
    ]
    let made = try await Call(
      "\(Tool.repository)/ci/campaign-gate", ["hawkbit", "disk-1"], environment: environment
    ).end(within: .seconds(60))
    #expect(made.exitCode == code, "\(made.errors)")
    #expect(made.errors.contains("could not be exported") == (code == 69))
  }
}
