import KernelEvents
import Testing

@testable import Catalogs

/// Lines that are wrong, what is underlined, and what is offered first in its place.
struct BrokenLineTests {
  struct Broken: Sendable {
    var line: String
    /// The part that is underlined; empty = a gap.
    var place: String
    /// Nil where nothing can be guessed.
    var suggestion: String?
    /// Part of the message.
    var says: String

    init(_ line: String, at place: String, _ suggestion: String?, _ says: String) {
      self.line = line
      self.place = place
      self.suggestion = suggestion
      self.says = says
    }

    func expect(_ fault: MeasureError?) throws {
      let fault = try #require(fault)
      let characters = Array(line)
      #expect(fault.range.upperBound <= characters.count)
      #expect(String(characters[fault.range]) == place)
      #expect(fault.suggestion == suggestion)
      #expect(fault.message.contains(says), "\(fault.message)")
      #expect(!fault.remedy.isEmpty)
    }
  }

  private static let block = "block:block_rq_issue ~ block:block_rq_complete"
  private static let tied = "\(block) by dev,sector"
  private static let softirq = "irq:softirq_entry ~ irq:softirq_exit by cpu,vec"
  private static let call = "raw_syscalls:sys_enter ~ raw_syscalls:sys_exit by tid"

  // MARK: unknown events

  private static let events: [Broken] = [
    .init(
      "block:block_rq_isue ~ block:block_rq_complete by dev,sector", at: "block:block_rq_isue",
      "block:block_rq_issue", "no event"),
    .init(
      "block:block_rq_issue ~ block:block_rq_compelte by dev,sector", at: "block:block_rq_compelte",
      "block:block_rq_complete", "no event"),
    .init(
      "blok:block_rq_issue ~ block:block_rq_complete by dev", at: "blok:block_rq_issue",
      "block:block_rq_issue", "no event"),
    .init(
      "block:rq_issue ~ block:block_rq_complete by dev", at: "block:rq_issue",
      "block:block_rq_issue", "no event"),
    .init(
      "block:block_rq_issued ~ block:block_rq_complete by dev", at: "block:block_rq_issued",
      "block:block_rq_issue", "no event"),
    .init(
      "block:block_request_issue ~ block:block_rq_complete by dev", at: "block:block_request_issue",
      "block:block_rq_issue", "no event"),
    .init(
      "block_rq_isue ~ block:block_rq_complete by dev", at: "block_rq_isue", "block:block_rq_issue",
      "no event"),
    .init(
      "Block:Block_RQ_Issue ~ block:block_rq_complete by dev", at: "Block:Block_RQ_Issue",
      "block:block_rq_issue", "no event"),
    .init(
      "irq:softirq_enter ~ irq:softirq_exit by cpu", at: "irq:softirq_enter", "irq:softirq_entry",
      "no event"),
    .init(
      "irq:softirq_entry ~ irq:softirq_leave by cpu", at: "irq:softirq_leave", "irq:softirq_exit",
      "no event"),
    .init(
      "softirq:softirq_entry ~ irq:softirq_exit by cpu", at: "softirq:softirq_entry",
      "irq:softirq_entry", "no event"),
    .init(
      "irq:irq_entry ~ irq:irq_handler_exit by cpu", at: "irq:irq_entry", "irq:irq_handler_entry",
      "no event"),
    .init(
      "sched:sched_wake ~ sched:sched_switch by tid", at: "sched:sched_wake", "sched:sched_wakeup",
      "no event"),
    .init(
      "sched:sched_wakup ~ sched:sched_switch by tid", at: "sched:sched_wakup",
      "sched:sched_wakeup", "no event"),
    .init(
      "sched:sched_wakeup ~ sched:switch by tid", at: "sched:switch", "sched:sched_switch",
      "no event"),
    .init(
      "sched:sched_wakeup ~ sched_swich by tid", at: "sched_swich", "sched:sched_switch", "no event"
    ),
    .init(
      "vmscan:direct_reclaim_begin ~ vmscan:mm_vmscan_direct_reclaim_end by tid",
      at: "vmscan:direct_reclaim_begin", "vmscan:mm_vmscan_direct_reclaim_begin", "no event"),
    .init(
      "vmscan:mm_vmscan_direct_reclaim_begin ~ vmscan:mm_vmscan_direct_reclaim_ends by tid",
      at: "vmscan:mm_vmscan_direct_reclaim_ends", "vmscan:mm_vmscan_direct_reclaim_end", "no event"),
    .init(
      "ext4:ext4_sync_file ~ ext4:ext4_sync_file_exit by tid", at: "ext4:ext4_sync_file",
      "ext4:ext4_sync_fs", "no event"),
    .init(
      "ext4:ext4_sync_file_entry ~ ext4:ext4_sync_file_exit by tid",
      at: "ext4:ext4_sync_file_entry", "ext4:ext4_sync_file_enter", "no event"),
    .init(
      "timer:hrtimer_expire_enter ~ timer:hrtimer_expire_exit by cpu",
      at: "timer:hrtimer_expire_enter", "timer:hrtimer_expire_entry", "no event"),
    .init(
      "jbd2:start_commit ~ jbd2:jbd2_end_commit by tid", at: "jbd2:start_commit",
      "jbd2:jbd2_start_commit", "no event"),
    .init(
      "raw_syscall:sys_enter ~ raw_syscalls:sys_exit by tid", at: "raw_syscall:sys_enter",
      "raw_syscalls:sys_enter", "no event"),
    .init(
      "raw_syscalls:sys_entry ~ raw_syscalls:sys_exit by tid", at: "raw_syscalls:sys_entry",
      "raw_syscalls:sys_enter", "no event"),
    .init(
      "syscalls:sys_enter_openat ~ raw_syscalls:sys_exit by tid", at: "syscalls:sys_enter_openat",
      "raw_syscalls:sys_enter", "production kernels"),
    .init(
      "raw_syscalls:sys_enter ~ syscalls:sys_exit_openat by tid", at: "syscalls:sys_exit_openat",
      "raw_syscalls:sys_exit", "production kernels"),
    .init(
      "tracepoint:block:block_rq_isue ~ block:block_rq_complete by dev",
      at: "tracepoint:block:block_rq_isue", "block:block_rq_issue", "no event"),
    .init(
      "block/block_rq_isue ~ block/block_rq_complete by dev", at: "block/block_rq_isue",
      "block:block_rq_issue", "no event"),
    .init(
      "kprobe:vfs_read ~ block:block_rq_complete by tid", at: "kprobe:vfs_read", nil,
      "measured alone"),
    .init(
      "block:block_rq_issue ~ block:block_rq_issue by dev", at: "block:block_rq_issue",
      "block:block_rq_complete", "one event"),
    .init(
      "block:block_rq_issue", at: "", "block:block_rq_issue ~ block:block_rq_complete",
      "ends is missing"),
    .init(
      "irq:softirq_entry by cpu", at: "", "irq:softirq_entry ~ irq:softirq_exit", "ends is missing"),
  ]

