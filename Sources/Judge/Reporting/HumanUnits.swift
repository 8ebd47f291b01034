import Foundation

/// Three significant digits without an exponent: `0.0123`, `1.23`, `12.3`, `123`, `1234`.
func threeDigits(_ value: Double) -> String {
  guard value.isFinite else { return value.isNaN ? "?" : value < 0 ? "-inf" : "inf" }
  let magnitude = abs(value)
  if magnitude == 0 { return "0" }
  // The decimals that leave three digits after rounding: 9.996 is 10.0, not 10.00.
  var decimals = min(6, max(0, 2 - Int(log10(magnitude).rounded(.down))))
  if decimals > 0, (magnitude * pow(10, Double(decimals))).rounded() >= 1000 { decimals -= 1 }
  return fixed(value, decimals: decimals)
}

/// A number with that many decimals, in the C locale.
func fixed(_ value: Double, decimals: Int) -> String {
  String(format: "%.\(decimals)f", value)
}

/// A duration in its natural unit: `850 ns`, `12.3 us`, `4.56 ms`, `1.20 s`.
func humanTime(nanoseconds value: Double) -> String {
  let units: [(String, Double)] = [("s", 1e9), ("ms", 1e6), ("us", 1e3)]
  // 999.6 us shall be 1.00 ms, not 1000 us.
  let magnitude = abs(value) * 1.0005
  for (unit, scale) in units where magnitude >= scale {
    return "\(threeDigits(value / scale)) \(unit)"
  }
  return "\(threeDigits(value)) ns"
}

/// A value in the unit of its metric; nanoseconds become the natural unit of time.
func humanValue(_ value: Double, unit: String) -> String {
  if unit == "ns" { return humanTime(nanoseconds: value) }
  return unit.isEmpty || unit == "1"
    ? threeDigits(value) : "\(threeDigits(value)) \(oneLine(unit))"
}

/// A relative change, always signed: `+12.3%`, `-0.4%`, `+0.0%`.
func humanChange(_ fraction: Double) -> String {
  guard fraction.isFinite else { return "?" }
  let percent = fraction * 100
  let decimals = abs(percent) >= 99.95 ? 0 : 1
  let text = fixed(abs(percent), decimals: decimals)
  let isNegative = percent < 0 && text != "0.0"
  return (isNegative ? "-" : "+") + text + "%"
}

/// A share from 0 to 1: `0%`, `0.05%`, `4.1%`, `100%`.
func humanShare(_ fraction: Double) -> String {
  guard fraction.isFinite else { return "?" }
  let percent = fraction * 100
  switch percent {
  case 0: return "0%"
  case ..<0.01: return "<0.01%"
  case ..<1: return fixed(percent, decimals: 2) + "%"
  case ..<99.95: return fixed(percent, decimals: 1) + "%"
  default: return fixed(percent, decimals: 0) + "%"
  }
}

/// A share that may be far below a percent: `0.0031%`, `0.000002%`; no more digits than three.
func fineShare(_ fraction: Double) -> String {
  let percent = fraction * 100
  return percent > 0 && percent < 0.000_001 ? "<0.000001%" : threeDigits(percent) + "%"
}

/// A count with thin groups: `1,234,567`.
func humanCount(_ value: UInt64) -> String {
  var digits = String(value)
  var groups: [String] = []
  while digits.count > 3 {
    groups.insert(String(digits.suffix(3)), at: 0)
    digits.removeLast(3)
  }
  return ([digits] + groups).joined(separator: ",")
}

/// A span for people who wait: `45 s`, `12 min`, `2 h 05 min`.
func humanSpan(_ duration: Duration) -> String {
  let seconds = max(0, duration.components.seconds)
  switch seconds {
  case ..<90: return "\(seconds) s"
  case ..<5400: return "\((seconds + 30) / 60) min"
  default:
    let minutes = (seconds + 30) / 60
    return "\(minutes / 60) h \(minutes % 60 < 10 ? "0" : "")\(minutes % 60) min"
  }
}

/// The same of seconds in a file, which may be any number: `Duration` traps beyond its bounds.
func humanSpan(seconds: Double) -> String {
  humanSpan(.seconds(min(max(0, seconds), 1e15)))
}

/// `1 run`, `2 runs`.
func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}
