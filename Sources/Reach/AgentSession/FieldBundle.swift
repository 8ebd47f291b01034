import CAgentABI

/// What a campaign has a device load: the frames that a host would send, one after the other, so that
/// the agent in the field needs no other way in.
package struct FieldBundle: Sendable {
  /// A probe, by the way in which it reaches the kernel.
  package enum Probe: Sendable {
    case loaded(AgentProbe)
    case pinned(AgentPinnedProbe)
    case traced(AgentTraceProbe)

    fileprivate var request: AgentRequest {
      switch self {
      case .loaded(let probe): probe.request
      case .pinned(let probe): probe.request
      case .traced(let probe): probe.request
      }
    }
  }

  package var probes: [Probe]

  package init(probes: [Probe]) { self.probes = probes }

  /// The same for the same probes.
  /// - Throws: ``AgentSessionError/invalidRequest(_:)``.
  package func bytes() throws(AgentSessionError) -> [UInt8] {
    var greeting = AttributeWriter()
    greeting.put(LG_ATTR_VERSION, UInt32(LG_PROTOCOL_VERSION))
    let requests =
      [AgentRequest(type: LG_MSG_HELLO, name: "HELLO", payload: greeting.bytes)]
      + probes.map(\.request)
    var bytes: [UInt8] = []
    for (position, request) in requests.enumerated() {
      for frame in try request.frames(sequence: UInt32(position + 1)) { bytes += frame.bytes }
    }
    return bytes
  }
}
