import CAgentABI
import Testing

@testable import AgentSession

@Suite("Bundles for the field")
struct FieldBundleTests {
  @Test("A bundle is the frames of a session, in their order")
  func frames() throws {
    let object = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    let bundle = FieldBundle(probes: [
      .loaded(
        AgentProbe(
          name: "block", object: object,
          metrics: [AgentMetric(id: 1, map: "h_block", countersIndex: 0)])),
      .pinned(
        AgentPinnedProbe(
          name: "fsync", metrics: [AgentMetric(id: 2, map: "h_fsync", countersIndex: 0)])),
      .traced(
        AgentTraceProbe(name: "irq", metrics: [.init(id: 3, source: .known("hardirq.time"))])),
    ])
    let bytes = try bundle.bytes()
    #expect(try bundle.bytes() == bytes)
    var parser = AgentFrameParser()
    let frames = try parser.feed(bytes)
    #expect(parser.isAtBoundary)
    #expect(
      frames.map { Int($0.type) } == [
        LG_MSG_HELLO, LG_MSG_LOAD, LG_MSG_BLOB, LG_MSG_BLOB, LG_MSG_LOAD_PINNED, LG_MSG_LOAD_TRACE,
      ])
    #expect(frames.map(\.sequence) == [1, 2, 2, 2, 3, 4])
    #expect(frames[2].payload + frames[3].payload == object)
    let greeting = try AttributeReader(payload: frames[0].payload, context: "HELLO")
    let version: UInt32 = try greeting.number(LG_ATTR_VERSION)
    #expect(version == UInt32(LG_PROTOCOL_VERSION))
    let load = try AttributeReader(payload: frames[1].payload, context: "LOAD")
    let size: UInt32 = try load.number(LG_ATTR_OBJECT_SIZE)
    #expect(size == 100_000)
  }
}
