import Devices
import Testing

/// Sends bytes to a command that repeats them, and expects all of them back.
func expectEcho(of count: Int, over stream: any DeviceStream) async throws {
  let sent = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  async let writing: Void = stream.write(sent)
  var received: [UInt8] = []
  while received.count < sent.count, let bytes = try await stream.read() { received += bytes }
  try await writing
  #expect(received == sent)
}
