/// Decides when a device is quiet enough to be measured. Pure: samples in, decision out.
///
/// A device that still optimises packages, merges snapshots or answers udev after a boot measures
/// that work, not the firmware; and both arms must be measured at the same uptime.
package struct SettleGate: Sendable, Equatable {
  /// What the gate asks for.
  package struct Limits: Sendable, Equatable {
    /// Largest share of all CPUs' time that may be busy between two samples, 0...1.
    package var cpuBusy: Double
    /// Largest `some avg10` of /proc/pressure, percent.
    package var pressure: Double
    /// Consecutive quiet samples wanted.
    package var quietSamples: Int
    /// Uptime every run waits for, so that arms are measured at an equal age, seconds.
    package var uptime: Double
    /// Samples after which the gate gives up; equal for both arms.
    package var maxSamples: Int

    package init(
      cpuBusy: Double = 0.2, pressure: Double = 10, quietSamples: Int = 2, uptime: Double = 0,
      maxSamples: Int = 120
    ) {
      self.cpuBusy = cpuBusy
      self.pressure = pressure
      self.quietSamples = quietSamples
      self.uptime = uptime
      self.maxSamples = maxSamples
    }
  }

  /// What the device said at one moment.
  package struct Sample: Sendable, Equatable {
    package var ticks: CPUTicks
    /// Largest `some avg10` over cpu, io and memory; nil where the kernel has no PSI.
    package var pressure: Double?
    /// /proc/uptime, seconds.
    package var uptime: Double
    /// What the device says it still does (``BootWork``); nil = nothing.
    package var unrest: String?

    package init(
      ticks: CPUTicks, pressure: Double?, uptime: Double, unrest: String? = nil
    ) {
      self.ticks = ticks
      self.pressure = pressure
      self.uptime = uptime
      self.unrest = unrest
    }
  }

  /// The answer to a sample.
  package enum Decision: Sendable, Equatable {
    case wait(String)
    case settled
    /// The limit is reached; the text says what was not quiet.
    case gaveUp(String)
  }

  private let limits: Limits
  private var previous: Sample?
  private var quiet = 0
  private var seen = 0

  package init(limits: Limits) {
    self.limits = limits
  }

  /// Whether the last sample was quiet.
  var isQuiet: Bool { quiet > 0 }

  /// Takes the next sample.
  package mutating func handle(_ sample: Sample) -> Decision {
    seen += 1
    let reason = unrest(sample)
    previous = sample
    guard let reason else {
      quiet += 1
      if quiet >= limits.quietSamples { return .settled }
      return seen >= limits.maxSamples ? .gaveUp("not quiet for long enough") : .wait("quiet")
    }
    quiet = 0
    return seen >= limits.maxSamples ? .gaveUp(reason) : .wait(reason)
  }

  private func unrest(_ sample: Sample) -> String? {
    if let unrest = sample.unrest { return unrest }
    if sample.uptime < limits.uptime {
      return "uptime \(wholeText(sample.uptime)) s of \(wholeText(limits.uptime)) s"
    }
    if let pressure = sample.pressure, pressure > limits.pressure {
      return "pressure \(wholeText(pressure.rounded()))%, limit \(wholeText(limits.pressure))%"
    }
    guard let previous, let share = sample.ticks.busyShare(since: previous.ticks) else {
      return "first sample"
    }
    guard share > limits.cpuBusy else { return nil }
    return "CPU \(Int((share * 100).rounded()))% busy, limit \(Int(limits.cpuBusy * 100))%"
  }
}

extension SettleGate.Sample {
  /// The files a sample is made from.
  package static let paths = [
    "/proc/stat", "/proc/uptime", "/proc/pressure/cpu", "/proc/pressure/io",
    "/proc/pressure/memory",
  ]

  /// Reads a sample from the text of ``paths``; nil when /proc/stat or /proc/uptime make no sense.
  package init?(files: [String: String]) {
    guard let ticks = files["/proc/stat"].flatMap(CPUTicks.init(stat:)),
      let uptime = files["/proc/uptime"]?.split(separator: " ").first.flatMap({ finite($0) })
    else { return nil }
    let pressures = Self.paths.filter { $0.hasPrefix("/proc/pressure") }
      .compactMap { files[$0].flatMap { PressureLine(text: $0).average10 } }
    self.init(ticks: ticks, pressure: pressures.max(), uptime: uptime)
  }
}
