import Dispatch
import Foundation
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into cancellation of one task.
///
/// The first signal cancels, so that devices are detached and virtual machines stopped on the way
/// out; the second ends the process at once.
enum Interruption {
  /// Runs `work`; a signal cancels it, and the end of standard input where the command line says so.
  static func cancelling(_ work: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await work() }
    if CommandLine.arguments.contains("--ends-with-input") {
      // The kernel closes the other end whatever happens to the process that holds it.
      Thread.detachNewThread {
        while (try? FileHandle.standardInput.read(upToCount: 64))?.isEmpty == false {}
        task.cancel()
      }
    }
    let signals = SignalCount()
    let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      // The default action would end the process before the source hears of the signal.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        guard signals.next() == 1 else { _exit(ExitStatus.interrupted.rawValue) }
        Console().note("\nlatgate: stopping (again to force)")
        task.cancel()
      }
      source.resume()
      return source
    }
    defer {
      for source in sources { source.cancel() }
    }
    try await task.value
  }

  /// Counts signals; the handlers run on any queue.
  private final class SignalCount: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
      count.withLock { value in
        value += 1
        return value
      }
    }
  }
}
