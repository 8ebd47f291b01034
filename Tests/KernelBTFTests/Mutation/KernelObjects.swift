import KernelTypes

/// The objects of a small kernel in a machine's memory, and what happens to them.
struct KernelObjects {
  typealias Task = ProbeScenario.Task
  typealias Event = ProbeScenario.Event

  /// Those that ``events(of:)`` has something for.
  static let probes: Set = [
    "binder", "block", "fsync", "hardirq", "offcpu", "reclaim", "runqueue", "sleep", "softirq",
    "syscall",
  ]

  private let scenario: ProbeScenario
  private let machine: ProbeMachine
  /// The bit of a task that runs 32-bit code on a 64-bit arm64 kernel.
  private static let compat: UInt64 = 1 << 22

  init(_ scenario: ProbeScenario, _ machine: ProbeMachine) {
    self.scenario = scenario
    self.machine = machine
  }

  // MARK: - Layout

  /// A member of a struct, also inside anonymous ones: where it begins, how wide it is, its type.
  private func find(
    _ name: String, in type: BTFType
  ) -> (bits: Int, width: Int, type: UInt32)? {
    for member in scenario.kernel.members(of: type) {
      if member.name == name {
        let size = scenario.kernel.size(of: member.type, pointerSize: 8) ?? 0
        return (
          Int(member.bitOffset), member.bitSize > 0 ? Int(member.bitSize) : size * 8, member.type
        )
      }
      if member.name.isEmpty,
        let inner = find(name, in: scenario.kernel.resolved(member.type))
      {
        return (Int(member.bitOffset) + inner.bits, inner.width, inner.type)
      }
    }
    return nil
  }

  /// A field by its path, such as `numbers.0.nr`; nil where this kernel has none.
  private func find(_ path: String, of owner: String) -> (bits: Int, width: Int)? {
    let kernel = scenario.kernel
    var type = kernel.type(named: owner, .structure) ?? 0
    var place = (bits: 0, width: 0)
    for step in path.split(separator: ".") {
      if let index = Int(step) {
        guard let array = kernel.array(kernel.resolved(type)) else { return nil }
        let size = kernel.size(of: array.element, pointerSize: 8) ?? 0
        place = (place.bits + index * size * 8, size * 8)
        type = array.element
      } else {
        guard let found = find(String(step), in: kernel.resolved(type)) else { return nil }
        place = (place.bits + found.bits, found.width)
        type = found.type
      }
    }
    return place
  }

  /// An object with these fields; everything else in it is ones.
  private func make(_ owner: String, _ fields: [String: UInt64]) throws -> UInt64 {
    let id = scenario.kernel.type(named: owner, .structure) ?? 0
    let size = scenario.kernel.size(of: id, pointerSize: 8) ?? 0
    var bytes = [UInt8](repeating: 0xff, count: size + 64)
    for (path, value) in fields {
      guard let place = find(path, of: owner) else { continue }
      for bit in 0..<place.width {
        let (at, mask) = ((place.bits + bit) / 8, UInt8(1) << UInt8((place.bits + bit) % 8))
        let isSet = bit < 64 && value >> UInt64(bit) & 1 == 1
        bytes[at] = isSet ? bytes[at] | mask : bytes[at] & ~mask
      }
    }
    return machine.allocate(bytes)
  }

  private func value(_ enumerator: String) -> UInt64 {
    let today = KernelSource.enumerators.first { $0.name == enumerator }?.value ?? 0
    return UInt64(scenario.enumerators[enumerator]?.value ?? today)
  }

  // MARK: - Objects

  private func task(
    _ pid: UInt64, session: UInt64 = 3, tgid: UInt64? = nil, with fields: [String: UInt64] = [:]
  ) throws -> Task {
    let identity = try make("pid", ["numbers.0.nr": session])
    let signal = try make("signal_struct", ["pids.\(value("PIDTYPE_SID"))": identity])
    var all: [String: UInt64] = [
      "pid": pid, "tgid": tgid ?? pid, "flags": 0, "on_cpu": 0, "state": 0, "__state": 0,
      "in_iowait": 0, "sched_contributes_to_load": 0, "start_time": 5_000, "signal": signal,
      "thread_info.flags": 0, "comm": ProbeScenario.number(of: "other"), "group_leader": 0,
    ]
    if all["cgroups"] == nil { all["cgroups"] = try cgroups(id: 7) }
    all.merge(fields) { $1 }
    return Task(
      address: try make("task_struct", all), pid: all["pid"] ?? pid, tgid: all["tgid"] ?? pid)
  }

