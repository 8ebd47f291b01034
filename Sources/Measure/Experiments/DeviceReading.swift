/// What a device's files say of its state at one moment. Pure: made from texts.
///
/// Sources: Documentation/admin-guide/pm/cpufreq.rst, cpu-freq/cpufreq-stats.rst,
/// driver-api/thermal/sysfs-api.rst, accounting/psi.rst, ABI/testing/sysfs-class-power of the
/// kernel; what a device does not have is left out.
package struct DeviceReading: Sendable, Equatable {
  /// One cpufreq policy; kHz.
  package struct Policy: Sendable, Equatable {
    package var current: Double?
    package var lowest: Double?
    /// What the policy allows now.
    package var limit: Double?
    /// What the hardware can do.
    package var hardware: Double?
    /// 10 ms ticks spent at each frequency since boot.
    package var ticks: [Double: Double] = [:]
    package var changes: Double?
  }

  /// By the zone's name, degrees Celsius.
  package var temperatures: [String: Double] = [:]
  /// By the cooling device's name; fans are left out, as they slow nothing down.
  package var coolingStates: [String: Double] = [:]
  /// By name, such as `policy0`.
  package var policies: [String: Policy] = [:]
  /// Of all CPUs together.
  package var capacity: Double?
  package var onlineCPUs: Int?
  /// Of the device's own battery, not of a pen or a mouse.
  package var batteryPercent: Double?
  package var isCharging: Bool?
  package var memoryAvailable: Double?
  /// us that some task has waited for memory since boot; `some avg10`, percent.
  package var memoryStalled: Double?
  package var memoryPressure: Double?
  package var majorFaults: Double?
  package var load: Double?
  /// s since boot, suspend included.
  package var uptime: Double?
  package var ticks: CPUTicks?
  package var clockSource: String?

  /// Read with every look.
  package static let paths = [
    "/proc/meminfo", "/proc/loadavg", "/proc/vmstat", "/proc/pressure/memory", "/proc/uptime",
    "/proc/stat", "/sys/devices/system/cpu/online",
    "/sys/devices/system/clocksource/clocksource0/current_clocksource",
  ]
  package static let patterns =
    limitPatterns + [
      "/sys/class/thermal/thermal_zone*/type", "/sys/class/thermal/thermal_zone*/temp",
      "/sys/devices/system/cpu/cpufreq/policy*/scaling_cur_freq",
      "/sys/devices/system/cpu/cpufreq/policy*/scaling_min_freq",
      "/sys/devices/system/cpu/cpufreq/policy*/cpuinfo_max_freq",
      "/sys/devices/system/cpu/cpufreq/policy*/stats/time_in_state",
      "/sys/devices/system/cpu/cpufreq/policy*/stats/total_trans",
      "/sys/devices/system/cpu/cpu*/cpu_capacity",
      "/sys/class/power_supply/*/type", "/sys/class/power_supply/*/scope",
      "/sys/class/power_supply/*/capacity", "/sys/class/power_supply/*/status",
    ]
  /// Cheap enough to be read at the edge of every window: no sensor is asked.
  package static let limitPatterns = [
    "/sys/class/thermal/cooling_device*/type", "/sys/class/thermal/cooling_device*/cur_state",
    "/sys/devices/system/cpu/cpufreq/policy*/scaling_max_freq",
  ]

  package init() {}

  /// Reads the texts of files by path.
  package init(files: [String: String]) {
    readSystem(files)
    var kinds: [String: String] = [:]
    for (path, text) in files where path.hasSuffix("/type") {
      kinds[Self.directory(of: path)] = text.filter { !$0.isNewline }.lowercased()
    }
    for (path, text) in files where path.hasSuffix("/scope") && text.hasPrefix("Device") {
      kinds[Self.directory(of: path)] = "of an accessory"
    }
    for (path, text) in files.sorted(by: { $0.key < $1.key }) {
      let directory = Self.directory(of: path)
      let name = String(directory.split(separator: "/").last ?? "")
      let file = path.dropFirst(directory.count + 1)
      if path.hasPrefix("/sys/class/thermal/") {
        readThermal(name, file, text, kind: kinds[directory] ?? "")
      } else if path.hasPrefix("/sys/class/power_supply/") {
        readSupply(file, text, kind: kinds[directory] ?? "")
      } else if let policy = path.split(separator: "/").first(where: { $0.hasPrefix("policy") }) {
        readPolicy(String(policy), file, text)
      } else if file == "cpu_capacity", let value = number(text) {
        capacity = (capacity ?? 0) + value
      }
    }
  }

  /// The less throttled of two looks: what was limited at one of them only, the firmware does not
  /// limit by itself.
  package func leastThrottled(_ other: DeviceReading) -> DeviceReading {
    var made = self
    made.coolingStates.merge(other.coolingStates) { min($0, $1) }
    made.policies.merge(other.policies) { ($0.limit ?? 0) >= ($1.limit ?? 0) ? $0 : $1 }
    made.capacity = [capacity, other.capacity].compactMap(\.self).max()
    return made
  }

  private mutating func readSystem(_ files: [String: String]) {
    memoryAvailable = field("MemAvailable:", in: files["/proc/meminfo"])
    majorFaults = field("pgmajfault", in: files["/proc/vmstat"])
    load = number(files["/proc/loadavg"]?.split(separator: " ").first)
    uptime = number(files["/proc/uptime"]?.split(separator: " ").first)
    ticks = files["/proc/stat"].flatMap(CPUTicks.init(stat:))
    let pressure = files["/proc/pressure/memory"].map(PressureLine.init(text:))
    memoryPressure = pressure?.average10
    memoryStalled = pressure?.total
    onlineCPUs = files["/sys/devices/system/cpu/online"].flatMap(Self.count(ofCPUs:))
    clockSource = files["/sys/devices/system/clocksource/clocksource0/current_clocksource"]?
      .filter { !$0.isNewline }
  }

  private mutating func readThermal(
    _ name: String, _ file: Substring, _ text: String, kind: String
  ) {
    guard let value = number(text) else { return }
    // Millidegrees. Zones without a sensor report constants far outside.
    if file == "temp", (-40...150).contains(value / 1000) { temperatures[name] = value / 1000 }
    if file == "cur_state", !kind.contains("fan") { coolingStates[name] = value }
  }

  private mutating func readSupply(_ file: Substring, _ text: String, kind: String) {
    guard kind == "battery" else { return }
    if file == "capacity" { batteryPercent = number(text) ?? batteryPercent }
    if file == "status" { isCharging = text.hasPrefix("Charging") }
  }

  private mutating func readPolicy(_ name: String, _ file: Substring, _ text: String) {
    switch file {
    case "scaling_cur_freq": policies[name, default: Policy()].current = number(text)
    case "scaling_min_freq": policies[name, default: Policy()].lowest = number(text)
    case "scaling_max_freq": policies[name, default: Policy()].limit = number(text)
    case "cpuinfo_max_freq": policies[name, default: Policy()].hardware = number(text)
    case "total_trans": policies[name, default: Policy()].changes = number(text)
    case "time_in_state":
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ").compactMap { finite($0) }
        if words.count == 2 { policies[name, default: Policy()].ticks[words[0]] = words[1] }
      }
    default: break
    }
  }

  private static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  /// Of `0-3,6`; nil when it makes no sense.
  private static func count(ofCPUs list: String) -> Int? {
    let parts = list.split { $0 == "," || $0.isWhitespace }
    let sizes = parts.map { part -> Int? in
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
        (0...last).contains(first), last < 1 << 20
      else { return nil }
      return last - first + 1
    }
    guard !sizes.isEmpty, !sizes.contains(nil) else { return nil }
    return sizes.reduce(0) { $0 + ($1 ?? 0) }
  }

  private func number(_ text: (some StringProtocol)?) -> Double? {
    text.flatMap { finite(String($0).filter { !$0.isWhitespace }) }
  }

  private func field(_ name: String, in text: String?) -> Double? {
    guard let line = text?.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else {
      return nil
    }
    let words = line.split(whereSeparator: \.isWhitespace)
    return words.count > 1 ? finite(words[1]) : nil
  }
}

