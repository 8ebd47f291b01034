import ArgumentParser
import Foundation
import Jobs
import RecordStore
import RegressionAnalysis
import Reporting

struct RunsBuild: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Show what checks said of a build, over all devices and suites.",
    discussion: """
      The last verdict of each suite on each device, and the metrics that got worse by one of them: \
      those about which checks disagree come first.

        latgate runs build 1f2e3d
        latgate runs build night-14 --report html=build.html

      Exit code 0, whatever they said.
      """)

  @OptionGroup var recall: RecallOptions

  @Argument(help: "Build, by id or name.")
  var build: String

  @OptionGroup var report: ReportOptions<BuildReport>

  func run() async throws {
    try report.requirePlaces()
    let store = try await recall.openToRead()
    let known = try store.judgedBuilds()
    let id = try store.buildID(build, among: known)
    try report.show(
      BuildReport(
        build: id, name: known.first { $0.id == id }?.name ?? id,
        checks: try store.lastVerdicts(on: id).map { experiment in
          BuildReport.Check(
            suite: experiment.bench.suite, target: experiment.bench.target,
            device: experiment.bench.device, at: experiment.at, outcome: experiment.outcome,
            owner: experiment.owner, reference: experiment.reference,
            verdict: try? JSONDecoder().decode(Verdict.self, from: experiment.verdict))
        }), recall.console)
  }
}
