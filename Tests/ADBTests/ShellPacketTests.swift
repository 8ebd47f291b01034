import Testing

@testable import ADB

@Suite struct ShellPacketTests {
  /// stdout "hi\n", stderr "no", an unknown kind, exit 7.
  private let capture: [UInt8] = [
    1, 3, 0, 0, 0, 0x68, 0x69, 0x0a,
    2, 2, 0, 0, 0, 0x6e, 0x6f,
    9, 1, 0, 0, 0, 0xff,
    3, 1, 0, 0, 0, 7,
  ]
  private let meaning = [
    ShellPacket(kind: .standardOutput, payload: [0x68, 0x69, 0x0a]),
    ShellPacket(kind: .standardError, payload: [0x6e, 0x6f]),
    ShellPacket(kind: .exit, payload: [7]),
  ]

  @Test(arguments: [1, 2, 3, 5, 8, 26, 100])
  func packetsAreFoundWhateverThePieces(size: Int) throws {
    var parser = ShellPacketParser()
    var found: [ShellPacket] = []
    for start in stride(from: 0, to: capture.count, by: size) {
      found += try parser.feed(Array(capture[start..<min(start + size, capture.count)]))
    }
    #expect(found == meaning)
    #expect(parser.isAtBoundary)
  }

  @Test func anIncompletePacketIsNotABoundary() throws {
    var parser = ShellPacketParser()
    #expect(try parser.feed([1, 2, 0, 0, 0, 0x61]) == [])
    #expect(!parser.isAtBoundary)
  }

  @Test func garbageIsRefused() {
    var parser = ShellPacketParser()
    #expect(throws: ADBError.malformed(service: "shell", detail: "a packet of 1701995877 bytes")) {
      try parser.feed(Array("/sbin/re".utf8.prefix(1)) + Array("eere".utf8))
    }
    var second = ShellPacketParser()
    #expect(throws: ADBError.malformed(service: "shell", detail: "an exit status of 2 bytes")) {
      try second.feed([3, 2, 0, 0, 0, 1, 2])
    }
  }

  @Test func inputIsCutIntoPackets() {
    #expect(ShellPacket.standardInput([0x61]) == [0, 1, 0, 0, 0, 0x61])
    #expect(ShellPacket.standardInput([]) == [])
    #expect(ShellPacket(kind: .closeStandardInput).bytes == [4, 0, 0, 0, 0])
    let wire = ShellPacket.standardInput([UInt8](repeating: 5, count: 65_537))
    #expect(wire.count == 65_537 + 10)
    #expect(wire.prefix(5) == [0, 0, 0, 1, 0])
    #expect(wire.suffix(6) == [0, 1, 0, 0, 0, 5])
  }
}
