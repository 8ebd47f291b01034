import Foundation

/// Six significant digits: what is published, alike on every machine.
package func rounded(_ value: Double) -> Double {
  guard value != 0, value.isFinite else { return value }
  let places = 5 - Int(log10(abs(value)).rounded(.down))
  // Powers of ten up to 22 are exact, so a quotient of whole numbers is the nearest to its decimal.
  guard (-16...22).contains(places) else { return Double(String(format: "%.6g", value)) ?? value }
  let scale = pow(10, Double(abs(places)))
  return places >= 0
    ? (value * scale).rounded() / scale : (value / scale).rounded() * scale
}

/// A published number; nil when it is none.
func published(_ value: Double?) -> Double? {
  guard let value, value.isFinite else { return nil }
  return rounded(value)
}

/// `12.3%`, signed only when negative: three digits, and never an exponent. A slow disk is worse by
/// thousands, and of many operations a handful is a millionth.
package func percent(_ share: Double) -> String {
  let value = share * 100
  let size = abs(value)
  guard size > 0, size < 0.0001 else {
    return String(format: size >= 999.5 ? "%.0f%%" : "%.3g%%", value)
  }
  guard size >= leastPercent else { return value < 0 ? ">-0.000001%" : "<0.000001%" }
  var digits = String(format: "%.\(2 - Int(log10(size).rounded(.down)))f", value)
  while digits.last == "0" { digits.removeLast() }
  return digits + "%"
}

/// What is smaller, in percent, is only said to be so.
private let leastPercent = 0.000_001

/// A relative change as people say it: from ten times on in times.
func growth(_ change: Double) -> String {
  change < 9
    ? percent(change) : String(format: change < 99 ? "%.3g times" : "%.0f times", change + 1)
}
