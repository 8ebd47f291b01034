/// What watching costs: the agent's and the host's process.
package struct LiveUse: Sendable, Equatable {
  /// Share of one CPU; nil = not known.
  package var agentCPU: Double?
  package var agentMemoryKiB: UInt64?
  package var hostCPU: Double?

  package init(agentCPU: Double? = nil, agentMemoryKiB: UInt64? = nil, hostCPU: Double? = nil) {
    self.agentCPU = agentCPU
    self.agentMemoryKiB = agentMemoryKiB
    self.hostCPU = hostCPU
  }

  var text: String {
    let agent = agentCPU.map { "agent \(humanShare($0)) of a CPU" } ?? "agent ?"
    let memory = agentMemoryKiB.map { ", \(threeDigits(Double($0) / 1024)) MiB" } ?? ""
    let host = hostCPU.map { "  this latgate \(humanShare($0))" } ?? ""
    return agent + memory + host
  }
}
