import Catalogs
import Devices
import Foundation
import POSIXSupport

/// Runs the host commands of a device file, each within its time, and keeps what they say in a log.
///
/// A command finds the device in its environment: `LATGATE_DEVICE` (the file's name),
/// `LATGATE_SERIAL`, `LATGATE_FIRMWARE` (as the user calls it), `LATGATE_IMAGE` (what the file has
/// for it), `LATGATE_COMMAND`, and for a device on USB `LATGATE_USB_PATH` (`1-2.3`),
/// `LATGATE_USB_HUB` (`1-2`) and `LATGATE_USB_PORT` (`3`), as uhubctl takes them.
package struct HostCommandRunner: Sendable {
  /// What latgate calls the device: `{serial}` of a command.
  private let device: String
  private let definition: DeviceDefinition
  private let usbPath: String?
  private let log: String

  /// Time that a command gets to end by itself once its time limit is over.
  private static let grace: Duration = .seconds(2)
  /// Bytes of a failed command's output that its error repeats.
  private static let tailSize = 500

  package init(device: String, definition: DeviceDefinition, usbPath: String?, log: String) {
    self.device = device
    self.definition = definition
    self.usbPath = usbPath
    self.log = log
  }

  /// A file of the user's cache, begun anew.
  /// - Throws: `SystemCallError`.
  package static func defaultLog(device: String) throws -> String {
    let directory = "\(try UserDirectories.cache())/commands"
    try UserDirectories.makeDirectory(directory)
    let name = LeaseKeys.fileName(device).replacing(".lock", with: ".log")
    unlink("\(directory)/\(name)")
    return "\(directory)/\(name)"
  }

  package func has(_ name: DeviceDefinition.HostCommandName) -> Bool {
    definition.commands?[name] != nil
  }

  /// How long the device may take to come up.
  package var readyTimeout: Duration {
    definition.commands?.readyTimeout ?? DeviceDefinition.HostCommandName.ready.timeout
  }

  /// Runs a command to its end; nothing where the file has none.
  /// - Throws: ``RunError/commandFailed(device:command:exitCode:output:log:)``,
  ///   ``RunError/commandTimedOut(device:command:limit:log:)``, `SystemCallError`,
  ///   `CancellationError`. Nothing of the command runs any more then.
  package func run(_ name: DeviceDefinition.HostCommandName, firmware: String) async throws {
    guard let command = definition.commands?[name] else { return }
    let line = definition.commandLine(command.command, firmware: firmware, serial: device)
    let begin = try begin("\(name.rawValue): \(line)")
    let child = try ChildProcess.spawn(
      "/bin/sh", arguments: ["-c", Self.script],
      environment: environment(name, firmware, line))
    let status: ExitStatus
    do {
      status = try await child.waitForExit(deadline: ContinuousClock.now + command.timeout)
    } catch {
      await end(child)
      try Task.checkCancellation()
      guard error is TimeoutError else { throw error }
      throw RunError.commandTimedOut(
        device: device, command: name.rawValue, limit: command.timeout, log: log)
    }
    guard status.shellCode == 0 else {
      throw RunError.commandFailed(
        device: device, command: name.rawValue, exitCode: status.shellCode,
        output: tail(since: begin), log: log)
    }
  }

  /// Waits until the device is up as its file defines it, and answers.
  package func waitUntilReady(_ device: any Device, firmware: String) async throws {
    let deadline = ContinuousClock.now + readyTimeout
    while has(.ready) {
      do {
        try await run(.ready, firmware: firmware)
        break
      } catch let error as RunError {
        if ContinuousClock.now >= deadline { throw error }
        try await Task.sleep(for: .seconds(1))
      }
    }
    try await device.waitUntilReady(timeout: max(deadline - ContinuousClock.now, .seconds(1)))
  }

  /// Brings a device that does not answer back by the strongest means that its file has.
  /// - Returns: false where it has none.
  package func recover(_ device: any Device) async throws -> Bool {
    guard let means = [.powerCycle, .reboot].first(where: has) else { return false }
    try await run(means, firmware: "")
    try await waitUntilReady(device, firmware: "")
    return true
  }

  // Everything goes into the file by itself: a command may say megabytes, and leave a server behind
  // that keeps its streams.
  private static let script = #"exec >>"$LATGATE_COMMAND_LOG" 2>&1; eval "$LATGATE_COMMAND_LINE""#

  private func environment(
    _ name: DeviceDefinition.HostCommandName, _ firmware: String, _ line: String
  ) -> [String: String] {
    var added = [
      "LATGATE_COMMAND": name.rawValue, "LATGATE_COMMAND_LINE": line, "LATGATE_COMMAND_LOG": log,
      "LATGATE_DEVICE": definition.name, "LATGATE_SERIAL": device, "LATGATE_FIRMWARE": firmware,
      "LATGATE_IMAGE": definition.image(ofFirmware: firmware),
    ]
    if let usbPath {
      added["LATGATE_USB_PATH"] = usbPath
      // The last port is the hub's own number for the device.
      let cut = usbPath.lastIndex(of: ".") ?? usbPath.lastIndex(of: "-")
      if let cut {
        let hub = usbPath[..<cut]
        added["LATGATE_USB_HUB"] = String(hub)
        added["LATGATE_USB_PORT"] = String(usbPath[usbPath.index(after: cut)...])
      }
    }
    return ProcessInfo.processInfo.environment.merging(added) { $1 }
  }

  /// Writes a heading and returns where the output begins.
  private func begin(_ title: String) throws -> UInt64 {
    if let slash = log.lastIndex(of: "/") {
      try UserDirectories.makeDirectory(String(log[..<slash]), mode: 0o755)
    }
    let file = try OwnedDescriptor.open(log, flags: O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
    try file.writeAll("=== \(Date().formatted(.iso8601)) \(title)\n".utf8, subject: log)
    return size
  }

  private var size: UInt64 {
    let attributes = try? FileManager.default.attributesOfItem(atPath: log)
    return (attributes?[.size] as? NSNumber)?.uint64Value ?? 0
  }

  private func tail(since begin: UInt64) -> String {
    guard let file = FileHandle(forReadingAtPath: log) else { return "" }
    defer { try? file.close() }
    let end = size
    let start = max(begin, end > UInt64(Self.tailSize) ? end - UInt64(Self.tailSize) : 0)
    try? file.seek(toOffset: start)
    let data = (try? file.read(upToCount: Self.tailSize)) ?? Data()
    return String(decoding: data, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Ends a command and all that it started.
  private func end(_ child: ChildProcess) async {
    child.signalGroup(SIGTERM)
    // A cancelled caller must not cut the grace short.
    await Task {
      let deadline = ContinuousClock.now + Self.grace
      if (try? await child.waitForExit(deadline: deadline, killingGroup: true)) != nil { return }
      child.signalGroup(SIGKILL)
      _ = try? await child.waitForExit()
    }.value
  }
}
