import Glibc
import Testing

@testable import POSIXSupport

@Suite struct ListeningSocketTests {
  @Test func aClientIsAccepted() async throws {
    let socket = try ListeningSocket(host: "127.0.0.1", port: 0)
    let near = try await SocketAddress.tcp(host: "127.0.0.1", port: socket.port)
      .connect(deadline: nil)
    let far = try await socket.accept()
    try await near.write([1, 2, 3])
    #expect(try await far.read() == [1, 2, 3])
  }

  /// A server must not end because of a client that has gone.
  @Test func anErrorIsAClientsOrTheSockets() {
    #expect([ECONNABORTED, EPROTO, EHOSTUNREACH].allSatisfy(ListeningSocket.isOfAClient))
    #expect(![EBADF, EINVAL, EMFILE].contains(where: ListeningSocket.isOfAClient))
  }
}