  // MARK: unknown functions

  private static let functions: [Broken] = [
    .init("vfs_fsync_rang", at: "vfs_fsync_rang", "vfs_fsync_range", "no function"),
    .init("vfs_fsnyc_range", at: "vfs_fsnyc_range", "vfs_fsync_range", "no function"),
    .init("fsync_range", at: "fsync_range", "vfs_fsync_range", "no function"),
    .init("function vfs_raed", at: "vfs_raed", "vfs_read", "no function"),
    .init("kprobe:vfs_wirte", at: "vfs_wirte", "vfs_write", "no function"),
    .init("ext4_sync_fle", at: "ext4_sync_fle", "ext4_sync_file", "no function"),
    .init("submit_bios", at: "submit_bios", "submit_bio", "no function"),
    .init("vfs_read by pid", at: "pid", "tid", "tied to its entry"),
    .init("vfs_read label arg7", at: "arg7", "arg0", "has no 'arg7'"),
    .init("vfs_read label rett", at: "rett", "ret", "has no 'rett'"),
    .init("vfs_read where class == 1", at: "class", nil, "no value to compare"),
    .init("vfs_read where arg1 == -1", at: "-1", "1", "never negative"),
  ]

  // MARK: unknown fields

  private static let fields: [Broken] = [
    .init("\(block) by dev,secotr", at: "secotr", "sector", "no field 'secotr'"),
    .init("\(block) by dve,sector", at: "dve", "dev", "no field 'dve'"),
    .init("\(block) by device,sector", at: "device", "dev", "no field 'device'"),
    .init("\(block) by dev,sectors", at: "sectors", "sector", "no field 'sectors'"),
    .init("\(block) by dev,bytes", at: "bytes", "sector", "no field 'bytes'"),
    .init("\(block) by pid", at: "pid", "tid", "no field 'pid'"),
    .init("\(block) by rwbs", at: "rwbs", "dev", "text"),
    .init("\(block) by cmd", at: "cmd", "dev", "behind the record"),
    .init("irq:softirq_entry ~ irq:softirq_exit by cpu,vector", at: "vector", "vec", "no field"),
    .init("irq:softirq_entry ~ irq:softirq_exit by cpu,vce", at: "vce", "vec", "no field"),
    .init(
      "sched:sched_wakeup ~ sched:sched_switch by pid=nextpid", at: "nextpid", "next_pid",
      "no field"),
    .init("sched:sched_wakeup ~ sched:sched_switch by pid", at: "pid", "tid", "no field"),
    .init(
      "sched:sched_wakeup ~ sched:sched_switch by next_pid=pid", at: "next_pid=pid", "pid=next_pid",
      "comes first"),
    .init("\(tied) label rwsb", at: "rwsb", "rwbs", "neither event"),
    .init("\(tied) label op", at: "op", "rwbs", "neither event"),
    .init("\(tied) label devs", at: "devs", "dev", "neither event"),
    .init("\(tied) label cmd", at: "cmd", "rwbs", "no label"),
    .init("\(softirq) label pid", at: "pid", "class", "no field"),
    .init("\(tied) label comm,rwbs", at: "rwbs", nil, "24 bytes"),
    .init("\(tied) where nr_sectors > 8", at: "nr_sectors", "nr_sector", "neither event"),
    .init("\(tied) where size > 8", at: "size", "bytes", "neither event"),
    .init("\(tied) where errno != 0", at: "errno", "error", "neither event"),
    .init("\(softirq) where vecs == 1", at: "vecs", "vec", "neither event"),
    .init("\(call) where syscall == 74", at: "syscall", "id", "neither event"),
    .init("\(call) where args == 1", at: "args", nil, "an array"),
    .init("\(call) label args", at: "args", "id", "an array"),
  ]

