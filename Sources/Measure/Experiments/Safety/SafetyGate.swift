import AgentSession
import Devices
import Foundation
import POSIXSupport
import RecordStore

/// The safety gate: on a (model, build) that has not survived a program yet, it is loaded alone,
/// with a line in the crash ledger before and a look at the kernel's health after.
///
/// Loading alone has panicked phones in the field, so a device that is gone after a load shows
/// which program to leave out: the ledger has its name, whatever else died.
struct SafetyGate: Sendable {
  let safety: LoadSafety
  let device: any Device
  let identity: DeviceIdentity
  let session: AgentClient
  let run: String
  /// How long a device may be away before it counts as gone.
  let returnLimit: Duration

  /// Of a load whose device may be dying: no probe needs a tenth of it.
  static let loadLimit = Duration.seconds(45)

  /// Longer than most loads take: few loads need such a check.
  private static let lookInterval = Duration.seconds(3)

  /// The canary's content: raised when it becomes another program.
  private static let canaryContent = "1"

  /// Loads the program that does nothing.
  /// - Returns: the feature `bpf`.
  /// - Throws: ``LoadCrashError``, `StoreError`, `AgentSessionError`, `DeviceError`.
  func canary() async throws -> AgentFeature {
    let subject = subject(LoadSubject.canary, content: Self.canaryContent)
    _ = try safety.store.settleAbandoned(
      model: subject.model, build: subject.build, kernelBuildID: subject.kernelBuildID,
      serial: identity.serial, bootID: session.facts.bootID)
    do {
      return try await guarded(subject) { try await session.canary() }
    } catch let quarantined as QuarantineError {
      return AgentFeature(
        name: "bpf", state: .no,
        reason: "loading any program is quarantined: \(quarantined.event.sentence)")
    }
  }

  /// Loads a probe; an unknown one is also attached and detached before the next is loaded.
  /// - Throws: ``QuarantineError``, ``LoadCrashError``, and what `load` throws.
  func guarded<Value: Sendable>(
    probe: String, content: String, load: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await guarded(subject(probe, content: content)) {
      let made = try await load()
      if try isKnown(probe, content) { return made }
      do {
        try await session.attach()
      } catch AgentSessionError.refused(let refusal) {
        // What is refused counts as not loaded.
        try await session.unload(probe)
        throw AgentSessionError.refused(refusal)
      }
      try await session.detach()
      return made
    }
  }

  /// How long devices of a transport need to restart: a phone about a minute, an emulated machine ten
  /// seconds, and beside others that the host emulates several times that.
  static func returnLimit(transport: String) -> Duration {
    transport == "virtual" ? .seconds(60) : .seconds(120)
  }

  private func isKnown(_ probe: String, _ content: String) throws -> Bool {
    try safety.trusts || safety.store.trusts(subject(probe, content: content))
  }

  private func guarded<Value: Sendable>(
    _ subject: LoadSubject, _ load: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    if let event = try safety.store.quarantine(of: subject) { throw QuarantineError(event: event) }
    if try isKnown(subject.probe, subject.content) { return try await load() }
    let before = try await health()
    let records = await CrashEvidence(device: device).records()
    guard let owner = ProcessIdentity.current(of: getpid()) else {
      throw SystemCallError(call: "read", code: ENOENT, subject: "/proc/self/stat")
    }
    let line = try safety.store.beginLoad(
      subject,
      Store.Attempt(
        run: run, serial: identity.serial, bootID: before.bootID, owner: owner, at: Date()))
    let made: Value
    let after: KernelHealth
    do {
      made = try await watched(bootID: before.bootID, load)
      after = try await health()
    } catch AgentSessionError.refused(let refusal) {
      try safety.store.endLoad(line)
      throw AgentSessionError.refused(refusal)
    } catch {
      throw try await verdict(
        on: line, bootID: before.bootID, except: records, after: error)
    }
    if let damage = after.damage(since: before) {
      let log = try? await session.exec(
        .run(argv: ["sh", "-c", "dmesg | tail -n 40"], timeout: .seconds(10)))
      let said = log.map { String(decoding: $0.standardOutput, as: UTF8.self) } ?? ""
      throw try crash(line, .oops, evidence: damage + "\n" + said, isBack: false)
    }
    try safety.store.endLoad(line)
    try safety.store.trust(subject, run: run, at: Date())
    return made
  }

  /// Loads, and asks now and then whether the device is in its boot still: over the network, the
  /// connection to one that restarted stays silent until something is sent.
  private func watched<Value: Sendable>(
    bootID: String, _ load: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask { try await load() }
      group.addTask { [device] in
        while true {
          try await Task.sleep(for: Self.lookInterval)
          let now = try? await device.exec("cat \(KernelHealth.bootIDPath)", timeout: .seconds(10))
            .text.trimmingCharacters(in: .whitespacesAndNewlines)
          if let now, !now.isEmpty, now != bootID {
            throw DeviceError.disconnected(
              device: device.name, operation: "loading", detail: "the device has restarted")
          }
        }
      }
      defer { group.cancelAll() }
      guard let made = try await group.next() else { throw CancellationError() }
      return made
    }
  }

  /// What a broken session means: the error itself where the kernel survived. `records` were there
  /// before.
  private func verdict(
    on line: Int64, bootID: String, except records: Set<String>, after error: any Error
  ) async throws -> any Error {
    let device = device
    let isCancelled = error is CancellationError || Task.isCancelled
    // Detached: a cancelled run needs the answer too, but its user is waiting.
    let limit = isCancelled ? Duration.seconds(10) : returnLimit
    await session.close()
    let (aftermath, evidence) = await Task.detached {
      let aftermath = await Aftermath.learn(of: device, bootID: bootID, limit: limit)
      guard aftermath == .restarted else { return (aftermath, "") }
      return (aftermath, await CrashEvidence(device: device).text(except: records))
    }.value
    switch aftermath {
    case .survived:
      if case AgentSessionError.timedOut = error {
        return try crash(line, .hang, evidence: "\(error)", isBack: false)
      }
      try safety.store.endLoad(line)
      return error
    case .restarted:
      let kind: CrashEvent.Kind = CrashEvidence.reportsPanic(evidence) ? .panic : .reboot
      return try crash(line, kind, evidence: evidence, isBack: true)
    case .gone:
      // Interrupted before anything is known: the ledger keeps the open line.
      if isCancelled { return error }
      return try crash(line, .vanished, evidence: "\(error)", isBack: false)
    }
  }

  private func crash(
    _ line: Int64, _ kind: CrashEvent.Kind, evidence: String, isBack: Bool
  ) throws -> LoadCrashError {
    guard let event = try safety.store.blame(line, kind, evidence: evidence) else {
      throw StoreError(path: safety.store.path, reason: "line \(line) of the ledger is gone")
    }
    return LoadCrashError(event: event, isBack: isBack)
  }

  private func health() async throws -> KernelHealth {
    KernelHealth(files: try await session.texts(of: KernelHealth.paths))
  }

  private func subject(_ probe: String, content: String) -> LoadSubject {
    LoadSubject(
      model: identity.model, build: identity.fingerprint,
      kernelBuildID: session.facts.kernelBuildID, probe: probe, content: content)
  }
}
