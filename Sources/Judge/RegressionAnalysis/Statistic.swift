/// What of a metric is compared.
package indirect enum Statistic: Sendable, Hashable {
  /// Strictly between 0 and 1.
  case quantile(Double)
  /// Events per iteration.
  case rate
  /// Events per iteration above the reference's highest judged quantile.
  case tail
  /// A scalar itself.
  case value
  /// Mean of all events: stands in for high quantiles that too few events can carry.
  case mean
  /// The worst iteration of a run by another statistic: what is slow now and then shows here.
  case worst(Statistic)

  /// Whether it is of worst iterations.
  package var isWorst: Bool {
    if case .worst = self { return true }
    return false
  }

  /// The statistic that the worst iteration is chosen by; others are their own.
  package var base: Statistic {
    if case .worst(let statistic) = self { return statistic }
    return self
  }

  /// Whether it says where most of a distribution lies, rather than its tail or its worst.
  var isBody: Bool {
    switch self {
    case .quantile(let probability): probability <= 0.5
    case .value, .mean: true
    case .rate, .tail, .worst: false
    }
  }

  /// `p50`, `p99.9`, `rate`, `tail`, `value`, `mean`, `worst p50`.
  package var text: String {
    switch self {
    case .quantile(let probability):
      let tenths = (probability * 1e6).rounded() / 1e4
      return tenths == tenths.rounded() ? "p\(Int(tenths))" : "p\(tenths)"
    case .rate: return "rate"
    case .tail: return "tail"
    case .value: return "value"
    case .mean: return "mean"
    case .worst(let statistic): return "worst \(statistic.text)"
    }
  }

  /// The statistic of a text; nil for any other text.
  package init?(text: String) {
    switch text {
    case "rate": self = .rate
    case "tail": self = .tail
    case "value": self = .value
    case "mean": self = .mean
    case let worst where worst.hasPrefix("worst "):
      guard let inner = Statistic(text: String(worst.dropFirst("worst ".count))), !inner.isWorst
      else { return nil }
      self = .worst(inner)
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
  /// Quantiles ascending, then rate, tail, value, mean; then the worst ones in the same order.
  package static func < (left: Statistic, right: Statistic) -> Bool { left.rank < right.rank }

  private var rank: Double {
    switch self {
    case .quantile(let probability): probability
    case .rate: 1
    case .tail: 2
    case .value: 3
    case .mean: 4
    case .worst(let statistic): 10 + statistic.rank
    }
  }
}
