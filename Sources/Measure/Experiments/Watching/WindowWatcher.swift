import RunRecords

/// Decides how long the windows of a run stay open, looks into them, and gets what they gave: a run
/// that a person watches has no end of its own.
package protocol WindowWatcher: Sendable {
  /// Looks at an open window; it is closed when this returns.
  func watch(_ window: OpenWindow) async throws

  /// Gets the iteration of the window that was closed, and says what follows.
  func closed(_ iteration: IterationRecord) async -> AfterWindow

  /// Gets the record of all windows since the last one.
  func keep(_ record: RunRecord) async
}

/// What follows a window that was watched.
package enum AfterWindow: Sendable, Equatable {
  /// Another window; with `keeping`, a record is made of those until now.
  case another(keeping: Bool)
  /// The run ends; what was not kept is in its record.
  case end
}
