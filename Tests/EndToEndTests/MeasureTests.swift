import Foundation
import Testing

/// Lines that are measured on this machine, by a tool that has no compiler.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct MeasureTests {
  @Test("lines, functions and saved probes are measured without a compiler")
  func measuresWithoutACompiler() async throws {
    let bench = try await MeasureBench()
    let path = bench.path
    let calls = "raw_syscalls:sys_enter ~ raw_syscalls:sys_exit by tid"

    let line = try await bench.latgate(
      "measure", "\(calls) label id where id in (getppid, write)", "--comm", "lg-asking", "--for",
      "300ms", "--output", "\(path)/line")
    try #require(line.exitCode == 0, "\(line.errors)\(line.output)")
    let asked = try Record.only(in: "\(path)/line")
    #expect(asked.count("measure.latency", ["id": "getppid"], in: "now") > 0)
    #expect(
      asked.phases.flatMap(\.histograms).allSatisfy {
        ["getppid", "write"].contains($0.labels?["id"])
      })
    #expect(asked.probes.flatMap(\.hooks).allSatisfy { $0.rung == "tracepoint" })
    for loss in asked.phases.flatMap(\.losses) {
      #expect(loss.excluded > 0)
      #expect(loss.started == loss.recorded + loss.overwritten + loss.cancelled + loss.censored)
    }

    // What only the end shows: nobody is lost whose end is of another kind.
    let failed = try await bench.latgate(
      "measure", "\(calls) label ret where ret < 0", "--comm", "lg-asking", "--for", "300ms",
      "--output", "\(path)/failed")
    let refused = try Record.only(in: "\(path)/failed")
    #expect(refused.phases.flatMap(\.histograms).isEmpty, "\(failed.output)")
    let losses = refused.phases.flatMap(\.losses)
    #expect(losses.allSatisfy { $0.started > 0 && $0.started == $0.cancelled + $0.censored })

    let counted = try await bench.latgate(
      "measure", "count raw_syscalls:sys_enter by comm,id where id == getppid", "--comm",
      "lg-asking", "--for", "300ms", "--output", "\(path)/counted")
    try #require(counted.exitCode == 0, "\(counted.errors)\(counted.output)")
    let counters = try Record.only(in: "\(path)/counted").phases.flatMap(\.results)
    #expect(counters.map(\.labels) == [["comm": "lg-asking", "id": "getppid"]])
    #expect(counters.allSatisfy { $0.kind == "counter" && $0.count == $0.sum && $0.count != 0 })

    let values = try await bench.latgate(
      "measure", "--hist", "raw_syscalls:sys_exit.ret", "--by", "id", "--where",
      "id == getppid and ret > 0", "--comm", "lg-asking", "--for", "300ms", "--output",
      "\(path)/values")
    try #require(values.exitCode == 0, "\(values.errors)\(values.output)")
    let asking = try Record.only(in: "\(path)/values").phases.flatMap(\.histograms)
    #expect(asking.map(\.labels) == [["id": "getppid"]])
    // Its parent is always the same: every value is.
    #expect(asking.allSatisfy { ($0.count ?? 0) > 0 && $0.buckets?.count == 1 })

    let rows = try await bench.latgate(
      "measure", "events raw_syscalls:sys_enter print comm,pid,id where id == getppid", "--comm",
      "lg-asking", "--for", "300ms", "--output", "\(path)/rows")
    try #require(rows.exitCode == 0, "\(rows.errors)\(rows.output)")
    let table = try #require(try Record.only(in: "\(path)/rows").phases.flatMap(\.results).first)
    #expect(table.columns?.map(\.name) == ["time", "comm", "pid", "id"])
    // A loop of calls fills the room, and what has none is counted.
    #expect((table.rows?.count ?? 0) >= 1024 && (table.dropped ?? 0) > 0)
    #expect(table.rows?.first?.dropFirst().first == .text("lg-asking"))
    #expect(table.rows?.first?.last == .text("getppid"))

    let stacks = try await bench.latgate(
      "measure", "stack raw_syscalls:sys_enter by id where id == getppid", "--comm", "lg-asking",
      "--for", "300ms", "--output", "\(path)/stacks")
    try #require(stacks.exitCode == 0, "\(stacks.errors)\(stacks.output)")
    let found = try Record.only(in: "\(path)/stacks").phases.flatMap(\.results)
    #expect(found.map(\.labels) == [["id": "getppid"]])
    #expect(found.flatMap { $0.stacks ?? [] }.contains { $0.sum > 0 && !$0.kernel.isEmpty })

    let function = try await bench.latgate(
      "measure", "--function", "vfs_write", "--label", "class,ret", "--for", "300ms", "--output",
      "\(path)/function")
    // Without kprobes, as in some kernels of virtual machines, there is nothing to attach to.
    if FileManager.default.fileExists(atPath: "/sys/bus/event_source/devices/kprobe/type") {
      try #require(function.exitCode == 0, "\(function.errors)\(function.output)")
      let written = try Record.only(in: "\(path)/function")
      #expect(written.probes.flatMap(\.hooks).map(\.rung) == ["kprobe", "kprobe"])
      #expect(written.phases.flatMap(\.histograms).contains { ($0.count ?? 0) > 0 })
    } else {
      #expect(function.exitCode == 3)
      #expect((function.errors + function.output).contains("kprobe"))
    }

    let saved = try await bench.latgate(
      "measure", "\(calls) label id", "--save", "mine", "--for", "100ms")
    try #require(saved.exitCode == 0, "\(saved.errors)")
    let run = try await bench.latgate(
      "run", "--probe", "mine", "--for", "300ms", "--output", "\(path)/saved")
    try #require(run.exitCode == 0, "\(run.errors)")
    #expect(
      try Record.only(in: "\(path)/saved").count("mine.latency", ["id": "getppid"], in: "now") > 0)
    let again = try await bench.latgate("measure", calls, "--save", "mine")
    #expect(again.exitCode == 64 && again.errors.contains("choose another name"), "\(again.errors)")

    let wrong = try await bench.latgate("measure", "raw_syscalls:sys_entr ~ raw_syscalls:sys_exit")
    #expect(wrong.exitCode == 64)
    #expect(
      wrong.errors == """
        error: there is no event 'raw_syscalls:sys_entr'
          | raw_syscalls:sys_entr ~ raw_syscalls:sys_exit
          | ^^^^^^^^^^^^^^^^^^^^^
          try: did you mean 'raw_syscalls:sys_enter'? 'latgate measure --list WORD' shows what there is

        """)
    let inlined = try await bench.latgate("measure", "vfs_wirte")
    #expect(inlined.exitCode == 64 && inlined.errors.contains("'vfs_write'"), "\(inlined.errors)")

    let traced = try await bench.latgate("measure", "vfs_write", "--tier", "T0", "--for", "100ms")
    #expect(
      traced.exitCode == 3 && traced.errors.contains("no trace events give"), "\(traced.errors)")

    bench.load.signal(SIGKILL)
    _ = try await bench.load.end(within: .seconds(20))
  }
}
