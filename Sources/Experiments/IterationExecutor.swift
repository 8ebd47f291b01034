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
  let session: AgentSession
  let loaded: ProbeLoader.Loaded
  let resolver: LabelResolver

  /// Makes one iteration.
  /// - Parameter entering: called with each phase's name before its window opens.
  func iteration(
    index: Int, kind: IterationRecord.Kind, entering: (String) -> Void
  ) async throws -> IterationRecord {
    if request.workload.cache == .cold { try await dropCaches() }
    let before = try await session.readFiles(Covariates.paths + ["/proc/uptime"])
    let uptime = before.text("/proc/uptime")?.split(separator: " ").first.flatMap { Double($0) }
    var record = IterationRecord(
      index: index, kind: kind, startedUptimeNs: UInt64((uptime ?? 0) * 1e9))
    for (position, phase) in request.workload.phases.enumerated() {
      try Task.checkCancellation()
      entering(phase.name)
      let number = UInt8(clamping: position + 1)
      let result =
        phase.isOnDevice
        ? try await onDevice(phase, number: number) : try await withHost(phase, number: number)
      record.phases.append(try phaseRecord(phase, result))
      record.dropped = record.dropped ?? disturbance(result.window)
    }
    record.covariates = Covariates.read(before.texts)
    let after = Covariates.read(try await session.readFiles(Covariates.paths).texts)
    if let first = record.covariates.removeValue(forKey: "major_faults_total"),
      let last = after["major_faults_total"]
    {
      record.covariates["major_faults"] = last - first
    }
    record.dropped = record.dropped ?? instability(record.covariates) ?? instability(after)
    return record
  }

  /// Makes a step of setup or teardown.
  func outside(_ step: WorkloadStep, place: String) async throws -> StepRecord {
    let result: StepResult
    switch step.action {
    case .host(let command):
      result = try await host(command, step)
    case .run, .sleep:
      result = try await session.exec(agentStep(step))
    }
    try requireSuccess(result, step, place: place)
    return StepRecord(step, result)
  }

  private func onDevice(_ phase: WorkloadPhase, number: UInt8) async throws -> PhaseResult {
    try await session.phase(
      number, preroll: phase.preroll, drain: phase.drain ?? request.suite.limits.drain,
      steps: phase.steps.map(agentStep))
  }

  /// A phase with steps that only the host can make: the transport is then part of the load, so
  /// the window is opened and closed by the host.
  private func withHost(_ phase: WorkloadPhase, number: UInt8) async throws -> PhaseResult {
    try await session.openWindow(number, preroll: phase.preroll)
    var results: [StepResult] = []
    do {
      for step in phase.steps {
        switch step.action {
        case .host(let command): results.append(try await host(command, step))
        case .sleep(let duration):
          try await Task.sleep(for: duration)
          results.append(StepResult(index: UInt32(results.count), duration: duration))
        case .run(let words):
          let begun = ContinuousClock.now
          let made = try await device.exec(
            words.map(shellQuote).joined(separator: " "), timeout: step.timeout)
          results.append(StepResult(made, after: ContinuousClock.now - begun, index: results.count))
        }
      }
    } catch {
      _ = try? await session.closeWindow(drain: .zero)
      throw error
    }
    var result = try await session.closeWindow(
      drain: phase.drain ?? request.suite.limits.drain)
    result.steps = results
    return result
  }

  private func host(_ command: String, _ step: WorkloadStep) async throws -> StepResult {
    let begun = ContinuousClock.now
    let filled = command.replacing("{serial}", with: shellQuote(device.name))
    let made = try await LocalDevice().exec(filled, timeout: step.timeout)
    return StepResult(made, after: ContinuousClock.now - begun, index: 0)
  }

  private func agentStep(_ step: WorkloadStep) -> AgentStep {
    switch step.action {
    case .run(let words): .run(words, timeout: step.timeout)
    case .sleep(let duration): .sleep(duration)
    case .host: preconditionFailure("a host step is never sent to the agent")
    }
  }

  private func dropCaches() async throws {
    let step = WorkloadStep(
      action: .run(["sh", "-c", "sync; echo 3 > /proc/sys/vm/drop_caches"]),
      timeout: .seconds(60), scalars: [], text: "drop caches")
    _ = try await outside(step, place: "cache: cold")
  }

  private func phaseRecord(
    _ phase: WorkloadPhase, _ result: PhaseResult
  ) throws -> PhaseRecord {
    var record = PhaseRecord(
      name: phase.name, durationNs: result.window.durationNs, drainNs: result.window.drainNs)
    for (step, made) in zip(phase.steps, result.steps) {
      try requireSuccess(made, step, place: "phase \(phase.name)")
      record.steps.append(StepRecord(step, made))
      let output = String(decoding: made.standardOutput, as: UTF8.self)
      for scalar in step.scalars {
        guard let value = scalar.value(in: output) else {
          throw RunError.stepFailed(
            device: device.name, place: "phase \(phase.name)", step: step.text,
            outcome: "no number for \(scalar.metric): nothing matches /\(scalar.pattern)/",
            output: tail(output))
        }
        record.scalars.append(
          ScalarRecord(
            metric: scalar.metric, unit: scalar.unit, value: value,
            better: scalar.better == .lower ? .lower : .higher))
      }
    }
    for histogram in result.histograms {
      guard let metric = loaded.metrics[histogram.metricID] else { continue }
      guard var labels = metric.metric.labels(ofKey: histogram.key, resolve: resolver.name) else {
        throw RunError.badKey(
          probe: metric.probe, metric: metric.metric.name, bytes: histogram.key.count,
          expected: metric.metric.keySize)
      }
      if let name = histogram.labelName { labels["name"] = name }
      record.histograms.append(
        HistogramRecord(
          metric: metric.metric.name, labels: labels, unit: metric.metric.unit.rawValue,
          count: histogram.count, sum: histogram.sum, max: histogram.max,
          buckets: histogram.buckets.map { [UInt64($0.index), $0.count] }))
    }
    record.histograms.sort { ($0.metric, $0.labelText) < ($1.metric, $1.labelText) }
    record.losses = result.counters.compactMap { counters in
      loaded.metrics[counters.metricID].map { LossRecord($0.metric.name, counters) }
    }
    return record
  }

  private func requireSuccess(_ result: StepResult, _ step: WorkloadStep, place: String) throws {
    guard !result.succeeded else { return }
    let outcome = result.signal.map { "signal \($0)" } ?? "exit code \(result.exitCode ?? -1)"
    throw RunError.stepFailed(
      device: device.name, place: place, step: step.text, outcome: outcome,
      output: tail(String(decoding: result.standardError + result.standardOutput, as: UTF8.self)))
  }

  private func tail(_ text: String) -> String {
    String(text.suffix(500)).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// What happened to the machine inside the window that makes its times worthless.
  private func disturbance(_ window: WindowResult) -> String? {
    if window.bootOffsetBeforeNs != window.bootOffsetAfterNs {
      return "the device was suspended inside the window"
    }
    if window.onlineBefore != window.onlineAfter {
      return "CPUs online changed from \(window.onlineBefore) to \(window.onlineAfter)"
    }
    return nil
  }

  private func instability(_ covariates: [String: Double]) -> String? {
    if let limit = request.stability.temperatureMax,
      let temperature = covariates["temperature_celsius"], temperature > limit.celsius
    {
      return "temperature \(temperature) C is above \(limit.celsius) C"
    }
    if let limit = request.stability.batteryMin,
      let battery = covariates["battery_percent"], battery < limit.fraction * 100
    {
      return "battery at \(battery)% is below \(limit.fraction * 100)%"
    }
    return nil
  }
}

extension HistogramRecord {
  fileprivate var labelText: String {
    labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }
}

extension StepRecord {
  fileprivate init(_ step: WorkloadStep, _ result: StepResult) {
    self.init(
      command: step.text, exitCode: result.exitCode.map(Int.init),
      signal: result.signal.map(Int.init), durationNs: result.durationNs)
  }
}

extension LossRecord {
  fileprivate init(_ metric: String, _ counters: CountersResult) {
    self.init(
      metric: metric, started: counters.started, recorded: counters.recorded,
      overwritten: counters.overwritten, cancelled: counters.cancelled,
      beforeWindow: counters.beforeWindow, afterWindow: counters.afterWindow,
      noStart: counters.noStart, stale: counters.stale, nullStorage: counters.nullStorage,
      mapFull: counters.mapFull, clamped: counters.clamped, excluded: counters.excluded,
      negative: counters.negative, censored: counters.censored,
      censoredAgeSumNs: counters.censoredAgeSumNs)
  }
}
