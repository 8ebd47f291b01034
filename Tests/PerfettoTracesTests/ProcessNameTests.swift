import Testing

@testable import PerfettoTraces

@Suite struct ProcessNameTests {
  /// A field of protobuf's wire format with bytes in it.
  private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(bytes.count)] + bytes
  }

  @Test func theFirstWordOfACommandLineIsTheName() throws {
    let first = field(3, Array("/vendor/bin/fio".utf8))
    let second = field(3, Array("--name=seqwrite".utf8))
    let several: [UInt8] = [1 << 3, 40, 2 << 3, 1] + first + second
    let single: [UInt8] = [1 << 3, 41, 2 << 3, 1] + field(3, Array("com.example.app".utf8))
    let trace = field(1, field(2, field(1, several) + field(1, single)))
    let index = try TraceIndex(trace)
    #expect(index.processes[40]?.name == "/vendor/bin/fio")
    #expect(index.processes[41]?.name == "com.example.app")
    #expect(index.processes[40]?.parent == 1)
  }
}
