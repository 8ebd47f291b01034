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

  package init(
    request: RunRequest, device: any Device, report: @escaping @Sendable (RunProgress) -> Void
  ) {
    self.request = request
    self.device = device
    self.report = report
  }

  /// - Throws: ``RunError``, `DeviceError`, `AgentSessionError`, `CancellationError`.
  package func run() async throws -> RunRecord {
    let created = Date()
    let identity = if let known = request.identity { known } else { try await device.identify() }
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
        session, of: installed, btf: btf, identity: identity, created: created)
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
    _ session: AgentClient, of agent: InstalledAgent, btf: ShippedBTF.Placed?,
    identity: DeviceIdentity, created: Date
  ) async throws -> RunRecord {
    let loaded = try await ProbeLoader(
      probes: request.probes, bundle: request.bundle, tier: request.tier, device: device.name,
      btfPath: btf?.path
    ).load(into: session)
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
      id: UUID().uuidString.lowercased(), created: created, toolVersion: request.toolVersion,
      experiment: request.place, target: request.target,
      device: DeviceFacts(
        name: device.name, serial: identity.serial, model: identity.model,
        transport: request.transport, abi: identity.abi),
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
