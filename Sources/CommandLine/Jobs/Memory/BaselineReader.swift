import Catalogs
import Foundation
import RecordStore
import RegressionAnalysis
import RunRecords

/// Turns a baseline's name into the runs it means now.
package struct BaselineReader {
  package let store: Store

  package init(
    store: Store
  ) {
    self.store = store
  }

  /// The builds of a baseline, as they stand now.
  package struct Reference {
    package var baseline: StoredBaseline
    /// In order; the candidate's own build is not among them.
    package var builds: [StoredBuild]
    package var pending: BaselineWindow.Pending?

    /// What to know of it; nil when there is nothing.
    package var remark: String? {
      guard let pending else { return nil }
      return pending.isStable
        ? "the step at \(pending.build) is accepted; baseline \(baseline.name) follows it from "
          + "\(BaselineWindow.leastStable) builds on (\(pending.builds) so far), waive its metrics "
          + "until then"
        : "the step at \(pending.build) is accepted, but the builds since then drift: baseline "
          + "\(baseline.name) does not follow it yet"
    }
  }

  /// - Throws: `UnknownNameError`, `StoreError`.
  package func baseline(named name: String) throws -> StoredBaseline {
    guard let baseline = try store.baseline(named: name) else {
      throw UnknownNameError(
        kind: "baseline", name: name, known: try store.baselines().map(\.name))
    }
    return baseline
  }

  /// The builds of a baseline; `candidates` are held against it, and so are not part of it.
  package func reference(
    _ baseline: StoredBaseline, without candidates: Set<String> = []
  ) throws -> Reference {
    let all = try store.builds(suite: baseline.suite, target: baseline.target)
      .filter { !candidates.contains($0.id) }
    switch baseline.kind {
    case .pinned(let ids):
      return Reference(baseline: baseline, builds: all.filter { ids.contains($0.id) })
    case .rolling(let size):
      let window = try BaselineWindow(
        builds: all.map(\.id), failed: try failedBuilds(baseline),
        steps: baseline.steps.map(\.build), size: size
      ) { builds in
        try store.history(of: builds, suite: baseline.suite, target: baseline.target).history
          .isStable(builds)
      }
      return Reference(
        baseline: baseline, builds: all.filter { window.builds.contains($0.id) },
        pending: window.pending)
    }
  }

  /// Hashes of the runs that baselines mean now.
  package func meantRuns() throws -> Set<String> {
    var hashes: Set<String> = []
    for baseline in try store.baselines() {
      let builds = Set(try reference(baseline).builds.map(\.id))
      for run in try store.runs(RunFilter(suite: baseline.suite, target: baseline.target))
      where builds.contains(run.build) {
        hashes.insert(run.hash)
      }
    }
    return hashes
  }

  /// Builds whose last verdict is a regression, waived or not: a known issue must not become the
  /// standard while it is waived.
  private func failedBuilds(_ baseline: StoredBaseline) throws -> Set<String> {
    var failed: Set<String> = []
    for experiment in try store.experiments(suite: baseline.suite, target: baseline.target) {
      switch experiment.outcome {
      case Verdict.Outcome.regression.rawValue, StoredExperiment.waived:
        failed.insert(experiment.candidate)
      case Verdict.Outcome.pass.rawValue: failed.remove(experiment.candidate)
      default: continue
      }
    }
    return failed
  }

  /// The runs of a baseline, as a verdict's reference. Their place in older experiments says nothing
  /// about this one, so it is left out.
  package func runs(of reference: Reference) throws -> [RunRecord] {
    let wanted = Set(reference.builds.map(\.id))
    var records: [RunRecord] = []
    for run in try store.runs(
      RunFilter(suite: reference.baseline.suite, target: reference.baseline.target))
    where run.isValid && wanted.contains(run.build) {
      var record = try store.document(of: run).record
      record.experiment = nil
      records.append(record)
    }
    return records
  }
}
