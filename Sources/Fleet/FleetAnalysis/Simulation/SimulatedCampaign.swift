import Foundation
import RegressionAnalysis

/// A campaign whose truth is known, day by day.
package struct SimulatedCampaign {
  private struct Device {
    var arm: Int
    var bin: Int
    /// Per metric, in the logarithm: before the offer, and what is added after it.
    var before: [Double]
    var after: [Double]
    var isGone = false
    var lastReport = 0
    var reports = 0
  }

  private let fleet: SimulatedFleet
  private let harm: SimulatedHarm
  private let day: SimulatedDay
  private var random: SimulationRandom
  private var devices: [Device] = []
  private var cells: [FleetEvidence.CellKey: BinnedBuckets] = [:]
  private var reportDays: [Int: [Int: Int]] = [:]
  /// Days since the offer.
  private(set) var days = 0

  /// Reports since the offer.
  var deviceDays: Int { devices.reduce(0) { $0 + $1.reports } }

  private static let stratum = FleetEvidence.Stratum(
    model: "", isFreshBoot: false, way: "")
  private static func key(
    _ arm: Int, _ period: FleetEvidence.Period, _ metric: Int
  ) -> FleetEvidence.CellKey {
    .init(arm: arm, period: period, stratum: stratum, metric: "metric.\(metric)")
  }

  init(_ fleet: SimulatedFleet, _ harm: SimulatedHarm, day: SimulatedDay, random: SimulationRandom)
  {
    self.fleet = fleet
    self.harm = harm
    self.day = day
    self.random = random
    for number in 0..<(2 * fleet.devices) {
      let level = fleet.deviceDeviation * self.random.normal()
      var before: [Double] = []
      var after: [Double] = []
      for metric in 0..<fleet.metrics {
        // A slow device is slow in most of what it does.
        let own = fleet.deviceDeviation * self.random.normal()
        before.append((level + own) / 2.0.squareRoot())
        let slower = number % 2 == 1 && metric < harm.metrics ? log1p(harm.shift) : 0
        after.append(fleet.periodDeviation * self.random.normal() + slower)
      }
      devices.append(
        Device(
          arm: number % 2, bin: Int(self.random.next() % UInt64(DeviceBins.count)),
          before: before, after: after))
    }
    loseSlowest()
    for _ in 0..<fleet.daysBefore { report(.before) }
  }

  private mutating func loseSlowest() {
    let candidates = devices.indices.filter { devices[$0].arm == 1 }.sorted {
      devices[$0].before.reduce(0, +) > devices[$1].before.reduce(0, +)
    }
    let lost = Int((Double(candidates.count) * harm.slowestLost).rounded())
    for place in candidates.prefix(lost) { slowest.insert(place) }
  }

  /// Devices that the firmware loses.
  private var slowest: Set<Int> = []

  /// One more day since the offer.
  mutating func advance() {
    days += 1
    report(.after)
  }

  private mutating func report(_ period: FleetEvidence.Period) {
    let isAfter = period == .after
    let fleetDay = (0..<fleet.metrics).map { _ in fleet.fleetDayDeviation * random.normal() }
    var taken: [[BinnedBuckets]] = []
    for arm in 0...1 {
      taken.append(
        (0..<fleet.metrics).map {
          cells.removeValue(forKey: Self.key(arm, period, $0)) ?? BinnedBuckets()
        })
    }
    for place in devices.indices {
      if isAfter, random.uniform() < fleet.attrition { devices[place].isGone = true }
      let isSilent = devices[place].isGone || (isAfter && slowest.contains(place))
      guard !isSilent, random.uniform() < fleet.presence else { continue }
      let device = devices[place]
      let isBad = random.uniform() < fleet.badDays
      for metric in 0..<fleet.metrics {
        let shift =
          device.before[metric] + (isAfter ? device.after[metric] : 0) + fleetDay[metric]
          + fleet.dayDeviation * random.normal() + (isBad ? log(2.0) : 0)
        day.add(shift: shift, to: &taken[device.arm][metric], bin: device.bin)
      }
      if isAfter {
        devices[place].reports += 1
        devices[place].lastReport = days
        reportDays[device.arm, default: [:]][days, default: 0] += 1
      }
    }
    for arm in 0...1 {
      for metric in 0..<fleet.metrics {
        let buckets = taken[arm][metric]
        if buckets.reportCount > 0 { cells[Self.key(arm, period, metric)] = buckets }
      }
    }
  }

  /// What the reports so far add up to.
  func evidence(silenceDays: Int = 2) -> FleetEvidence {
    var evidence = FleetEvidence(
      arms: ["control", "canary"], widths: [200, 200], hours: days * 24,
      silence: silenceDays * 24)
    evidence.cells = cells
    evidence.days = reportDays
    for arm in 0...1 {
      var cohort = FleetEvidence.Cohort()
      for device in devices where device.arm == arm {
        cohort.enrolled += 1
        cohort.enrolledPerBin[device.bin] += 1
        cohort.reportsPerBin[device.bin] += Double(device.reports)
        if device.reports > 0 {
          cohort.measuring += 1
          cohort.exposed += 1
        }
        if days - device.lastReport > silenceDays { cohort.lost += 1 }
      }
      evidence.cohorts[.init(arm: arm, model: "")] = cohort
    }
    return evidence
  }
}
