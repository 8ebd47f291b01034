import Foundation
import RegressionAnalysis

/// Examines the verdicts on simulated experiments whose truth is known; `ci/exam` builds it.
///
/// Exit codes: 0 every bound kept, 1 one broken, 64 usage, 70 an experiment could not be judged.
@main
struct LatgateExam {
  static func main() async {
    let options: ExamOptions
    do throws(ExamOptions.OptionError) {
      options = try ExamOptions(Array(CommandLine.arguments.dropFirst()))
    } catch { fail("latgate-exam: \(error.text)\n\(ExamOptions.usage)", 64) }
    do {
      exit(try await examine(options) ? 0 : 1)
    } catch {
      fail("latgate-exam: an experiment could not be judged: \(error)", 70)
    }
  }

  private static func examine(_ options: ExamOptions) async throws -> Bool {
    var broken = 0
    if options.parts.contains(.cost) {
      print("Judging \(JudgeCost.metrics) metrics at p50, p90 and p99, 5 iterations a run")
      for runs in [30, 60, 120, 240] {
        let taken = try JudgeCost.measure(runs: runs)
        let note = runs == 60 ? "  (goal: below 150 ms)" : ""
        print("  \(padded(String(runs), 4)) runs \(padded(milliseconds(taken), 8)) ms\(note)")
      }
    }
    if options.parts.contains(.page) {
      let cost = try PageCost.measure()
      print(
        "\nThe page of a verdict on \(PageCost.metrics) metrics that all moved, "
          + "\(PageCost.runs) + \(PageCost.runs) runs")
      print("  \(milliseconds(cost.taken)) ms, \(cost.bytes) bytes (goals: 150 ms, 250000 bytes)")
    }
    if options.parts.contains(.alarms) {
      print(
        "\nUnchanged builds called a regression, of 1000, with 95% intervals: a look after each "
          + "pair of boots\nfrom 3 + 3 on, 8 + 8 planned, 20 + 20 at most; "
          + "\(options.unchanged) independent experiments a line")
      broken += try await table(
        ExamCell.unchanged(options.classes, options.unchanged), first: "flagged of 1000")
    }
    if options.parts.contains(.power) {
      print("\nDefects found; \(options.changed) independent experiments a line")
      let cells =
        ExamCell.changed(options.classes, options.changed)
        + ExamCell.rates(min(100, options.changed))
      broken += try await table(cells, first: "found")
    }
    if options.parts.contains(.fleet) {
      broken += await FleetExam.run(campaigns: options.campaigns, cell: options.cell)
    }
    print("\n" + (broken == 0 ? "every bound is kept" : "\(broken) bounds are BROKEN"))
    return broken == 0
  }

  /// Runs the cells, prints a line for each, and counts the bounds broken.
  private static func table(_ cells: [ExamCell], first: String) async throws -> Int {
    let widths = [22, 8, 13, 8, 24]
    let titles = [first, "pass", "inconclusive", "boots", "bound"]
    print(padded("", 48) + zip(titles, widths).map { padded($0, $1) }.joined())
    var broken = 0
    try await run(cells) { cell, result in
      let isBroken = !cell.isMet(result)
      if isBroken { broken += 1 }
      let figures = zip(cell.columns(result), widths).map { padded($0, $1) }.joined()
      print(
        cell.title.padding(toLength: 48, withPad: " ", startingAt: 0) + figures
          + (isBroken ? " BROKEN" : ""))
      fflush(nil)
    }
    return broken
  }

  /// As many at a time as there are processors; handed over in the order of the cells.
  private static func run(
    _ cells: [ExamCell], _ handle: (ExamCell, SimulationResult) -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: (Int, SimulationResult).self) { group in
      var waiting = cells.enumerated().makeIterator()
      var results: [Int: SimulationResult] = [:]
      var shown = 0
      func start() {
        guard let next = waiting.next() else { return }
        group.addTask { (next.offset, try next.element.plan.run()) }
      }
      for _ in 0..<max(1, ProcessInfo.processInfo.activeProcessorCount) { start() }
      while let (position, result) = try await group.next() {
        results[position] = result
        start()
        while let result = results[shown] {
          handle(cells[shown], result)
          shown += 1
        }
      }
    }
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(1, width - text.count)) + text
  }

  private static func milliseconds(_ duration: Duration) -> String {
    String(format: "%.1f", duration / .milliseconds(1))
  }

  private static func fail(_ message: String, _ code: Int32) -> Never {
    FileHandle.standardError.write(Data((message + "\n").utf8))
    exit(code)
  }
}
