/// What can be measured on a kernel, as far as it was asked.
package struct KnownEvents: Sendable, Equatable, Codable {
  /// Trace events as `system:event`.
  package var events: [String]
  /// By `system:event`; only those that were read.
  package var formats: [String: EventFormat]
  /// Functions of the kernel and its modules; empty where they were not asked for.
  package var functions: [String]
  /// Numbers of system calls by name; empty where they are not known.
  package var systemCalls: [String: UInt64]
  /// The file whose function or USDT probe a line names; nil for other lines.
  package var file: KnownFile?
  /// The same of the event that ends; nil for lines of one place.
  package var endFile: KnownFile?

  package init(
    events: [String] = [], formats: [String: EventFormat] = [:], functions: [String] = [],
    systemCalls: [String: UInt64] = [:]
  ) {
    self.events = events
    self.formats = formats
    self.functions = functions
    self.systemCalls = systemCalls
  }
}
