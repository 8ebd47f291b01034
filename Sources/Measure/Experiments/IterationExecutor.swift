import AgentSession
import Catalogs
import Devices
import Foundation
import POSIXSupport
import RunRecords

/// Goes once through a workload's phases.
struct IterationExecutor: Sendable {
  let request: RunRequest
  let device: any Device
  let session: AgentClient
  let loaded: ProbeLoader.Loaded
  let resolver: LabelResolver
  let watch: DeviceWatch

  private var steps: StepExecutor { StepExecutor(device: device, session: session) }

  /// Makes one iteration; `entering` gets what it waits for, and each phase's name before its
  /// window opens. `isObserved` is false while the agent's probes are detached: nothing else
  /// records then either. `settled` is what the settle gate saw just before; nil where something was
  /// done since.
  /// - Returns: the iteration, with the reason in it where it must not be judged.
  /// - Throws: ``RunError``, `AgentSessionError`, `DeviceError`, `CancellationError`.
  func iteration(
    index: Int, kind: IterationRecord.Kind, isObserved: Bool = true,
    settled: SettledState? = nil, entering: (String) -> Void
  ) async throws -> IterationRecord {
    let isCold = request.workload.cache == .cold
    if isCold { try await dropCaches() }
    let start =
      request.asksBench
      ? try await watch.start(settled: isCold ? nil : settled) { entering("wait: \($0)") } : nil
    let speed = request.asksBench ? try await watch.speed() : nil
    var seen = StabilityGate.Observation(
      before: try await watch.look(), after: DeviceReading(), speedBefore: speed)
    var record = IterationRecord(
      index: index, kind: kind, startedUptimeNs: seen.before.uptimeNs)
    if case .gaveUp(let drop)? = start {
      record.covariates = Covariates.iteration(
        before: seen.before, after: seen.before, speed: speed)
      record.drop(drop)
      return record
    }
    var windows: [AgentWindow] = []
    func pass() async throws {
      for (position, phase) in request.workload.phases.enumerated() {
        try Task.checkCancellation()
        entering(phase.name)
        let number = UInt8(clamping: position + 1)
        let foreign = ForeignWindow(
          probes: isObserved ? loaded.foreign : [], session: session)
        let before = try await foreign.read()
        let result = try await make(phase, number: number)
        var phaseRecord = try phaseRecord(phase, result)
        foreign.add(before, try await foreign.read(), to: &phaseRecord)
        record.phases.append(phaseRecord)
        windows.append(result.window)
        seen.edges.append(try await watch.edge())
      }
    }
    var fault: String?
    if let perfetto = loaded.perfetto, isObserved {
      switch try await recorded(pass, start: perfetto.start) {
      case .success(let trace):
        fault = try add(trace, of: perfetto, by: windows, to: &record)
        if kind == .measured { try request.recording?.take(trace, of: index) }
      case .failure(let error): fault = error.description
      }
    } else if let recording = request.recording, kind == .measured {
      let free = seen.before.freeKiB
      let made = try await recorded(pass) { limit in
        try await recording.start(on: device, limit: limit, freeKiB: free)
      }
      switch made {
      case .success(let trace): try recording.take(trace, of: index)
      case .failure(let error): record.notes["trace"] = error.description
      }
      // What could not be recorded is measured all the same.
      if windows.isEmpty { try await pass() }
    } else {
      try await pass()
    }
    for position in record.phases.indices {
      record.phases[position].addRates(of: request.suite.counters, loaded.allMetrics)
    }
    seen.after = try await watch.look()
    seen.speedAfter = request.asksBench ? try await watch.speedAfter() : nil
    note(seen, windows, in: &record)
    if case .ready(let background)? = start {
      record.covariates[Covariate.background] = background
    }
    if let drop = disturbance(windows) ?? fault.map({ .init(.trace, $0) }) ?? watch.gate.drop(seen)
    {
      record.drop(drop)
    }
    return record
  }

  /// What the machine was like during an iteration.
  private func note(
    _ seen: StabilityGate.Observation, _ windows: [AgentWindow], in record: inout IterationRecord
  ) {
    record.covariates.merge(
      Covariates.iteration(before: seen.before, after: seen.after, speed: seen.speedBefore)
    ) { _, new in new }
    var frequencies = FrequencyTally()
    for window in windows { window.frequencies.forEach { frequencies.add($0) } }
    record.covariates.merge(frequencies.covariates) { _, new in new }
    if let missing = windows.compactMap(\.frequencyMissing).first {
      record.notes["cpu_frequency"] = "unsupported: \(missing)"
    }
    if session.facts.counterFrequency > 0 {
      record.covariates[Covariate.counterFrequency] = Double(session.facts.counterFrequency)
    }
    if let first = windows.first?.bootOffsetBefore, let last = windows.last?.bootOffsetAfter {
      record.covariates[Covariate.suspended] = Double(max(first, last) - first) / 1e6
    }
    record.notes["clocksource"] = seen.before.clockSource
  }

  private func make(_ phase: WorkloadPhase, number: UInt8) async throws -> PhaseResult {
    if let watcher = request.watcher {
      return try await watched(phase, number: number, by: watcher)
    }
    return phase.isOnDevice
      ? try await onDevice(phase, number: number) : try await withHost(phase, number: number)
  }

  private func onDevice(_ phase: WorkloadPhase, number: UInt8) async throws -> PhaseResult {
    try await session.run(
      AgentPhase(
        number: number, preRoll: phase.preroll,
        drain: phase.drain ?? request.suite.limits.drain, steps: phase.steps.map(steps.forAgent)))
  }

