import Catalogs
import Devices
import ProbeBuild
import RunRecords

/// What one run is made from.
package struct RunRequest: Sendable {
  package var suite: SuiteDefinition
  package var workload: WorkloadDefinition
  package var probes: [ProbeManifest]
  package var bundle: ProbeBundle
  package var stability: DeviceDefinition.Stability
  /// Where the kernel's types come from.
  package var btf: DeviceDefinition.BTFSource
  /// What the device said of itself in this boot; nil = the run asks it.
  package var identity: DeviceIdentity?
  /// What shows which firmware the device runs; nil = what it says of itself alone.
  package var marks: FirmwareMarks?
  /// What the record calls the device; nil = what the device says of itself.
  package var serial: String?
  /// Name of the device file.
  package var target: String
  /// `virtual`, `adb` or `local`, for the record.
  package var transport: String
  /// What the user calls the firmware.
  package var firmwareName: String
  /// Build id; nil = made from what the device says of itself.
  package var firmwareID: String?
  /// Nil when it is not known which installation of the firmware this is.
  package var flash: FlashFacts?
  package var place: ExperimentPlace?
  /// Whose operations are measured, by a bundle built for a scope; nil = everyone's.
  package var scope: RunScope?
  /// The only tier that may be used; nil = the best that works, probe by probe.
  package var tier: Tier?
  package var safety: LoadSafety
  /// How long the device is waited for when it is lost; zero = the run fails with it.
  package var reconnect: Duration
  /// How long another machine's session with the device is waited for.
  package var wait: Duration = .zero
  /// Directories of this machine with unstripped files, for the names in stacks.
  package var symbolDirectories: [String] = []
  /// Whether each probe is checked under its own load before anything is measured.
  package var checksProbes = false
  /// Unusual steps that were needed to bring the firmware up.
  package var interruptions: [InterruptionRecord] = []
  /// Whether quiet is waited for and the machine's speed taken, as for runs that are compared.
  package var asksBench = true
  /// Who keeps windows open as long as it likes, in place of the workload's steps; nil = nobody.
  package var watcher: (any WindowWatcher)?
  /// Whether extra iterations are made to learn what the probes cost.
  package var measuresOverhead: Bool
  /// Has perfetto record the iterations beside the probes; nil = nothing is recorded for people.
  package var recording: IterationRecording?
  package var toolVersion: String

  package init(
    suite: SuiteDefinition, workload: WorkloadDefinition, probes: [ProbeManifest],
    bundle: ProbeBundle, stability: DeviceDefinition.Stability,
    btf: DeviceDefinition.BTFSource = .device, identity: DeviceIdentity? = nil, target: String,
    transport: String, firmwareName: String, firmwareID: String? = nil,
    flash: FlashFacts? = nil, place: ExperimentPlace? = nil, tier: Tier? = nil, safety: LoadSafety,
    reconnect: Duration, measuresOverhead: Bool, toolVersion: String
  ) {
    self.suite = suite
    self.workload = workload
    self.probes = probes
    self.bundle = bundle
    self.stability = stability
    self.btf = btf
    self.identity = identity
    self.target = target
    self.transport = transport
    self.firmwareName = firmwareName
    self.firmwareID = firmwareID
    self.flash = flash
    self.place = place
    self.tier = tier
    self.safety = safety
    self.reconnect = reconnect
    self.measuresOverhead = measuresOverhead
    self.toolVersion = toolVersion
  }

  /// Takes over what the lane knows of the firmware it started.
  package mutating func take(_ started: StartedFirmware) {
    firmwareID = started.firmwareID
    flash = started.flash
    interruptions = started.interruptions
    identity = started.identity ?? identity
    marks = started.marks
    btf = started.types(else: btf)
  }

  var warmupIterations: Int { suite.warmup ?? workload.warmup }

  /// Iterations of all kinds, for progress.
  var totalIterations: Int {
    let overhead = suite.overhead.iterations
    // Pairs, and one with the kernel's account.
    return warmupIterations + suite.iterations
      + (measuresOverhead && overhead > 0 ? 2 * overhead + 1 : 0)
  }
}

/// How far a run has come.
package struct RunProgress: Sendable, Equatable {
  /// What is being done: `settle`, `setup`, or a phase's name.
  package var activity: String
  /// Iterations done and to be done, of all kinds.
  package var iteration: Int
  package var iterations: Int
  /// What a log should keep as well.
  package var note: String?

  package init(activity: String, iteration: Int, iterations: Int, note: String? = nil) {
    self.activity = activity
    self.iteration = iteration
    self.iterations = iterations
    self.note = note
  }
}
