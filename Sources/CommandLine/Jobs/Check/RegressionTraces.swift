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
    func path(_ iteration: Int) -> String { Self.path(arm, iteration, in: directory) }
    let worst = WorstIteration(of: record, metric: id, statistic) {
      FileManager.default.fileExists(atPath: path($0))
    }
    // Also of iterations that were dropped after they had been recorded.
    for iteration in record.iterations where iteration.index != worst?.index {
      unlink(path(iteration.index))
    }
    return worst.map {
      VerdictReport.Trace(
        arm: arm.rawValue, firmware: record.firmware.name, metric: id.text,
        iteration: $0.place, of: $0.of, value: $0.value, unit: id.unit,
        file: "traces/\(arm.rawValue)-\($0.index).pftrace")
    }
  }
}

extension RunRecord {
  /// `candidate` comes after `reference`.
  fileprivate var arm: Int { experiment?.arm == .candidate ? 1 : 0 }
}
