import POSIXSupport

/// The adb server's device list as it changes. Serves one task.
package struct DeviceTracker: Sendable {
  private let connection: ServerConnection
  private let service: String

  init(connection: ServerConnection, service: String) {
    self.connection = connection
    self.service = service
  }

  /// The next list: the first comes at once, each further one when something has changed.
  ///
  /// The server of adb 29 sends none when a device refuses its key; ``ADBServer/devices()`` shows
  /// that.
  /// - Throws: ``ADBError``, also when the server ends; `CancellationError`.
  package func next() async throws -> [ListedDevice] {
    try await mappingSocketErrors(service: service, timeout: .zero) {
      ListedDevice.parse(list: try await connection.string(of: service))
    }
  }

  /// Ends it. Safe to repeat.
  package func close() {
    connection.socket.close()
  }
}
