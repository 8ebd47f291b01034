import Reporting

/// What a screen hears of, in one stream.
enum LiveEvent: Sendable {
  /// The first window is open.
  case opened(LiveState.Subject)
  case sample(LiveSample)
  /// What the agent uses: share of one CPU, KiB.
  case agent(cpu: Double?, memoryKiB: UInt64)
  case note(String, isWarning: Bool)
  case terminal(LiveTerminal.Event)
  /// The run ended, for this reason where it failed.
  case ended(String?)
  /// What was said at the end could be read.
  case over
}