  /// A phase with steps that only the host can make: the transport is then part of the load, so
  /// the window is opened and closed by the host.
  private func withHost(_ phase: WorkloadPhase, number: UInt8) async throws -> PhaseResult {
    try await inWindow(of: phase, number: number) {
      var results: [AgentStepResult] = []
      for step in phase.steps {
        switch step.action {
        case .host(let command):
          results.append(
            try await steps.host(command, step, place: "phase \(phase.name)"))
        case .sleep(let duration):
          try await Task.sleep(for: duration)
          results.append(AgentStepResult(index: results.count, exitCode: 0, duration: duration))
        case .run(let words):
          let begun = ContinuousClock.now
          let made = try await onDevice(words, step, place: "phase \(phase.name)")
          results.append(
            AgentStepResult(made, after: ContinuousClock.now - begun, index: results.count))
        }
      }
      return results
    }
  }

  /// A phase of nothing but looks.
  private func watched(
    _ phase: WorkloadPhase, number: UInt8, by watcher: any WindowWatcher
  ) async throws -> PhaseResult {
    try await inWindow(of: phase, number: number) {
      try await watcher.watch(
        OpenWindow(
          phase: phase.name, device: device, session: session, loaded: loaded, resolver: resolver))
      return []
    }
  }

  /// Opens a window for what the host does, and closes it.
  private func inWindow(
    of phase: WorkloadPhase, number: UInt8, _ body: () async throws -> [AgentStepResult]
  ) async throws -> PhaseResult {
    try await session.openWindow(phase: number, preRoll: phase.preroll)
    let results: [AgentStepResult]
    do {
      results = try await body()
    } catch {
      // A device that is gone closes it by itself, and would only be waited for.
      if DeviceLoss.cause(error, device: device.name) == nil {
        _ = try? await session.closeWindow(drain: .zero)
      }
      throw error
    }
    var result = try await session.closeWindow(
      drain: phase.drain ?? request.suite.limits.drain)
    result.steps = results
    return result
  }

  private func onDevice(
    _ words: [String], _ step: WorkloadStep, place: String
  ) async throws -> ExecResult {
    do {
      return try await device.exec(
        words.map(shellQuote).joined(separator: " "), timeout: step.timeout)
    } catch DeviceError.timedOut {
      // The step's fault, unless the device does not answer at all any more.
      _ = try await device.exec(
        titled("the question whether it is there", "true"), timeout: .seconds(20))
      throw RunError.stepFailed(
        device: device.name, place: place, step: step.text,
        outcome: "no end within \(step.timeout)", output: "")
    }
  }

  private func dropCaches() async throws {
    let command = "sync; echo 3 > /proc/sys/vm/drop_caches"
    let made = try await session.exec(.run(argv: ["sh", "-c", command], timeout: .seconds(60)))
    try steps.requireSuccess(made, command, place: "cache: cold")
  }

  private func phaseRecord(
    _ phase: WorkloadPhase, _ result: PhaseResult
  ) throws -> PhaseRecord {
    var record = PhaseRecord(
      name: phase.name, durationNs: result.window.closed &- result.window.opened,
      drainNs: result.window.drained &- result.window.closed)
    for (step, made) in zip(phase.steps, result.steps) {
      try steps.requireSuccess(made, step.text, place: "phase \(phase.name)")
      record.steps.append(StepRecord(step, made))
      let output = String(decoding: made.standardOutput, as: UTF8.self)
      for scalar in step.scalars {
        guard let value = scalar.value(in: output) else {
          throw RunError.stepFailed(
            device: device.name, place: "phase \(phase.name)", step: step.text,
            outcome: "no number for \(scalar.metric): nothing matches /\(scalar.pattern)/",
            output: steps.tail(output))
        }
        record.scalars.append(
          ScalarRecord(
            metric: scalar.metric, unit: scalar.unit, value: value,
            better: scalar.better == .lower ? .lower : .higher))
      }
    }
    try record.add(result, of: loaded.metrics, resolve: resolver.name)
    record.sortResults()
    return record
  }

  /// What happened to the machine between the first window's start and the last one's end that
  /// makes its times worthless.
  private func disturbance(_ windows: [AgentWindow]) -> StabilityGate.Drop? {
    guard let first = windows.first, let last = windows.last else { return nil }
    if first.bootOffsetBefore != last.bootOffsetAfter {
      return .init(.suspend, "the device was suspended during the iteration")
    }
    if let fault = windows.compactMap(\.traceFault).first { return .init(.trace, fault) }
    let online = windows.flatMap { [$0.onlineCPUsBefore, $0.onlineCPUsAfter] }
    if !request.stability.allowsHotplug,
      let other = online.first(where: { $0 != first.onlineCPUsBefore })
    {
      return .init(
        .hotplug, "CPUs online changed from \(first.onlineCPUsBefore) to \(other)")
    }
    return nil
  }
}

extension IterationRecord {
  mutating func drop(_ drop: StabilityGate.Drop) {
    dropped = drop.text
    dropCause = drop.cause
  }
}

extension StepRecord {
  fileprivate init(_ step: WorkloadStep, _ result: AgentStepResult) {
    self.init(command: step.text, durationNs: result.durationNanoseconds)
    switch result.ending {
    case .exited(let code): exitCode = Int(code)
    case .signalled(let number): signal = Int(number)
    }
  }
}

extension AgentStepResult {
  /// A step that the host made.
  init(_ made: ExecResult, after duration: Duration, index: Int) {
    self.init(
      index: index, exitCode: made.exitCode, duration: duration,
      standardOutput: made.standardOutput, standardError: made.standardError)
  }
}
