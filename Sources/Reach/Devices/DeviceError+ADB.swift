import ADB

extension DeviceError {
  /// - Parameters:
  ///   - error: of the adb layer.
  ///   - device: what the user called it.
  ///   - operation: what was under way.
  ///   - known: the devices that are there.
  package init(_ error: ADBError, device: String, operation: String, known: [String] = []) {
    switch error {
    case .serverUnavailable(let address, let reason):
      self = .transportUnavailable(
        detail: "no adb server at \(address) (\(reason))",
        remedy: "run `adb start-server` there, or correct ADB_SERVER_SOCKET")
    case .adbMissing(let program):
      self = .programMissing(
        program: program,
        remedy:
          "install it (Debian: the package adb), or add its directory to PATH; no adb server runs")
    case .badServerAddress(let variable, let value):
      self = .badSetting(
        variable: variable, value: value,
        remedy: "unset it, or set it as `adb` expects it, such as tcp:127.0.0.1:5037")
    case .deviceNotFound: self = .notFound(device: device, known: known)
    case .unauthorized: self = .unauthorized(device: device)
    case .offline(_, let state): self = .offline(device: device, state: state)
    case .ambiguous: self = .ambiguous(device: device)
    case .noPermissions(_, let detail): self = .noPermissions(device: device, detail: detail)
    case .refused(_, let message):
      self = .refused(device: device, operation: operation, detail: message)
    case .missingFeature(_, let feature):
      self = .unsupported(
        device: device, detail: "its adb daemon has no \(feature)",
        remedy: feature.hasPrefix("sendrecv")
          ? "choose another way of packing, or none" : "latgate needs Android 5 or a current adbd")
    case .encryptionRequired:
      self = .unsupported(
        device: device, detail: "its adb daemon speaks only TLS, as after wireless pairing",
        remedy: "name it as `adb devices` does, or run `adb tcpip 5555` and use tcp:HOST:5555")
    case .busy(let serial):
      self = .transportUnavailable(
        detail: "another program holds \(serial)",
        remedy: "run `adb kill-server`, and close other tools that use adb over USB")
    case .usbUnavailable(let detail):
      self = .transportUnavailable(
        detail: "USB cannot be used (\(detail))",
        remedy: "mount /dev/bus/usb, or reach the device by tcp:HOST:PORT")
    case .badKey(let file, let detail):
      self = .hostFile(
        path: file.isEmpty ? "the adb key" : file,
        detail: detail + "; let `adb keygen` make one, or remove it")
    case .malformed(_, let detail):
      self = .malformedAnswer(device: device, operation: operation, detail: detail)
    case .disconnected(let service, let detail):
      self = .disconnected(
        device: device, operation: service == "connect" ? Self.connecting : operation,
        detail: detail)
    case .timedOut(_, let limit):
      self = .timedOut(device: device, operation: operation, after: limit)
    case .transferFailed(let path, let message):
      self = .transferFailed(device: device, path: path, detail: message)
    }
  }

  /// True for failures that a device shows while it starts.
  var mayPass: Bool {
    switch self {
    case .notFound, .offline, .refused, .disconnected, .timedOut, .malformedAnswer, .commandFailed:
      true
    // The key question appears while the screen comes up.
    case .unauthorized: true
    case .sshFailed(_, let failure): failure.mayPass
    case .ambiguous, .inUse, .noPermissions, .transportUnavailable, .programMissing, .badSetting,
      .transferFailed, .hostFile, .unsupported:
      false
    }
  }
}

extension ADBError: CustomStringConvertible {
  /// As of a device that is not named: messages of other modules name it.
  package var description: String {
    let message = DeviceError(self, device: subject, operation: "the request").message
    return "\(message.what); \(message.remedy)"
  }

  private var subject: String {
    switch self {
    case .deviceNotFound(let serial), .unauthorized(let serial), .offline(let serial, _),
      .ambiguous(let serial), .noPermissions(let serial, _), .missingFeature(let serial, _),
      .busy(let serial):
      serial
    default: "adb"
    }
  }
}
