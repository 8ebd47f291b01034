/// What is known of a campaign besides its verdicts: who takes part, who fell silent or refused, and what
/// it costs. All of it may be shown: nothing is made of fewer devices than the collector allows.
package struct CampaignOverview: Sendable, Equatable {
  /// Devices of an arm with one build and model.
  package struct Cohort: Sendable, Equatable {
    package var arm: String
    package var build: String
    package var model: String
    /// At least so many.
    package var devices: Int
    package var reports: Int

    package init(arm: String, build: String, model: String, devices: Int, reports: Int) {
      self.arm = arm
      self.build = build
      self.model = model
      self.devices = devices
      self.reports = reports
    }
  }

  /// Devices that do not measure.
  package struct Absence: Sendable, Equatable {
    package var arm: String
    /// Why, in words.
    package var why: String
    /// At least so many; nil: some, and fewer than may be counted.
    package var devices: Int?

    package init(arm: String, why: String, devices: Int?) {
      self.arm = arm
      self.why = why
      self.devices = devices
    }
  }

  /// What measuring costs the devices of an arm, as quantiles over devices.
  package struct Cost: Sendable, Equatable {
    package struct Quantiles: Sendable, Equatable {
      package var median: Double
      package var high: Double

      /// The median, and what 90% of the devices are below.
      package init(median: Double, high: Double) {
        self.median = median
        self.high = high
      }
    }

    package var arm: String
    /// Share of one CPU in windows.
    package var cpu: Quantiles
    /// Bytes.
    package var memory: Quantiles
    /// Bytes of one report.
    package var report: Quantiles

    package init(arm: String, cpu: Quantiles, memory: Quantiles, report: Quantiles) {
      self.arm = arm
      self.cpu = cpu
      self.memory = memory
      self.report = report
    }
  }

  package var campaign: String
  /// When this was counted, such as `2030-01-31T12:00:00Z`.
  package var asOf: String
  /// At least so many.
  package var devices: Int
  package var reports: Int
  package var cohorts: [Cohort]
  package var absences: [Absence]
  package var costs: [Cost]
  /// Devices that anything shown is made of, at least.
  package var k: Int

  package init(
    campaign: String, asOf: String, devices: Int, reports: Int, cohorts: [Cohort],
    absences: [Absence], costs: [Cost], k: Int
  ) {
    self.campaign = campaign
    self.asOf = asOf
    self.devices = devices
    self.reports = reports
    self.cohorts = cohorts
    self.absences = absences
    self.costs = costs
    self.k = k
  }
}
