/// Which probes work on a firmware build, known from its files alone.
package struct PreflightResult: Sendable, Equatable, Encodable {
  /// Whether a probe works.
  package enum Outcome: String, Sendable, Encodable {
    /// It loads, and every hook it needs has a rung.
    case fits
    /// It cannot be loaded or attached.
    case lost
    /// A file that would decide it was not given.
    case unknown
  }

  /// One hook of a probe.
  package struct Hook: Sendable, Equatable, Encodable {
    package var hook: String
    package var isOptional: Bool
    package var outcome: Outcome
    /// Empty when none is known to fit.
    package var rung: String
    /// Why better rungs were passed over; empty when none was.
    package var why: String

    package init(hook: String, isOptional: Bool, outcome: Outcome, rung: String, why: String) {
      self.hook = hook
      self.isOptional = isOptional
      self.outcome = outcome
      self.rung = rung
      self.why = why
    }
  }

  package struct Probe: Sendable, Equatable, Encodable {
    package var probe: String
    package var outcome: Outcome
    /// Why it does not fit, or why that is not known; empty for a probe that fits.
    package var reasons: [String]
    package var hooks: [Hook]
    /// Fields and types that its programs read here.
    package var reads: Int
    /// Fields that this kernel lacks and that the probe does without.
    package var spared: [String]
    /// Trace events that give the same without BPF, and those of them that this kernel has.
    package var t0Events: [String]
    package var t0Present: [String]

    package init(
      probe: String, outcome: Outcome, reasons: [String], hooks: [Hook], reads: Int,
      spared: [String], t0Events: [String], t0Present: [String]
    ) {
      self.probe = probe
      self.outcome = outcome
      self.reasons = reasons
      self.hooks = hooks
      self.reads = reads
      self.spared = spared
      self.t0Events = t0Events
      self.t0Present = t0Present
    }
  }

  package var schema = "latgate.preflight/1"
  /// The file as it was named.
  package var file: String
  /// `btf`, `vmlinux`, `dwarf` or `image`: how the types came out of it.
  package var origin: String
  package var types: Int
  package var buildID: String?
  /// `arm64`, `armv7` or `x86_64`.
  package var abi: String
  package var probes: [Probe]
  /// Nil without an earlier build.
  package var comparison: KernelComparison?

  package init(
    file: String, origin: String, types: Int, buildID: String?, abi: String, probes: [Probe]
  ) {
    self.file = file
    self.origin = origin
    self.types = types
    self.buildID = buildID
    self.abi = abi
    self.probes = probes
  }

  /// The whole: `lost` when one probe is.
  package var outcome: Outcome {
    if probes.contains(where: { $0.outcome == .lost }) { return .lost }
    return probes.contains { $0.outcome == .unknown } ? .unknown : .fits
  }
}
