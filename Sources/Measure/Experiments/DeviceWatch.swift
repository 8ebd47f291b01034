import AgentSession
import Catalogs
import Devices
import RunRecords

/// Looks at the device between windows, by way of the agent.
struct DeviceWatch: Sendable {
  let session: AgentClient
  let bounds: DeviceDefinition.Stability
  let settle: SuiteDefinition.Settle
  let gate: StabilityGate

  /// Time between looks while an iteration waits to start.
  private static let pause = Duration.milliseconds(300)

  /// `baseline` is the state that the run began in.
  init(
    session: AgentClient, bounds: DeviceDefinition.Stability, settle: SuiteDefinition.Settle,
    baseline: DeviceReading
  ) {
    self.session = session
    self.bounds = bounds
    self.settle = settle
    self.gate = StabilityGate(bounds: bounds, baseline: baseline)
  }

  static func look(_ session: AgentClient) async throws -> DeviceReading {
    DeviceReading(
      files: try await session.texts(of: DeviceReading.paths, patterns: DeviceReading.patterns))
  }

  /// Only what is cheap to read: limits and cooling states.
  func edge() async throws -> DeviceReading {
    DeviceReading(
      files: try await session.texts(of: [], patterns: DeviceReading.limitPatterns))
  }

  func look() async throws -> DeviceReading { try await Self.look(session) }

  /// Waits until an iteration may start; `waiting` gets what it waits for. `settled` is what the settle
  /// gate saw just before; nil where something was done since.
  func start(
    settled: SettledState?, waiting: (String) -> Void
  ) async throws -> StartGate.Decision {
    var gate = StartGate(
      coolest: bounds.temperatureBand?.coolest?.celsius,
      hottest: bounds.temperatureBand?.hottest?.celsius,
      background: settle.cpuBusyMax.fraction,
      maxLooks: Int((settle.iterationLimit / Self.pause).rounded(.up)), settled: settled)
    while true {
      let decision = gate.handle(try await look())
      guard case .wait(let reason) = decision else { return decision }
      waiting(reason)
      try await Task.sleep(for: Self.pause)
    }
  }

  /// How fast the CPUs are; nil where it cannot be measured.
  func speed() async throws -> MachineSpeed? {
    do {
      let made = try await session.exec(
        .run(argv: MachineSpeed.command, timeout: .seconds(60)))
      guard made.ending == .exited(0) else { return nil }
      return MachineSpeed(output: String(decoding: made.standardOutput, as: UTF8.self))
    } catch AgentSessionError.refused {
      return nil
    }
  }

  /// The same once more after an iteration; nil where no bound is set on its change.
  func speedAfter() async throws -> MachineSpeed? {
    guard bounds.speedChangeMax != nil else { return nil }
    return try await speed()
  }
}

extension AgentClient {
  /// Files as text, by path; missing ones are left out.
  func texts(
    of paths: [String], patterns: [String] = []
  ) async throws -> [String: String] {
    let files = try await readFiles(paths, patterns: patterns)
    return files.reduce(into: [:]) { texts, file in
      texts[file.path] = file.data.map { String(decoding: $0, as: UTF8.self) }
    }
  }
}
