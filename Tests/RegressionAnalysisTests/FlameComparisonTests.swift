import Foundation
import RunRecords
import Testing

@testable import RegressionAnalysis

/// Experiments whose truth is known: shares that vary from boot to boot, samples that vary by chance.
struct FlameComparisonTests {
  /// Twelve callers with four functions each, of very different shares.
  private static let leaves = 48

  private static func paths() -> [[StackFrame]] {
    (0..<leaves).map { leaf in
      [
        StackFrame(.label, "app"), StackFrame(.user, "caller\(leaf / 4)"),
        StackFrame(.kernel, "work\(leaf)"),
      ]
    }
  }

  private static func shares() -> [Double] {
    let weights = (0..<leaves).map { 1 / Double($0 + 2) }
    let whole = weights.reduce(0, +)
    return weights.map { $0 / whole }
  }

  /// A run of about 4000 samples whose shares differ from others' by a tenth.
  private static func run(
    _ random: inout SimulationRandom, factor: [Int: Double] = [:]
  ) -> FoldedStacks {
    let drawn = shares().enumerated().map { leaf, share in
      share * (factor[leaf] ?? 1) * exp(0.1 * random.normal())
    }
    let whole = drawn.reduce(0, +)
    return FoldedStacks(
      metric: "profile.cpu", phase: "p", unit: "ns",
      stacks: zip(paths(), drawn).compactMap { frames, share in
        let mean = 4000 * share / whole
        let count = (mean + mean.squareRoot() * random.normal()).rounded()
        return count >= 1
          ? .init(frames: frames, count: UInt64(count), sum: UInt64(count) * 10_101_010) : nil
      })
  }

  private static func comparison(
    _ trial: UInt64, factor: [Int: Double] = [:], runs: Int = 4
  ) -> FlameComparison? {
    var random = SimulationRandom(seed: 20, stream: trial)
    let old = (0..<runs).map { _ in run(&random) }
    let new = (0..<runs).map { _ in run(&random, factor: factor) }
    return FlameComparison(reference: old, candidate: new)
  }

  @Test func unchangedFirmwareColoursNoFrame() throws {
    let trials: UInt64 = 400
    var coloured = 0
    for trial in 0..<trials {
      let comparison = try #require(Self.comparison(trial))
      #expect(comparison.questions > 20)
      if !comparison.different.isEmpty { coloured += 1 }
    }
    #expect(coloured <= 4, "\(coloured) of \(trials)")
  }

  /// Also with two runs of an arm, where a variance says least.
  @Test func unchangedFirmwareOfFewRunsColoursNoFrame() throws {
    var coloured = 0
    for trial in 1000..<1400 {
      let comparison = try #require(Self.comparison(UInt64(trial), runs: 2))
      if !comparison.different.isEmpty { coloured += 1 }
    }
    #expect(coloured <= 4, "\(coloured) of 400")
  }

  /// A function of 4% that takes twice as long is found, and nothing is said to have grown beside it
  /// but its callers.
  @Test func aFrameThatDoubledIsColoured() throws {
    let leaf = 5
    var found = 0
    var others = 0
    for trial in 0..<50 {
      let comparison = try #require(
        Self.comparison(UInt64(2000 + trial), factor: [leaf: 2], runs: 6))
      let grown = comparison.different.filter { $0.difference > 0 }
      let names = grown.map { comparison.tree.nodes[$0.node].frame.name }
      if names.contains("work\(leaf)") { found += 1 }
      if names.contains(where: { !["work\(leaf)", "caller\(leaf / 4)"].contains($0) }) {
        others += 1
      }
      for frame in grown {
        #expect(frame.lower > 0 && frame.lower < frame.difference)
        #expect(frame.upper > frame.difference)
      }
    }
    #expect(found >= 47, "\(found) of 50")
    #expect(others <= 1)
  }

  @Test func oneRunIsNoArm() {
    var random = SimulationRandom(seed: 1)
    let runs = (0..<4).map { _ in Self.run(&random) }
    #expect(FlameComparison(reference: [runs[0]], candidate: [runs[1], runs[2]]) == nil)
    let empty = FoldedStacks(metric: "m", phase: "", unit: "ns", stacks: [])
    #expect(FlameComparison(reference: [runs[0], empty], candidate: [runs[1], runs[2]]) == nil)
  }

  @Test func aTreeAddsUpWhatItsFramesCall() {
    func stack(_ names: String, _ sum: UInt64) -> FoldedStacks.Stack {
      .init(frames: names.map { StackFrame(.kernel, String($0)) }, count: 1, sum: sum)
    }
    let tree = FlameTree([
      FoldedStacks(
        metric: "m", phase: "", unit: "ns", stacks: [stack("ab", 3), stack("a", 2), stack("cb", 5)]),
      FoldedStacks(metric: "m", phase: "", unit: "ns", stacks: [stack("a", 10)]),
    ])
    #expect(tree.nodes.map(\.frame.name) == ["all", "a", "b", "c", "b"])
    #expect(tree.nodes.map(\.sums) == [[10, 10], [5, 10], [3, 0], [5, 0], [5, 0]])
    #expect(tree.path(to: 4).map(\.name) == ["c", "b"])
    #expect(tree.share(1, run: 0) == 0.5 && tree.share(1, run: 1) == 1)
    #expect(tree.own().map(\.frame.name) == ["a", "b"])
    #expect(tree.own().map(\.sum) == [12, 8])
  }
}
