import Foundation

/// One device that latgate can reach, whatever the transport.
///
/// Every call may throw ``DeviceError``. Commands are run by the device's own
/// shell: quote with ``shellQuote(_:)``.
package protocol Device: Sendable {
  /// What the user called it: an adb serial, a virtual device's name, `local`.
  var name: String { get }

  /// Runs a command to its end.
  ///
  /// adb's end is the end of its stdout as well: give processes that stay in the background
  /// other streams (`> /dev/null 2>&1`).
  /// - Parameters:
  ///   - command: a shell command line.
  ///   - timeout: after which the command is given up and ``DeviceError/timedOut`` thrown.
  /// - Returns: output and exit code; a non-zero exit code is a result, not an error.
  /// - Throws: ``DeviceError``.
  func exec(_ command: String, timeout: Duration) async throws -> ExecResult

  /// Starts a command whose stdin and stdout stay connected, raw, without a terminal.
  func stream(_ command: String) async throws -> any DeviceStream

  /// Copies a host file to the device.
  func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws

  /// Copies a device file to the host.
  func pull(_ remotePath: String, to localPath: String) async throws

  /// What the device says of itself.
  func identify() async throws -> DeviceIdentity

  /// Restarts the device and returns once it has begun; wait with ``waitUntilReady(timeout:)``.
  func reboot() async throws

  /// Returns when the device answers commands.
  func waitUntilReady(timeout: Duration) async throws

  /// What the way to the device cannot do that others can, for records; nil = nothing.
  func limitation() async throws -> String?
}

extension Device {
  package func limitation() async throws -> String? { nil }
}

/// A running command on a device.
package protocol DeviceStream: Sendable {
  /// The next bytes of stdout; nil at its end.
  func read() async throws -> [UInt8]?
  /// Bytes for stdin; suspends while the device is not taking them.
  func write(_ bytes: [UInt8]) async throws
  /// stderr so far, at most 64 KiB, for messages.
  func standardError() async -> String
  /// How the command ended, as a shell reports it (128 plus the signal for a killed one); nil
  /// while it runs, or when the connection ended first. Known once ``read()`` returned nil.
  func exitCode() async -> Int32?
  /// Ends the command. Safe to call twice.
  func close() async
}

/// The end of a command.
package struct ExecResult: Sendable, Equatable {
  package var exitCode: Int32
  package var standardOutput: [UInt8]
  package var standardError: [UInt8]

  package init(exitCode: Int32, standardOutput: [UInt8], standardError: [UInt8]) {
    self.exitCode = exitCode
    self.standardOutput = standardOutput
    self.standardError = standardError
  }

  /// stdout as text, malformed UTF-8 replaced.
  package var text: String { String(decoding: standardOutput, as: UTF8.self) }
}

/// Facts that name a device and the firmware on it.
package struct DeviceIdentity: Sendable, Equatable, Codable {
  package var serial: String
  package var model: String
  /// `ro.build.fingerprint`, or a `/etc/os-release` name and version.
  package var fingerprint: String
  /// `uname -r`.
  package var kernelRelease: String
  /// `uname -v`.
  package var kernelVersion: String
  /// `arm64`, `armv7` or `x86_64`: the kernel's architecture.
  package var abi: String
  /// `/proc/sys/kernel/random/boot_id`.
  package var bootID: String
  /// User of the shell; nil where /proc does not show it.
  package var userID: UInt32?
  /// How root's rights are got; of a bare device what its shell has.
  package var privilege: RootWay?

  package init(
    serial: String, model: String, fingerprint: String, kernelRelease: String,
    kernelVersion: String, abi: String, bootID: String, userID: UInt32? = nil
  ) {
    self.serial = serial
    self.model = model
    self.fingerprint = fingerprint
    self.kernelRelease = kernelRelease
    self.kernelVersion = kernelVersion
    self.abi = abi
    self.bootID = bootID
    self.userID = userID
    privilege = userID.map { $0 == 0 ? .root : .shell }
  }
}
