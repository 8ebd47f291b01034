/// What the probes themselves cost, measured in iterations of their own.
package struct OverheadRecord: Codable, Sendable, Equatable {
  /// A relative slowdown between bounds: 0.02 = 2% slower.
  package struct Interval: Codable, Sendable, Equatable {
    package var low: Double
    package var high: Double

    package init(low: Double, high: Double) {
      self.low = low
      self.high = high
    }
  }

  /// Empty where the kernel's statistics cannot be had.
  package var programs: [ProgramCost]
  /// Share of all CPU time spent in the probes' programs, 0...1; nil where the kernel does not say.
  package var cpuShare: Double?
  /// Relative slowdown of the workload with probes against without: 0.02 = 2% slower.
  package var slowdown: Double?
  /// 95% interval of the slowdown over pairs of iterations; nil with fewer than two pairs.
  package var slowdownInterval: Interval?
  /// Pairs of iterations, probes off and on.
  package var pairs: Int?
  /// What each probe adds to the slowdown, by taking one after the other away; only measured when
  /// the slowdown is over its budget and the kernel's statistics cannot be had.
  package var probeSlowdowns: [String: Double]?

  package init(
    programs: [ProgramCost] = [], cpuShare: Double?, slowdown: Double? = nil,
    slowdownInterval: Interval? = nil, pairs: Int? = nil, probeSlowdowns: [String: Double]? = nil
  ) {
    self.programs = programs
    self.cpuShare = cpuShare
    self.slowdown = slowdown
    self.slowdownInterval = slowdownInterval
    self.pairs = pairs
    self.probeSlowdowns = probeSlowdowns
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
