import Foundation
import RegressionAnalysis

/// Examines the verdicts on simulated experiments whose truth is known; `ci/exam` builds it.
///
/// Exit codes: 0 every bound kept, 1 one broken, 64 usage, 70 an experiment could not be judged.
@main
struct LatgateExam {
  static func main() async {
    let options: ExamOptions
    do throws(ExamOptions.Problem) {
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
    if options.parts.contains(.alarms) {
      print(
        "\nUnchanged builds called a regression, of 1000, with 95% intervals: 4+4 boots of 5 "
          + "iterations,\nas many fresh ones to confirm; \(options.unchanged) independent "
          + "experiments a cell")
      broken += try await table(ExamCell.unchanged(options.classes, options.unchanged))
    }
    for runs in options.designs where options.parts.contains(.power) {
      print(
        "\nChanges found, \(runs)+\(runs) boots and as many to confirm; \(options.changed) "
          + "experiments a cell;\nnoisy: of those possible with the noise known (with a profile at most "
          + ".10 less), in brackets\nwhat was hoped for")
      broken += try await table(ExamCell.changed(options.classes, options.changed, runs: runs))
    }
    print("\n" + (broken == 0 ? "every bound is kept" : "\(broken) bounds are BROKEN"))
    return broken == 0
  }

  /// Runs the cells, prints them by row and column, and counts the bounds broken.
  private static func table(_ cells: [ExamCell]) async throws -> Int {
    let columns = cells.map(\.column).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    print(padded("", 16) + columns.map { padded($0, 24) }.joined())
    var broken = 0
    for start in stride(from: 0, to: cells.count, by: columns.count) {
      let row = Array(cells[start..<min(start + columns.count, cells.count)])
      var line = row[0].row.padding(toLength: 16, withPad: " ", startingAt: 0)
      for (cell, outcome) in zip(row, try await run(row)) {
        let isBroken = !cell.isMet(outcome)
        if isBroken { broken += 1 }
        line += padded(cell.text(outcome) + (isBroken ? " BROKEN" : ""), 24)
      }
      print(line)
      fflush(nil)
    }
    return broken
  }

  /// As many at a time as there are processors; in the order of the cells.
  private static func run(_ cells: [ExamCell]) async throws -> [ExamOutcome] {
    try await withThrowingTaskGroup(of: (Int, ExamOutcome).self) { group in
      var waiting = cells.enumerated().makeIterator()
      var outcomes: [Int: ExamOutcome] = [:]
      func start() {
        guard let next = waiting.next() else { return }
        group.addTask { (next.offset, try next.element.outcome()) }
      }
      for _ in 0..<max(1, ProcessInfo.processInfo.activeProcessorCount) { start() }
      while let (position, outcome) = try await group.next() {
        outcomes[position] = outcome
        let cell = cells[position]
        tell("\(cell.row), \(cell.column): \(cell.text(outcome))")
        start()
      }
      return cells.indices.compactMap { outcomes[$0] }
    }
  }

  /// Progress, beside the tables.
  private static func tell(_ text: String) {
    FileHandle.standardError.write(Data(("  " + text + "\n").utf8))
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
