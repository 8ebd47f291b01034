import Foundation

/// Why a device could not do what was asked. The tool's exit code for it is ``exitCode``.
package enum DeviceError: Error, Sendable, Equatable {
  /// `known` lists the devices that are there, with their state.
  case notFound(device: String, known: [String])
  case unauthorized(device: String)
  /// The device is listed but does not answer; `state` is the transport's word.
  case offline(device: String, state: String)
  /// Several devices fit the name.
  case ambiguous(device: String)
  /// Another job uses the device; `holder` says who.
  case inUse(device: String, holder: String)
  case noPermissions(device: String, detail: String)
  /// The way to the devices is missing: no adb server, USB cannot be used.
  case transportUnavailable(detail: String, remedy: String)
  /// This machine lacks a program that reaches devices.
  case programMissing(program: String, remedy: String)
  /// A variable of the environment that says where devices are is wrong.
  case badSetting(variable: String, value: String, remedy: String)
  /// The device, or the adb server for it, does not serve what was asked.
  case refused(device: String, operation: String, detail: String)
  case timedOut(device: String, operation: String, after: Duration)
  /// The connection ended under an operation.
  case disconnected(device: String, operation: String, detail: String)
  /// A file could not be copied; `path` is on the device.
  case transferFailed(device: String, path: String, detail: String)
  /// A file of the host could not be read or written.
  case hostFile(path: String, detail: String)
  /// A command that had to succeed did not.
  case commandFailed(device: String, command: String, exitCode: Int32, message: String)
  /// An answer that cannot be understood.
  case malformedAnswer(device: String, operation: String, detail: String)
  /// No ssh session came about.
  case sshFailed(device: String, failure: SSHFailure)
  /// The device cannot do this at all.
  case unsupported(device: String, detail: String, remedy: String)

  /// Among the tool's public exit codes. 69, on which racks try again, is for devices alone: what
  /// the user wrote is 64, a file of this machine 65, a program that it lacks 70.
  package var exitCode: Int32 {
    switch self {
    case .badSetting: 64
    case .hostFile: 65
    case .programMissing: 70
    case .notFound, .unauthorized, .offline, .ambiguous, .inUse, .noPermissions,
      .transportUnavailable, .refused, .timedOut, .disconnected, .transferFailed, .commandFailed,
      .malformedAnswer, .sshFailed, .unsupported:
      69
    }
  }
}

extension DeviceError: CustomStringConvertible, LocalizedError {
  /// One line: where, what, and what to do.
  package var description: String {
    let message = self.message
    return "\(message.place): \(message.what); \(message.remedy)"
  }

  package var errorDescription: String? { description }

  /// The words of every case, in one place.
  package var message: (place: String, what: String, remedy: String) {
    switch self {
    case .notFound(let device, let known):
      (
        "device \(device)", "not found",
        known.isEmpty
          ? "no device is connected: check the cable, or connect it by `adb connect HOST:PORT`"
          : "choose one of \(known.joined(separator: ", "))"
      )
    case .unauthorized(let device):
      (
        "device \(device)", "refuses this computer's adb key",
        "accept the question on the device's screen, or add the key to its adb_keys"
      )
    case .offline(let device, let state):
      (
        "device \(device)", "does not answer (\(state))",
        Self.remedy(device, state)
      )
    case .ambiguous(let device):
      (
        "device \(device)", "several devices have this name",
        "name it by its USB path, HOST:PORT or transport-id:N as listed by `adb devices -l`"
      )
    case .inUse(let device, let holder):
      (
        "device \(device)", "in use by \(holder)",
        "wait for its end with --wait-for-device 10m, or stop that process"
      )
    case .noPermissions(let device, let detail):
      (
        "device \(device)",
        "the adb server may not open it" + (detail.isEmpty ? "" : " (\(detail))"),
        "install udev rules for it, then run `adb kill-server`"
      )
    case .transportUnavailable(let detail, let remedy):
      ("adb", detail, remedy)
    case .programMissing(let program, let remedy):
      (program, "the program is missing on this machine, and devices are reached by it", remedy)
    case .badSetting(let variable, let value, let remedy):
      (variable, "'\(value)' is no address of an adb server", remedy)
    case .refused(let device, let operation, let detail):
      (
        "device \(device)", "\(operation) was refused: \(detail)",
        "reconnect it; `adb -s \(shellQuote(device)) shell true` must work"
      )
    case .timedOut(let device, let operation, let limit):
      (
        "device \(device)", "\(operation) took longer than \(limit.formatted(Self.seconds))",
        "check that the device still answers, or allow more time"
      )
    case .disconnected(let device, Self.connecting, let detail):
      (
        "device \(device)", "cannot be reached (\(detail))",
        "check its address, the network, and whether it is up"
      )
    case .disconnected(let device, let operation, let detail):
      (
        "device \(device)", "the connection ended during \(operation) (\(detail))",
        "check the cable and whether the device restarted"
      )
    case .transferFailed(let device, let path, let detail):
      (
        "device \(device): \(path)", "not copied: \(detail)",
        "check the path, the free space and the permissions on the device"
      )
    case .hostFile(let path, let detail):
      (path, detail, "check the path and its permissions on this machine")
    case .commandFailed(let device, let command, let code, let message):
      (
        "device \(device)",
        "`\(command)` ended with \(code)" + (message.isEmpty ? "" : ": \(message)"),
        "run it by hand on the device to see why"
      )
    case .malformedAnswer(let device, let operation, let detail):
      (
        "device \(device)", "the answer to \(operation) is unusable: \(detail)",
        "check that the device's shell works: `echo ok` must print ok and nothing else"
      )
    case .sshFailed(let device, let failure):
      ("device \(device)", failure.message.what, failure.message.remedy)
    case .unsupported(let device, let detail, let remedy):
      ("device \(device)", detail, remedy)
    }
  }

  /// The operation of a connection that did not come about.
  static let connecting = "connecting"

  /// What helps a device in a state, by the adb server's word for it.
  private static func remedy(_ device: String, _ state: String) -> String {
    switch state {
    case "connecting", "authorizing":
      "wait a moment and unlock its screen; plug it in again if it stays so"
    case "recovery", "rescue": "restart it: `adb -s \(shellQuote(device)) reboot`"
    case "sideload": "end the sideload on its screen, or run `adb -s \(shellQuote(device)) reboot`"
    case "bootloader": "run `fastboot -s \(shellQuote(device)) reboot`"
    case "detached": "the adb server gave it away: `adb -s \(shellQuote(device)) attach`"
    case "host": "it is an adb server and no device: check the port"
    default: "reconnect it, or run `adb -s \(shellQuote(device)) reconnect`"
    }
  }

  private static let seconds = Duration.UnitsFormatStyle(
    allowedUnits: [.minutes, .seconds, .milliseconds], width: .narrow)
}
