import AgentSession
import PerfettoTraces
import RunRecords

/// How fast each CPU ran over the windows of an iteration, as trace events reported.
struct FrequencyTally: Sendable, Equatable {
  private struct Sum: Sendable, Equatable {
    var knownNs = 0.0
    var kHzNs = 0.0
    var changes = 0.0
  }

  private var sums: [UInt32: Sum] = [:]

  /// Adds one window of a CPU: the mean over `knownNs`, and the number of changes.
  mutating func add(cpu: UInt32, knownNs: UInt64, meanKHz: UInt32, changes: UInt64) {
    var sum = sums[cpu] ?? Sum()
    sum.knownNs += Double(knownNs)
    sum.kHzNs += Double(knownNs) * Double(meanKHz)
    sum.changes += Double(changes)
    sums[cpu] = sum
  }

  mutating func add(_ frequency: AgentFrequency) {
    add(
      cpu: frequency.cpu, knownNs: frequency.knownNs, meanKHz: frequency.meanKHz,
      changes: frequency.changes)
  }

  mutating func add(_ frequency: FoldedFrequency) {
    add(
      cpu: frequency.cpu, knownNs: frequency.knownNs, meanKHz: frequency.meanKHz,
      changes: frequency.changes)
  }

  /// By the names that a folded trace's record has.
  var covariates: [String: Double] {
    var result: [String: Double] = [:]
    for (cpu, sum) in sums where sum.knownNs > 0 {
      result[Covariate.meanFrequency(cpu: cpu)] = (sum.kHzNs / sum.knownNs).rounded()
      result[Covariate.frequencyChanges(cpu: cpu)] = sum.changes
    }
    return result
  }
}
