import Catalogs
import Experiments
import Foundation
import ProbeBuild
import RegressionAnalysis
import RunRecords
import VirtualDevices

extension CheckExperiment {
  /// Builds the probes for devices that are at hand, and looks up what is known of the bench.
  /// - Throws: `DeviceError`, `StoreError`, and what building throws.
  package init(
    _ setup: CheckSetup, plan: Plan, target: LaneFactory.Target, bench: Workbench,
    directory: CheckDirectory, bugReport: Bool
  ) async throws {
    let bundle = try await bench.bundle(abi: try await setup.abi(of: target), probes: plan.probes)
    let memory = try await BenchMemory(
      store: plan.safety.store, suite: plan.suite.name, target: target)
    self.init(
      setup: setup, plan: plan, target: target, bundle: bundle,
      policy: setup.policy(plan, target), profile: memory.profile, earlier: memory.earlier,
      directory: directory,
      failures: FailureFiles(
        console: bench.console, directory: "\(directory.path)/bugreports", isWanted: bugReport),
      console: bench.console, memory: memory)
  }

  /// Takes from the store what a gate judges by: waivers, the baseline, the bench's standing.
  /// - Throws: ``UnfitBenchError``, `UnknownNameError`, `StoreError`.
  package mutating func recall(allowsUnqualified: Bool) throws {
    caveat = try memory.caveat(allowsUnqualified: allowsUnqualified)
    waivers = try memory.store.waivers(for: plan.suite.name, on: Day(Date()))
    if let remark = memory.remark { console.note(remark) }
    guard let name = setup.baseline else { return }
    let reader = BaselineReader(store: memory.store)
    let reference = try reader.reference(try reader.baseline(named: name))
    if let remark = reference.remark { console.note(remark) }
    baseline = try reader.runs(of: reference)
    guard !baseline.isEmpty else {
      throw JobError.emptyBaseline(name: name)
    }
  }

  /// Keeps what was measured. A store that fails does not take the verdict away.
  package func remember(_ records: [RunRecord], _ verdict: Verdict, _ input: VerdictInput) {
    do {
      if try memory.keep(records, verdict, input, id: setup.id) {
        console.detail("the bench's noise profile has grown: \(memory.store.path)")
      }
    } catch {
      console.error("the runs are in \(directory.runs), but not in the store: \(error)")
    }
  }
}

extension CheckSetup {
  /// The suite with what was asked for instead.
  /// - Throws: `UnknownNameError`.
  package func plan(_ bench: Workbench, safety: LoadSafety) throws -> Plan {
    var plan = try Plan(bench: bench, suite: suite, safety: safety)
    plan.suite.iterations = iterations
    plan.suite.runs.planned = runs
    plan.tier = tier
    return plan
  }

  /// Adds a probe for each line, held against what the device's kernel has: a virtual device is
  /// booted for it.
  /// - Throws: `MeasureError`, `DeviceError`, and what starting a lane throws.
  package func measure(
    _ plan: inout Plan, on target: LaneFactory.Target, _ bench: Workbench
  ) async throws {
    guard let measures, !measures.isEmpty, let lane = target.lanes.first else { return }
    // What cannot be read is refused before anything boots.
    let measurements = try measures.enumerated().map { index, line in
      let usual = MeasureQuestion.usualName
      let made = try Measurement(line, name: index == 0 ? usual : "\(usual)\(index + 1)")
      try made.requireUntimed()
      return made
    }
    let device =
      target.isVirtual
      ? try await lane.start(firmware: reference).device : try await lane.current()
    do {
      let identity = try await device.identify()
      for measurement in measurements {
        try plan.add(
          try await measurement.probe(on: device, identity: identity) {
            try await bench.systemCalls(abi: try Plan.abi(identity, device: device.name))
          })
      }
    } catch {
      if target.isVirtual { await lane.finish() }
      throw error
    }
    if target.isVirtual { await lane.finish() }
  }

  /// Refuses arms that could not differ, before anything starts.
  /// - Throws: `UnknownNameError`, `DeviceError`, `RunError`, `ArmError`.
  package func requireArms(_ plan: Plan, in catalog: Catalog) throws {
    for name in [device, partner].compactMap(\.self) {
      try LaneFactory.definition(of: name, in: catalog, fallback: plan.suite.device)
        .requireArms(
          reference: layout == .stored ? nil : reference, candidate: candidate, isAA: isAA)
    }
  }

  /// Takes the devices; they must be released.
  /// - Throws: `UnknownNameError`, `DeviceError` for one in use, ``JobError`` for too few.
  package func target(
    _ plan: Plan, _ bench: Workbench, _ directory: CheckDirectory, wait: Duration
  ) async throws -> LaneFactory.Target {
    let console = bench.console
    try requireArms(plan, in: bench.catalog)
    try ResultPlace.requireDirectory(directory.path)
    let factory = try bench.laneFactory(
      wait: wait, commandLog: "\(directory.path)/commands.log",
      waiting: { console.note($0) }, progress: { console.detail($0) })
    let id = "check-\(getpid())"
    var target = try await factory.experiment(
      device: device, fallback: plan.suite.device, id: id, lanes: partner == nil ? lanes : 1)
    if let partner {
      do {
        target = try await target.joined(
          with: try await factory.experiment(
            device: partner, fallback: plan.suite.device, id: "\(id)-b", lanes: 1))
      } catch {
        target.release()
        throw error
      }
    }
    guard target.lanes.count >= layout.devices else {
      target.release()
      throw JobError.tooFewDevices(layout: layout.rawValue, needed: layout.devices)
    }
    return target
  }

  /// What the suite asks of a verdict, for this layout.
  fileprivate func policy(_ plan: Plan, _ target: LaneFactory.Target) -> VerdictPolicy {
    let commands = target.definition.commands
    let isFree = target.isVirtual || (commands?[.switchTo] != nil && commands?[.flash] == nil)
    var policy = VerdictPolicy(suite: plan.suite, freeSwitching: isFree)
    policy.allowsMixed = allowsMixed
    switch layout {
    case .boots, .flashes, .blocks: policy.design = .interleaved
    case .crossover: policy.design = .crossover
    case .stored: policy.design = .stored
    }
    return policy
  }

  /// A virtual device's is known before it boots.
  fileprivate func abi(of target: LaneFactory.Target) async throws -> TargetABI {
    guard target.definition.kind == .virtual else {
      guard let lane = target.lanes.first else { return .arm64 }
      return try await Plan.abi(of: try await lane.current())
    }
    let machine = try target.definition.machine(firmware: reference)
    let architecture = machine.kernel.architecture
    let other = try target.definition.machine(firmware: candidate)
    guard other.kernel.architecture == architecture, let abi = TargetABI(architecture) else {
      throw VirtualDeviceError.invalidValue(
        field: "candidate", value: candidate,
        reason: "its kernel is of another architecture than the reference's")
    }
    return abi
  }
}
