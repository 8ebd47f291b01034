import RunRecords

/// The calls of several runs as one tree: what was called from where, and what each run spent there.
package struct FlameTree: Sendable, Equatable {
  package struct Node: Sendable, Equatable {
    package var frame: StackFrame
    /// Nil for the root.
    package var parent: Int?
    /// 0 for the root.
    package var depth: Int
    /// By name.
    package var children: [Int]
    /// Of each run, with what it called, in the metric's unit.
    package var sums: [UInt64]

    package var total: UInt64 { sums.reduce(0, &+) }
  }

  /// The root first; parents come before their children.
  package private(set) var nodes: [Node]
  /// Of each run, events.
  package let counts: [UInt64]
  package let unit: String

  /// - Parameter runs: the same metric and phase of each run, at least one.
  package init(_ runs: [FoldedStacks]) {
    unit = runs.first?.unit ?? ""
    counts = runs.map { $0.stacks.reduce(0) { $0 &+ $1.count } }
    let none = [UInt64](repeating: 0, count: runs.count)
    nodes = [
      Node(frame: StackFrame(.label, "all"), parent: nil, depth: 0, children: [], sums: none)
    ]
    var places: [Place: Int] = [:]
    for (run, folded) in runs.enumerated() {
      for stack in folded.stacks {
        var at = 0
        nodes[0].sums[run] &+= stack.sum
        for frame in stack.frames {
          let place = Place(parent: at, frame: frame)
          if let known = places[place] {
            at = known
          } else {
            let new = nodes.count
            nodes.append(
              Node(
                frame: frame, parent: at, depth: nodes[at].depth + 1, children: [], sums: none))
            nodes[at].children.append(new)
            places[place] = new
            at = new
          }
          nodes[at].sums[run] &+= stack.sum
        }
      }
    }
    let frames = nodes.map(\.frame)
    for index in nodes.indices { nodes[index].children.sort { frames[$0] < frames[$1] } }
  }

  private struct Place: Hashable {
    var parent: Int
    var frame: StackFrame
  }

  /// Share of a run's whole; nil for a run without any.
  package func share(_ node: Int, run: Int) -> Double? {
    let whole = nodes[0].sums[run]
    return whole > 0 ? Double(nodes[node].sums[run]) / Double(whole) : nil
  }

  /// Frames from the root, which is left out, to the node.
  package func path(to node: Int) -> [StackFrame] {
    var frames: [StackFrame] = []
    var at = node
    while let parent = nodes[at].parent {
      frames.append(nodes[at].frame)
      at = parent
    }
    return frames.reversed()
  }

  /// What was spent in functions themselves, over all runs: the most first.
  package func own() -> [(frame: StackFrame, sum: UInt64)] {
    var sums: [StackFrame: UInt64] = [:]
    for node in nodes.dropFirst() where node.frame.side != .label {
      let called = node.children.reduce(UInt64(0)) { $0 &+ nodes[$1].total }
      if node.total > called { sums[node.frame, default: 0] &+= node.total - called }
    }
    return sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
  }
}
