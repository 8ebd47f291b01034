import Foundation
import LatencyHistograms

/// Histograms that another program wrote.
package struct ForeignHistograms: Sendable {
  /// One of them.
  package struct Entry: Sendable {
    /// A metric's name, `program.what`.
    package var metric: String
    package var labels: [String: String]
    /// Of the values: `ns`, `us`, `ms`.
    package var unit: String
    package var histogram: LatencyHistogram
  }

  /// Of one bucket, at most: no program counts so many, and sums of damaged numbers overflow.
  static let mostEvents: UInt64 = 1 << 40

  /// What kind of file it was, for people.
  package var source: String
  /// Those of one metric and labels are one.
  package var entries: [Entry]

  init(source: String, entries: [Entry]) {
    self.source = source
    var merged: [Entry] = []
    var places: [String: Int] = [:]
    for entry in entries where !entry.histogram.isEmpty {
      let key =
        ([entry.metric, entry.unit]
        + entry.labels.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
        .joined(separator: "\u{0}")
      if let place = places[key] {
        merged[place].histogram.merge(entry.histogram)
      } else {
        places[key] = merged.count
        merged.append(entry)
      }
    }
    self.entries = merged
  }

  /// Reads a file of any kind that is known: an HdrHistogram log, fio's `json+`, the text of
  /// libbpf-tools and bcc, JSON of bcc or bpftrace, `rtla timerlat hist` or `rtla osnoise hist`.
  /// - Throws: ``ExchangeError``.
  package init(_ bytes: [UInt8]) throws(ExchangeError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ExchangeError("is no text of a program that is known")
    }
    guard let found = try Self.read(text) else {
      throw ExchangeError(
        "is none of: an HdrHistogram log, fio's json+, histograms of libbpf-tools, bcc or rtla, "
          + "bpftrace's JSON")
    }
    guard !found.entries.isEmpty else {
      throw ExchangeError("is of \(found.source), but without one event")
    }
    self = found
  }

  /// By the first reader that knows the text; nil where none does.
  private static func read(_ text: String) throws(ExchangeError) -> ForeignHistograms? {
    if let found = try HdrLogReader.read(text) { return found }
    if let found = try JSONHistogramReader.read(text) { return found }
    if let found = try RtlaReader.read(text) { return found }
    return try BPFTextReader.read(text)
  }
}
