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

  /// What is made of the events.
  package enum Ask: String, Sendable, CaseIterable {
    /// The time from one event to another, or inside a function.
    case duration
    /// How often the event happens.
    case count
    /// A value of the event, added up.
    case sum
    /// The distribution of a value of the event.
    case hist
    /// A row for each event.
    case events
    /// Where in the code it happens: in the kernel and in the process.
    case stack
    /// The same, in the kernel alone.
    case kstack
    /// The same, in the process alone.
    case ustack

    /// Whether a value of the event is named: `EVENT.FIELD`.
    var takesValue: Bool { self == .sum || self == .hist }
  }

  /// The line itself.
  package var text: String
  package var ask = Ask.duration
  /// The event or function that begins, or is asked for alone.
  package var from: Word
  /// The event that ends; nil for a function, and for single events.
  package var to: Word?
  /// The field behind the event of a sum or histogram; nil where it is missing.
  package var value: Word?
  /// Of a duration.
  package var by: [Tie] = []
  package var labels: [Word] = []
  /// Fields that a row shows; empty = what the event has.
  package var columns: [Word] = []
  /// All of them hold.
  package var conditions: [Comparison] = []
  /// For how long; nil = as the command says.
  package var time: Duration?
  /// Where it says so.
  package var timeRange: Range<Int>?

  /// The longest that a line may ask for.
  package static let mostTime = Duration.seconds(3600)

  /// Places behind which something is missing: the end of the last word.
  var end: Int { text.count }
}
