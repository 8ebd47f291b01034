import CAgentABI
import Devices
import Foundation
import POSIXSupport

/// A session with the agent on a device: one request at a time, each with a time limit.
///
/// While nothing is asked, pings keep the agent's watchdog quiet. A request that fails in
/// any way but a refusal, or that is cancelled, ends the session, because the rest of its
/// answer could not be distinguished from the next one. Dropping the last reference ends the agent.
/// All calls throw ``AgentSessionError``, ``DeviceError`` or `CancellationError`.
package actor AgentClient {
  /// What the agent said of itself and the device.
  nonisolated package let facts: AgentFacts

  private let exchange: AgentExchange
  private let keepAlive: Task<Void, Never>

  private init(facts: AgentFacts, exchange: AgentExchange, silence: Duration) {
    self.facts = facts
    self.exchange = exchange
    self.keepAlive = Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: silence / 3)
        // A failure is kept by the exchange and met by the next request.
        if Task.isCancelled { return }
        await exchange.pingIfIdle(timeout: silence)
      }
    }
  }

  deinit {
    keepAlive.cancel()
  }

  /// Starts the agent on a device and greets it. `command` is a shell command line;
  /// `silence` is how long the agent waits for a host that has vanished, before it detaches
  /// and exits.
  package static func start(
    on device: any Device, command: String, hostVersion: String,
    silence: Duration = .seconds(30), timeout: Duration = .seconds(20)
  ) async throws -> AgentClient {
    // exec: no shell stays between, so that the agent's end is the stream's end.
    try await start(
      over: try await device.stream("exec " + command), hostVersion: hostVersion,
      silence: silence, timeout: timeout)
  }

  /// Greets an agent that runs already at the other end of a stream.
  package static func start(
    over stream: any DeviceStream, hostVersion: String, silence: Duration = .seconds(30),
    timeout: Duration = .seconds(20)
  ) async throws -> AgentClient {
    try await start(
      over: stream, hostVersion: hostVersion, protocolVersion: UInt32(LG_PROTOCOL_VERSION),
      silence: silence, timeout: timeout)
  }

  static func start(
    over stream: any DeviceStream, hostVersion: String, protocolVersion: UInt32,
    silence: Duration, timeout: Duration
  ) async throws -> AgentClient {
    let exchange = AgentExchange(stream: stream)
    var greeting = AttributeWriter()
    greeting.put(LG_ATTR_VERSION, protocolVersion)
    greeting.put(LG_ATTR_HOST_VERSION, text: hostVersion)
    greeting.put(LG_ATTR_SILENCE_MS, silence.wholeMilliseconds)
    do {
      let frames = try await exchange.ask(
        AgentRequest(type: LG_MSG_HELLO, name: "HELLO", payload: greeting.bytes), timeout: timeout)
      let reader = try Answers(frames, to: "HELLO").single(LG_MSG_FACTS, "FACTS")
      let version: UInt32 = try reader.number(LG_ATTR_VERSION)
      if version != UInt32(LG_PROTOCOL_VERSION) {
        let agent = reader.optionalText(LG_ATTR_AGENT_VERSION) ?? "of unknown version"
        throw AgentSessionError.versionMismatch(
          detail: "agent \(agent) speaks protocol \(version), this latgate \(LG_PROTOCOL_VERSION)")
      }
      return AgentClient(facts: try AgentFacts(reader), exchange: exchange, silence: silence)
    } catch AgentSessionError.refused(let refusal) where refusal.code == .protocol {
      // Two ends of one release agree on the greeting.
      await exchange.close()
      throw AgentSessionError.versionMismatch(detail: refusal.text)
    } catch {
      await exchange.close()
      throw error
    }
  }

  /// Shows that the agent is there.
  package func ping(timeout: Duration = .seconds(20)) async throws {
    _ = try await ask(LG_MSG_PING, "PING", timeout: timeout)
  }

  /// Loads a program that does nothing, which the greeting does not: what it says of `bpf` is only
  /// known afterwards.
  /// - Returns: whether the kernel takes programs from the agent.
  package func canary(timeout: Duration = .seconds(60)) async throws -> AgentFeature {
    do {
      _ = try await ask(LG_MSG_CANARY, "CANARY", timeout: timeout)
      return AgentFeature(name: "bpf", state: .yes, reason: "")
    } catch AgentSessionError.refused(let refusal)
      where refusal.code == .refused || refusal.code == .unsupported
    {
      return AgentFeature(name: "bpf", state: .no, reason: refusal.text)
    }
  }

  /// Restricts the probes that are loaded afterwards to a scope. Refused as `.scope` where that is
  /// not on the device.
  package func restrict(to scope: AgentScope, timeout: Duration = .seconds(20)) async throws {
    var writer = AttributeWriter()
    scope.put(into: &writer)
    _ = try await ask(LG_MSG_SCOPE, "SCOPE", writer, timeout: timeout)
  }

  /// Loads a probe; nothing of it stays loaded after a refusal.
  /// - Returns: how each of its hooks will be attached; an empty rung = not at all.
  package func load(
    _ probe: AgentProbe, timeout: Duration = .seconds(120)
  ) async throws -> [AgentHook] {
    if probe.object.isEmpty {
      throw AgentSessionError.invalidRequest("probe \(probe.name): its object file is empty")
    }
    return try await hooks(probe.request, timeout: timeout)
  }

  /// Takes a probe that the firmware pinned at boot, without loading anything; afterwards it is
  /// like a loaded one. Refused as `.unsupported` where it is not pinned, as `.refused` where the
  /// agent may not open or attach the pins, as `.busy` while another agent uses them.
  /// - Returns: how its hooks were pinned; an empty rung = not there at boot.
  package func loadPinned(
    _ probe: AgentPinnedProbe, timeout: Duration = .seconds(60)
  ) async throws -> [AgentHook] {
    try await hooks(probe.request, timeout: timeout)
  }

  /// Loads a probe that is made of trace events, without BPF (tier T0).
  ///
  /// - Returns: its events; the rung is `ftrace`, or empty for one that cannot be enabled.
  /// - Throws: `AgentSessionError.refused`: `.unsupported` when an event that a metric needs is
  ///   missing, `.busy` while another tool traces.
  package func loadTrace(
    _ probe: AgentTraceProbe, timeout: Duration = .seconds(60)
  ) async throws -> [AgentHook] {
    try await hooks(probe.request, timeout: timeout)
  }

  private func hooks(_ request: AgentRequest, timeout: Duration) async throws -> [AgentHook] {
    try Answers(try await exchange.ask(request, timeout: timeout), to: request.name)
      .all(LG_MSG_HOOK, "HOOK", AgentHook.init)
  }

  /// Attaches all loaded probes.
  package func attach(timeout: Duration = .seconds(60)) async throws {
    _ = try await ask(LG_MSG_ATTACH, "ATTACH", timeout: timeout)
  }

  /// Detaches all probes; they stay loaded.
  package func detach(timeout: Duration = .seconds(60)) async throws {
    _ = try await ask(LG_MSG_DETACH, "DETACH", timeout: timeout)
  }

  /// Unloads one probe.
  package func unload(_ probe: String, timeout: Duration = .seconds(60)) async throws {
    var writer = AttributeWriter()
    writer.put(LG_ATTR_PROBE, text: probe)
    _ = try await ask(LG_MSG_UNLOAD, "UNLOAD", writer, timeout: timeout)
  }

  /// Runs one step outside any window; `margin` comes on top of the step's own limit.
  package func exec(
    _ step: AgentStep, margin: Duration = .seconds(30)
  ) async throws -> AgentStepResult {
    var writer = AttributeWriter()
    try step.put(into: &writer)
    let answers = try await ask(LG_MSG_EXEC, "EXEC", writer, timeout: step.limit + margin)
    return try AgentStepResult(try answers.single(LG_MSG_STEP_RESULT, "STEP_RESULT"))
  }

  /// Runs a phase's steps inside a window and reads what the probes saw.
  ///
  /// `margin` is the time allowed beyond the phase's own limits, for reading and sending:
  /// an emulated device needs much of it.
  package func run(
    _ phase: AgentPhase, margin: Duration = .seconds(120)
  ) async throws -> PhaseResult {
    var writer = AttributeWriter()
    writer.put(LG_ATTR_PHASE, UInt32(phase.number))
    writer.put(LG_ATTR_PREROLL_NS, phase.preRoll.wholeNanoseconds)
    writer.put(LG_ATTR_DRAIN_NS, phase.drain.wholeNanoseconds)
    for step in phase.steps { try step.put(into: &writer) }
    let limit = phase.steps.reduce(phase.preRoll + phase.drain + margin) { $0 + $1.limit }
    return try PhaseResult(try await ask(LG_MSG_PHASE, "PHASE", writer, timeout: limit))
  }

  /// Opens a window for steps that the host itself makes. Only ``ping(timeout:)``,
  /// ``snapshot(timeout:)``, ``readFiles(_:patterns:timeout:)``, ``closeWindow(drain:margin:)`` and
  /// ``bye(timeout:)`` are allowed while it is open.
  package func openWindow(
    phase: UInt8, preRoll: Duration, margin: Duration = .seconds(30)
  ) async throws {
    var writer = AttributeWriter()
    writer.put(LG_ATTR_PHASE, UInt32(phase))
    writer.put(LG_ATTR_PREROLL_NS, preRoll.wholeNanoseconds)
    _ = try await ask(LG_MSG_WINDOW_OPEN, "WINDOW_OPEN", writer, timeout: preRoll + margin)
  }

  /// Closes the window opened by ``openWindow(phase:preRoll:margin:)`` and reads what the
  /// probes saw; the result has no steps.
  package func closeWindow(
    drain: Duration, margin: Duration = .seconds(120)
  ) async throws -> PhaseResult {
    var writer = AttributeWriter()
    writer.put(LG_ATTR_DRAIN_NS, drain.wholeNanoseconds)
    return try PhaseResult(
      try await ask(LG_MSG_WINDOW_CLOSE, "WINDOW_CLOSE", writer, timeout: drain + margin))
  }

  /// What the probes of the open window have so far: a look, never evidence. Programs go on while
  /// it is read, so that numbers may not balance; probes of trace events are not in it. Its window
  /// ends now.
  package func snapshot(timeout: Duration = .seconds(30)) async throws -> PhaseResult {
    try PhaseResult(try await ask(LG_MSG_SNAPSHOT, "SNAPSHOT", timeout: timeout))
  }

  /// Turns the kernel's run-time statistics of BPF programs on or off.
  /// - Returns: what they counted, when turned off.
  package func setStatistics(
    enabled: Bool, timeout: Duration = .seconds(30)
  ) async throws -> [AgentProgramStatistics] {
    var writer = AttributeWriter()
    writer.put(LG_ATTR_ENABLE, UInt32(enabled ? 1 : 0))
    let answers = try await ask(LG_MSG_STATS, "STATS", writer, timeout: timeout)
    return try answers.all(LG_MSG_PROGRAM, "PROGRAM", AgentProgramStatistics.init)
  }

  /// Reads small files of the device, such as those of /proc and /sys, in one round trip.
  ///
  /// `patterns` are absolute paths with `*`, `?` and `[]` inside their parts; what they match
  /// comes in no order.
  package func readFiles(
    _ paths: [String], patterns: [String] = [], timeout: Duration = .seconds(60)
  ) async throws -> [AgentFile] {
    var writer = AttributeWriter()
    for path in paths { writer.put(LG_ATTR_PATH, text: path) }
    for pattern in patterns { writer.put(LG_ATTR_PATTERN, text: pattern) }
    let answers = try await ask(LG_MSG_READ_FILES, "READ_FILES", writer, timeout: timeout)
    return try answers.all(LG_MSG_FILE, "FILE", AgentFile.init)
  }

  /// A map of an object of another tool, as it is now: keys with their values, of per-CPU maps those of
  /// all possible CPUs, each padded to 8 bytes.
  package func readMap(
    _ map: String, of probe: String, timeout: Duration = .seconds(60)
  ) async throws -> [(key: [UInt8], value: [UInt8])] {
    var writer = AttributeWriter()
    writer.put(LG_ATTR_PROBE, text: probe)
    writer.put(LG_ATTR_MAP, text: map)
    let answers = try await ask(LG_MSG_READ_MAP, "READ_MAP", writer, timeout: timeout)
    return try answers.all(LG_MSG_ENTRY, "ENTRY") { reader throws(AgentSessionError) in
      (try reader.bytes(LG_ATTR_KEY), try reader.bytes(LG_ATTR_DATA))
    }
  }

  /// Ends the session in order: the agent detaches, restores what it changed, and exits.
  package func bye(timeout: Duration = .seconds(30)) async throws {
    keepAlive.cancel()
    do {
      _ = try await ask(LG_MSG_BYE, "BYE", timeout: timeout)
      try await exchange.waitForEnd(timeout: timeout)
    } catch {
      await exchange.close()
      throw error
    }
    await exchange.close()
  }

  /// Ends the session at once. Safe to repeat.
  package func close() async {
    keepAlive.cancel()
    await exchange.close()
  }

  private func ask(
    _ type: Int, _ name: String, _ writer: AttributeWriter = AttributeWriter(), timeout: Duration
  ) async throws -> Answers {
    let request = AgentRequest(type: type, name: name, payload: writer.bytes)
    return Answers(try await exchange.ask(request, timeout: timeout), to: name)
  }
}