  // MARK: types, values and units

  private static let values: [Broken] = [
    .init("\(tied) where nr_sector > 8kb", at: "8kb", "8KiB", "no unit"),
    .init("\(tied) where bytes > 64k", at: "64k", "64KiB", "no unit"),
    .init("\(tied) where bytes > 1MB", at: "1MB", "1MiB", "no unit"),
    .init("\(tied) where sector < 10sec", at: "10sec", "10s", "no unit"),
    .init("\(tied) where nr_sector > -1", at: "-1", "1", "never negative"),
    .init("\(tied) where nr_sector > 5000000000", at: "5000000000", "4294967295", "does not fit"),
    .init("count vfs_read where ret > 5GiB", at: "5GiB", "2147483647", "does not fit"),
    .init("vfs_read where ret == 0xfffffff4", at: "0xfffffff4", "2147483647", "does not fit"),
    .init("vfs_read where ret < -3000000000", at: "-3000000000", "-2147483648", "does not fit"),
    .init("\(tied) where nr_sector > many", at: "many", nil, "no value"),
    .init("\(tied) where rwbs > 5", at: "rwbs > 5", "rwbs == '5'", "text"),
    .init(
      "\(tied) where comm == 'a name that is too long'", at: "'a name that is too long'",
      "a name that is ", "at most 15"),
    .init("\(softirq) where vec == TIMR", at: "TIMR", "TIMER", "no value"),
    .init("\(softirq) where vec == timer", at: "timer", "TIMER", "no value"),
    .init("\(softirq) where vec == NETRX", at: "NETRX", "NET_RX", "no value"),
    .init("\(call) where id == fsnc", at: "fsnc", "fsync", "no value"),
    .init("\(call) where id == fdatsync", at: "fdatsync", "fdatasync", "no value"),
    .init("\(tied) for 10", at: "10", "10s", "no time"),
    .init("\(tied) for 10sec", at: "10sec", "10s", "no time"),
    .init("\(tied) for 500msec", at: "500msec", "500ms", "no time"),
    .init("\(tied) for 2min", at: "2min", "2m", "no time"),
    .init("\(tied) for soon", at: "soon", nil, "no time"),
    .init("\(tied) for 2h", at: "2h", "1h", "up to 1h"),
  ]

  // MARK: what is missing, and syntax

