/// What a device hears of its report. docs/fleet-reports.md says what it does then.
package struct IntakeAnswer: Sendable, Equatable {
  /// Of HTTP.
  package var status: Int
  /// One line.
  package var text: String
  /// Seconds that the device waits at least; nil when nothing is gained by waiting.
  package var retryAfter: Int?

  package init(_ status: Int, _ text: String, retryAfter: Int? = nil) {
    self.status = status
    self.text = text
    self.retryAfter = retryAfter
  }

  static let stopping = IntakeAnswer(503, "the collector stops", retryAfter: 30)
}
