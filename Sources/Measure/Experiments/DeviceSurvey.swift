import AgentSession
import Catalogs
import Devices
import ProbeBuild
import RunRecords

/// Asks a device which probes it takes, and how, without measuring anything.
package struct DeviceSurvey: Sendable {
  /// What a device said.
  package struct Findings: Sendable, Equatable {
    package var device: String
    package var model: String
    package var fingerprint: String
    package var kernelRelease: String
    package var kernelBuildID: String
    /// Routes that no probe can use, with the reason; the others are open.
    package var closed: [Route: TierPlan.PassedOver]
    /// In the order asked for; empty when only the device was asked.
    package var probes: [ProbeRecord]
  }

  private let device: any Device
  private let bundle: ProbeBundle
  private let safety: LoadSafety
  private let transport: String
  private let btf: DeviceDefinition.BTFSource
  private let firmware: String
  private let toolVersion: String
  private let report: @Sendable (String) -> Void

  /// `btf` is where the kernel's types come from, which may depend on the name of the `firmware`.
  package init(
    device: any Device, transport: String, bundle: ProbeBundle, safety: LoadSafety,
    btf: DeviceDefinition.BTFSource, firmware: String, toolVersion: String,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.report = report
    self.btf = btf
    self.firmware = firmware
    self.device = device
    self.transport = transport
    self.bundle = bundle
    self.safety = safety
    self.toolVersion = toolVersion
  }

  /// Loads the probes one after the other and leaves nothing behind.
  /// - Parameters:
  ///   - probes: of the bundle; empty asks the device alone.
  ///   - tier: the only one that may be used; nil = the best that works.
  ///   - isChecking: each probe is asked under its own reference load whether it counts.
  /// - Returns: what it said.
  /// - Throws: ``RunError``, `DeviceError`, `AgentSessionError`, `CancellationError`.
  package func run(
    probes: [ProbeManifest] = [], tier: Tier? = nil, isChecking: Bool = false
  ) async throws -> Findings {
    let identity = try await device.identify()
    let installed = try await AgentInstaller(device: device).install(
      AgentPayload(
        hash: bundle.payloadHash, agentPath: bundle.agent.path,
        loadHelperPath: bundle.loadHelper.path))
    let session = try await SoleSession(
      device: device, agent: installed, toolVersion: toolVersion, wait: .zero, report: report
    ).begin()
    do {
      let types = try await ShippedBTF(
        btf: btf, firmware: firmware, probes: probes, bundle: bundle, device: device
      ).ship(to: installed, kernelBuildID: session.facts.kernelBuildID)
      let loader = try await ProbeLoader(
        probes: probes, bundle: bundle, tier: tier,
        gate: SafetyGate(
          safety: safety, device: device, identity: identity, session: session, run: "survey",
          returnLimit: SafetyGate.returnLimit(transport: transport)),
        btfPath: types?.path)
      let support = TierSupport(features: loader.features)
      var findings = Findings(
        device: device.name, model: identity.model, fingerprint: identity.fingerprint,
        kernelRelease: identity.kernelRelease, kernelBuildID: session.facts.kernelBuildID,
        closed: Dictionary(
          Route.allCases.compactMap { route in support.obstacle(to: route).map { (route, $0) } }
        ) { first, _ in first },
        probes: [])
      do {
        _ = try await PerfettoService.state(of: device)
      } catch let error as PerfettoError {
        findings.closed[.perfetto] = .init(route: .perfetto, reason: error.description)
      }
      for probe in probes {
        var loaded = ProbeLoader.Loaded()
        try await loader.load(probe, &loaded)
        if isChecking, !loaded.inAgent.isEmpty {
          loaded.records[0].check = try await SelfCheck(device: device, session: session)
            .check(probe, loaded)
        }
        for name in loaded.inAgent { try await session.unload(name) }
        findings.probes += loaded.records
      }
      try await session.bye()
      return findings
    } catch let crash as LoadCrashError {
      throw RunError.crashed(device: device.name, event: crash.event)
    } catch {
      await session.close()
      throw error
    }
  }
}
