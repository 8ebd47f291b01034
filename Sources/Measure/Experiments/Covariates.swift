import RunRecords

/// Numbers that may explain why two iterations differ, by their names in ``Covariate``.
package enum Covariates {
  /// The state at one moment.
  package static func state(_ reading: DeviceReading) -> [String: Double] {
    var numbers: [String: Double] = [:]
    numbers[Covariate.memoryAvailable] = reading.memoryAvailable
    numbers[Covariate.load] = reading.load
    numbers[Covariate.temperature] = reading.temperatures.values.max()
    numbers[Covariate.capacity] = reading.capacity
    numbers[Covariate.onlineCPUs] = reading.onlineCPUs.map(Double.init)
    numbers[Covariate.battery] = reading.batteryPercent
    numbers[Covariate.charging] = reading.isCharging.map { $0 ? 1 : 0 }
    if !reading.coolingStates.isEmpty {
      numbers[Covariate.throttle] = reading.coolingStates.values.reduce(0, +)
    }
    func mean(_ name: String, _ field: (DeviceReading.Policy) -> Double?) {
      let values = reading.policies.values.compactMap(field).filter { $0 > 0 }
      if !values.isEmpty { numbers[name] = geometricMean(values) }
    }
    mean(Covariate.frequencyLimit, \.limit)
    mean(Covariate.hardwareFrequency, \.hardware)
    for (name, policy) in reading.policies {
      numbers["\(name)_frequency_khz"] = policy.current
      numbers["\(name)_frequency_minimum_khz"] = policy.lowest
      numbers["\(name)_frequency_limit_khz"] = policy.limit
    }
    return numbers
  }

  /// The state before an iteration, what changed until after it, and how fast the machine was.
  package static func iteration(
    before: DeviceReading, after: DeviceReading, speed: MachineSpeed?
  ) -> [String: Double] {
    var numbers = state(before)
    numbers[Covariate.speed] = speed?.overall
    numbers[Covariate.sustainedSpeed] = speed?.overallSustained
    let ending = state(after)
    for name in [
      Covariate.temperature, Covariate.throttle, Covariate.frequencyLimit,
      Covariate.memoryAvailable,
    ] {
      numbers[Covariate.after(name)] = ending[name]
    }
    numbers[Covariate.majorFaults] = difference(before.majorFaults, after.majorFaults)
    if let stalled = difference(before.memoryStalled, after.memoryStalled),
      let time = difference(before.uptime, after.uptime), time > 0
    {
      numbers[Covariate.memoryPressure] = stalled / (time * 1e6) * 100
    }
    let changes = before.policies.compactMap { name, policy in
      difference(policy.changes, after.policies[name]?.changes)
    }
    if !changes.isEmpty { numbers[Covariate.frequencyChanges] = changes.reduce(0, +) }
    let means = before.policies.compactMap { name, policy in
      after.policies[name].flatMap { meanFrequency(policy, $0) }
    }
    if !means.isEmpty { numbers[Covariate.meanFrequency] = geometricMean(means) }
    return numbers
  }

  private static func difference(_ first: Double?, _ last: Double?) -> Double? {
    guard let first, let last, last >= first else { return nil }
    return last - first
  }

  /// Mean over the time between two looks, kHz; nil when no tick passed. What one of them does not
  /// have says nothing: its ticks are those since the boot.
  private static func meanFrequency(
    _ first: DeviceReading.Policy, _ last: DeviceReading.Policy
  ) -> Double? {
    let spent = last.ticks.reduce(into: [Double: Double]()) { spent, entry in
      guard let before = first.ticks[entry.key], entry.value > before else { return }
      spent[entry.key] = entry.value - before
    }
    let time = spent.values.reduce(0, +)
    return time > 0 ? spent.reduce(0) { $0 + $1.key * $1.value } / time : nil
  }
}
