/// What one device sends back of one campaign: its windows of one boot, summed.
///
/// Nothing in it names the device. Who sent it is known from the certificate alone. docs/fleet-reports.md
/// has the bytes.
package struct FleetReport: Sendable, Hashable {
  package enum Kind: UInt8, Sendable, Hashable, CaseIterable {
    case measurement = 1
    /// The device takes no part, or has stopped; ``FleetReport/code`` says why.
    case refusal = 2
  }

  package struct Flags: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// A window was cut short, as the device was not quiet enough.
    package static let cutShort = Flags(rawValue: 1)
    /// The wall clock jumped in a window.
    package static let clockJumped = Flags(rawValue: 2)
    package static let charging = Flags(rawValue: 4)
    /// The kernel did not count the time of its programs for the agent: ``FleetReport/cpuMilliseconds``
    /// is without it.
    package static let programsUncounted = Flags(rawValue: 8)
    package static let all: Flags = [.cutShort, .clockJumped, .charging, .programsUncounted]
  }

  package var kind: Kind
  /// The campaign's name, 1...63 bytes.
  package var campaign: String
  /// The first 8 bytes of the SHA-256 of the campaign's manifest, as a big-endian number.
  package var manifest: UInt64
  /// Drawn at random at each start of the agent.
  package var incarnation: UInt64
  /// Counts the reports of one incarnation from 0.
  package var sequence: UInt32
  /// Index of the arm in the manifest; 0 is the control.
  package var arm: UInt8
  /// Build id of the firmware, 1...96 bytes.
  package var build: String
  /// 0...48 bytes.
  package var model: String
  /// Hours since 1970 (UTC) of the device's clock when the first window opened; 0 = not trusted. Below 2^24.
  package var startedHour: UInt32
  /// Minutes since boot then. Below 2^24.
  package var uptimeMinutes: UInt32
  /// How long windows were open, 0...604800 s.
  package var windowSeconds: UInt32
  package var flags: Flags
  /// Reports that the device lost since its last one.
  package var evicted: UInt32
  /// CPU time of agent and probes in the windows, ms.
  package var cpuMilliseconds: UInt32
  /// Peak of agent and maps, KiB.
  package var memoryKiB: UInt32
  /// 0 for a measurement.
  package var code: UInt8
  /// Base-2 logarithm of the buckets per octave of all histograms, 0...4.
  package var subBits: UInt8
  /// Ascending by metric and label, at most ``maxHistograms``.
  package var histograms: [FieldHistogram]

  package static let version: UInt8 = 1
  /// Bytes of the longest report.
  package static let maxSize = 4096
  package static let maxHistograms = 64

  package init(
    kind: Kind = .measurement, campaign: String, manifest: UInt64, incarnation: UInt64,
    sequence: UInt32, arm: UInt8, build: String, model: String, startedHour: UInt32 = 0,
    uptimeMinutes: UInt32 = 0, windowSeconds: UInt32 = 0, flags: Flags = [], evicted: UInt32 = 0,
    cpuMilliseconds: UInt32 = 0, memoryKiB: UInt32 = 0, code: UInt8 = 0, subBits: UInt8 = 4,
    histograms: [FieldHistogram] = []
  ) {
    self.kind = kind
    self.campaign = campaign
    self.manifest = manifest
    self.incarnation = incarnation
    self.sequence = sequence
    self.arm = arm
    self.build = build
    self.model = model
    self.startedHour = startedHour
    self.uptimeMinutes = uptimeMinutes
    self.windowSeconds = windowSeconds
    self.flags = flags
    self.evicted = evicted
    self.cpuMilliseconds = cpuMilliseconds
    self.memoryKiB = memoryKiB
    self.code = code
    self.subBits = subBits
    self.histograms = histograms
  }
}
