import POSIXSupport

/// What can go wrong between this tool, the adb server and a device.
package enum ADBError: Error, Sendable, Equatable {
  /// No adb server listens and none could be started.
  case serverUnavailable(address: String, reason: String)
  /// The `adb` program that would start the server is not installed.
  case adbMissing(program: String)
  /// `ADB_SERVER_SOCKET` and its kind hold something unusable.
  case badServerAddress(variable: String, value: String)
  case deviceNotFound(serial: String)
  case unauthorized(serial: String)
  /// The server knows the device, but it does not answer; `state` is the server's word for it.
  case offline(serial: String, state: String)
  /// Several devices carry the serial, or none was named and there are several.
  case ambiguous(serial: String)
  /// The server may not open the USB device.
  case noPermissions(serial: String, detail: String)
  /// The server or the device refused a service; `message` is its own.
  case refused(service: String, message: String)
  /// The device lacks something that latgate needs, such as `shell_v2`.
  case missingFeature(serial: String, feature: String)
  /// The daemon speaks only encrypted, as one that was paired over wifi does.
  case encryptionRequired
  /// Another program holds the USB device's adb interface.
  case busy(serial: String)
  /// USB cannot be used on this machine.
  case usbUnavailable(detail: String)
  /// A key of this user that cannot be used.
  case badKey(file: String, detail: String)
  /// Bytes that do not follow the protocol.
  case malformed(service: String, detail: String)
  /// The connection ended early.
  case disconnected(service: String, detail: String)
  case timedOut(service: String, after: Duration)
  /// A file could not be sent or fetched; `message` is the device's.
  case transferFailed(path: String, message: String)

  /// Sorts a refusal of the adb server by its words, which are its only error code.
  ///
  /// The wordings are those of adb 28 to 36.
  package init(refusal message: String, service: String, serial: String) {
    let text = message.lowercased()
    if text.contains("insufficient permissions") || text.contains("no permissions") {
      self = .noPermissions(serial: serial, detail: message)
    } else if text.contains("unauthorized") {
      self = .unauthorized(serial: serial)
    } else if text.contains("more than one") {
      self = .ambiguous(serial: serial)
    } else if text.contains("device offline") || text.contains("device is offline") {
      self = .offline(serial: serial, state: "offline")
    } else if text.contains("still connecting") || text.contains("still authorizing") {
      let isConnecting = text.contains("connecting")
      self = .offline(serial: serial, state: isConnecting ? "connecting" : "authorizing")
    } else if text.contains("not found") && text.contains("device")
      || text.contains("no devices") || text.contains("no emulators")
    {
      self = .deviceNotFound(serial: serial)
    } else {
      self = .refused(service: service, message: message)
    }
  }
}

extension ADBError {
  /// Why a device in this state serves nothing; nil for one that does.
  package init?(state: DeviceState, serial: String) {
    switch state {
    case .device: return nil
    case .unauthorized: self = .unauthorized(serial: serial)
    case .noPermissions(let detail): self = .noPermissions(serial: serial, detail: detail)
    default: self = .offline(serial: serial, state: state.word)
    }
  }
}

/// Runs a part of the protocol and turns the errors of the socket into ``ADBError``.
///
/// `CancellationError` passes through.
func mappingSocketErrors<Result: Sendable>(
  service: String, timeout: Duration, isolation: isolated (any Actor)? = #isolation,
  _ body: () async throws -> Result
) async throws -> Result {
  do {
    return try await body()
  } catch is TimeoutError {
    throw ADBError.timedOut(service: service, after: timeout)
  } catch let error as SystemCallError {
    try Task.checkCancellation()
    throw ADBError.disconnected(service: service, detail: error.reason)
  }
}
