import Dispatch
import Foundation
import Synchronization

/// A thread of its own for a task whose steps block for short: file reads and writes beside a
/// connection. The cooperative pool keeps its few threads for others.
final class ThreadExecutor: TaskExecutor {
  private struct Queue {
    var jobs: [UnownedJob] = []
    var isOver = false
  }

  private let queue = Mutex(Queue())
  /// Counts jobs, and once more at the end.
  private let arrivals = DispatchSemaphore(value: 0)

  /// Starts the thread, which lives until ``finish()``.
  static func start() -> ThreadExecutor {
    let executor = ThreadExecutor()
    Thread.detachNewThread { executor.runAll() }
    return executor
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isOver = queue.withLock { queue in
      if !queue.isOver { queue.jobs.append(job) }
      return queue.isOver
    }
    if isOver {
      // Nothing waits for jobs that come now, but they have to run.
      return Thread.detachNewThread { self.run([job]) }
    }
    arrivals.signal()
  }

  func finish() {
    queue.withLock { $0.isOver = true }
    arrivals.signal()
  }

  private func runAll() {
    while true {
      arrivals.wait()
      let (jobs, isOver) = queue.withLock { queue in
        defer { queue.jobs = [] }
        return (queue.jobs, queue.isOver)
      }
      run(jobs)
      if isOver { return }
    }
  }

  private func run(_ jobs: [UnownedJob]) {
    for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
  }
}

/// Runs a part of a task on a thread made for it, where it may block for short.
/// - Throws: what `body` throws.
package func onOwnThread<Result: Sendable>(
  isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
) async rethrows -> Result {
  let executor = ThreadExecutor.start()
  defer { executor.finish() }
  return try await withTaskExecutorPreference(executor, operation: body)
}
