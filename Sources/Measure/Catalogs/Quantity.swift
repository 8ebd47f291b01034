/// A number of bytes, written as `512B`, `4KiB`, `20MiB` or `1GiB`.
package struct ByteSize: Sendable, Hashable {
  package var bytes: UInt64

  package init(bytes: UInt64) {
    self.bytes = bytes
  }

  package init?(_ text: String) {
    let units = ["B": 1.0, "KiB": 1024, "MiB": 1_048_576, "GiB": 1_073_741_824]
    guard let value = scaled(text, by: units), value < 0x1p63 else { return nil }
    bytes = UInt64(value.rounded())
  }
}

/// A share, written as `5%`; 0.05 as a fraction.
package struct Percentage: Sendable, Hashable {
  package var fraction: Double

  package init(fraction: Double) {
    self.fraction = fraction
  }

  package init?(_ text: String) {
    guard let value = scaled(text, by: ["%": 0.01]) else { return nil }
    fraction = value
  }
}

/// Degrees Celsius, written as `45C`.
package struct Temperature: Sendable, Hashable {
  package var celsius: Double

  package init(celsius: Double) {
    self.celsius = celsius
  }

  package init?(_ text: String) {
    guard let value = scaled(text, by: ["C": 1]) else { return nil }
    celsius = value
  }
}

extension Duration {
  /// Reads `50us`, `200ms`, `1.5s`, `5m`, `1h` or `30d`, to the nanosecond and up to a year.
  package init?(quantity text: String) {
    let units = ["ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 86_400e9]
    guard let value = scaled(text, by: units), value <= 366 * 86_400e9 else { return nil }
    self = .nanoseconds(Int64(value.rounded()))
  }
}

/// A non-negative decimal number followed by exactly one of `units`, times the unit's factor.
private func scaled(_ text: String, by units: [String: Double]) -> Double? {
  let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
  let unit = text.dropFirst(digits.count).drop { $0 == " " }
  guard digits.first != ".", digits.last != ".", let number = Double(digits),
    let factor = units[String(unit)]
  else { return nil }
  // Dividing by a whole reciprocal keeps 5% at the double nearest to 0.05.
  return factor < 1 ? number / (1 / factor).rounded() : number * factor
}
