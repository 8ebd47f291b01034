import Foundation
import Glibc
import Testing

/// A result is shown even when its file cannot be written.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct LostResultTests {
  private static let trace =
    "\(Tool.repository)/Tests/PerfettoTracesTests/Fixtures/events.perfetto-trace"

  /// Runs a script in a mount namespace of its own; `$1` is the tool, `$2` a trace.
  private func withMounts(_ script: String) async throws -> Call.Result {
    let tool = "\(Tool.repository)/.build/debug/latgate"
    return try await Call(
      "/usr/bin/env", ["unshare", "-m", "bash", "-c", script, "bash", tool, Self.trace],
      environment: ["NO_COLOR": "1", "LATGATE_SHARE": Tool.repository]
    ).end(within: .seconds(60))
  }

  /// The disk is found to have room, and is full by the time the result is there.
  @Test(.enabled(if: geteuid() == 0, "only root may mount"))
  func aDiskThatRunsFullCostsTheFileAlone() async throws {
    let directory = try TemporaryDirectory()
    let script = """
      set -e
      cd \(directory.path)
      mkdir disk
      mount -t tmpfs -o size=16m none disk
      mkfifo trace
      "$1" fold trace --output disk/record.json >out 2>err & fold=$!
      # Opening waits until the tool has looked at the disk and reads.
      exec 9>trace
      dd if=/dev/zero of=disk/filler bs=64k 2>/dev/null || true
      cat "$2" >&9
      exec 9>&-
      code=0
      wait $fold || code=$?
      echo "exit $code"
      test ! -s disk/record.json && echo "no record"
      """
    let made = try await withMounts(script)
    let output = try String(contentsOfFile: "\(directory.path)/out", encoding: .utf8)
    let errors = try String(contentsOfFile: "\(directory.path)/err", encoding: .utf8)
    #expect(made.output == "exit 70\nno record\n", "\(made.output)\(made.errors)\(errors)")
    #expect(output.contains("runqueue.wait"), "\(output)\(errors)")
    #expect(errors.contains("disk/record.json") && errors.contains("No space left"), "\(errors)")
  }

  @Test func aResultThatCannotBeShownIsNoPass() async throws {
    let tool = "\(Tool.repository)/.build/debug/latgate"
    let made = try await Call(
      "/bin/sh", ["-c", "exec \"$1\" version >/dev/full", "sh", tool], environment: [:]
    ).end(within: .seconds(60))
    #expect(made.exitCode == 70)
    #expect(made.errors.contains("standard output") && made.errors.contains("No space left"))
  }

  /// What failed is a regression still, and what it teaches is kept.
  @Test func aLostReportDoesNotTakeTheExitCodeOfAVerdict() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    var records = ScalarRecords(seed: 3)
    try records.write(build: "b1", runs: 8, value: 100, day: 0, to: "\(path)/b1")
    try records.write(build: "b2", runs: 8, value: 200, day: 1, to: "\(path)/b2")
    let words = ["compare", "--reference", "\(path)/b1", "--candidate", "\(path)/b2"]
    let plain = try await Tool().start(words).end(within: .seconds(60))
    try #require([1, 2].contains(plain.exitCode), "\(plain.output)\(plain.errors)")
    // The directory takes files, but none of so long a name beside which another has to lie.
    let report = "\(path)/\(String(repeating: "r", count: 250))"
    let made = try await Tool().start(
      words + ["--report", "json=\(report)", "--learn", "\(path)/noise.json"]
    ).end(within: .seconds(60))
    #expect(made.exitCode == plain.exitCode, "\(made.errors)")
    #expect(made.output == plain.output)
    #expect(made.errors.contains("the verdict stands"), "\(made.errors)")
    #expect(FileManager.default.fileExists(atPath: "\(path)/noise.json"))
  }

  /// It is no fault of the device, which is not asked for its logs.
  @Test func aLostReportOfARunLeavesItsRecord() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    // The directory takes files, but none of so long a name beside which another has to lie.
    let report = "\(path)/\(String(repeating: "r", count: 250))"
    let made = try await Tool().run(
      "run", "--probe", "syscall", "--for", "500ms", "--output", "\(path)/run", "--report",
      "json=\(report)", within: .seconds(180))
    #expect(made.exitCode == 70, "\(made.errors)")
    #expect(made.output.contains("syscall.latency"), "\(made.output)")
    #expect(made.errors.contains("record: \(path)/run/"), "\(made.errors)")
    #expect(!made.errors.contains("bug report"), "\(made.errors)")
  }

  /// What a command on a device printed is a result, too; a reader that has enough is no fault.
  @Test(arguments: [(">/dev/full", Int32(70)), ("| head -n 1", 0)])
  func aDevicesOutputThatIsNotTakenEndsInOrder(target: String, code: Int32) async throws {
    let tool = "\(Tool.repository)/.build/debug/latgate"
    let script = "\"$1\" device shell local -- seq 100000 \(target)"
    let made = try await Call(
      "/bin/bash", ["-o", "pipefail", "-c", script, "bash", tool], environment: [:]
    ).end(within: .seconds(60))
    #expect(made.exitCode == code, "\(made.errors)")
    #expect(made.errors.contains("No space left") == (code == 70), "\(made.errors)")
  }

  /// Less than a check may need is refused before anything is measured.
  @Test(.enabled(if: geteuid() == 0, "only root may mount"))
  func aDiskTooSmallIsRefusedFirst() async throws {
    let directory = try TemporaryDirectory()
    let script = """
      mkdir \(directory.path)/disk && mount -t tmpfs -o size=300k none \(directory.path)/disk &&
      exec "$1" fold "$2" --output \(directory.path)/disk/record.json
      """
    let made = try await withMounts(script)
    #expect(made.exitCode == 70, "\(made.errors)")
    #expect(made.output.isEmpty && made.errors.contains("KiB are free there"), "\(made.errors)")
  }

  /// What a check measured is in its memory, too: records that are deleted meanwhile are there
  /// again at its end, and that is reported.
  @Test func recordsDeletedDuringACheckAreWrittenAgain() async throws {
    let share = try TestShare()
    try share.write(
      """
      device: quick
      kind: virtual
      firmwares:
        reference: {kernel: "6.1"}
        same-again: {extends: reference}

      """, to: "targets/devices/quick.yaml")
    try share.write(
      """
      workload: brief
      warmup: 0
      phases:
        - phase: writes
          preroll: 20ms
          steps:
            - run: latgate-load fsync --path /data/local/tmp --ops 20

      """, to: "targets/workloads/brief.yaml")
    try share.write(
      """
      suite: brief
      device: quick
      workload: brief
      probes: [fsync]
      reference: reference
      candidate: same-again
      aa: true
      iterations: 1
      runs: {planned: 3, most: 3}
      settle: {limit: 60s, quiet: 200ms, uptime_min: 1s, cpu_busy_max: 100%, cpu_pressure_max: 100%}
      overhead: {iterations: 0}

      """, to: "targets/suites/brief.yaml")
    let results = try TemporaryDirectory()
    let (directory, deleted) = ("\(results.path)/check", "\(results.path)/deleted")
    func records() -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/runs")) ?? [])
        .filter { $0.hasSuffix(".json") }
    }
    let tool = Tool(share: share.path)
    let made = try await Bench.shared.alone {
      let call = try tool.start(["check", "brief", "--output", directory])
      #expect(try await eventually(within: .seconds(120)) { !records().isEmpty })
      // At once: while it is emptied file by file, the check may write another into it.
      try FileManager.default.moveItem(atPath: directory, toPath: deleted)
      return try await call.end(within: .seconds(300))
    }
    #expect([0, 2].contains(made.exitCode), "\(made.errors)")
    #expect(made.output.contains("brief on quick"), "\(made.output)")
    #expect(made.errors.contains("records were no longer in \(directory)/runs"), "\(made.errors)")
    #expect(records().count == 6, "\(records())")
    for file in ["check.json", "verdict.json", "report.txt"] {
      #expect(FileManager.default.fileExists(atPath: "\(directory)/\(file)"), "\(file) is lost")
    }
  }
}
