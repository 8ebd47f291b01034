import ArgumentParser
import Foundation
import Jobs
import POSIXSupport
import RecordStore
import RegressionAnalysis
import Reporting
import RunRecords

struct CompareCommand: AsyncParsableCommand, ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Judge run records that exist already.",
    discussion: """
      Records are files, or directories of them; what they hold may be histograms, scalars, or both. \
      All runs are judged together, as the look of a 'check' at so many runs. Give 3 runs of each \
      firmware at least, which find a gross change, and 4 for a pass; 8 + 8 find much more.

        latgate compare --reference ref/*.json --candidate cand/*.json
        latgate compare --experiment latgate-results/demo-20260101-120000-4711/runs
        latgate compare --design stored --reference builds/ --candidate new/
        latgate compare --baseline nightly --candidate new/
        latgate compare --profile bench.json --learn bench.json --experiment runs/

      How the runs were made limits what they can prove. Firmwares that took turns on one device, \
      flashed at least twice each, are 'interleaved' evidence. Two devices of one model that both \
      ran both firmwares are a 'crossover'. A new build against 8 or more earlier ones is 'stored', \
      with the build as the unit; 16 make false alarms rare. All else is 'weak': one flash per \
      firmware, say, cannot distinguish a slow build from a slow flash.

      With --keep the store learns the candidate's runs and the verdict on them, as it does by a \
      'check': a build that failed is then left out of rolling baselines.

      Records of one build under two names are refused (3), as a candidate that was never installed \
      gives them; --aa declares that both are one.

      A noise profile (--profile) lets few runs show more; each comparison can add to it \
      (--learn).

      Exit code 0: no slower, within budget. 1: slower, confirmed. 2: not decided; the report \
      says how many runs would. 3: data that must not be judged.
      """)

  @OptionGroup var common: CommonOptions

  @Option(parsing: .upToNextOption, help: "Records of the reference.", completion: .file())
  var reference: [String] = []

  @Option(parsing: .upToNextOption, help: "Records of the candidate.", completion: .file())
  var candidate: [String] = []

  @Option(
    help: "Directory with the records of both arms of one experiment.", completion: .directory)
  var experiment: String?

  @Option(help: "Baseline whose stored runs are the reference; see 'latgate baseline'.")
  var baseline: String?

  @Flag(help: "Keep the candidate's runs, and what a baseline says of them, in the store.")
  var keep = false

  @Flag(help: "Let known issues pass, as 'check' and --baseline do; see 'latgate waive'.")
  var waivers = false

  @OptionGroup var store: StoreOptions

  @Option(
    help: "Suite whose thresholds and budgets hold. Default: the built-in ones.",
    completion: .suites)
  var suite: String?

  @Option(
    help: """
      How the runs were laid out: \
      \(VerdictPolicy.Design.allCases.map(\.rawValue).joined(separator: ", ")). Default: \
      interleaved.
      """)
  var design: VerdictPolicy.Design?

  @Option(
    help: "File with the noise profile of the bench: what is known of it from runs before.")
  var profile: String?

  @Option(help: "File to write the noise profile to, after these runs were added to it.")
  var learn: String?

  @OptionGroup var mixing: MixingOptions

  @Flag(help: "Both firmwares are one: an A/A comparison, in which nothing must be found.")
  var aa = false

  @Flag(help: "Show every statistic, not only those that moved or decide.")
  var all = false

  @OptionGroup var results: ReportOptions<VerdictReport>

  func validate() throws {
    let hasReference = !reference.isEmpty || baseline != nil
    guard experiment != nil || (hasReference && !candidate.isEmpty) else {
      throw ValidationError(
        "give --reference and --candidate, --baseline and --candidate, or --experiment")
    }
    guard experiment == nil || (!hasReference && candidate.isEmpty) else {
      throw ValidationError("--experiment goes without --reference, --baseline and --candidate")
    }
    guard reference.isEmpty || baseline == nil else {
      throw ValidationError("--baseline takes the place of --reference")
    }
    guard !keep || baseline != nil else { throw ValidationError("--keep goes with --baseline") }
    guard baseline == nil || design == nil || design == .stored else {
      throw ValidationError("--baseline makes the design 'stored'")
    }
  }

  func run() async throws {
    let console = common.console
    if let learn { try ResultPlace.requireFile(learn) }
    try results.requirePlaces()
    var input = try await input()
    input.profile = try profile.map(Self.readProfile)
    try input.requireArms(isAA: aa)
    let verdict = try judge(input)
    // Records are judged where there is no catalogue, too; metrics have their plain names then.
    let titles = (try? Workbench(common))?.catalog.metricTitles ?? [:]
    // A verdict stands and is shown, even when what is kept of it is lost.
    var faults: [any Error] = []
    do {
      try results.show(
        VerdictReport(verdict, of: input, titles: titles), console, showsAll: all)
    } catch {
      faults.append(error)
    }
    do {
      try await remember(verdict, on: input)
    } catch {
      faults.append(error)
    }
    // As of a check: a pass that is lost is no pass.
    if verdict.exitCode == 0, let first = faults.first { throw first }
    for fault in faults { console.error("the verdict stands, but not all of it is kept: \(fault)") }
    if verdict.exitCode != 0 { throw ExitCode(verdict.exitCode) }
  }

  /// Keeps what the store and the file of the noise profile are to learn.
  private func remember(_ verdict: Verdict, on input: VerdictInput) async throws {
    if let learn {
      let grown = (input.profile ?? NoiseProfile()).grown(by: try runResiduals(of: input))
      try AtomicFile.write(try grown.encoded(), to: learn)
    }
    guard keep, let baseline, let first = input.candidate.first else { return }
    let documents = try RecordFiles.documents(candidate)
    let store = try await store.open()
    try store.add(documents)
    try BenchMemory.note(
      verdict, on: input, of: BenchIdentity(first),
      id: "compare-\(baseline)-\(RunDocument.hash(of: documents))", in: store)
  }

  private static func readProfile(_ path: String) throws -> NoiseProfile {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw NoiseProfileError(file: path, problem: "cannot be read")
    }
    return try NoiseProfile.decode(data, file: path)
  }

  private func input() async throws -> VerdictInput {
    var input = try await runs()
    if waivers || baseline != nil, let suite = input.candidate.first?.suite {
      input.waivers = try await store.open().waivers(for: suite, on: Day(Date()))
    }
    return input
  }

  private func runs() async throws -> VerdictInput {
    if let baseline {
      let candidates = try RecordFiles.read(candidate)
      let reader = BaselineReader(store: try await store.open())
      let reference = try reader.reference(
        try reader.baseline(named: baseline), without: Set(candidates.map(\.firmware.id)))
      if let remark = reference.remark { common.console.note(remark) }
      let references = try reader.runs(of: reference)
      var policy = try policy(references + candidates)
      policy.design = .stored
      return VerdictInput(reference: references, candidate: candidates, policy: policy)
    }

    if let experiment {
      let records = try RecordFiles.read([experiment])
      return VerdictInput(experiment: records, policy: try policy(records))
    }
    let references = try RecordFiles.read(reference)
    let candidates = try RecordFiles.read(candidate)
    return VerdictInput(
      reference: references, candidate: candidates,
      policy: try policy(references + candidates))
  }

  private func policy(_ records: [RunRecord]) throws -> VerdictPolicy {
    let isVirtual = records.allSatisfy { $0.device.transport == "virtual" }
    var policy = VerdictPolicy(freeSwitching: isVirtual)
    if let suite {
      policy = VerdictPolicy(
        suite: try Workbench(common).catalog.suite(suite), freeSwitching: isVirtual)
    }
    policy.design = design ?? .interleaved
    policy.allowsMixed = mixing.allowMixed
    return policy
  }
}

extension VerdictPolicy.Design: ExpressibleByArgument {}
