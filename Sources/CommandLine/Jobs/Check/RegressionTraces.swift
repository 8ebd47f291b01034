import Catalogs
import Devices
import Experiments
import Foundation
import POSIXSupport
import RegressionAnalysis
import Reporting
import RunRecords

/// Traces of a check that found something slower, where the device has perfetto: one more run of
/// each firmware, recorded. Of each the iteration is kept in which the slower metric was worst.
package struct RegressionTraces: Sendable {
  package let check: CheckExperiment

  package init(check: CheckExperiment) {
    self.check = check
  }

  private var directory: String { "\(check.directory.path)/traces" }

  /// Makes the runs; none where nothing is slower or the device has no perfetto.
  /// - Returns: the traces, the reference's first.
  package func make(_ verdict: Verdict) async throws -> [VerdictReport.Trace] {
    let slower = verdict.metrics.filter { $0.outcome == .regression }
    guard let slowest = slower.first(where: \.gating) ?? slower.first,
      check.setup.layout != .crossover, try await hasPerfetto()
    else { return [] }
    try UserDirectories.makeDirectory(directory, mode: 0o755)
    var pass = check
    pass.setup.id = "\(check.setup.id)-traces"
    pass.plan.suite.overhead.iterations = 0
    pass.directory = CheckDirectory(path: directory)
    let (directory, id) = (directory, slowest.id)
    pass.recording = { arm in
      IterationRecording { iteration, trace in
        try AtomicFile.write(trace, to: Self.path(arm, iteration, in: directory))
      }
    }
    check.console.note(
      "recording one more run of each firmware for \(id.text) (--no-traces leaves it out)")
    let outcome = try await pass.run(check.setup.design.first)
    return try outcome.records.sorted { $0.arm < $1.arm }.compactMap { record in
      try keepWorst(of: record, by: id, slowest.statistic)
    }
  }

  /// Virtual devices are down between runs: their files say what they have.
  private func hasPerfetto() async throws -> Bool {
    let names = [check.setup.reference, check.setup.candidate]
    if check.target.isVirtual {
      return names.allSatisfy { name in
        guard case .virtual(let firmware)? = check.target.definition.firmwares[name] else {
          return false
        }
        return firmware.perfetto
      }
    }
    guard let device = try await check.target.lanes.first?.current() else { return false }
    return try await PerfettoService.answers(on: device)
  }

  private static func path(
    _ arm: ExperimentPlace.Arm, _ iteration: Int, in directory: String
  ) -> String {
    "\(directory)/\(arm.rawValue)-\(iteration).pftrace"
  }

  /// Leaves only the trace of the worst iteration.
  private func keepWorst(
    of record: RunRecord, by id: MetricID, _ statistic: Statistic
  ) throws -> VerdictReport.Trace? {
    guard let arm = record.experiment?.arm else { return nil }
    let recorded = record.iterations.filter(\.isJudged).filter {
      FileManager.default.fileExists(atPath: Self.path(arm, $0.index, in: directory))
    }
    let values = recorded.map { (iteration: $0.index, value: $0.value(of: id, statistic)) }
    let worst = values.max { ($0.value ?? -1) < ($1.value ?? -1) }
    for entry in values where entry.iteration != worst?.iteration {
      unlink(Self.path(arm, entry.iteration, in: directory))
    }
    return worst.map {
      VerdictReport.Trace(
        arm: arm.rawValue, firmware: record.firmware.name, metric: id.text,
        iteration: $0.iteration + 1, of: recorded.count, value: $0.value, unit: id.unit,
        file: "traces/\(arm.rawValue)-\($0.iteration).pftrace")
    }
  }
}

extension RunRecord {
  /// `candidate` comes after `reference`.
  fileprivate var arm: Int { experiment?.arm == .candidate ? 1 : 0 }
}

extension IterationRecord {
  /// A metric's value in this iteration, in its unit; nil where it has none. For statistics that a
  /// few events cannot carry, the mean.
  fileprivate func value(of id: MetricID, _ statistic: Statistic) -> Double? {
    guard let phase = phases.first(where: { $0.name == id.phase }) else { return nil }
    if let number = phase.scalars.first(where: { $0.metric == id.name }) { return number.value }
    // How a probe was attached is no matter here: a recording may take another way.
    let found = phase.histograms.first { $0.metric == id.name && $0.labels == id.labels }
    guard let histogram = try? found?.histogram() else { return nil }
    if case .quantile(let quantile) = statistic.base { return histogram.quantile(quantile) }
    return histogram.mean
  }
}
