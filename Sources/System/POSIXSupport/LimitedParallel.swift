/// Runs jobs with at most so many at a time.
package enum LimitedParallel {
  /// - Returns: results in the order of the jobs.
  /// - Throws: the first error; the other jobs are cancelled.
  package static func run<T: Sendable>(
    _ jobs: [@Sendable () async throws -> T], width: Int
  ) async throws -> [T] {
    try await withThrowingTaskGroup(of: (Int, T).self) { group in
      var next = 0
      func start() {
        guard next < jobs.count else { return }
        let (index, job) = (next, jobs[next])
        next += 1
        group.addTask { (index, try await job()) }
      }
      for _ in 0..<max(1, width) { start() }
      var results: [(Int, T)] = []
      while let result = try await group.next() {
        results.append(result)
        start()
      }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}
