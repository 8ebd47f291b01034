import ArgumentParser
import Foundation
import Jobs
import RecordStore
import RegressionAnalysis
import Reporting

struct HistoryCommand: AsyncParsableCommand, ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Show metrics over the stored builds, and where they changed for good.",
    discussion: """
      Builds stand in the order in which they were first measured. A change point needs \
      \(ChangePointFinder().minimumSegment) builds on each side and must be worth a verdict's \
      attention: it is for looking back, 'latgate check' and 'latgate compare' judge a new build.

        latgate history 'fsync.latency*'
        latgate history --all --suite demo --format json
        latgate history --all --since release-3
        latgate history 'block.*' --report html=history.html

      Exit code 0, whatever changed.
      """)

  @OptionGroup var recall: RecallOptions
  @OptionGroup var bench: BenchOptions

  @Argument(help: "Metrics, as patterns over their names with * and ?.", completion: .metrics)
  var metrics: [String] = []

  @Option(
    help: "A release, by build id or name: also report which metrics crept away from it since.")
  var since: String?

  @Flag(help: "Every metric; values of builds only in JSON.")
  var all = false

  @OptionGroup var report: ReportOptions<HistoryReport>

  /// Metrics that an error names.
  private static let mostNames = 10

  func validate() throws {
    guard all != !metrics.isEmpty else { throw ValidationError("give metrics, or --all") }
  }

  func run() async throws {
    let console = recall.console
    try report.requirePlaces()
    let store = try await recall.openToRead()
    let (suite, target) = try bench.only(in: store)
    let builds = try store.builds(suite: suite, target: target)
    let patterns = all ? ["*"] : metrics
    func read(_ patterns: [String]) throws -> BuildHistory {
      let read = try store.history(
        of: builds.map(\.id), suite: suite, target: target, matching: patterns)
      if read.decoded > 0 {
        console.note(
          "records of an earlier version, read once and indexed from now on: \(read.decoded)")
      }
      return read.history
    }
    let history = try read(patterns)
    let found = history.histories(matching: patterns)
    if found.isEmpty {
      let names = Set(try read(["*"]).metrics.map(\.id.text)).sorted()
      let shown = names.prefix(Self.mostNames).joined(separator: ", ")
      let more = names.count - Self.mostNames
      throw ValidationError(
        "no metric of \(suite) on \(target) that matches was measured often enough to be judged; "
          + "there are: " + (names.isEmpty ? "none" : shown)
          + (more > 0 ? " and \(more) more ('latgate history --all --format json')" : "")
          + "; 'latgate runs show' shows all of a run")
    }
    let release = try since.map { try store.buildID($0, among: builds) }
    let creep = release.map { history.creep(since: $0, matching: patterns) } ?? []
    var result = HistoryReport(
      suite: suite, target: target,
      builds: builds.map { HistoryReport.Build(id: $0.id, name: $0.name, first: $0.first) },
      histories: found, release: release, creep: creep)
    result.accepted = try store.baselines().filter { $0.suite == suite && $0.target == target }
      .flatMap { baseline in
        baseline.steps.map {
          .init(build: $0.build, baseline: baseline.name, reason: $0.reason)
        }
      }
    result.waivers = try store.waivers(suite: suite).map {
      .init(metric: $0.metric, until: $0.until, reason: $0.reason)
    }
    try report.show(result, console, showsAll: !all)
  }
}
