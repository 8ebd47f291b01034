import Catalogs
import Devices
import Experiments
import ProbeBuild
import RunRecords

/// A suite with everything it names.
package struct Plan: Sendable {
  package var suite: SuiteDefinition
  package var workload: WorkloadDefinition
  package var probes: [ProbeManifest]
  /// The only tier that may be used; nil = the best that works.
  package var tier: Tier?
  /// Whose operations are measured; nil = everyone's.
  package var scope: RunScope?
  package var safety: LoadSafety
  /// How long a lost device is waited for; nil = as its file says.
  package var reconnect: Duration?
  /// How long another job's hold on the device is waited for.
  package var wait: Duration = .zero
  /// Directories of this machine with unstripped files, for the names in stacks.
  package var symbolDirectories: [String] = []
  /// Whether each probe is checked under its own load before anything is measured.
  package var checksProbes = false

  /// Looks everything up; a workload, and probes when there are any, take the suite's place.
  /// - Throws: `UnknownNameError`.
  package init(
    bench: Workbench, suite: String, workload: String? = nil, probes: [String] = [],
    safety: LoadSafety
  ) throws {
    self.safety = safety
    self.suite = try bench.catalog.suite(suite)
    self.workload = try bench.catalog.workload(workload ?? self.suite.workload)
    let names = probes.isEmpty ? self.suite.probes : probes
    self.probes = try names.map { name in try bench.catalog.probe(name) }
  }

  /// A look at what a device does anyway, or those of its tasks that are of a scope.
  /// - Throws: `UnknownNameError`, ``ScopeError``.
  package init(
    bench: Workbench, observing probes: [String], for time: Duration, on device: String,
    scope: RunScope?, safety: LoadSafety
  ) throws {
    self.safety = safety
    suite = .observing(probes: probes, on: device)
    workload = .observing(for: time)
    self.probes = try probes.map { try bench.catalog.probe($0) }
    self.scope = scope
    guard let scope else { return }
    for probe in self.probes where !probe.isScopable {
      throw ScopeError(probe: probe, scope: scope)
    }
  }

  /// A look at a device by a probe that is yet to be made of a line.
  package init(
    measuringFor time: Duration, on device: String, scope: RunScope?, safety: LoadSafety
  ) {
    self.safety = safety
    suite = .observing(probes: [], on: device)
    // Of an unknown pair of events many may never end: they are not worth a long wait.
    suite.limits.drain = .milliseconds(300)
    workload = .observing(for: time)
    probes = []
    self.scope = scope
  }

  /// Makes windows that somebody watches of a look that has an end.
  package mutating func watch() {
    suite.name = WorkloadDefinition.watching
    workload = .watched
    suite.workload = workload.name
  }

  /// Adds a probe that is in no file.
  /// - Throws: ``ScopeError``.
  package mutating func add(_ probe: ProbeManifest) throws {
    if let scope, !probe.isScopable { throw ScopeError(probe: probe, scope: scope) }
    probes.append(probe)
    suite.probes.append(probe.name)
  }

  /// Leaves out the time before windows in which starts are looked at, where no probe has any.
  package mutating func skipPreroll() {
    guard probes.allSatisfy({ $0.metrics.allSatisfy { $0.table?.isSingle == true } }) else {
      return
    }
    for index in workload.phases.indices { workload.phases[index].preroll = .zero }
  }

  /// What a run on a device needs; builds for the device's ABI.
  package func request(
    bench: Workbench, device: any Device, identity: DeviceIdentity, definition: DeviceDefinition,
    transport: String, firmware: String, firmwareID: String?
  ) async throws -> RunRequest {
    var request = request(
      bundle: try await bench.bundle(
        abi: try Self.abi(identity, device: device.name), probes: probes, isScoped: scope != nil),
      definition: definition,
      transport: transport, firmware: firmware, firmwareID: firmwareID)
    request.identity = identity
    return request
  }

  /// What a run needs when the bundle is at hand.
  package func request(
    bundle: ProbeBundle, definition: DeviceDefinition, transport: String, firmware: String,
    firmwareID: String?
  ) -> RunRequest {
    var request = RunRequest(
      suite: suite, workload: workload, probes: probes, bundle: bundle,
      stability: definition.stability, btf: definition.placedBTF, target: definition.name,
      transport: transport, firmwareName: firmware, firmwareID: firmwareID, tier: tier,
      safety: safety, reconnect: reconnect ?? definition.reconnect, measuresOverhead: true,
      toolVersion: Version.text)
    request.scope = scope
    request.wait = wait
    request.symbolDirectories = symbolDirectories
    request.checksProbes = checksProbes
    return request
  }

  /// The ABI of a device's kernel.
  package static func abi(of device: any Device) async throws -> TargetABI {
    try abi(try await device.identify(), device: device.name)
  }

  /// The same by what the device said of itself.
  package static func abi(_ identity: DeviceIdentity, device: String) throws -> TargetABI {
    guard let abi = TargetABI(rawValue: identity.abi) else {
      throw DeviceError.unsupported(
        device: device, detail: "its architecture '\(identity.abi)' is not one latgate knows",
        remedy: "use a device with one of "
          + TargetABI.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return abi
  }
}
