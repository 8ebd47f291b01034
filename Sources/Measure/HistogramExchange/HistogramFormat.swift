/// One way to write histograms, or stacks, for another program. A new one is a conformance and a place in
/// ``HistogramFormats/all``.
package protocol HistogramFormat: Sendable {
  /// What users type: one lower-case word.
  var name: String { get }
  /// Who reads it, in a few words for help texts.
  var summary: String { get }

  /// The whole file.
  /// - Throws: ``ExchangeError``.
  func bytes(_ runs: [RecordedRun]) throws -> [UInt8]

  /// Whether the run has anything that can be written so.
  func canWrite(_ run: RecordedRun) -> Bool
}

extension HistogramFormat {
  package func canWrite(_ run: RecordedRun) -> Bool { !run.metrics.isEmpty }
}

/// A format of stacks.
package protocol StackFormat: HistogramFormat {}

extension StackFormat {
  package func canWrite(_ run: RecordedRun) -> Bool { !run.stacks.isEmpty }
}

/// The formats that there are.
package enum HistogramFormats {
  package static let all: [any HistogramFormat] = [
    HdrLogFormat(), OTLPFormat(encoding: .json, shape: .explicit),
    OTLPFormat(encoding: .json, shape: .exponential),
    OTLPFormat(encoding: .protobuf, shape: .explicit),
    OTLPFormat(encoding: .protobuf, shape: .exponential),
    PrometheusFormat(), PerfettoCountersFormat(), TraceSummaryFormat(), FoldedStacksFormat(),
    SpeedscopeFormat(), PprofFormat(),
  ]
}

/// Why histograms cannot be read or written.
package struct ExchangeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong, and where: `line 3: no counts`.
  package var problem: String

  package init(_ problem: String) { self.problem = problem }

  package var description: String { problem }
}
