import Catalogs
import RunRecords

/// A device that the settle gate let pass.
package struct SettledState: Sendable, Equatable {
  /// When it was last looked at, s since boot.
  package var uptime: Double
  /// Share of all CPUs' time that was busy between the last two looks, 0...1; nil = not known.
  package var background: Double?

  /// How long what was seen stands for a look of one's own.
  private static let validity = 1.0

  package init(uptime: Double, background: Double? = nil) {
    self.uptime = uptime
    self.background = background
  }

  /// The share of the settle gate's last look where that is not long ago.
  func background(at uptime: Double?) -> Double? {
    guard let uptime, (0...Self.validity).contains(uptime - self.uptime) else { return nil }
    return background
  }
}

/// Lets an iteration start only from the state in which all start: temperature inside its band,
/// no background load. Pure: looks in, decisions out.
///
/// Both arms get the same limit. One that gives up is a dropped iteration, so that a firmware which
/// heats its device does not lose its hot iterations unnoticed.
package struct StartGate: Sendable {
  /// The answer to a look.
  package enum Decision: Sendable, Equatable {
    case wait(String)
    /// With the share of CPU time that was busy between the last two looks, 0...1.
    case ready(background: Double)
    case gaveUp(StabilityGate.Drop)
  }

  /// Degrees Celsius, of the hottest zone; nil = not watched.
  package var coolest: Double?
  package var hottest: Double?
  /// Largest share of all CPUs' time that may be busy, 0...1.
  package var background: Double
  /// Looks after which the gate gives up, at least 2.
  package var maxLooks: Int

  private let settled: SettledState?
  private var previous: CPUTicks?
  private var looks = 0

  /// `settled` is what the settle gate saw just before; nil where something was done since.
  package init(
    coolest: Double?, hottest: Double?, background: Double, maxLooks: Int,
    settled: SettledState? = nil
  ) {
    self.coolest = coolest
    self.hottest = hottest
    self.background = background
    self.maxLooks = max(2, maxLooks)
    self.settled = settled
  }

  /// Takes the next look.
  package mutating func handle(_ reading: DeviceReading) -> Decision {
    looks += 1
    let share =
      looks == 1
      ? settled?.background(at: reading.uptime)
      : previous.flatMap { reading.ticks?.busyShare(since: $0) }
    let isFirst = previous == nil && reading.ticks != nil && share == nil
    previous = reading.ticks
    let drop = problem(reading, share)
    guard let drop else { return isFirst ? .wait("first look") : .ready(background: share ?? 0) }
    return looks >= maxLooks ? .gaveUp(drop) : .wait(drop.text)
  }

  private func problem(_ reading: DeviceReading, _ share: Double?) -> StabilityGate.Drop? {
    if let temperature = reading.temperatures.values.max() {
      if let hottest, temperature > hottest {
        return .init(.temperature, "temperature \(temperature) C, to start it may be \(hottest) C")
      }
      if let coolest, temperature < coolest {
        return .init(.temperature, "temperature \(temperature) C, to start it must be \(coolest) C")
      }
    }
    if let share, share > background {
      return .init(
        .background,
        "CPU \(percentText(share)) busy before the iteration, limit \(percentText(background))")
    }
    return nil
  }
}
