import RunRecords

/// Where the code was in a metric's longest operations.
///
/// A metric of stacks may split them by duration, with a label `octave`: the base-2 logarithm of the
/// duration in us. Those of the highest octave hold the longest operation.
package struct WorstStack: Codable, Sendable, Equatable {
  /// Of the stacks.
  package var metric: String
  /// Functions of the commonest of these stacks, the outermost first.
  package var frames: [String]
  /// Operations with this stack, of ``operations``.
  package var count: UInt64
  /// Operations that are that long.
  package var operations: UInt64
  /// They took at least so long, ns; nil where it is not known.
  package var least: UInt64?

  /// nil where the runs have no such stacks.
  /// - Parameters:
  ///   - metric: name of the stacks.
  ///   - id: the operations. Stacks of another phase, or of another class of threads, are not theirs.
  ///   - records: runs of one firmware.
  init?(_ metric: String, of id: MetricID, in records: [RunRecord]) {
    var found: [Int: [[String]: UInt64]] = [:]
    for record in records {
      let names = StackNames(record.symbols)
      let phases = record.iterations.filter(\.isJudged).flatMap(\.phases)
        .filter { $0.name == id.phase }
      for part in phases.flatMap(\.stacks) where part.metric == metric {
        if let own = id.labels["class"], let theirs = part.labels["class"], own != theirs {
          continue
        }
        let octave = part.labels["octave"].flatMap { Int($0) } ?? -1
        for stack in part.stacks {
          let frames = names.frames(of: stack, labels: part.labels.filter { $0.key == "comm" })
          found[octave, default: [:]][frames.map(\.name), default: 0] &+= stack.count
        }
      }
    }
    guard let highest = found.max(by: { $0.key < $1.key }),
      // Of equally common ones always the same.
      let commonest = highest.value.max(by: { one, other in
        one.value != other.value
          ? one.value < other.value : other.key.lexicographicallyPrecedes(one.key)
      })
    else { return nil }
    self.metric = metric
    frames = commonest.key
    count = commonest.value
    operations = highest.value.values.reduce(0, &+)
    // The lowest octave holds what took no time as well.
    least = (1..<54).contains(highest.key) ? 1000 << UInt64(highest.key) : nil
  }
}
