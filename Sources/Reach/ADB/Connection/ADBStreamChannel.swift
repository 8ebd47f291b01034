import POSIXSupport

/// One service of a device over a direct connection. One task may read while another writes.
package final class ADBStreamChannel: ByteChannel {
  let id: UInt32
  /// What was asked for, for messages.
  package let service: String
  private let connection: ADBConnection

  init(id: UInt32, service: String, connection: ADBConnection) {
    self.id = id
    self.service = service
    self.connection = connection
  }

  deinit {
    connection.close(id)
  }

  package func read(deadline: Deadline?) async throws -> [UInt8] {
    try await connection.read(id, deadline: deadline)
  }

  package func write(_ bytes: [UInt8], deadline: Deadline?) async throws {
    try await connection.write(id, bytes, deadline: deadline)
  }

  package func close() {
    connection.close(id)
  }
}
