/// Tests that boot virtual devices go one after the other: side by side they would only be slower.
actor Bench {
  static let shared = Bench()
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Runs `work` while no other test's work runs.
  nonisolated func alone<Value: Sendable>(
    _ work: () async throws -> Value
  ) async throws -> Value {
    await take()
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
