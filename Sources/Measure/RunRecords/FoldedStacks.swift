/// The stacks of a metric in a phase of one run, those of the same functions together.
package struct FoldedStacks: Sendable, Equatable {
  package struct Stack: Sendable, Equatable {
    /// The outermost first.
    package var frames: [StackFrame]
    /// Events.
    package var count: UInt64
    /// Of their weight, in ``FoldedStacks/unit``.
    package var sum: UInt64

    package init(frames: [StackFrame], count: UInt64, sum: UInt64) {
      self.frames = frames
      self.count = count
      self.sum = sum
    }
  }

  package var metric: String
  package var phase: String
  package var unit: String
  /// By frames.
  package var stacks: [Stack]
  /// Events whose stack could not be had, or had no room.
  package var dropped: UInt64
  /// Time that windows were open, ns.
  package var durationNs: UInt64

  package var total: UInt64 { stacks.reduce(0) { $0 &+ $1.sum } }

  package init(
    metric: String, phase: String, unit: String, stacks: [Stack], dropped: UInt64 = 0,
    durationNs: UInt64 = 0
  ) {
    self.metric = metric
    self.phase = phase
    self.unit = unit
    self.stacks = stacks
    self.dropped = dropped
    self.durationNs = durationNs
  }

  /// Of a record's judged iterations, by metric and phase.
  package static func all(of record: RunRecord) -> [FoldedStacks] {
    struct Key: Hashable, Comparable {
      var metric: String
      var phase: String
      static func < (one: Self, other: Self) -> Bool {
        (one.metric, one.phase) < (other.metric, other.phase)
      }
    }
    let names = StackNames(record.symbols)
    var found: [Key: (unit: String, sums: [[StackFrame]: (UInt64, UInt64)], dropped: UInt64)] = [:]
    var openNs: [String: UInt64] = [:]
    for phase in record.iterations.filter(\.isJudged).flatMap(\.phases) {
      openNs[phase.name, default: 0] &+= phase.durationNs
      for part in phase.stacks {
        var entry =
          found.removeValue(forKey: Key(metric: part.metric, phase: phase.name))
          ?? (part.unit, [:], 0)
        for stack in part.stacks {
          let frames = names.frames(of: stack, labels: part.labels)
          let old = entry.sums[frames] ?? (0, 0)
          entry.sums[frames] = (old.0 &+ stack.count, old.1 &+ stack.sum)
        }
        entry.dropped &+= part.dropped
        found[Key(metric: part.metric, phase: phase.name)] = entry
      }
    }
    return found.sorted { $0.key < $1.key }.map { key, entry in
      FoldedStacks(
        metric: key.metric, phase: key.phase, unit: entry.unit,
        stacks: entry.sums.map { Stack(frames: $0.key, count: $0.value.0, sum: $0.value.1) }
          .sorted { $0.frames.lexicographicallyPrecedes($1.frames) },
        dropped: entry.dropped, durationNs: openNs[key.phase] ?? 0)
    }
  }
}
