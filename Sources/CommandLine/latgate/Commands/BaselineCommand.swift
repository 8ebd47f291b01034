import ArgumentParser
import Foundation
import Jobs
import RecordStore
import RegressionAnalysis
import Reporting

struct BaselineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baseline",
    abstract: "Name stored builds that candidates are held against.",
    discussion: """
      A pinned baseline is always the same builds, such as those of a release. A rolling one is \
      the last builds that did not fail. 8 builds make 'stored' evidence, 16 make false alarms \
      rare, fewer are 'weak'.

        latgate baseline roll nightly --suite demo
        latgate baseline pin release-3 1f2e3d 4a5b6c
        latgate compare --baseline nightly --candidate new/
        latgate baseline accept nightly 7c8d9e --reason "new scheduler, agreed"

      A step that was meant is accepted with its first build: from then on these are another \
      level, which a rolling baseline follows once \(BaselineWindow.leastStable) builds of it are \
      stored and do not drift. Builds before it are no reference any more. Until then waive the \
      metrics that moved.
      """,
    subcommands: [
      BaselineList.self, BaselinePin.self, BaselineRoll.self, BaselineAccept.self,
      BaselineRemove.self,
    ])
}

struct BaselineList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List baselines and the builds they mean now.")

  @OptionGroup var list: RecallListOptions<Row>

  struct Row: Encodable {
    var name: String
    var suite: String
    var device: String
    var kind: String
    var builds: [String]
    var runs: Int
    var steps: [StoredBaseline.Step]
    var pendingStep: String?
  }

  func run() async throws {
    let store = try await list.recall.openToRead()
    let reader = BaselineReader(store: store)
    let references = try store.baselines().map { try reader.reference($0) }
    let rows = references.map { reference in
      Row(
        name: reference.baseline.name, suite: reference.baseline.suite,
        device: reference.baseline.target, kind: reference.baseline.kind.word,
        builds: reference.builds.map(\.id), runs: reference.builds.reduce(0) { $0 + $1.runs },
        steps: reference.baseline.steps, pendingStep: reference.pending?.build)
    }
    try list.show(rows, nothing: "there are no baselines") {
      var listing = Listing([
        .init("baseline"), .init("suite"), .init("device"), .init("kind"),
        .init("builds", isNumber: true), .init("runs", isNumber: true), .init("evidence"),
      ])
      for (row, reference) in zip(rows, references) {
        listing.add(
          [
            row.name, row.suite, row.device, row.kind, "\(row.builds.count)", "\(row.runs)",
            row.builds.count >= EvidenceGrade.leastBuilds ? "stored" : "weak",
          ], notes: [reference.remark].compactMap(\.self))
      }
      return listing
    }
  }
}

struct BaselinePin: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pin", abstract: "Name certain builds, for good.")

  @OptionGroup var recall: RecallOptions
  @OptionGroup var bench: BenchOptions

  @Argument(help: "Name of the baseline; one of that name is replaced.")
  var name: String

  @Argument(help: "Firmware builds of which runs are stored, by id or name.")
  var builds: [String]

  func run() async throws {
    let store = try await recall.open()
    let (suite, target) = try bench.only(in: store)
    let known = try store.builds(suite: suite, target: target)
    let ids = try builds.map { try store.buildID($0, among: known) }
    let replaced = try store.add(
      StoredBaseline(name: name, suite: suite, target: target, kind: .pinned(ids), at: Date()))
    recall.console.note(
      "baseline \(name)\(replaced ? " (replaced)" : ""): \(Set(ids).count) builds of \(suite) on "
        + target)
  }
}

struct BaselineRoll: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "roll", abstract: "Name the last builds that did not fail, whichever they are.")

  @OptionGroup var recall: RecallOptions
  @OptionGroup var bench: BenchOptions

  @Argument(help: "Name of the baseline; one of that name is replaced.")
  var name: String

  @Option(help: "Builds at most.")
  var builds = 16

  func validate() throws {
    guard (1...1000).contains(builds) else { throw ValidationError("--builds must be 1 to 1000") }
  }

  func run() async throws {
    let store = try await recall.open()
    let (suite, target) = try bench.only(in: store)
    let old = try store.baseline(named: name)
    // What was accepted stays accepted when only the size changes.
    let steps = old.map { $0.suite == suite && $0.target == target ? $0.steps : [] } ?? []
    let replaced = try store.add(
      StoredBaseline(
        name: name, suite: suite, target: target, kind: .rolling(builds), at: Date(), steps: steps))
    recall.console.note(
      "baseline \(name)\(replaced ? " (replaced)" : ""): the last \(builds) builds of \(suite) on "
        + target)
  }
}

struct BaselineAccept: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept",
    abstract: "Acknowledge a step: from this build on a new level is meant.")

  @OptionGroup var recall: RecallOptions

  @Argument(help: "The baseline; a rolling one.")
  var name: String

  @Argument(help: "First build of the new level, by id or name.")
  var build: String

  @Option(help: "Why it is meant; kept with the baseline.")
  var reason: String

  func run() async throws {
    let store = try await recall.open()
    let reader = BaselineReader(store: store)
    let baseline = try reader.baseline(named: name)
    guard case .rolling = baseline.kind else {
      throw ValidationError(
        "baseline \(name) is pinned: pin the builds of the new level with 'latgate baseline pin'")
    }
    let known = try store.builds(suite: baseline.suite, target: baseline.target)
    let id = try store.buildID(build, among: known)
    if baseline.steps.contains(where: { $0.build == id }) {
      return recall.console.note("the step at \(id) was accepted before")
    }
    try store.accept(
      StoredBaseline.Step(build: id, reason: reason, at: Date()), in: name)
    let reference = try reader.reference(try reader.baseline(named: name))
    recall.console.note(
      reference.remark ?? "baseline \(name) begins at \(id): \(reference.builds.count) builds")
  }
}

struct BaselineRemove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Forget a baseline; its runs stay.")

  @OptionGroup var recall: RecallOptions

  @Argument(help: "The baseline.")
  var name: String

  func run() async throws {
    let store = try await recall.open()
    let baseline = try BaselineReader(store: store).baseline(named: name)
    _ = try store.removeBaseline(baseline.name)
    recall.console.note("baseline \(name) is removed")
  }
}

extension StoredBaseline.Kind {
  fileprivate var word: String {
    switch self {
    case .pinned: "pinned"
    case .rolling(let size): "last \(size)"
    }
  }
}
