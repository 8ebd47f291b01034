import Foundation
import RunRecords

/// One statistic of one metric, as one number per run.
struct Series {
  let id: MetricID
  /// ``MetricID/text``, which takes long to make.
  let text: String
  /// In noise profiles.
  private(set) var noiseKey: String
  var statistic: Statistic { didSet { noiseKey = NoiseEntry.key(text, statistic) } }
  /// +1 when more is worse, -1 when less is.
  var worse: Double = 1
  /// Natural logarithms, one per run; nil where the run has no value.
  var values: [Double?] = []
  /// The same for the part of the distribution that no change of the event rate can explain: between
  /// the quantile counted from the shortest and from the longest events, whichever is nearer to the
  /// reference. Nil where the rate did not move.
  var common: [Double?]?
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
  /// Likewise.
  var shape: ShapeChange?
  /// Every value is 0, so ``values`` hold 0 in place of a logarithm.
  var isAllZero = false

  init(id: MetricID, statistic: Statistic, threshold: Double) {
    self.id = id
    self.statistic = statistic
    self.threshold = threshold
    text = id.text
    noiseKey = NoiseEntry.key(text, statistic)
  }

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
}

extension PlacedRun {
  /// A run without data: all that fitting asks of it is its place.
  static func placeholder(order: Int, isCandidate: Bool) -> PlacedRun {
    let name = isCandidate ? "candidate" : "reference"
    let record = RunRecord(
      id: "\(order)", created: Date(timeIntervalSince1970: Double(order)), toolVersion: "",
      target: "", device: DeviceFacts(name: "", serial: "", model: "", transport: "", abi: ""),
      firmware: FirmwareIdentity(
        name: name, id: name, fingerprint: name, kernelRelease: "", kernelBuildID: ""),
      boot: BootFacts(bootID: "\(order)", uptimeSeconds: 0), suite: "", workload: "")
    return PlacedRun(index: RunIndex(record), isCandidate: isCandidate)
  }
}
