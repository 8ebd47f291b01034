/// What a trace says of its device and of itself.
package struct TraceFacts: Sendable, Equatable {
  /// `uname -r`, `-v`, `-m`; empty when not known.
  package var kernelRelease = ""
  package var kernelVersion = ""
  package var machine = ""
  /// `ro.build.fingerprint`; empty when not known.
  package var fingerprint = ""
  package var manufacturer = ""
  package var socModel = ""
  /// CLOCK_REALTIME of the first snapshot, ns since 1970; nil when not known.
  package var realtimeNs: UInt64?
  /// Where events may be missing, or may not mean what they say.
  package var gaps: [TraceGap] = []
  /// What is unusual about the file without making it wrong, in words.
  package var notes: [String] = []
  /// Which parts of the file, or of the recording, were not read, in words.
  package var omissions: [String] = []
  /// Events that the kernel does not have, and those that perfetto may not enable, as `group/name`.
  package var unknownEvents: Set<String> = []
  package var refusedEvents: Set<String> = []
  /// CLOCK_BOOTTIME ns from which on, and up to which, everything was recorded; nil when not known.
  package var startedNs: UInt64?
  package var endedNs: UInt64?
  /// Whether the events' times are CLOCK_BOOTTIME, perfetto's choice wherever the kernel has it.
  package var isBootTime = true
}

/// A process as the trace's process tree has it.
struct TracedProcess: Equatable {
  var name = ""
  var parent: UInt32 = 0
  var isKernel = false
}
