import FleetReports
import Foundation
import Reporting

/// What the reports of a campaign say of the devices that sent them, added up in any order.
struct CampaignFacts {
  private struct Device {
    var arm = 0
    var build = ""
    var model = ""
    /// Place in time of what `build` and `model` are of: hour, then sequence.
    var last: (hour: Int, sequence: UInt32) = (-1, 0)
    var lastMeasured: Int?
    /// Why it stopped last; 0 = it did not.
    var code = 0
    /// Place in time of `code`.
    var stopped: (hour: Int, sequence: UInt32) = (-1, 0)
    var reports = 0
    var measurements = 0
    var cpuMilliseconds = 0.0
    var windowSeconds = 0.0
    var memory = 0.0
    var bytes = 0.0
  }

  private let campaign: String
  /// Devices that anything shown is made of, at least.
  private let k: Int
  private var devices: [DevicePseudonym: Device] = [:]

  /// Hours without a measurement after which a device counts as silent.
  static let silence = 72

  init(campaign: String, k: Int) {
    self.campaign = campaign
    self.k = k
  }

  mutating func add(_ collected: CollectedReport) {
    let report = collected.report
    // A device without a clock is counted when its report came.
    let hour =
      report.startedHour > 0 ? Int(report.startedHour) : Int(collected.received / 3_600_000)
    var device = devices[collected.device] ?? Device()
    defer { devices[collected.device] = device }
    device.reports += 1
    device.bytes += Double(report.bytes.count)
    if (hour, report.sequence) >= device.last {
      device.last = (hour, report.sequence)
      device.arm = Int(report.arm)
      device.build = report.build
      device.model = report.model
    }
    guard report.kind == .measurement else {
      if (hour, report.sequence) >= device.stopped {
        device.stopped = (hour, report.sequence)
        device.code = Int(report.code)
      }
      return
    }
    device.lastMeasured = max(device.lastMeasured ?? 0, hour)
    device.measurements += 1
    device.cpuMilliseconds += Double(report.cpuMilliseconds)
    device.windowSeconds += Double(report.windowSeconds)
    device.memory = max(device.memory, Double(report.memoryKiB) * 1024)
  }

  /// At least so many devices, in steps of ``k``; nil for fewer.
  static func shown(_ count: Int, k: Int) -> Int? { count >= k ? count / k * k : nil }

  var deviceCount: Int? { Self.shown(devices.count, k: k) }

  /// All of it that may be shown, as of `now`. `arms` are the names of the arms, in their order; those
  /// that are missing get their number.
  func overview(now: Date, arms: [String]) -> CampaignOverview {
    func name(_ arm: Int) -> String {
      arms.indices.contains(arm) ? arms[arm] : arm == 0 ? "control" : "arm \(arm)"
    }
    let hour = Int(now.timeIntervalSince1970 / 3600)
    let cohorts = cohorts(name)
    // All reports less those of the cohorts would be those of the few devices that are not shown.
    return CampaignOverview(
      campaign: campaign, asOf: now.formatted(.iso8601), devices: deviceCount ?? 0,
      reports: cohorts.reduce(0) { $0 + $1.reports }, cohorts: cohorts,
      absences: absences(name, hour),
      costs: costs(name), k: k)
  }

  private struct CohortKey: Hashable, Comparable {
    var arm: Int
    var build: String
    var model: String

    static func < (left: Self, right: Self) -> Bool {
      (left.arm, left.build, left.model) < (right.arm, right.build, right.model)
    }
  }

  /// Cohorts of k devices or more; smaller ones of an arm together, where they are that many.
  private func cohorts(_ name: (Int) -> String) -> [CampaignOverview.Cohort] {
    var all = Dictionary(grouping: devices.values) {
      CohortKey(arm: $0.arm, build: $0.build, model: $0.model)
    }
    for (key, members) in all where members.count < k {
      all[key] = nil
      all[CohortKey(arm: key.arm, build: "others", model: "others"), default: []] += members
    }
    return all.sorted { $0.key < $1.key }.compactMap { key, members in
      guard let count = Self.shown(members.count, k: k) else { return nil }
      return CampaignOverview.Cohort(
        arm: name(key.arm), build: key.build, model: key.model.isEmpty ? "–" : key.model,
        devices: count, reports: members.reduce(0) { $0 + $1.reports })
    }
  }

  private struct AbsenceKey: Hashable, Comparable {
    var arm: Int
    /// -1: silent.
    var code: Int

    static func < (left: Self, right: Self) -> Bool {
      (left.arm, left.code) < (right.arm, right.code)
    }
  }

  private func absences(_ name: (Int) -> String, _ hour: Int) -> [CampaignOverview.Absence] {
    var counts: [AbsenceKey: Int] = [:]
    for device in devices.values {
      // Some reasons pass, such as a lease that ran out.
      if device.code != 0, (device.lastMeasured ?? 0) <= device.stopped.hour {
        counts[AbsenceKey(arm: device.arm, code: device.code), default: 0] += 1
      } else if let last = device.lastMeasured, hour - last > Self.silence {
        counts[AbsenceKey(arm: device.arm, code: -1), default: 0] += 1
      }
    }
    return counts.sorted { $0.key < $1.key }.map { key, count in
      CampaignOverview.Absence(
        arm: name(key.arm),
        why: key.code < 0
          ? "silent: no measurement for \(Self.silence) h" : "stopped: \(Self.words(key.code))",
        devices: Self.shown(count, k: k))
    }
  }

  /// Of docs/fleet-reports.md.
  static func words(_ code: Int) -> String {
    let known = [
      1: "no bundle for its ABI", 2: "the probe is not supported", 3: "over the CPU budget",
      4: "over the memory budget", 5: "over the upload budget", 6: "disabled after a crash",
      7: "refused by its allow-list", 8: "the bundle is broken", 9: "the campaign was revoked",
      10: "the lease ran out", 11: "an internal error", 12: "the battery is low",
    ]
    return known[code] ?? "code \(code)"
  }

  private func costs(_ name: (Int) -> String) -> [CampaignOverview.Cost] {
    Dictionary(grouping: devices.values.filter { $0.measurements > 0 }, by: \.arm)
      .filter { $0.value.count >= k }.sorted { $0.key < $1.key }.map { arm, members in
        func quantiles(_ value: (Device) -> Double) -> CampaignOverview.Cost.Quantiles {
          let sorted = members.map(value).sorted()
          return .init(
            median: sorted[sorted.count / 2], high: sorted[sorted.count * 9 / 10])
        }
        return CampaignOverview.Cost(
          arm: name(arm),
          cpu: quantiles {
            $0.windowSeconds > 0 ? $0.cpuMilliseconds / 1000 / $0.windowSeconds : 0
          }, memory: quantiles(\.memory), report: quantiles { $0.bytes / Double($0.reports) })
      }
  }
}
