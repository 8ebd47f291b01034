import AgentSession
import KernelEvents

/// Formats of trace events of a device, as its tracefs has them.
enum EventFormats {
  /// Where tracefs may be mounted.
  private static let directories = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]

  /// - Parameters:
  ///   - events: such as `block/block_rq_issue`.
  ///   - session: with the device's agent.
  /// - Returns: those that are there, by the same names.
  /// - Throws: `AgentSessionError`.
  static func read(
    _ events: [String], _ session: AgentClient
  ) async throws -> [String: EventFormat] {
    guard !events.isEmpty else { return [:] }
    func path(_ event: String, _ directory: String) -> String {
      "\(directory)/events/\(event)/format"
    }
    let texts = try await session.texts(of: directories.flatMap { f in events.map { path($0, f) } })
    var formats: [String: EventFormat] = [:]
    for event in events {
      formats[event] = directories.lazy.compactMap { texts[path(event, $0)] }.first
        .flatMap(EventFormat.init)
    }
    return formats
  }
}
