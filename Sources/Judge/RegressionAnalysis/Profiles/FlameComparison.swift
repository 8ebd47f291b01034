import Foundation
import RunRecords

/// Where two firmwares spend different shares of their time: each frame of their calls with an interval
/// over runs.
///
/// The unit is the run: its share of a frame is one number, however many samples it has. Shares are
/// compared as arcsine of their root, whose variance hardly depends on the share; variances of all frames
/// are moderated together, and none is taken for smaller than the samples' own chance. The intervals hold
/// for all frames at once (Bonferroni), so that of two runs of one firmware no frame differs in all but
/// ``alpha`` of comparisons.
package struct FlameComparison: Sendable, Equatable {
  /// A frame that is worth a question.
  package struct Frame: Sendable, Equatable {
    /// In the tree.
    package var node: Int
    /// Shares of the whole, means over runs.
    package var reference: Double
    package var candidate: Double
    /// Of the candidate's share less the reference's.
    package var lower: Double
    package var upper: Double
    /// Whether the interval leaves no change out, and the change is worth a word.
    package var isDifferent: Bool

    package var difference: Double { candidate - reference }
  }

  /// Runs of the reference come first.
  package let tree: FlameTree
  package let referenceRuns: Int
  package let candidateRuns: Int
  /// By node.
  package let frames: [Int: Frame]
  /// Questions that were asked at once.
  package let questions: Int

  /// Probability that two arms of one firmware show any difference.
  package static let alpha = 0.01
  /// Frames below this share in both arms are too small to be asked about.
  package static let leastShare = 0.005
  /// Differences of shares that nobody has to look at.
  package static let leastDifference = 0.002
  /// What other frames may say of one frame's variance: those of a tree are related.
  private static let priorDegrees = 12.0

  /// Runs without events are left out.
  /// - Returns: nil with fewer than two runs of an arm.
  package init?(reference: [FoldedStacks], candidate: [FoldedStacks]) {
    let old = reference.filter { $0.total > 0 }
    let new = candidate.filter { $0.total > 0 }
    guard old.count >= 2, new.count >= 2 else { return nil }
    let tree = FlameTree(old + new)
    self.tree = tree
    referenceRuns = old.count
    candidateRuns = new.count
    let inOld = 0..<old.count
    let inNew = old.count..<(old.count + new.count)
    let angles = Angles(tree, inOld, inNew)
    let asked = tree.nodes.indices.dropFirst().compactMap { angles.question($0) }
    questions = asked.filter(\.isOwn).count
    let moderation = VarianceModeration(
      asked.filter(\.isOwn).map { angles.input($0, Self.priorDegrees) })
    var frames: [Int: Frame] = [:]
    for question in asked {
      let (variance, degrees) = moderation.moderated(angles.input(question, Self.priorDegrees))
      let error = (max(variance, angles.chance) * angles.leverage).squareRoot()
      let reach =
        StudentT.upperQuantile(
          Self.alpha / 2 / Double(max(1, questions)), degreesOfFreedom: max(1, degrees)) * error
      let delta = question.candidate - question.reference
      let base = Self.share(question.reference)
      let lower = Self.share(question.reference + delta - reach) - base
      let upper = Self.share(question.reference + delta + reach) - base
      let difference = question.candidateShare - question.referenceShare
      frames[question.node] = Frame(
        node: question.node, reference: question.referenceShare,
        candidate: question.candidateShare, lower: lower, upper: upper,
        isDifferent: abs(delta) > reach && abs(difference) >= Self.leastDifference)
    }
    self.frames = frames
  }

  /// Those that differ: the largest difference first, callers before what they call.
  package var different: [Frame] {
    frames.values.filter(\.isDifferent).sorted {
      (abs($1.difference), $0.node) < (abs($0.difference), $1.node)
    }
  }

  private static func share(_ angle: Double) -> Double {
    let bounded = min(max(angle, 0), .pi / 2)
    return sin(bounded) * sin(bounded)
  }
}

/// The shares of all runs as angles.
private struct Angles {
  struct Question {
    var node: Int
    var reference: Double
    var candidate: Double
    var referenceShare: Double
    var candidateShare: Double
    /// Within arms.
    var variance: Double
    /// Whether its caller spends anything beside it; else the two are one question.
    var isOwn: Bool
  }

  private let tree: FlameTree
  private let reference: Range<Int>
  private let candidate: Range<Int>
  /// Variance of a run's angle by the chance of its samples alone.
  let chance: Double

  init(_ tree: FlameTree, _ reference: Range<Int>, _ candidate: Range<Int>) {
    self.tree = tree
    self.reference = reference
    self.candidate = candidate
    let inverse = tree.counts.map { 1 / Double(max(1, $0)) }
    chance = inverse.reduce(0, +) / Double(max(1, inverse.count)) / 4
  }

  var degrees: Double { Double(reference.count + candidate.count - 2) }
  /// Of a difference of means, in variances of a run.
  var leverage: Double { 1 / Double(reference.count) + 1 / Double(candidate.count) }

  /// Nil for a frame that is too small.
  func question(_ node: Int) -> Question? {
    let shares = (reference.lowerBound..<candidate.upperBound).map {
      tree.share(node, run: $0) ?? 0
    }
    func mean(_ values: [Double], _ range: Range<Int>) -> Double {
      values[range].reduce(0, +) / Double(range.count)
    }
    let (old, new) = (mean(shares, reference), mean(shares, candidate))
    guard max(old, new) >= FlameComparison.leastShare else { return nil }
    let angles = shares.map { asin(min(1, $0).squareRoot()) }
    let (oldAngle, newAngle) = (mean(angles, reference), mean(angles, candidate))
    let squares =
      angles[reference].reduce(0) { $0 + ($1 - oldAngle) * ($1 - oldAngle) }
      + angles[candidate].reduce(0) { $0 + ($1 - newAngle) * ($1 - newAngle) }
    let parent = tree.nodes[node].parent.map { tree.nodes[$0].sums }
    return Question(
      node: node, reference: oldAngle, candidate: newAngle, referenceShare: old,
      candidateShare: new, variance: squares / degrees, isOwn: parent != tree.nodes[node].sums)
  }

  func input(_ question: Question, _ priorDegrees: Double) -> VarianceModeration.Input {
    VarianceModeration.Input(
      variance: max(question.variance, chance / 100), degreesOfFreedom: degrees, prior: chance,
      priorDegrees: priorDegrees)
  }
}
