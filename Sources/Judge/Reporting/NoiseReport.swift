import Foundation
import RegressionAnalysis

/// What a calibration found, for people; for programs there is ``BenchNoise`` itself.
package struct NoiseReport: Sendable, Equatable {
  private let noise: BenchNoise

  package init(_ noise: BenchNoise) {
    self.noise = noise
  }

  /// ``BenchNoise`` as it is stored.
  package func json() throws -> Data { try noise.encoded() }

  /// Standing, table, reasons and remedies; with `showsAll` also metrics that do not decide.
  package func text(width: Int, style: TextStyle, showsAll: Bool) -> String {
    let sections = [headline(width, style), table(width, style, showsAll), advice(width, style)]
    return sections.filter { !$0.isEmpty }.map { $0.map { $0 + "\n" }.joined() }
      .joined(separator: "\n")
  }

  private func headline(_ width: Int, _ style: TextStyle) -> [String] {
    let standing = noise.qualification.standing
    let emphasis: Emphasis =
      switch standing {
      case .qualified: .good
      case .notQualified: .bad
      case .undecided: .doubtful
      }
    let word = standing.rawValue.uppercased()
    let flashes =
      noise.flashes > 1 ? ", \(noise.flashes) flashes" : noise.flashes == 1 ? ", 1 flash" : ""
    let context =
      "\(noise.bench.suite) on \(noise.bench.target) (\(noise.bench.device)) · "
      + "\(counted(noise.runs, "run"))\(flashes) · \(counted(noise.iterations, "iteration")) each"
    let alarms =
      "calls unchanged firmware slower in \(humanShare(noise.qualification.simulated.share)) of "
      + "\(noise.qualification.simulated.trials) simulated checks with this noise and "
      + "\(humanShare(noise.qualification.resampled.share)) of \(noise.qualification.resampled.trials) "
      + "ways to deal its own runs"
    return [emphasis.applied(to: word, style)]
      + wrapped(context, width: width, indent: "  ")
      .map { Emphasis.dim.applied(to: $0, style) }
      + (standing == .undecided ? [] : wrapped(alarms, width: width, indent: "  "))
  }

  private func table(_ width: Int, _ style: TextStyle, _ showsAll: Bool) -> [String] {
    let shown = showsAll ? noise.metrics : noise.metrics.filter(\.gating)
    var table = TextTable(columns: [
      .init(title: ""), .init(title: "iterations", alignment: .right),
      .init(title: "runs", alignment: .right), .init(title: "flashes", alignment: .right),
      .init(title: "lag 1", alignment: .right), .init(title: "floor", alignment: .right),
      .init(title: "4+4 finds", alignment: .right), .init(title: "8+8 finds", alignment: .right),
      .init(title: "mostly from"),
    ])
    var metric: String?
    for row in shown {
      if row.metric != metric {
        table.rows.append(.heading(.init(row.metric, .strong)))
        metric = row.metric
      }
      func found(_ runs: Int) -> TextTable.Cell {
        let change = row.detectable.first { $0.runs == runs }?.change
        return .init(change.map { "+" + humanShare($0) } ?? "-")
      }
      let modes = row.modes.map { $0.isBimodal ? ", two modes \(humanShare($0.gap)) apart" : "" }
      let drift = row.driftP < 0.01 ? ", drift \(humanChange(row.drift))" : ""
      table.add(
        .init("  \(row.statistic.text)"), .init(row.withinDeviation.map(humanShare) ?? "-"),
        .init(humanShare(row.runDeviation)), .init(row.flashDeviation.map(humanShare) ?? "-"),
        .init(fixed(row.autocorrelation, decimals: 2)), .init(humanShare(row.floor)), found(4),
        found(8), .init(row.source.rawValue + (modes ?? "") + drift))
    }
    guard !shown.isEmpty else { return [] }
    let hidden = noise.metrics.count - shown.count
    let note =
      hidden > 0 ? "Not shown: \(counted(hidden, "statistic")) that decide nothing (--all)" : ""
    return table.lines(width: width, style: style)
      + [
        Emphasis.dim.applied(
          to: "deviations between iterations, runs and flashes are relative; finds: smallest "
            + "worsening, 80% power", style)
      ] + (note.isEmpty ? [] : [Emphasis.dim.applied(to: note, style)])
  }

  private func advice(_ width: Int, _ style: TextStyle) -> [String] {
    let qualification = noise.qualification
    let reasons = qualification.reasons.flatMap { wrapped("- \($0)", width: width, indent: "  ") }
    let remedies = qualification.remedies.flatMap { wrapped("- \($0)", width: width, indent: "  ") }
    return reasons
      + (remedies.isEmpty ? [] : [Emphasis.strong.applied(to: "What to do", style)]) + remedies
  }
}
