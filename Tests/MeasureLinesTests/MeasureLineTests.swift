import KernelEvents
import Testing

@testable import Catalogs

struct MeasureLineTests {
  private func question(_ line: String) throws -> MeasureQuestion {
    try MeasureQuestion(try MeasureLine.parse(line), kernel: Kernel.known)
  }

  private func table(_ line: String) throws -> SpanTable {
    try #require(try question(line).probe.metrics.first?.table)
  }

  @Test("a line is read with the places of its words")
  func parts() throws {
    let text = "a:b ~ c:d by x,y=z label l where n > 8 and m == 1 or 2 for 5s"
    let line = try MeasureLine.parse(text)
    #expect(line.from == .init(text: "a:b", range: 0..<3))
    #expect(line.to == .init(text: "c:d", range: 6..<9))
    #expect(line.by.map(\.start.text) == ["x", "y"])
    #expect(line.by.map(\.end?.text) == [nil, "z"])
    #expect(line.labels == [.init(text: "l", range: 25..<26)])
    #expect(line.conditions.map(\.field.text) == ["n", "m"])
    #expect(line.conditions.map(\.test) == [.more, .equal])
    #expect(line.conditions[1].values.map(\.text) == ["1", "2"])
    #expect(line.time == .seconds(5))
    #expect(line.timeRange == text.count - 6..<text.count)
    #expect(try MeasureLine.parse("a:b ~ c:d by x").timeRange == nil)
  }

  @Test("two events are tied by fields of their records")
  func block() throws {
    let table = try table(
      "block:block_rq_issue ~ block:block_rq_complete by dev,sector label rwbs where nr_sector > 8")
    let span = table.spans[0]
    #expect(span.from.event == "block/block_rq_issue")
    #expect(span.to.event == "block/block_rq_complete")
    #expect(table.by == ["dev", "sector"])
    #expect(span.from.fields.map(\.name) == ["dev", "sector", "nr_sector"])
    #expect(span.to.fields.map(\.name) == ["dev", "sector", "rwbs"])
    #expect(span.from.conditions == [.init(field: "nr_sector", test: .more, values: [8])])
    #expect(span.to.conditions.isEmpty)
    // What completes is not always one of those.
    #expect(table.unmatched == .ignored)
  }

  @Test("fields of other names tie as well")
  func renamed() throws {
    let span = try table("sched:sched_wakeup ~ sched:sched_switch by pid=next_pid").spans[0]
    #expect(span.from.fields == [.init(name: "pid", source: .record("pid"))])
    #expect(span.to.fields == [.init(name: "pid", source: .record("next_pid"))])
  }

  @Test("labels are of the kind that the kernel says")
  func labels() throws {
    let softirq = try question("irq:softirq_entry ~ irq:softirq_exit by cpu,vec label vec")
    guard case .values(let names) = softirq.probe.metrics[0].key[0].kind else {
      Issue.record("vec has names")
      return
    }
    #expect(names[1] == "TIMER")
    let block = try question(
      "block:block_rq_issue ~ block:block_rq_complete by dev,sector label dev,rwbs,error")
    #expect(block.probe.metrics[0].key.map(\.kind) == [.blockDevice, .text, .signed])
    #expect(block.probe.metrics[0].key.map(\.size) == [4, 12, 4])
    let call = try question("raw_syscalls:sys_enter ~ raw_syscalls:sys_exit by tid label id")
    #expect(call.probe.metrics[0].key.map(\.kind) == [.syscall])
  }

