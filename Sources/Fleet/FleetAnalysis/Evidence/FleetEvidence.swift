/// All that the judge looks at: what the reports of a campaign add up to.
///
/// Arms are numbered as in the campaign's manifest; 0 is the control. "Before" and "after" are those
/// of the hour at which the firmware was first offered. A device belongs to its arm by the draw alone,
/// whatever firmware it runs: who installs an update at once is no random sample.
package struct FleetEvidence: Sendable, Equatable {
  package enum Period: String, Sendable, CaseIterable { case before, after }

  /// Reports that are alike but for the arm: only those are compared with one another.
  package struct Stratum: Sendable, Hashable, Comparable {
    package var model: String
    /// Within a day of a boot: caches are cold, and a new firmware begins there.
    package var isFreshBoot: Bool
    /// Tier and rung, such as `T2 tp_btf`: other ways into the kernel see slightly other events.
    package var way: String

    package init(model: String, isFreshBoot: Bool, way: String) {
      self.model = model
      self.isFreshBoot = isFreshBoot
      self.way = way
    }

    package static func < (left: Stratum, right: Stratum) -> Bool {
      (left.model, left.isFreshBoot ? 1 : 0, left.way)
        < (right.model, right.isFreshBoot ? 1 : 0, right.way)
    }
  }

  package struct CellKey: Sendable, Hashable {
    package var arm: Int
    package var period: Period
    package var stratum: Stratum
    /// With its label where reports have one.
    package var metric: String

    package init(arm: Int, period: Period, stratum: Stratum, metric: String) {
      self.arm = arm
      self.period = period
      self.stratum = stratum
      self.metric = metric
    }
  }

  package struct CohortKey: Sendable, Hashable {
    package var arm: Int
    package var model: String

    package init(arm: Int, model: String) {
      self.arm = arm
      self.model = model
    }
  }

  package struct DayKey: Sendable, Hashable {
    package var arm: Int
    /// Since 1970.
    package var day: Int
    /// As in ``CellKey``.
    package var metric: String

    package init(arm: Int, day: Int, metric: String) {
      self.arm = arm
      self.day = day
      self.metric = metric
    }
  }

  /// Devices of an arm and a model.
  package struct Cohort: Sendable, Equatable {
    /// That took the campaign: all that ever sent anything.
    package var enrolled = 0
    /// That measured since the offer.
    package var measuring = 0
    /// That have sent no measurement for longer than a device may be silent.
    package var lost = 0
    /// That measured with the firmware under test.
    package var exposed = 0
    /// Enrolled devices, and reports since the offer, per bin.
    package var enrolledPerBin = [Double](repeating: 0, count: DeviceBins.count)
    package var reportsPerBin = [Double](repeating: 0, count: DeviceBins.count)

    package init() {}

    mutating func merge(_ other: Cohort) {
      enrolled += other.enrolled
      measuring += other.measuring
      lost += other.lost
      exposed += other.exposed
      for bin in 0..<DeviceBins.count {
        enrolledPerBin[bin] += other.enrolledPerBin[bin]
        reportsPerBin[bin] += other.reportsPerBin[bin]
      }
    }
  }

  /// Names, in the manifest's order.
  package var arms: [String]
  /// Draws of each arm, in the manifest's order.
  package var widths: [Int]
  package var cohorts: [CohortKey: Cohort] = [:]
  package var cells: [CellKey: BinnedBuckets] = [:]
  /// Reports since the offer by arm and day since 1970, of devices with a clock.
  package var days: [Int: [Int: Int]] = [:]
  /// What each day looked like, before the offer too: for looking at, not for the verdict.
  package var daily: [DayKey: OctaveBuckets] = [:]
  /// Hours since the offer.
  package var hours: Int
  /// Hours without a measurement after which a device counts as lost.
  package var silence: Int

  package init(arms: [String], widths: [Int], hours: Int, silence: Int) {
    self.arms = arms
    self.widths = widths
    self.hours = hours
    self.silence = silence
  }

  /// Devices of an arm, over all models.
  package func cohort(_ arm: Int) -> Cohort {
    cohorts.filter { $0.key.arm == arm }.sorted { $0.key.model < $1.key.model }
      .reduce(into: Cohort()) { $0.merge($1.value) }
  }

  /// Sorted.
  package var models: [String] { Set(cohorts.keys.map(\.model)).sorted() }
  package var metrics: [String] { Set(cells.keys.map(\.metric)).sorted() }
}
