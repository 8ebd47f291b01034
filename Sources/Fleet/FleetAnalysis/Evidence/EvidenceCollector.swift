import LatencyHistograms

/// Adds up reports, in any order, to ``FleetEvidence``.
package struct EvidenceCollector: Sendable {
  /// One metric of a report.
  package struct Measured: Sendable {
    /// With its label.
    package var metric: String
    /// See ``FleetEvidence/Stratum/way``.
    package var way: String
    package var layout: HistogramLayout
    /// Ascending, all within the layout.
    package var buckets: [SparseBucket]

    package init(metric: String, way: String, histogram: LatencyHistogram) {
      self.init(
        metric: metric, way: way, layout: histogram.layout, buckets: histogram.sparse)
    }

    /// Of buckets that were checked before: whoever has many reports spares a histogram for each.
    package init(metric: String, way: String, layout: HistogramLayout, buckets: [SparseBucket]) {
      self.metric = metric
      self.way = way
      self.layout = layout
      self.buckets = buckets
    }
  }

  /// What the judge needs of a report.
  package struct Report: Sendable {
    /// The device's name in this campaign.
    package var pseudonym: [UInt8]
    package var arm: Int
    package var model: String
    package var build: String
    /// Hours since 1970.
    package var hour: Int
    /// Minutes since boot.
    package var uptime: Int
    /// Nil where the device says why it does not measure.
    package var measured: [Measured]?

    package init(
      pseudonym: [UInt8], arm: Int, model: String, build: String, hour: Int, uptime: Int,
      measured: [Measured]?
    ) {
      self.pseudonym = pseudonym
      self.arm = arm
      self.model = model
      self.build = build
      self.hour = hour
      self.uptime = uptime
      self.measured = measured
    }
  }

  /// What the reports are held against.
  package struct Setting: Sendable {
    package var arms: [String]
    package var widths: [Int]
    /// Hour since 1970 at which the firmware was first offered.
    package var offered: Int
    /// Hour since 1970 of this look.
    package var now: Int
    /// Hours without a measurement after which a device counts as lost.
    package var silence: Int
    /// Build under test.
    package var candidate: String
    /// Models that are looked at by themselves; all others are one.
    package var models: Set<String>?
    /// Kinds of histograms (arm, period, stratum, metric with its label) that are kept apart, at most;
    /// one takes 270 KiB. Devices say what labels there are.
    package var mostKinds = 2048
    /// Distributions of one day that are kept, at most; one takes 1 KiB.
    package var mostDays = 16384

    package init(
      arms: [String], widths: [Int], offered: Int, now: Int, silence: Int, candidate: String,
      models: Set<String>? = nil
    ) {
      self.arms = arms
      self.widths = widths
      self.offered = offered
      self.now = now
      self.silence = silence
      self.candidate = candidate
      self.models = models
    }
  }

  private struct Device {
    var arm: Int
    var model: String
    var lastMeasured: Int?
    var isMeasuring = false
    var isExposed = false
    var reports = 0
  }

  /// Where models that are not looked at by themselves are counted.
  package static let otherModels = "other"

  private let setting: Setting
  private var devices: [[UInt8]: Device] = [:]
  private var evidence: FleetEvidence
  /// Reports that were left out: of an arm that is not there, or from after this look.
  package private(set) var refused = 0
  /// Histograms that were left out because there were too many kinds of them.
  package private(set) var crowded = 0

  package init(_ setting: Setting) {
    self.setting = setting
    evidence = FleetEvidence(
      arms: setting.arms, widths: setting.widths, hours: max(0, setting.now - setting.offered),
      silence: setting.silence)
  }

  package mutating func add(_ report: Report) {
    guard setting.arms.indices.contains(report.arm), report.hour < setting.now else {
      refused += 1
      return
    }
    let model =
      setting.models.map { $0.contains(report.model) ? report.model : Self.otherModels }
      ?? report.model
    // A device has one arm and one model; a later report that says otherwise changes neither.
    var device =
      devices[report.pseudonym] ?? Device(arm: report.arm, model: model)
    defer { devices[report.pseudonym] = device }
    guard let measured = report.measured else { return }
    device.lastMeasured = max(device.lastMeasured ?? 0, report.hour)
    let isAfter = report.hour >= setting.offered
    let bin = DeviceBins.bin(of: report.pseudonym)
    for one in measured {
      let stratum = FleetEvidence.Stratum(
        model: device.model, isFreshBoot: report.uptime < 24 * 60, way: one.way)
      let key = FleetEvidence.CellKey(
        arm: device.arm, period: isAfter ? .after : .before, stratum: stratum, metric: one.metric)
      guard evidence.cells.count < setting.mostKinds || evidence.cells[key] != nil else {
        crowded += 1
        continue
      }
      evidence.cells[key, default: BinnedBuckets()].add(one.buckets, one.layout, bin: bin)
      let day = FleetEvidence.DayKey(
        arm: device.arm, day: report.hour / 24, metric: one.metric)
      // A device's clock may say anything.
      if evidence.daily.count < setting.mostDays || evidence.daily[day] != nil {
        evidence.daily[day, default: OctaveBuckets()].add(one.buckets, one.layout, bin: bin)
      }
    }
    guard isAfter else { return }
    device.isMeasuring = true
    device.reports += 1
    if report.build == setting.candidate { device.isExposed = true }
    evidence.days[device.arm, default: [:]][report.hour / 24, default: 0] += 1
  }

  /// What all reports so far add up to.
  package func finished() -> FleetEvidence {
    var evidence = evidence
    for (pseudonym, device) in devices {
      let key = FleetEvidence.CohortKey(arm: device.arm, model: device.model)
      let bin = DeviceBins.bin(of: pseudonym)
      var cohort = evidence.cohorts[key] ?? FleetEvidence.Cohort()
      cohort.enrolled += 1
      cohort.enrolledPerBin[bin] += 1
      cohort.reportsPerBin[bin] += Double(device.reports)
      if device.isMeasuring { cohort.measuring += 1 }
      if device.isExposed { cohort.exposed += 1 }
      // Silence before the offer says nothing of the firmware.
      let last = max(device.lastMeasured ?? 0, setting.offered)
      if setting.now - last > setting.silence { cohort.lost += 1 }
      evidence.cohorts[key] = cohort
    }
    return evidence
  }
}
