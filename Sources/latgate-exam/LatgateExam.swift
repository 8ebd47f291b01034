import Foundation
import RegressionAnalysis

/// Examines the verdicts on simulated experiments whose truth is known; `ci/exam` builds it.
///
/// Exit codes: 0 every bound kept, 1 one broken, 64 usage, 70 an experiment could not be judged.
@main
struct LatgateExam {
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    var unchanged = 1000
    var changed = 300
    var position = 0
    while position < arguments.count {
      guard position + 1 < arguments.count, let number = Int(arguments[position + 1]), number > 0
      else { fail("usage: latgate-exam [--experiments N] [--changed N]", 64) }
      switch arguments[position] {
      case "--experiments": unchanged = number
      case "--changed": changed = number
      default: fail("latgate-exam: unknown option \(arguments[position])", 64)
      }
      position += 2
    }
    do {
      exit(try await examine(unchanged: unchanged, changed: changed) ? 0 : 1)
    } catch {
      fail("latgate-exam: an experiment could not be judged: \(error)", 70)
    }
  }

  private static func examine(unchanged: Int, changed: Int) async throws -> Bool {
    var broken = 0
    print("Judging \(JudgeCost.metrics) metrics at p50, p90 and p99, 5 iterations a run")
    for runs in [30, 60, 120] {
      let taken = try JudgeCost.measure(runs: runs)
      let note = runs == 60 ? "  (goal: below 150 ms)" : ""
      print("  \(padded(String(runs), 4)) runs \(padded(milliseconds(taken), 8)) ms\(note)")
    }
    print(
      "\nUnchanged builds called a regression, of 1000, with 95% intervals: 4+4 boots of 5 "
        + "iterations,\nas many fresh ones to confirm; \(unchanged) independent experiments a cell")
    broken += try await table(ExamCell.unchanged(unchanged)) { cell, result in
      let share = result.regression
      var bound = ""
      if case .flagged(let most) = cell.bound { bound = " <=\(Int(most))" }
      return String(
        format: "%.1f [%.1f %.1f]", share.share * 1000, share.low * 1000, share.high * 1000) + bound
    }
    for runs in [4, 6] {
      print(
        "\nChanges found, \(runs)+\(runs) boots and as many to confirm, no profile; "
          + "\(changed) experiments a cell")
      broken += try await table(ExamCell.changed(changed, runs: runs)) { cell, result in
        var bound = ""
        if case .found(let least) = cell.bound { bound = String(format: " >=%.2f", least) }
        return String(format: "%.2f", result.found?.share ?? 0) + bound
      }
    }
    print("\n" + (broken == 0 ? "every bound is kept" : "\(broken) bounds are BROKEN"))
    return broken == 0
  }

  /// Runs the cells, prints them by row and column, and counts the bounds broken.
  private static func table(
    _ cells: [ExamCell], _ text: (ExamCell, SimulationResult) -> String
  ) async throws -> Int {
    let results = try await run(cells)
    let columns = cells.map(\.column).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    print(padded("", 8) + columns.map { padded($0, 24) }.joined())
    var broken = 0
    for start in stride(from: 0, to: cells.count, by: columns.count) {
      var line = cells[start].row.padding(toLength: 8, withPad: " ", startingAt: 0)
      for position in start..<min(start + columns.count, cells.count) {
        let isBroken = cells[position].isMet(results[position]) == false
        if isBroken { broken += 1 }
        line += padded(text(cells[position], results[position]) + (isBroken ? " BROKEN" : ""), 24)
      }
      print(line)
      fflush(nil)
    }
    return broken
  }

  /// As many at a time as there are processors; in the order of the cells.
  private static func run(_ cells: [ExamCell]) async throws -> [SimulationResult] {
    try await withThrowingTaskGroup(of: (Int, SimulationResult).self) { group in
      var waiting = cells.enumerated().makeIterator()
      var results: [Int: SimulationResult] = [:]
      func start() -> (position: Int, plan: SimulationPlan)? {
        waiting.next().map { ($0.offset, $0.element.plan) }
      }
      for _ in 0..<max(1, ProcessInfo.processInfo.activeProcessorCount) {
        guard let next = start() else { break }
        group.addTask { (next.position, try next.plan.run()) }
      }
      while let (position, result) = try await group.next() {
        results[position] = result
        guard let next = start() else { continue }
        group.addTask { (next.position, try next.plan.run()) }
      }
      return cells.indices.compactMap { results[$0] }
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
