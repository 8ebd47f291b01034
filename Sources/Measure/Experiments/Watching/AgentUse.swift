/// What the agent's process has used of its device, from files of /proc/self, which are its own as it
/// reads them. The programs that it loaded run on everyone's account and are not in it.
package struct AgentUse: Sendable, Equatable {
  /// Since it began, ns.
  package var cpuNs: UInt64
  /// Resident, KiB.
  package var memoryKiB: UInt64

  /// schedstat counts ns; kernels without it have ticks of 10 ms (proc(5)).
  static let paths = ["/proc/self/schedstat", "/proc/self/stat", "/proc/self/status"]

  private static let nsPerTick: UInt64 = 10_000_000

  /// Nil where the texts make no sense.
  init?(files: [String: String]) {
    guard
      let line = files["/proc/self/status"]?.split(separator: "\n")
        .first(where: { $0.hasPrefix("VmRSS:") }),
      let memory = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({
        UInt64($0)
      })
    else { return nil }
    memoryKiB = memory
    if let run = files["/proc/self/schedstat"]?.split(separator: " ").first.flatMap({ UInt64($0) }),
      run > 0
    {
      cpuNs = run
      return
    }
    // The name in brackets may hold anything.
    let fields =
      files["/proc/self/stat"]?.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = UInt64(fields[11]), let system = UInt64(fields[12]) else {
      return nil
    }
    cpuNs = (user &+ system) &* Self.nsPerTick
  }
}
