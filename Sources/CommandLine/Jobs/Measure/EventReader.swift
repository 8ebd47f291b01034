import Catalogs
import Devices
import Foundation
import KernelEvents
import POSIXSupport
import ProbeBuild

/// Learns which events and functions a device's kernel has, through its shell. What was learnt is
/// kept by the kernel's build.
package struct EventReader: Sendable {
  private let device: any Device
  /// What is known of builds; nil = nothing is kept.
  private let directory: String?
  /// Of the kernel's build.
  private let key: String

  /// What the answer's parts begin with.
  private static let mark = "latgate:"
  private static let limit = Duration.seconds(30)

  package init(device: any Device, identity: DeviceIdentity) {
    self.init(
      device: device, identity: identity, directory: try? UserDirectories.cache() + "/events")
  }

  init(device: any Device, identity: DeviceIdentity, directory: String?) {
    self.device = device
    self.directory = directory
    var build = InputHash()
    for part in [
      identity.fingerprint, identity.kernelRelease, identity.kernelVersion, identity.abi,
    ] { build.add("kernel", part) }
    key = String(build.key().prefix(32))
  }

  /// What a line needs to be held against the kernel.
  ///
  /// - Parameters:
  ///   - line: as it was written.
  ///   - refreshes: whether what is kept does not count, as modules bring events of their own.
  /// - Returns: all events, the formats of the line's, and functions where it names one.
  /// - Throws: ``MeasureError`` for a line whose events are not there, `DeviceError`.
  package func known(for line: MeasureLine, refreshes: Bool = false) async throws -> KnownEvents {
    let before = refreshes ? KnownEvents() : kept()
    var known = before
    if known.events.isEmpty {
      known = try await ask(for: Self.named(line))
    }
    var events = try MeasureQuestion.events(of: line, in: known)
    events.removeAll { known.formats[$0] != nil }
    if !events.isEmpty {
      let more = try await ask(for: events, withList: false)
      known.formats.merge(more.formats) { _, new in new }
    }
    var functions: [String] = []
    if events.isEmpty, let function = MeasureQuestion.function(of: line),
      !known.events.contains(where: { $0.hasSuffix(":\(function)") }), line.to == nil
    {
      // All symbols of a kernel take long to look through: those that were found are kept.
      functions =
        try await known.functions.contains(function)
        ? [function] : self.functions(near: function)
      if functions == [function], !known.functions.contains(function) {
        known.functions.append(function)
      }
    }
    if known != before { keep(known) }
    known.functions = functions
    return known
  }

  /// All events, those that are kept where there are any.
  /// - Throws: `DeviceError`.
  func names() async throws -> [String] {
    let kept = kept().events
    return try await kept.isEmpty ? events() : kept
  }

  /// All events, as the device has them now.
  /// - Throws: `DeviceError`.
  func events() async throws -> [String] { try await ask(for: []).events }

  /// The format of an event; nil where it cannot be read.
  /// - Throws: `DeviceError`.
  func format(of event: String) async throws -> EventFormat? {
    try await ask(for: [event], withList: false).formats[event]
  }

  /// Names of a line that look like events.
  private static func named(_ line: MeasureLine) -> [String] {
    [line.from, line.to].compactMap { $0?.text.replacing("/", with: ":") }
      .filter { isName($0) && $0.contains(":") }
  }

  private static func isName(_ text: String) -> Bool {
    text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
  }

  // MARK: the device

  private func ask(for events: [String], withList: Bool = true) async throws -> KnownEvents {
    let paths = events.map { $0.replacing(":", with: "/") }.joined(separator: " ")
    let list = "cat available_events 2> /dev/null || for f in events/*/*/; do echo $f; done"
    let result = try await device.exec(
      """
      for t in /sys/kernel/tracing /sys/kernel/debug/tracing; do
      [ -x $t/events ] && cd $t && echo \(Self.mark)directory && break
      done
      \(withList ? list : "true")
      for e in \(paths); do
      echo "\(Self.mark)format"; cat events/$e/format 2> /dev/null
      done
      true
      """, timeout: Self.limit)
    guard result.text.hasPrefix("\(Self.mark)directory") else {
      throw DeviceError.unsupported(
        device: device.name, detail: "its trace events cannot be read",
        remedy: "mount tracefs ('mount -t tracefs tracefs /sys/kernel/tracing'), or let the shell "
          + "read it")
    }
    return Self.read(result.text, of: events)
  }

  private static func read(_ text: String, of events: [String]) -> KnownEvents {
    var known = KnownEvents()
    let parts = text.split(separator: "\(mark)format\n", omittingEmptySubsequences: false)
    for line in parts[0].split(whereSeparator: \.isNewline) where !line.hasPrefix(mark) {
      // From the list, or of directories: events/block/block_rq_issue/
      let words = line.split(separator: line.contains("/") ? "/" : ":")
      if words.count >= 2 { known.events.append(words.suffix(2).joined(separator: ":")) }
    }
    for (event, part) in zip(events, parts.dropFirst()) {
      known.formats[event] = EventFormat(String(part))
    }
    return known
  }

  /// The function alone where it is there, else all, to find what was meant.
  private func functions(near name: String) async throws -> [String] {
    // It goes to the device's shell: whatever else a line has in quotes stays here.
    guard Self.isName(name.replacing(".", with: "_")) else { return try await allFunctions() }
    let found = try await device.exec(
      "grep -m 1 -E ' [tTwW] \(name.replacing(".", with: "\\."))(\t|$)' /proc/kallsyms",
      timeout: Self.limit)
    return found.exitCode == 0 ? [name] : try await allFunctions()
  }

  private func allFunctions() async throws -> [String] {
    let all = try await device.exec(
      "grep -E ' [tTwW] [A-Za-z_][A-Za-z0-9_]*(\t|$)' /proc/kallsyms | cut -d ' ' -f 3",
      timeout: Self.limit)
    return all.text.split(whereSeparator: \.isNewline).map { line in
      String(line.prefix { $0 != "\t" })
    }
  }

  // MARK: what is kept

  private func kept() -> KnownEvents {
    guard let directory,
      let data = FileManager.default.contents(atPath: "\(directory)/\(key).json"),
      let known = try? JSONDecoder().decode(KnownEvents.self, from: data)
    else { return KnownEvents() }
    UserDirectories.markUsed("\(directory)/\(key).json")
    return known
  }

  private func keep(_ known: KnownEvents) {
    guard let directory, let data = try? JSONEncoder().encode(known) else { return }
    // It only saves time: without it the device is asked again.
    try? UserDirectories.makeDirectory(directory)
    try? AtomicFile.write(data, to: "\(directory)/\(key).json", durable: false)
  }
}
