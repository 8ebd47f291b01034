import Catalogs
import RunRecords

/// Decides whether an iteration counts: whether the device stayed what it was when the run began,
/// and inside the bounds of its file. Pure.
///
/// The state in which the run began is the measure of throttling: what a firmware limits from the
/// boot on is its own and counts, a later limit is due to heat or to the bench.
package struct StabilityGate: Sendable {
  /// Why an iteration is dropped.
  package struct Drop: Sendable, Equatable {
    package var cause: DropCause
    package var text: String

    package init(_ cause: DropCause, _ text: String) {
      self.cause = cause
      self.text = text
    }
  }

  /// What was seen of one iteration.
  package struct Observation: Sendable, Equatable {
    package var before: DeviceReading
    /// At the windows' edges; only limits and cooling states.
    package var edges: [DeviceReading] = []
    package var after: DeviceReading
    package var speedBefore: MachineSpeed?
    package var speedAfter: MachineSpeed?

    package init(
      before: DeviceReading, edges: [DeviceReading] = [], after: DeviceReading,
      speedBefore: MachineSpeed? = nil, speedAfter: MachineSpeed? = nil
    ) {
      self.before = before
      self.edges = edges
      self.after = after
      self.speedBefore = speedBefore
      self.speedAfter = speedAfter
    }
  }

  private let bounds: DeviceDefinition.Stability
  private let baseline: DeviceReading

  /// `baseline` is the least throttled look before anything was measured.
  package init(bounds: DeviceDefinition.Stability, baseline: DeviceReading) {
    self.bounds = bounds
    self.baseline = baseline
  }

  /// The first reason found, the gravest first; nil when the iteration counts.
  package func drop(_ seen: Observation) -> Drop? {
    throttling(seen) ?? speed(seen) ?? temperature(seen) ?? power(seen) ?? memory(seen)
      ?? clock(seen)
  }

  private func throttling(_ seen: Observation) -> Drop? {
    guard bounds.dropsThrottled else { return nil }
    for reading in [seen.before] + seen.edges + [seen.after] {
      for (name, state) in reading.coolingStates.sorted(by: { $0.key < $1.key }) {
        let begun = baseline.coolingStates[name] ?? 0
        if state > begun {
          return Drop(
            .throttling,
            "\(name) throttles: state \(wholeText(state)), \(wholeText(begun)) when the run began")
        }
      }
      for (name, policy) in reading.policies.sorted(by: { $0.key < $1.key }) {
        guard let limit = policy.limit else { continue }
        if let begun = baseline.policies[name]?.limit, limit != begun {
          return Drop(
            .frequencyLimit,
            "\(name) may run at \(wholeText(limit)) kHz, at \(wholeText(begun)) kHz when the run "
              + "began")
        }
        let hardware = baseline.policies[name]?.hardware ?? policy.hardware
        if let least = bounds.frequencyLimitMin?.fraction, let hardware,
          limit < hardware * least
        {
          return Drop(
            .frequencyLimit,
            "\(name) may run at \(wholeText(limit)) of \(wholeText(hardware)) kHz, below "
              + percentText(least))
        }
      }
    }
    // It is a sum over CPUs, and younger kernels say it only of those that are online.
    let isOfSameCPUs = !bounds.allowsHotplug || seen.after.onlineCPUs == baseline.onlineCPUs
    if isOfSameCPUs, let begun = baseline.capacity, let now = seen.after.capacity, now != begun {
      return Drop(
        .throttling,
        "CPU capacity is \(wholeText(now)), \(wholeText(begun)) when the run began")
    }
    return nil
  }

  private func speed(_ seen: Observation) -> Drop? {
    guard let most = bounds.speedChangeMax?.fraction, let before = seen.speedBefore,
      let after = seen.speedAfter
    else { return nil }
    let change = after.change(since: before)
    guard change > most else { return nil }
    return Drop(
      .speed,
      "a CPU's speed changed by \(percentText(change)) during the iteration, limit "
        + percentText(most))
  }

  private func temperature(_ seen: Observation) -> Drop? {
    guard let most = bounds.temperatureMax?.celsius else { return nil }
    for reading in [seen.before, seen.after] {
      if let hottest = reading.temperatures.values.max(), hottest > most {
        return Drop(.temperature, "temperature \(hottest) C is above \(most) C")
      }
    }
    return nil
  }

  private func power(_ seen: Observation) -> Drop? {
    for reading in [seen.before, seen.after] {
      if let least = bounds.batteryMin?.fraction, let level = reading.batteryPercent,
        level < least * 100
      {
        return Drop(.battery, "battery at \(level)% is below \(percentText(least))")
      }
      if !bounds.allowsCharging, reading.isCharging == true {
        return Drop(.battery, "the battery is being charged")
      }
    }
    if let before = seen.before.isCharging, let after = seen.after.isCharging, before != after {
      return Drop(.battery, "charging \(after ? "began" : "ended") during the iteration")
    }
    return nil
  }

  private func memory(_ seen: Observation) -> Drop? {
    let numbers = Covariates.iteration(before: seen.before, after: seen.after, speed: nil)
    if let most = bounds.memoryPressureMax?.fraction,
      let stalled = numbers[Covariate.memoryPressure], stalled > most * 100
    {
      return Drop(
        .memoryPressure,
        "tasks waited for memory \(percentText(stalled / 100)) of the time, limit "
          + percentText(most))
    }
    if let least = bounds.memoryAvailableMin.map({ Double($0.bytes) / 1024 }) {
      for reading in [seen.before, seen.after] {
        if let available = reading.memoryAvailable, available < least {
          return Drop(
            .memoryPressure,
            "\(wholeText(available)) KiB of memory available, at least \(wholeText(least))")
        }
      }
    }
    return nil
  }

  private func clock(_ seen: Observation) -> Drop? {
    guard let before = seen.before.clockSource, let after = seen.after.clockSource,
      before != after
    else { return nil }
    return Drop(.clock, "the clock source changed from \(before) to \(after)")
  }
}

/// `12.3%` of 0.123.
func percentText(_ share: Double) -> String { "\((share * 1000).rounded() / 10)%" }
