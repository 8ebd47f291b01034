import ArgumentParser
import HistogramExchange

/// The name of a format that histograms are written in.
struct HistogramFormatName: ExpressibleByArgument {
  let format: any HistogramFormat

  init?(argument: String) {
    guard let format = HistogramFormats.all.first(where: { $0.name == argument }) else {
      return nil
    }
    self.format = format
  }

  static var allValueStrings: [String] { HistogramFormats.all.map(\.name) }

  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

  static var explained: String {
    HistogramFormats.all.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ") + "."
  }
}
