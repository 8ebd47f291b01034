import Foundation
import Glibc
import Testing

@testable import Jobs

@Suite struct ConsoleTests {
  private func pipe() throws -> (source: Int32, target: Int32) {
    var ends: [Int32] = [0, 0]
    try #require(Glibc.pipe(&ends) == 0)
    return (ends[0], ends[1])
  }

  @Test func aPipeThatTakesNothingNowIsWaitedFor() async throws {
    let (source, target) = try pipe()
    try #require(fcntl(target, F_SETFL, O_NONBLOCK) == 0)
    let (counts, count) = AsyncStream<Int>.makeStream()
    Thread.detachNewThread {
      let reader = FileHandle(fileDescriptor: source, closeOnDealloc: true)
      count.yield(reader.readDataToEndOfFile().count)
      count.finish()
    }
    let text = String(repeating: "latgate\n", count: 1 << 17)
    #expect(Console.write(Array(text.utf8), to: target) == 0)
    close(target)
    var read: [Int] = []
    for await bytes in counts { read.append(bytes) }
    #expect(read == [text.utf8.count])
  }

  @Test func aDiskThatIsFullIsNoClosedPipe() throws {
    let full = open("/dev/full", O_WRONLY)
    try #require(full >= 0)
    #expect(Console.write(Array("latgate\n".utf8), to: full) == ENOSPC)
    close(full)
    signal(SIGPIPE, SIG_IGN)
    let (source, target) = try pipe()
    close(source)
    #expect(Console.write(Array("latgate\n".utf8), to: target) == EPIPE)
    close(target)
  }
}
