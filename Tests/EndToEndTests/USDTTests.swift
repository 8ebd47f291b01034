import Foundation
import Testing

/// USDT probes of a program whose notes are written by hand.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct USDTTests {
  #if arch(arm64)
    private static let (number, wide) = ("-4@%w0", "8@%1")
  #else
    private static let (number, wide) = ("-4@%0", "8@%1")
  #endif

  /// N times around: `begin` with a number below 0 and above and one of 8 bytes in memory, `end` with a
  /// constant; `twice` at two locations; `guarded` behind its semaphore, which the program counts itself;
  /// `split` at three locations with its argument in a register, in memory, and as a constant of another
  /// size; `moved` at one of two; `mixed` with one that no number holds.
  private static let source = """
    #include <stdio.h>
    #include <stdlib.h>
    #define NOTE(name, semaphore, arguments) \\
    	"990:	nop\\n" \\
    	".pushsection .note.stapsdt,\\"\\",\\"note\\"\\n" \\
    	".balign 4\\n" \\
    	".4byte 992f-991f, 994f-993f, 3\\n" \\
    	"991:	.asciz \\"stapsdt\\"\\n" \\
    	"992:	.balign 4\\n" \\
    	"993:	.8byte 990b\\n" \\
    	".8byte _.stapsdt.base\\n" \\
    	".8byte " semaphore "\\n" \\
    	".asciz \\"app\\"\\n" \\
    	".asciz \\"" name "\\"\\n" \\
    	".asciz \\"" arguments "\\"\\n" \\
    	"994:	.balign 4\\n" \\
    	".popsection\\n" \\
    	".ifndef _.stapsdt.base\\n" \\
    	".pushsection .stapsdt.base,\\"aG\\",\\"progbits\\",.stapsdt.base,comdat\\n" \\
    	".weak _.stapsdt.base\\n" \\
    	".hidden _.stapsdt.base\\n" \\
    	"_.stapsdt.base: .space 1\\n" \\
    	".size _.stapsdt.base, 1\\n" \\
    	".popsection\\n" \\
    	".endif\\n"
    volatile unsigned short app_semaphore __attribute__((section(".probes")));
    __attribute__((noinline)) int leave(int n)
    {
    	__asm__ volatile("" ::: "memory");
    	return n;
    }
    int main(int argc, char **argv)
    {
    	volatile long wide = 1L << 40;
    	volatile int stored;
    	int guarded = 0, calls = atoi(argv[1]);

    	for (int i = 0; i < calls; i++) {
    		int kind = (i & 3) - 1;

    		stored = kind + 10;
    		__asm__ volatile(NOTE("begin", "0", "\(number) \(wide)") :: "r"(kind), "m"(wide));
    		__asm__ volatile(NOTE("twice", "0", "") ::);
    		if (app_semaphore) {
    			__asm__ volatile(NOTE("guarded", "app_semaphore", "") ::);
    			guarded++;
    		}
    		__asm__ volatile(NOTE("end", "0", "-4@%0") :: "i"(-7));
    		__asm__ volatile(NOTE("twice", "0", "") ::);
    		__asm__ volatile(NOTE("split", "0", "\(number)") :: "r"(kind));
    		__asm__ volatile(NOTE("split", "0", "-4@%0") :: "m"(stored));
    		__asm__ volatile(NOTE("split", "0", "1@%0") :: "i"(50));
    		__asm__ volatile(NOTE("mixed", "0", "8@%0") :: "m"(wide));
    		__asm__ volatile(NOTE("mixed", "0", "\(number)") :: "r"(kind));
    		if (i & 1)
    			__asm__ volatile(NOTE("moved", "0", "-4@%0") :: "m"(stored));
    		else
    			__asm__ volatile(NOTE("moved", "0", "\(number)") :: "r"(kind));
    		leave(i);
    	}
    	if (argc > 2)
    		fprintf(fopen(argv[2], "a"), "%d\\n", guarded);
    	return 0;
    }
    """

  @Test("probes are counted as the program counts them, with their arguments and semaphores")
  func counts() async throws {
    let bench = try await MeasureBench()
    bench.load.signal(SIGKILL)
    let app = "\(bench.path)/app"
    let source = "\(app).c"
    try Self.source.write(toFile: source, atomically: true, encoding: .utf8)
    let built = try await Call(
      "/usr/bin/cc", ["-O1", "-Wl,--build-id", source, "-o", app], environment: [:]
    ).end(within: .seconds(60))
    try #require(built.exitCode == 0, "\(built.errors)")

    for (name, line) in [
      ("begin", ["count usdt:\(app):app:begin by arg0,arg1"]),
      ("twice", ["--usdt", "\(app):app:twice"]),
      ("guarded", ["count usdt:\(app):guarded"]),
      ("constant", ["count usdt:\(app):app:end by arg0 where arg0 == -7"]),
      ("sums", ["sum usdt:\(app):app:begin.arg1"]),
      ("time", ["usdt:\(app):app:begin ~ usdt:\(app):app:end label arg1"]),
      ("left", ["usdt:\(app):app:end ~ \(app):leave label arg0 where arg0 < 0"]),
      ("returned", ["--usdt", "\(app):app:begin", "--to", "uretprobe:\(app):leave"]),
      ("split", ["count usdt:\(app):app:split by arg0"]),
      ("above", ["sum usdt:\(app):app:split.arg0 by arg0 where arg0 > 1"]),
      ("rows", ["events usdt:\(app):app:split where arg0 < 0"]),
      ("arrived", ["usdt:\(app):app:begin ~ usdt:\(app):app:moved by tid label arg0"]),
      ("departed", ["usdt:\(app):app:moved ~ \(app):leave label arg0 where arg0 >= 0"]),
    ] {
      let saved = try await bench.latgate(["measure"] + line + ["--save", name, "--for", "10ms"])
      #expect(saved.errors.contains("saved: "), "\(saved.errors)")
    }
    try bench.share.write(
      """
      suite: marks
      device: local
      workload: marks
      probes:
        [begin, twice, guarded, constant, sums, time, left, returned, split, above, rows, arrived, departed]
      iterations: 1
      settle:
        {limit: 60s, quiet: 100ms, uptime_min: 0s, cpu_pressure_max: 100%, cpu_busy_max: 100%}
      overhead: {iterations: 0}

      """, to: "targets/suites/marks.yaml")
    try bench.share.write(
      """
      workload: marks
      warmup: 0
      phases:
        - phase: calls
          preroll: 20ms
          steps:
            - run: \(app) 400 \(bench.path)/guarded

      """, to: "targets/workloads/marks.yaml")
    let output = "\(bench.path)/out"
    let run = try await bench.latgate("run", "marks", "--output", output)
    try #require(run.exitCode == 0, "\(run.errors)\(run.output)")
    try Self.require(try Record.only(in: output))
    // The program went behind its semaphore as often as was counted, and never again.
    let alone = try await Call(app, ["400", "\(bench.path)/guarded"], environment: [:])
      .end(within: .seconds(20))
    #expect(alone.exitCode == 0)
    #expect(try String(contentsOfFile: "\(bench.path)/guarded", encoding: .utf8) == "400\n0\n")

    let mixed = try await bench.latgate("measure", "count usdt:\(app):app:mixed by arg0")
    #expect(
      mixed.exitCode == 64 && mixed.errors.contains("no number of 8 bytes holds both"),
      "\(mixed.errors)")
    let near = try await bench.latgate("measure", "--usdt", "\(app):app:begn")
    #expect(
      near.exitCode == 64 && near.errors.contains("did you mean 'app:begin'?"), "\(near.errors)")
    let list = try await bench.latgate("measure", "--list", "usdt:\(app)")
    #expect(
      list.exitCode == 0
        && list.output.contains("app:begin\n  arg0: 4 bytes, with a sign\n  arg1: 8 bytes\n"),
      "\(list.output)\(list.errors)")
    let bare = try await bench.latgate("measure", "--usdt", "/usr/bin/true:app:begin")
    #expect(
      bare.exitCode == 64 && bare.errors.contains("/usr/bin/true has no USDT probes"),
      "\(bare.errors)")
    _ = try await bench.load.end(within: .seconds(20))
  }

  private static func require(_ record: Record) throws {
    #expect(record.probes.flatMap(\.hooks).allSatisfy { $0.rung == "uprobe" })
    func counted(_ metric: String, _ labels: [String: String] = [:]) -> UInt64 {
      record.phases.flatMap(\.results).filter { result in
        result.metric == metric && labels.allSatisfy { result.labels?[$0.key] == $0.value }
      }.reduce(0) { $0 + ($1.count ?? 0) }
    }
    for number in ["-1", "0", "1", "2"] {
      #expect(counted("begin.count", ["arg0": number, "arg1": "1099511627776"]) == 100)
    }
    #expect(counted("begin.count") == 400 && counted("twice.count") == 800)
    #expect(counted("guarded.count") == 400)
    #expect(counted("constant.count", ["arg0": "-7"]) == 400)
    let sums = record.phases.flatMap(\.results).filter { $0.metric == "sums.sum" }
    #expect(sums.reduce(0) { $0 + ($1.sum ?? 0) } == 400 << 40)
    #expect(counted("time.latency", ["arg1": "1099511627776"]) == 400)
    #expect(counted("left.latency") == 400 && counted("returned.latency") == 400)
    // Each location has its argument elsewhere: -1 to 2, 9 to 12, and 50.
    for number in [-1, 0, 1, 2, 9, 10, 11, 12] {
      #expect(counted("split.count", ["arg0": "\(number)"]) == 100, "\(number)")
    }
    #expect(counted("split.count") == 1200 && counted("split.count", ["arg0": "50"]) == 400)
    let above = record.phases.flatMap(\.results).filter { $0.metric == "above.sum" }
    // 100 times 2, 9, 10, 11 and 12, and 400 times 50.
    #expect(above.reduce(0) { $0 + ($1.sum ?? 0) } == 24_400)
    let rows = record.phases.flatMap(\.results).filter { $0.metric == "rows.events" }
      .flatMap { $0.rows ?? [] }
    #expect(rows.count == 100 && rows.allSatisfy { $0.last == .text("-1") })
    for number in ["-1", "10", "1", "12"] {
      #expect(counted("arrived.latency", ["arg0": number]) == 100, "\(number)")
    }
    #expect(counted("arrived.latency") == 400 && counted("departed.latency") == 300)
    // The condition is held against the probe's argument; the label is the function's, which counts.
    #expect(counted("departed.latency", ["arg0": "12"]) == 0)
    #expect(counted("departed.latency", ["arg0": "14"]) == 1)
    for loss in record.phases.flatMap(\.losses) where loss.metric.hasSuffix("latency") {
      #expect(loss.started == loss.recorded && loss.overwritten == 0, "\(loss)")
    }
  }
}
