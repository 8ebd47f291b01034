import RunRecords

/// A probe that reached the kernel in different ways in the runs compared.
///
/// Different tiers and rungs see slightly different events at different costs, so the difference
/// of two arms could be that of the ways.
struct ProbeMixture: Equatable {
  var probe: String
  /// Tier and rung, such as `T2 tp_btf`, of the runs of each arm; ascending, without repeats.
  var reference: [String]
  var candidate: [String]

  /// Nil when all runs that loaded the probe did it in one way.
  init?(of probe: String, in runs: [PlacedRun]) {
    func ways(isCandidate: Bool) -> Set<String> {
      Set(
        runs.filter { $0.isCandidate == isCandidate }.compactMap { run in
          run.index.record.probes.first { $0.name == probe && $0.status == .loaded }
            .map { run.index.way(of: $0) }
        })
    }
    let (before, after) = (ways(isCandidate: false), ways(isCandidate: true))
    guard before.union(after).count > 1 else { return nil }
    self.probe = probe
    reference = before.sorted()
    candidate = after.sorted()
  }

  /// All mixtures, by probe.
  static func all(in runs: [PlacedRun]) -> [ProbeMixture] {
    Set(runs.flatMap { $0.index.record.probes.map(\.name) }).sorted()
      .compactMap { ProbeMixture(of: $0, in: runs) }
  }

  /// What was found, for a reader who has to act on it.
  var description: String {
    "probe \(probe) was not attached in one way (reference: "
      + reference.joined(separator: ", ") + "; candidate: "
      + candidate.joined(separator: ", ") + ")"
  }

  /// Added where the mixture is refused.
  static let remedy = "choose one with --tier, or compare anyway with --allow-mixed"
}

extension RunIndex {
  /// Tier of a probe that was loaded.
  func tier(of probe: ProbeRecord) -> Tier { probe.tier ?? record.tier }

  fileprivate func way(of probe: ProbeRecord) -> String {
    "\(tier(of: probe).rawValue) \(probe.rung)"
  }
}
