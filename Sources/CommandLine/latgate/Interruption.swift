import Dispatch
import Foundation
import Glibc
import Jobs
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into cancellation of one task.
///
/// The first signal cancels, so that devices are detached and virtual machines stopped on the way
/// out; the second ends the process at once.
enum Interruption {
  /// How long a command that only computes may take to end by itself.
  private static let patience = DispatchTimeInterval.milliseconds(300)

  /// Whether what runs is ``ComputingCommand``.
  private static let computesOnly = Mutex(false)

  /// Lets a signal end the process wherever it is: nothing outside it needs to be cleaned up.
  static func endsAnywhere() { computesOnly.withLock { $0 = true } }

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
    // A queue of its own: the shared ones may be busy with the work that is to be ended.
    let queue = DispatchQueue(label: "signals")
    // 'nohup latgate check' outlives its terminal.
    let numbers = [SIGINT, SIGTERM] + (isIgnored(SIGHUP) ? [] : [SIGHUP])
    let sources = numbers.map { number in
      // The default action would end the process before the source receives the signal.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        // Before anything is printed, and whatever comes of the work.
        LiveTerminal.restore()
        guard signals.next() == 1 else { _exit(ExitStatus.interrupted.rawValue) }
        Console().note("\nlatgate: stopping (again to force)")
        task.cancel()
        guard computesOnly.withLock({ $0 }) else { return }
        queue.asyncAfter(deadline: .now() + patience) {
          Console().error("error: interrupted")
          _exit(ExitStatus.interrupted.rawValue)
        }
      }
      source.resume()
      return source
    }
    defer {
      for source in sources { source.cancel() }
    }
    try await task.value
    // It may have been about to end: an interrupted command must not report a pass.
    if task.isCancelled, computesOnly.withLock({ $0 }) { throw CancellationError() }
  }

  /// Whether the process was started so that a signal does nothing.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    let handler = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    return handler == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Makes a computation that does not check for cancellation. When the task is cancelled,
  /// it is left to itself, and ends with the process.
  /// - Throws: what `work` throws, `CancellationError`.
  static func compute<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let outcome = Outcome<Value>()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        outcome.wait(continuation)
        Thread.detachNewThread { outcome.settle(Result { try work() }) }
      }
    } onCancel: {
      outcome.settle(.failure(CancellationError()))
    }
  }

  /// The first of several results, for the one who waits.
  private final class Outcome<Value: Sendable>: Sendable {
    private struct State {
      var waiting: CheckedContinuation<Value, any Error>?
      var result: Result<Value, any Error>?
      var isTaken = false
    }

    private let state = Mutex(State())

    func wait(_ continuation: CheckedContinuation<Value, any Error>) {
      resume { $0.waiting = continuation }
    }

    func settle(_ result: Result<Value, any Error>) {
      resume { $0.result = $0.result ?? result }
    }

    private func resume(_ change: (inout State) -> Void) {
      let ready = state.withLock {
        state -> (CheckedContinuation<Value, any Error>, Result<Value, any Error>)? in
        change(&state)
        guard !state.isTaken, let waiting = state.waiting, let result = state.result else {
          return nil
        }
        state.isTaken = true
        state.waiting = nil
        return (waiting, result)
      }
      if let (waiting, result) = ready { waiting.resume(with: result) }
    }
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
