/// What a campaign's verdict demands.
package struct FleetPolicy: Sendable, Equatable {
  /// Quantiles that are compared, of every metric.
  package static let quantiles = [0.5, 0.9, 0.99]

  /// Share of campaigns with an unchanged firmware that may be stopped, over all looks together.
  package var falseStops = 0.01
  /// Probability with which a promotion may miss that a budget is exceeded, over all looks together.
  package var missedHarm = 0.05
  /// Probability with which a guard may fail by chance, over all looks together.
  package var falseGuards = 0.001
  /// Devices per arm that have measured since the offer, at least, for any decision.
  package var leastDevices = 200
  /// Hours since the offer before which nothing is promoted.
  package var leastHours = 48
  /// Share of the candidate's devices that have to run the firmware under test before a promotion.
  package var leastExposure = 0.8
  /// Worsening that matters, by quantile: smaller ones stop nothing.
  package var thresholds: [Double: Double] = [0.5: 0.03, 0.9: 0.04, 0.99: 0.05]
  /// Worsening that a promotion has to exclude, by quantile; quantiles that are not here do not gate.
  /// The p99 does not by default: that no slow device is missing can be shown for it only with some
  /// 80,000 devices per arm.
  package var budgets: [Double: Double] = [0.5: 0.09, 0.9: 0.12]
  /// A promotion has to exclude that the firmware loses this share of the devices or more, beyond those
  /// that are lost without it.
  package var mostLost = 0.005
  /// Devices that any published number is made of, at least.
  package var anonymity = 20

  package init() {}

  func threshold(_ quantile: Double) -> Double { thresholds[quantile] ?? 0 }
}
