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
    /// /proc/stat: ticks of all CPUs spent outside idle and iowait, and altogether.
    package var busyTicks: UInt64
    package var totalTicks: UInt64
    /// Largest `some avg10` over cpu, io and memory; nil where the kernel has no PSI.
    package var pressure: Double?
    /// /proc/uptime, seconds.
    package var uptime: Double
    /// `sys.boot_completed` is 1, or the device has no such property.
    package var bootCompleted: Bool

    package init(
      busyTicks: UInt64, totalTicks: UInt64, pressure: Double?, uptime: Double,
      bootCompleted: Bool = true
    ) {
      self.busyTicks = busyTicks
      self.totalTicks = totalTicks
      self.pressure = pressure
      self.uptime = uptime
      self.bootCompleted = bootCompleted
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
    guard sample.bootCompleted else { return "boot not completed" }
    if sample.uptime < limits.uptime {
      return "uptime \(Int(sample.uptime)) s of \(Int(limits.uptime)) s"
    }
    if let pressure = sample.pressure, pressure > limits.pressure {
      return "pressure \(Int(pressure.rounded()))%, limit \(Int(limits.pressure))%"
    }
    guard let previous, sample.totalTicks > previous.totalTicks,
      sample.busyTicks >= previous.busyTicks
    else { return "first sample" }
    let share =
      Double(sample.busyTicks - previous.busyTicks)
      / Double(sample.totalTicks - previous.totalTicks)
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
    guard let stat = files["/proc/stat"],
      let line = stat.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }),
      let uptime = files["/proc/uptime"]?.split(separator: " ").first.flatMap({ Double($0) })
    else { return nil }
    // proc(5): user nice system idle iowait irq softirq steal; guest time is inside user.
    let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { UInt64($0) }
    guard ticks.count >= 5 else { return nil }
    let total = ticks.reduce(0, &+)
    let idle = ticks[3] &+ ticks[4]
    guard total >= idle else { return nil }
    let pressures = Self.paths.filter { $0.hasPrefix("/proc/pressure") }
      .compactMap { files[$0].flatMap(Self.someAverage10) }
    self.init(
      busyTicks: total - idle, totalTicks: total, pressure: pressures.max(), uptime: uptime)
  }

  private static func someAverage10(_ text: String) -> Double? {
    text.split(separator: "\n").first { $0.hasPrefix("some ") }?
      .split(separator: " ").first { $0.hasPrefix("avg10=") }
      .flatMap { Double($0.dropFirst("avg10=".count)) }
  }
}
