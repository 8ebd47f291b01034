/// Units that a workload's scalars may have: what reports show beside numbers, and what
/// distinguishes metrics of one name.
///
/// A unit of measurement, a count of things in braces as UCUM has it (`{frames}`), or one of them
/// for each of another: `MiB/s`, `/s`, `mJ/{frame}`.
package enum MetricUnit {
  private static let times: Set<String> = ["ns", "us", "ms", "s", "min", "h"]

  private static let known: Set<String> = times.union([
    "1", "%", "ppm",
    "B", "kB", "MB", "GB", "KiB", "MiB", "GiB", "bit", "kbit", "Mbit", "Gbit",
    "Hz", "kHz", "MHz", "GHz", "fps", "rpm",
    "uW", "mW", "W", "uJ", "mJ", "J", "mWh", "Wh", "uA", "mA", "A", "mAh", "Ah", "mV", "V",
    "C", "K", "dB", "dBm",
    "ops", "events", "frames", "requests", "calls", "faults", "pages", "cycles", "instructions",
    "transactions", "samples", "packets", "runs", "iterations", "errors", "points",
  ])

  package static func isKnown(_ text: String) -> Bool {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first else { return false }
    guard parts.count == 2 else { return isUnit(first) }
    return (first.isEmpty || isUnit(first)) && isUnit(parts[1])
  }

  private static func isUnit(_ text: Substring) -> Bool {
    known.contains(String(text)) || text.wholeMatch(of: /\{[A-Za-z][A-Za-z0-9_. -]*\}/) != nil
  }

  /// What to do about an unknown one.
  package static func remedy(for text: String) -> String {
    let near = nearestName(to: text, in: known).map { "did you mean '\($0)'? " } ?? ""
    return near + "Write a unit such as ns, ms, %, MiB/s or 1/s, or what is counted in braces: "
      + "'{\(text.filter { $0.isLetter || $0.isNumber })}'"
  }
}
