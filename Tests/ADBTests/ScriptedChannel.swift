import POSIXSupport
import Synchronization

@testable import ADB

/// A channel whose peer says what the test wrote down, and that keeps what it is sent.
final class ScriptedChannel: ByteChannel {
  private struct State {
    var pieces: [[UInt8]]
    var written: [UInt8] = []
    var isClosed = false
  }

  private let state: Mutex<State>

  init(_ pieces: [[UInt8]]) {
    state = Mutex(State(pieces: pieces))
  }

  /// Gives the bytes one by one.
  convenience init(slowly bytes: [UInt8]) {
    self.init(bytes.map { [$0] })
  }

  var written: [UInt8] { state.withLock { $0.written } }
  var isClosed: Bool { state.withLock { $0.isClosed } }

  func read(deadline: Deadline?) async throws -> [UInt8] {
    state.withLock { $0.pieces.isEmpty ? [] : $0.pieces.removeFirst() }
  }

  func write(_ bytes: [UInt8], deadline: Deadline?) async throws {
    state.withLock { $0.written += bytes }
  }

  func close() {
    state.withLock { $0.isClosed = true }
  }
}
