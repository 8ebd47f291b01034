import Devices
import Foundation

extension InstalledAgent {
  /// Copies a file into the agent's directory, which is removed with the agent.
  ///
  /// - Parameters:
  ///   - localPath: the file on this machine.
  ///   - name: its name there; it must change with the contents.
  ///   - device: the device that the agent is on.
  /// - Returns: its path on the device.
  /// - Throws: `DeviceError`.
  package func place(
    _ localPath: String, as name: String, on device: any Device
  ) async throws -> String {
    let path = "\(directory)/\(name)"
    let limit: Duration = .seconds(60)
    let found = try await device.exec(
      AgentInstaller.hasContents(shellQuote(path)), timeout: limit)
    if found.exitCode == 0 { return path }
    // Renamed when complete: an interrupted copy is never taken for the file.
    let part = "\(path).part"
    try await device.push(localPath, to: part, mode: 0o644)
    let moved = try await device.exec(
      AgentInstaller.keeping(part, as: path), timeout: limit)
    guard moved.exitCode == 0 else {
      throw DeviceError.commandFailed(
        device: device.name, command: "mv \(name)", exitCode: moved.exitCode,
        message: String(decoding: moved.standardError.prefix(400), as: UTF8.self))
    }
    return path
  }
}
