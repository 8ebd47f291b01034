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

  package var k: Int
  package var models: [Model]
  package var distributions: [Distribution]

  /// Nothing.
  init(k: Int) {
    self.k = k
    models = []
    distributions = []
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

  /// The distribution by octaves; nil when too few devices have any event. Bins are disjoint sets of
  /// devices, so k bins are k devices at least.
  static func buckets(_ cohort: BinnedBuckets, k: Int) -> [Bucket]? {
    let octaves = HistogramLayout(subBits: 0)
    // One bit per bin.
    var filled = [(events: Double, bins: UInt64)](repeating: (0, 0), count: octaves.bucketCount)
    for fine in 0..<BinnedBuckets.width {
      let octave = octaves.bucket(of: HistogramLayout.standard.bounds(of: fine).lower)
      for bin in 0..<DeviceBins.count {
        let count = cohort.events[bin * BinnedBuckets.width + fine]
        guard count > 0 else { continue }
        filled[octave].events += count
        filled[octave].bins |= 1 << UInt64(bin)
      }
    }
    let total = filled.reduce(0) { $0 + $1.events }
    guard total > 0 else { return nil }
    var released: [(lower: UInt64, upper: UInt64, events: Double, bins: UInt64)] = []
    for (octave, one) in filled.enumerated() where one.events > 0 {
      let bounds = octaves.bounds(of: octave)
      if let last = released.last, last.bins.nonzeroBitCount < k {
        released[released.count - 1] = (
          last.lower, bounds.upper, last.events + one.events, last.bins | one.bins
        )
      } else {
        released.append((bounds.lower, bounds.upper, one.events, one.bins))
      }
    }
    // The upper end has none above to be joined with.
    while released.count > 1, let last = released.last, last.bins.nonzeroBitCount < k {
      released.removeLast()
      let before = released.removeLast()
      released.append(
        (before.lower, last.upper, before.events + last.events, before.bins | last.bins))
    }
    guard let first = released.first, first.bins.nonzeroBitCount >= k else { return nil }
    return released.map {
      Bucket(lower: $0.lower, upper: $0.upper, share: Int(($0.events / total * 1000).rounded()))
    }
  }
}
