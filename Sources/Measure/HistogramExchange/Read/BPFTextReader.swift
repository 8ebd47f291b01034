import LatencyHistograms

/// The histograms that libbpf-tools and bcc print:
///
///     disk = vda
///          usecs               : count    distribution
///              0 -> 1          : 0        |          |
///
/// Rows of a linear histogram have one value each: `4 : 7 |***|`.
enum BPFTextReader {
  static func read(_ text: String) throws(ExchangeError) -> ForeignHistograms? {
    var entries: [ForeignHistograms.Entry] = []
    var title: String?
    var current: ForeignHistograms.Entry?
    for line in text.split(whereSeparator: \.isNewline) {
      if let head = line.firstMatch(of: /^\s*(\S+)\s*: count\s+distribution/) {
        if let current { entries.append(current) }
        current = .init(
          metric: "bpf.latency", labels: title.map(Self.labels) ?? [:],
          unit: unit(String(head.output.1)) ?? String(head.output.1),
          histogram: LatencyHistogram())
        title = nil
      } else if current != nil, line.contains(/^\s*\d+\s*(->|:)/) {
        guard let row = line.firstMatch(of: /^\s*(\d+)\s*(?:->\s*(\d+)\s*)?:\s*(\d+)\s/),
          let low = UInt64(row.output.1), let high = UInt64(row.output.2 ?? row.output.1),
          let count = UInt64(row.output.3), low <= high, count <= ForeignHistograms.mostEvents
        else { throw ExchangeError("a row of a histogram cannot be read: \(line)") }
        current?.histogram.spread(count, over: low...high)
      } else {
        if let current { entries.append(current) }
        current = nil
        title = String(line)
      }
    }
    if let current { entries.append(current) }
    return entries.isEmpty
      ? nil : ForeignHistograms(source: "libbpf-tools or bcc", entries: entries)
  }

  /// `disk = vda`, `pid = 12 sh`. The time of day above an interval, and the mean below the one before,
  /// say nothing of what is counted: intervals of one thing are one histogram.
  private static func labels(_ title: String) -> [String: String] {
    guard let match = title.firstMatch(of: /^\s*([A-Za-z_]\w*)\s*[=:]\s*(.*\S)\s*$/),
      match.output.1 != "avg"
    else { return [:] }
    return [String(match.output.1): String(match.output.2)]
  }

  private static let endings = [
    ("nsecs", "ns"), ("usecs", "us"), ("msecs", "ms"), ("nsec", "ns"), ("usec", "us"),
    ("msec", "ms"), ("_ns", "ns"), ("_us", "us"), ("_ms", "ms"),
  ]

  /// `us` of `usecs`, of `usec` as funclatency has it, and of names that end so.
  static func unit(_ word: String) -> String? {
    if ["ns", "us", "ms"].contains(word) { return word }
    return endings.first { word.hasSuffix($0.0) }?.1
  }
}
