import Foundation
import Testing

/// Where a program spends its time: sampled, named, written for others. On this machine.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct ProfileTests {
  #if arch(arm64)
    private static let abi = "arm64"
  #else
    private static let abi = "x86_64"
  #endif

  private struct Named: Decodable {
    struct Symbols: Decodable {
      struct File: Decodable {
        var buildID: String
        var path: String?
      }

      var kernel: [String: String]
      var files: [File]
      var notes: [String]
    }

    var symbols: Symbols?
  }

  /// The weight of folded lines that begin so.
  private func weight(_ folded: String, _ start: String) -> Int {
    folded.split(separator: "\n").filter { $0.hasPrefix(start) }
      .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
  }

  @Test func aBusyProgramIsSeenOnTheCPUAndASleepingOneOffIt() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let tool = Tool()
    let built = try await tool.run(
      "build", "--abi", Self.abi, "--probe", "profile", "--probe", "offprofile", "--quiet",
      within: .seconds(180))
    try #require(built.exitCode == 0, "\(built.errors)")
    let line = built.output.split(separator: "\n").first { $0.contains(": load helper ") }
    let helper = try #require(line?.split(separator: " ").last).description
    func start(_ program: String, as name: String, _ arguments: [String]) throws -> Call {
      try FileManager.default.copyItem(atPath: program, toPath: "\(path)/\(name)")
      return try Call("\(path)/\(name)", arguments, environment: [:])
    }
    // The load helper has no build-id, and Debian's programs have one.
    let spinner = try start("/usr/bin/sha256sum", as: "lg-spinner", ["/dev/zero"])
    let sleeper = try start(helper, as: "lg-sleeper", ["pingpong", "--ops", "1000000000"])
    let made = try await tool.run(
      "run", "--probe", "profile", "--probe", "offprofile", "--for", "1s", "--output",
      "\(path)/run", "--format", "folded", "--report", "html=\(path)/run.html",
      within: .seconds(180))
    for call in [spinner, sleeper] {
      call.signal(SIGKILL)
      _ = try await call.end(within: .seconds(20))
    }
    try #require(made.exitCode == 0, "\(made.errors)\(made.output)")
    // Both probes have lines; only the sampled one has those without a cause.
    #expect(weight(made.output, "lg-spinner, user;") > 0, "\(made.errors)")
    #expect(weight(made.output, "lg-sleeper, sleep, user;") > 0)
    #expect(weight(made.output, "lg-spinner, sleep, user;") == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(path)/run")
      .filter { $0.hasSuffix(".json") }
    let name = try #require(names.first)
    let record = try JSONDecoder().decode(
      Named.self, from: Data(contentsOf: URL(fileURLWithPath: "\(path)/run/\(name)")))
    let symbols = try #require(record.symbols)
    #expect(
      symbols.kernel.values.contains {
        $0.hasPrefix("__schedule+0x") || $0.hasPrefix("schedule+0x")
      },
      "\(symbols.notes)")
    #expect(symbols.files.contains { $0.path?.hasPrefix(path) == true }, "\(symbols.notes)")
    let html = try String(contentsOfFile: "\(path)/run.html", encoding: .utf8)
    #expect(html.ranges(of: "<svg class=\"flame\"").count == 2)

    for format in ["folded", "speedscope", "pprof"] {
      let exported = try await tool.run(
        "export", "\(path)/run", "--as", format, "--output", "\(path)/out.\(format)")
      #expect(exported.exitCode == 0, "\(exported.errors)")
      let file = try Data(contentsOf: URL(fileURLWithPath: "\(path)/out.\(format)"))
      #expect(file.range(of: Data("lg-spinner, user".utf8)) != nil)
    }
  }
}
