import TraceFold

/// Perfetto's kernel events as the directories want them.
///
/// Numbers of fields are those of protos/perfetto/trace/ftrace/ftrace_event.proto and the files
/// beside it, which never change.
enum EventDecoding {
  /// Fields of FtraceEvent that hold `sched_switch` and `sched_wakeup`.
  static let switching = 4
  static let wakeup = 17
  /// Field of FtraceEvent that holds `sched_waking`, in place of a wakeup where there is none.
  static let waking = 20
  /// Field of FtraceEvent that holds a `print` event.
  static let print = 3

  /// The event's kind by its field in FtraceEvent; nil for one that no known metric needs.
  static func kind(ofField number: Int) -> lg_event_kind? {
    switch number {
    case switching: LG_EVENT_SCHED_SWITCH
    case 11: LG_EVENT_CPU_FREQUENCY
    case wakeup: LG_EVENT_SCHED_WAKEUP
    case 18: LG_EVENT_SCHED_BLOCKED_REASON
    case 24: LG_EVENT_SOFTIRQ_ENTRY
    case 25: LG_EVENT_SOFTIRQ_EXIT
    case 26: LG_EVENT_SOFTIRQ_RAISE
    case 45: LG_EVENT_BLOCK_ISSUE
    case 50: LG_EVENT_BINDER_TRANSACTION
    case 51: LG_EVENT_BINDER_RECEIVED
    case 114: LG_EVENT_SCHED_WAKEUP_NEW
    case 125: LG_EVENT_BLOCK_COMPLETE
    case 129: LG_EVENT_BLOCK_REQUEUE
    case 235: LG_EVENT_TASK_NEWTASK
    case 239: LG_EVENT_SCHED_PROCESS_FORK
    default: nil
    }
  }

  /// Fields that an event of `kind` has on every kernel, and that are read.
  static func needed(_ kind: lg_event_kind) -> [Int] {
    switch kind {
    case LG_EVENT_SCHED_SWITCH: [2, 4, 6]
    case LG_EVENT_SCHED_WAKEUP, LG_EVENT_SCHED_WAKEUP_NEW: [2]
    case LG_EVENT_SCHED_BLOCKED_REASON: [1, 3]
    case LG_EVENT_TASK_NEWTASK: [1, 3]
    case LG_EVENT_SCHED_PROCESS_FORK: [2, 4]
    case LG_EVENT_BLOCK_ISSUE, LG_EVENT_BLOCK_COMPLETE, LG_EVENT_BLOCK_REQUEUE: [1, 2, 3, 5]
    case LG_EVENT_BINDER_TRANSACTION: [1, 4, 5, 7]
    case LG_EVENT_CPU_FREQUENCY: [1, 2]
    case LG_EVENT_BINDER_RECEIVED, LG_EVENT_SOFTIRQ_RAISE, LG_EVENT_SOFTIRQ_ENTRY,
      LG_EVENT_SOFTIRQ_EXIT:
      [1]
    default: []
    }
  }

  /// Fills in what an event of `kind` says.
  static func fill(
    _ event: inout lg_trace_event, kind: lg_event_kind, _ fields: EventFields, _ data: [UInt8]
  ) {
    switch kind {
    case LG_EVENT_SCHED_SWITCH:
      event.sched_switch.prev_tid = fields.word(2)
      event.sched_switch.next_tid = fields.word(6)
      event.sched_switch.sleep = lg_trace_sleep(fields[4], nil)
    case LG_EVENT_SCHED_WAKEUP: event.wakeup.tid = fields.word(2)
    case LG_EVENT_SCHED_WAKEUP_NEW: event.wakeup.tid = fields.word(2)
    case LG_EVENT_SCHED_BLOCKED_REASON:
      event.blocked.tid = fields.word(1)
      event.blocked.io_wait = fields.word(3) != 0 ? 1 : 0
    case LG_EVENT_TASK_NEWTASK:
      let cloneThread: UInt64 = 0x10000
      event.fork.parent_tid = event.tid
      event.fork.child_tid = fields.word(1)
      event.fork.thread = fields[3] & cloneThread != 0 ? 1 : 0
    case LG_EVENT_SCHED_PROCESS_FORK:
      event.fork.parent_tid = fields.word(2)
      event.fork.child_tid = fields.word(4)
      event.fork.thread = UInt32(LG_FORK_UNKNOWN)
    case LG_EVENT_BLOCK_ISSUE, LG_EVENT_BLOCK_COMPLETE, LG_EVENT_BLOCK_REQUEUE:
      event.block.dev = kernelDevice(fields[1])
      event.block.sector = fields[2]
      event.block.sectors = fields.word(3)
      event.block.op = operation(data[fields.text(5)])
    case LG_EVENT_BINDER_TRANSACTION:
      event.binder.id = fields.word(1)
      event.binder.to_tid = fields.word(4)
      event.binder.reply = fields.word(5) != 0 ? 1 : 0
      event.binder.one_way = fields.word(7) & 1
    case LG_EVENT_BINDER_RECEIVED: event.binder.id = fields.word(1)
    case LG_EVENT_SOFTIRQ_RAISE, LG_EVENT_SOFTIRQ_ENTRY, LG_EVENT_SOFTIRQ_EXIT:
      event.softirq.vector = fields.word(1)
    case LG_EVENT_CPU_FREQUENCY:
      event.frequency.khz = fields.word(1)
      event.frequency.cpu = fields.word(2)
    default: break
    }
  }

  /// Fills in what a declared event says.
  static func fill(
    _ event: inout lg_trace_event, declared: Int, _ traced: DeclaredMetrics.TracedEvent,
    _ fields: EventFields, _ data: [UInt8]
  ) {
    event.declared = UInt32(declared) + 1
    withUnsafeMutableBytes(of: &event.values) { values in
      for (value, field) in traced.values where field.kind != .text {
        let number = fields[field.number]
        let isDevice = field.kind == .device
        values.storeBytes(
          of: isDevice ? UInt64(kernelDevice(number)) : number, toByteOffset: 8 * value,
          as: UInt64.self)
      }
    }
    guard let text = traced.values.first(where: { $0.field.kind == .text })?.field else { return }
    withUnsafeMutableBytes(of: &event.text) { bytes in
      bytes.copyBytes(from: data[fields.text(text.number)].prefix(bytes.count - 1))
    }
  }

  /// Perfetto writes devices as user space numbers them (new_encode_dev() in the kernel's
  /// include/linux/kdev_t.h); our keys have them as the kernel does.
  static func kernelDevice(_ number: UInt64) -> UInt32 {
    let major = (number & 0xfff00) >> 8
    let minor = (number & 0xff) | ((number >> 12) & 0xfff00)
    return UInt32(truncatingIfNeeded: major << 20 | minor)
  }

  private static func operation(_ rwbs: ArraySlice<UInt8>) -> UInt32 {
    rwbs.withUnsafeBytes { bytes in
      lg_trace_op(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }
  }
}
