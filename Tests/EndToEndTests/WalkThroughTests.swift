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
    let directory = "\(configuration)/latgate/bpf"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try Data(manifest().utf8).write(to: URL(fileURLWithPath: "\(directory)/timers.yaml"))
    return "\(directory)/timers.yaml"
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

  /// Results of the other kinds, of the same events as the page's metric.
  private static let more = """
      - metric: timers.entries
        kind: counter
        help: softirqs that run timers, and the sum of their numbers
        unit: "{softirqs}"
        at: [{event: irq/softirq_entry, fields: {vec: arg0}}]
        where: {vec: [1, 8]}
        sum: vec
        key: [{field: vec, size: 4}]
      - metric: timers.vector
        help: their numbers
        unit: "1"
        at: [{event: irq/softirq_entry, fields: {vec: arg0}, labels: {all: 0}}]
        where: {vec: [1, 8]}
        value: vec
        key: [{field: all, size: 4}]
      - metric: timers.each
        kind: events
        help: each of them
        unit: "{softirqs}"
        at: [{event: irq/softirq_entry, fields: {vec: arg0}}]
        where: {vec: [1, 8]}
        columns: [{name: vec}, {name: cpu}]
        keep: 4096

    """

  @Test func bothTiersCountTheSameInTheSameWindow() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let file = try WalkThrough.place(in: path)
    let text = try WalkThrough.manifest() + Self.more
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    let tool = Tool(configuration: path)
    let valid = try await tool.run("validate", file)
    #expect(valid.exitCode == 0, "\(valid.errors)")
    let source = try await tool.run("probes", "--source", "timers")
    #expect(source.exitCode == 0 && source.output.contains("on_softirq_entry"), "\(source.errors)")
    let built = try await tool.run(
      "build", "--abi", try abi, "--probe", "timers", within: .seconds(300))
    try #require(built.exitCode == 0, "\(built.errors)")

    let manifest = try ProbeManifest.parse(text, file: file)
    let metrics = manifest.metrics
    #expect(metrics.count == 4)
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
        metrics: metrics.map { metric in
          AgentMetric(
            id: 1 + UInt32(metric.counters), kind: metric.kind.number, map: metric.map,
            countersIndex: UInt32(metric.counters))
        }))
    let hooks = try await agent.loadTrace(
      AgentTraceProbe(
        name: "timers",
        metrics: try metrics.map { metric in
          .init(
            id: 11 + UInt32(metric.counters),
            source: .spans(try #require(SpanDeclaration(metric)).bytes))
        }))
    #expect(hooks.map(\.hook) == ["softirq_entry", "softirq_exit"])
    #expect(hooks.allSatisfy { $0.rung == "ftrace" })
    try await agent.attach()
    // Sleeps of many lengths; a window that something else disturbed says so. So few that a busy machine
    // is done with them before there are more softirqs than rows are kept.
    let work = "for n in $(seq 100); do sleep 0.00$((n % 9 + 1)); done"
    let made = try await agent.run(
      AgentPhase(
        number: 1, preRoll: .milliseconds(50), drain: .seconds(2),
        steps: [.run(argv: ["sh", "-c", work], timeout: .seconds(120))]))
    try await agent.bye()
    #expect(made.window.traceFault == nil)

    func count(_ id: UInt32) -> UInt64 {
      made.histograms.filter { $0.metricID == id }.reduce(0) { $0 + $1.count }
    }
    for id in [1, 11] as [UInt32] {
      let counters = try #require(made.counters.first { $0.metricID == id })
      #expect(counters.mapFull == 0 && counters.overwritten == 0, "\(counters)")
      #expect(counters.recorded == count(id))
    }
    // How many timers expire in softirqs is the kernel's choice: ticks alone give some.
    #expect(count(1) > 0)
    // At the window's two edges each CPU may be inside a handler for one of them.
    func expectNear(_ one: UInt64, _ other: UInt64, _ what: String) {
      let apart = one > other ? one - other : other - one
      #expect(
        apart <= 2 * UInt64(ProcessInfo.processInfo.processorCount), "\(what): \(one) \(other)")
    }
    expectNear(count(1), count(11), "durations")
    func counted(_ id: UInt32) -> [AgentCount] { made.counts.filter { $0.metricID == id } }
    func rows(_ id: UInt32) -> [[UInt8]] { made.rows.filter { $0.metricID == id }.flatMap(\.rows) }
    expectNear(count(3), count(13), "values")
    for first in [0, 10] as [UInt32] {
      // A single event of one program is all that it makes of it.
      let total = counted(first + 2).reduce(0) { $0 + $1.count }
      let histograms = made.histograms.filter { $0.metricID == first + 3 }
      #expect(total > 0 && histograms.map(\.count) == [total])
      #expect(histograms.map(\.sum) == [counted(first + 2).reduce(0) { $0 + $1.sum }])
      let each = rows(first + 4)
      #expect(each.count == Int(total) && each.allSatisfy { $0.count == 24 })
      for count in counted(first + 2) {
        #expect(each.count { Array($0[8..<12]) == count.key } == Int(count.count))
      }
    }
  }
}
