import Glibc
import Testing

@testable import POSIXSupport

@Suite struct AsyncDescriptorTests {
  /// Both ends of a connected stream socket.
  private func socketPair() throws -> (AsyncDescriptor, AsyncDescriptor) {
    var ends: [Int32] = [-1, -1]
    try systemCall("socketpair") { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) }
    return (
      try AsyncDescriptor(adopting: OwnedDescriptor(adopting: ends[0]), subject: "near"),
      try AsyncDescriptor(adopting: OwnedDescriptor(adopting: ends[1]), subject: "far")
    )
  }

  @Test func carriesMoreThanTheSocketHolds() async throws {
    let (near, far) = try socketPair()
    let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    async let writing: Void = {
      try await near.write(sent)
      near.close()
    }()
    var received: [UInt8] = []
    while true {
      let bytes = try await far.read()
      if bytes.isEmpty { break }
      received += bytes
    }
    try await writing
    #expect(received == sent)
  }

  @Test func aPassedDeadlineEndsARead() async throws {
    let (near, far) = try socketPair()
    await #expect(throws: TimeoutError(subject: "near")) {
      try await near.read(deadline: ContinuousClock.now)
    }
    far.close()
  }

  @Test func cancellingEndsAReadAndLosesNothing() async throws {
    let (near, far) = try socketPair()
    let reading = Task { try await near.read() }
    reading.cancel()
    await #expect(throws: CancellationError.self) { try await reading.value }
    try await far.write([1, 2, 3])
    #expect(try await near.read() == [1, 2, 3])
  }

  @Test func closingEndsAReadUnderWay() async throws {
    let (near, far) = try socketPair()
    let started = AsyncStream.makeStream(of: Void.self)
    let reading = Task {
      started.continuation.yield()
      return try await near.read()
    }
    for await _ in started.stream { break }
    near.close()
    let error = await #expect(throws: SystemCallError.self) { try await reading.value }
    #expect(error?.code == EBADF)
    #expect(try await far.read() == [])
  }

  /// The end may come between the look whether it is open and the wait.
  @Test func closingEndsAReadThatIsAboutToWait() async throws {
    let (near, far) = try socketPair()
    let raw = try far.detach()
    try await ReadinessMonitor.shared.wait(
      for: .readable, on: raw.rawValue, until: ContinuousClock.now + .seconds(60), subject: "far",
      unless: { true })
    near.close()
    for _ in 0..<500 {
      let (one, other) = try socketPair()
      let reading = Task { try await one.read(deadline: ContinuousClock.now + .seconds(60)) }
      await Task.yield()
      one.close()
      let error = await #expect(throws: SystemCallError.self) { try await reading.value }
      #expect(error?.code == EBADF)
      other.close()
    }
  }

  @Test func writingToAClosedPeerIsAnErrorNotASignal() async throws {
    let (near, far) = try socketPair()
    far.close()
    let error = await #expect(throws: SystemCallError.self) {
      // A process that another test is starting holds the far end, too, until its program runs.
      while true { try await near.write([1], deadline: ContinuousClock.now + .seconds(60)) }
    }
    #expect(error?.code == EPIPE)
  }

  @Test func refusedConnectionNamesTheAddress() async throws {
    // Port 1 of the loopback interface has no listener.
    let address = SocketAddress.tcp(host: "127.0.0.1", port: 1)
    let error = await #expect(throws: SystemCallError.self) {
      try await address.connect(deadline: ContinuousClock.now + .seconds(5))
    }
    #expect(error == SystemCallError(call: "connect", code: ECONNREFUSED, subject: "127.0.0.1:1"))
    #expect(error?.description == "127.0.0.1:1: connect: Connection refused")
  }
}
