import RunRecords

extension VerdictInput {
  /// Existing records of two arms, divided into a screen and fresh runs that confirm it.
  ///
  /// Records that say their stage keep it. Others are divided in time, the earlier half of each
  /// arm for the screen, when both halves are large enough to decide: the division is made before
  /// any value is looked at, so the later half is as good as fresh. Stored builds serve both
  /// stages and are not divided.
  package static func staged(
    reference: [RunRecord], candidate: [RunRecord], policy: VerdictPolicy = VerdictPolicy(),
    profile: NoiseProfile? = nil
  ) -> VerdictInput {
    var input = VerdictInput(reference: [], candidate: [], policy: policy, profile: profile)
    let all = reference + candidate
    if all.contains(where: { $0.experiment?.stage == .confirm }) {
      func isConfirm(_ record: RunRecord) -> Bool { record.experiment?.stage == .confirm }
      input.reference = reference.filter { !isConfirm($0) }
      input.candidate = candidate.filter { !isConfirm($0) }
      input.confirmReference = reference.filter(isConfirm)
      input.confirmCandidate = candidate.filter(isConfirm)
      return input
    }
    let least = 2 * max(2, policy.minimumRuns)
    let isStored = policy.design == .stored
    let isDivided = candidate.count >= least && (isStored || reference.count >= least)
    let isStaged = all.contains { $0.experiment?.stage != nil }
    guard isDivided, !isStaged else {
      (input.reference, input.candidate) = (reference, candidate)
      return input
    }
    (input.candidate, input.confirmCandidate) = halves(candidate)
    (input.reference, input.confirmReference) = isStored ? (reference, []) : halves(reference)
    return input
  }

  private static func halves(_ records: [RunRecord]) -> ([RunRecord], [RunRecord]) {
    let sorted = records.sorted {
      ($0.experiment?.order ?? .max, $0.created, $0.id)
        < ($1.experiment?.order ?? .max, $1.created, $1.id)
    }
    let half = (sorted.count + 1) / 2
    return (Array(sorted[..<half]), Array(sorted[half...]))
  }
}
