import RunRecords

/// One statistic of one metric, as one number per run.
struct Series {
  var id: MetricID
  var statistic: Statistic
  /// +1 when more is worse, -1 when less is.
  var worse: Double = 1
  /// Natural logarithms, one per run; nil where the run has no value.
  var values: [Double?] = []
  /// Variance that the limited number of events and iterations alone gives a run's value.
  var samplingVariance: Double = 0
  /// Between the iterations of a run, pooled over runs; nil when runs have one value each.
  var withinVariance: Double?
  /// Iterations with a value, of the median run.
  var iterations: Double = 0
  /// Smallest relative change that matters.
  var threshold: Double
  /// Relative error that the histogram's buckets or the device's counter can make.
  var resolution: Double = 0
  var refusal: Refusal?
  var note: String?
  /// Only on the rate of a histogram metric.
  var shift: [ShiftPoint]?
  /// Every value is 0, so ``values`` hold 0 in place of a logarithm.
  var isAllZero = false

  /// Why a series cannot be judged.
  struct Refusal {
    var outcome: MetricVerdict.Outcome
    var reason: String
    /// Whether a pass must wait for it.
    var blocks: Bool
  }
}

/// A run and its place in the comparison.
struct PlacedRun {
  var index: RunIndex
  var isCandidate: Bool
  var isConfirm: Bool
}
