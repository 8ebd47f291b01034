import Synchronization
import Testing

@testable import POSIXSupport

@Suite struct LimitedParallelTests {
  @Test func runsNoMoreJobsThanAllowed() async throws {
    let running = Mutex((now: 0, most: 0))
    let jobs = (0..<20).map { index in
      { @Sendable () async throws -> Int in
        running.withLock {
          $0.now += 1
          $0.most = max($0.most, $0.now)
        }
        await Task.yield()
        running.withLock { $0.now -= 1 }
        return index
      }
    }
    let results = try await LimitedParallel.run(jobs, width: 3)
    #expect(results == Array(0..<20))
    #expect((1...3).contains(running.withLock { $0.most }))
  }
}