extension DeviceReading {
  /// ``uptime`` in ns; 0 where it is not known.
  var uptimeNs: UInt64 {
    uptime.flatMap { UInt64(exactly: ($0 * 1e9).rounded(.towardZero)) } ?? 0
  }

  /// ``memoryAvailable`` in whole KiB; 0 where it is not known.
  var freeKiB: Int { memoryAvailable.flatMap { Int(exactly: $0.rounded(.towardZero)) } ?? 0 }
}

/// A number of a device's file, which may hold anything; nil for one without an end.
func finite(_ text: some StringProtocol) -> Double? {
  Double(text).flatMap { $0.isFinite ? $0 : nil }
}

/// Such a number for people, without its fraction. Drivers report states of 2^64 - 1.
func wholeText(_ value: Double) -> String {
  Int(exactly: value.rounded(.towardZero)).map(String.init) ?? "\(value)"
}

/// Ticks of all CPUs together, from /proc/stat.
package struct CPUTicks: Sendable, Equatable {
  /// Spent outside idle and iowait.
  package var busy: UInt64
  package var total: UInt64

  package init(busy: UInt64, total: UInt64) {
    self.busy = busy
    self.total = total
  }

  /// proc(5): user nice system idle iowait irq softirq steal; guest time is inside user.
  /// - Returns: nil when the text makes no sense.
  package init?(stat: String) {
    guard let line = stat.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }) else {
      return nil
    }
    let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { UInt64($0) }
    guard ticks.count >= 5 else { return nil }
    let all = ticks.reduce(0, &+)
    let idle = ticks[3] &+ ticks[4]
    guard all >= idle else { return nil }
    self.init(busy: all - idle, total: all)
  }

  /// Share of the time since an earlier moment that CPUs were busy, 0...1; nil when no time has
  /// passed.
  package func busyShare(since earlier: CPUTicks) -> Double? {
    guard total > earlier.total, busy >= earlier.busy else { return nil }
    return Double(busy - earlier.busy) / Double(total - earlier.total)
  }
}

/// The `some` line of a file in /proc/pressure.
struct PressureLine {
  /// Percent of the last 10 s.
  var average10: Double?
  /// us since boot.
  var total: Double?

  init(text: String) {
    let words =
      text.split(separator: "\n").first { $0.hasPrefix("some ") }?
      .split(separator: " ") ?? []
    func value(_ name: String) -> Double? {
      words.first { $0.hasPrefix(name) }.flatMap { finite($0.dropFirst(name.count)) }
    }
    average10 = value("avg10=")
    total = value("total=")
  }
}
