import Campaigns
import FleetReports
import LatencyHistograms
import RegressionAnalysis

/// What further devices of a trial would have sent: drawn from the windows that the real ones measured.
///
/// Each of them is slower or faster than those by its own few percent, always, and is dated over the days
/// before and after the offer. Whether an arm is slower comes from the measured windows alone.
struct ReplayedFleet: Sendable {
  let manifest: CampaignManifest
  let windows: TrialWindows
  /// Build that the candidate's arm has since the offer.
  let build: String
  /// Hour since 1970 of the offer.
  let offered: Int
  let seed: UInt64

  /// Hours from the offer to each report, before a device's own lag; since the offer about as many as a
  /// real device makes in a trial, as the judge asks who reported more often.
  private static let hours = [-60, -30, 6, 24, 42, 60, 78]
  private static let mostLag = 6
  /// From the offer to the look: longer than a promotion takes, and than a device may be silent.
  static let hoursToLook = 97
  /// Deviation between devices, in buckets of some 4%.
  private static let deviation = 2.0
  private static let dayMinutes: UInt32 = 24 * 60

  /// All that a device sends; nothing when its arm measured nothing.
  func reports(of name: String, number: Int) -> [FleetReport] {
    guard let arm = manifest.arm(of: name),
      let index = manifest.arms.firstIndex(of: arm)
    else { return [] }
    var random = SimulationRandom(seed: seed, stream: UInt64(number))
    let offset = Int((random.normal() * Self.deviation).rounded())
    let lag = Int(random.next() % UInt64(Self.mostLag))
    let incarnation = random.next()
    return Self.hours.enumerated().compactMap { place, hour -> FleetReport? in
      // Before the offer all devices have the control's firmware.
      let measured = windows.byArm[hour < 0 ? 0 : index] ?? []
      guard !measured.isEmpty else { return nil }
      var report = measured[Int(random.next() % UInt64(measured.count))]
      let layout = HistogramLayout(subBits: Int(report.subBits))
      report.histograms = report.histograms.map { histogram in
        var drawn = histogram
        drawn.buckets = Self.drawn(
          histogram.buckets, by: offset, below: layout.bucketCount, &random)
        return drawn
      }
      report.arm = UInt8(index)
      report.build = hour >= 0 && index > 0 ? build : TrialFirmware.controlBuild
      report.incarnation = incarnation
      report.sequence = UInt32(place)
      report.startedHour = UInt32(offered + hour + lag)
      report.uptimeMinutes = (3 + UInt32(place)) * Self.dayMinutes
      return report
    }
  }

  /// As many events as there were, drawn from their distribution, some buckets further up or down.
  private static func drawn(
    _ buckets: [SparseBucket], by offset: Int, below end: Int, _ random: inout SimulationRandom
  ) -> [SparseBucket] {
    var ends: [UInt64] = []
    for bucket in buckets { ends.append((ends.last ?? 0) + bucket.count) }
    guard let total = ends.last, total > 0 else { return [] }
    var counts: [Int: UInt64] = [:]
    for _ in 0..<total {
      let place = random.next() % total
      let found = ends.partitioningIndex { $0 > place }
      counts[min(max(buckets[found].index + offset, 0), end - 1), default: 0] += 1
    }
    return counts.sorted { $0.key < $1.key }.map { SparseBucket(index: $0.key, count: $0.value) }
  }
}

extension [UInt64] {
  /// The first place of an ascending list from which on the condition holds.
  fileprivate func partitioningIndex(where holds: (UInt64) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
