import RegressionAnalysis

extension VerdictReport {
  /// Why the slower metrics are slower, a paragraph each, with a newline after each line.
  package func explained(_ why: [Attribution], width: Int) -> String {
    (["Why"]
      + why.flatMap { wrapped("- \($0.sentence)\(shape(of: $0))", width: width, indent: "  ") })
      .map { $0 + "\n" }.joined()
  }

  private func shape(of why: Attribution) -> String {
    shapes.first { $0.metric == why.metric.text }.map { "; \($0.text)" } ?? ""
  }
}