  @Test("values are numbers, names, devices, and numbers with units")
  func values() throws {
    func values(_ condition: String, of events: String) throws -> [UInt64] {
      let span = try table("\(events) where \(condition)").spans[0]
      return (span.from.conditions + span.to.conditions)[0].values
    }
    let block = "block:block_rq_issue ~ block:block_rq_complete by dev,sector"
    let softirq = "irq:softirq_entry ~ irq:softirq_exit by cpu,vec"
    let call = "raw_syscalls:sys_enter ~ raw_syscalls:sys_exit by tid"
    #expect(try values("bytes >= 64KiB", of: block) == [65536])
    #expect(try values("dev == 254:1", of: block) == [254 << 20 | 1])
    #expect(try values("dev == 0x100", of: block) == [256])
    #expect(try values("vec == TIMER or NET_RX or 9", of: softirq) == [1, 3, 9])
    #expect(try values("vec in (TIMER, 4)", of: softirq) == [1, 4])
    #expect(try values("id == fsync", of: call) == [74])
    #expect(try values("error == -5", of: block) == [UInt64(bitPattern: -5)])
  }

  @Test("a function is measured from its entry to its return, by the thread")
  func function() throws {
    for line in ["vfs_fsync_range", "function vfs_fsync_range", "kprobe:vfs_fsync_range"] {
      let table = try table(line)
      #expect(table.by == ["tid"])
      #expect(table.spans[0].from.function == "vfs_fsync_range")
      #expect(table.spans[0].to.place == .return)
    }
    let probe = try question("vfs_fsync_range label ret where arg3 == 1").probe
    #expect(probe.t0Events.isEmpty)
    #expect(probe.isScopable)
  }

  @Test("trace events give what they can")
  func tiers() throws {
    #expect(
      try question("irq:softirq_entry ~ irq:softirq_exit by cpu,vec label vec").probe.t0Events
        == ["softirq_entry", "softirq_exit"])
    let text = try question("block:block_rq_issue ~ block:block_rq_complete by dev label rwbs")
    #expect(text.probe.t0Metrics.isEmpty)
    #expect(text.probe.metrics[0].table?.traceObjection(text.probe.metrics[0].key) != nil)
  }

  @Test(
    "what is saved is read back as it was",
    arguments: [
      "block:block_rq_issue ~ block:block_rq_complete by dev,sector label dev,rwbs,error where nr_sector > 8",
      "irq:softirq_entry ~ irq:softirq_exit by cpu,vec label vec where vec == TIMER or 8",
      "sched:sched_wakeup ~ sched:sched_switch by pid=next_pid label class",
      "sched:sched_wakeup ~ sched:sched_switch by pid=next_pid where comm == 'a b' and prio != 3",
      "vfs_fsync_range label ret,arg3 where ret < 0",
      "vfs_fsync_range where arg1 > 0 and arg1 < 8 and ret == -5 and arg2 != 3",
      "block:block_rq_issue ~ block:block_rq_complete by dev,sector where error == -5",
      "irq:softirq_entry ~ irq:softirq_exit by tid",
      "count raw_syscalls:sys_enter",
      "count raw_syscalls:sys_exit by comm,id where ret < 0 and pid == 12 and cpu != 1",
      "count sched:sched_switch by cpu,class",
      "sum block:block_rq_issue.bytes by dev,rwbs where bytes > 4KiB",
      "sum vfs_write.ret by comm where ret > 0",
      "hist block:block_rq_issue.nr_sector by comm",
      "hist vfs_read.arg2 where arg2 < 64KiB",
      "hist kretprobe:vfs_read.ret",
      "events sched:sched_process_exec",
      "events sched:sched_process_exec print time,comm,filename,class,cpu where pid != 1",
      "events block:block_rq_issue where dev == 254:0",
      "events vfs_read print arg2,comm,pid",
      "stack block:block_rq_issue by rwbs",
      "kstack vfs_read",
      "ustack sched:sched_switch where prev_comm == 'dd'",
    ])
  func saved(line: String) throws {
    let probe = try MeasureQuestion(
      try MeasureLine.parse(line), kernel: Kernel.known, name: "mine"
    ).probe
    var read = try ProbeManifest.parse(ManifestText(probe).text, file: "mine.yaml")
    read.file = probe.file
    #expect(read == probe)
  }
}