  private static let syntax: [Broken] = [
    .init(
      "\(softirq) where vec in (1, 2) and vec != 3", at: "vec", nil, "a list of values already"),
    .init(block, at: "", "by dev,sector", "nothing ties"),
    .init("irq:softirq_entry ~ irq:softirq_exit", at: "", "by vec", "nothing ties"),
    .init("raw_syscalls:sys_enter ~ raw_syscalls:sys_exit", at: "", "by id", "nothing ties"),
    .init("sched:sched_wakeup ~ sched:sched_switch", at: "", "by tid", "nothing ties"),
    .init("", at: "", nil, "is missing"),
    .init("~ block:block_rq_complete", at: "~", nil, "is missing"),
    .init("block:block_rq_issue ~", at: "", nil, "ends is missing"),
    .init("block:block_rq_issue ~ by dev", at: "by", nil, "ends is missing"),
    .init(
      "block:block_rq_issue block:block_rq_complete by dev",
      at: "block:block_rq_issue block:block_rq_complete",
      "block:block_rq_issue ~ block:block_rq_complete", "side by side"),
    .init("block:block_rq_issue to block:block_rq_complete by dev", at: "to", "~", "does not join"),
    .init("block:block_rq_issue -> block:block_rq_complete by dev", at: "-", "~", "does not join"),
    .init("\(block) key dev", at: "key", "by", "no part"),
    .init("\(block) on dev", at: "on", "by", "no part"),
    .init("\(tied) filter nr_sector > 8", at: "filter", "where", "no part"),
    .init("\(tied) wher nr_sector > 8", at: "wher", "where", "no part"),
    .init("\(tied) lable rwbs", at: "lable", "label", "no part"),
    .init("\(tied) group rwbs", at: "group", "label", "no part"),
    .init("\(block) by dev sector", at: "dev sector", "dev,sector", "without a comma"),
    .init("\(block) by", at: "", nil, "is missing"),
    .init("\(block) by dev,", at: "", nil, "is missing"),
    .init("\(block) by dev,dev", at: "dev", nil, "twice"),
    .init("\(tied) by dev", at: "by", ",", "twice"),
    .init("\(tied) where bytes > 1 where bytes > 2", at: "where", "and", "twice"),
    .init("sched:sched_wakeup ~ sched:sched_switch by pid==next_pid", at: "==", "=", "compares"),
    .init("\(tied) where nr_sector = 8", at: "=", "==", "no test"),
    .init("\(tied) where nr_sector gt 8", at: "gt", ">", "no test"),
    .init("\(tied) where nr_sector", at: "", nil, "test of 'nr_sector'"),
    .init("\(tied) where nr_sector >", at: "", nil, "value for 'nr_sector'"),
    .init("\(tied) where", at: "", nil, "condition is missing"),
    .init("\(tied) where nr_sector > 8 or bytes > 5", at: "or", "and", "goes with =="),
    .init("\(tied) where dev == 1 or error == 2", at: "error", nil, "one field only"),
    .init("\(tied) where comm == 'x", at: "'x", "'x'", "no end"),
    .init("\(softirq) where vec in 1, 2", at: "1", "(", "begins with"),
    .init("\(softirq) where vec in (1, 2", at: "", ")", "no end"),
    .init("\(tied) where dev == 1 | 2", at: "|", "||", "no meaning"),
    .init("\(tied); label rwbs", at: ";", ",", "no meaning"),
    .init("\(tied) label", at: "", nil, "is missing"),
    .init("\(tied) for", at: "", nil, "time is missing"),
  ]

  // MARK: single events

