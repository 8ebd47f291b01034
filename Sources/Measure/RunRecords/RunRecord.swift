import Foundation

/// One boot of one firmware on one device: the unit of evidence, written as one JSON file.
///
/// The record is raw enough to be judged again later: histograms stay histograms, losses stay
/// counts. `docs/schema/run-record-2.json` is its public schema.
package struct RunRecord: Codable, Sendable, Equatable {
  /// The value of ``schema`` that this version writes.
  package static let currentSchema = "latgate.run/2"
  /// The values of ``schema`` that this version reads; in memory every record is of the last one.
  package static let readSchemas = ["latgate.run/1", currentSchema]

  package var schema: String
  /// Unique over all runs; a verdict refuses two records with one id.
  package var id: String
  /// When the run began, UTC, whole seconds.
  package var created: Date
  /// What the run took of the host's time, from bringing the firmware up to its end, seconds; nil
  /// in records of older versions.
  package var hostSeconds: Double?
  /// Version of latgate that measured.
  package var toolVersion: String
  /// Nil for a run outside any experiment (`latgate run`).
  package var experiment: ExperimentPlace?
  /// Name of the device file.
  package var target: String
  package var device: DeviceFacts
  package var firmware: FirmwareIdentity
  /// Nil when the kernel's own types were used.
  package var btf: BTFRecord?
  /// Nil when it is not known which installation of the firmware this was.
  package var flash: FlashFacts?
  package var boot: BootFacts
  package var suite: String
  package var workload: String
  /// Nil when everyone's operations were measured, as in records of older versions.
  package var scope: RunScope?
  /// The lowest tier of the loaded probes; T2 without any. Readers older than
  /// ``ProbeRecord/tier`` know no other.
  package var tier: Tier
  package var probes: [ProbeRecord]
  package var iterations: [IterationRecord]
  /// Nil when the overhead was not measured.
  package var overhead: OverheadRecord?
  /// Metrics or probes whose data must not be judged, with the reason.
  package var invalid: [InvalidMark]
  /// When the device was away, in order; nil when it never was, and in records of older versions.
  package var interruptions: [InterruptionRecord]?
  /// What the addresses of stacks are called; nil without stacks, and in records of older versions.
  package var symbols: SymbolsRecord?

  package init(
    schema: String = RunRecord.currentSchema, id: String, created: Date, toolVersion: String,
    experiment: ExperimentPlace? = nil, target: String, device: DeviceFacts,
    firmware: FirmwareIdentity, btf: BTFRecord? = nil, flash: FlashFacts? = nil, boot: BootFacts,
    suite: String, workload: String, scope: RunScope? = nil, probes: [ProbeRecord] = [],
    iterations: [IterationRecord] = [], overhead: OverheadRecord? = nil,
    invalid: [InvalidMark] = [], interruptions: [InterruptionRecord]? = nil
  ) {
    self.schema = schema
    self.id = id
    self.created = created
    self.toolVersion = toolVersion
    self.experiment = experiment
    self.target = target
    self.device = device
    self.firmware = firmware
    self.btf = btf
    self.flash = flash
    self.boot = boot
    self.suite = suite
    self.workload = workload
    self.scope = scope
    self.tier = Tier.lowest(of: probes.compactMap(\.tier)) ?? .t2
    self.probes = probes
    self.iterations = iterations
    self.overhead = overhead
    self.invalid = invalid
    self.interruptions = interruptions
  }
}

/// Where a run stands in its experiment.
package struct ExperimentPlace: Codable, Sendable, Equatable {
  /// Which of the two firmwares the run measured.
  package enum Arm: String, Codable, Sendable, Equatable, CaseIterable {
    case reference
    case candidate
  }

  /// Which of two stages a run belonged to, as earlier versions had them.
  package enum Stage: String, Codable, Sendable, Equatable, CaseIterable {
    case screen
    case confirm
  }

  package var id: String
  package var arm: Arm
  /// Position among all runs of the experiment, in time; the trend is estimated over it.
  package var order: Int
  /// Only in records of earlier versions; it decides nothing.
  package var stage: Stage?
  /// True where both arms were declared to run one firmware; nil where not.
  package var isAA: Bool?

  package init(
    id: String, arm: Arm, order: Int, stage: Stage? = nil, isAA: Bool? = nil
  ) {
    self.id = id
    self.arm = arm
    self.order = order
    self.stage = stage
    self.isAA = isAA
  }
}

/// A metric or probe of a run that must not be judged.
package struct InvalidMark: Codable, Sendable, Equatable {
  /// Metric name (without labels and phase) or nil.
  package var metric: String?
  /// Probe name or nil. With neither, the whole run is invalid.
  package var probe: String?
  package var reason: String

  package init(
    metric: String? = nil, probe: String? = nil, reason: String
  ) {
    self.metric = metric
    self.probe = probe
    self.reason = reason
  }
}
