/// Tests that boot virtual devices go one after the other: side by side they would only be slower.
actor Bench {
  static let shared = Bench()
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Runs `work` while no other test's work runs, and no device that a test kept for the next one
  /// unless `keepsDevice`.
  nonisolated func alone<Value: Sendable>(
    keepsDevice: Bool = false, _ work: () async throws -> Value
  ) async throws -> Value {
    await take()
    if !keepsDevice { await KeptDevice.current?.stop() }
    do {
      let value = try await work()
      await leave()
      return value
    } catch {
      await leave()
      throw error
    }
  }

  private func take() async {
    guard isTaken else {
      isTaken = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  private func leave() {
    guard !waiting.isEmpty else {
      isTaken = false
      return
    }
    waiting.removeFirst().resume()
  }
}