  private static let single: [Broken] = [
    .init("count", at: "", nil, "is missing"),
    .init("count by rwbs", at: "by", nil, "is missing"),
    .init("cuont block:block_rq_issue", at: "cuont", "count", "nothing to ask"),
    .init("histogram block:block_rq_issue.bytes", at: "histogram", "hist", "nothing to ask"),
    .init("printf sched:sched_process_exec", at: "printf", "events", "nothing to ask"),
    .init("count block_rq_isue", at: "block_rq_isue", "block:block_rq_issue", "neither an event"),
    .init("count vfs_raed by comm", at: "vfs_raed", "vfs_read", "neither an event"),
    .init(
      "count block:block_rq_isue by rwbs", at: "block:block_rq_isue", "block:block_rq_issue",
      "no event"),
    .init("count block:block_rq_issue by rwsb", at: "rwsb", "rwbs", "has no 'rwsb'"),
    .init("count block:block_rq_issue by com", at: "com", "comm", "has no 'com'"),
    .init("count block:block_rq_issue by dev,dev", at: "dev", nil, "twice"),
    .init("count block:block_rq_issue by dev label dev", at: "dev", nil, "twice"),
    .init("count block:block_rq_issue ~ block:block_rq_complete by dev", at: "~", nil, "single"),
    .init(
      "count block:block_rq_issue.bytes", at: "block:block_rq_issue.bytes",
      "block:block_rq_issue", "no use"),
    .init("count block:block_rq_issue print comm", at: "print", "by", "is of rows"),
    .init("\(tied) print comm", at: "print", nil, "is of rows"),
    .init("sum block:block_rq_issue", at: "", "block:block_rq_issue.bytes", "value is missing"),
    .init("hist irq:softirq_raise", at: "", "irq:softirq_raise.vec", "value is missing"),
    .init("hist block:block_rq_issue.", at: ".", nil, "value behind"),
    .init("hist block:block_rq_issue.byts", at: "byts", "bytes", "no number 'byts'"),
    .init("hist block:block_rq_issue.size", at: "size", "bytes", "no number 'size'"),
    .init("sum block:block_rq_issue.rwbs", at: "rwbs", "bytes", "is text"),
    .init("hist block:block_rq_issue.comm by dev", at: "comm", "bytes", "is text"),
    .init("sum vfs_read.arg9", at: "arg9", "arg0", "no number 'arg9'"),
    .init("hist vfs_read.retval by arg2", at: "arg2", "retval", "at the entry"),
    .init("hist vfs_read", at: "", "vfs_read.arg0", "value is missing"),
    .init("count vfs_read by arg7", at: "arg7", "arg0", "has no 'arg7'"),
    .init("count raw_syscalls:sys_enter by args", at: "args", "id", "an array"),
    .init("count raw_syscalls:sys_enter where comm == 'dd'", at: "comm", nil, "no condition"),
    .init("count raw_syscalls:sys_enter where class == 1", at: "class", nil, "no value to compare"),
    .init("count raw_syscalls:sys_enter where id == fsnc", at: "fsnc", "fsync", "no value"),
    .init("count raw_syscalls:sys_enter by comm,pid,tid,cpu", at: "cpu", nil, "24 bytes"),
    .init("events sched:sched_process_exec by comm", at: "by", "print", "no labels"),
    .init("events sched:sched_process_exec show comm", at: "show", "print", "no part"),
    .init(
      "events sched:sched_process_exec print filname", at: "filname", "filename", "no 'filname'"),
    .init("events sched:sched_process_exec print pid,pid", at: "pid", nil, "twice"),
    .init("events sched:sched_process_exec print", at: "", nil, "is missing"),
    .init("events raw_syscalls:sys_enter print args", at: "args", nil, "no column"),
    .init("stack block:block_rq_issue for soon", at: "soon", nil, "no time"),
    .init(
      "stack syscalls:sys_enter_openat", at: "syscalls:sys_enter_openat",
      "raw_syscalls:sys_enter", "production kernels"),
  ]

  private static let all = events + functions + fields + values + syntax + single

  private static func fault(_ line: String) -> MeasureError? {
    do throws(MeasureError) {
      _ = try MeasureQuestion(try MeasureLine.parse(line), kernel: Kernel.known)
      return nil
    } catch { return error }
  }

  @Test("every wrong line is refused with its place and the right remedy", arguments: all)
  func broken(_ broken: Broken) throws {
    try broken.expect(Self.fault(broken.line))
  }

  @Test("what is wrong is underlined")
  func underlined() throws {
    let fault = try #require(Self.fault("block:block_rq_isue ~ block:block_rq_complete by dev"))
    #expect(
      fault.underlined == [
        "block:block_rq_isue ~ block:block_rq_complete by dev", "^^^^^^^^^^^^^^^^^^^",
      ])
    #expect(fault.remedy.hasPrefix("did you mean 'block:block_rq_issue'?"))
  }

  @Test("any text is read without a trap")
  func anyText() {
    let line = Array(
      "hist a:b.c ~ c:d by x,y=z label l print p where n > 8 and m in (1, 2) for 5s '\"()&|~=<>!")
    for start in line.indices {
      for length in 0...min(24, line.count - start) {
        _ = Self.fault(String(line[start..<start + length]))
        _ = Self.fault(String(line[..<start]) + String(line[(start + length)...]))
      }
    }
  }
}
