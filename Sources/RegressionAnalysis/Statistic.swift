/// What of a metric is compared.
package enum Statistic: Sendable, Hashable {
  /// Strictly between 0 and 1.
  case quantile(Double)
  /// Events per iteration.
  case rate
  /// Events per iteration above the reference's highest judged quantile.
  case tail
  /// A scalar itself.
  case value

  /// `p50`, `p99.9`, `rate`, `tail`, `value`.
  package var text: String {
    switch self {
    case .quantile(let probability):
      let tenths = (probability * 1e6).rounded() / 1e4
      return tenths == tenths.rounded() ? "p\(Int(tenths))" : "p\(tenths)"
    case .rate: return "rate"
    case .tail: return "tail"
    case .value: return "value"
    }
  }

  /// The statistic of a text; nil for any other text.
  package init?(text: String) {
    switch text {
    case "rate": self = .rate
    case "tail": self = .tail
    case "value": self = .value
    default:
      guard text.hasPrefix("p"), let percent = Double(text.dropFirst()), percent > 0, percent < 100
      else { return nil }
      self = .quantile(percent / 100)
    }
  }
}

extension Statistic: Codable {
  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let statistic = Statistic(text: text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "\(text) is no statistic"))
    }
    self = statistic
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

extension Statistic: Comparable {
  /// Quantiles ascending, then rate, tail, value.
  package static func < (left: Statistic, right: Statistic) -> Bool { left.rank < right.rank }

  private var rank: Double {
    switch self {
    case .quantile(let probability): probability
    case .rate: 1
    case .tail: 2
    case .value: 3
    }
  }
}
