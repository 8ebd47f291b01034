/// Names of covariates that more than one part of latgate knows. A name ends in its unit.
package enum Covariate {
  /// Work done by a CPU in its fastest round: what it can do. Geometric mean over CPUs.
  package static let speed = "speed_loops_per_us"
  /// The same over all rounds: what it gave. A CPU that is stopped now and then is slower here.
  package static let sustainedSpeed = "speed_sustained_loops_per_us"
  /// Highest frequency that policy allows now (`scaling_max_freq`), geometric mean over policies.
  package static let frequencyLimit = "frequency_limit_khz"
  /// Highest frequency of the hardware (`cpuinfo_max_freq`), likewise.
  package static let hardwareFrequency = "frequency_hardware_khz"
  /// `cpu_capacity` of all CPUs together; 1024 is the biggest CPU at full speed.
  package static let capacity = "cpu_capacity_total"
  /// CPUs online.
  package static let onlineCPUs = "cpus_online_count"
  /// States of all cooling devices but fans together; 0 = nothing is throttled.
  package static let throttle = "throttle_state_sum"
  /// The hottest zone.
  package static let temperature = "temperature_celsius"
  /// Share of all CPUs' time spent on anything, just before the iteration, 0...1.
  package static let background = "background_cpu_share"
  package static let battery = "battery_percent"
  /// 1 while the battery is being charged.
  package static let charging = "battery_charging_flag"
  package static let memoryAvailable = "memory_available_kib"
  /// Share of the iteration's time in which some task waited for memory.
  package static let memoryPressure = "memory_pressure_percent"
  package static let load = "load_1min"
  package static let majorFaults = "major_faults_count"
  package static let frequencyChanges = "frequency_changes_count"
  /// Mean over the iteration's time and over policies.
  package static let meanFrequency = "frequency_mean_khz"
  /// Time in suspend during the iteration.
  package static let suspended = "suspended_ms"
  /// Of the device's time counter.
  package static let counterFrequency = "counter_hz"

  /// Of one CPU, weighted by time, as trace events report it (tier T0).
  package static func meanFrequency(cpu: UInt32) -> String { "cpu\(cpu)_mean_khz" }
  /// How often trace events say that it changed.
  package static func frequencyChanges(cpu: UInt32) -> String { "cpu\(cpu)_frequency_changes" }

  /// The state after the iteration of what a name ending in its unit says before it:
  /// `temperature_celsius` becomes `temperature_after_celsius`.
  package static func after(_ name: String) -> String {
    guard let cut = name.lastIndex(of: "_") else { return name }
    return "\(name[..<cut])_after\(name[cut...])"
  }
}

/// Kinds of reasons for dropping an iteration, as they are counted per arm.
package enum DropCause: String, Codable, Sendable, Equatable, CaseIterable {
  case temperature
  /// A cooling device limits something.
  case throttling
  case frequencyLimit = "frequency limit"
  case speed = "machine speed"
  case battery
  case memoryPressure = "memory pressure"
  case background = "background load"
  case suspend
  case hotplug = "hot-plug"
  case clock
  /// Trace events were lost, or someone else changed the tracing (tier T0).
  case trace
  /// The device, or the way to it, was away.
  case deviceLost = "device lost"
}
