import Testing

/// The virtual device that the tests of a suite share: it keeps running after a test that left it as it
/// was, for the next one that asks for the same.
actor KeptDevice {
  @TaskLocal static var current: KeptDevice?

  /// What a test asks for.
  struct Kind: Equatable {
    var definition: String
    var firmware: String
    /// Each adb server has its own connections.
    var serverPort: UInt16
  }

  private var kept: (kind: Kind, device: DetachedDevice)?

  /// The device of this kind, if it still runs; one of another kind is stopped first. It is the
  /// caller's until ``keep(_:as:)``.
  func take(_ kind: Kind, tool: Tool) async throws -> DetachedDevice? {
    guard let found = kept, found.kind == kind else {
      await stop()
      return nil
    }
    kept = nil
    guard try found.device.processID() != nil else { return nil }
    return DetachedDevice(name: found.device.name, tool: tool, isFresh: false)
  }

  func keep(_ device: DetachedDevice, as kind: Kind) { kept = (kind, device) }

  func stop() async {
    guard let device = kept?.device else { return }
    kept = nil
    _ = try? await device.tool.run("device", "stop", device.name)
  }
}

/// Of a suite whose tests leave a virtual device as they found it.
struct KeepingDevices: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let keeper = KeptDevice()
    do {
      try await KeptDevice.$current.withValue(keeper) { try await function() }
    } catch {
      await keeper.stop()
      throw error
    }
    await keeper.stop()
  }
}

extension Trait where Self == KeepingDevices {
  /// A device that boots for one test serves the next ones too.
  static var keepsDevices: Self { KeepingDevices() }
}
