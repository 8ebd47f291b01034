import LatencyHistograms

/// What of a campaign may be shown: nothing that fewer than `k` devices make, and nothing from which
/// such a number could be found by taking one release from another.
///
/// - Counts of devices are multiples of k, rounded down.
/// - Models with fewer than k devices in an arm are shown as one; while that one is still too small, the
///   next smallest goes into it, so that it is not the difference between the sum and the others.
/// - Distributions have a bucket per octave, the same at every look; one that fewer than k bins of
///   devices fill is joined with the next. There is no largest value.
package struct FleetRelease: Codable, Sendable, Equatable {
  package struct Model: Codable, Sendable, Equatable {
    /// One model, or several that are too small by themselves.
    package var models: [String]
    package var control: Int
    package var candidate: Int
  }

  package struct Bucket: Codable, Sendable, Equatable {
    /// Values from here, in the metric's unit.
    package var lower: UInt64
    /// Values below here.
    package var upper: UInt64
    /// Share of the events, in thousandths.
    package var share: Int
  }

  package struct Distribution: Codable, Sendable, Equatable {
    package var metric: String
    package var control: [Bucket]
    package var candidate: [Bucket]
  }

  /// Of one arm on one day.
  package struct Day: Codable, Sendable, Equatable {
    package var metric: String
    /// Since 1970.
    package var day: Int
    package var isCandidate: Bool
    package var buckets: [Bucket]
  }

  package var k: Int
  package var models: [Model]
  package var distributions: [Distribution]
  /// Ascending by metric and day, the control first.
  package var days: [Day]

  /// Nothing.
  init(k: Int) {
    self.k = k
    models = []
    distributions = []
    days = []
  }

  init(_ evidence: FleetEvidence, candidate: Int, k: Int) {
    self.k = k
    func devices(_ arm: Int, _ model: String) -> Int {
      evidence.cohorts[.init(arm: arm, model: model)]?.measuring ?? 0
    }
    let sizes = evidence.models.map { ($0, devices(0, $0), devices(candidate, $0)) }
    models = Self.grouped(sizes, k: k)
    distributions = evidence.metrics.compactMap { metric in
      guard
        let arms = MatchedArms(evidence, metric, candidate, .after, model: nil),
        let control = Self.buckets(arms.control, k: k),
        let tested = Self.buckets(arms.candidate, k: k)
      else { return nil }
      return Distribution(metric: metric, control: control, candidate: tested)
    }
    days = Self.days(evidence, candidate, k: k)
  }

  /// Models, each with k devices in both arms at least; none when all together have fewer.
  static func grouped(
    _ sizes: [(model: String, control: Int, candidate: Int)], k: Int
  ) -> [Model] {
    let sorted = sizes.filter { $0.control + $0.candidate > 0 }.sorted {
      (min($0.control, $0.candidate), $0.model) < (min($1.control, $1.candidate), $1.model)
    }
    var small = Model(models: [], control: 0, candidate: 0)
    var rest = sorted[...]
    func isTooSmall(_ control: Int, _ candidate: Int) -> Bool { min(control, candidate) < k }
    while let next = rest.first,
      isTooSmall(next.control, next.candidate)
        || (!small.models.isEmpty && isTooSmall(small.control, small.candidate))
    {
      small.models.append(next.model)
      small.control += next.control
      small.candidate += next.candidate
      rest = rest.dropFirst()
    }
    var models = rest.map {
      Model(models: [$0.model], control: $0.control / k * k, candidate: $0.candidate / k * k)
    }
    if !small.models.isEmpty, !isTooSmall(small.control, small.candidate) {
      models.append(
        Model(
          models: small.models.sorted(), control: small.control / k * k,
          candidate: small.candidate / k * k))
    }
    return models.sorted { $0.models.lexicographicallyPrecedes($1.models) }
  }

  /// Distributions of each day, those of both arms, before the offer too.
  private static func days(_ evidence: FleetEvidence, _ candidate: Int, k: Int) -> [Day] {
    let shown = evidence.daily.filter { $0.key.arm == 0 || $0.key.arm == candidate }
    guard let last = shown.keys.map(\.day).max() else { return [] }
    return shown.compactMap { key, buckets -> Day? in
      guard key.day > last - mostDays, let released = buckets.released(k: k) else { return nil }
      return Day(
        metric: key.metric, day: key.day, isCandidate: key.arm == candidate, buckets: released)
    }.sorted {
      ($0.metric, $0.day, $0.isCandidate ? 1 : 0) < ($1.metric, $1.day, $1.isCandidate ? 1 : 0)
    }
  }

  /// Days that are shown, the last ones.
  private static let mostDays = 28

  /// The distribution by octaves; nil when too few devices have any event.
  static func buckets(_ cohort: BinnedBuckets, k: Int) -> [Bucket]? {
    OctaveBuckets(cohort).released(k: k)
  }
}
