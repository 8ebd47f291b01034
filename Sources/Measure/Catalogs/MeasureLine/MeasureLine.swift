/// A question in one line, such as
/// `block:block_rq_issue ~ block:block_rq_complete by dev,sector where nr_sector > 8`, as it was
/// written: nothing of it is known to exist yet.
package struct MeasureLine: Sendable, Equatable {
  /// Something of the line, with its place.
  package struct Word: Sendable, Equatable {
    package var text: String
    /// Characters of the line, counted from 0.
    package var range: Range<Int>
  }

  /// What ties an end to its start: a field of both, or one of each (`pid=next_pid`).
  package struct Tie: Sendable, Equatable {
    package var start: Word
    /// Nil where it has the same name.
    package var end: Word?
  }

  /// `nr_sector > 8`, or with several values `vec == 1 or 8`.
  package struct Comparison: Sendable, Equatable {
    package var field: Word
    package var test: SpanTable.Condition.Test
    /// At least one.
    package var values: [Word]
  }

  /// The line itself.
  package var text: String
  /// The event or function that begins.
  package var from: Word
  /// The event that ends; nil for a function.
  package var to: Word?
  package var by: [Tie] = []
  package var labels: [Word] = []
  /// All of them hold.
  package var conditions: [Comparison] = []
  /// For how long; nil = as the command says.
  package var time: Duration?

  /// Places behind which something is missing: the end of the last word.
  var end: Int { text.count }
}
