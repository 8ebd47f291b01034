/// What the probes themselves cost, measured in iterations of their own.
package struct OverheadRecord: Codable, Sendable, Equatable {
  package var programs: [ProgramCost]
  /// Share of all CPU time spent in the probes' programs, 0...1.
  package var cpuShare: Double
  /// Relative slowdown of the workload with probes against without: 0.02 = 2% slower.
  package var slowdown: Double?

  package init(
    programs: [ProgramCost] = [], cpuShare: Double, slowdown: Double? = nil
  ) {
    self.programs = programs
    self.cpuShare = cpuShare
    self.slowdown = slowdown
  }
}

/// The kernel's own account of one BPF program.
package struct ProgramCost: Codable, Sendable, Equatable {
  package var probe: String
  package var program: String
  package var runs: UInt64
  package var ns: UInt64
  package var recursionMisses: UInt64

  package init(
    probe: String, program: String, runs: UInt64, ns: UInt64, recursionMisses: UInt64
  ) {
    self.probe = probe
    self.program = program
    self.runs = runs
    self.ns = ns
    self.recursionMisses = recursionMisses
  }
}