  /// The cgroups of a task: one below the root's child `id`.
  private func cgroups(id: UInt64) throws -> UInt64 {
    let level = ProbeScenario.Scope.level
    let node = try make("kernfs_node", ["id": id])
    let ancestor = try make("cgroup", ["kn": node, "level": level])
    let below = try make("kernfs_node", ["id": id + 1])
    let own = try make(
      "cgroup",
      [
        "kn": below, "level": level + 1, "ancestors.\(level)": ancestor,
        "ancestor_ids.\(level)": id,
      ])
    return try make("css_set", ["dfl_cgrp": own])
  }

  private func request(_ operation: UInt64, bytes: UInt64, disk: UInt64) throws -> UInt64 {
    let queue = try make("request_queue", ["disk": disk])
    return try make(
      "request",
      [
        "q": queue, "rq_disk": disk, "cmd_flags": operation | 0x800, "__data_len": bytes,
      ])
  }

  // MARK: - Events

  func events(of probe: String) throws -> [Event] {
    typealias Scope = ProbeScenario.Scope
    let named = ["comm": ProbeScenario.number(of: Scope.workComm)]
    let inside = try cgroups(id: Scope.workCgroup)
    let worker = try task(
      Scope.workPID, session: ProbeScenario.session, with: named.merging(["cgroups": inside]) { $1 }
    )
    let leader = try make("task_struct", named)
    let sleeper = try task(
      6,
      with: [
        "state": 2, "__state": 2, "in_iowait": 1, "group_leader": leader, "cgroups": inside,
      ])
    let waking = try task(
      7, with: ["state": 0x200, "__state": 0x200, "sched_contributes_to_load": 1])
    let idler = try task(8, with: ["state": 0x402, "__state": 0x402])
    let thread = try task(9, with: ["flags": 0x20_0000, "state": 1, "__state": 1])
    let running = try task(10, with: ["on_cpu": 1])
    let forked = try task(11, session: ProbeScenario.session, with: ["flags": 0x40])
    let own = try task(12, tgid: ProbeScenario.agent)
    let narrow = try task(13, with: ["thread_info.flags": Self.compat])
    let born = try task(14, with: ["start_time": ProbeScenario.openedNs + 50_000])
    let idle = try task(0)
    func wakeup(_ task: Task) -> Event {
      Event(hook: "sched_wakeup", arguments: [task.address], task: idle)
    }
    func change(_ from: Task, _ to: Task, preempt: UInt64 = 0) -> Event {
      Event(hook: "sched_switch", arguments: [preempt, from.address, to.address], task: from)
    }
    switch probe {
    case "runqueue":
      return [worker, sleeper, thread, running, forked, own].map(wakeup) + [
        change(idle, worker), change(worker, sleeper), change(sleeper, worker),
        change(worker, thread, preempt: 1), change(thread, forked), change(forked, own),
        change(own, running), wakeup(thread), change(running, thread),
      ]
    case "sleep", "offcpu":
      return [
        change(sleeper, waking), change(waking, idler), change(idler, thread),
        change(thread, worker), wakeup(sleeper), wakeup(waking), wakeup(idler), wakeup(thread),
        change(worker, sleeper), change(sleeper, own, preempt: 1),
      ]
    case "syscall":
      return [worker, narrow, forked, own, thread].flatMap { task in
        [
          Event(hook: "sys_enter", arguments: [0, 63], task: task),
          Event(hook: "sys_exit", arguments: [0, 1], task: task),
        ]
      } + [
        Event(hook: "sys_exit", arguments: [0, 1], task: born),
        Event(hook: "sys_exit", arguments: [0, 1], task: sleeper),
        Event(hook: "sys_enter", arguments: [0, 93], task: worker),
        Event(hook: "sched_process_exit", arguments: [worker.address], task: worker),
      ]
    case "block":
      let disk = try make("gendisk", ["major": 179, "first_minor": 8])
      let operations = ["REQ_OP_READ", "REQ_OP_WRITE", "REQ_OP_FLUSH", "REQ_OP_DISCARD"].map(value)
      return try (operations + [9]).flatMap { operation in
        let bytes: UInt64 = operation == value("REQ_OP_FLUSH") ? 0 : 4096
        let request = try request(operation, bytes: bytes, disk: disk)
        let arguments = scenario.isOld ? [0, request] : [request]
        return [
          Event(hook: "block_rq_insert", arguments: arguments, task: idle),
          Event(hook: "block_rq_issue", arguments: arguments, task: idle),
          Event(hook: "block_rq_complete", arguments: [request, 0, bytes / 2], task: idle),
          Event(hook: "block_rq_complete", arguments: [request, 0, bytes], task: idle),
        ]
      }
    case "hardirq":
      let name = machine.allocate(Array("eth0\0".utf8))
      let action = try make("irqaction", ["name": name])
      return [
        Event(hook: "irq_handler_entry", arguments: [12, action], task: idle),
        Event(hook: "irq_handler_exit", arguments: [12], task: idle),
      ]
    case "softirq":
      // Three vectors of one batch; a tick raises 7 and 9 once more while an earlier one runs, and 2,
      // which is not due before the next batch. Then a batch of one, and one of what it raised. Then one
      // is raised again before it is entered, and one between two vectors: both are due once more.
      let batches = """
        raise 1, raise 7, raise 9, entry 1, raise 7, raise 7, raise 2, raise 2, exit 1, entry 7,
        raise 9, raise 7, exit 7, entry 9, exit 9, entry 2, exit 2, entry 7, exit 7, entry 9, exit 9,
        raise 1, entry 1, raise 7, raise 9, exit 1, entry 7, raise 9, exit 7, entry 9, exit 9, entry 9,
        exit 9, raise 1, raise 1, entry 1, exit 1, entry 1, exit 1, raise 3, raise 9, entry 3, exit 3,
        raise 9, entry 9, exit 9, entry 9, exit 9
        """
      return batches.split(whereSeparator: { ",\n".contains($0) }).map { text in
        let words = text.split(separator: " ")
        return Event(
          hook: "softirq_\(words[0])", arguments: [UInt64(words[1]) ?? 0], task: idle)
      }
    case "reclaim":
      return pairs(
        [worker, forked, own, thread], "mm_vmscan_direct_reclaim_begin",
        "mm_vmscan_direct_reclaim_end")
    case "fsync":
      return pairs([worker, own, thread], "ext4_sync_file_enter", "ext4_sync_file_exit")
    case "binder":
      // debug_id and target_node, to_proc and to_thread, reply and code, flags.
      return [
        Event(hook: "binder_transaction", arguments: [0, 100, 0, 0, 0], task: worker),
        Event(hook: "binder_transaction_received", arguments: [0, 100], task: thread),
        Event(
          hook: "binder_transaction", arguments: [0, 101, worker.pid << 32, 1, 0], task: thread),
        Event(hook: "binder_transaction_received", arguments: [0, 101], task: worker),
        Event(hook: "binder_transaction", arguments: [0, 102, 0, 0, 1], task: worker),
      ]
    case PreparedSpan.probe:
      // The record's number stands behind its first eight bytes.
      return [worker, sleeper, own, thread, forked].flatMap { task in
        PreparedSpan.hooks.map { Event(hook: $0, arguments: [0, task.pid], task: task) }
      }
    default: return []
    }
  }

  private func pairs(_ tasks: [Task], _ begin: String, _ end: String) -> [Event] {
    tasks.flatMap { task in
      [
        Event(hook: begin, arguments: [0, 0, 0], task: task),
        Event(hook: end, arguments: [0, 0, 0], task: task),
      ]
    }
  }
}
