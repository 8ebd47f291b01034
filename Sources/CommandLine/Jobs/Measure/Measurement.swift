import Catalogs
import Devices
import Experiments
import KernelEvents

/// Makes a probe of a line for a device.
package struct Measurement: Sendable {
  private let line: MeasureLine
  private let name: String
  private let returns: SpanEvent.Returns

  /// - Parameters:
  ///   - text: the line.
  ///   - name: of the probe.
  ///   - returns: how those of a process's function are seen.
  /// - Throws: `MeasureError` for a line that cannot be read, or has no returns to see.
  package init(
    _ text: String, name: String = MeasureQuestion.usualName, returns: SpanEvent.Returns = .auto
  ) throws(MeasureError) {
    line = try MeasureLine.parse(text)
    try MeasureQuestion.requireProcess(line, returns: returns)
    self.name = name
    self.returns = returns
  }

  /// How long the line asks to measure; nil = it does not say.
  package var time: Duration? { line.time }

  /// Refuses a line that says how long, where something else does.
  /// - Throws: `MeasureError`.
  package func requireUntimed() throws(MeasureError) {
    guard let range = line.timeRange else { return }
    throw MeasureError(
      "a check measures as long as the phases of its workload last", remedy: "leave 'for' out",
      line: line.text, range: range)
  }

  /// Holds the line against the device's kernel.
  /// - Parameters:
  ///   - device: the device.
  ///   - identity: what it says of itself.
  ///   - systemCalls: names of calls by number, asked for where the line needs them.
  /// - Returns: the probe.
  /// - Throws: `MeasureError`, `DeviceError`.
  package func probe(
    on device: any Device, identity: DeviceIdentity,
    systemCalls: () async throws -> [Int: String]
  ) async throws -> ProbeManifest {
    let places = MeasureQuestion.places(of: line)
    if !places.isEmpty {
      var known = KnownEvents()
      let reader = ProgramFileReader(
        device: device, abi: try Plan.abi(identity, device: device.name))
      known.file = try await reader.known(places[0].path, function: places[0].function)
      if let end = places.dropFirst().first {
        known.endFile = try await reader.known(end.path, function: end.function)
      }
      return try MeasureQuestion(line, kernel: known, name: name, returns: returns).probe
    }
    let reader = EventReader(device: device, identity: identity)
    do {
      return try await probe(reader, refreshes: false, systemCalls)
    } catch is MeasureError {
      // A module that came since may have brought the event.
      return try await probe(reader, refreshes: true, systemCalls)
    }
  }

  private func probe(
    _ reader: EventReader, refreshes: Bool, _ systemCalls: () async throws -> [Int: String]
  ) async throws -> ProbeManifest {
    var known = try await reader.known(for: line, refreshes: refreshes)
    if line.from.text.contains("raw_syscalls"), !line.conditions.isEmpty {
      known.systemCalls = Dictionary(
        try await systemCalls().map { ($0.value, UInt64($0.key)) }
      ) { first, _ in first }
    }
    return try MeasureQuestion(line, kernel: known, name: name).probe
  }
}
