/// What is wrong with bytes that were given as a file of some format.
package struct MalformedError: Error, Sendable, Equatable {
  /// Without a full stop, such as `truncated at byte 24`.
  package let reason: String

  package init(reason: String) {
    self.reason = reason
  }
}
