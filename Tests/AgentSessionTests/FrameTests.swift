import CAgentABI
import Testing

@testable import AgentSession

@Suite struct FrameTests {
  /// PING with sequence 0x01020304, then FILE with a path and no data.
  private let wire: [UInt8] = [
    0, 0, 0, 0, 2, 0, 0, 0, 4, 3, 2, 1,
    16, 0, 0, 0, 73, 0, 0, 0, 5, 0, 0, 0,
    84, 0, 0, 0, 5, 0, 0, 0, 0x2f, 0x70, 0x72, 0x6f, 0x63, 0, 0, 0,
  ]

  @Test(arguments: [1, 2, 7, 12, 13, 40])
  func framesAreFoundWhateverThePieces(size: Int) throws {
    var parser = AgentFrameParser()
    var frames: [AgentFrame] = []
    for start in stride(from: 0, to: wire.count, by: size) {
      frames += try parser.feed(Array(wire[start..<min(start + size, wire.count)]))
    }
    #expect(parser.isAtBoundary)
    #expect(frames.map(\.type) == [UInt16(LG_MSG_PING), UInt16(LG_MSG_FILE)])
    #expect(frames.map(\.sequence) == [0x0102_0304, 5])
    let file = try AgentFile(AttributeReader(payload: frames[1].payload, context: "FILE"))
    #expect(file == AgentFile(path: "/proc", data: nil))
    #expect(frames.flatMap(\.bytes) == wire)
  }

  @Test func linesOfAShellAreNoFrames() {
    var parser = AgentFrameParser()
    #expect(
      throws: AgentSessionError.malformed(
        "bytes that are no frame: “/system/bin/sh: latgate-agent: not found.”")
    ) { try parser.feed(Array("/system/bin/sh: latgate-agent: not found\n".utf8)) }
    var flags = AgentFrameParser()
    #expect(throws: AgentSessionError.self) {
      try flags.feed([0, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0, 0])
    }
    var long = AgentFrameParser()
    #expect(throws: AgentSessionError.self) {
      try long.feed([1, 0, 16, 0, 2, 0, 0, 0, 0, 0, 0, 0])
    }
  }

  @Test func attributesAreWrittenPaddedAndNested() {
    var writer = AttributeWriter()
    writer.put(LG_ATTR_PROBE, text: "rq")
    writer.put(LG_ATTR_STEP) { $0.put(LG_ATTR_SLEEP_NS, UInt64(0x0102)) }
    #expect(
      writer.bytes == [
        20, 0, 0, 0, 2, 0, 0, 0, 0x72, 0x71, 0, 0,
        40, 0, 0, 0, 16, 0, 0, 0, 42, 0, 0, 0, 8, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0,
      ])
  }

  @Test func stepsAreWrittenAsTheAgentReadsThem() throws {
    var writer = AttributeWriter()
    try AgentStep.run(argv: ["ls", "-l"], timeout: .milliseconds(1)).put(into: &writer)
    #expect(
      writer.bytes == [
        40, 0, 0, 0, 28, 0, 0, 0,
        41, 0, 0, 0, 5, 0, 0, 0, 0x6c, 0x73, 0, 0x2d, 0x6c, 0, 0, 0,
        43, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0,
      ])
    for argv in [[], ["a\0b"]] {
      var refused = AttributeWriter()
      #expect(throws: AgentSessionError.self) {
        try AgentStep.run(argv: argv, timeout: .zero).put(into: &refused)
      }
    }
  }

  /// Every cut and every changed byte of a payload either decodes or is a typed error.
  @Test func brokenPayloadsNeverCrash() throws {
    var writer = AttributeWriter()
    writer.put(LG_ATTR_METRIC_ID, UInt32(7))
    writer.put(LG_ATTR_KEY, [UInt8]([2, 0, 0]))
    writer.put(LG_ATTR_COUNT, UInt64(3))
    writer.put(LG_ATTR_SUM, UInt64(9))
    writer.put(LG_ATTR_MAX, UInt64(4))
    writer.put(LG_ATTR_BUCKETS, [UInt8]([3, 1, 0x80, 4, 2]))
    let good = try AgentHistogram(AttributeReader(payload: writer.bytes, context: "H"))
    #expect(
      good.buckets == [SparseBucket(index: 3, count: 1), SparseBucket(index: 515, count: 2)])
    var refused = 0
    for position in writer.bytes.indices {
      for value in [0, 1, 4, 0x7f, 0x80, 0xff] as [UInt8] {
        var broken = writer.bytes
        broken[position] = value
        refused += decodes(broken) ? 0 : 1
      }
      refused += decodes(Array(writer.bytes.prefix(position))) ? 0 : 1
    }
    #expect(refused > writer.bytes.count)
  }

  private func decodes(_ payload: [UInt8]) -> Bool {
    do throws(AgentSessionError) {
      _ = try AgentHistogram(AttributeReader(payload: payload, context: "H"))
      return true
    } catch {
      return false
    }
  }

  @Test(
    arguments: [
      ([], []), ([0, 1], [SparseBucket(index: 0, count: 1)]),
      (
        [0x8f, 4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        [SparseBucket(index: 527, count: .max)]
      ),
    ] as [([UInt8], [SparseBucket])])
  func bucketsAreDecoded(bytes: [UInt8], buckets: [SparseBucket]) throws {
    #expect(try SparseBuckets.decode(bytes) == buckets)
  }

  @Test(
    arguments: [
      ([1], "cut off"), ([0x80], "cut off"), ([1, 1, 0, 1], "twice"), ([1, 0], "empty"),
      ([0x90, 4, 1], "beyond"),
      ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1], "beyond"),
      ([1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2], "64 bits"),
    ] as [([UInt8], String)])
  func brokenBucketsAreRefused(bytes: [UInt8], reason: String) {
    let error = #expect(throws: AgentSessionError.self) { try SparseBuckets.decode(bytes) }
    #expect(error?.description.contains(reason) == true)
  }

  @Test func featuresAreThreeValued() {
    let lines = ["bpf=yes", "kprobe=no: not built in", "btf=maybe", "odd"]
    let features = lines.map(AgentFeature.init(line:))
    #expect(features.map(\.name) == ["bpf", "kprobe", "btf", "odd"])
    #expect(features.map(\.state) == [.yes, .no, .unknown, .unknown])
    #expect(features[1].reason == "not built in")
  }
}
