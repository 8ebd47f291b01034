import Foundation
import Glibc
import POSIXSupport

/// The adb server on this machine or another: lists devices and opens their services.
///
/// Every call makes its own connection, so a value can be shared freely. A server that
/// does not run is started with the `adb` program; one of another version is left alone.
/// All calls throw ``ADBError`` or `CancellationError`.
package struct ADBServer: Sendable {
  package let address: ServerAddress
  /// The program that starts a server: a path, or a name in `PATH`.
  package let program: String

  package init(address: ServerAddress, program: String = "adb") {
    self.address = address
    self.program = program
  }

  /// The server that the `adb` program of this environment would use.
  /// - Throws: ``ADBError/badServerAddress(variable:value:)``.
  package init(environment: [String: String]) throws(ADBError) {
    self.init(address: try ServerAddress(environment: environment))
  }

  /// The server's protocol number, such as 41.
  package func version(timeout: Duration = .seconds(10)) async throws -> Int {
    let text = try await ask("host:version", timeout: timeout)
    guard let number = Int(text, radix: 16) else {
      throw ADBError.malformed(service: "host:version", detail: "the version “\(text.prefix(40))”")
    }
    return number
  }

  /// All devices the server sees, in every state.
  package func devices(timeout: Duration = .seconds(10)) async throws -> [ListedDevice] {
    ListedDevice.parse(list: try await ask("host:devices-l", timeout: timeout))
  }

  /// The state of one device, named as for ``ServerSelector``; nil when the server does not list it.
  package func state(
    of serial: String, timeout: Duration = .seconds(10)
  ) async throws -> DeviceState? {
    let selector = ServerSelector(serial)
    return try await devices(timeout: timeout).first(where: selector.fits)?.state
  }

  /// Connects the server to a device's TCP port; `endpoint` is `HOST:PORT`.
  package func connect(_ endpoint: String, timeout: Duration = .seconds(20)) async throws {
    let text = try await ask("host:connect:\(endpoint)", timeout: timeout)
    // A failure is answered with OKAY as well: only the words differ.
    if text.hasPrefix("connected to") || text.hasPrefix("already connected to") { return }
    throw ADBError(refusal: text, service: "host:connect", serial: endpoint)
  }

  /// Ends the server's connection to a device's TCP port.
  package func disconnect(_ endpoint: String, timeout: Duration = .seconds(10)) async throws {
    _ = try await ask("host:disconnect:\(endpoint)", timeout: timeout)
  }

  /// What the device and the server can do together.
  package func features(
    of serial: String, timeout: Duration = .seconds(10)
  ) async throws -> Set<String> {
    let request = ServerSelector(serial).request("features")
    let text = try await ask(request, serial: serial, timeout: timeout)
    return Set(text.split(separator: ",").map(String.init))
  }

  /// Opens a service of a device, such as `sync:`. The time-out is for the opening alone.
  package func open(
    _ service: String, on serial: String, timeout: Duration = .seconds(20)
  ) async throws -> AsyncDescriptor {
    let deadline = ContinuousClock.now + timeout
    return try await mappingSocketErrors(service: service, timeout: timeout) {
      let socket = try await openSocket(deadline: deadline)
      do {
        let connection = ServerConnection(socket: socket, serial: serial, deadline: deadline)
        try await connection.request(ServerSelector(serial).transportRequest)
        try await connection.request(service)
        return socket
      } catch {
        socket.close()
        throw error
      }
    }
  }

  private func ask(_ request: String, serial: String = "", timeout: Duration) async throws
    -> String
  {
    try await withConnection(service: request, serial: serial, timeout: timeout) { connection in
      try await connection.request(request)
      return try await connection.string(of: request)
    }
  }

  func withConnection<Result: Sendable>(
    service: String, serial: String, timeout: Duration,
    _ body: (ServerConnection) async throws -> Result
  ) async throws -> Result {
    let deadline = ContinuousClock.now + timeout
    return try await mappingSocketErrors(service: service, timeout: timeout) {
      let socket = try await openSocket(deadline: deadline)
      defer { socket.close() }
      return try await body(ServerConnection(socket: socket, serial: serial, deadline: deadline))
    }
  }

  /// Connects; starts a server first when none listens.
  func openSocket(deadline: Deadline) async throws -> AsyncDescriptor {
    do {
      return try await address.socket.connect(deadline: deadline)
    } catch let error as SystemCallError where [ECONNREFUSED, ENOENT].contains(error.code) {
      guard let specification = address.launchSpecification else {
        throw ADBError.serverUnavailable(address: "\(address)", reason: error.reason)
      }
      do {
        try await start(specification: specification, deadline: deadline)
      } catch let failure as ADBError {
        // Of two that start a server at the same time one cannot listen; the other's will do.
        guard let socket = try? await address.socket.connect(deadline: deadline) else {
          throw failure
        }
        return socket
      }
    } catch let error as SystemCallError {
      throw ADBError.serverUnavailable(address: "\(address)", reason: error.reason)
    } catch let error as NameLookupError {
      throw ADBError.serverUnavailable(address: "\(address)", reason: error.reason)
    }
    do {
      return try await address.socket.connect(deadline: deadline)
    } catch let error as SystemCallError {
      throw ADBError.serverUnavailable(address: "\(address)", reason: error.reason)
    }
  }

  private func start(specification: String, deadline: Deadline) async throws {
    let child: ChildProcess
    do {
      child = try ChildProcess.spawn(program, arguments: ["-L", specification, "start-server"])
    } catch {
      if error.code == ENOENT { throw ADBError.adbMissing(program: program) }
      throw ADBError.serverUnavailable(address: "\(address)", reason: error.description)
    }
    // The server it leaves behind closes these pipes, but nothing depends on that.
    let status = try await child.waitForExit(deadline: deadline)
    if status == .exited(0) { return }
    let words = (try? child.standardError.readNow()) ?? []
    throw ADBError.serverUnavailable(
      address: "\(address)",
      reason: "\(program) start-server ended with \(status.shellCode): "
        + String(decoding: words, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
