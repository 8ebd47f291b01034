import AgentSession
import Catalogs
import Devices
import Foundation
import ProbePrograms
import Testing

/// The manifest of CONTRIBUTING.md.
enum WalkThrough {
  /// The first block of the page that is a manifest.
  static func manifest() throws -> String {
    let page = try String(
      contentsOfFile: "\(Tool.repository)/CONTRIBUTING.md", encoding: .utf8)
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
    let first = try #require(lines.firstIndex { $0.hasPrefix("    probe: ") })
    return lines[first...].prefix { $0.hasPrefix("    ") }.map { $0.dropFirst(4) + "\n" }.joined()
  }

  /// Writes it where a user's own probes are, below ``Tool/configuration``.
  /// - Returns: its path.
  static func place(in configuration: String) throws -> String {
    let folder = "\(configuration)/latgate/bpf"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(manifest().utf8).write(to: URL(fileURLWithPath: "\(folder)/timers.yaml"))
    return "\(folder)/timers.yaml"
  }
}

/// The probe in one YAML file of CONTRIBUTING.md, taken from the page: what is written there works.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct WalkThroughTests {
  /// What `latgate build` says of a thing: the file that it made.
  private func path(of thing: String, in output: String) throws -> String {
    let line = try #require(
      output.split(separator: "\n").first { $0.contains(": \(thing) ") }, "\(output)")
    return try #require(line.split(separator: ", ").last.map(String.init))
  }

  private var abi: String { get throws { try machine() == "aarch64" ? "arm64" : "x86_64" } }

  private func machine() throws -> String {
    var name = utsname()
    try #require(uname(&name) == 0)
    return withUnsafeBytes(of: name.machine) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  @Test func bothTiersCountTheSameInTheSameWindow() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path
    let file = try WalkThrough.place(in: path)
    let text = try WalkThrough.manifest()
    let tool = Tool(configuration: path)
    let valid = try await tool.run("validate", file)
    #expect(valid.exitCode == 0, "\(valid.errors)")
    let source = try await tool.run("probes", "--source", "timers")
    #expect(source.exitCode == 0 && source.output.contains("on_softirq_entry"), "\(source.errors)")
    let built = try await tool.run(
      "build", "--abi", try abi, "--probe", "timers", within: .seconds(300))
    try #require(built.exitCode == 0, "\(built.errors)")

    let manifest = try ProbeManifest.parse(text, file: file)
    let metric = try #require(manifest.metrics.first)
    let declaration = try #require(SpanDeclaration(metric))
    let object = try Data(
      contentsOf: URL(fileURLWithPath: self.path(of: "probe timers", in: built.output)))
    // Tracefs of its own mount: not every machine has it.
    let agent = try await AgentClient.start(
      on: LocalDevice(),
      command: "unshare -m sh -c 'mount -t tracefs nodev /sys/kernel/tracing 2>/dev/null; "
        + "exec \(try self.path(of: "agent", in: built.output))'", hostVersion: "test")
    _ = try await agent.load(
      AgentProbe(
        name: "timers", object: [UInt8](object),
        metrics: [
          AgentMetric(id: 1, map: metric.map, countersIndex: UInt32(metric.counters))
        ]))
    let hooks = try await agent.loadTrace(
      AgentTraceProbe(name: "timers", metrics: [.init(id: 2, source: .spans(declaration.bytes))]))
    #expect(hooks.map(\.hook) == ["softirq_entry", "softirq_exit"])
    #expect(hooks.allSatisfy { $0.rung == "ftrace" })
    try await agent.attach()
    // Sleeps of many lengths; a window that something else disturbed says so.
    let work = "for n in $(seq 300); do sleep 0.00$((n % 9 + 1)); done"
    let made = try await agent.run(
      AgentPhase(
        number: 1, preRoll: .milliseconds(50), drain: .seconds(2),
        steps: [.run(argv: ["sh", "-c", work], timeout: .seconds(120))]))
    try await agent.bye()
    #expect(made.window.traceFault == nil)

    func count(_ id: UInt32) -> UInt64 {
      made.histograms.filter { $0.metricID == id }.reduce(0) { $0 + $1.count }
    }
    for id in [1, 2] as [UInt32] {
      let counters = try #require(made.counters.first { $0.metricID == id })
      #expect(counters.mapFull == 0 && counters.overwritten == 0, "\(counters)")
      #expect(counters.recorded == count(id))
    }
    // How many timers expire in softirqs is the kernel's choice: ticks alone give some.
    #expect(count(1) > 0)
    // At the window's two edges each CPU may be inside a handler for one of them.
    let apart = count(1) > count(2) ? count(1) - count(2) : count(2) - count(1)
    #expect(apart <= 2 * UInt64(ProcessInfo.processInfo.processorCount), "\(count(1)) \(count(2))")
  }
}
