import KernelEvents
import Testing

@testable import Catalogs

/// Lines that ask of one event alone.
struct SingleEventTests {
  private func metric(_ line: String) throws -> ProbeMetric {
    let probe = try MeasureQuestion(try MeasureLine.parse(line), kernel: Kernel.known).probe
    return try #require(probe.metrics.first)
  }

  @Test("an event is counted by its fields and by what runs")
  func count() throws {
    let metric = try metric("count raw_syscalls:sys_exit by comm,id where ret < 0")
    let table = try #require(metric.table)
    #expect(metric.kind == .counter)
    #expect(metric.name == "measure.count")
    #expect(metric.unit == "events")
    #expect(metric.map == "c_measure_count")
    #expect(table.isSingle && table.by == ["tid"])
    #expect(metric.key.map(\.kind) == [.text, .syscall])
    #expect(metric.key.map(\.size) == [16, 4])
    #expect(
      table.spans[0].to.fields.map(\.source) == [.running(.command), .record("id"), .record("ret")])
    #expect(table.spans[0].to.conditions == [.init(field: "ret", test: .less, values: [0])])
    // What trace events say neither at all nor in a histogram.
    #expect(!metric.isInT0)
    #expect(table.traceObjection(metric.key)?.contains("'comm'") == true)
  }

  @Test("a value is added up, or its distribution taken, in its unit")
  func values() throws {
    let sum = try metric("sum block:block_rq_issue.bytes by dev,rwbs")
    #expect(sum.kind == .counter && sum.unit == "B" && sum.table?.value == "bytes")
    #expect(sum.key.map(\.kind) == [.blockDevice, .text])
    let histogram = try metric("hist block:block_rq_issue.nr_sector")
    #expect(histogram.kind == .histogram && histogram.unit == "1")
    #expect(histogram.isInT0)
  }

  @Test("of a function the result is asked at its return, arguments at its entry")
  func functions() throws {
    let result = try metric("hist vfs_read.ret by class")
    #expect(result.table?.spans[0].to.place == .return)
    #expect(result.table?.spans[0].to.hook == "vfs_read_return")
    let argument = try metric("hist vfs_read.arg2 by comm")
    #expect(argument.table?.spans[0].to.place == .entry)
    #expect(argument.unit == "1")
    #expect(try metric("count kretprobe:vfs_read").table?.spans[0].to.place == .return)
    #expect(try metric("count vfs_read").unit == "calls")
  }

  @Test("rows have what is asked for, or all that the event has")
  func rows() throws {
    let asked = try #require(
      try metric("events sched:sched_process_exec print comm,filename,pid").table)
    #expect(asked.columns.map(\.name) == ["time", "comm", "filename", "pid"])
    #expect(asked.columns.map(\.source) == [.time, .command, .field("filename"), .field("pid")])
    #expect(asked.columns.map(\.kind) == [.number, nil, nil, .signed])
    #expect(asked.rows == 1024)
    let all = try metric("events block:block_rq_issue")
    #expect(
      all.table?.columns.map(\.name) == [
        "time", "tid", "dev", "sector", "nr_sector", "bytes", "ioprio", "rwbs", "comm", "cmd",
      ])
    #expect(all.table?.columns[2].kind == .blockDevice)
    #expect(all.table?.columns[5].unit == "B")
    #expect(all.table?.traceObjection([]) == "more than one column is text")
    #expect(try metric("events irq:softirq_raise").isInT0)
    #expect(try metric("events irq:softirq_raise print cpu,tid,vec").isInT0)
  }

  @Test("stacks are of one side or both, and need programs")
  func stacks() throws {
    #expect(try metric("stack block:block_rq_issue by rwbs").table?.stack == .both)
    #expect(try metric("kstack sched:sched_switch").table?.stack == .kernel)
    let user = try metric("ustack sched:sched_switch")
    #expect(user.table?.stack == .user && user.kind == .stacks)
    #expect(user.table?.traceObjection([]) == "only programs take stacks")
  }

  @Test("text behind a record is a label of the room that is left")
  func textBehind() throws {
    #expect(try metric("hist net:net_dev_queue.len by name").key.map(\.size) == [16])
    #expect(try metric("count irq:irq_handler_entry by irq,name").key.map(\.size) == [4, 16])
  }

  @Test("privacy is what text may say of a person's doing")
  func privacy() throws {
    func privacy(_ line: String) throws -> ProbeManifest.Privacy {
      try MeasureQuestion(try MeasureLine.parse(line), kernel: Kernel.known).probe.privacy
    }
    #expect(try privacy("count sched:sched_switch by cpu") == .none)
    #expect(try privacy("count sched:sched_switch by comm") == .names)
    #expect(try privacy("events sched:sched_process_exec print filename") == .paths)
  }
}
