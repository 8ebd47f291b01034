/// Numbers read beside every iteration that may explain why two iterations differ.
package enum Covariates {
  /// The files read before and after an iteration; a missing one leaves its number out.
  package static let paths = [
    "/proc/meminfo", "/proc/loadavg", "/proc/vmstat",
    "/sys/class/thermal/thermal_zone0/temp",
    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq",
    "/sys/class/power_supply/battery/capacity",
  ]

  /// Names carry their unit: `_kib`, `_celsius`, `_khz`, `_percent`.
  package static func read(_ files: [String: String]) -> [String: Double] {
    var numbers: [String: Double] = [:]
    if let available = field("MemAvailable:", in: files["/proc/meminfo"]) {
      numbers["memory_available_kib"] = available
    }
    if let load = files["/proc/loadavg"]?.split(separator: " ").first.flatMap({ Double($0) }) {
      numbers["load_1min"] = load
    }
    if let faults = field("pgmajfault", in: files["/proc/vmstat"]) {
      numbers["major_faults_total"] = faults
    }
    // The thermal zone's unit is millidegrees (Documentation/driver-api/thermal/sysfs-api.rst).
    if let temperature = number(files["/sys/class/thermal/thermal_zone0/temp"]) {
      numbers["temperature_celsius"] = temperature / 1000
    }
    if let frequency = number(files["/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"]) {
      numbers["cpu0_frequency_khz"] = frequency
    }
    if let limit = number(files["/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq"]) {
      numbers["cpu0_frequency_limit_khz"] = limit
    }
    if let battery = number(files["/sys/class/power_supply/battery/capacity"]) {
      numbers["battery_percent"] = battery
    }
    return numbers
  }

  private static func number(_ text: String?) -> Double? {
    text.flatMap { Double($0.split(whereSeparator: \.isWhitespace).joined()) }
  }

  private static func field(_ name: String, in text: String?) -> Double? {
    guard let line = text?.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else {
      return nil
    }
    let words = line.split(whereSeparator: \.isWhitespace)
    return words.count > 1 ? Double(words[1]) : nil
  }
}
