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
  /// Brings back a device that does not answer; false where that is impossible.
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

  /// A device that dies of a probe is measured without it once it is back; one that is lost is
  /// waited for, as ``LossState`` says.
  /// - Throws: ``RunError``, `DeviceError`, `AgentSessionError`, `StoreError`,
  ///   `CancellationError`.
  package func run() async throws -> RunRecord {
    var log = RunLog(id: UUID().uuidString.lowercased())
    var losses = LossState(
      limits: .init(
        reconnect: request.reconnect,
        boot: SafetyGate.returnLimit(transport: request.transport)))
    var known = request.identity
    var original = known
    var bootID = known?.bootID
    var crashes = 0
    while true {
      do {
        let identity = if let known { known } else { try await identify(after: original) }
        original = original ?? identity
        known = identity
        bootID = identity.bootID
        var record = try await once(&log, identity: identity)
        let interruptions = request.interruptions + losses.interruptions
        record.interruptions = interruptions.isEmpty ? nil : interruptions
        return record
      } catch let crash as LoadCrashError {
        let name = crash.event.subject.probe
        report(
          RunProgress(
            activity: "the device crashed while \(name) was loaded", iteration: 0, iterations: 0))
        // The canary and every probe can each cost one boot.
        crashes += 1
        guard crashes <= request.probes.count, try await isUp(after: crash) else {
          throw RunError.crashed(device: device.name, event: crash.event)
        }
        // The boot is another one.
        known = nil
        if log.baseline != nil { log.abandon("the device crashed while \(name) was loaded") }
      } catch {
        guard !Task.isCancelled, request.reconnect > .zero, let bootID,
          let cause = DeviceLoss.cause(error, device: device.name)
        else { throw error }
        log.lose(cause)
        if try await comeBack.wait(cause: cause, bootID: bootID, &losses) {
          log.resume()
        } else {
          known = nil
          log.abandon(cause)
        }
      }
    }
  }

  private var comeBack: DeviceReturn {
    DeviceReturn(device: device, recover: recover) { note in
      report(
        RunProgress(
          activity: "device lost", iteration: 0, iterations: request.totalIterations, note: note))
    }
  }

  /// Asks a device that has restarted who it is.
  /// - Throws: ``RunError/otherFirmware(device:before:after:)``.
  private func identify(after before: DeviceIdentity?) async throws -> DeviceIdentity {
    let identity = try await device.identify()
    if let before, before.build != identity.build {
      throw RunError.otherFirmware(
        device: device.name, before: before.build, after: identity.build)
    }
    return identity
  }

  private func isUp(after crash: LoadCrashError) async throws -> Bool {
    if crash.isBack { return true }
    guard try await recover() else { return false }
    try await device.waitUntilReady(timeout: .seconds(120))
    return true
  }

  /// Resumes a run from where its log stands, with one session.
  private func once(_ log: inout RunLog, identity: DeviceIdentity) async throws -> RunRecord {
    let installed = try await AgentInstaller(device: device).install(
      AgentPayload(
        hash: request.bundle.payloadHash, agentPath: request.bundle.agent.path,
        loadHelperPath: request.bundle.loadHelper.path))
    if log.baseline != nil { try await clearAway(installed, &log) }
    let session = try await SoleSession(
      device: device, agent: installed, toolVersion: request.toolVersion, wait: request.wait
    ) { note in
      report(
        RunProgress(activity: "waiting for the device", iteration: 0, iterations: 0, note: note))
    }.begin()
    do {
      let btf = try await ShippedBTF(
        btf: request.btf, firmware: request.firmwareName, probes: request.probes,
        bundle: request.bundle, device: device
      ).ship(to: installed, kernelBuildID: session.facts.kernelBuildID)
      let record = try await measure(
        session, of: installed, &log, btf: btf, identity: identity)
      try await session.bye()
      return record
    } catch {
      await session.close()
      // A device that is gone cannot be asked.
      if Task.isCancelled || error is RunError { await departure(of: installed) }
      throw error
    }
  }

  /// What a session that was cut off left on the device: its agent, which ends by itself, and what
  /// the workload's setup made.
  private func clearAway(_ agent: InstalledAgent, _ log: inout RunLog) async throws {
    // Its watchdog takes 30 s to notice that the host is gone.
    guard await agent.hasEnded(on: device, limit: .seconds(60)) else {
      // Unless the device is gone again, which this shows.
      _ = try await device.exec(
        titled("the question whether it is there", "true"), timeout: .seconds(20))
      throw RunError.agentStays(device: device.name)
    }
    guard log.isSetUp else { return }
    await Teardown(request: request, device: device, agent: agent).run()
    log.isSetUp = false
  }

  /// The agent ends by itself when its session does, but a moment later: the next run, and the
  /// user who has read that nothing is left, need it gone.
  private func departure(of agent: InstalledAgent) async {
    let device = device
    // Detached: a cancelled run has to wait as well.
    _ = await Task.detached { await agent.hasEnded(on: device) }.value
  }

  private func measure(
    _ session: AgentClient, of agent: InstalledAgent, _ log: inout RunLog,
    btf: ShippedBTF.Placed?, identity: DeviceIdentity
  ) async throws -> RunRecord {
    let gate = SafetyGate(
      safety: request.safety, device: device, identity: identity, session: session, run: log.id,
      returnLimit: SafetyGate.returnLimit(transport: request.transport))
    if let scope = request.scope { try await restrict(session, to: scope) }
    var loaded = try await ProbeLoader(
      probes: request.probes, bundle: request.bundle, tier: request.tier, gate: gate,
      scope: request.scope, btfPath: btf?.path, isRecorded: request.recording != nil
    ).load()
    let first = try await DeviceWatch.look(session)
    try await session.attach()
    if request.checksProbes {
      let check = SelfCheck(device: device, session: session)
      let names = loaded.inAgent
      for index in loaded.records.indices where names.contains(loaded.records[index].name) {
        let name = loaded.records[index].name
        guard let probe = request.probes.first(where: { $0.name == name }) else { continue }
        loaded.records[index].check = try await check.checkAttached(probe, loaded)
      }
    }
    let settled = request.asksBench ? try await settle(session) : nil
    let uptime = settled?.uptime ?? first.uptime ?? 0
    if log.baseline == nil {
      log.first = first
      // A device that was hot when the agent came may have cooled down; a mere look judges no such
      // thing, and gets to its window without a second one.
      log.baseline =
        request.asksBench ? first.leastThrottled(try await DeviceWatch.look(session)) : first
      log.settledUptime = uptime
    }
    let resolver = try await labelResolver(session)
    let ready = loaded
    let iterator = IterationExecutor(
      request: request, device: device, session: session, loaded: ready, resolver: resolver,
      watch: DeviceWatch(
        session: session, bounds: request.stability, settle: request.suite.settle,
        baseline: log.baseline ?? first))

    func record(_ log: RunLog) -> RunRecord {
      self.record(
        log, session, ready, btf: btf, identity: identity, first: first, uptime: uptime)
    }

    do {
      log.isSetUp = true
      try await steps(request.workload.setup, in: "setup", session)
      // What was set up may still be at work.
      let isAsSettled = request.workload.setup.isEmpty
      try await iterate(
        iterator, session, ready, settled: isAsSettled ? settled : nil, &log, record)
      try await steps(request.workload.teardown, in: "teardown", session)
    } catch {
      // Also when the teardown itself was interrupted: none of its steps may be left out.
      await session.close()
      // One that is lost is cleared when it is back.
      let isLost =
        !Task.isCancelled && request.reconnect > .zero
        && DeviceLoss.cause(error, device: device.name) != nil
      if !isLost { await Teardown(request: request, device: device, agent: agent).run() }
      throw error
    }

    var made = record(log)
    // In this boot, whose addresses they are.
    made.symbols = try await StackNaming(
      device: device, abi: identity.abi, directories: request.symbolDirectories
    ).names(log.iterations)
    return made
  }

  /// What a session has measured until now.
  private func record(
    _ log: RunLog, _ session: AgentClient, _ loaded: ProbeLoader.Loaded, btf: ShippedBTF.Placed?,
    identity: DeviceIdentity, first: DeviceReading, uptime: Double
  ) -> RunRecord {
    var record = RunRecord(
      id: log.id, created: log.created, toolVersion: request.toolVersion,
      experiment: request.place, target: request.target,
      device: DeviceFacts(
        name: device.name, serial: request.serial ?? identity.serial, model: identity.model,
        transport: request.transport, abi: identity.abi,
        privilege: identity.privilege?.rawValue),
      firmware: FirmwareIdentity(
        name: request.firmwareName,
        id: request.firmwareID ?? "\(identity.fingerprint)/\(session.facts.kernelBuildID)",
        fingerprint: identity.fingerprint, kernelRelease: identity.kernelRelease,
        kernelVersion: identity.kernelVersion, kernelBuildID: session.facts.kernelBuildID,
        reportedID: request.marks?[.reportedID], slot: request.marks?[.slot]),
      btf: btf?.record, flash: request.flash,
      boot: BootFacts(
        bootID: session.facts.bootID, uptimeSeconds: log.settledUptime ?? uptime,
        covariates: Covariates.state(log.first ?? first)),
      suite: request.suite.name, workload: request.workload.name, scope: request.scope,
      probes: loaded.records,
      iterations: log.iterations, overhead: log.overhead)
    if let overhead = log.overhead, case .over(let problem) = budget.standing(of: overhead) {
      record.invalid.append(InvalidMark(reason: problem))
    }
    return record
  }

  private func settle(_ session: AgentClient) async throws -> SettledState {
    try await SettleWait(
      session: session, device: device.name, limits: request.suite.settle
    ).run { reason in
      report(
        RunProgress(
          activity: "settle: \(reason)", iteration: 0, iterations: request.totalIterations))
    }
  }

  /// Before a probe is loaded, as it is measured by those that come after.
  private func restrict(_ session: AgentClient, to scope: RunScope) async throws {
    do {
      try await session.restrict(to: try AgentScope(scope))
    } catch AgentSessionError.refused(let refusal) where refusal.code == .scope {
      throw RunError.noScope(device: device.name, scope: scope.text, reason: refusal.text)
    }
  }

  private var budget: OverheadBudget {
    OverheadBudget(
      cpuShare: request.suite.overhead.cpuMax.fraction,
      slowdown: request.suite.overhead.slowdownMax.fraction)
  }

  /// Windows that are kept until they are asked for: of trace events, 20 minutes.
  private static let mostWatched = 600

  private func iterate(
    _ iterator: IterationExecutor, _ session: AgentClient, _ loaded: ProbeLoader.Loaded,
    settled: SettledState?, _ log: inout RunLog, _ record: (RunLog) -> RunRecord
  ) async throws {
    let limitation = try await device.limitation()
    // Of the first iteration alone: each leaves the device other than it was.
    var asSettled = settled
    @discardableResult
    func make(
      _ kind: IterationRecord.Kind, note: String? = nil
    ) async throws -> IterationRecord {
      let index = log.begin(kind)
      var made = try await iterator.iteration(
        index: index, kind: kind, isObserved: note != OverheadMeasurement.off, settled: asSettled
      ) { phase in
        report(
          RunProgress(
            activity: phase, iteration: index, iterations: request.totalIterations))
      }
      asSettled = nil
      if let note { made.notes["probes"] = note }
      if let limitation { made.notes["transport"] = limitation }
      log.end(made)
      return made
    }

    if let watcher = request.watcher {
      while case .another(let keeping) = await watcher.closed(try await make(.measured)) {
        guard keeping else {
          log.forget(beyond: Self.mostWatched)
          continue
        }
        await watcher.keep(record(log))
        log.beginAnew()
      }
      return
    }
    while let kind = log.next(
      warmups: request.warmupIterations, measured: request.suite.iterations)
    {
      try await make(kind)
    }
    guard request.measuresOverhead, request.suite.overhead.iterations > 0, log.overhead == nil
    else { return }

    log.overhead = try await OverheadMeasurement(
      session: session, pairs: request.suite.overhead.iterations,
      probes: loaded.inAgent,
      possibleCPUs: Int(session.facts.possibleCPUs), budget: budget
    ).run { try await make(.overhead, note: $0) }
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

extension AgentScope {
  /// - Throws: `AgentSessionError.invalidRequest` for a number that is none.
  fileprivate init(_ scope: RunScope) throws(AgentSessionError) {
    switch scope.kind {
    case .comm: self = .comm(scope.value)
    case .cgroup: self = .cgroup(scope.value)
    case .pid:
      guard let number = UInt32(scope.value) else {
        throw .invalidRequest("'\(scope.value)' is no number of a process")
      }
      self = .pid(number)
    }
  }
}

extension DeviceIdentity {
  /// What a restart must not change.
  fileprivate var build: String { "\(fingerprint), kernel \(kernelRelease) \(kernelVersion)" }
}
