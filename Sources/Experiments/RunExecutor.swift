import AgentSession
import Catalogs
import Devices
import Foundation
import ProbeBuild
import RegressionAnalysis
import RunRecords

/// Makes one run on one device that is up: installs the agent, loads the probes, waits for quiet,
/// goes through the workload and returns the record.
///
/// Leaves nothing attached, whatever happens: the session is closed on every way out, and the
/// agent ends by itself when the session does.
package struct RunExecutor: Sendable {
  let request: RunRequest
  let device: any Device
  let report: @Sendable (RunProgress) -> Void
  /// Brings back a device that does not answer; false where nobody can.
  let recover: @Sendable () async throws -> Bool

  package init(
    request: RunRequest, device: any Device,
    recover: @escaping @Sendable () async throws -> Bool = { false },
    report: @escaping @Sendable (RunProgress) -> Void
  ) {
    self.request = request
    self.device = device
    self.recover = recover
    self.report = report
  }

  /// A device that dies of a probe is measured without it once it is back.
  /// - Throws: ``RunError``, `DeviceError`, `AgentSessionError`, `StoreError`,
  ///   `CancellationError`.
  package func run() async throws -> RunRecord {
    let id = UUID().uuidString.lowercased()
    var identity = request.identity
    // The canary and every probe can each cost one boot.
    for attempt in 0... {
      do {
        return try await once(id: id, identity: identity)
      } catch let crash as LoadCrash {
        let name = crash.event.subject.probe
        report(RunProgress(activity: "the device died of \(name)", iteration: 0, iterations: 0))
        let isLast = attempt == request.probes.count
        guard !isLast, try await isUp(after: crash) else {
          throw RunError.crashed(device: device.name, event: crash.event)
        }
        // The boot is another one.
        identity = nil
      }
    }
    preconditionFailure("the last attempt returns or throws")
  }

  private func isUp(after crash: LoadCrash) async throws -> Bool {
    if crash.isBack { return true }
    guard try await recover() else { return false }
    try await device.waitUntilReady(timeout: .seconds(120))
    return true
  }

  private func once(id: String, identity known: DeviceIdentity?) async throws -> RunRecord {
    let created = Date()
    let identity = if let known { known } else { try await device.identify() }
    let installed = try await AgentInstaller(device: device).install(
      AgentPayload(
        hash: request.bundle.payloadHash, agentPath: request.bundle.agent.path,
        loadHelperPath: request.bundle.loadHelper.path))
    let session = try await AgentClient.start(
      on: device, command: shellQuote(installed.agentPath), hostVersion: request.toolVersion)
    do {
      let btf = try await ShippedBTF(request: request, device: device)
        .ship(to: installed, kernelBuildID: session.facts.kernelBuildID)
      let record = try await measure(
        session, of: installed, id: id, btf: btf, identity: identity, created: created)
      try await session.bye()
      return record
    } catch {
      await session.close()
      // A device that is gone cannot be asked.
      if Task.isCancelled || error is RunError { await departure(of: installed) }
      throw error
    }
  }

  /// The agent ends by itself when its session does, but a moment later: the next run, and the
  /// user who was told that nothing is left, need it gone.
  private func departure(of agent: InstalledAgent) async {
    let device = device
    // Detached: a cancelled run has to wait as well.
    _ = await Task.detached { await agent.hasEnded(on: device) }.value
  }

  private func measure(
    _ session: AgentClient, of agent: InstalledAgent, id: String, btf: ShippedBTF.Placed?,
    identity: DeviceIdentity, created: Date
  ) async throws -> RunRecord {
    let gate = SafetyGate(
      safety: request.safety, device: device, identity: identity, session: session, run: id,
      returnLimit: SafetyGate.returnLimit(transport: request.transport))
    let loaded = try await ProbeLoader(
      probes: request.probes, bundle: request.bundle, tier: request.tier, gate: gate,
      btfPath: btf?.path
    ).load()
    let first = try await DeviceWatch.look(session)
    try await session.attach()
    let uptime = try await SettleWait(
      session: session, device: device.name, limits: request.suite.settle
    ).run { reason in
      report(
        RunProgress(
          activity: "settle: \(reason)", iteration: 0, iterations: request.totalIterations))
    }
    // A device that was hot when the agent came may have cooled down.
    let baseline = first.leastThrottled(try await DeviceWatch.look(session))
    var iterations: [IterationRecord] = []
    var overhead: OverheadRecord?
    let resolver = try await labelResolver(session)
    let iterator = IterationExecutor(
      request: request, device: device, session: session, loaded: loaded, resolver: resolver,
      watch: DeviceWatch(
        session: session, bounds: request.stability, settle: request.suite.settle,
        baseline: baseline))

    do {
      try await steps(request.workload.setup, in: "setup", session)
      (iterations, overhead) = try await iterate(iterator, session, loaded)
      try await steps(request.workload.teardown, in: "teardown", session)
    } catch {
      // Also when the teardown itself was interrupted: none of its steps may be left out.
      await session.close()
      await Teardown(request: request, device: device, agent: agent).run()
      throw error
    }

    var record = RunRecord(
      id: id, created: created, toolVersion: request.toolVersion,
      experiment: request.place, target: request.target,
      device: DeviceFacts(
        name: device.name, serial: request.serial ?? identity.serial, model: identity.model,
        transport: request.transport, abi: identity.abi,
        privilege: identity.privilege?.rawValue),
      firmware: FirmwareIdentity(
        name: request.firmwareName,
        id: request.firmwareID ?? "\(identity.fingerprint)/\(session.facts.kernelBuildID)",
        fingerprint: identity.fingerprint, kernelRelease: identity.kernelRelease,
        kernelBuildID: session.facts.kernelBuildID),
      btf: btf?.record, flash: request.flash,
      boot: BootFacts(
        bootID: session.facts.bootID, uptimeSeconds: uptime,
        covariates: Covariates.state(first)),
      suite: request.suite.name, workload: request.workload.name, probes: loaded.records,
      iterations: iterations, overhead: overhead)
    if let overhead, case .over(let problem) = budget.standing(of: overhead) {
      record.invalid.append(InvalidMark(reason: problem))
    }
    return record
  }

  private var budget: OverheadBudget {
    OverheadBudget(
      cpuShare: request.suite.overhead.cpuMax.fraction,
      slowdown: request.suite.overhead.slowdownMax.fraction)
  }

  private func iterate(
    _ iterator: IterationExecutor, _ session: AgentClient, _ loaded: ProbeLoader.Loaded
  ) async throws -> ([IterationRecord], OverheadRecord?) {
    var iterations: [IterationRecord] = []
    @discardableResult
    func make(
      _ kind: IterationRecord.Kind, note: String? = nil
    ) async throws -> IterationRecord {
      let index = iterations.count
      var made = try await iterator.iteration(index: index, kind: kind) { phase in
        report(
          RunProgress(
            activity: phase, iteration: index, iterations: request.totalIterations))
      }
      if let note { made.notes["probes"] = note }
      iterations.append(made)
      return made
    }

    for _ in 0..<request.warmupIterations { try await make(.warmup) }
    for _ in 0..<request.suite.iterations { try await make(.measured) }
    guard request.measuresOverhead, request.suite.overhead.iterations > 0 else {
      return (iterations, nil)
    }

    let overhead = try await OverheadMeasurement(
      session: session, pairs: request.suite.overhead.iterations,
      probes: loaded.records.filter { $0.status == .loaded }.map(\.name),
      possibleCPUs: Int(session.facts.possibleCPUs), budget: budget
    ).run { try await make(.overhead, note: $0) }
    return (iterations, overhead)
  }

  private func labelResolver(_ session: AgentClient) async throws -> LabelResolver {
    let files = try await session.texts(of: ["/proc/partitions"])
    return LabelResolver(
      partitions: files["/proc/partitions"] ?? "", systemCalls: request.bundle.systemCalls)
  }

  private func steps(
    _ steps: [WorkloadStep], in place: String, _ session: AgentClient
  ) async throws {
    for step in steps {
      report(RunProgress(activity: place, iteration: 0, iterations: request.totalIterations))
      try await StepExecutor(device: device, session: session).make(step, place: place)
    }
  }
}
