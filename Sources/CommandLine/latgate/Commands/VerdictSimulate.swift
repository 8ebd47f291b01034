import ArgumentParser
import Foundation
import Jobs
import RegressionAnalysis
import Reporting

struct VerdictSimulate: AsyncParsableCommand, ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Judge simulated experiments whose truth is known: false alarms and power.",
    discussion: """
      Answers two questions before any device is booted: how often would an unchanged build be \
      called a regression, and how often would a change of a given size be found?

      Simulated boots are judged by the same rule, at the same looks, as those of 'check'. \
      They differ among themselves (--boot-sd), their iterations differ (--iteration-sd), one \
      boot resembles the one before, all drift, and 3 in 100 are slow altogether. Noise of all \
      metrics is correlated; p99 is noisier than p50.

        latgate verdict simulate                  false alarms, unchanged builds
        latgate verdict simulate --shift 10%      power for 10% in all quantiles
        latgate verdict simulate --shift 20% --part p99        in the tail alone
        latgate verdict simulate --class noisy --runs 12 --shift 10%
        latgate verdict simulate --slow iterations --slow-share 20%
        latgate verdict simulate --slow boots --both     an unchanged build

      Two rules of thumb to see here: boots buy more power than iterations do, and a change of \
      the practical threshold's own size is found in half of all cases at best. A class is a \
      shorthand for p50 and p99 between boots: quiet .5% and 1%, typical 1% and 2%, noisy 3% and \
      6%, and twice that between iterations. Your own bench's numbers are those of a few boots \
      of one firmware.

      The same seed gives the same numbers. Exit code 0 whatever they are.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    name: .customLong("class"),
    help: "Noise: \(NoiseClass.allCases.map(\.rawValue).joined(separator: ", ")).")
  var noise: NoiseClass = .typical

  @Option(help: "Standard deviation of a p50 between boots, instead of the class's.")
  var bootSd: Share?

  @Option(help: "Standard deviation of a p50 between iterations, instead of the class's.")
  var iterationSd: Share?

  @Option(help: "How much slower than others a bad boot is, at p50, on average.")
  var badBootSlowdown = Share(fraction: 0.04)

  @Option(help: "Share of bad boots.")
  var badBoots = Share(fraction: 0.03)

  @Option(help: "Planned boots per firmware.")
  var runs = 8

  @Option(help: "Most boots per firmware, where something is left open.")
  var mostRuns = 20

  @Option(help: "Iterations per boot.")
  var iterations = 5

  @Option(help: "How much slower the candidate is; 0% = unchanged.")
  var shift = Share(fraction: 0)

  @Option(help: "Where it is slower: p50 (the whole distribution) or p99 (the tail alone).")
  var part: SimulatedEffect.Part = .p50

  @Option(
    help: ArgumentHelp(
      "What is slow now and then: "
        + SimulatedModes.Unit.allCases.map(\.rawValue).joined(separator: ", ") + ".",
      discussion: "'each' = that share of the iterations of every boot."))
  var slow: SimulatedModes.Unit?

  @Option(help: "Share of what is slow now and then.")
  var slowShare = Share(fraction: 0.2)

  @Option(help: "How many times slower that is, in p90.")
  var slowFactor = 10.0

  @Flag(help: "What is slow now and then is so with both firmwares: an unchanged build.")
  var both = false

  @Flag(help: "Make whole records with histograms, and judge these; takes long.")
  var records = false

  @Option(help: "Change of the event rate; needs --records.")
  var rate = Share(fraction: 0)

  @Option(help: "Histogram metrics; each is judged at p50, p90 and p99. One changes.")
  var metrics = 20

  @Option(help: "Independent experiments.")
  var experiments = 1000

  @Option(help: "Start of all random numbers.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "Give the verdict a noise profile that believes the bench this many times quieter.",
      discussion: "1 = the truth. Default: no profile, as on a bench that was never calibrated."))
  var profileFactor: Double?

  @OptionGroup var output: FormatOptions<SimulationReport>

  func validate() throws {
    guard runs >= 1, runs <= 64 else { throw ValidationError("--runs must be 1 to 64") }
    guard (runs...128).contains(mostRuns) else {
      throw ValidationError("--most-runs must be \(runs) to 128")
    }
    guard slowFactor > 0, slowFactor <= 1000 else {
      throw ValidationError("--slow-factor must be above 0 and at most 1000")
    }
    guard rate.fraction > -0.9, rate.fraction <= 10, rate.fraction == 0 || records else {
      throw ValidationError("--rate must be above -90%, at most 1000%, and goes with --records")
    }
    guard (1...100).contains(iterations) else {
      throw ValidationError("--iterations must be 1 to 100")
    }
    guard (1...200).contains(metrics) else { throw ValidationError("--metrics must be 1 to 200") }
    guard experiments >= 1 else { throw ValidationError("--experiments must be 1 or more") }
    guard shift.fraction > -0.9, shift.fraction <= 10 else {
      throw ValidationError("--shift must be above -90% and at most 1000%")
    }
    for (name, value) in [
      ("--boot-sd", bootSd), ("--iteration-sd", iterationSd),
      ("--bad-boot-slowdown", badBootSlowdown), ("--bad-boots", badBoots),
    ] {
      guard let value else { continue }
      guard value.fraction >= 0, value.fraction <= 1 else {
        throw ValidationError("\(name) must be 0% to 100%")
      }
    }
    if let profileFactor, !(profileFactor >= 0.01 && profileFactor <= 100) {
      throw ValidationError("--profile-factor must be 0.01 to 100")
    }
  }

  func run() async throws {
    let console = common.console
    let showsProgress = console.progressIsTerminal
    let result = try plan.run { done in
      try Task.checkCancellation()
      if showsProgress, done % 10 == 0 {
        console.transient("experiment \(done) of \(experiments)")
      }
    }
    if showsProgress { console.transient("") }
    try output.print(SimulationReport(result), console)
  }

  private var plan: SimulationPlan {
    var bench = SimulatedBench(
      bootDeviation: bootSd?.fraction ?? noise.bootDeviation,
      iterationDeviation: iterationSd?.fraction ?? noise.iterationDeviation)
    bench.badBoots = badBoots.fraction
    bench.badBootSlowdown = badBootSlowdown.fraction
    bench.metrics = metrics
    bench.iterations = iterations
    let modes = slow.map {
      SimulatedModes(unit: $0, share: slowShare.fraction, factor: slowFactor)
    }
    if both { bench.habit = modes }
    var plan = SimulationPlan(
      bench: bench,
      effect: SimulatedEffect(
        shift: shift.fraction, part: part, modes: both ? nil : modes, rate: rate.fraction),
      runs: runs, mostRuns: mostRuns, experiments: experiments, seed: seed,
      profileFactor: profileFactor)
    plan.makesRecords = records
    return plan
  }
}

/// A share on the command line: `10%` or `0.1`.
struct Share: ExpressibleByArgument {
  var fraction: Double

  init(fraction: Double) { self.fraction = fraction }

  init?(argument: String) {
    let isPercent = argument.hasSuffix("%")
    guard let value = Double(isPercent ? String(argument.dropLast()) : argument), value.isFinite
    else { return nil }
    fraction = isPercent ? value / 100 : value
  }

  var defaultValueDescription: String { "\((fraction * 100).formatted())%" }
}

extension NoiseClass: ExpressibleByArgument {}
extension SimulatedEffect.Part: ExpressibleByArgument {}
extension SimulatedModes.Unit: ExpressibleByArgument {}
