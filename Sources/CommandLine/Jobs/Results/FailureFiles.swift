import AgentSession
import Devices
import Experiments
import Foundation
import VirtualDevices

/// Keeps what a device can report of a failed run, while it still answers.
package struct FailureFiles: Sendable {
  package let console: Console
  /// Where the directories go.
  package let directory: String
  /// False = nothing is collected.
  package let isWanted: Bool

  package init(
    console: Console, directory: String, isWanted: Bool
  ) {
    self.console = console
    self.directory = directory
    self.isWanted = isWanted
  }

  /// Bytes of a virtual device's console.
  private static let consoleLimit = 1 << 20

  /// - Parameters:
  ///   - name: of the directory.
  ///   - device: nil when there was none.
  ///   - reason: what failed, in words.
  ///   - error: with the agent's last messages, when it has them.
  package func collect(
    _ name: String, of device: (any Device)?, reason: String, error: (any Error)? = nil
  ) async {
    guard isWanted, let device, !Task.isCancelled, Self.isOfTheDevice(error) else { return }
    var texts = ["failure.txt": reason + "\n"]
    if case .ended(_, let words)? = error as? AgentSessionError {
      texts["agent-stderr.txt"] = words
    }
    texts["console.txt"] = consoleText(of: device)
    let path = "\(directory)/\(name)"
    let written = await BugReport(device: device).collect(into: path, texts: texts)
    console.note("bug report: \(path) (\(written.count) files)")
  }

  /// A wrong command line is no fault of the device, and a device in use by another job must not be
  /// disturbed by questions.
  private static func isOfTheDevice(_ error: (any Error)?) -> Bool {
    guard let error else { return true }
    if case .inUse? = error as? DeviceError { return false }
    return ![.usage, .badInput, .interrupted].contains(ErrorReport(error).status)
  }

  private func consoleText(of device: any Device) -> String? {
    let machine = try? VirtualMachine.list().first { device.name.hasSuffix($0.serial) }
    guard let path = machine?.logPath,
      let file = try? FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    else { return nil }
    defer { try? file.close() }
    let size = (try? file.seekToEnd()) ?? 0
    try? file.seek(toOffset: size - min(size, UInt64(Self.consoleLimit)))
    return (try? file.readToEnd()).map { String(decoding: $0, as: UTF8.self) }
  }
}
