import Foundation
import Testing

/// Functions of a program that counts its own calls.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct UserFunctionTests {
  /// `work` answers by what it is given, and `deep` calls itself: N calls of each from outside.
  private static let source = """
    #include <stdlib.h>
    __attribute__((noinline)) int work(int n)
    {
    	__asm__ volatile("" ::: "memory");
    	return n & 1 ? -n : n;
    }
    __attribute__((noinline)) int deep(int n)
    {
    	__asm__ volatile("" ::: "memory");
    	return n ? deep(n - 1) + 1 : 0;
    }
    #ifdef UPDATED
    __attribute__((noinline, section(".text.first"))) int other(int n) { return n * 3; }
    #endif
    int main(int argc, char **argv)
    {
    	int sum = 0;

    	for (int i = 0; i < atoi(argv[1]); i++)
    		sum += work(i & 3) + deep(5);
    	return sum == 12345678;
    }
    """

  private static func build(_ path: String, _ flags: String...) async throws {
    let source = "\(path).c"
    try Self.source.write(toFile: source, atomically: true, encoding: .utf8)
    let built = try await Call(
      "/usr/bin/cc",
      ["-O1", "-fno-optimize-sibling-calls", "-Wl,--build-id", source, "-o", path] + flags,
      environment: [:]
    ).end(within: .seconds(60))
    try #require(built.exitCode == 0, "\(built.errors)")
  }

  private static func suite(_ probes: String) -> String {
    """
    suite: functions
    device: local
    workload: functions
    probes: [\(probes)]
    iterations: 1
    settle:
      {limit: 60s, quiet: 100ms, uptime_min: 0s, cpu_pressure_max: 100%, cpu_busy_max: 100%}
    overhead: {iterations: 0}

    """
  }

  private static func workload(_ app: String) -> String {
    """
    workload: functions
    warmup: 0
    phases:
      - phase: calls
        preroll: 20ms
        steps:
          - run: \(app) 400

    """
  }

  @Test("calls of a program's functions are counted as it makes them, by both ways to see returns")
  func counts() async throws {
    let bench = try await MeasureBench()
    bench.load.signal(SIGKILL)
    let app = "\(bench.path)/app"
    try await Self.build(app)

    for (name, line, returns) in [
      ("work", "\(app):work label arg0,ret", "auto"),
      ("sites", "uprobe:\(app):work label arg0,ret", "ret-sites"),
      ("deep", "\(app):deep label arg0", "ret-sites"),
      ("results", "hist \(app):work.ret by comm where ret >= 0", "auto"),
    ] {
      let saved = try await bench.latgate(
        "measure", line, "--returns", returns, "--save", name, "--for", "10ms")
      #expect(saved.errors.contains("saved: "), "\(saved.errors)")
    }
    try bench.share.write(
      Self.suite("work, sites, deep, results"), to: "targets/suites/functions.yaml")
    try bench.share.write(Self.workload(app), to: "targets/workloads/functions.yaml")

    try await Self.requireCounts(bench, "first")
    // An update moves the functions, and is followed.
    try await Self.build(app, "-DUPDATED", "-fno-pie", "-no-pie")
    try await Self.requireCounts(bench, "updated")

    let stripped = try await Call("/usr/bin/strip", [app], environment: [:])
      .end(within: .seconds(20))
    try #require(stripped.exitCode == 0)
    let bare = try await bench.latgate("measure", "\(app):work")
    #expect(
      bare.exitCode == 64
        && bare.errors == """
          error: \(app) is stripped: it names no function
            | \(app):work
            | \(String(repeating: " ", count: app.count + 1))^^^^
            try: install an unstripped build of it

          """,
      "\(bare.errors)")
    let absent = try await bench.latgate("measure", "--uprobe", "\(bench.path)/apq:work")
    #expect(
      absent.exitCode == 64 && absent.errors.contains("did you mean '\(app)'?"), "\(absent.errors)")
    _ = try await bench.load.end(within: .seconds(20))
  }

  private static func requireCounts(
    _ bench: borrowing MeasureBench, _ directory: String
  ) async throws {
    let output = "\(bench.path)/\(directory)"
    let run = try await bench.latgate("run", "functions", "--output", output)
    try #require(run.exitCode == 0, "\(run.errors)\(run.output)")
    let record = try Record.only(in: output)
    #expect(record.probes.flatMap(\.hooks).allSatisfy { $0.rung == "uprobe" })
    for probe in ["work", "sites"] {
      for (argument, result) in [("0", "0"), ("1", "-1"), ("2", "2"), ("3", "-3")] {
        #expect(
          record.count("\(probe).latency", ["arg0": argument, "ret": result], in: "calls") == 100)
      }
    }
    // Each call is tied to its own return, however deep it is.
    for depth in 0...5 {
      #expect(record.count("deep.latency", ["arg0": "\(depth)"], in: "calls") == 400)
    }
    #expect(record.count("results.value", ["comm": "app"], in: "calls") == 200)
    for loss in record.phases.flatMap(\.losses) where loss.metric.hasSuffix("latency") {
      #expect(loss.started == loss.recorded && loss.overwritten == 0, "\(loss)")
    }
  }
}
