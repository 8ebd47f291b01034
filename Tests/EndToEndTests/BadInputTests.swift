import Foundation
import Testing

/// One clear error each, and the documented exit code. No device is needed.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct BadInputTests {
  /// A copy of the catalogue that a test may damage.
  private func damagedShare(in folder: String, _ damage: (String) throws -> Void) throws -> Tool {
    for part in ["bpf", "targets", "Sources"] {
      try FileManager.default.copyItem(
        atPath: "\(Tool.repository)/\(part)", toPath: "\(folder)/\(part)")
    }
    try damage(folder)
    return Tool(share: folder)
  }

  @Test func brokenYAMLNamesFileAndLine() async throws {
    let folder = try TemporaryFolder()
    let tool = try damagedShare(in: folder.path) { share in
      try "suite: broken\nprobes: [runqueue\n"
        .write(toFile: "\(share)/targets/suites/broken.yaml", atomically: true, encoding: .utf8)
    }
    let made = try await tool.run("check", "demo")
    #expect(made.exitCode == 65)
    #expect(made.errors.contains("targets/suites/broken.yaml:"))
    #expect(made.output.isEmpty)
  }

  @Test func unknownKeyIsRefusedWithTheNearestName() async throws {
    let folder = try TemporaryFolder()
    let tool = try damagedShare(in: folder.path) { share in
      let path = "\(share)/targets/suites/smoke.yaml"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try text.replacing("iterations:", with: "iteratons:", maxReplacements: 1)
        .write(toFile: path, atomically: true, encoding: .utf8)
    }
    let made = try await tool.run("run", "smoke")
    #expect(made.exitCode == 65)
    #expect(made.errors.contains("iteratons"))
    #expect(made.errors.contains("iterations"))
  }

  @Test func unknownProbeListsTheKnown() async throws {
    let made = try await Tool().run("build", "--probe", "nope")
    #expect(made.exitCode == 64)
    #expect(made.errors.contains("nope"))
    #expect(made.errors.contains("runqueue"))
  }

  @Test func unknownSuiteListsTheKnown() async throws {
    let made = try await Tool().run("check", "nope")
    #expect(made.exitCode == 64)
    #expect(made.errors.contains("demo"))
  }

  @Test(arguments: ["", "garbage", "{\"schema\": \"latgate.run/1\"", "{}", "[1, 2]"])
  func garbageRecordNamesTheFile(text: String) async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/record.json"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let made = try await Tool().run("compare", "--reference", path, "--candidate", path)
    #expect(made.exitCode == 65)
    #expect(made.errors.contains("record.json"))
  }

  @Test func missingRecordNamesTheFile() async throws {
    let made = try await Tool().run(
      "compare", "--reference", "/nowhere/a.json", "--candidate", "/nowhere/b.json")
    #expect(made.exitCode == 65)
    #expect(made.errors.contains("/nowhere/a.json"))
  }

  @Test func aProbeThatDoesNotCompileShowsTheCompilersWords() async throws {
    let folder = try TemporaryFolder()
    let tool = try damagedShare(in: folder.path) { share in
      let path = "\(share)/bpf/runqueue.bpf.c"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try (text + "\nint broken(\n").write(toFile: path, atomically: true, encoding: .utf8)
    }
    let made = try await tool.run("build", "--abi", "x86_64", "--probe", "runqueue")
    #expect(made.exitCode == 65)
    #expect(made.errors.contains("runqueue.bpf.c:"))
  }

  @Test func anUnreachableDeviceIsUnavailable() async throws {
    let made = try await Tool().run("run", "smoke", "--device", "no-such-serial")
    #expect(made.exitCode == 69)
    #expect(made.errors.contains("no-such-serial"))
  }

  @Test func wrongOptionsAreUsageErrors() async throws {
    #expect(try await Tool().run("check", "--nonsense").exitCode == 64)
    #expect(try await Tool().run("frobnicate").exitCode == 64)
  }
}
