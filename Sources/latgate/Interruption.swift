import Dispatch
import Foundation
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into cancellation of one task.
///
/// The first signal cancels, so that devices are detached and virtual machines stopped on the way
/// out; the second ends the process at once.
final class Interruption: Sendable {
  private let sources: [any DispatchSourceSignal]

  private init(sources: [any DispatchSourceSignal]) {
    self.sources = sources
  }

  /// Runs `work`; a signal cancels it.
  static func cancelling(_ work: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await work() }
    let taken = SignalCount()
    let guardian = Interruption(
      sources: [SIGINT, SIGTERM, SIGHUP].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
          if taken.next() == 1 {
            FileHandle.standardError.write(Data("\nlatgate: stopping (again to force)\n".utf8))
            task.cancel()
          } else {
            _exit(ExitStatus.interrupted.rawValue)
          }
        }
        source.resume()
        return source
      })
    defer { guardian.stop() }
    try await task.value
  }

  private func stop() {
    for source in sources { source.cancel() }
  }

  /// Counts signals across the handler's queue.
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