extension PhaseResult {
  init(_ answers: Answers) throws(AgentSessionError) {
    steps = try answers.all(LG_MSG_STEP_RESULT, "STEP_RESULT", AgentStepResult.init)
    histograms = try answers.all(LG_MSG_HISTOGRAM, "HISTOGRAM", AgentHistogram.init)
    counts = try answers.all(LG_MSG_COUNT, "COUNT", AgentCount.init)
    rows = try answers.all(LG_MSG_ROWS, "ROWS", AgentRows.init)
    stacks = try answers.all(LG_MSG_STACK, "STACK", AgentStack.init)
    counters = try answers.all(LG_MSG_COUNTERS, "COUNTERS", AgentCounters.init)
    window = try AgentWindow(try answers.single(LG_MSG_WINDOW, "WINDOW"))
  }
}

/// The frames of one answer, without its end.
struct Answers: Sendable {
  private let frames: [AgentFrame]
  private let request: String

  init(_ frames: [AgentFrame], to request: String) {
    self.frames = frames
    self.request = request
  }

  /// Decodes every frame of a type.
  func all<Value>(
    _ type: Int, _ name: String,
    _ decode: (AttributeReader) throws(AgentSessionError) -> Value
  ) throws(AgentSessionError) -> [Value] {
    var values: [Value] = []
    for frame in frames where Int(frame.type) == type {
      values.append(try decode(try AttributeReader(payload: frame.payload, context: name)))
    }
    return values
  }

  /// The attributes of the one frame of a type.
  func single(_ type: Int, _ name: String) throws(AgentSessionError) -> AttributeReader {
    let found = try all(type, name) { reader throws(AgentSessionError) in reader }
    guard let first = found.first, found.count == 1 else {
      throw .malformed("\(found.count) frames \(name) in the answer to \(request)")
    }
    return first
  }
}
