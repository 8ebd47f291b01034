import Foundation
import LatencyHistograms
import RegressionAnalysis

/// Devices as they are in the field, and what a firmware does to them. Deviations are those of the
/// logarithm of a device's latencies.
package struct SimulatedFleet: Sendable {
  /// Per arm, from 1 on.
  package var devices = 1000
  package var metrics = 2
  /// Between devices: models, wear and how full they are.
  package var deviceDeviation = 0.4
  /// Of a device between the time before the offer and the time after it.
  package var periodDeviation = 0.05
  /// Of a device from day to day.
  package var dayDeviation = 0.15
  /// Of all devices from day to day.
  package var fleetDayDeviation = 0.05
  /// Share of a device's days that are twice as slow.
  package var badDays = 0.02
  /// Of the operations of one device on one day.
  package var spread = 0.8
  /// Share of the days on which a device reports.
  package var presence = 0.9
  /// Share of devices that fall silent for good per day, whatever their firmware.
  package var attrition = 0.001
  /// Days of reports before the offer; 0: devices are not known before.
  package var daysBefore = 7
  /// Reports per device since the offer, one a day.
  package var days = 30

  package init() {}
}

/// What the firmware under test does.
package struct SimulatedHarm: Sendable {
  /// How much slower it makes the metrics it changes, as a share.
  package var shift = 0.0
  /// Metrics that it changes.
  package var metrics = 1
  /// Share of the candidate's devices, the slowest, that never report again.
  package var slowestLost = 0.0

  package init(shift: Double = 0, metrics: Int = 1, slowestLost: Double = 0) {
    self.shift = shift
    self.metrics = metrics
    self.slowestLost = slowestLost
  }
}

/// A device's distribution of latencies on one day, by how much slower it is than the middle one.
struct SimulatedDay: Sendable {
  private static let step = 0.005
  private static let reach = 700
  /// Operations of a device on one day.
  private static let events = 300.0

  private let first: [Int]
  private let shares: [[Double]]

  /// - Parameter spread: of the logarithm of operations.
  init(spread: Double) {
    let layout = HistogramLayout.standard
    let middle = log(100_000.0)
    var first: [Int] = []
    var shares: [[Double]] = []
    for place in -Self.reach...Self.reach {
      let centre = middle + Double(place) * Self.step
      let low = layout.bucket(of: UInt64(exp(centre - 4 * spread)))
      let high = layout.bucket(of: UInt64(exp(centre + 4 * spread)))
      func below(_ value: UInt64) -> Double {
        NormalDistribution.cdf((log(Double(max(value, 1))) - centre) / spread)
      }
      first.append(low)
      shares.append(
        (low...high).map { bucket in
          let bounds = layout.bounds(of: bucket)
          return Self.events * (below(bounds.upper) - below(bounds.lower))
        })
    }
    self.first = first
    self.shares = shares
  }

  /// Adds a report of a device that is `shift` slower, in the logarithm.
  func add(shift: Double, to buckets: inout BinnedBuckets, bin: Int) {
    let place = min(
      max(Int((shift / Self.step).rounded()) + Self.reach, 0), 2 * Self.reach)
    buckets.add(shares[place][...], from: first[place], bin: bin)
  }
}
