import Experiments
import Foundation
import POSIXSupport
import Reporting
import RunRecords
import Synchronization

/// Between a run and the screen that shows it: looks at the open window in time, and carries out
/// what the user asks of the run.
package final class LiveFeed: WindowWatcher {
  private struct State {
    var isOpen = false
    var wantsRecord = false
    var isEnding = false
    /// Text of marks since the last record.
    var marks: [String: String] = [:]
    /// When the first window since the last record was opened.
    var begun: ContinuousClock.Instant?
    var ends: ContinuousClock.Instant?
    var tally = LiveTally(probes: [])
    var use: (AgentUse, ContinuousClock.Instant)?
    var trace: Task<Void, Never>?
    var window: OpenWindow?
    var files: [String] = []
  }

  private let interval: Duration
  private let limit: Duration?
  private let directory: String
  private let state = Mutex(State())
  let events: AsyncStream<LiveEvent>
  private let sink: AsyncStream<LiveEvent>.Continuation
  /// Called before the screen opens.
  private let opening: @Sendable () -> Void

  /// Longest wait before a wish is noticed.
  private static let patience = Duration.milliseconds(100)
  private static let traceTime = Duration.seconds(5)

  /// - Parameters:
  ///   - interval: between two looks.
  ///   - limit: time after which it ends by itself; nil = when the user wishes.
  ///   - directory: for records and traces.
  ///   - opening: called before the screen opens.
  package init(
    interval: Duration, limit: Duration?, directory: String, opening: @escaping @Sendable () -> Void
  ) {
    self.interval = interval
    self.limit = limit
    self.directory = directory
    self.opening = opening
    (events, sink) = AsyncStream.makeStream()
  }

  /// Paths of records and traces that were written.
  package var files: [String] { state.withLock { $0.files } }

  func send(_ event: LiveEvent) { sink.yield(event) }

  /// The run is over; `failure` is why, where it failed.
  package func end(_ failure: (any Error)?) {
    let text = failure.flatMap { error -> String? in
      error is CancellationError ? nil : ErrorReport(error).messages.first?.what ?? "\(error)"
    }
    send(.ended(text))
  }

  /// Carries out what a key asks for, in time.
  func grant(_ wish: LiveState.Wish) {
    switch wish {
    case .quit: state.withLock { $0.isEnding = true }
    case .save:
      state.withLock { $0.wantsRecord = true }
      send(.note("saving…", isWarning: false))
    case .mark(let number):
      state.withLock { state in
        guard let begun = state.begun else { return }
        let time = ContinuousClock.now - begun
        state.marks["mark_\(number)"] = String(format: "%.1f s", time / .seconds(1))
      }
    case .trace: trace()
    }
  }

  // MARK: the run

  package func watch(_ window: OpenWindow) async throws {
    begin(window)
    let opened = ContinuousClock.now
    var next = opened
    while true {
      next = max(next + interval, ContinuousClock.now)
      guard try await wait(until: next) else { break }
      if let pace = window.blindness?.pace {
        if ContinuousClock.now - opened >= pace { break }
      } else {
        let phase = try await window.look()
        send(.sample(state.withLock { $0.tally.take(phase, isClosed: false) }))
      }
      try await lookAtAgent(window)
    }
    guard state.withLock({ $0.isEnding && !$0.wantsRecord }) else { return }
    await endTrace()
  }

  package func closed(_ iteration: IterationRecord) async -> AfterWindow {
    for phase in iteration.phases {
      send(.sample(state.withLock { $0.tally.take(phase, isClosed: true) }))
    }
    if let dropped = iteration.dropped { send(.note("left out: \(dropped)", isWarning: true)) }
    return state.withLock { state in
      if state.wantsRecord { return .another(keeping: true) }
      return state.isEnding ? .end : .another(keeping: false)
    }
  }

  package func keep(_ record: RunRecord) async {
    var record = record
    let marks = state.withLock { state in
      defer { (state.marks, state.wantsRecord, state.begun) = ([:], false, nil) }
      return state.marks
    }
    record.invalid.append(
      InvalidMark(reason: "somebody watched it (latgate live): a look, and no evidence"))
    if let first = record.iterations.indices.first {
      record.iterations[first].notes.merge(marks) { _, new in new }
    }
    do {
      let path = try RecordFiles.write(record, to: directory)
      state.withLock { $0.files.append(path) }
      send(.note("saved: \(path)", isWarning: false))
    } catch {
      send(.note("not saved: \(error)", isWarning: true))
    }
  }

  private func begin(_ window: OpenWindow) {
    let isFirst = state.withLock { state in
      defer { state.isOpen = true }
      state.window = window
      state.begun = state.begun ?? .now
      guard !state.isOpen else { return false }
      state.tally = LiveTally(probes: window.probes)
      state.ends = limit.map { .now + $0 }
      return true
    }
    guard isFirst else { return }
    opening()
    send(
      .opened(
        LiveState.Subject(
          device: window.deviceName, kernel: window.kernelRelease, metrics: window.metrics,
          pace: window.blindness?.text)))
    for probe in window.probes where probe.status != .loaded {
      let reason = probe.reason?.split(separator: "\n").first.map { ": \($0)" } ?? ""
      send(.note("\(probe.name) is \(probe.status.rawValue)\(reason)", isWarning: true))
    }
  }

  /// - Returns: false where the window is to be closed now.
  private func wait(until time: ContinuousClock.Instant) async throws -> Bool {
    while true {
      let isWanted = state.withLock { state in
        if let ends = state.ends, ends <= .now { state.isEnding = true }
        return state.wantsRecord || state.isEnding
      }
      if isWanted { return false }
      let left = time - .now
      if left <= .zero { return true }
      try await Task.sleep(for: min(left, Self.patience))
    }
  }

  /// What the agent uses, once a second: its own files are read for it.
  private func lookAtAgent(_ window: OpenWindow) async throws {
    let now = ContinuousClock.now
    let before = state.withLock { $0.use }
    if let before, now - before.1 < .seconds(1) { return }
    guard let use = try await window.agentUse() else { return }
    state.withLock { $0.use = (use, now) }
    let cpu = before.map { before in
      Double(use.cpuNs &- before.0.cpuNs) / 1e9 / ((now - before.1) / .seconds(1))
    }
    send(.agent(cpu: cpu, memoryKiB: use.memoryKiB))
  }

  // MARK: perfetto

  private func trace() {
    let place = "\(directory)/live-\(timestamp()).perfetto-trace"
    state.withLock { state in
      guard let window = state.window, state.trace == nil else {
        return send(.note("a trace is being recorded already", isWarning: true))
      }
      send(.note("perfetto records for \(Self.traceTime.components.seconds) s…", isWarning: false))
      state.trace = Task { [self] in
        do {
          let trace = try await window.perfettoTrace(for: Self.traceTime)
          try UserDirectories.makeDirectory(directory, mode: 0o755)
          try AtomicFile.write(trace, to: place)
          self.state.withLock { $0.files.append(place) }
          send(.note("trace: \(place)", isWarning: false))
        } catch {
          send(.note("\(error)", isWarning: true))
        }
        self.state.withLock { $0.trace = nil }
      }
    }
  }

  private func endTrace() async {
    let trace = state.withLock { $0.trace }
    trace?.cancel()
    await trace?.value
  }
}

extension OpenWindow.Blindness {
  /// How long a window lasts: what is folded comes at its end.
  fileprivate var pace: Duration {
    switch self {
    case .trace: .seconds(2)
    case .perfetto: .seconds(10)
    }
  }

  fileprivate var text: String {
    switch self {
    case .trace: "trace events: windows of 2 s"
    case .perfetto: "perfetto records: windows of 10 s"
    }
  }
}
