import Devices

/// Has the device's own perfetto record each measured iteration, for people to look at. What the probes
/// measure meanwhile says which iteration was the worst, and is no evidence.
package struct IterationRecording: Sendable {
  /// Gets an iteration's number and its trace.
  private let keep: @Sendable (Int, [UInt8]) throws -> Void

  package init(keep: @escaping @Sendable (Int, [UInt8]) throws -> Void) {
    self.keep = keep
  }

  /// Begins a recording, which ends by itself after `limit`. `freeKiB` of the device's memory are free.
  /// - Throws: ``PerfettoError``, `DeviceError`, `CancellationError`.
  func start(on device: any Device, limit: Duration, freeKiB: Int) async throws -> PerfettoRecording
  {
    try await PerfettoRecorder(device: device).start(
      .forPeople(limit: limit, freeKiB: freeKiB))
  }

  func take(_ trace: [UInt8], of iteration: Int) throws { try keep(iteration, trace) }
}
