import RunRecords

extension EvidenceGrade {
  /// Stored builds from which the grade is better than weak.
  package static let leastBuilds = 8
  /// Stored builds from which at most 1% of unchanged builds are flagged.
  static let buildsOfPromise = 16

  /// The best that the layout of the runs allows.
  static func of(_ runs: [PlacedRun], policy: VerdictPolicy) -> EvidenceGrade {
    let reference = runs.filter { !$0.isCandidate }.map(\.index.record)
    let candidate = runs.filter { $0.isCandidate }.map(\.index.record)
    switch policy.design {
    case .stored:
      return Set(reference.map(\.firmware.id)).count >= leastBuilds ? .stored : .weak
    case .crossover:
      let shared = Set(reference.map(\.device.serial))
        .intersection(candidate.map(\.device.serial))
      let models = Set((reference + candidate).map(\.device.model))
      return shared.count >= 2 && models.count == 1 ? .crossover : .weak
    case .interleaved:
      guard min(reference.count, candidate.count) >= 3, takesTurns(runs) else { return .weak }
      let free =
        policy.freeSwitching || runs.allSatisfy { $0.index.record.device.transport == "virtual" }
      if free { return .interleaved }
      return isReflashed(runs) ? .interleaved : .weak
    }
  }

  /// Whether each arm has two flashes at least. With one, flashes are compared as much as firmwares:
  /// on a bench whose flashes differ by 6% every third unchanged build is called slower.
  private static func isReflashed(_ runs: [PlacedRun]) -> Bool {
    [false, true].allSatisfy { isCandidate in
      let arm = runs.filter { $0.isCandidate == isCandidate }
      return Set(arm.compactMap { $0.index.record.flash?.id }).count >= 2
    }
  }

  /// Whether the arms changed at least twice.
  private static func takesTurns(_ runs: [PlacedRun]) -> Bool {
    let arms = runs.map(\.isCandidate)
    return zip(arms, arms.dropFirst()).filter { $0 != $1 }.count >= 2
  }
}
