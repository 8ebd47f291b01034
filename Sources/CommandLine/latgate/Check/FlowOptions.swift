import ArgumentParser
import Catalogs
import Experiments

/// How a check goes about its runs.
struct FlowOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Who runs when: \(ExperimentDesign.Layout.allCases.map(\.rawValue).joined(separator: ", ")).",
      discussion: """
        Default: boots, or flashes on a device whose file has a flash command. A crossover takes two \
        devices of one model (--device twice).
        """))
  var design: ExperimentDesign.Layout?

  @Option(
    help: ArgumentHelp(
      "The time that runs may take, such as 30m; the design is chosen for it.",
      valueName: "time"))
  var timeBudget: TimeSpan?

  @Flag(help: "Print what the check will cost, find and measure, and make no run.")
  var plan = false

  @Flag(help: "Check within the time budget even if the suite's budgets cannot be shown in it.")
  var force = false

  @Flag(
    help: ArgumentHelp(
      "After a confirmed regression, find out what else moved on its way.",
      discussion: "Fresh runs of both firmwares with the probes of the steps it passes through."))
  var explain = false

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "After a confirmed regression, record one more run of each firmware with its perfetto.",
      discussion: """
        Where the device has perfetto. The trace of the iteration in which the slower metric was worst \
        is kept in traces/ of the results.
        """))
  var traces = true

  @Option(
    help: ArgumentHelp(
      "Continue an interrupted check: its finished runs are not made again.",
      valueName: "directory"), completion: .directory)
  var resume: String?
}

/// A time on the command line, as in the files: `90s`, `30m`, `2h`.
struct TimeSpan: ExpressibleByArgument {
  let duration: Duration

  init?(argument: String) {
    guard let duration = Duration(quantity: argument), duration > .zero else { return nil }
    self.duration = duration
  }
}

extension ExperimentDesign.Layout: ExpressibleByArgument {}
