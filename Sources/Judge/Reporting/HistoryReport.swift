import Foundation
import RegressionAnalysis

/// Metrics over builds, ready to be shown; the document of `latgate history --format json`.
package struct HistoryReport: Sendable, Equatable, Encodable {
  /// A build, in order.
  package struct Build: Sendable, Equatable, Encodable {
    package var id: String
    package var name: String
    package var first: Date

    package init(id: String, name: String, first: Date) {
      self.id = id
      self.name = name
      self.first = first
    }
  }

  /// One build's value of a metric.
  package struct Point: Sendable, Equatable, Encodable {
    /// Id of the build.
    package var build: String
    /// In the metric's unit.
    package var value: Double
    package var runs: Int
  }

  /// A change of the level for good.
  package struct Step: Sendable, Equatable, Encodable {
    /// Id of the first build of the new level.
    package var build: String
    package var before: Double
    package var after: Double
    /// Relative.
    package var change: Double
    package var isWorse: Bool
    package var p: Double
  }

  /// One statistic of one metric.
  package struct Metric: Sendable, Equatable, Encodable {
    package var metric: String
    package var statistic: String
    package var unit: String
    /// How its probe was attached; empty for scalars.
    package var rung: String
    package var points: [Point]
    package var steps: [Step]
  }

  /// A metric that moved away from a release.
  package struct Drift: Sendable, Equatable, Encodable {
    package var metric: String
    package var statistic: String
    package var creep: Creep
  }

  /// A step that a baseline takes as meant.
  package struct Accepted: Sendable, Equatable, Encodable {
    /// Id of the first build of the new level.
    package var build: String
    package var baseline: String
    package var reason: String

    package init(build: String, baseline: String, reason: String) {
      self.build = build
      self.baseline = baseline
      self.reason = reason
    }
  }

  /// A known issue.
  package struct Waiver: Sendable, Equatable, Encodable {
    /// Pattern over the texts of metrics.
    package var metric: String
    /// Last day on which it holds, UTC, `2027-01-31`.
    package var until: String
    package var reason: String

    package init(metric: String, until: String, reason: String) {
      self.metric = metric
      self.until = until
      self.reason = reason
    }
  }

  package var schema = "latgate.history/1"
  package var suite: String
  package var target: String
  package var builds: [Build]
  package var metrics: [Metric]
  /// The release that creep is measured from; nil = not asked for.
  package var release: String?
  package var creep: [Drift]
  package var accepted: [Accepted] = []
  /// Expired ones, too.
  package var waivers: [Waiver] = []

  package init(
    suite: String, target: String, builds: [Build], histories: [MetricHistory],
    release: String? = nil, creep: [(metric: MetricStatistic, creep: Creep)] = []
  ) {
    self.release = release
    self.creep = creep.map {
      Drift(metric: $0.metric.id.text, statistic: $0.metric.statistic.text, creep: $0.creep)
    }
    self.suite = suite
    self.target = target
    self.builds = builds
    metrics = histories.map { history in
      Metric(
        metric: history.metric.id.text, statistic: history.metric.statistic.text,
        unit: history.metric.id.unit, rung: history.metric.id.rung,
        points: history.points.map {
          Point(build: builds[$0.build].id, value: $0.value, runs: $0.runs)
        },
        steps: history.steps.map {
          Step(
            build: builds[$0.build].id, before: $0.before, after: $0.after, change: $0.change,
            isWorse: $0.isWorse, p: $0.p)
        })
    }
  }

  /// A JSON document, deterministic for equal reports.
  package func json() throws -> Data { try encodedJSON(self) }

  /// For a terminal: changes first, then with `showsAll` a line of blocks and a table of builds for each
  /// metric.
  package func text(width: Int, style: TextStyle, showsAll: Bool) -> String {
    let changed = metrics.count { !$0.steps.isEmpty }
    let head =
      "\(suite) on \(target) · \(counted(builds.count, "build")) · "
      + "\(counted(metrics.count, "statistic")), \(changed) of them changed"
    var sections = [[Emphasis.dim.applied(to: head, style)], changes(width, style)]
    sections.append(drifts(width, style))
    if showsAll {
      let names = self.names
      sections += metrics.map { values(of: $0, names, width, style) }
    }
    return sections.filter { !$0.isEmpty }.map { $0.map { $0 + "\n" }.joined() }
      .joined(separator: "\n")
  }

  private func changes(_ width: Int, _ style: TextStyle) -> [String] {
    var table = TextTable(columns: [
      .init(title: "since build"), .init(title: "before", alignment: .right),
      .init(title: "after", alignment: .right), .init(title: "change", alignment: .right),
      .init(title: "p", alignment: .right), .init(title: "metric", isElastic: true),
    ])
    let order = Dictionary(builds.enumerated().map { ($1.id, $0) }) { first, _ in first }
    let all = metrics.flatMap { metric in metric.steps.map { (metric, $0) } }
      .sorted { (order[$0.1.build] ?? 0) < (order[$1.1.build] ?? 0) }
    for (metric, step) in all {
      table.add(
        .init(name(of: step.build)), .init(humanValue(step.before, unit: metric.unit)),
        .init(humanValue(step.after, unit: metric.unit)),
        .init(humanChange(step.change), step.isWorse ? .bad : .good), .init(threeDigits(step.p)),
        .init("\(metric.metric) \(metric.statistic)"))
    }
    return all.isEmpty ? ["No metric changed for good."] : table.lines(width: width, style: style)
  }

  private func drifts(_ width: Int, _ style: TextStyle) -> [String] {
    guard let release else { return [] }
    guard !creep.isEmpty else {
      let name = oneLine(name(of: release))
      let since = builds.drop { $0.id != release }.count
      let needed = CreepFinder().minimumBuilds
      return [
        since < needed
          ? "What crept away from \(name) is not known yet: \(counted(since, "build")) from it on, "
            + "\(needed) are needed."
          : "Nothing crept away from \(name)."
      ]
    }
    var table = TextTable(columns: [
      .init(title: "since \(name(of: release))"), .init(title: "change", alignment: .right),
      .init(title: "95% interval", alignment: .right),
      .init(title: "a build", alignment: .right), .init(title: "metric", isElastic: true),
    ])
    for drift in creep {
      let interval = drift.creep.interval
      table.add(
        .init(drift.creep.kind.rawValue), .init(humanChange(drift.creep.change), .bad),
        .init("\(humanChange(interval.low)) … \(humanChange(interval.high))"),
        .init(humanChange(drift.creep.perBuild)), .init("\(drift.metric) \(drift.statistic)"))
    }
    return table.lines(width: width, style: style)
  }

  /// A row for each build; `names` are their names by id.
  private func values(
    of metric: Metric, _ names: [String: String], _ width: Int, _ style: TextStyle
  ) -> [String] {
    var table = TextTable(
      columns: [
        .init(title: "build"), .init(title: "runs", alignment: .right),
        .init(title: "value", alignment: .right), .init(title: "", isElastic: true),
      ], indent: 2)
    let values = metric.points.map(\.value)
    let low = values.min() ?? 0
    let height = max((values.max() ?? 0) - low, .leastNonzeroMagnitude)
    let steps = Dictionary(metric.steps.map { ($0.build, $0) }) { first, _ in first }
    for point in metric.points {
      let bar = String(
        repeating: "=", count: 1 + Int(((point.value - low) / height * 23).rounded()))
      let mark = steps[point.build].map { "  <- \(humanChange($0.change)) since here" } ?? ""
      table.add(
        .init(names[point.build] ?? point.build), .init("\(point.runs)"),
        .init(humanValue(point.value, unit: metric.unit)), .init(bar + mark))
    }
    let title = "\(metric.metric) \(metric.statistic)"
    let range = [low, values.max() ?? low].map { humanValue($0, unit: metric.unit) }
      .joined(separator: " … ")
    let line = Sparkline.text(values, width: width - range.count - 4)
    return [Emphasis.strong.applied(to: oneLine(title), style), "  \(line)  \(range)"]
      + table.lines(width: width, style: style)
  }

  /// The build's name; its id where the name is that of several.
  func name(of id: String) -> String { names[id] ?? id }

  private var names: [String: String] {
    let uses = Dictionary(builds.map { ($0.name, 1) }, uniquingKeysWith: +)
    return Dictionary(builds.map { ($0.id, uses[$0.name] == 1 ? $0.name : $0.id) }) { first, _ in
      first
    }
  }
}
