import CAgentABI
import KernelTypes

/// Tasks, requests and interrupts of a small kernel, laid out by its types, and events on which each
/// probe has something to count. What lies around the fields are ones.
struct ProbeScenario {
  let kernel: BTFTypes
  let isOld: Bool
  /// Names and values of enumerators that this kernel has in place of today's.
  let enumerators: [String: (name: String, value: Int)]

  static let session: UInt64 = 9
  static let agent: UInt64 = 77
  static let openedNs: UInt64 = 9_000

  /// Whose operations count, in objects that are built for a scope.
  enum Scope: String, CaseIterable {
    case comm, pid, cgroup

    static let workComm = "work"
    static let workPID: UInt64 = 5
    static let workCgroup: UInt64 = 42
    static let level: UInt64 = 1
  }

  /// Text as the number that its bytes are, up to eight of them.
  static func number(of text: String) -> UInt64 {
    text.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Plays the events of a probe's hooks on one rung.
  ///
  /// - Parameters:
  ///   - probe: whose events they are.
  ///   - object: its programs.
  ///   - rung: whose programs run.
  ///   - scope: what the object is configured for; nil for one without a scope.
  ///   - evenIfLost: also run what cannot be right, as a kernel would without preflight.
  /// - Returns: all that its maps hold afterwards; nil when it has no program for the rung.
  /// - Throws: `MalformedError`, `ProbeMachine.Fault`.
  func play(
    _ probe: String, _ object: ObjectFile, rung: String, scope: Scope? = nil,
    evenIfLost: Bool = false
  ) throws -> Outcome? {
    let machine = ProbeMachine()
    let loaded = try MachineObject(object, kernel: kernel, machine: machine)
    let names = loaded.programs.keys.filter { $0.hasSuffix("__\(rung)") }
    guard !names.isEmpty else { return nil }
    let unmet = names.sorted().flatMap { loaded.programs[$0]?.unmet ?? [] }
    var outcome = Outcome(
      lost: unmet.map(\.subject),
      fields: Set(
        names.flatMap { loaded.programs[$0]?.answers ?? [] }.map(\.subject)
      ))
    if !unmet.isEmpty, !evenIfLost { return outcome }
    // Epoch 1, open, phase 1.
    try loaded.set("lg_window", 4, 1 << 10 | 2 << 8 | 1, in: machine)
    try loaded.set("lg_window_opened_ns", 8, Self.openedNs, in: machine)
    try loaded.set("lg_scope_session", 4, Self.session, in: machine)
    try loaded.set("lg_self_tgid", 4, Self.agent, in: machine)
    try loaded.set("lg_task_storage", 1, rung == "tp_btf" ? 1 : 0, in: machine)
    try loaded.set("lg_args_sched_switch", 4, 3, in: machine)
    // struct lg_scope: kind, pid, cgroup, level, padding, comm.
    if let scope {
      let kind = scope == .comm ? LG_SCOPE_COMM : scope == .pid ? LG_SCOPE_PID : LG_SCOPE_CGROUP
      try loaded.set("lg_scope", 4, UInt64(kind), in: machine)
      try loaded.set("lg_scope", at: 4, 4, Scope.workPID, in: machine)
      try loaded.set("lg_scope", at: 8, 8, Scope.workCgroup, in: machine)
      try loaded.set("lg_scope", at: 16, 4, Scope.level, in: machine)
      try loaded.set("lg_scope", at: 24, 8, Self.number(of: Scope.workComm), in: machine)
    }
    let world = KernelObjects(self, machine)
    for event in try world.events(of: probe) {
      let program =
        loaded.programs["\(event.hook)__\(rung)"]
        ?? loaded.programs.first {
          $0.key.hasPrefix("opt") && $0.key.hasSuffix("_\(event.hook)__\(rung)")
        }?.value
      guard let program else { continue }
      machine.current = event.task.address
      machine.currentIDs = event.task.tgid << 32 | event.task.pid
      let context = machine.allocate(
        event.arguments.flatMap { word in
          (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        })
      try machine.run(program.code, context: context)
      outcome.events += 1
    }
    outcome.counted = try machine.contents()
    return outcome
  }

  struct Outcome {
    /// Fields and types without which the probe is lost.
    var lost: [String]
    /// Fields, types and enumerators that it asks about.
    var fields: Set<String>
    var events = 0
    var counted: [String] = []

    /// Whether a field or enumerator of this name is among what it asks about.
    func asks(about name: String) -> Bool {
      fields.contains { subject in
        subject.split { ".[] ".contains($0) }.contains { $0 == name }
      }
    }
  }

  /// An event as a tracepoint passes it.
  struct Event {
    var hook: String
    var arguments: [UInt64]
    var task: Task
  }

  struct Task {
    var address: UInt64
    var pid: UInt64
    var tgid: UInt64
  }
}
