import Foundation

/// Six significant digits: what is published, alike on every machine.
func rounded(_ value: Double) -> Double {
  guard value != 0, value.isFinite else { return value }
  return Double(String(format: "%.6g", value)) ?? value
}

/// A published number; nil when it is none.
func published(_ value: Double?) -> Double? {
  guard let value, value.isFinite else { return nil }
  return rounded(value)
}

/// `12.3%`, signed only when negative.
func percent(_ share: Double) -> String { String(format: "%.3g%%", share * 100) }
