import RunRecords

/// Folded stacks: a line for each stack and its weight, all runs and metrics after each other.
struct FoldedStacksFormat: StackFormat {
  let name = "folded"
  let summary = "stacks as lines, for flamegraph.pl and others"

  func bytes(_ runs: [RecordedRun]) -> [UInt8] {
    Array(runs.flatMap(\.stacks).map { $0.lines() }.joined().utf8)
  }
}
